"""Finds what the ledgers know of the stories.

stories, ledgers ──▶ which story is which ──▶ LedgerFacts
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from digest import redact, urls
from digest.content import ledger
from digest.content.ledger import Record
from digest.content.ledger_facts import LedgerFacts, first_feed, words_key
from digest.content.read import written_excerpts
from digest.content.store import AllLedgers
from digest.model import Story


def find_ledger_facts(
    stories: tuple[Story, ...], ledgers: AllLedgers, feeds: Collection[str]
) -> LedgerFacts:
    """Returns what the ledgers know of the stories; `feeds` are the ids of those in digest.toml."""
    history = ledgers.history()
    records_of = {story.file: history.of(story) for story in stories}
    candidates = []
    for story in stories:
        if candidate := history.candidate(story, records_of[story.file]):
            candidates.append(candidate)
    matches = history.match(candidates, records_of.keys())
    history = history.with_altered(matches.altered)
    written = history.excerpts()
    excerpts: dict[str, tuple[str, ...]] = {}
    by_feed: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {}
    titles: dict[str, tuple[str, ...]] = {}
    added_at: dict[str, float] = {}
    public_secrets: dict[str, tuple[str, ...]] = {}
    for story in stories:
        file = story.file
        records = history.of(story) if file in matches.altered else records_of[file]
        if hashes := written_excerpts(story, written):
            excerpts[file] = tuple(sorted(hashes))
        first = first_feed(story, feeds)
        if any(record.feed != first and record.excerpts for record in records):
            by_feed[file] = tuple([(record.feed, dict(record.excerpts)) for record in records])
        if earlier := earlier_titles(records):
            titles[file] = earlier
        if at := history.added_at(records):
            added_at[file] = at
        if fields := _public_secrets(story, records):
            public_secrets[file] = fields
    return LedgerFacts(
        excerpts=excerpts,
        by_feed=by_feed,
        titles=titles,
        candidates={
            story.file: words_key(story) for story in stories if story.file in matches.candidates
        },
        story_addresses=history.addresses(stories, matches),
        lasting_names=dict(matches.lasting_names),
        altered=dict(matches.altered),
        added_at=added_at,
        gone=history.gone(stories, matches),
        public_secrets=public_secrets,
        unrecorded=matches.unrecorded,
        damaged=ledgers.problems,
        newest_record=history.newest,
    )


def _public_secrets(story: Story, records: Collection[Record]) -> tuple[str, ...]:
    """Returns which of link and image have a URL that seems to have a secret but is from a feed.

    Many publishers sign the URLs of pictures, and everyone can read those in the feed. Without a
    record, the URL is the editor's own.
    """
    fields = []
    if redact.secret_names(story.link):
        alias = f"link:{urls.canonical(story.link)}"
        if any(record.wrote_file and alias in record.aliases for record in records):
            fields.append("link")
    if story.image and redact.secret_names(story.image):
        image = ledger.hash_of_value(story.image)
        if any(record.image == image for record in records):
            fields.append("image")
    return tuple(fields)


def earlier_titles(records: Sequence[Record]) -> tuple[str, ...]:
    """Returns the earlier headlines from a story's first feed, oldest first.

    One of them may be the story's headline again. `records` are the story's (`History.of`).
    """
    return (
        tuple(dict.fromkeys([title for title, _ in records[0].earlier_titles])) if records else ()
    )
