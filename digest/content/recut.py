"""Cuts the excerpts that pull wrote to the length in digest.toml: shorter, longer, or none.

    excerpt in the file, its feed's setting, stored summary ──▶ Cut ──▶ edits, ledger lines

An excerpt is pull's if the ledgers have its hash for the story; other quotations are the editor's
and stay as they are. Only decides: returns edits and records, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from digest.content import excerpt, ledger, pending
from digest.content.edit import Edit, try_changes
from digest.content.ledger import Record
from digest.content.pending import GitMerges
from digest.model import Feed, Story

SHORTENED, LENGTHENED, REMOVED, RESTORED = "shortened", "lengthened", "removed", "restored"
"""What to do with an excerpt."""
TOO_SHORT, EDITED, UNKNOWN, GONE, ADDED = "too short", "edited", "unknown", "gone", "added"
"""Why an excerpt does not get the length of digest.toml:

- too short: its whole summary is not stored
- edited: an editor changed it
- unknown: digest.toml does not have its feed
- gone: it was removed earlier, and the whole summary is not stored
- added: it comes from `digest add`
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What to do with an excerpt, and its new words as plain text, or `why_not`.

    Both are "" if it has the right length.
    """

    story: Story
    words: str = ""
    action: str = ""
    why_not: str = ""
    records: Sequence[Record] = ()

    @property
    def is_due(self) -> bool:
        """True if there is something to write."""
        return bool(self.action)

    @property
    def is_counted(self) -> bool:
        """True if pull put an excerpt into the story, or removed one that would now be kept."""
        if self.story.excerpt:
            return self.why_not != ADDED
        return self.action == RESTORED or self.why_not == GONE


def feed_of(story: Story, records: Iterable[Record], feeds: Mapping[str, Feed]) -> Feed | None:
    """Returns the feed whose setting applies to a story: its first feed in digest.toml."""
    names = story.feeds or tuple(record.feed for record in records)
    return next((feeds[name] for name in names if name in feeds), None)


def decide(
    story: Story, records: Sequence[Record], feed: Feed | None, summaries: Sequence[str]
) -> Cut:
    """Returns what to do with a story's excerpt.

    `summaries` are the whole summaries that are stored, of all its feeds.
    """
    said = {record.said["excerpt"] for record in records if record.said.get("excerpt")}
    stored = [summary for summary in summaries if ledger.hash_of_value(summary) in said]
    if not story.excerpt:
        was_removed = ledger.removed_excerpt(records)
        if not (said and feed and feed.excerpt and was_removed):
            # Pull wrote an excerpt, and a quotation in the note may come from it.
            had_one = ledger.wrote_excerpt(records)
            is_edited = had_one and any(
                line.lstrip(" ").startswith(">") for line in story.note.split("\n")
            )
            return Cut(story=story, why_not=EDITED if is_edited else "")
        if not stored:
            return Cut(story=story, why_not=GONE)
        words = excerpt.cut(stored[0], feed.excerpt)
        return Cut(story=story, words=words, action=RESTORED, records=records)
    if feed is None:
        return Cut(story=story, why_not=UNKNOWN if story.feeds else ADDED)
    now = excerpt.unescape(excerpt.unwrapped(story.excerpt))
    words = excerpt.cut(now, feed.excerpt)
    if words != now:
        return Cut(
            story=story, words=words, action=SHORTENED if words else REMOVED, records=records
        )
    if ledger.hash_of_value(now) in said or excerpt.count_words(now) >= feed.excerpt:
        return Cut(story=story)
    if any(excerpt.cut(summary, feed.excerpt) == now for summary in summaries):
        return Cut(story=story)
    length = excerpt.count_words(now)
    whole = next((summary for summary in stored if excerpt.cut(summary, length) == now), "")
    if not whole:
        return Cut(story=story, why_not=TOO_SHORT)
    return Cut(
        story=story, words=excerpt.cut(whole, feed.excerpt), action=LENGTHENED, records=records
    )


def edits_of(cuts: Iterable[Cut], texts: Mapping[str, str], zone: tzinfo) -> dict[str, Edit | None]:
    """Returns the edit for each of the stories; None if its file cannot be changed in place."""
    edits: dict[str, Edit | None] = {}
    for due in cuts:
        story, before = due.story, texts[due.story.file]
        after = try_changes(before, story, {"excerpt": excerpt.escape(due.words)}, zone)
        edits[story.file] = None if after is None else Edit(story.file, before, after)
    return edits


def ledger_lines(
    cuts: Iterable[Cut], edits: Mapping[str, Edit | None], merges: GitMerges, now: datetime
) -> list[Record]:
    """Returns the ledger lines that record the new excerpts as written by pull.

    Pending changes stay pending, since these are not an editor's edits.
    """
    lines = list[Record]()
    for due in cuts:
        new = []
        # Those of the feeds whose words are in the excerpt, or else the newest.
        hashes = excerpt.hashes(due.story.excerpt)
        sources = [record for record in due.records if record.wrote.get("excerpt") in hashes]
        if not sources and due.records:
            sources = [max(due.records, key=lambda record: record.at)]
        for record in sources:
            at = ledger.later(ledger.timestamp(now), record.at)
            wrote = {**record.wrote, "excerpt": ledger.hash_of_value(due.words)}
            new.append(record._replace(at=at, wrote=wrote))
        edit = edits.get(due.story.file)
        merged = merges.get(due.story.file, pending.NO_MERGE)
        lines += (
            pending.carried_over(new, due.records, due.story, edit, merged, now) if edit else new
        )
    return lines
