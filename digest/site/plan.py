"""The plan of the site: every output path with its template and inputs, and every file to copy.

    Archive ──▶ pages for readers, feeds, pages for programs, copied files ──▶ Plan

Nothing is rendered, read or written here. Two sources for one path, and two stories with one id are
found here; broken links are found when the pages that have them are made. `Plan.raise_problems`
raises all of these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from digest.cache import key_of
from digest.errors import Faults, Problem
from digest.model import Config, Content, Copied, FreePage, Story
from digest.names import lasting_name
from digest.site import addresses, attachments, path_clashes
from digest.site.addresses import SiteUrl
from digest.site.archive import Archive
from digest.site.context import SiteContext, make_context
from digest.site.feeds import atom
from digest.site.feeds.pages import feed_pages
from digest.site.keys import BuildMemory
from digest.site.page import Page
from digest.site.pages.ahead import ahead_calendar, ahead_pages
from digest.site.pages.archive import archive_page
from digest.site.pages.corrections import all_corrected, corrections_feed, corrections_page
from digest.site.pages.fixed import fixed_pages, site_files
from digest.site.pages.home import home_page
from digest.site.pages.machine_readable import machine_readable_pages
from digest.site.pages.themes import theme_pages
from digest.site.pages.week import week_pages
from digest.site.social.pages import card_pages, shipped_card

_SEARCH = {
    addresses.path_of(addresses.SEARCH): "the search page",
    addresses.SEARCH_SCRIPT: f"the digest's {addresses.SEARCH_SCRIPT}",
}
"""The paths of the search page; they are reserved even if the extra `search` is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every file of the site: pages to render, and files to copy."""

    pages: tuple[Page, ...]
    copied: tuple[Copied, ...]
    problems: tuple[Problem, ...]
    context: SiteContext

    @property
    def base(self) -> SiteUrl:
        """The URL of the site."""
        return self.context.base

    def data(self, page: Page) -> dict[str, object]:
        """Returns what the template of a page receives."""
        head = {"head": page.head} if page.head else {}
        return {**self.context.shared, **head, **page.make(self.context, *page.inputs)}

    def keys(self, settings_key: bytes) -> dict[str, bytes]:
        """Returns the key of each page, by path.

        `settings_key` is a hash of everything except the content that pages are made from.
        """
        keys, memory = self.context.archive.keys, self.context.memory
        shared = keys.of(settings_key, self.context.site)
        by_path = {}
        for page in self.pages:  # pages of weeks that have not changed are the same objects
            make = partial(page.key, shared, keys)
            by_path[page.path] = memory.memo(("key", page.path), (page,), shared, make)
        return by_path

    def edition_keys(self, settings_key: bytes) -> dict[str, bytes]:
        """Returns the key of each edition in the weekly feed, by its Atom id."""
        site, weekly = self.context.config.site, self.context.archive.weekly
        return {
            atom.edition_id(site, edition.week): key_of(settings_key, edition.key)
            for edition in weekly
        }

    def all_problems(self) -> list[Problem]:
        """Returns all problems of the plan, and of the pages whose data was made."""
        problems = dict.fromkeys((*self.problems, *self.context.markdown.problems))
        return sorted(problems, key=lambda problem: (problem.file, problem.line))

    def raise_problems(self) -> None:
        """Raises Faults with all problems, if there are any."""
        if problems := [problem for problem in self.all_problems() if not problem.is_hint]:
            raise Faults(problems)


def plan(
    archive: Archive,
    config: Config,
    *,
    memory: BuildMemory | None = None,
    script_version: str | None = None,
    has_social_cards: bool = False,
) -> Plan:
    """Returns the plan of the site at `config.site.url`.

    `memory` is that of the builder, with what its earlier builds made.
    `script_version` is the version of Pagefind's script, None if the site has no search page. With
    `has_social_cards`, cards are drawn for it.
    """
    context = make_context(
        archive,
        config,
        memory=memory,
        script_version=script_version,
        has_social_cards=has_social_cards,
    )
    weeks, corrected = list(week_pages(context)), all_corrected(context)
    for_readers = _with_distinct_titles(
        [
            home_page(context),
            archive_page(context, weeks),
            *weeks,
            *fixed_pages(context),
            *ahead_pages(context),
            corrections_page(context, corrected),
            *theme_pages(context),
        ]
    )
    pages = (
        *for_readers,
        *feed_pages(context),
        corrections_feed(context, corrected),
        *ahead_calendar(context),
        *machine_readable_pages(context),
        *site_files(context, for_readers),
        *card_pages(context, for_readers),
    )
    attached = attachments.published_files(archive, context.markdown)
    return Plan(
        pages=pages,
        copied=attached if has_social_cards else (*attached, shipped_card()),
        problems=(*_duplicate_stories(archive.content), *_clashes(context, pages, attached)),
        context=context,
    )


def reserved_names(pages: Iterable[FreePage]) -> list[Problem]:
    """Returns a problem for each page of the editor's that has a reserved name."""
    problems = []
    for page in pages:
        if page.name in addresses.RESERVED:
            what = f"the name '{page.name}' is reserved for a page of the site itself"
            problems.append(Problem(page.file, 0, what, "rename it"))
    return problems


