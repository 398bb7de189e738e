"""What the ledgers remember of stories: identity, first files, earlier headlines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from builders import make_story
from hypothesis import example, given
from hypothesis import strategies as st

from digest import urls
from digest.content import find_ledger_facts, ledger, paths
from digest.content.history import History
from digest.content.ledger import Record
from digest.content.match_files import StoryMatches
from digest.model import Story, StoryAddress

FEED = "semiconductors"
FILES = [
    f"content/2026/w{week}/2026-05-{day}-{slug}.md"
    for week in (20, 21)
    for day in (15, 16)
    for slug in "ab"
]
STRAY = "content/elsewhere.md"


def record_of(number: int, file: str, **fields: object) -> Record:
    """The record of a story with this number as its guid."""
    known = {
        "feed": FEED,
        "at": f"2026-05-15T10:00:0{number}Z",
        "aliases": (f"guid:{number}",),
        "title": "One",
        **fields,
    }
    return Record(id=str(number), file=file, **known)  # type: ignore[arg-type]


def story_of(number: int, file: str) -> Story:
    """A story with this number as its guid, in any file."""
    path, week = paths.parse(file), paths.week_of(file)
    assert path and week
    return make_story(path.slug, day=path.day, week=week, file=file, id=str(number))


def expected_addresses(
    records: Mapping[str, Record], stories: tuple[Story, ...]
) -> tuple[StoryAddress, ...]:
    """The result of `addresses`, computed simply: all of them, then those that matter."""
    addresses = []
    for file in sorted(set(FILES) & firsts(records)):
        claimed = [
            story.file
            for story in stories
            if story.id in records and records[story.id].file == file
        ]
        since = min(one.at for one in records.values() if one.file == file)
        at = story_of(0, file)
        story = file if file in claimed else min(claimed, default="")
        addresses.append(
            StoryAddress(
                week=at.week, slug=at.slug, file=file, present_file=story, since=since, origin=file
            )
        )
    moved = [address for address in addresses if address.present_file != address.file]
    names = Counter((address.week, address.slug) for address in moved)
    names.update((story.week, story.slug) for story in stories)
    doubtful = {week for (week, _), times in names.items() if times > 1}
    doubtful |= {address.week for address in moved if address.present_file}
    return tuple(address for address in addresses if address.week in doubtful)


def matched(known: History, *stories: Story) -> StoryMatches:
    """The stories, matched with those in the ledgers."""
    candidates = [known.candidate(story, known.of(story)) for story in stories]
    return known.match(list(filter(None, candidates)), {story.file for story in stories})


def firsts(records: Mapping[str, Record]) -> set[str]:
    """The first files of stories."""
    return {record.file for record in records.values()}


@given(
    first=st.dictionaries(st.integers(0, 5), st.sampled_from([*FILES, STRAY])),
    now=st.dictionaries(st.sampled_from(FILES), st.integers(0, 7)),
)
@example(first={0: FILES[0], 1: FILES[0]}, now={FILES[1]: 0, FILES[2]: 1})
def test_places_are_listed_for_weeks_with_a_moved_story_or_a_shared_slug(
    first: dict[int, str], now: dict[str, int]
) -> None:
    records = {str(number): record_of(number, file) for number, file in first.items()}
    known = History({FEED: records})
    stories = tuple(story_of(number, file) for file, number in sorted(now.items()))

    assert known.addresses(stories, matched(known, *stories)) == expected_addresses(
        records, stories
    )


def test_earlier_headlines_are_those_of_the_first_feed() -> None:
    theirs = record_of(
        1,
        FILES[0],
        earlier_titles=(("Was", "2026-05-16"), ("One", "2026-05-17"), ("Was", "2026-05-18")),
    )
    other = record_of(2, FILES[1])

    assert find_ledger_facts.earlier_titles([theirs, other]) == ("Was", "One")
    assert find_ledger_facts.earlier_titles([]) == ()


def test_the_excerpts_of_a_story_are_found_by_its_guid_link_or_file() -> None:
    aliases = ("guid:1", "link:news.example/one")
    one = record_of(1, FILES[0], feed="a", aliases=aliases, excerpts=("aa", "bb"))
    two = record_of(2, FILES[1], feed="b")
    again = record_of(3, FILES[0], feed="b", aliases=("guid:3",), excerpts=("cc",))

    known = History({"a": {"1": one}, "b": {"2": two, "3": again}})

    names = ("a\nguid:1", "b\nguid:3", "link:news.example/one", FILES[0])
    assert known.excerpts() == {name: {"aa", "bb", "cc"} for name in names}


def test_records_are_in_the_order_of_the_storys_feeds() -> None:
    records = {feed: {"1": record_of(1, FILES[0], feed=feed)} for feed in ("a", "b")}
    known = History({**records, "c": {}})

    met = known.of(make_story(id="1", feeds=("b", "a")))

    assert [record.feed for record in met] == ["b", "a"]


def test_a_story_has_an_address_for_each_file_that_a_machine_gave_it() -> None:
    mine = record_of(1, FILES[0], at="2026-05-15T10:00:00Z")
    theirs = record_of(1, FILES[1], at="2026-05-15T10:00:01Z")
    known = History({FEED: ledger.records_of_lines([theirs, mine])})
    kept = story_of(1, FILES[1])

    addresses = known.addresses([kept], matched(known, kept))

    assert [(one.file, one.present_file, one.since) for one in addresses] == [
        (FILES[0], FILES[1], mine.at),
        (FILES[1], FILES[1], theirs.at),
    ]


def test_a_file_of_a_story_is_one_address_whatever_feeds_know_it_by() -> None:
    id = "tag:news.example,2026:1"
    kept = replace(story_of(1, FILES[1]), id=id, feeds=(FEED, "other"))
    aliases = (f"guid:{id}", f"link:{urls.canonical(kept.link)}")

    def line(feed: str, file: str, second: int) -> Record:
        at = f"2026-05-15T10:00:0{second}Z"
        return record_of(1, file, feed=feed, at=at, aliases=aliases)._replace(id=id)

    ledgers = {
        FEED: ledger.records_of_lines([line(FEED, FILES[1], 1), line(FEED, FILES[0], 0)]),
        "other": ledger.records_of_lines([line("other", FILES[0], 0)]),
    }
    known = History(ledgers)

    addresses = known.addresses([kept], matched(known, kept))

    assert [(one.file, one.present_file, one.origin) for one in addresses] == [
        (FILES[0], FILES[1], FILES[0]),
        (FILES[1], FILES[1], FILES[0]),
    ]
