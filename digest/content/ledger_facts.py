"""What the ledgers know of the stories, as a value that an edit of their words hardly ever changes.

    stories, ledgers ──find_ledger_facts──▶ LedgerFacts ──with the words of the stories──▶ Content

It takes long to find and little to apply, so it is cached. It depends on which stories there are and
on their ids, links and feeds. The words of a story matter only if it is not where a feed's ledger
has it: they decide which story it is (`match_files`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from operator import itemgetter
from typing import NamedTuple

from digest.cache import key_of
from digest.content import excerpt
from digest.errors import Problem
from digest.model import DeletedStory, Location, Story, StoryAddress


class LedgerFacts(NamedTuple):
    """What the ledgers know of the stories, by file.

    - `excerpts`: the hashes of all excerpts that pull or add wrote for a story
    - `by_feed`: the excerpts of each of its feeds by hash, with their first times, if not all are
      from its first feed
    - `titles`: the earlier headlines from its first feed; one may be its headline again
    - `candidates`: the stories that are matched by their words, and a hash of these (`words_key`)

    The others are as in `Content`.
    """

    excerpts: dict[str, tuple[str, ...]]
    by_feed: dict[str, tuple[tuple[str, dict[str, str]], ...]]
    titles: dict[str, tuple[str, ...]]
    candidates: dict[str, bytes]
    story_addresses: tuple[StoryAddress, ...]
    lasting_names: dict[str, str]
    altered: dict[str, str]
    added_at: dict[str, float]
    gone: tuple[DeletedStory, ...]
    public_secrets: dict[str, tuple[str, ...]]
    unrecorded: tuple[Location, ...]
    damaged: tuple[Problem, ...]
    newest_record: str

    def still_fits(self, stories: Iterable[Story]) -> bool:
        """True if the words of the stories that are matched by them are the same as before.

        The caller has checked the ids, links and feeds of all stories (`identity_key`).
        """
        candidates = self.candidates
        return all(
            words_key(story) == candidates[story.file]
            for story in stories
            if story.file in candidates
        )

    def excerpt_writers(
        self,
        stories: Iterable[Story],
        excerpts: Mapping[str, Iterable[str]],
        feeds: Collection[str],
    ) -> dict[str, str]:
        """Returns the feed whose words a story's excerpt has, by file, if that is not its first one.

        Of several it is one of `feeds`, or else any, and of these the earliest. `excerpts` are the
        hashes of the excerpts in the files.
        """
        found = {}
        for story in stories if self.by_feed else ():
            writers = []
            for feed, written in self.by_feed.get(story.file, ()):
                hashes = written.keys() & excerpts.get(story.file, ())
                if hashes:
                    at = min(written[hash] for hash in hashes)
                    writers.append((feed not in feeds, at, feed))
            if writers:
                writer = min(writers, key=itemgetter(0, 1))[2]
                if writer != first_feed(story, feeds):
                    found[story.file] = writer
        return found

    def earlier_headlines(self, stories: Iterable[Story]) -> dict[str, tuple[str, ...]]:
        """Returns the earlier headlines of each story that has some besides its present one."""
        earlier = {}
        for story in stories if self.titles else ():
            titles = [title for title in self.titles.get(story.file, ()) if title != story.title]
            if titles:
                earlier[story.file] = tuple(titles)
        return earlier


def first_feed(story: Story, feeds: Collection[str]) -> str:
    """Returns the first of a story's feeds that is among `feeds`; "" if none is."""
    return next((feed for feed in story.feeds if feed in feeds), "")


def identity_key(stories: Iterable[Story]) -> bytes:
    """Returns a hash of everything by which the ledgers know these stories, but for their words."""
    names = [(story.file, story.id, story.link, story.feeds, story.image) for story in stories]
    return key_of(names)


def words_key(story: Story) -> bytes:
    """Returns a hash of the words by which a story is matched with the ledgers."""
    quotations = excerpt.quotations(story.note)
    words = (story.title, story.published.isoformat(), story.excerpt, quotations)
    return key_of(words)
