"""`digest check`: errors in config and content, and hints at what an editor may want to look at.

    config ──▶ survey ──▶ proof, templates, review, inbox ──▶ outside links ──▶ what the change brought in ──▶ report

With an error, a build would fail or the ledger be damaged; a hint stops nothing. Changes only the
remembered answers of outside links, and uses the network only if asked to.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from digest import config, config_template, custom_domain, disk, git, json_files, redact, urls
from digest.checks import content_rules
from digest.checks.story_rules import LineOf
from digest.commands import lost_lines, restored, site_address, uncommitted
from digest.content import load, paths, publishable, store
from digest.content.load import ContentReport
from digest.errors import DigestError, Faults, Problem, conflicts
from digest.feeds import fetch, link_check, private_networks, saved_copies
from digest.feeds.concurrent import Progress
from digest.feeds.limits import Limits
from digest.git import Changes
from digest.intake import inbox_files
from digest.model import CONFIG_FILE, Config
from digest.names import is_markdown
from digest.site.addresses import Base
from digest.site.arrange import arrange
from digest.site.check import proof
from digest.site.render import flawed
from digest.themes.rules import themes_of
from digest.week import Week

_MEMORY = "links.json"
_KEY = re.compile(
    r"/(?=[^/?#]*\d)([0-9a-f]{24,}|(?=[^/?#]*[A-Z])(?=[^/?#]*[a-z])[A-Za-z0-9_-]{22,})(?=[./?#]|$)"
)
"""A part of a path that is long and random, as of a feed that is made for one reader."""
_AHEAD = timedelta(days=8)
_LIMITS = Limits(deadline=20.0, connect=8.0, silence=12.0, retries=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The problems by file and line, and how many `files` were checked.

    `untold` are links that could not be checked; `private` ones lead into a private network and
    were not requested. If digest.toml or a folder of content/ cannot be read, only that is reported
    and `whole` is False. `offline`: no outside link could be reached; `no_copies` says why saved
    copies of lost pages could not be asked for. `folder` is the digest's path in its repository,
    empty for the top.
    """

    problems: tuple[Problem, ...]
    untold: tuple[Problem, ...] = ()
    private: int = 0
    files: int = 1
    whole: bool = True
    offline: bool = False
    no_copies: str = ""
    folder: str = ""

    @property
    def errors(self) -> int:
        """How many of the problems are errors."""
        return sum(not problem.hint for problem in self.problems)

    @property
    def hints(self) -> int:
        """How many of the problems are hints."""
        return len(self.problems) - self.errors


@dataclass(frozen=True, slots=True)
class _Outside:
    """The results for outside links; `no_copies` says why saved copies could not be asked for."""

    problems: tuple[Problem, ...] = ()
    untold: tuple[Problem, ...] = ()
    private: int = 0
    offline: bool = False
    no_copies: str = ""


def run(
    root: Path,
    *,
    now: datetime,
    links: bool = False,
    since: str = "",
    on_progress: Progress | None = None,
) -> CheckReport:
    """Checks the digest at `root`; with `links` asks its outside links, with `since` reports what
    came after a commit.

    Raises UnknownRefError for a commit that git does not know, DigestError where nothing can be
    looked at.
    """
    changes = git.changes(root, since) if since else None
    folder = git.prefix(root)
    try:
        settings = config.load(root)
        survey = load.survey(root, settings)
    except Faults as faults:
        found = _sorted(_merging(root, faults.problems), changes)
        return CheckReport(problems=found, whole=False, folder=folder)
    line_of = content_rules.line_finder(partial(store.read_text, root))
    problems = [
        *_all(root, settings, survey, now, line_of),
        *_unfinished(survey),
        *_idle(root, settings, survey),
        *_site_address(root, settings),
        *_snippets(root, settings),
        *_secrets(root, settings, survey),
        *uncommitted.problems(root, survey),
        *restored.problems(root, survey),
        *_ahead(survey, now, line_of),
    ]
    outside = (
        _outside(
            root,
            settings,
            survey,
            _places(survey, line_of, changes),
            now,
            on_progress,
        )
        if links
        else _Outside()
    )
    return CheckReport(
        problems=_sorted([*problems, *outside.problems], changes),
        untold=_sorted(outside.untold, changes),
        private=outside.private,
        files=sum(
            changes is None or file in changes.new or file in changes.lines
            for file in _looked_at(survey)
        ),
        offline=outside.offline,
        no_copies=outside.no_copies,
        folder=folder,
    )


