"""Finds the feeds that an editor wants to follow, for `digest init` and `digest feeds add`.

    addresses ──request──▶ feeds ─┐
    lists of feed readers ──▶ feeds ─┴──▶ each feed once, with an id of its own

Addresses that are given one by one are requested, and each must lead to a feed; those of a list are
not requested.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from digest import __version__, disk, redact, urls
from digest.config import is_language
from digest.errors import DigestError
from digest.feeds.limits import USUAL, Limits
from digest.model import Document, Failed, Feed
from digest.names import free_name

_MAX_ID_LENGTH = 26
"""What the table of `digest status` shows whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeeds:
    """The feeds, their common language, and the addresses of lists that cannot be pulled.

    `folders` has the folder of a list in which a feed was, by its id. `present_feeds` are feeds
    that the digest has already.
    """

    feeds: tuple[Feed, ...] = ()
    language: str = "en"
    left_out: tuple[str, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)
    present_feeds: tuple[Feed, ...] = ()


def run(
    addresses: Sequence[str],
    files: Sequence[Path],
    *,
    now: datetime,
    limits: Limits = USUAL,
    present: Iterable[Feed] = (),
    taken: Iterable[str] = (),
) -> FoundFeeds:
    """Returns the feeds behind web addresses and in the lists of feed readers.

    `present` are the feeds that the digest has already, `taken` other ids that no new feed may
    have. Raises DigestError with a line for each address that leads to no feed, and if there is no
    feed at all.
    """
    from digest.feeds import discover, opml

    lists = [opml.read(_read(file), str(file)) for file in files]
    answers = discover.find_feeds(addresses, agent=f"digest/{__version__}", now=now, limits=limits)
    failures, found = list[str](), list[tuple[str, Document, str]]()
    for address, answer in zip(addresses, answers, strict=True):
        if isinstance(answer, Failed):
            failures.append(redact.mask(f"{address}: {answer.reason}"))
        else:
            found.append((answer.url, answer.document, ""))
    if failures:
        raise DigestError(
            "\n".join(
                [*failures, "Nothing was written; correct the address, or leave that feed out"]
            )
        )
    for feeds in lists:
        found += [(feed.url, Document(title=feed.title), feed.folder) for feed in feeds.feeds]
    if not found:
        names = ", ".join(map(str, files))
        raise DigestError(
            f"{names}: no feed in this list can be pulled; check that it is the right file"
        )
    old = {urls.canonical(feed.url): feed for feed in present}
    ids = {feed.id for feed in old.values()} | set(taken)
    new, folders, present_feeds = dict[str, Feed](), dict[str, str](), dict[str, Feed]()
    for url, document, folder in found:
        address = urls.canonical(url)
        if address in old:
            present_feeds[address] = old[address]
        elif address not in new:
            new[address] = feed = _feed(url, document, ids)
            ids.add(feed.id)
            folders[feed.id] = folder
    return FoundFeeds(
        feeds=tuple(new.values()),
        language=_common_language(document.language for _, document, _ in found),
        left_out=tuple(address for feeds in lists for address in feeds.left_out),
        folders=folders,
        present_feeds=tuple(present_feeds.values()),
    )


def _read(file: Path) -> bytes:
    """Returns the bytes of a file that the user has named, which may be a pipe.

    If it is too large, only as many as show that.
    """
    from digest.feeds.opml import LARGEST

    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise DigestError(f"{file}: does not exist") from None
    except OSError as error:
        raise disk.file_error("read", file, error) from error


def _feed(url: str, document: Document, taken: Container[str]) -> Feed:
    """Returns the feed at an address, named by what it says of itself, else by its host."""
    from digest.content.slug import ascii_words, slug_of
    from digest.feeds.discover import publisher_of

    title = document.title or urls.host_of(url)
    publisher = document.publisher or publisher_of(title, url)
    id = ascii_words(title) or slug_of(urls.host_of(url), url)
    if len(id) > _MAX_ID_LENGTH and publisher:
        cut = ascii_words(_without(title, publisher))
        id = cut if re.search("[a-z]{2}", cut) else id
    if len(id) > _MAX_ID_LENGTH:  # cut at a word
        id = id[: _MAX_ID_LENGTH + 1].rpartition("-")[0] or id[:_MAX_ID_LENGTH]
    return Feed(id=free_name(id, taken), url=url, title=title, publisher=publisher)


def _without(title: str, publisher: str) -> str:
    """Returns a title without the publisher's name, if it begins or ends with it as whole words."""
    name = re.escape(publisher)
    return re.sub(rf"^{name}(?!\w)|(?<!\w){name}$", "", title)


def _common_language(languages: Iterable[str]) -> str:
    """Returns the language of all feeds that name one, with a region if all name the same; "en" if
    they differ."""
    tags = [language.strip().replace("_", "-") for language in languages]
    tags = [tag for tag in tags if is_language(tag)]
    if len({tag.casefold() for tag in tags}) == 1:
        return tags[0]
    plain = {tag.partition("-")[0].lower() for tag in tags}
    return plain.pop() if len(plain) == 1 else "en"
