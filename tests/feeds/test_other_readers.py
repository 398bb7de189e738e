"""Other readers' test feeds: our results are what they expect, or we say why not.

Title, link, date and authors of every entry are compared wherever the corpus beside the repository has an expected
result. A difference is listed below with its reason; one that is new fails the test, and so does one that has gone.
(The comments of the feed validator's cases name faults, and no field of an entry.)
"""

from __future__ import annotations

import ast
import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from builders import make_feed

from digest import urls
from digest.feeds.fetch import fetch
from digest.feeds.parse import parse
from digest.model import Document, Failed, Fetched

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
EXPECTED_BY_NAME = ("gofeed", "feed-rs", "fastfeedparser", "rss-parser")
CLAIM = re.compile(
    r"""entries\[(\d+)\]\['(\w+)'\](?:\[0\])?(?:\['name'\])? == u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
)
END = re.compile(rb"</((?:\w+:)?)(item|entry)\s*>")
FILE_OF_ITEM = (b"enclosure", b"url='http://added.example/file'")
FILE_OF_ENTRY = (b"link", b"rel='enclosure' href='http://added.example/file'")
FIELDS = {"title": "title", "link": "link", "author": "authors"}

LIST_OF_NAMES = "a list of names in one element of RSS is several authors"
MARKUP = "markup and references in a name are read"
ORIGINAL = "the address behind a service that counts clicks is the link"
PICTURE = "a headline that is a picture has no words"
FIRST_LINK = "of several links the first counts"
WRONG_ENCODING = "they have replaced characters that can be read"

DIFFERENCES: dict[str, dict[str, str]] = {
    "fastfeedparser/tests/integration/malformed_rss_namespaced.xml": {
        "number": "a prefix that is not declared may mean anything",
    },
    "feed-rs/feed-rs/fixture/atom/atom_example_3.xml": {"link": ORIGINAL},
    "feed-rs/feed-rs/fixture/rss1/rss_1.0_biorxiv.xml": {"authors": LIST_OF_NAMES},
    "feed-rs/feed-rs/fixture/rss1/rss_1.0_example_1.xml": {"link": "they leave it relative"},
    "feed-rs/feed-rs/fixture/rss2/rss_2.0_ch9.xml": {"authors": LIST_OF_NAMES},
    "feed-rs/feed-rs/fixture/rss2/rss_2.0_dbengines.xml": {"authors": LIST_OF_NAMES},
    "feed-rs/feed-rs/fixture/rss2/rss_2.0_rps.xml": {"link": ORIGINAL},
    "feedparser/tests/wellformed/atom/entry_author_map_author.xml": {
        "authors": "a mail address is not published"
    },
    "feedparser/tests/wellformed/cdf/item_title.xml": {
        "number": "entries of CDF have no link that we read"
    },
    **{
        f"feedparser/tests/wellformed/sanitize/entry_title_on{event}.xml": {"title": PICTURE}
        for event in (
            "abort",
            "blur",
            "click",
            "keydown",
            "keypress",
            "load",
            "mouseover",
            "mouseup",
            "submit",
        )
    },
    "gofeed/testdata/extensions/dublincore/dublincore_item_multiple_values.xml": {
        "authors": "they keep the first only"
    },
    "gofeed/testdata/parser/rss/rdf_item_links.xml": {"link": FIRST_LINK},
    "gofeed/testdata/parser/rss/rss_channel_item_author_cdata_escaped_markup.xml": {
        "authors": MARKUP
    },
    "gofeed/testdata/parser/rss/rss_channel_item_author_cdata_naked_markup.xml": {
        "authors": MARKUP
    },
    "gofeed/testdata/parser/rss/rss_channel_item_links.xml": {"link": FIRST_LINK},
    "gofeed/testdata/translator/rss/feed_item_links_-_rss_channel_item_links.xml": {
        "link": FIRST_LINK
    },
    "rss-parser/test/input/encoding.rss": {"title": WRONG_ENCODING, "link": ORIGINAL},
    "rss-parser/test/input/itunes-category.rss": {"authors": "they keep the first only"},
    "rss-parser/test/input/many-links.rss": {"link": ORIGINAL},
    "rss-parser/test/input/rss-1.rss": {"authors": LIST_OF_NAMES},
    "rss-parser/test/input/uolNoticias.rss": {"title": WRONG_ENCODING},
}
"""By feed and field, why we differ. None of them is a date."""


def test_every_field_that_differs_from_what_another_reader_expects_is_listed(shared: Path) -> None:
    corpus, compared, found = shared / "corpus", 0, {}
    for path, theirs in expectations(corpus):
        compared += 1
        if differing := {field: (a, b) for field, a, b in differences(path, theirs)}:
            found[path.relative_to(corpus).as_posix()] = differing

    assert compared > 350
    assert {path: sorted(fields) for path, fields in found.items()} == {
        path: sorted(fields) for path, fields in DIFFERENCES.items()
    }, {
        path: fields
        for path, fields in found.items()
        if sorted(fields) != sorted(DIFFERENCES.get(path, {}))
    }


class Expected(NamedTuple):
    """Another reader's expected values for an entry; None if it has none."""

    title: str | None = None
    link: str | None = None
    published: datetime | None = None
    authors: tuple[str, ...] | None = None


def read(path: Path) -> Document | Failed:
    """Parses a file as if it had been fetched; compressed files are fetched, too."""
    feed = make_feed(url=path.name)
    fetched = fetch([feed], root=path.parent, known={}, agent="Digest/1", now=NOW)[0]
    if isinstance(fetched, Failed):
        return fetched
    body = END.sub(with_file, fetched.body or b"")
    return parse(Fetched(feed=feed, body=body, url=address(path)))


def with_file(end: re.Match[bytes]) -> bytes:
    """Adds an enclosure to an entry, since entries without a link are skipped."""
    prefix, name = end.groups()
    return b"<%s%s %s/>%s" % (prefix, *(FILE_OF_ITEM if name == b"item" else FILE_OF_ENTRY), end[0])


def address(path: Path) -> str:
    return f"http://127.0.0.1:8097/{path.name}"


def expectations(corpus: Path) -> Iterator[tuple[Path, list[Expected]]]:
    """Yields the feeds with an expected result, and the entries in it."""
    for one in json.loads((corpus / "index.json").read_text(encoding="utf-8")):
        path = corpus / one["path"]
        if one["kind"] != "doc":
            continue
        if one["origin"] in EXPECTED_BY_NAME and one.get("expected"):
            said = json.loads(
                (corpus / one["expected"][0]).read_text(encoding="utf-8", errors="replace")
            )
            yield path, [of_json(entry) for entry in items(said)]
        elif one["origin"] == "feedparser" and (claimed := of_comment(path)):
            yield path, claimed


def items(said: Any) -> list[dict[str, Any]]:
    feed = said.get("feed")
    return list(
        said.get("items")
        or said.get("entries")
        or (isinstance(feed, dict) and feed.get("items"))
        or []
    )


def of_json(entry: dict[str, Any]) -> Expected:
    title, link = entry.get("title"), entry.get("link")
    if isinstance(title, dict):
        title = title["content"]
    if link is None and (listed := entry.get("links")):
        link = next(
            (
                one["href"]
                for one in listed
                if isinstance(one, dict)
                and one.get("rel", "alternate") in {None, "alternate"}
                and "href" in one
            ),
            None,
        )
    names = [one.get("name") or "" for one in entry.get("authors") or [] if isinstance(one, dict)]
    if not names and isinstance(entry.get("creator") or entry.get("author"), str):
        names = [entry.get("creator") or entry.get("author") or ""]
    dates = (
        entry.get(key)
        for key in (
            "publishedParsed",
            "pubDateParsed",
            "isoDate",
            "published",
            "updatedParsed",
            "updated",
        )
    )
    return Expected(
        title=title,
        link=link,
        published=next(filter(None, map(time_of, dates)), None),
        authors=tuple(names),
    )


def of_comment(path: Path) -> list[Expected]:
    """Returns what the comment on top of a feed says of its entries: of its Python, plain comparisons are read."""
    head = path.read_bytes()[:4_000].decode("utf-8", "replace")
    found = re.search(r"Expect:(.*?)(?:\n\s*\w+:|-->)", head, re.DOTALL)
    claims: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for number, key, literal in CLAIM.findall(found[1] if found else ""):
        value = ast.literal_eval(literal)
        if key in FIELDS:
            claims[int(number)][FIELDS[key]] = (value,) if key == "author" else value
    return [Expected(**claims[number]) for number in range(max(claims, default=-1) + 1)]


def time_of(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def differences(path: Path, theirs: list[Expected]) -> Iterator[tuple[str, object, object]]:
    """Yields what differs: a field's name, what they have and what we have."""
    ours = read(path)
    if isinstance(ours, Failed):
        yield "all", len(theirs), ours.reason
        return
    if len(ours.entries) != len(theirs):
        yield "number", len(theirs), (len(ours.entries), *ours.warnings)
        return
    for entry, expected in zip(ours.entries, theirs, strict=True):
        if expected.title and entry.title not in shown(expected.title):
            yield "title", expected.title, entry.title
        link = urls.web_link(expected.link or "", address(path)) if expected.link else None
        if link and urls.clean(link) != entry.link:
            yield "link", expected.link, entry.link
        if expected.published and (
            entry.published is None
            or abs((entry.published - expected.published).total_seconds()) >= 1
        ):
            yield "date", expected.published, entry.published
        names = tuple(folded(name) for name in expected.authors or () if name.strip())
        if names and names != entry.authors:
            yield "authors", names, entry.authors


def shown(title: str) -> set[str]:
    """Returns the ways in which a title can be shown: as it is, or with its markup read."""
    bare = re.sub(r"<[^<>]*>", "", title)
    return {
        folded(text)
        for text in (
            title,
            html.unescape(title),
            html.unescape(bare),
            html.unescape(html.unescape(bare)),
        )
    }


def folded(text: str) -> str:
    return " ".join(text.split())
