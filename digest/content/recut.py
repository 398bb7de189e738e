"""Cuts the excerpts that pull wrote to the length in digest.toml: shorter, longer, or none.

    excerpt in the file, its feed's setting, stored summary ──▶ Cut ──▶ edits, ledger lines

An excerpt is pull's if the ledgers have its hash for the story; other quotations are the editor's
and stay as they are. Only decides: returns edits and records, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.content import excerpt, ledger, pending
from digest.content.edit import Edit, edited
from digest.content.ledger import Record
from digest.content.story_file import Vocabulary
from digest.model import Feed, Story

Records = Sequence[tuple[str, Record]]
"""A story's records in the ledgers, each with its feed."""

SHORTENED, LENGTHENED, REMOVED, RESTORED = "shortened", "lengthened", "removed", "restored"
"""What to do with an excerpt."""
SHORT, EDITED, UNKNOWN, GONE, ADDED = "short", "edited", "unknown", "gone", "added"
"""Why a story is not changed:

- short: its whole summary is not stored
- edited: an editor changed the excerpt
- unknown: digest.toml does not have its feed
- gone: its excerpt was removed earlier, and the whole summary is not stored
- added: it comes from `digest add`
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What to do with an excerpt: its new words as plain text, and a `state`, "" if it fits."""

    story: Story
    words: str = ""
    state: str = ""
    records: Records = ()

    @property
    def is_due(self) -> bool:
        """True if there is something to write."""
        return self.state in {SHORTENED, LENGTHENED, REMOVED, RESTORED}

    @property
    def is_counted(self) -> bool:
        """True if pull put an excerpt into the story, or removed one that would now be kept."""
        return self.state in {RESTORED, GONE} or (bool(self.story.excerpt) and self.state != ADDED)


def feed_of(story: Story, records: Records, feeds: Mapping[str, Feed]) -> Feed | None:
    """Returns the feed whose setting applies to a story: its first feed in digest.toml."""
    names = story.feeds or tuple(feed for feed, _ in records)
    return next((feeds[name] for name in names if name in feeds), None)


def cut(story: Story, records: Records, feed: Feed | None, summaries: Sequence[str]) -> Cut:
    """Returns what to do with a story's excerpt.

    `summaries` are the whole summaries that are stored, of all its feeds.
    """
    said = {record.said["excerpt"] for _, record in records if record.said.get("excerpt")}
    stored = [summary for summary in summaries if ledger.hash_of_value(summary) in said]
    if not story.excerpt:
        was_removed = ledger.took_excerpt_out(one for _, one in records)
        if not (said and feed and feed.excerpt and was_removed):
            return Cut(story=story, state=EDITED if _was_edited(story, records) else "")
        if not stored:
            return Cut(story=story, state=GONE)
        words = excerpt.cut(stored[0], feed.excerpt)
        return Cut(story=story, words=words, state=RESTORED, records=records)
    if feed is None:
        return Cut(story=story, state=UNKNOWN if story.feeds else ADDED)
    now = excerpt.unescape(excerpt.unwrapped(story.excerpt))
    words = excerpt.cut(now, feed.excerpt)
    if words != now:
        return Cut(story=story, words=words, state=SHORTENED if words else REMOVED, records=records)
    if ledger.hash_of_value(now) in said or excerpt.length(now) >= feed.excerpt:
        return Cut(story=story)
    if any(excerpt.cut(summary, feed.excerpt) == now for summary in summaries):
        return Cut(story=story)
    length = excerpt.length(now)
    own = next((summary for summary in stored if excerpt.cut(summary, length) == now), "")
    if not own:
        return Cut(story=story, state=SHORT)
    return Cut(story=story, words=excerpt.cut(own, feed.excerpt), state=LENGTHENED, records=records)


def edits(
    cuts: Iterable[Cut], texts: Mapping[str, str], vocabulary: Vocabulary
) -> dict[str, Edit | None]:
    """Returns the edit for each of the stories; None if its file cannot be changed in place."""
    found: dict[str, Edit | None] = {}
    for one in cuts:
        story, before = one.story, texts[one.story.file]
        after = edited(before, story, {"excerpt": excerpt.escape(one.words)}, vocabulary)
        found[story.file] = None if after is None else Edit(story.file, before, after)
    return found


def lines(
    cuts: Iterable[Cut], edits: Mapping[str, Edit | None], now: datetime
) -> dict[str, tuple[Record, ...]]:
    """Returns the ledger lines that record the new excerpts as written by pull, by feed.

    Pending changes stay pending, since these are not an editor's edits.
    """
    found: dict[str, list[Record]] = {}
    for one in cuts:
        new = []
        for feed, record in _sources(one.story, one.records):
            at = ledger.later(ledger.timestamp(now), record.at)
            wrote = {**record.wrote, "excerpt": ledger.hash_of_value(one.words)}
            new.append((feed, record._replace(at=at, wrote=wrote)))
        for feed, line in pending.carried_over(new, one.records, edits.get(one.story.file), now):
            found.setdefault(feed, []).append(line)
    return {feed: tuple(records) for feed, records in found.items()}


def _sources(story: Story, records: Records) -> Records:
    """Returns the records of feeds whose words are in the excerpt, or else the newest record."""
    newest = [max(records, key=lambda one: one[1].at)] if records else []
    hashes = excerpt.hashes(story.excerpt)
    return [one for one in records if one[1].wrote.get("excerpt") in hashes] or newest


def _was_edited(story: Story, records: Records) -> bool:
    """True if pull wrote an excerpt, and the note has a quotation that may come from it."""
    if not ledger.wrote_excerpt(record for _, record in records):
        return False
    return any(line.lstrip(" ").startswith(">") for line in story.note.split("\n"))
