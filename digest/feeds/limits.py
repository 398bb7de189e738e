"""How long a fetch may take, how much it may bring, and how many at once: what keeps a stranger's server in bounds.

Refuses to be a setting of the digest: these hold for every publisher alike.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long, how much and how many: times in seconds, `body` in bytes after unpacking.

    `deadline` is a feed's for all its redirects and retries, `silence` the longest wait for the next byte.
    """

    deadline: float = 30.0
    connect: float = 10.0
    silence: float = 20.0
    body: int = 20_000_000
    at_once: int = 8
    per_host: int = 2
    retries: int = 2
    back_off: float = 1.0
    redirects: int = 10


USUAL = Limits()
