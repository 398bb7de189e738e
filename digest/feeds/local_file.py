"""A feed that is a file of the digest: read from the disk, and only from inside the digest's own folder.

Refuses to follow a path, or a link on the disk, out of the root; to read what is not a plain file; and to raise.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from digest.feeds.decode import Unpacker, UnreadableBodyError
from digest.model import Failed, Feed, Fetched, Validators

_CHUNK = 1_000_000


def read(feed: Feed, root: Path, known: Validators, cap: int) -> Fetched | Failed:
    """Returns what the file holds, or why it cannot be had; `cap` is in bytes. An unchanged file has no body."""
    try:
        place = (root / feed.url).resolve()
        if not place.is_relative_to(root.resolve()):
            return Failed(
                feed=feed,
                reason=f"'{feed.url}' is outside the digest's folder; move the file into it",
            )
        if not _is_there(place):
            return Failed(
                feed=feed,
                reason=f"no file '{feed.url}' in the digest's folder; correct the feed's url",
            )
        if not place.is_file():
            return Failed(feed=feed, reason=f"'{feed.url}' is not a file; correct the feed's url")
        body = _whole(place, cap)
    except (
        OSError,
        ValueError,
        RuntimeError,
    ) as error:  # ValueError: a NUL in the path; RuntimeError: links in a ring
        reason = getattr(error, "strerror", None) or "its path cannot be opened"
        return Failed(feed=feed, reason=f"the file '{feed.url}' cannot be read: {reason}")
    except UnreadableBodyError as error:
        return Failed(feed=feed, reason=f"the file '{feed.url}' cannot be read: {error}")
    if not body.strip():
        return Failed(feed=feed, reason=f"the file '{feed.url}' is empty")
    print_of_body = hashlib.sha256(body).hexdigest()
    return Fetched(
        feed=feed,
        body=None if print_of_body == known.hash else body,
        url=feed.url,
        validators=Validators(hash=print_of_body),
    )


def _is_there(place: Path) -> bool:
    """Tells whether a path leads anywhere; raises OSError for links in a ring, which some Pythons pass over."""
    try:
        place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _whole(place: Path, cap: int) -> bytes:
    unpacker = Unpacker("", cap)
    with place.open("rb") as file:
        while chunk := file.read(_CHUNK):
            unpacker.feed(chunk)
    return unpacker.end()
