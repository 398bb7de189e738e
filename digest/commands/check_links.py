"""Asks for the pages that a digest links to, for `digest check --links`.

    links ──asked lately? no──▶ request ──gone──▶ saved copies ──▶ hints, and what could not be checked

Changes only the results in the cache. A server that blocks programs says nothing about its page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from digest import redact, urls
from digest.cache import Cache
from digest.content.load import Survey
from digest.errors import Kind, Problem
from digest.feeds import fetch, link_check, private_networks, saved_copies
from digest.feeds.limits import Limits
from digest.feeds.link_check import LinkResult, StoredResult
from digest.model import Config, Progress

_LIMITS = Limits(deadline=20.0, connect_timeout=8.0, read_timeout=12.0, retries=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """What is wrong with external links, and what could not be checked.

    `private` counts those that lead into a private network and were not requested. `is_offline`: no
    page could be reached; `no_copies` says why saved copies of lost pages could not be asked for.
    """

    problems: tuple[Problem, ...] = ()
    unchecked: tuple[Problem, ...] = ()
    private: int = 0
    is_offline: bool = False
    no_copies: str = ""


def run(
    root: Path,
    config: Config,
    survey: Survey,
    uses: Mapping[str, Sequence[tuple[str, int]]],
    *,
    now: datetime,
    on_progress: Progress | None = None,
) -> LinkReport:
    """Requests the links that were not requested lately; `uses` has file and line of each use."""
    with Cache(root) as cache:
        stored = cache.get_kind(link_check.KIND, StoredResult)
    results = link_check.valid(stored, now)
    due = [address for address in uses if address not in results]
    agent = fetch.user_agent(config.site)
    answers = fetch.check_links(
        due,
        agent=agent,
        now=now,
        limits=_LIMITS,
        on_progress=on_progress,
        untrusted=_from_public_feeds(survey, config),
    )
    if link_check.is_offline(answers):
        return LinkReport(is_offline=True)
    gone = [answer.address for answer in answers if answer.is_gone]
    copies, no_copies = saved_copies.find(gone, agent=agent, now=now, limits=_LIMITS)
    answers = tuple(replace(one, copy=copies.get(one.address, "")) for one in answers)
    if due:
        final = [answer for answer in answers if not (answer.is_gone and no_copies)]
        with Cache(root) as cache:
            for address in stored.keys() - results.keys():
                cache.remove(link_check.KIND, address)
            for answer in final:
                cache.put(link_check.KIND, answer.address, b"", StoredResult(now, answer))
            cache.save()
    results |= {answer.address: answer for answer in answers}
    problems, unchecked = _problems(survey, uses, results)
    return LinkReport(
        problems=problems,
        unchecked=unchecked,
        private=sum(results[address].is_private for address in uses),
        no_copies=no_copies,
    )


def _problems(
    survey: Survey,
    uses: Mapping[str, Sequence[tuple[str, int]]],
    results: Mapping[str, LinkResult],
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Returns what is wrong with the links, and those that could not be checked, at each use."""
    stories = {story.file: story for story in survey.content.stories}
    problems, unchecked = list[Problem](), list[Problem]()
    for address, lines in uses.items():
        result = results[address]
        doubt = link_check.why_unknown(result)
        for file, line in lines:
            story = stories.get(file)
            is_of_story = story is not None and story.link.partition("#")[0] == address
            if story and is_of_story and story.saved and result.is_gone:
                continue  # readers have the saved copy
            if fault := link_check.problem(result, of_story=is_of_story):
                problems.append(Problem(file, line, *fault, kind=Kind.HINT))
            if doubt:
                what = f"{redact.mask(address)} could not be checked: {doubt}"
                unchecked.append(Problem(file, line, what, kind=Kind.HINT))
    return tuple(problems), tuple(unchecked)


def _from_public_feeds(survey: Survey, config: Config) -> frozenset[str]:
    """Returns the links from public feeds, which must not lead into a private network."""
    public, private = set[str](), set[str]()
    for feed in config.feeds:
        is_file = not urls.web_link(feed.url)
        is_private = is_file or private_networks.is_private_link(feed.url)
        (private if is_private else public).add(feed.id)
    links = set()
    for story in survey.content.stories:
        if public.intersection(story.feeds) and private.isdisjoint(story.feeds):
            links.add(story.link.partition("#")[0])
    return frozenset(links)
