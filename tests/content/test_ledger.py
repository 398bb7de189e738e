"""The ledger: lines are only added, and their order does not matter."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import growth
import pytest
from builders import HONG_KONG
from hypothesis import example, given
from hypothesis import strategies as st

from digest.content import ledger
from digest.content.ledger import PendingChange, Record

OLD = Record(
    feed="a",
    at="2026-05-15T10:00:00.000000Z",
    id="1",
    aliases=("guid:1", "link:news.example/one"),
    file="content/2026/w20/2026-05-15-one.md",
    title="One",
    said={"title": "aa"},
    wrote={"title": "aa"},
    themes={"memory-crunch": "'memory' in the headline"},
)
NEW = OLD._replace(
    at="2026-05-16T10:00:00.000000Z", aliases=("guid:2",), title="Two", said={"title": "bb"}
)


def test_a_line_has_the_keys_of_the_contract_in_their_order() -> None:
    line = ledger.dumps(OLD)

    assert line.endswith("}\n")
    assert list(json.loads(line)) == [
        "v",
        "at",
        "id",
        "aliases",
        "file",
        "title",
        "said",
        "wrote",
        "themes",
    ]
    assert json.loads(line)["v"] == 1


def test_a_hash_is_the_first_16_hex_digits_of_sha_256() -> None:
    moment = datetime(2026, 5, 15, 17, 32, 40, tzinfo=HONG_KONG)

    assert ledger.hashes({"title": "abc", "image": "", "authors": ()}) == {
        "title": "ba7816bf8f01cfea"
    }
    assert ledger.hash_of_value(moment) == ledger.hash_of_value(moment.astimezone(UTC))
    assert ledger.hash_of_value(("a", "b")) == ledger.hash_of_value("a\nb")


def test_the_newest_line_wins_and_aliases_are_merged() -> None:
    found, problems = ledger.loads(f"{ledger.dumps(OLD)}{ledger.dumps(NEW)}".encode(), "a")

    assert problems == ()
    assert found == {
        "1": NEW._replace(
            aliases=("guid:1", "link:news.example/one", "guid:2"),
            earlier_titles=(("One", NEW.at),),
            since=OLD.at,
            wrote_file=True,
        )
    }


@given(lines=st.permutations([OLD, NEW, OLD, OLD._replace(id="3"), NEW]))
def test_the_order_and_repetition_of_lines_make_no_difference(lines: list[Record]) -> None:
    assert ledger.records_of_lines(lines) == ledger.records_of_lines(
        [OLD, NEW, OLD._replace(id="3")]
    )


def test_a_broken_line_is_reported_and_skipped() -> None:
    text = f"<<<<<<< HEAD\n{ledger.dumps(OLD)}\n{ledger.dumps(NEW)[:40]}\n[]\n"

    found, problems = ledger.loads(text.encode(), "a")

    assert list(found) == ["1"]
    assert [problem.line for problem in problems] == [1, 4, 5]
    assert [str(problem) for problem in problems[:2]] == [
        "content/ledger/a.jsonl:1: a merge-conflict mark; delete this line, and keep the lines of both sides",
        "content/ledger/a.jsonl:4: not a line of the ledger; restore it from git: without it, deleted stories may "
        "return, and old addresses lead nowhere",
    ]


def test_later_times_sort_after_earlier_ones() -> None:
    now = datetime(2026, 5, 15, 9, 59, 59, 999999, tzinfo=UTC)

    assert ledger.timestamp(now) < ledger.timestamp(now + timedelta(microseconds=1))
    assert ledger.timestamp(now.astimezone(HONG_KONG)) == "2026-05-15T09:59:59.999999Z"


WHOLE = [
    ledger.dumps(one).rstrip().encode()
    for one in (OLD, NEW, OLD._replace(id="3"), NEW._replace(title="Annulled"))
]
BROKEN = [
    *(WHOLE[0].partition(b'"link:')[0] + b'"guid:2"', WHOLE[0].partition(b'"guid:1", ')[2]),
    *(
        b'{"v": 1, "x": [{}',
        b'{}], "y": {}}, {}',
        b"{}, {}",
        b"{}, null, {}",
        b"null",
        b"[]",
        b"1",
        b"NaN",
        b"]",
        b"[",
    ),
    *(b"<<<<<<< HEAD", b"=======\r", b"", b" \t", b"\xc2\xa0", b"\xff", b"[" * 100_000),
]


@given(
    lines=st.lists(st.sampled_from(WHOLE) | st.sampled_from(BROKEN), max_size=8),
    times=st.sampled_from([1, 1, 40]),
)
@example(lines=[WHOLE[0][:-1] + b', "x": [0', b"0]}, null, " + WHOLE[1]], times=1)
def test_parsing_many_lines_at_once_equals_parsing_each_alone(
    lines: list[bytes], times: int
) -> None:
    lines = lines * times

    found, problems = ledger.loads(b"\n".join(lines), "a")

    alone = [ledger.loads(b"\n" * number + line, "a") for number, line in enumerate(lines)]
    assert found == ledger.records_of_lines(
        record for records, _ in alone for record in records.values()
    )
    assert list(problems) == [problem for _, wrong in alone for problem in wrong]


HASHES = st.dictionaries(
    st.sampled_from(["title", "excerpt", "link"]), st.sampled_from(["aaaa", "bbbb"])
)
PENDING = st.dictionaries(st.sampled_from(["title", "link"]), st.just(PendingChange("kept")))


def record_with(**fields: Any) -> Record:
    """A record with only these fields: Hypothesis would draw the others of a class as well."""
    return Record(feed="a", **fields)


LINES = st.builds(
    record_with,
    at=st.sampled_from([OLD.at, NEW.at]),
    id=st.sampled_from(["1", "2"]),
    aliases=st.sampled_from([OLD.aliases, NEW.aliases]),
    file=st.sampled_from([OLD.file, OLD.file.replace("one", "two")]),
    title=st.sampled_from(["One", "Two"]),
    said=HASHES,
    wrote=HASHES,
    held=HASHES,
    stood=st.sampled_from(["", "cccc", "dddd"]),
    pending=PENDING,
    lacks=st.sampled_from([None, ("title",)]),
    deleted=st.sampled_from([None, False, True]),
)


@given(st.lists(LINES, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_lines_makes_no_difference(records: list[Record], shuffle: Random) -> None:
    content = "".join(map(ledger.dumps, records)).encode()
    lines = content.splitlines(keepends=True)
    shuffle.shuffle(lines)

    assert ledger.loads(b"".join(lines), "a")[0] == ledger.loads(content, "a")[0]


def test_many_lines_of_one_entry_are_combined_in_linear_time() -> None:
    def make(lines: int) -> str:
        return "".join(
            ledger.dumps(
                OLD._replace(
                    at=f"2026-05-15T10:00:00.{number:06}Z",
                    title=f"Title {number}",
                    file=f"content/2026/w20/2026-05-15-{number}.md",
                    aliases=("guid:1", f"link:news.example/{number}"),
                    wrote={"title": f"{number}", "excerpt": f"{number}"},
                    stood=f"{number}",
                    pending={"title": PendingChange("kept", f"Title {number}")},
                )
            )
            for number in range(lines)
        )

    def read(text: str) -> None:
        ledger.loads(text.encode(), "a")

    assert not growth.is_growing(read, make, 1_000)


MOMENTS = [
    "9999-12-31T23:59:59.999999Z",
    "8999-12-31T23:59:59.999999Z",
    "0001-01-01T00:00:00+14:00",
    "2026-05-19",
    "now",
]


@pytest.mark.parametrize("at", MOMENTS)
def test_a_line_with_an_impossible_time_is_skipped(at: str) -> None:
    found, problems = ledger.loads(ledger.dumps(OLD._replace(at=at)).encode(), "a")

    assert (found, len(problems)) == ({}, 1)


@pytest.mark.parametrize(
    "said",
    [
        {"aliases": "guid:x"},
        {"lacks": "title"},
        {"stood": "", "pending": {"title": "ab"}},
        {"at": "2026-05-15T10:00"},
    ],
)
def test_a_line_with_a_string_for_a_list_or_a_time_without_a_zone_is_skipped(
    said: dict[str, Any],
) -> None:
    line = json.dumps(json.loads(ledger.dumps(OLD)) | said)

    found, problems = ledger.loads(line.encode(), "a")

    assert (found, len(problems)) == ({}, 1)


def test_a_line_can_be_added_after_the_last_possible_time() -> None:
    last = OLD._replace(at="8998-12-31T23:59:59.999998Z")
    after = last._replace(at=ledger.later("2026-05-19T11:30:04.000000Z", last.at), title="After")

    assert (
        ledger.loads((ledger.dumps(last) + ledger.dumps(after)).encode(), "a")[0]["1"].title
        == "After"
    )
