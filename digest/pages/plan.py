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
from digest.model import Catalogue, Config, Copied
from digest.pages import atom, claims
from digest.pages.addresses import Base
from digest.pages.archive import Archive
from digest.pages.marks import mark
from digest.pages.markup import Writer
from digest.pages.page import Head, Page
from digest.pages.plan_feeds import feed_pages, program_pages
from digest.pages.plan_site import site_pages
from digest.pages.plan_themes import theme_pages
from digest.pages.setting import set_up
from digest.pages.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every file of the site: pages to render, and files to copy; `shared` is a hash of what all pages show."""

    pages: tuple[Page, ...]
    shared: bytes
    base: Base
    texts: Texts
    copied: tuple[Copied, ...]
    problems: tuple[Problem, ...]
    writer: Writer

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
        if found := self.found():
            raise Faults(found)


def plan(
    catalogue: Catalogue, archive: Archive, config: Config, texts: Texts | None = None, *, searched: bool = False
) -> Plan:
    """Returns the plan of the site that stands at `config.site.url`, with a search page where it is `searched`.

    `texts` are those that an earlier build has left.
    """
    texts = texts or Texts()
    setting = set_up(catalogue, archive, config, Base(config.site.url), texts, searched=searched)
    for_readers = _distinct([*site_pages(setting), *theme_pages(setting)])
    pages = (*for_readers, *feed_pages(setting), *program_pages(setting, for_readers))
    claimed = [*((page.path, page.source) for page in pages), *((one.path, one.file) for one in catalogue.copied)]
    return Plan(
        pages=pages,
        shared=mark(setting.site),
        base=setting.base,
        texts=texts,
        copied=catalogue.copied,
        problems=(*atom.twins(catalogue.stories), *claims.problems(claimed)),
        writer=setting.writer,
    )


def _distinct(pages: Iterable[Page]) -> list[Page]:
    """Returns the pages with no two titles and no two descriptions alike: where they are, their address follows."""
    seen: set[str] = set()
    told = []
    for page in pages:
        head = page.head
        assert head is not None
        unlike = replace(head, title=_unlike(head.title, head, seen), description=_unlike(head.description, head, seen))
        told.append(page if unlike == head else replace(page, head=unlike))
    return told


def _unlike(words: str, head: Head, seen: set[str]) -> str:
    own = f"{words} (/{head.place})" if words in seen else words
    seen.add(own)
    return own
