"""The plan of the site: every output path, its template, and what makes that which this receives.

    catalogue, archive ──▶ pages for readers, feeds, pages for programs, files copied ──▶ Plan

Refuses to render, to read or to write, and to make a page before it is wanted. What is wrong with what editors wrote
is found on the way (two claims to one address, two stories with one id: here; links that lead nowhere: as the pages
that have them are made), and `Plan.refuse` raises all of it together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from digest.errors import Faults, Problem
from digest.model import Catalogue, Config, Copied, FreePage
from digest.pages import addresses, atom, beside, claims
from digest.pages.addresses import Base
from digest.pages.archive import Archive
from digest.pages.lasting import Lasting
from digest.pages.marks import mark
from digest.pages.markup import Writer
from digest.pages.page import Head, Page
from digest.pages.plan_feeds import feed_pages, program_pages
from digest.pages.plan_site import site_pages
from digest.pages.plan_themes import theme_pages
from digest.pages.setting import Setting, set_up
from digest.pages.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every file of the site: pages to render, and files to copy; `shared` is a hash of what all pages show."""

    pages: tuple[Page, ...]
    shared: bytes
    texts: Texts
    copied: tuple[Copied, ...]
    problems: tuple[Problem, ...]
    setting: Setting

    @property
    def base(self) -> Base:
        """Where the site stands."""
        return self.setting.base

    @property
    def writer(self) -> Writer:
        """Whoever makes HTML of what editors wrote, and knows what is wrong in what it made."""
        return self.setting.writer

    def data(self, page: Page) -> dict[str, object]:
        """Returns what the template of a page receives."""
        return page.data(self.setting)

    @property
    def paths(self) -> list[str]:
        """The path of every file."""
        return [*(page.path for page in self.pages), *(one.path for one in self.copied)]

    def found(self) -> list[Problem]:
        """Returns all that is in the site's way, as far as its pages have been made."""
        problems = dict.fromkeys((*self.problems, *self.writer.problems))
        return sorted(problems, key=lambda problem: (problem.file, problem.line))

    def refuse(self) -> None:
        """Raises Faults where anything is in the site's way."""
        if found := [problem for problem in self.found() if not problem.hint]:
            raise Faults(found)


def plan(
    catalogue: Catalogue,
    archive: Archive,
    config: Config,
    texts: Texts | None = None,
    before: Lasting | None = None,
    *,
    searched: bool = False,
    program: str = "",
    once: bool = False,
) -> Plan:
    """Returns the plan of the site that stands at `config.site.url`, with a search page where it is `searched`, by a
    `program` of this version.

    `texts` are those that an earlier build has left, `before` what the last plan of the same digest.toml has; after
    one that is made `once`, there comes none.
    """
    texts = texts or Texts()
    lasting = Lasting(before, once=once)
    base = lasting.same("base", Base(config.site.url))
    setting = set_up(catalogue, archive, config, base, texts, lasting, searched=searched, program=program)
    for_readers = _distinct(setting, [*site_pages(setting), *theme_pages(setting)])
    pages = (*for_readers, *feed_pages(setting), *program_pages(setting, for_readers))
    copied = lasting.same("copied", beside.published(catalogue, archive, setting.writer, texts))
    return Plan(
        pages=pages,
        shared=mark(setting.site),
        texts=texts,
        copied=copied,
        problems=(
            *(atom.twins(catalogue) if archive.twinned else ()),
            *_claims(setting, pages, copied),
            *reserved(page for page in archive.pages if not _is_claimed(page)),
        ),
        setting=setting,
    )


def reserved(pages: Iterable[FreePage]) -> list[Problem]:
    """Returns a problem for each page of the editor's that has a reserved name."""
    return [
        Problem(page.file, 0, f"the name '{page.name}' is reserved for a page of the site itself", "rename it")
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


def _claims(setting: Setting, pages: Sequence[Page], copied: tuple[Copied, ...]) -> list[Problem]:
    lasting = setting.lasting
    kept = {} if setting.searched else _SEARCH
    paths = lasting.same("paths", (*[page.path for page in pages], *kept))
    sources = lasting.same("sources", (*[page.source for page in pages], *kept.values()))
    return lasting.made(_claimed, paths, sources, copied)


def _claimed(paths: Sequence[str], sources: Sequence[str], copied: Iterable[Copied]) -> list[Problem]:
    files = [(one.path, one.file) for one in copied]
    index = claims.below(addresses.SEARCH_INDEX, "the index of the search", files)
    return [*claims.problems([*zip(paths, sources, strict=True), *files]), *index]


def _distinct(setting: Setting, pages: Sequence[Page]) -> list[Page]:
    """Returns the pages with no two titles and no two descriptions alike: where they are, their address follows."""
    heads = setting.lasting.same("heads", tuple([page.head for page in pages if page.head]))
    told = setting.again(_told_apart, heads)
    return list(pages) if told is heads else [setting.again(_headed, *one) for one in zip(pages, told, strict=True)]


def _told_apart(_: Setting, heads: tuple[Head, ...]) -> tuple[Head, ...]:
    seen: set[str] = set()
    told = []
    for head in heads:
        title, description = _unlike(head.title, head, seen), _unlike(head.description, head, seen)
        is_unlike = title is head.title and description is head.description
        told.append(head if is_unlike else head._replace(title=title, description=description))
    return heads if tuple(told) == heads else tuple(told)


def _headed(_: Setting, page: Page, head: Head) -> Page:
    return page if page.head == head else replace(page, head=head)


def _unlike(words: str, head: Head, seen: set[str]) -> str:
    own = f"{words} (/{head.place})" if words in seen else words
    seen.add(own)
    return own
