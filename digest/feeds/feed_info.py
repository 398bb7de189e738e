"""What a feed says about itself, and which part of its title is the publisher's name.

A part of the title counts as the publisher only if the feed's host is named after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest import urls

_SEPARATOR = re.compile(r"\s+[-–—|·•»:]+\s+|:\s+")
_SHORTEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedInfo:
    """A feed's own words, empty if it has none; `language` is spelled as in the feed."""

    title: str
    language: str = ""
    publisher: str = ""


def publisher_of(title: str, address: str) -> str:
    """Returns the part of a title that names the host: `South China Morning Post` for scmp.com.

    Returns "" if no part does, or if the title has only one part, which needs no publisher.
    """
    parts = [part.strip() for part in _SEPARATOR.split(title)]
    if len(parts) < 2:
        return ""
    host = urls.host(address).partition(":")[0]
    return next((part for part in parts if _names_host(part, host)), "")


def _names_host(part: str, host: str) -> bool:
    words = re.findall(r"[^\W_]+", part.casefold())
    whole, initials = "".join(words), "".join(word[0] for word in words)
    labels = host.casefold().split(".")[:-1]
    without_dashes = [label.replace("-", "") for label in labels]
    if len(whole) >= _SHORTEST and any(whole in label for label in without_dashes):
        return True
    return len(initials) >= _SHORTEST and initials in without_dashes
