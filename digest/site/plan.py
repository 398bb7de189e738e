"""The plan of the site: every output path, its template, and what makes that which this receives.

    catalogue, archive ──▶ pages for readers, feeds, pages for programs, files copied ──▶ Plan

Refuses to render, to read or to write, and to make a page before it is wanted. What is wrong with what editors wrote
is found on the way (two claims to one address, two stories with one id: here; links that lead nowhere: as the pages
that have them are made), and `Plan.refuse` raises all of it together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from digest.errors import Faults, Problem
from digest.model import Config, Copied, FreePage
from digest.site import addresses, attachments, path_clashes
from digest.site.addresses import Base
from digest.site.archive import Archive
from digest.site.context import SiteContext, set_up
from digest.site.feeds import atom
from digest.site.feeds.pages import feed_pages, program_pages
from digest.site.markdown import MarkdownRenderer
from digest.site.page import Head, Page
from digest.site.pages.main import site_pages
from digest.site.pages.themes import theme_pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every file of the site: pages to render, and files to copy."""

    pages: tuple[Page, ...]
    copied: tuple[Copied, ...]
    problems: tuple[Problem, ...]
    context: SiteContext

    @property
    def base(self) -> Base:
        """Where the site stands."""
        return self.context.base

    @property
    def writer(self) -> MarkdownRenderer:
        """Whoever makes HTML of what editors wrote, and knows what is wrong in what it made."""
        return self.context.writer

    def data(self, page: Page) -> dict[str, object]:
        """Returns what the template of a page receives."""
        return page.data(self.context)

    def keys(self, site: bytes) -> dict[str, bytes]:
        """Returns the key of each page, by path; `site` is a hash of all that pages are made of, content apart."""
        keys = self.context.archive.keys
        shared = keys.of(site, self.context.site)
        return {page.path: page.key(shared, keys) for page in self.pages}

    def found(self) -> list[Problem]:
        """Returns all that is in the site's way, as far as its pages have been made."""
        problems = dict.fromkeys((*self.problems, *self.writer.problems))
        return sorted(problems, key=lambda problem: (problem.file, problem.line))

    def refuse(self) -> None:
        """Raises Faults where anything is in the site's way."""
        if found := [problem for problem in self.found() if not problem.hint]:
            raise Faults(found)


def plan(archive: Archive, config: Config, *, searched: bool = False, program: str = "") -> Plan:
    """Returns the plan of the site that stands at `config.site.url`, with a search page where it is `searched`, by a
    `program` of this version.
    """
    context = set_up(archive, config, Base(config.site.url), searched=searched, program=program)
    for_readers = _distinct([*site_pages(context), *theme_pages(context)])
    pages = (*for_readers, *feed_pages(context), *program_pages(context, for_readers))
    copied = attachments.published(archive, context.writer)
    return Plan(
        pages=pages,
        copied=copied,
        problems=(
            *atom.duplicate_ids(archive.content),
            *_claims(pages, copied, searched=searched),
            *reserved(page for page in archive.pages if not _is_claimed(page)),
        ),
        context=context,
    )


def reserved(pages: Iterable[FreePage]) -> list[Problem]:
    """Returns a problem for each page of the editor's that has a reserved name."""
    return [
        Problem(
            page.file,
            0,
            f"the name '{page.name}' is reserved for a page of the site itself",
            "rename it",
        )
        for page in pages
        if page.name in addresses.RESERVED
    ]


_SEARCH = {
    addresses.output(addresses.SEARCH): "the search page",
    addresses.SEARCH_SCRIPT: f"the digest's {addresses.SEARCH_SCRIPT}",
}
"""What the search page claims on every machine, also where the extra is not installed."""


def _is_claimed(page: FreePage) -> bool:
    """Tells whether a page that every site has claims the address of the editor's, which is told as such."""
    return addresses.free_page(page.name) in addresses.PLACES.values()


def _claims(pages: Iterable[Page], copied: Iterable[Copied], *, searched: bool) -> list[Problem]:
    files = [(one.path, one.file) for one in copied]
    kept = {} if searched else _SEARCH
    index = path_clashes.below(addresses.SEARCH_INDEX, "the index of the search", files)
    return [
        *path_clashes.problems(
            [*((page.path, page.source) for page in pages), *kept.items(), *files]
        ),
        *index,
    ]


def _distinct(pages: Iterable[Page]) -> list[Page]:
    """Returns the pages with no two titles and no two descriptions alike: where they are, their address follows."""
    seen: set[str] = set()
    found = []
    for page in pages:
        head = page.head
        if head:
            title, description = (
                _unlike(head.title, head, seen),
                _unlike(head.description, head, seen),
            )
            if (title, description) != (head.title, head.description):
                page = replace(page, head=head._replace(title=title, description=description))
        found.append(page)
    return found


def _unlike(words: str, head: Head, seen: set[str]) -> str:
    own = f"{words} (/{head.place})" if words in seen else words
    seen.add(own)
    return own
