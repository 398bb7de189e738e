"""A fault outside a feed's entries never changes a field of an entry.

Tested with the feeds in data/feeds and, if they exist, with those in ../shared: a sample, or all of them with DIGEST_MANY
(some minutes).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape

import feedparser.mixin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from many import MANY, many

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from builders import make_feed

from digest import config
from digest.commands import pull
from digest.commands.pull_report import PullRow
from digest.feeds.parse import parse
from digest.model import Document, Entry, Fetched

OWN = sorted((Path(__file__).parents[1] / "data" / "feeds").glob("*.xml"))
ODD = "wrapped-entries.xml"
"""A feed with its entries in an unknown element, which looks like any other one with an entry."""
ENTRIES = {"item", "entry"}
FRAME = {"rss", "feed", "rdf", "channel"}
MAX_PLACES = 10

FAULTS = {
    "comment": b"<!-- a note -- with <item> & \"quotes' -->",
    "wrong bytes": b"\xff\xe2\x80",
    "forbidden characters": b"\0\x08\x0c",
    "notice": b"<br />\n<b>Warning</b>: x & y <in> <b>/srv/f.php</b> on line <b>3</b><br />\n",
    "unknown element": b"<u:n a='1'><title>No</title><link href='https://n.example/'>https://n.example/</link>"
    b"<item><title>No</title><link>https://n.example/</link></item></u:n>",
    "references": b"<note>R&D &nbsp; &unknown; &#0; &#xFFFFFFF; ]]></note>",
    "open tag": b"<open a=1 a='2' b=\"3>",
    "stray tag": b"</stray></p></title>",
    "instruction": b"<?php echo '<b>'; <![CDATA[ < <!",
}


def entries(body: bytes) -> tuple[Entry, ...] | None:
    """The entries of a document; None if it is not a feed."""
    outcome = parse(Fetched(feed=make_feed(), body=body, url="https://host.example/feed.xml"))
    return outcome.entries if isinstance(outcome, Document) else None


def places(body: bytes) -> list[tuple[int, int]]:
    """Positions outside the entries of a well-formed feed, each with the number of entries before."""
    found, path = [(0, 0)], list[str]()
    count = 0

    def start(name: str, _: dict[str, str]) -> None:
        if path and FRAME.issuperset(path):
            found.append((parser.CurrentByteIndex, count))
        path.append(name.rpartition(":")[2].lower())

    def end(_: str) -> None:
        nonlocal count
        if FRAME.issuperset(path):
            found.append((parser.CurrentByteIndex, count))
        name = path.pop()
        count += name in ENTRIES and FRAME.issuperset(path)

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):
        return []
    frame = [place for place in dict.fromkeys(found) if is_between_elements(body, place[0])]
    frame.append((len(body), count))
    step = max(1, len(frame) / MAX_PLACES)
    return [frame[int(number * step)] for number in range(min(MAX_PLACES - 1, len(frame)))] + [
        frame[-1]
    ]


def is_between_elements(body: bytes, place: int) -> bool:
    """True unless the position is inside the text of an element, which a fault would change."""
    return body[:place].rstrip()[-1:] in {b"", b">"}


def changed(body: bytes, most: int = MAX_PLACES, *, turn: int = 0) -> Iterator[str]:
    """Yields each kind of fault that changes an entry, with its position.

    Each kind is at a third of the positions, with another `turn` at others; with DIGEST_MANY, each is at all.
    """
    whole = entries(body)
    if not whole or b"\0" in body:
        return
    found = places(body)
    kinds = (
        FAULTS if b"iso-8859-1" not in body[:200].lower() else {**FAULTS, "wrong bytes": b""}
    )  # right in that one
    for number, (place, before) in enumerate(found[-most:]):
        for other, (kind, fault) in enumerate(kinds.items()):
            if MANY == 1 and (number + other + turn) % 3:
                continue
            if entries(body[:place] + fault + body[place:]) != whole:
                yield f"{kind} at {place}"
        if re.search(
            rb"<author|<link",
            re.sub(rb"<(entry|item)\b.*?</\1>", b"", body[place:], flags=re.DOTALL),
        ):
            continue  # the feed's author and link, which hold for its entries, are gone with its end
        kept = without_zones(entries(body[:place]) or ())
        skipped = max(0, found[-1][1] - len(whole))
        if kept != without_zones(whole[: len(kept)]) or len(kept) < before - skipped:
            yield f"broken off at {place}"


def without_zones(found: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The entries with `zoneless` False for days: all dates of a document decide that."""
    return tuple(one._replace(zoneless=False) if one.day_only else one for one in found)


def feeds(shared: Path) -> list[Path]:
    """The documents beside the repository that may be feeds."""
    listed = json.loads((shared / "corpus" / "index.json").read_text(encoding="utf-8"))
    found = [shared / "corpus" / one["path"] for one in listed if one["kind"] == "doc"]
    return [
        path
        for path in (*found, *sorted((shared / "hostile").glob("*.xml")))
        if path.suffix != ".json"
    ]


@pytest.mark.parametrize(
    "path", [path for path in OWN if path.name != ODD], ids=lambda path: path.name
)
def test_an_error_outside_the_entries_of_a_feed_changes_no_entry(path: Path) -> None:
    most, turn = MAX_PLACES if MANY > 1 else 3, OWN.index(path)

    assert list(changed(path.read_bytes(), most, turn=turn)) == []


