"""What all parts of the plan share: the archive, and those who make cards, views and entries out of it, each once."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Archive, Config, Content, Edition, Page
from digest.pages import addresses, arrange
from digest.pages.addresses import Base
from digest.pages.atom import Entries
from digest.pages.cards import Cards, Link
from digest.pages.markup import Writer
from digest.pages.targets import Targets
from digest.pages.views import EditionView, Head, SiteView, Views


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One build's archive and its makers; `editions` has the view of each week."""

    config: Config
    archive: Archive
    base: Base
    writer: Writer
    cards: Cards
    views: Views
    entries: Entries
    site: SiteView
    editions: tuple[tuple[Edition, EditionView], ...]

    def page(self, template: str, source: str, head: Head, **data: object) -> Page:
        """Returns a page for readers; beside its own data it receives `site` and `head`."""
        path = addresses.output(head.place)
        return Page(path=path, source=source, template=template, data={"site": self.site, "head": head, **data})

    def titled(self, title: str) -> str:
        """Returns a page's title with the digest's after it."""
        return f"{title} · {self.config.site.title}"


def set_up(content: Content, archive: Archive, config: Config, base: Base) -> Setting:
    """Returns the setting of one build."""
    writer = Writer(Targets(content, archive, base))
    cards = Cards(config, archive, writer, content.earlier)
    views = Views(config, cards, writer)
    return Setting(
        config=config,
        archive=archive,
        base=base,
        writer=writer,
        cards=cards,
        views=views,
        entries=Entries(config, cards),
        site=_site(config, archive),
        editions=_editions(archive, views),
    )


def _site(config: Config, archive: Archive) -> SiteView:
    site = config.site
    front = arrange.front(archive)
    return SiteView(
        title=site.title,
        description=site.description,
        language=site.language,
        author=site.editor or site.title,
        menu=(
            *((Link("Latest edition", addresses.week(front.week)),) if front else ()),
            Link("Archive", addresses.ARCHIVE),
            *((Link("Themes", addresses.THEMES),) if config.themes else ()),
            Link("Subscribe", addresses.SUBSCRIBE),
        ),
        more=tuple(Link(page.title, addresses.free_page(page.name)) for page in archive.pages),
        feeds=(Link(site.title, addresses.FEED), Link(f"{site.title}, week by week", addresses.WEEKS_FEED)),
    )


def _editions(archive: Archive, views: Views) -> tuple[tuple[Edition, EditionView], ...]:
    """Returns each edition with its view, newest first, and after them the weeks that every story has left."""
    editions = archive.editions
    newer, older = (None, *editions), (*editions[1:], None)
    shown = [
        (one, views.edition(one, after, before)) for one, after, before in zip(editions, newer, older, strict=False)
    ]
    return (*shown, *((one, views.edition(one, None, None)) for one in archive.vacated))
