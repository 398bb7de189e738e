"""Random feeds with poor names, pulled several times in random order: what must always be true.

These feeds name their articles as bad feeds do: guids are missing, equal, places in a list or
another entry's link; all entries have one link, or links that differ only in the fragment; there
are no headlines, or no dates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from builders import make_config, make_feed
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from many import many

from digest.content import ledger, story_file
from digest.content.history import History
from digest.content.known_names import KnownNames
from digest.content.read import parse_story
from digest.feeds import normalize
from digest.feeds.normalize import RawEntry
from digest.intake import changes
from digest.intake.plan import plan_pull
from digest.intake.pull_state import PullPlan
from digest.intake.snapshot import Snapshot
from digest.model import Document

FEEDS = (
    make_feed(id="a", url="https://pub.example/a.xml"),
    make_feed(id="b", url="https://pub.example/b.xml"),
)
CONFIG = make_config(feeds=FEEDS, themes=())
NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
QUICK: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "database": None,
}


@dataclass
class Memory:
    """A digest in memory: story files and ledgers, as the store would have them on disk."""

    texts: dict[str, str] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)
    pulls: int = 0

    def pull(self, documents: Mapping[str, Sequence[RawEntry]]) -> PullPlan:
        self.pulls += 1
        feeds = [feed for feed in FEEDS if feed.id in documents]
        read = [(feed, normalize.document_of("", documents[feed.id], feed.url)) for feed in feeds]
        intake = plan_pull(read, self._desk(read), CONFIG, NOW + timedelta(hours=self.pulls))
        for story in intake.stories:
            assert story.file not in self.texts
            self.texts[story.file] = story_file.dumps(story)
        for edit in intake.edits:
            assert self.texts[edit.file] == edit.before
            self.texts[edit.file] = edit.after
        for line in intake.lines:
            self.lines[line.feed] = self.lines.get(line.feed, "") + ledger.dumps(line)
        return intake

    def state(self) -> tuple[dict[str, str], dict[str, str]]:
        return dict(self.texts), dict(self.lines)

    def titles(self) -> dict[str, str]:
        return {file: story_file.loads(text, file).title for file, text in self.texts.items()}

    def note(self) -> None:
        for file, text in self.texts.items():
            if "NOTE" not in text:
                self.texts[file] = f"{text}\nNOTE on {file}.\n"

    def _desk(self, documents: Sequence[tuple[Any, Document]]) -> Snapshot:
        ledgers = {
            feed: ledger.loads(lines.encode(), feed)[0] for feed, lines in self.lines.items()
        }
        names = changes.search_texts_of_changes(documents, ledgers)
        known = KnownNames(feeds=frozenset(feed.id for feed in FEEDS))
        excerpts = History(ledgers).excerpts()
        texts = {
            file: text for file, text in self.texts.items() if any(name in text for name in names)
        }
        return Snapshot(
            ledgers=ledgers if names else changes.related(documents, ledgers),
            files=frozenset(self.texts) if names else frozenset(),
            stories=tuple(
                parse_story(text, file, known, UTC, excerpts) for file, text in texts.items()
            ),
            texts=texts,
            names=known,
            excerpts=excerpts,
        )


def said(guid: str, title: str, link: str, date: str, summary: str = "Text.") -> RawEntry:
    return RawEntry(id=guid, title=title, links=(link,), dates=(date,), summary=summary)


# ---------------------------------------------------------------- anything at all

LINKS = [
    f"https://pub.example/{place}"
    for place in ("live", "a", "b", "live#1", "live#2", "", "item-1", "item-2")
]
GUIDS = ["", "N/A", "g", "1", "2", "https://pub.example/?p=1", *LINKS]
DATES = ["", "2026-11-10T10:00:00Z", "2026-11-11T10:00:00Z", "2026-11-10", "2026-11-11"]
ANY = st.lists(
    st.builds(
        said,
        st.sampled_from(GUIDS),
        st.sampled_from(["", "News 1", "News 2", "News 3"]),
        st.sampled_from(LINKS),
        st.sampled_from(DATES),
        st.sampled_from(["One.", "Two.", ""]),
    ),
    max_size=4,
)
BOTH = st.fixed_dictionaries({"a": ANY, "b": ANY})
A, B, LIVE, PLACE = (f"https://pub.example/{place}" for place in ("a", "b", "live", "live#2"))


PASSED_ON = {
    "a": [said("", "", B, ""), said(B, "News 2", LIVE, ""), said("", "News 2", LIVE, "")],
    "b": [],
}
SWAPPED = {"a": [said("", "", B, "")], "b": [said(B, "", A, ""), said(A, "", B, "")]}
REPEATED = {
    "a": [
        said(A, "News 1", B, "", "One."),
        said(A, "", LIVE, "", "One."),
        said("", "News 1", B, "", "Two."),
    ]
}
ALIKE = {
    "a": [
        said("2", "News 1", B, "", "One."),
        said("2", "News 2", B, "", "One."),
        said("", "News 1", B, "", ""),
    ]
}


@settings(max_examples=many(50), **QUICK)
@given(st.lists(BOTH, min_size=1, max_size=3))
@example([{"a": [said("", "", A, ""), said(A, "", A, "")], "b": []}])
@example([PASSED_ON])
@example([SWAPPED])
@example([REPEATED])
@example([ALIKE])
@example(
    [
        {"a": [said(PLACE, "", A, "")], "b": []},
        {"a": [], "b": [said(PLACE, "", B, ""), said(B, "", A, "")]},
    ]
)
def test_a_second_pull_changes_nothing_whatever_ids_feeds_use(
    pulls: list[dict[str, list[RawEntry]]],
) -> None:
    digest = Memory()
    for documents in pulls:
        digest.pull(documents)
        before = digest.state()
        digest.pull(documents)
        assert digest.state() == before
        digest.note()


# ---------------------------------------------------------------- articles that differ by little


@dataclass(frozen=True)
class Kind:
    """How a feed names its articles: `{n}` is the article's number, `{at}` its place in the
    feed.
    """

    guid: str
    link: str
    date: str

    def said(self, number: int, place: int) -> RawEntry:
        guid, link = (text.format(n=number, at=place) for text in (self.guid, self.link))
        return said(
            link if guid == "=" else guid, f"News {number}", link, self.date.format(n=number + 10)
        )


KINDS = st.builds(
    Kind,
    guid=st.sampled_from(["", "N/A", "=", "feed", "{at}", "item-{at}", "https://pub.example/?p={n}", "{n}17"]),
    link=st.sampled_from(
        [LIVE, f"{LIVE}#{{at}}", f"{LIVE}#{{n}}", "https://pub.example/", "https://pub.example/item-{at}",
         "https://pub.example/top/{at}/", "https://pub.example/2026/{n}/news"]
    ),
    date=st.sampled_from(["2026-11-{n}T10:00:00Z", "2026-11-{n}", ""]),
)  # fmt: skip
GENERATIONS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.randoms(use_true_random=False)), max_size=4
)


@settings(max_examples=many(70), **QUICK)
@given(KINDS, st.integers(1, 3), GENERATIONS)
@example(Kind("", LIVE, "2026-11-{n}T10:00:00Z"), 1, [(1, 1, Random(0))])
@example(Kind("=", "https://pub.example/item-{at}", ""), 2, [(1, 2, Random(0)), (2, 2, Random(0))])
def test_no_article_takes_over_anothers_story_and_none_is_lost(
    kind: Kind, first: int, generations: list[tuple[int, int, Random]]
) -> None:
    digest, newest = Memory(), first
    for more, size, order in [(0, newest, Random(0)), *generations]:
        newest += more
        numbers = range(newest, max(newest - size, 0), -1)
        document = [kind.said(number, place) for place, number in enumerate(numbers, start=1)]
        order.shuffle(document)
        before = digest.titles()
        digest.pull({"a": document})
        after = digest.titles()

        assert {file: after[file] for file in before} == before
        assert {one.title for one in document} <= set(after.values())
        if "T" in kind.date or "{n}" in kind.link:
            assert len(set(after.values())) == len(after), "an article has two stories"
        digest.note()
