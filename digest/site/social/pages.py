"""The social cards of the site, of its weeks and of its themes.

Without the extra `cards`, or if the font has no letters for the site's name, all pages have the
shipped card, which has no words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from digest.model import Config, Copied, Theme
from digest.site import addresses, charts, fingerprint, formatting
from digest.site.archive import Edition
from digest.site.context import SiteContext
from digest.site.page import Page
from digest.site.social import png
from digest.site.social.card import CardPicture, Part, SocialCard, lay_out
from digest.site.social.lettering import drawable_text

TEMPLATE = "card.svg"
_SHIPPED = "static/card.png"
_OTHERS = "Other subjects"
_VERSION_DIGITS = 10  # hexadecimal digits


def can_draw(config: Config) -> bool:
    """True if the cards of a digest can be drawn: the extra is installed, and has all letters."""
    return png.available() and bool(drawable_text(config.site.title))


def shipped_card() -> Copied:
    """Returns the card of a site without own ones."""
    source = fingerprint.shipped_templates() / _SHIPPED
    return Copied(source, f"{fingerprint.FOLDER}/{_SHIPPED}", addresses.SITE_CARD)


def week_picture(context: SiteContext, edition: Edition) -> CardPicture | None:
    """Returns the card of a week; None if there is none, so that the page has the site's."""
    if not context.has_social_cards or not edition.stories:
        return None
    chips = context.cards.chips
    counts = edition.main_theme_counts
    main = [(id, counts[id]) for id in (*chips, "") if id in counts]
    main.sort(key=lambda theme: (not theme[0], -theme[1]))  # among equals, the order of digest.toml
    parts = []
    if any(counts):  # of an edition without any theme there is nothing to say
        for id, number in main:
            title, colour = (chips[id].title, chips[id].colour) if id else (_OTHERS, 0)
            parts.append(Part(title, colour, number))
    count = formatting.stories(len(edition.stories))
    detail = f"{formatting.span(edition.week)} · {count}{'' if edition.closed else ' so far'}"
    label, title = formatting.label(edition.week), drawable_text(edition.title)
    card = SocialCard(
        nameplate=drawable_text(context.config.site.title),
        label=label if title else "",
        title=title or label,
        detail=detail,
        parts=tuple(parts),
    )
    subjects = formatting.listed(f"{part.title} ({part.number})" for part in parts)
    alt = f"{formatting.titled(edition.week, edition.title)}. {detail}"
    alt = f"{alt}: {subjects}" if subjects else alt
    return _picture(context, addresses.week_card(edition.week), alt, card)


def theme_picture(
    context: SiteContext, theme: Theme, number: int, extent: str
) -> CardPicture | None:
    """Returns the card of a theme; None if there is none. `extent` says which stories it has."""
    title = drawable_text(theme.title)
    if not context.has_social_cards or not title:
        return None
    timeline = context.counts.timelines.get(theme.id)
    series = context.counts.series(theme, number)
    card = SocialCard(
        nameplate=drawable_text(context.config.site.title),
        label="",
        title=title,
        detail=extent,
        slots=charts.slots_of(timeline.first, timeline.until) if timeline else (),
        series=(series,) if timeline and series else (),
        colour=charts.colour(number),
    )
    alt = f"{theme.title}. {extent}"
    return _picture(context, addresses.theme_card(theme.id), alt, card)


def card_pages(context: SiteContext, pages: Iterable[Page]) -> Iterator[Page]:
    """Yields the card of the site, and those of the `pages` for readers."""
    if not context.has_social_cards:
        return
    site, counts = context.config.site, context.counts
    card = SocialCard(
        nameplate="",
        label="",
        title=drawable_text(site.title),
        detail=drawable_text(site.description),
        slots=counts.recent,
        series=counts.activity(context.config.themes),
    )
    pictures = {page.head.picture for page in pages if page.head and page.head.picture}
    cards = [(addresses.SITE_CARD, card)]
    cards += sorted((picture.place, picture.card) for picture in pictures if picture.card)
    for place, card in cards:
        source = f"the social card {place}"
        yield context.file(place, TEMPLATE, source, lambda _, card: {"card": lay_out(card)}, card)


def _picture(context: SiteContext, place: str, alt: str, card: SocialCard) -> CardPicture:
    return CardPicture(place, alt, card, context.archive.keys.of(card).hex()[:_VERSION_DIGITS])
