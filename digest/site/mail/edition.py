"""One edition as a mail: subject, date, HTML and text.

Edition ──view──▶ HTML of all stories ──▶ text part
                      └─▶ as much of it as Gmail shows ──styles──▶ body ──▶ page
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest.errors import DigestError, Faults
from digest.site import formatting
from digest.site.archive import Edition
from digest.site.cards import Card
from digest.site.context import SiteContext
from digest.site.edition_dates import EditionDates
from digest.site.feeds import atom
from digest.site.mail.plain import text_part
from digest.site.mail.styles import styled
from digest.site.markdown import Html
from digest.site.pages.week import EditionView, edition_view
from digest.site.render import Renderer
from digest.week import Week

LARGEST = 100_000
"""Bytes of the HTML; Gmail cuts off what is beyond 102 KB."""


class EditionMail(NamedTuple):
    """An edition as a mail: `id` is its Atom id, `date` when the edition was published.

    `url` is that of its page on the site. `body` is the HTML for a service that puts its own page
    around it, `page` the whole HTML.
    """

    week: Week
    id: str
    url: str
    subject: str
    date: datetime
    text: str
    body: str
    page: str


def edition_mail(
    context: SiteContext, renderer: Renderer, edition: Edition, dates: EditionDates
) -> EditionMail:
    """Returns an edition as a mail; stories that do not fit are headlines only, or left out.

    Raises Faults for broken links and errors in templates, DigestError for a letter that does not
    fit.
    """
    view, site = edition_view(context, edition), context.config.site
    title, total = formatting.titled(edition.week, edition.title), len(_cards(view))
    write = partial(_write, renderer, context, title)

    def body(whole: int, listed: int) -> Html:
        left = formatting.count(total - listed, "more story", "more stories")
        shown = _portion(view, whole, listed)
        unsubscribe = context.config.mail.unsubscribe
        values = {
            "edition": shown,
            "left": left if listed < total else "",
            "unsubscribe": unsubscribe,
        }
        return write("mail/edition.html", values)

    def page(whole: int, listed: int) -> str:
        column = styled(body(whole, listed), context.site.direction)
        return write("mail/message.html", {"body": column})

    whole = _most(total, lambda number: len(page(number, total).encode()))
    listed = total if whole >= 0 else _most(total, lambda number: len(page(0, number).encode()))
    if listed < 0:
        what = (
            f"the letter is too long for a mail: Gmail shows {LARGEST:,} bytes of HTML; shorten it"
        )
        raise DigestError(f"{edition.letter.file if edition.letter else edition.week}: {what}")
    whole = max(whole, 0)
    if problems := [problem for problem in context.markdown.problems if not problem.hint]:
        raise Faults(dict.fromkeys(problems))
    return EditionMail(
        week=edition.week,
        id=atom.feed_id(site, "week", str(edition.week)),
        url=context.base.absolute(view.place),
        subject=title,
        date=datetime.fromtimestamp(int(dates.published), ZoneInfo(site.timezone)),
        text=text_part(body(total, total)),
        body=styled(body(whole, listed), context.site.direction),
        page=page(whole, listed),
    )


def _write(
    renderer: Renderer,
    context: SiteContext,
    title: str,
    template: str,
    values: Mapping[str, object],
) -> Html:
    return Html(renderer.text(template, {**context.shared, "title": title, **values}))


def _most(total: int, size: Callable[[int], int]) -> int:
    """Returns the largest number up to `total` whose size is not too large; -1 if none is."""
    return bisect_right(range(total + 1), LARGEST, key=size) - 1


def _cards(view: EditionView) -> list[Card]:
    """Returns the stories of an edition in the order in which they are shown."""
    lead = [view.lead] if view.lead else []
    return [*lead, *(card for group in view.groups for card in group.all)]


def _portion(view: EditionView, whole: int, listed: int) -> EditionView:
    """Returns an edition with its first `listed` stories, of which the first `whole` have their
    words."""
    nothing = Html("")
    kept = {
        card.file: card
        if number < whole
        else card._replace(original="", note=nothing, excerpt=nothing, corrections=(), also=())
        for number, card in enumerate(_cards(view)[:listed])
    }
    groups = tuple(
        group._replace(
            cards=tuple(kept[card.file] for card in group.cards if card.file in kept),
            lines=tuple(kept[card.file] for card in group.lines if card.file in kept),
        )
        for group in view.groups
    )
    return view._replace(
        lead=kept.get(view.lead.file) if view.lead else None,
        groups=tuple(group for group in groups if group.all),
    )
