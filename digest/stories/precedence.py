"""Which of a story's feeds its words come from, and which of a feed's words correct what stands in the file.

The first of a story's feeds supplies its words. A later one does where no feed before it carries the entry any longer,
and then only fields in which it had said what is in the file, and says something else now. What it corrects while
another supplies the words is held (`Record.held`). So two feeds that disagree for good do not change a file back and
forth.
Decides on records only: what becomes of the words is for the merge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from digest.model import Story
from digest.stories.ledger import Record
from digest.stories.merge import FIELDS

Records = Mapping[str, Record]
"""The records of one story, by feed."""


def speakers(story: Story, records: Records, live: Collection[str], rank: Callable[[str], int]) -> list[str]:
    """Returns the feeds of a story that are still pulled, the one that speaks first.

    A story that names none has those that brought it, the one that adopted it before the others.
    """
    adopters = sorted(records, key=lambda feed: (records[feed].since or records[feed].at, rank(feed)))
    return [feed for feed in story.feeds or adopters if feed in live]


def wrote(records: Records) -> dict[str, str]:
    """Returns what was last put into a story's file, whichever feed spoke; each newer line has all of it."""
    found: dict[str, str] = {}
    for record in sorted(records.values(), key=lambda record: record.at):
        found.update(record.wrote)
    return found


def before(record: Record, heard: Mapping[str, str], records: Records, *, first: bool) -> dict[str, str]:
    """Returns what a feed's words are compared with: what it said, but for corrections that were held.

    One that is not the first is taken to say nothing new of a field in which it had said something else than the file.
    """
    found, written = dict(record.said), wrote(records)
    for name in FIELDS:
        if name in record.held and record.held[name] == written.get(name, ""):
            found.pop(name, None)
        elif not first and not stood(name, record.said.get(name, ""), records):
            found[name] = heard.get(name, "")
    return found


def held(record: Record, heard: Mapping[str, str], records: Records) -> dict[str, str]:
    """Returns the fields that a feed has corrected or withdrawn while it could not change them, each with the hash of
    what stands.
    """
    written = wrote(records)
    found = valid(record.held, written)
    for name in FIELDS:
        said, says = record.said.get(name, ""), heard.get(name, "")
        if says != said and stood(name, said, records):
            found[name] = written.get(name, "")
        if says and stood(name, says, records):
            found.pop(name, None)
    return found


def still_held(record: Record, heard: Mapping[str, str], withdrawn: Iterable[str], records: Records) -> dict[str, str]:
    """Returns what is held of a feed that stood in for another and has just spoken: what it does not give now."""
    written = wrote(records)
    silent = {name: mark for name, mark in valid(record.held, written).items() if name not in heard}
    return silent | {name: written[name] for name in withdrawn}


def valid(held: Mapping[str, str], written: Mapping[str, str]) -> dict[str, str]:
    """Returns of the corrections that were held those of what stands to this day."""
    return {name: mark for name, mark in held.items() if mark == written.get(name, "")}


def not_its_own(record: Record, records: Records) -> dict[str, str]:
    """Returns what counts as written, for the line of a feed that did not write it.

    An excerpt is left out where the feed had not written it: it is how `stood` knows whose it is.
    """
    found = wrote(records)
    if "excerpt" in found and record.wrote.get("excerpt") != found["excerpt"]:
        del found["excerpt"]
    return found


def stood(name: str, mark: str, records: Records) -> bool:
    """True if what a feed said of a field is what a pull has last put into the file; an excerpt is a part of it."""
    written = wrote(records).get(name, "")
    if name != "excerpt" or not written:
        return mark == written
    return any(one.said.get(name) == mark and one.wrote.get(name) == written for one in records.values())
