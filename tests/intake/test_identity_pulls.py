"""Which entries are one story, from pull to file: cases in data/identity.

A case has what feeds say at each pull (an entry is [guid, headline, link, date], and perhaps a
summary), and the stories that result. After each pull an editor adds a note to every new story.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import caches
import pytest

from digest import config
from digest.commands import check, pull
from digest.content import load
from digest.model import Story
from digest.names import lasting_name

NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data" / "identity"
CASES = sorted(DATA.glob("*.json"))

RawEntry = Sequence[str]
"""An entry: guid, headline, link, date, and its summary unless that is "Text."."""
Documents = Mapping[str, Sequence[RawEntry]]


@dataclass
class Digest:
    """A digest whose feeds are files; `pull` checks what must be true after every pull."""

    root: Path
    feeds: Sequence[str]

    def __post_init__(self) -> None:
        tables = "".join(f'[[feeds]]\nid = "{feed}"\nurl = "{feed}.json"\n' for feed in self.feeds)
        (self.root / "digest.toml").write_text(
            f'[site]\ntitle = "Test"\nurl = "https://example.org/"\n{tables}', encoding="utf-8"
        )
        self.config = config.load(self.root)
        self.days = count()

    def stories(self) -> list[Story]:
        return list(load.load(self.root, self.config).stories)

    def pull(self, documents: Documents) -> None:
        for feed, entries in documents.items():
            (self.root / f"{feed}.json").write_text(
                json.dumps(_document(entries)), encoding="utf-8"
            )
        before = {story.file: story for story in self.stories()}
        self._pull(documents)
        after = {story.file: story for story in self.stories()}
        for file, old in before.items():
            new = after[file]
            assert new.note == old.note
            assert (
                new.title == old.title or new.link == old.link or new.published == old.published
            ), (old, new)
        said = self._files()
        caches.forget(self.root, "feed")
        self._pull(documents)
        assert self._files() == said, "a second pull has changed something"
        names = [lasting_name(story) for story in after.values()]
        assert len(set(names)) == len(names), "two stories have one Atom id"

    def note(self) -> None:
        for story in self.stories():
            if not story.note:
                path = self.root / story.file
                path.write_text(
                    path.read_text(encoding="utf-8") + f"\nA note on {story.slug}.\n",
                    encoding="utf-8",
                )

    def delete(self, title: str) -> None:
        (story,) = (story for story in self.stories() if story.title == title)
        (self.root / story.file).unlink()

    def _pull(self, documents: Documents) -> None:
        now = NOW + timedelta(hours=next(self.days))
        report = pull.run(
            self.root, self.config, pull.select_feeds(self.config, list(documents)), now=now
        )
        assert report.failed == 0

    def _files(self) -> dict[str, bytes]:
        return {
            path.as_posix(): path.read_bytes()
            for path in (self.root / "content").rglob("*")
            if path.is_file()
        }


def _document(entries: Sequence[RawEntry]) -> dict[str, object]:
    items = [
        {
            "id": guid,
            "title": title,
            "url": link,
            "date_published": date,
            "content_text": (*rest, "Text.")[0],
        }
        for guid, title, link, date, *rest in entries
    ]
    return {"version": "https://jsonfeed.org/version/1.1", "title": "Test", "items": items}


def _orders(pulls: Sequence[Documents]) -> Iterator[tuple[Sequence[str], Sequence[Documents]]]:
    """Yields feeds and pulls as they are, and with either or both reversed where that differs."""
    feeds = sorted({feed for documents in pulls for feed in documents})
    turned = [{feed: entries[::-1] for feed, entries in documents.items()} for documents in pulls]
    for order in [feeds] if len(feeds) == 1 else [feeds, feeds[::-1]]:
        yield order, pulls
        if turned != pulls:
            yield order, turned


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_entries_of_a_case_become_its_stories_in_any_order(path: Path, tmp_path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    for number, (feeds, pulls) in enumerate(_orders(case["pulls"])):
        root = tmp_path / str(number)
        root.mkdir()
        digest = Digest(root, feeds)

        for turn, documents in enumerate(pulls):
            digest.pull(documents)
            digest.note()
            for title in case.get("deleted", ()) if turn == 0 else ():
                digest.delete(title)

        found = sorted(f"{story.title} {story.link}" for story in digest.stories())
        wanted = case["stories"]
        assert (found if isinstance(wanted, list) else len(found)) == wanted, case["about"]


SAME_LINKS = [
    ["n/7;jsessionid=A1", "n/7;jsessionid=B2", "n/7"],
    ["n/7?PHPSESSID=a1", "n/7?PHPSESSID=b2", "n/7?PHPSESSID=a1"],
    ["n/%7Eann", "n/~ann", "n/%7eann", "n/%7Eann"],
    ["caf%c3%a9-at-noon", "caf%C3%A9-at-noon", "café-at-noon"],
    ["n/7?mod=rss_markets", "n/7?mod=rss_tech", "n/7"],
]


@pytest.mark.parametrize("places", SAME_LINKS)
@pytest.mark.parametrize("guid", ["", "https://pub.example/?p=7"])
def test_a_link_that_differs_only_by_a_token_or_percent_codes_is_not_written(
    tmp_path: Path, guid: str, places: Sequence[str]
) -> None:
    digest = Digest(tmp_path, ["a"])
    pulls = [
        {"a": [[guid, "Story 7", f"https://pub.example/{one}", "2026-11-23T10:00:00Z"]]}
        for one in places
    ]
    digest.pull(pulls[0])
    digest.note()
    (first,), said = digest.stories(), digest._files()

    for documents in pulls[1:]:
        digest.pull(documents)
        assert digest._files() == said

    corrected = [
        guid,
        "Story 7, corrected",
        f"https://pub.example/{places[1]}",
        "2026-11-23T10:00:00Z",
    ]
    digest.pull({"a": [corrected]})
    (story,) = digest.stories()
    assert (story.title, story.link) == ("Story 7, corrected", first.link)


# ---------------------------------------------------------------- copies, and hints


def test_a_copy_in_the_place_of_a_moved_story_does_not_become_it(tmp_path: Path) -> None:
    digest = Digest(tmp_path, ["a"])
    first = ["https://pub.example/?p=1", "Story 1", "https://pub.example/1", "2026-11-23T10:00:00Z"]
    (tmp_path / "a.json").write_text(json.dumps(_document([first])))
    pull.run(tmp_path, digest.config, digest.config.feeds, now=NOW)
    (story,) = digest.stories()
    place, moved = tmp_path / story.file, tmp_path / "content/2026/w49/2026-11-23-kept.md"
    moved.parent.mkdir(parents=True)
    place.rename(moved)
    copy = (
        moved.read_text()
        .replace("Story 1", "My own text")
        .replace("https://pub.example/1", "https://mine.example/")
    )
    place.write_text(copy)
    corrected = _document([first])
    corrected["items"][0] |= {"content_text": "Corrected.", "authors": [{"name": "Ann"}]}  # type: ignore[index]
    (tmp_path / "a.json").write_text(json.dumps(corrected))

    report = pull.run(tmp_path, digest.config, digest.config.feeds, now=NOW + timedelta(hours=1))

    assert place.read_text() == copy
    assert report.rows[0].updated == ("content/2026/w49/2026-11-23-kept.md",)
    assert "> Corrected." in moved.read_text()
    assert [
        problem.cure for problem in check.run(tmp_path, now=NOW).problems if not problem.is_hint
    ] == ["delete one, or remove 'id' from the newer one"]


def test_a_copy_that_differs_in_link_headline_and_date_stays_unchanged(
    tmp_path: Path,
) -> None:
    digest = Digest(tmp_path, ["a"])
    first = ["https://pub.example/?p=1", "Story 1", "https://pub.example/1", "2026-11-23T10:00:00Z"]
    digest.pull({"a": [first]})
    (story,) = digest.stories()
    place = tmp_path / story.file
    copy = (
        place.read_text()
        .replace("Story 1", "My own text")
        .replace("https://pub.example/1", "https://mine.example/")
    )
    copy = copy.replace(
        "published: 2026-11-23T10:00:00+00:00", "published: 2026-11-24T09:00:00+00:00"
    )
    place.write_text(copy)
    corrected = _document([first])
    corrected["items"][0]["content_text"] = "Corrected."  # type: ignore[index]
    (tmp_path / "a.json").write_text(json.dumps(corrected))

    pull.run(tmp_path, digest.config, digest.config.feeds, now=NOW + timedelta(days=1))

    assert place.read_text() == copy


def test_check_gives_a_hint_about_two_stories_with_one_guid(tmp_path: Path) -> None:
    digest = Digest(tmp_path, ["a", "b"])
    guid = "https://pub.example/?p=1"
    digest.pull({"a": [[guid, "Story 1", "https://pub.example/1", "2026-11-23T10:00:00Z"]]})
    digest.pull({"b": [[guid, "Wholly other", "https://agency.example/1", "2026-11-24T10:00:00Z"]]})

    problems = check.run(tmp_path, now=NOW).problems

    assert [str(problem) for problem in problems] == [
        "content/2026/w48/2026-11-24-wholly-other.md: has the same guid as content/2026/w48/2026-11-23-story-1.md, "
        f"from another feed: {guid}; delete one of them"
    ]


@pytest.mark.parametrize("guid", ["17", "https://pub.example/?p=1", ""])
def test_one_of_two_copies_is_the_story_when_the_ledger_is_lost(tmp_path: Path, guid: str) -> None:
    digest = Digest(tmp_path, ["a"])
    digest.pull(
        {"a": [[guid, "Story 1", "https://pub.example/one-of-two-copies", "2026-11-23T10:00:00Z"]]}
    )
    (story,) = digest.stories()
    (tmp_path / story.file).with_name("2026-11-23-a-copy.md").write_bytes(
        (tmp_path / story.file).read_bytes()
    )
    (tmp_path / "content" / "ledger" / "a.jsonl").unlink()
    (tmp_path / "a.json").write_text(
        json.dumps(
            _document(
                [
                    [
                        guid,
                        "Story 1, corrected",
                        "https://pub.example/one-of-two-copies",
                        "2026-11-24T10:00:00Z",
                    ]
                ]
            )
        )
    )

    report = pull.run(tmp_path, digest.config, digest.config.feeds, now=NOW + timedelta(days=1))

    assert (report.rows[0].new, len(report.rows[0].adopted)) == ((), 1)
