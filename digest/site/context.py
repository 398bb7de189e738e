"""What all parts of the plan share: the archive, and those who make cards, views and entries out of it, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from digest.model import Config, FreePage, Story, Theme
from digest.site import addresses, arrange, formatting
from digest.site.addresses import Base
from digest.site.archive import Archive
from digest.site.cards import Cards
from digest.site.charts import Sparkline
from digest.site.counts import Counts, counted, numbers
from digest.site.feeds.atom import Entries
from digest.site.link_targets import Targets
from digest.site.markdown import MarkdownRenderer
from digest.site.page import Head, Link, Page
from digest.site.storyline import Timeline
from digest.site.views import SiteView, Views, described
from digest.urls import has_own_link


class ThemeSummary(NamedTuple):
    """A theme, how many stories it has, the latest of them, how it went, and the small bars of its last weeks."""

    theme: Theme
    stories: int
    latest: Story | None
    course: Timeline | None
    spark: Sparkline | None


class SiteContext(NamedTuple):
    """One build's archive, its counts, and its makers."""

    config: Config
    archive: Archive
    counts: Counts
    base: Base
    writer: MarkdownRenderer
    cards: Cards
    views: Views
    entries: Entries
    tallies: tuple[ThemeSummary, ...]
    site: SiteView
    own_icon: str
    searched: bool
    program: str

    def page(
        self,
        template: str,
        source: str,
        head: Head,
        make: Callable[..., Mapping[str, object]],
        *inputs: object,
    ) -> Page:
        """Returns a page for readers; beside what is made of its inputs it receives `site` and `head`."""
        return self.file(head.place, template, source, make, *inputs, head=head)

    def file(
        self,
        place: str,
        template: str,
        source: str,
        make: Callable[..., Mapping[str, object]],
        *inputs: object,
        head: Head | None = None,
        last: bool = False,
    ) -> Page:
        """Returns any file of the site. `make` is called with this setting and the inputs.

        What it returns must follow from the inputs, digest.toml, and the words of the stories among the inputs alone:
        by these a later build tells whether the file would come out as it was.
        """
        path = addresses.output(place)
        return Page(
            path=path,
            source=source,
            template=template,
            make=make,
            inputs=inputs,
            head=head,
            last=last,
        )

    @property
    def shared(self) -> Mapping[str, object]:
        """What every page receives."""
        return {"site": self.site}

    def described(self, page: FreePage, here: str) -> str:
        """Returns the first words of what an editor wrote for a page of its own, which stands `here`."""
        return described(self.views.text(page, here))

    def linking(self, text: str) -> bytes:
        """Returns a mark of where the links in a text lead."""
        return self.archive.places if has_own_link(text) else b""

    def titled(self, title: str) -> str:
        """Returns a page's title with the digest's after it."""
        return f"{title} · {self.config.site.title}"


def set_up(
    archive: Archive,
    config: Config,
    base: Base,
    *,
    searched: bool,
    program: str = "",
) -> SiteContext:
    """Returns the setting of one build, whose site has a search page where it is searched."""
    writer = MarkdownRenderer(Targets(archive, base))
    cards = Cards(config, archive.content, archive.anchors, writer)
    views = Views(config, cards, writer)
    counts = counted([numbers(edition) for edition in archive.editions])
    copied = {one.path for one in archive.content.copied}
    own_icon = next((name for name in addresses.OWN_ICONS if name in copied), "")
    return SiteContext(
        config=config,
        archive=archive,
        counts=counts,
        base=base,
        writer=writer,
        cards=cards,
        views=views,
        entries=Entries(config, cards, views),
        tallies=tuple(_tallies(archive, counts)),
        site=_site(config, archive, own_icon or addresses.ICON, searched),
        own_icon=own_icon,
        searched=searched,
        program=program,
    )


def _tallies(archive: Archive, counts: Counts) -> Iterator[ThemeSummary]:
    """Yields every theme with what a list of themes says of it."""
    for number, line in enumerate(archive.storylines, 1):
        yield ThemeSummary(
            theme=line.theme,
            stories=len(line.stories),
            latest=line.stories[0] if line.stories else None,
            course=counts.course(line.theme.id),
            spark=counts.spark(line.theme, number),
        )


def extent(stories: Sequence[Story]) -> str:
    """Returns how many stories there are and from which days, in words."""
    if not stories:
        return "No stories yet"
    first, last = (formatting.day(story.published) for story in (stories[-1], stories[0]))
    return f"{formatting.stories(len(stories))}, {first if first == last else f'{first} to {last}'}"


def _site(config: Config, archive: Archive, icon: str, searched: bool) -> SiteView:
    site = config.site
    front = arrange.front(archive)
    return SiteView(
        title=site.title,
        description=site.description,
        language=site.language,
        direction=formatting.direction(site.language),
        author=site.editor or site.title,
        icon=icon,
        menu=(
            *((Link("Latest edition", addresses.week(front.week)),) if front else ()),
            Link("Archive", addresses.ARCHIVE),
            *((Link("Themes", addresses.THEMES),) if config.themes else ()),
            *((Link("Search", addresses.SEARCH),) if searched else ()),
            Link("Subscribe", addresses.SUBSCRIBE),
        ),
        more=tuple(Link(page.title, addresses.free_page(page.name)) for page in archive.pages),
        feeds=(
            Link(site.title, addresses.FEED),
            Link(f"{site.title}, week by week", addresses.WEEKS_FEED),
        ),
    )
