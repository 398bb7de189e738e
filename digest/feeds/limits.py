"""How long a fetch and the parsing of a document may take, how much they may bring or need, and how many at once.

Refuses to be a setting of the digest: these hold for every publisher alike.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long, how much and how many: times in seconds, `body` in bytes after unpacking.

    `deadline` is a feed's for all its redirects and retries, `silence` the longest wait for the next byte; feeds that
    have answered within `prompt` are written before the others are waited for. `parse` is the CPU time for one
    document, `memory` what its parser may have in bytes; a document that takes longer than `glance` is read after the
    others are written.
    """

    deadline: float = 30.0
    prompt: float | None = 8.0
    connect: float = 10.0
    silence: float = 20.0
    body: int = 20_000_000
    at_once: int = 8
    per_host: int = 2
    retries: int = 2
    back_off: float = 1.0
    redirects: int = 10
    parse: float = 10.0
    glance: float = 2.0
    memory: int = 512 * 2**20


USUAL = Limits()
