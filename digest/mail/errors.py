"""What may come of sending: the message certainly did not go out, or nobody knows.

DigestError
 ├─ NotSentError    nothing was sent
 └─ UnknownError    the message was sent or not
"""

from __future__ import annotations

from digest.errors import DigestError


class NotSentError(DigestError):
    """Nothing was sent."""


class UnknownError(DigestError):
    """The message was sent or not: nobody here can say."""
