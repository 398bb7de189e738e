"""What a feed says later of an entry's date: `published` stays what was first believed, and the claim is reported once.

    dated ──another date──▶ reported, noted in the ledger, and from then on no news
    undated, so filed at the moment of the pull ──an earlier date──▶ that is taken, since the first one was ours

A date from after the story was filed is not taken: the story was there already. An entry's dates are known by its
headline aliases in the ledger; one without a date has `"published": ""` in `said`, which lines of early versions lack.
Decides only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from digest.content import ledger
from digest.content.identity import stamp
from digest.content.ledger import Record
from digest.intake.merge import Merged
from digest.model import Entry, Story

UNDATED = {"published": ""}
"""What `said` has of the date of an entry that had none."""
_HEADLINE = "headline:"
_MIDNIGHT = "T00:00:00Z"


class Claim(NamedTuple):
    """A story's file, its entry's first date, and the one that the feed gives now; both as stamps."""

    file: str
    first: str
    now: str


def claims(file: str, entry: Entry, record: Record) -> Iterator[Claim]:
    """Yields the claim of an entry that gives another date than ever before; a time for a known day is none."""
    known = _stamps(record.aliases)
    now = stamp(entry.published) if entry.published else ""
    if now and len(known) == 1 and now not in known:
        (first,) = known
        is_day = first.endswith(_MIDNIGHT) or now.endswith(_MIDNIGHT)
        if not (is_day and first[:10] == now[:10]):
            yield Claim(file, first, now)


def report(found: Collection[Claim]) -> Iterator[str]:
    """Yields a line for the report of a feed, nothing where it claims nothing."""
    for file, first, now in list(found)[:1]:
        dates = f"{_words(now)} instead of {_words(first)}"
        if len(found) == 1:
            yield f"{file}: the feed now gives {dates} as its date; the file keeps its own"
        else:
            example = f"such as {dates} for {file}"
            yield f"the feed now gives {len(found)} stories other dates, {example}; the files keep theirs"


def is_no_news(fields: Collection[str], record: Record) -> bool:
    """True if an entry says only something else about its date, and has done so before."""
    return set(fields) == {"published"} and is_known_for_it(record)


def dated(
    merged: Merged, story: Story, fresh: Story, record: Record | None, wrote: Mapping[str, str]
) -> Merged:
    """Returns a merge with the date that a feed gives at last, where the file still has the moment of the pull."""
    if (
        record is None
        or not record.made
        or record.said.get("published") != ""
        or "published" not in wrote
    ):
        return merged
    if (
        ledger.hash_of_value(story.published) != wrote["published"]
        or fresh.published >= story.published
    ):
        return merged
    return replace(
        merged,
        changes={**merged.changes, "published": fresh.published},
        wrote={**merged.wrote, **ledger.hashes({"published": fresh.published})},
    )


def is_known_for_it(record: Record) -> bool:
    """True if an entry has changed its date before."""
    return len(_stamps(record.aliases)) > 1


def _stamps(aliases: Iterable[str]) -> set[str]:
    return {
        alias[len(_HEADLINE) :].partition(" ")[0]
        for alias in aliases
        if alias.startswith(_HEADLINE)
    }


def _words(stamp: str) -> str:
    return f"{stamp[:10]} {stamp[11:16]} UTC"