def _duplicate_stories(content: Content) -> list[Problem]:
    """Returns a problem for each story with the Atom id of another: readers would see only one."""
    stories, names = content.stories, content.lasting_names
    if not names and len({story.id or story.link for story in stories}) == len(stories):
        return []  # then their lasting names differ, too
    first: dict[str, Story] = {}
    problems = []
    for story in stories:
        other = first.setdefault(lasting_name(story, names), story)
        if other.file != story.file:
            is_same_link = story.link == other.link
            may_be_copy = bool(story.id or other.id) and not is_same_link  # for another story
            same = "link" if is_same_link else "Atom id"
            if story.id and story.id == other.id:
                same = "id"
            what = f"is the same story as {other.file}: both have the same {same}"
            cure = "delete one of them"
            if may_be_copy:
                cure = "delete one, or remove 'id' from the newer one"
            if story.hide != other.hide:  # if the hidden one goes, the other is published
                cure = "delete the one that is not hidden"
                if may_be_copy:
                    cure += ", or remove 'id' from it if it is another story"
            problems.append(Problem(story.file, 0, what, cure))
    return problems


def _clashes(
    context: SiteContext, pages: Iterable[Page], attached: Iterable[Copied]
) -> list[Problem]:
    """Returns a problem for each path that has two sources, or cannot be published."""
    taken = set(addresses.PLACES.values())  # a clash with a page that is there has its own message
    if not context.ahead.all:
        taken.remove(addresses.AHEAD)
    free = [page for page in context.archive.pages if addresses.free_page(page.name) not in taken]
    reserved = reserved_names(free)
    refused = {problem.file for problem in reserved}
    claims = []
    for page in pages:
        if page.source not in refused and not page.path.startswith(addresses.CARDS):
            claims.append((page.path, page.source))
    if context.script_version is None:
        claims += _SEARCH.items()
    files = [(file.path, file.file) for file in attached]
    return [
        *path_clashes.problems([*claims, *files]),
        *path_clashes.below(addresses.SEARCH_INDEX, "the index of the search", files),
        *path_clashes.below(addresses.CARDS, "the folder of social cards", files),
        *reserved,
    ]


def _with_distinct_titles(pages: Iterable[Page]) -> list[Page]:
    """Returns the pages; a title or description that an earlier page has gets the address added."""
    seen: set[str] = set()

    def distinct(words: str, place: str) -> str:
        shown = f"{words} (/{place})" if words in seen else words
        seen.add(shown)
        return shown

    distinct_pages = []
    for page in pages:
        if head := page.head:
            title = distinct(head.title, head.place)
            description = distinct(head.description, head.place)
            if (title, description) != (head.title, head.description):
                page = replace(page, head=head._replace(title=title, description=description))
        distinct_pages.append(page)
    return distinct_pages