def _all(
    root: Path, settings: Config, survey: ContentReport, now: datetime, line_of: LineOf
) -> Iterator[Problem]:
    archive = arrange(publishable.published(survey.content), settings)
    closed = {edition.week for edition in archive.editions if edition.closed}
    yield from _merging(root, survey.problems)
    yield from survey.ledger_problems
    in_use = {feed.id for feed in settings.feeds}
    in_use |= {feed for story in survey.content.stories for feed in story.feeds}
    for feed, problem in lost_lines.missing(root, survey.ledgers).items():
        if feed in in_use:  # the ledger of a sample goes with it
            yield problem
    yield from proof(archive, settings, line_of)
    yield from flawed(root, Base(settings.site.url))
    read = partial(store.read_text, root)
    versions = git.merged_from(root, content_rules.edited(survey, read))
    yield from content_rules.review(
        survey, settings, closed=closed, line_of=line_of, read=read, versions=versions
    )
    filed, left = inbox_files.empty_inbox(root, settings, survey.ledgers, now=now, dry=True)
    for filing in filed:
        yield Problem(
            filing.inbox, 0, f"waits to be filed as {filing.file}", "run 'digest pull'", hint=True
        )
    yield from (problem._replace(hint=True) for problem in left)


def _snippets(root: Path, settings: Config) -> Iterator[Problem]:
    """Yields a hint if the snippets of VS Code do not offer the themes of digest.toml."""
    there = disk.read_inside(root, config_template.SNIPPETS)
    if there and config_template.theme_choice(settings.themes).encode() not in there:
        what, cure = "does not offer the themes of digest.toml", "run 'digest upgrade --apply'"
        yield Problem(config_template.SNIPPETS, 0, what, cure, hint=True)


