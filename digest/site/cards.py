"""A story as a page shows it: every word and link is decided here, and its template only sets them.

A `Card` depends on the story and the theme under which it is listed, not on the page. So its
template is rendered once, and the result is used on every page that shows it under that theme.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from digest import redact, urls
from digest.model import Config, Correction, Feed, Story
from digest.site import addresses, formatting
from digest.site.archive import Archive
from digest.site.charts import colour
from digest.site.markdown import Html, MarkdownRenderer

_MAX_KEPT = 2000  # cards, of many weeks; each has about 1.4 kB


class Chip(NamedTuple):
    """A theme's title, the place of its page, and the number of its colour."""

    title: str
    place: str
    colour: int


class RelatedStory(NamedTuple):
    """A story below another one, with its anchor on its week's page and a link to the article."""

    anchor: str
    link: str
    headline: str
    source: str
    paywall: bool
    draft: bool


class Card(NamedTuple):
    """One story under one theme.

    - `section`: the theme's id, or empty; `kicker` is that theme, `themes` are the story's others
    - `place`: the permalink
    - `original_headline`: the publisher's, if the editor wrote another
    - `earlier_headlines`: those that the publisher had before
    - `excerpt_by`: who wrote `excerpt`: not the `source` if another feed of the story supplied it
    - `also`: the stories below it
    - `saved`: the URL of a saved copy
    """

    file: str
    section: str
    anchor: str
    place: str
    link: str
    headline: str
    original_headline: str
    earlier_headlines: tuple[str, ...]
    source: str
    excerpt_by: str
    paywall: bool
    byline: str
    published: datetime
    note: Html
    excerpt: Html
    corrections: tuple[Correction, ...]
    kicker: Chip | None
    themes: tuple[Chip, ...]
    draft: bool
    also: tuple[RelatedStory, ...] = ()
    saved: str = ""

    @property
    def template(self) -> str:
        """The template: a story with a note is a card, one without is a line of a list."""
        return "story/card.html" if self.note else "story/line.html"


def publisher(story: Story, feeds: Mapping[str, Feed]) -> tuple[str, Feed | None]:
    """Returns the name of a story's publisher, and the first of its feeds that `feeds` has."""
    feed = next((feeds[id] for id in story.feeds if id in feeds), None)
    return story.source or (feed.publisher if feed else "") or urls.host_of(story.link), feed


def excerpt_by(story: Story, writer: str, feeds: Mapping[str, Feed]) -> str:
    """Returns who wrote the excerpt; `writer` is the id of the feed that supplied it, or empty."""
    if story.source or not writer:
        return publisher(story, feeds)[0]
    return feeds[writer].publisher if writer in feeds else urls.host_of(story.link)


class Cards:
    """Makes the cards of one build when a page asks for them, and keeps the last ones."""

    def __init__(self, config: Config, archive: Archive, markdown: MarkdownRenderer) -> None:
        content = archive.content
        self.lasting_names = content.lasting_names
        self._earlier, self._writers = content.earlier_headlines, content.excerpt_writers
        self._feeds = {feed.id: feed for feed in config.feeds}
        # Early versions wrote links in which a server had repeated the secrets of a feed's URL.
        self._secrets = frozenset[str]().union(*(redact.values(feed.url) for feed in config.feeds))
        self.chips: dict[str, Chip] = {}
        for number, theme in enumerate(config.themes, 1):
            self.chips[theme.id] = Chip(theme.title, addresses.theme(theme.id), colour(number))
        self._anchors, self._below = archive.anchors, archive.below
        self._markdown = markdown
        self._first: dict[str, Card] = {}
        self._made: dict[tuple[str, str], Card] = {}

    def card(self, story: Story, section: str) -> Card:
        """Returns the card of a story under a theme's id, or under none ("")."""
        key = story.file, section
        if key in self._made:
            return self._made[key]
        themes = tuple([self.chips[id] for id in story.themes if id != section])
        kicker = self.chips.get(section)
        if story.file in self._first:  # the cards of a story differ only in these
            card = self._first[story.file]._replace(section=section, kicker=kicker, themes=themes)
            self._made[key] = card
            return card
        if len(self._first) == _MAX_KEPT:  # pages of a week are made one after another
            self._first.clear()
            self._made.clear()
        file = story.file
        here = addresses.week(story.week)
        anchor = self._anchors.of(story)
        source, feed = self.source(story)
        markdown = partial(self._markdown.html, file=file, here=here, top=4)
        also = []
        for other in self._below.get(file, ()):
            other_source, its_feed = self.source(other)
            below = RelatedStory(
                anchor=self._anchors.of(other),
                link=self._link(other.link),
                headline=other.shown_headline,
                source=other_source,
                paywall=bool(its_feed and its_feed.paywall),
                draft=other.draft,
            )
            also.append(below)
        card = Card(
            file=file,
            section=section,
            anchor=anchor,
            place=addresses.permalink(story.week, anchor),
            link=self._link(story.link),
            headline=story.shown_headline,
            original_headline=story.title if story.shown_headline != story.title else "",
            earlier_headlines=self._earlier.get(file, ()) if story.earlier else (),
            source=source,
            excerpt_by=excerpt_by(story, self._writers.get(file, ""), self._feeds),
            paywall=bool(feed and feed.paywall),
            byline=formatting.listed(story.authors),
            published=story.published,
            note=markdown(story.note, line=story.line),
            excerpt=markdown(story.excerpt),
            corrections=story.corrections,
            kicker=kicker,
            themes=themes,
            draft=story.draft,
            also=tuple(also),
            saved=self._link(story.saved) if story.saved else "",
        )
        self._first[file] = self._made[key] = card
        return card

    def main(self, story: Story) -> Card:
        """Returns the card of a story under its main theme."""
        return self.card(story, story.themes[0] if story.themes else "")

    def place(self, story: Story) -> str:
        """Returns the place of a story's permalink."""
        return addresses.permalink(story.week, self._anchors.of(story))

    def split(
        self, stories: Iterable[Story], section: str | None = None
    ) -> tuple[tuple[Card, ...], tuple[Card, ...]]:
        """Returns the cards of the stories that have a note, and of those that have none.

        They are under one theme, or without it each under its main one.
        """
        with_note, without = list[Card](), list[Card]()
        for story in stories:
            card = self.main(story) if section is None else self.card(story, section)
            (with_note if card.note else without).append(card)
        return tuple(with_note), tuple(without)

    def source(self, story: Story) -> tuple[str, Feed | None]:
        """Returns the publisher's name, and the first of its feeds that is in digest.toml."""
        return publisher(story, self._feeds)

    def _link(self, address: str) -> str:
        return redact.strip_values(urls.web_link(address) or "", self._secrets)
