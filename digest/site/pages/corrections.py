"""What was corrected: every correction of the editor's, and every headline that a publisher
changed.

Both are on one page, newest first, and in a feed. When a publisher changed a headline is not in the
story, so it counts as changed when the story last was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from operator import attrgetter
from typing import NamedTuple

from digest.names import lasting_name
from digest.site import addresses, formatting
from digest.site.context import SiteContext
from digest.site.feeds import atom
from digest.site.page import Head, Page, PageLink

_MAX_IN_FEED = 50


class Corrected(NamedTuple):
    """One correction of a story; `before` is a headline that its publisher changed, or empty."""

    id: str
    updated: datetime
    headline: str
    place: str
    text: str
    before: str


def corrections_page(context: SiteContext, corrected: tuple[Corrected, ...]) -> Page:
    """Returns the page of everything that was corrected; see `all_corrected`."""
    title = context.config.site.title
    count = formatting.count(len(corrected), "correction") if corrected else "No corrections"
    head = Head(
        title=context.page_title("Corrections"),
        description=f"{count} in {title}, the newest first.",
        place=addresses.CORRECTIONS,
        feeds=(PageLink(f"{title}: corrections", addresses.CORRECTIONS_FEED),),
        updated=corrected[0].updated.isoformat() if corrected else "",
    )
    return context.page(
        "corrections.html",
        "the page of corrections",
        head,
        lambda _, corrected: {"corrected": corrected},
        corrected,
    )


def corrections_feed(context: SiteContext, corrected: tuple[Corrected, ...]) -> Page:
    """Returns the feed of the newest of everything that was corrected."""
    place, template = addresses.CORRECTIONS_FEED, "feeds/corrections.xml"
    newest = corrected[:_MAX_IN_FEED]
    return context.file(place, template, "the feed of corrections", _feed_data, newest)


def _feed_data(context: SiteContext, corrected: tuple[Corrected, ...]) -> Mapping[str, object]:
    site = context.config.site
    return {
        "feed": atom.AtomFeed(
            id=atom.derived_id(site, "corrections"),
            title=f"{site.title}: corrections",
            subtitle="What was corrected, and the headlines that publishers changed.",
            place=addresses.CORRECTIONS_FEED,
            page=addresses.CORRECTIONS,
            entries=corrected,
        )
    }


def all_corrected(context: SiteContext) -> tuple[Corrected, ...]:
    """Returns everything that was corrected, the newest first."""
    content = context.archive.content
    site = context.config.site
    zone = context.entries.zone
    corrected = []
    for story in context.archive.all_stories:
        earlier = content.earlier_headlines.get(story.file, ()) if story.earlier else ()
        if not story.corrections and not earlier:
            continue
        name = lasting_name(story, content.lasting_names)
        headline, place = story.shown_headline, context.cards.place(story)
        for correction in story.corrections:
            id = atom.derived_id(site, "correction", name, str(correction.day), correction.text)
            day = datetime.combine(correction.day, time(), zone)
            corrected.append(Corrected(id, day, headline, place, correction.text, ""))
        for title in earlier:
            id = atom.derived_id(site, "headline", name, title)
            changed = context.archive.changed
            corrected.append(
                Corrected(id, changed[story.file], headline, place, story.title, title)
            )
    return tuple(sorted(corrected, key=attrgetter("updated", "id"), reverse=True))
