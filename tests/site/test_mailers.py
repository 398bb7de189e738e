"""Whatever happens in a digest, a service that mails the weekly feed sends each edition exactly once.

Such a service knows no ids: at each run it sends the entries that were published since its last one. Histories are
random pulls, letters, corrections and stories taken back.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import HONG_KONG, make_config, make_story
from many import many

from digest.content import edit, letter_draft
from digest.content.read import parse_letter
from digest.model import Content, DeletedStory, Letter, Story
from digest.site.arrange import arrange
from digest.site.context import make_context
from digest.site.feeds.pages import feed_pages
from digest.week import Week

BEGIN = datetime(2026, 5, 4, 8, tzinfo=HONG_KONG)
ZONE = ZoneInfo("Asia/Hong_Kong")


class Digest:
    """A digest in memory; each day brings random stories and edits."""

    def __init__(self, rng: random.Random, close: str) -> None:
        self.rng, self.config = rng, make_config(close=close)
        self.stories: dict[str, Story] = {}
        self.came: dict[str, float] = {}
        self.letters: dict[Week, Letter] = {}
        self.gone: list[DeletedStory] = []

    @property
    def content(self) -> Content:
        stories = tuple(self.stories[file] for file in sorted(self.stories))
        letters = tuple(self.letters[week] for week in sorted(self.letters))
        return Content(stories=stories, letters=letters, gone=tuple(self.gone), added_at=self.came)

    def feed(self) -> dict[str, datetime]:
        """When each edition in the weekly feed was published, by its id."""
        context = make_context(arrange(self.content, self.config), self.config)
        page = next(page for page in feed_pages(context) if page.path == "weeks.atom")
        feed = page.make(context, *page.inputs)["feed"]
        return {entry.id: entry.published for entry in feed.entries}  # type: ignore[attr-defined]

    def live(self, now: datetime) -> None:
        acts = [
            self.pull,
            self.pull,
            self.late,
            self.draft,
            self.publish,
            self.correct,
            self.hide,
            self.delete,
        ]
        self.rng.choice(acts)(now)

    def pull(self, now: datetime) -> None:
        """Brings stories of the last two days; those before midnight may belong to the week before."""
        for _ in range(self.rng.randint(1, 3)):
            published = now - timedelta(hours=self.rng.randint(0, 48))
            self._take(published, Week.of(published.date()), now)

    def late(self, now: datetime) -> None:
        """Brings a story of a week that is long over."""
        day = now - timedelta(days=self.rng.randint(7, 20))
        self._take(day, Week.of(day.date()), now)

    def _take(self, published: datetime, week: Week, now: datetime) -> None:
        story = make_story(
            f"s{len(self.came)}", str(published.date()), published=published, week=week
        )
        self.stories[story.file], self.came[story.file] = story, now.timestamp()

    def draft(self, _: datetime) -> None:
        """`digest letter` for a week that is not in the feed yet; of others it warns."""
        archive = arrange(self.content, self.config)
        free = [one for one in archive.editions if not one.closed and one.week not in self.letters]
        if free:
            week = self.rng.choice(free).week
            self._letter(week, letter_draft.draft(week, None, ()))

    def publish(self, now: datetime) -> None:
        """`digest letter --publish` for one of the drafts."""
        drafts = [letter for letter in self.letters.values() if letter.draft]
        if drafts:
            letter = self.rng.choice(drafts)
            text = edit.published_letter(letter.body, letter.file, now)
            assert text
            self._letter(letter.week, text)

    def _letter(self, week: Week, text: str) -> None:
        """Stores the letter as in its file, with the whole text as its body."""
        self.letters[week] = parse_letter(text, f"content/{week.folder}/letter.md", ZONE)._replace(
            body=text
        )

    def correct(self, now: datetime) -> None:
        if self.stories:
            file = self.rng.choice(sorted(self.stories))
            self.stories[file] = replace(self.stories[file], updated=now)

    def _spare(self) -> list[str]:
        """Files that are not the last of their week: an edition without a story is none any more."""
        shown = [story for story in self.stories.values() if not story.hide]
        weeks = Counter(story.week for story in shown)
        return sorted(story.file for story in shown if weeks[story.week] > 1)

    def hide(self, _: datetime) -> None:
        if spare := self._spare():
            file = self.rng.choice(spare)
            self.stories[file] = replace(self.stories[file], hide=True)

    def delete(self, _: datetime) -> None:
        if spare := self._spare():
            story = self.stories.pop(self.rng.choice(spare))
            self.gone.append(
                DeletedStory(story.file, story.week, str(story.day), self.came[story.file])
            )


@pytest.mark.parametrize("close", ["next-week", "letter"])
@pytest.mark.parametrize("every", [timedelta(days=1), timedelta(weeks=1)], ids=["daily", "weekly"])
def test_every_edition_is_mailed_exactly_once(every: timedelta, close: str) -> None:
    for seed in range(many(15)):
        rng = random.Random(seed)
        digest, now = Digest(rng, close), BEGIN
        send, last = BEGIN + rng.random() * every, BEGIN
        sent, seen = Counter[str](), set[str]()
        while now < BEGIN + timedelta(weeks=7):
            now += timedelta(minutes=rng.randint(1, 40 * 60))
            while send < now:
                feed = digest.feed()
                sent.update(id for id, published in feed.items() if last < published <= send)
                seen.update(feed)
                last, send = send, send + every
            digest.live(now)
        assert set(sent.values()) <= {1}, (seed, sent)
        assert set(sent) == seen, (seed, seen - set(sent))
