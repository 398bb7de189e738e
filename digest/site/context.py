"""What all pages of one build share: the archive, counts, and makers of cards, entries and HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVarTuple

from digest.model import Config, FreePage, Story, Theme
from digest.site import addresses, formatting
from digest.site.addresses import SiteUrl
from digest.site.ahead import Ahead, ahead_of
from digest.site.archive import Archive
from digest.site.cards import Cards
from digest.site.charts import Sparkline
from digest.site.edition_dates import EditionDates, dates_of
from digest.site.feeds.atom import Entries
from digest.site.keys import BuildMemory
from digest.site.link_targets import Targets
from digest.site.markdown import Html, MarkdownRenderer, text_of
from digest.site.neighbours import Neighbours, find_neighbours
from digest.site.page import LONGEST_DESCRIPTION, Head, Page, PageLink
from digest.site.social.card import CardPicture
from digest.site.timeline import Counts, Timeline, count_stories
from digest.urls import has_own_link
from digest.week import Week

Inputs = TypeVarTuple("Inputs")


class SiteView(NamedTuple):
    """What every page shows of the digest: `menu` in its head, `more` in its foot, the `icon`.

    `direction` is "rtl" if the digest's language is written from right to left, else empty.
    `locale` is that language with a territory, `picture` the social card of pages without one of
    their own.
    """

    title: str
    description: str
    language: str
    locale: str
    direction: str
    author: str
    hub: str
    icon: str
    menu: tuple[PageLink, ...]
    more: tuple[PageLink, ...]
    feeds: tuple[PageLink, ...]
    picture: CardPicture


class ThemeSummary(NamedTuple):
    """A theme: how many stories it has, the latest, and what it was like over time."""

    theme: Theme
    stories: int
    latest: Story | None
    timeline: Timeline | None
    sparkline: Sparkline | None


class SiteContext(NamedTuple):
    """One build's archive and what was made from it.

    - `memory`: what earlier builds of the process have made
    - `dates`: those of the editions in the weekly feed
    - `editors_icon`: the path of the editor's icon, empty if there is none
    - `script_version`: the version of Pagefind's script, None if the site has no search page
    - `has_social_cards`: True if cards are drawn for the site
    """

    config: Config
    archive: Archive
    memory: BuildMemory
    counts: Counts
    base: SiteUrl
    markdown: MarkdownRenderer
    cards: Cards
    entries: Entries
    dates: Mapping[Week, EditionDates]
    themes: tuple[ThemeSummary, ...]
    neighbours: Mapping[str, Neighbours]
    ahead: Ahead
    site: SiteView
    editors_icon: str
    script_version: str | None
    has_social_cards: bool

    def page(
        self,
        template: str,
        source: str,
        head: Head,
        make: Callable[[SiteContext, *Inputs], Mapping[str, object]],
        *inputs: *Inputs,
        depends_on: object = None,
    ) -> Page:
        """Returns a page for readers; its template also receives `site` and `head`."""
        place = head.place
        return self.file(place, template, source, make, *inputs, depends_on=depends_on, head=head)

    def file(
        self,
        place: str,
        template: str,
        source: str,
        make: Callable[[SiteContext, *Inputs], Mapping[str, object]],
        *inputs: *Inputs,
        depends_on: object = None,
        head: Head | None = None,
    ) -> Page:
        """Returns a file of the site; `make` is called with this context and the inputs.

        Its result must depend on nothing but the inputs, the words of the stories among them,
        `depends_on`, and digest.toml: these make the key by which a later build knows that the file
        is up to date. `depends_on` is a value or a hash of what `make` reads from the context.
        """
        return Page(
            path=addresses.path_of(place),
            source=source,
            template=template,
            make=make,
            inputs=inputs,
            depends_on=depends_on,
            head=head,
        )

    @property
    def shared(self) -> Mapping[str, object]:
        """What every template receives."""
        return {"site": self.site}

    def text(self, page: FreePage, here: str) -> Html:
        """Returns the text of a page that the editor wrote; `here` is the place that shows it."""
        return self.markdown.html(page.body, file=page.file, here=here, top=2, line=page.line)

    def description(self, page: FreePage, here: str) -> str:
        """Returns the first words of a page that the editor wrote, as its description."""
        return formatting.shortened(text_of(self.text(page, here)), LONGEST_DESCRIPTION)

    def links_key(self, text: str) -> bytes:
        """Returns a hash of where links lead, for the key of a page that shows this text."""
        return self.archive.links_key if has_own_link(text) else b""

    def page_title(self, title: str) -> str:
        """Returns the title of a page, followed by the title of the digest."""
        return f"{title} · {self.config.site.title}"

    def last_change(self, name: str, stories: Sequence[Story]) -> str:
        """Returns when any of the stories last changed (ISO 8601); empty if there are none.

        `name` says which stories these are.
        """

        def make() -> str:
            changed = self.archive.changed
            last = max([changed[story.file] for story in stories], default=None)
            return last.isoformat() if last else ""

        return self.memory.memo(("last change", name), stories, (), make)


def make_context(
    archive: Archive,
    config: Config,
    *,
    memory: BuildMemory | None = None,
    script_version: str | None = None,
    has_social_cards: bool = False,
) -> SiteContext:
    """Returns the context of one build; the arguments are those of `plan`."""
    memory = memory or BuildMemory()
    base = SiteUrl(config.site.url)
    markdown = MarkdownRenderer(Targets(archive, base))
    cards = Cards(config, archive, markdown)
    counts = count_stories(archive.editions)
    weekly = archive.weekly
    ahead = ahead_of(archive, config, markdown)
    copied = {file.path for file in archive.content.copied}
    editors_icon = next((name for name in addresses.EDITORS_ICONS if name in copied), "")
    summaries = []
    for number, theme_stories in enumerate(archive.by_theme, 1):
        theme, stories = theme_stories.theme, theme_stories.stories
        summary = ThemeSummary(
            theme=theme,
            stories=len(stories),
            latest=stories[0] if stories else None,
            timeline=counts.timelines.get(theme.id),
            sparkline=counts.sparkline(theme, number),
        )
        summaries.append(summary)
    return SiteContext(
        config=config,
        archive=archive,
        memory=memory,
        counts=counts,
        base=base,
        markdown=markdown,
        cards=cards,
        entries=Entries(config, cards),
        dates=dates_of(archive, config, weekly[-1].week) if weekly else {},
        themes=tuple(summaries),
        neighbours=find_neighbours(archive.by_theme, memory),
        ahead=ahead,
        site=_site_view(
            archive,
            config,
            icon=editors_icon or addresses.ICON,
            has_search=script_version is not None,
            has_dates=bool(ahead.all),
            has_social_cards=has_social_cards,
        ),
        editors_icon=editors_icon,
        script_version=script_version,
        has_social_cards=has_social_cards,
    )


def no_data(_: SiteContext) -> Mapping[str, object]:
    """Returns nothing: the data of a page whose template needs only what all receive."""
    return {}


def latest(times: Iterable[str]) -> str:
    """Returns the latest of some times (ISO 8601, in any time zone), empty if there is none."""
    return max(filter(None, times), key=datetime.fromisoformat, default="")


def _site_view(
    archive: Archive,
    config: Config,
    *,
    icon: str,
    has_search: bool,
    has_dates: bool,
    has_social_cards: bool,
) -> SiteView:
    site, shown = config.site, archive.home_edition
    menu = [PageLink("Latest edition", addresses.week(shown.week))] if shown else []
    menu.append(PageLink("Archive", addresses.ARCHIVE))
    if config.themes:
        menu.append(PageLink("Themes", addresses.THEMES))
    if has_search:
        menu.append(PageLink("Search", addresses.SEARCH))
    menu.append(PageLink("Subscribe", addresses.SUBSCRIBE))
    more = [PageLink(page.title, addresses.free_page(page.name)) for page in archive.pages]
    if has_dates:
        more.append(PageLink("Ahead", addresses.AHEAD))
    more.append(PageLink("Corrections", addresses.CORRECTIONS))
    alt = "Bars of stacked colours, taller and lower"
    if has_social_cards:
        alt = f"{site.title}. {site.description}" if site.description else site.title
    return SiteView(
        title=site.title,
        description=site.description,
        language=site.language,
        locale=formatting.locale(site.language),
        direction=formatting.direction(site.language),
        author=site.editor or site.title,
        hub=site.hub,
        icon=icon,
        menu=tuple(menu),
        more=tuple(more),
        feeds=(
            PageLink(site.title, addresses.FEED),
            PageLink(f"{site.title}, week by week", addresses.WEEKS_FEED),
        ),
        picture=CardPicture(addresses.SITE_CARD, alt),
    )
