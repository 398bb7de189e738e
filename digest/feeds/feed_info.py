"""What a feed says of itself as a whole, and which part of its title is the publisher's name.

Refuses to guess a publisher: a part of the title counts as one where the feed's host is called after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest import urls

_PARTED = re.compile(r"\s+[-–—|·•»:]+\s+|:\s+")
_SHORTEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedInfo:
    """The words of a feed about itself, empty where it has none; `language` is as it wrote it."""

    title: str
    language: str = ""
    publisher: str = ""


def publisher_of(title: str, address: str) -> str:
    """Returns the part of a title that names the feed's host: `South China Morning Post` for scmp.com, or nothing.

    A title that has no parts needs no publisher beside it.
    """
    parts = [part.strip() for part in _PARTED.split(title)]
    host = urls.host(address).partition(":")[0]
    return next((part for part in parts if _names(part, host)), "") if len(parts) > 1 else ""


def _names(part: str, host: str) -> bool:
    words = re.findall(r"[^\W_]+", part.casefold())
    whole, initials = "".join(words), "".join(word[0] for word in words)
    labels = host.casefold().split(".")[:-1]
    squeezed = [label.replace("-", "") for label in labels]
    return (len(whole) >= _SHORTEST and any(whole in label for label in squeezed)) or (
        len(initials) >= _SHORTEST and initials in squeezed
    )
