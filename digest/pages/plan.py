"""The plan of the site: every output path, its template, and what that receives.

    content, archive ──▶ pages for readers, feeds, pages for programs, files copied ──▶ Plan

Refuses to render, to read or to write. All that is wrong with what editors wrote (links that lead nowhere, two claims
to one address, two stories with one id) is found here, and raised together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from digest.errors import Faults
from digest.model import Archive, Config, Content, Copied, Page
from digest.pages import atom, claims
from digest.pages.addresses import Base
from digest.pages.plan_feeds import feed_pages, program_pages
from digest.pages.plan_site import site_pages
from digest.pages.plan_themes import theme_pages
from digest.pages.setting import set_up
from digest.pages.views import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every file of the site: pages to render, and files to copy."""

    pages: tuple[Page, ...]
    copied: tuple[Copied, ...]


def plan(content: Content, archive: Archive, config: Config) -> Plan:
    """Returns the plan of the site that stands at `config.site.url`; raises Faults with all that is in its way."""
    setting = set_up(content, archive, config, Base(config.site.url))
    for_readers = _distinct([*site_pages(setting), *theme_pages(setting)])
    pages = (*for_readers, *feed_pages(setting), *program_pages(setting, for_readers))
    claimed = [*((page.path, page.source) for page in pages), *((one.path, one.file) for one in content.copied)]
    problems = [*atom.twins(content.stories), *setting.writer.problems, *claims.problems(claimed)]
    if problems:
        raise Faults(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    return Plan(pages=pages, copied=content.copied)


def _distinct(pages: Iterable[Page]) -> list[Page]:
    """Returns the pages with no two titles and no two descriptions alike: where they are, their address follows."""
    seen: set[str] = set()
    told = []
    for page in pages:
        head = page.data["head"]
        assert isinstance(head, Head)
        unlike = replace(head, title=_unlike(head.title, head, seen), description=_unlike(head.description, head, seen))
        told.append(page if unlike == head else replace(page, data={**page.data, "head": unlike}))
    return told


def _unlike(words: str, head: Head, seen: set[str]) -> str:
    own = f"{words} (/{head.place})" if words in seen else words
    seen.add(own)
    return own
