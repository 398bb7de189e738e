"""Reads a feed that is a file in the digest's folder.

Never follows a path or a symbolic link out of the root, and reads regular files only.
"""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from digest.feeds.decompress import Decompressor, UnreadableBodyError
from digest.model import Failed, Feed, Fetched, Validators

_CHUNK = 1_000_000


def read(feed: Feed, root: Path, known: Validators, limit: int) -> Fetched | Failed:
    """Returns the file's content, without a body if it has not changed, or why it cannot be read.

    `limit` is the largest size in bytes, after unpacking.
    """
    try:
        path = (root / feed.url).resolve()
        if not path.is_relative_to(root.resolve()):
            reason = f"'{feed.url}' is outside the digest's folder; move the file into it"
            return Failed(feed=feed, reason=reason)
        if not stat.S_ISREG(path.stat().st_mode):
            return Failed(feed=feed, reason=f"'{feed.url}' is not a file; correct the feed's url")
        decompressor = Decompressor("", limit)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decompressor.add(chunk)
        body = decompressor.finish()
    except (FileNotFoundError, NotADirectoryError):
        reason = f"no file '{feed.url}' in the digest's folder; correct the feed's url"
        return Failed(feed=feed, reason=reason)
    except (OSError, ValueError, RuntimeError) as error:
        # ValueError: a NUL in the path; RuntimeError: a loop of symbolic links
        reason = getattr(error, "strerror", None) or "its path cannot be opened"
        return Failed(feed=feed, reason=f"the file '{feed.url}' cannot be read: {reason}")
    except UnreadableBodyError as error:
        return Failed(feed=feed, reason=f"the file '{feed.url}' cannot be read: {error}")
    if not body.strip():
        return Failed(feed=feed, reason=f"the file '{feed.url}' is empty")
    fingerprint = hashlib.sha256(body).hexdigest()
    return Fetched(
        feed=feed,
        body=None if fingerprint == known.hash else body,
        url=feed.url,
        validators=Validators(hash=fingerprint),
    )
