"""Limits for fetching and parsing: time, size, memory, concurrency.

They hold for every publisher, so they are not settings in `digest.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds, sizes in bytes."""

    deadline: float = 30.0
    """For one feed, with all redirects and retries."""
    quick_answer: float | None = 8.0
    """Feeds that answer within this time are written before we wait for the others."""
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    """The longest wait for the next byte."""
    body: int = 20_000_000
    """Of a body after unpacking."""
    at_once: int = 8
    per_host: int = 2
    retries: int = 2
    back_off: float = 1.0
    redirects: int = 10
    parse: float = 10.0
    """CPU time for one document."""
    quick_parse: float = 2.0
    """A document that takes longer than this is parsed after the others have been written."""
    memory: int = 512 * 2**20
    """Of the process that parses a document."""


USUAL = Limits()
