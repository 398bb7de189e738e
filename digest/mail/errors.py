"""How sending can fail: nothing was sent, or it is not known whether the message was.

DigestError
 ├─ NotSentError          nothing was sent
 └─ UnknownOutcomeError   the message may or may not have been sent
"""

from __future__ import annotations

from digest.errors import DigestError


class NotSentError(DigestError):
    """Nothing was sent."""


class UnknownOutcomeError(DigestError):
    """It is not known whether the message was sent."""