def _merging(root: Path, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yields the problems; in a file with conflict markers only these, since they cause the rest."""
    by_file: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_file[problem.file].append(problem)
    for file, found in by_file.items():
        text = ""
        with contextlib.suppress(DigestError):  # which is among the problems already
            text = store.read_text(root, file)
        yield from conflicts(text, file) or found


def _unfinished(survey: ContentReport) -> Iterator[Problem]:
    for file in survey.unfinished:
        yield Problem(
            file,
            0,
            "was left half-written by a run that was killed",
            "the next pull completes or removes it",
            hint=True,
        )


def _idle(root: Path, settings: Config, survey: ContentReport) -> Iterator[Problem]:
    """Yields a hint for each theme that no story has."""
    idle = content_rules.idle_themes(survey, settings)
    lines = config.lines(root) if idle else {}
    for number, theme in enumerate(settings.themes):
        if theme.id in idle:
            line = lines.get(("themes", number, "id"), 0)
            what = f"no story has the theme '{theme.id}'"
            cure = "widen its match ('digest themes --try' helps), or remove the theme"
            stories = survey.content.stories
            caught = sum(bool(themes_of(one.title, one.excerpt, [theme])) for one in stories)
            if caught:
                what += f", though its match finds at least {caught} of {len(stories)}"
                cure = "'digest themes --apply' gives it to those whose themes you have not edited"
            yield Problem(CONFIG_FILE, line, what, cure, hint=True)


def _site_address(root: Path, settings: Config) -> Iterator[Problem]:
    """Yields problems with the custom domain, and with a URL that is still an example."""
    url = settings.site.url
    content = disk.read_inside(root, custom_domain.FILE)
    problem = None if content is None else custom_domain.problem(content, url)
    if problem:
        yield problem
    if placeholder := site_address.hint(root, settings):
        yield placeholder


def _secrets(root: Path, settings: Config, survey: ContentReport) -> Iterator[Problem]:
    """Yields a hint for each address with a user name, a password or a token in it."""
    lines = config.lines(root)
    for number, feed in enumerate(settings.feeds):
        if found := redact.feed_names(feed.url):
            what = f"the address of feed '{feed.id}' has {_listed(found)} in it"
            cure = "Digest fetches the feed with it and never publishes it; keep this file out of public repositories"
            yield Problem(
                CONFIG_FILE, lines.get(("feeds", number, "url"), 0), what, cure, hint=True
            )
        elif not all(map(redact.is_words, _KEY.findall(feed.url))) and urls.web_link(feed.url):
            what = f"the address of feed '{feed.id}' contains what looks like a key, and it is published"
            cure = "if it is one, have another program fetch the feed into a file, and write the path of that file as url"
            yield Problem(
                CONFIG_FILE, lines.get(("feeds", number, "url"), 0), what, cure, hint=True
            )
    of_feeds = {lines.get(("feeds", number, "url"), 0) for number in range(len(settings.feeds))}
    for file in (CONFIG_FILE, *filter(is_markdown, survey.files)):
        text = store.read_text(root, file)
        as_given = ("id:", *(f"{field}:" for field in survey.content.signed.get(file, "").split()))
        for number, line in enumerate(text.split("\n") if "//" in text else (), start=1):
            secrets = redact.names_in(line)
            if line.startswith(as_given):
                secrets = tuple(name for name in secrets if " " in name)
            if secrets and not (file == CONFIG_FILE and number in of_feeds):
                what = f"an address has {_listed(secrets)} in it, which anyone who reads this file can use"
                cure = "the site leaves it out; remove it here too, unless it is not a secret"
                yield Problem(file, number, what, cure, hint=True)


def _ahead(survey: ContentReport, now: datetime, line_of: LineOf) -> Iterator[Problem]:
    """Yields a hint for each story and letter dated in the future."""
    last = now.date() + _AHEAD
    days = [(story.file, max(story.week.monday, story.day)) for story in survey.content.stories]
    for file, day in [
        *days,
        *((letter.file, letter.week.monday) for letter in survey.content.letters),
    ]:
        if day > last:
            what = f"belongs to {Week.of(day)}, which is in the future"
            cure = "if that is a mistake, correct the date or the week's folder; a week far ahead closes no earlier one"
            yield Problem(file, 0, what, cure, hint=True)
    for file, key, day in _days_of_change(survey):
        if day > last:
            what = f"{key} says {day}, which is in the future"
            yield Problem(
                file, line_of(file, key), what, "if that is a mistake, correct the date", hint=True
            )


def _days_of_change(survey: ContentReport) -> Iterator[tuple[str, str, date]]:
    """Yields file, key and day of each date of a change, and of each letter's publication."""
    for story in survey.content.stories:
        if story.updated:
            yield story.file, "updated", story.updated.date()
        if story.corrections:
            yield story.file, "corrections", max(one.day for one in story.corrections)
    for letter in survey.content.letters:
        for key, moment in (("published", letter.published), ("updated", letter.updated)):
            if moment:
                yield letter.file, key, moment.date()


def _listed(secrets: Iterable[str]) -> str:
    return " and ".join(name if " " in name else f"'{name}='" for name in secrets)


def _places(
    survey: ContentReport, line_of: LineOf, changes: Changes | None
) -> dict[str, list[tuple[str, int]]]:
    """Returns where each outside link is used; with changes, only the places that these added."""
    places: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for address, file, line in content_rules.outside_links(survey, line_of):
        if changes is None or _is_brought_in(Problem(file, line, ""), changes):
            places[address].append((file, line))
    return places


def _from_public_feeds(survey: ContentReport, settings: Config) -> frozenset[str]:
    """Returns the links from public feeds, which must not lead into a private network."""
    own = {
        feed.id
        for feed in settings.feeds
        if not urls.web_link(feed.url) or private_networks.is_inside(feed.url)
    }
    configured = {feed.id for feed in settings.feeds}
    brought = (story for story in survey.content.stories if configured.intersection(story.feeds))
    return frozenset(
        story.link.partition("#")[0] for story in brought if own.isdisjoint(story.feeds)
    )


def _outside(
    root: Path,
    settings: Config,
    survey: ContentReport,
    places: dict[str, list[tuple[str, int]]],
    now: datetime,
    on_progress: Progress | None,
) -> _Outside:
    """Requests the links that were not checked recently, and remembers the answers."""
    memory = json_files.recall(root, _MEMORY)
    known = link_check.recalled(memory, now)
    due = [address for address in places if address not in known]
    agent = fetch.user_agent(settings.site)
    answers = fetch.check_links(
        due,
        agent=agent,
        now=now,
        limits=_LIMITS,
        on_progress=on_progress,
        untrusted=_from_public_feeds(survey, settings),
    )
    if link_check.is_offline(answers):
        return _Outside(offline=True)
    lost = [answer.address for answer in answers if answer.is_gone]
    copies, no_copies = saved_copies.find(lost, agent=agent, now=now, limits=_LIMITS)
    answers = tuple(replace(one, copy=copies.get(one.address, "")) for one in answers)
    if due:
        final = [one for one in answers if not (one.is_gone and no_copies)]
        json_files.remember(root, _MEMORY, link_check.remembered(memory, final, now))
    believed = known | {answer.address: answer for answer in answers}
    problems, untold = list[Problem](), list[Problem]()
    stories = {story.file: story for story in survey.content.stories}
    for address, spots in places.items():
        answer, doubt = believed[address], link_check.doubt(believed[address])
        for file, line in spots:
            story = stories.get(file)
            of_story = story is not None and story.link.partition("#")[0] == address
            if story and of_story and story.saved and answer.is_gone:
                continue  # readers have the saved copy
            fault = link_check.fault(answer, of_story=of_story)
            problems += [Problem(file, line, *fault, hint=True)] if fault else []
            untold += (
                [
                    Problem(
                        file,
                        line,
                        f"{redact.mask(address)} could not be checked: {doubt}",
                        hint=True,
                    )
                ]
                if doubt
                else []
            )
    return _Outside(
        tuple(problems),
        tuple(untold),
        private=sum(believed[address].is_private for address in places),
        no_copies=no_copies,
    )


def _sorted(problems: Iterable[Problem], changes: Changes | None) -> tuple[Problem, ...]:
    found = {problem for problem in problems if changes is None or _is_brought_in(problem, changes)}
    return tuple(
        sorted(found, key=lambda problem: (problem.file, problem.line, problem.hint, problem.what))
    )


def _is_brought_in(problem: Problem, changes: Changes) -> bool:
    """True if a change introduced a problem: in the problem's line, or in a file that it names.

    A change of digest.toml may cause errors in stories, so all errors count then.
    """
    if problem.file in changes.new or (CONFIG_FILE in changes.lines and not problem.hint):
        return True
    if problem.file in changes.lines and (
        not problem.line or problem.line in changes.lines[problem.file]
    ):
        return True
    words = f"{problem.what} {problem.cure}"
    return any(file in words for file in changes.new) or any(
        Path(file).name in words for file in changes.gone
    )


def _looked_at(survey: ContentReport) -> tuple[str, ...]:
    ledgers = tuple(file for file in survey.files if file.startswith(f"{paths.LEDGERS}/"))
    return (CONFIG_FILE, *(file for file in survey.files if is_markdown(file)), *ledgers)