def test_an_error_outside_the_entries_of_a_real_feed_changes_no_entry(shared: Path) -> None:
    paths = feeds(shared)

    assert {
        path.name: kinds
        for turn, path in enumerate(paths if MANY > 1 else paths[::397])
        if (kinds := list(changed(path.read_bytes(), turn=turn)))
    } == {}


def elements() -> set[tuple[str, str]]:
    """The elements that feedparser handles, each with its namespace URI."""
    known = feedparser.mixin._FeedParserMixin
    prefixes = {prefix.lower(): address for address, prefix in known.namespaces.items()}
    names = {
        name.removeprefix("_start_").removeprefix("_end_")
        for name in dir(known)
        if name[:5] in {"_star", "_end_"}
    }
    parted = ((name.partition("_"), name) for name in names)
    return {
        (prefixes[prefix], rest) if rest and prefix in prefixes else ("", name)
        for (prefix, _, rest), name in parted
    }


@pytest.mark.parametrize("text", ["45 -71", "<b>x</b>"])
def test_a_damaged_element_loses_only_itself(text: str) -> None:
    item = "<item><title>{0}</title><link>https://a.example/{0}</link>{1}</item>"
    lost = []
    for address, name in sorted(elements()):
        odd = (
            f'<o:{name} xmlns:o="{address}" type="x/y" href="http://[x" start="x">{text}</o:{name}>'
        )
        odd = odd if address else odd.replace("o:", "").replace(' xmlns:o=""', "")
        body = f"<rss version='2.0'><channel>{item.format(1, '')}{item.format(2, odd)}{item.format(3, '')}</channel></rss>"
        found = entries(body.encode()) or ()
        if [entry.title for entry in found if entry.title != "2"] != ["1", "3"] and name not in {
            "item",
            "entry",
            "title",
        }:
            lost.append(name)

    assert lost == []


def test_an_error_around_entries_changes_no_file_at_the_next_pull(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(
        '[site]\ntitle = "T"\nurl = "https://t.example/"\n[[feeds]]\nid = "a"\nurl = "a.xml"\n'
    )
    before, items, after = (
        b"<rss version='2.0'><channel><title>T</title>",
        WITH_ACCENTS.encode(),
        b"</channel></rss>",
    )
    (tmp_path / "a.xml").write_bytes(before + items + after)
    assert len(pulled(tmp_path).new) == 2
    files = written(tmp_path)

    for kind, fault in FAULTS.items():
        for body in (
            fault + before + items + after,
            before + fault + items + after,
            before + items + fault + after,
            before + items + after + fault,
            before + items + after[:-3] + fault,
        ):
            (tmp_path / "a.xml").write_bytes(body)
            assert pulled(tmp_path).state == "read"
            assert written(tmp_path) == files, kind


def test_a_truncated_entry_changes_no_file(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(
        '[site]\ntitle = "T"\nurl = "https://t.example/"\n[[feeds]]\nid = "a"\nurl = "a.xml"\n'
    )
    whole = f"<rss version='2.0'><channel><title>T</title>{WITH_ACCENTS}</channel></rss>".encode()
    (tmp_path / "a.xml").write_bytes(whole)
    pulled(tmp_path)
    files = written(tmp_path)
    begin, end = whole.rindex(b"<item>"), whole.rindex(b"</item>")

    for place in range(begin + 6, end, 37):
        (tmp_path / "a.xml").write_bytes(whole[:place])
        row = pulled(tmp_path)
        assert written(tmp_path) == files, place
        assert row.warnings == (
            "its end is missing; its last entry is skipped until it is complete",
        ), place


WITH_ACCENTS = "".join(
    f"<item><title>Café “{number}”</title><link>https://pub.example/{number}</link>"
    f"<guid>https://pub.example/?a=1&amp;id={number}</guid><author>Ann O&amp;#039;Hara</author>"
    "<pubDate>Fri, 27 Nov 2026 10:00:00 GMT</pubDate><description>Größe – naïve</description></item>"
    for number in (1, 2)
)


def pulled(root: Path) -> PullRow:
    loaded = config.load(root)
    return pull.run(
        root, loaded, pull.select_feeds(loaded, ()), now=datetime(2026, 11, 28, tzinfo=UTC)
    ).rows[0]


def written(root: Path) -> dict[str, bytes]:
    return {
        path.as_posix(): path.read_bytes()
        for path in (root / "content").rglob("*")
        if path.is_file()
    }


# ---------------------------------------------------------------- a feed of any words, a fault of any kind

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)
FAULT = st.sampled_from(list(FAULTS.values())) | st.builds(
    lambda text: b"<x>" + text.encode() + b"</x>", st.text("<>&;'\"!-?[]/ab ", max_size=20)
)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3), FAULT, st.data())
@settings(max_examples=many(60))
def test_an_error_between_entries_does_not_change_their_words(
    said: list[tuple[str, str]], fault: bytes, data: st.DataObject
) -> None:
    parts = [b"<rss version='2.0'><channel><title>T</title>"]
    for number, (title, text) in enumerate(said):
        parts.append(
            f"<item><title>{escape(title)}</title><link>https://a.example/{number}</link>"
            f"<description><![CDATA[{text.replace(']]>', '')}]]></description></item>".encode()
        )
    parts.append(b"</channel></rss>")
    place = data.draw(st.integers(1, len(parts) - 1))

    assert entries(b"".join(parts[:place]) + fault + b"".join(parts[place:])) == entries(
        b"".join(parts)
    )
