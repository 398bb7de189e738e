"""What was corrected: every correction of the editor's, and every headline that a publisher changed.

Both are on one page, newest first, and in a feed. When a publisher changed a headline is not in the
story, so it counts as changed when the story last was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from operator import attrgetter
from typing import NamedTuple

from digest.model import Story
from digest.names import lasting_name
from digest.site import addresses, formatting
from digest.site.context import SiteContext
from digest.site.feeds import atom
from digest.site.page import Head, Link, Page

_IN_FEED = 50


class Corrected(NamedTuple):
    """One correction of a story; `before` is a headline that its publisher changed, or empty."""

    id: str
    updated: datetime
    headline: str
    place: str
    text: str
    before: str


def corrections_pages(context: SiteContext) -> Iterator[Page]:
    """Yields the page of corrections; its feed is one of `corrections_feed`."""
    corrected = _all(context)
    count = formatting.count(len(corrected), "correction") if corrected else "No corrections"
    head = Head(
        title=context.titled("Corrections"),
        description=f"{count} in {context.config.site.title}, the newest first.",
        place=addresses.CORRECTIONS,
        feeds=(Link(f"{context.config.site.title}: corrections", addresses.CORRECTIONS_FEED),),
        updated=corrected[0].updated.isoformat() if corrected else "",
    )
    yield context.page("corrections.html", "the page of corrections", head, _data, corrected)


def corrections_feed(context: SiteContext) -> Page:
    """Returns the feed of corrections."""
    newest = _all(context)[:_IN_FEED]
    source = "the feed of corrections"
    return context.file(addresses.CORRECTIONS_FEED, "feeds/corrections.xml", source, _feed, newest)


def _all(context: SiteContext) -> tuple[Corrected, ...]:
    found: list[Corrected] = []
    for story in context.archive.all:
        if story.corrections or (story.earlier and story.file in context.archive.content.earlier):
            found += _of_story(context, story)
    return tuple(sorted(found, key=attrgetter("updated", "id"), reverse=True))


def _of_story(context: SiteContext, story: Story) -> Iterator[Corrected]:
    content, site, cards = context.archive.content, context.config.site, context.cards
    name, zone = lasting_name(story, content.names), context.entries.zone
    shown = story.shown_headline, cards.place(story)
    for correction in story.corrections:
        id = atom.feed_id(site, "correction", name, str(correction.day), correction.text)
        day = datetime.combine(correction.day, time(), zone)
        yield Corrected(id, day, *shown, correction.text, "")
    for title in content.earlier.get(story.file, ()) if story.earlier else ():
        id = atom.feed_id(site, "headline", name, title)
        yield Corrected(id, context.archive.changed[story.file], *shown, story.title, title)


def _data(_: SiteContext, corrected: tuple[Corrected, ...]) -> Mapping[str, object]:
    return {"corrected": corrected}


def _feed(context: SiteContext, corrected: tuple[Corrected, ...]) -> Mapping[str, object]:
    site = context.config.site
    return {
        "feed": atom.AtomFeed(
            id=atom.feed_id(site, "corrections"),
            title=f"{site.title}: corrections",
            subtitle="What was corrected, and the headlines that publishers changed.",
            place=addresses.CORRECTIONS_FEED,
            page=addresses.CORRECTIONS,
            updated=max((one.updated for one in corrected), default=atom.NEVER),
            entries=corrected,
        )
    }
