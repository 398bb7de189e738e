"""One edition as a mail: subject, date, HTML and text.

Edition ──view──▶ HTML of all stories ──▶ text part
                      └─▶ as much of it as Gmail shows ──styles──▶ body ──▶ page
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from digest.errors import DigestError, Faults
from digest.site import formatting
from digest.site.archive import Edition
from digest.site.context import SiteContext
from digest.site.edition_dates import EditionDates
from digest.site.feeds import atom
from digest.site.mail.styles import styled
from digest.site.mail.text import text_part
from digest.site.markdown import Html
from digest.site.pages.week import EditionView, edition_view
from digest.site.render import Renderer
from digest.week import Week

MAX_BYTES = 100_000
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
    title, total = formatting.titled(edition.week, edition.title), len(view.all)

    def render(template: str, values: Mapping[str, object]) -> Html:
        return Html(renderer.text(template, {**context.shared, "title": title, **values}))

    def body(full: int, listed: int) -> Html:
        more = formatting.count(total - listed, "more story", "more stories")
        values = {
            "edition": _portion(view, full, listed),
            "left": more if listed < total else "",
            "unsubscribe": context.config.mail.unsubscribe,
        }
        return render("mail/edition.html", values)

    def page(full: int, listed: int) -> str:
        column = styled(body(full, listed), context.site.direction)
        return render("mail/message.html", {"body": column})

    if len(page(0, total).encode()) <= MAX_BYTES:
        full, listed = _most(total, lambda number: len(page(number, total).encode())), total
    elif len(page(0, 0).encode()) <= MAX_BYTES:
        full, listed = 0, _most(total, lambda number: len(page(0, number).encode()))
    else:
        file = edition.letter.file if edition.letter else edition.week
        what = "the letter is too long for a mail"
        raise DigestError(f"{file}: {what}: Gmail shows {MAX_BYTES:,} bytes of HTML; shorten it")
    if problems := [problem for problem in context.markdown.problems if not problem.is_hint]:
        raise Faults(dict.fromkeys(problems))
    return EditionMail(
        week=edition.week,
        id=atom.edition_id(site, edition.week),
        url=context.base.absolute(view.place),
        subject=title,
        date=datetime.fromtimestamp(int(dates.published), site.zone),
        text=text_part(body(total, total)),
        body=styled(body(full, listed), context.site.direction),
        page=page(full, listed),
    )


def _most(total: int, size: Callable[[int], int]) -> int:
    """Returns the largest number up to `total` with a `size` that fits, as that of 0 always does."""
    return bisect_right(range(total + 1), MAX_BYTES, key=size) - 1


def _portion(view: EditionView, full: int, listed: int) -> EditionView:
    """Returns an edition with its first `listed` stories, the first `full` ones with their words."""
    shown = {}
    for number, card in enumerate(view.all[:listed]):
        if number >= full:
            nothing = Html("")
            card = card._replace(
                original_headline="", note=nothing, excerpt=nothing, corrections=(), also=()
            )
        shown[card.file] = card
    groups = []
    for group in view.groups:
        cards = tuple([shown[card.file] for card in group.cards if card.file in shown])
        lines = tuple([shown[card.file] for card in group.lines if card.file in shown])
        if cards or lines:
            groups.append(group._replace(cards=cards, lines=lines))
    lead = shown.get(view.lead.file) if view.lead else None
    return replace(view, lead=lead, groups=tuple(groups))
