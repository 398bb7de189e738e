"""Excerpts cut again: those that pull wrote follow `excerpt` in digest.toml, shorter, longer or taken out.

    excerpt in the file, its feed's setting, the whole summary if it is stored ──▶ Cut ──▶ edits, lines of the ledger

An excerpt is pull's where its hash is one that the ledgers have for the story; every other quotation is the editor's.
Refuses to touch what is the editor's, to make up words that are not stored, and to write: edits and records come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from digest.model import Feed, Story
from digest.stories import excerpt, ledger, pending
from digest.stories.desk import Edit
from digest.stories.edit import edited
from digest.stories.ledger import Record
from digest.stories.storyfile import Known

Kin = Sequence[tuple[str, Record]]
"""A story's records in the ledgers, each with its feed."""

SHORTENED, LENGTHENED, REMOVED = "shortened", "lengthened", "removed"
"""What is to be done with an excerpt."""
SHORT, EDITED, UNKNOWN = "short", "edited", "unknown"
"""Why an excerpt stays: its whole summary is not stored, an editor changed it, digest.toml does not name its feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What becomes of a story's excerpt: its new words, plain, and what that means; `state` is "" where it fits."""

    story: Story
    words: str = ""
    state: str = ""
    kin: Kin = ()

    @property
    def is_due(self) -> bool:
        """Whether there is something to write."""
        return self.state in {SHORTENED, LENGTHENED, REMOVED}


def feed_of(story: Story, kin: Kin, feeds: Mapping[str, Feed]) -> Feed | None:
    """Returns the feed whose setting counts for a story: the first of its own that digest.toml has."""
    names = story.feeds or tuple(feed for feed, _ in kin)
    return next((feeds[name] for name in names if name in feeds), None)


def cut(story: Story, kin: Kin, feed: Feed | None, summary: str) -> Cut:
    """Returns what becomes of a story's excerpt; `summary` is the whole one, as far as it is stored."""
    if not story.excerpt:
        return Cut(story=story, state=EDITED if _was_edited(story, kin) else "")
    if feed is None:
        return Cut(story=story, state=UNKNOWN)
    now = excerpt.unescape(excerpt.unwrapped(story.excerpt))
    words = excerpt.cut(now, feed.excerpt)
    if words != now:
        return Cut(story=story, words=words, state=SHORTENED if words else REMOVED, kin=kin)
    said = {record.said.get("excerpt") for _, record in kin}
    if ledger.hash_of_value(now) in said or excerpt.length(now) >= feed.excerpt:
        return Cut(story=story)
    whole = excerpt.cut(summary, feed.excerpt)
    is_same = ledger.hash_of_value(summary) in said and excerpt.cut(summary, excerpt.length(now)) == now
    if not is_same or whole == now:
        return Cut(story=story, state=SHORT)
    return Cut(story=story, words=whole, state=LENGTHENED, kin=kin)


def edits(cuts: Iterable[Cut], texts: Mapping[str, str], known: Known) -> dict[str, Edit | None]:
    """Returns the edit for each story whose excerpt is due, None where its file cannot be changed in place."""
    found: dict[str, Edit | None] = {}
    for one in cuts:
        story, before = one.story, texts[one.story.file]
        after = edited(before, story, {"excerpt": excerpt.escape(one.words)}, known)
        found[story.file] = None if after is None else Edit(story.file, before, after)
    return found


def lines(cuts: Iterable[Cut], edits: Mapping[str, Edit | None], now: datetime) -> dict[str, tuple[Record, ...]]:
    """Returns the lines of each feed's ledger by which the new excerpts count as written by pull.

    What is pending in a file stays so: these edits are not its editor's.
    """
    found: dict[str, list[Record]] = {}
    for one in cuts:
        for feed, record in _sources(one.kin):
            wrote = {**record.wrote, "excerpt": ledger.hash_of_value(one.words)}
            line = record._replace(at=ledger.later(ledger.moment(now), record.at), wrote=wrote)
            found.setdefault(feed, []).append(pending.kept_through(line, edits.get(one.story.file)))
    return {feed: tuple(records) for feed, records in found.items()}


def _sources(kin: Kin) -> Kin:
    """Returns the records that say what was written, or else the newest one."""
    newest = [max(kin, key=lambda one: one[1].at)] if kin else []
    return [one for one in kin if "excerpt" in one[1].wrote] or newest


def _was_edited(story: Story, kin: Kin) -> bool:
    """True if pull wrote an excerpt and the note has a quotation, which may be what the editor made of it."""
    records = [record for _, record in kin if "excerpt" in record.wrote]
    newest = max(records, key=attrgetter("at"), default=None)
    if newest is None or newest.wrote["excerpt"] == ledger.NOTHING or ledger.is_adopted(newest):
        return False
    return any(line.lstrip(" ").startswith(">") for line in story.note.split("\n"))
