"""`digest check`: errors in config and content, and hints at what an editor may want to look at.

    config ──▶ survey ──▶ errors, hints ──▶ external links ──▶ what the change introduced ──▶ report

With an error, a build would fail or the ledger be damaged; a hint stops nothing. Changes only the
remembered answers of external links, and uses the network only if asked to.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

from digest import config_template, disk, git, redact, urls
from digest.checks import content_rules
from digest.checks.hint import LineOf, line_finder
from digest.commands import check_links
from digest.commands.check_links import LinkReport
from digest.commands.shared import (
    custom_domain,
    future_weeks,
    git_history,
    git_merges,
    site_address,
)
from digest.config import lines as config_lines
from digest.config import load as load_config
from digest.content import load, paths, publishable, store
from digest.content.load import Survey
from digest.errors import DigestError, Faults, Kind, Problem, conflicts
from digest.git import Changes
from digest.intake import inbox_files
from digest.model import CONFIG_FILE, Config, Letter, Progress, Story
from digest.names import is_markdown
from digest.site.addresses import SiteUrl
from digest.site.arrange import arrange
from digest.site.build_problems import find_build_problems
from digest.site.render import template_problems
from digest.themes.rules import themes_of
from digest.week import Week, without_mistyped

_KEY = re.compile(
    r"/(?=[^/?#]*\d)([0-9a-f]{24,}|(?=[^/?#]*[A-Z])(?=[^/?#]*[a-z])[A-Za-z0-9_-]{22,})(?=[./?#]|$)"
)
"""A part of a path that is long and random, as of a feed that is made for one reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The problems by file and line, and how many `files` were checked.

    If digest.toml or a folder of content/ cannot be read, only that is reported and `is_whole` is
    False. `folder` is the digest's path in its repository, empty for the top. The problems of
    `links` are among the others.
    """

    problems: tuple[Problem, ...]
    links: LinkReport = field(default_factory=LinkReport)
    files: int = 1
    is_whole: bool = True
    folder: str = ""

    @property
    def errors(self) -> int:
        """How many of the problems are errors."""
        return sum(not problem.is_hint for problem in self.problems)

    @property
    def hints(self) -> int:
        """How many of the problems are hints."""
        return len(self.problems) - self.errors


def run(
    root: Path,
    *,
    now: datetime,
    links: bool = False,
    since: str = "",
    on_progress: Progress | None = None,
) -> CheckReport:
    """Checks the digest at `root`; with `links` requests its external links, with `since` reports
    what came after a commit.

    Raises UnknownRefError for a commit that git does not know, DigestError if nothing can be
    checked.
    """
    changes = git.changes(root, since) if since else None
    folder = git.prefix(root)
    try:
        config = load_config(root)
        survey = load.survey(root, config)
    except Faults as faults:
        problems = _sorted(_without_consequences(root, faults.problems), changes)
        return CheckReport(problems=problems, is_whole=False, folder=folder)
    line_of = line_finder(partial(store.read_text, root))
    found = [
        *_content_problems(root, config, survey, line_of),
        *_waiting_hints(root, config, survey, now),
        *_config_problems(root, config, survey),
        *_secret_hints(root, config, survey),
        *future_weeks.hints(survey.content, config, now),
        *_future_date_hints(survey, now, line_of),
        *_mistyped_week_hints(survey, now),
        *git_history.uncommitted_hints(root, survey),
        *git_history.brought_back_hints(root, survey),
    ]
    outside = LinkReport()
    if links:
        uses: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for address, file, line in content_rules.outside_links(survey, line_of):
            if changes is None or _is_introduced(Problem(file, line, ""), changes):
                uses[address].append((file, line))
        outside = check_links.run(root, config, survey, uses, now=now, on_progress=on_progress)
    checked = [CONFIG_FILE]
    for file in survey.files:
        if is_markdown(file) or file.startswith(f"{paths.LEDGERS}/"):
            checked.append(file)
    if changes is not None:
        checked = [file for file in checked if file in changes.new or file in changes.lines]
    return CheckReport(
        problems=_sorted([*found, *outside.problems], changes),
        links=replace(outside, unchecked=_sorted(outside.unchecked, changes)),
        files=len(checked),
        folder=folder,
    )


def _content_problems(
    root: Path, config: Config, survey: Survey, line_of: LineOf
) -> Iterator[Problem]:
    """Yields what would stop a build, and what the rules say of stories, letters and pages."""
    archive = arrange(publishable.without_secrets(survey.content), config)
    yield from _without_consequences(root, survey.problems)
    yield from survey.ledger_problems
    in_use = {feed.id for feed in config.feeds}
    for story in survey.content.stories:
        in_use.update(story.feeds)
    for feed, problem in git_history.shortened_ledgers(root, survey.ledgers).items():
        if feed in in_use:  # the ledger of a sample goes with it
            yield problem
    yield from find_build_problems(archive, config, line_of)
    yield from template_problems(root, SiteUrl(config.site.url))
    read = partial(store.read_text, root)
    yield from content_rules.review(
        survey,
        config,
        closed={edition.week for edition in archive.editions if edition.closed},
        read=read,
        merged=git_merges.find_merges(root, survey.content.stories, survey.history, read),
    )


def _without_consequences(root: Path, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yields the problems; in a file with conflict markers only these, since they cause the rest."""
    by_file: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_file[problem.file].append(problem)
    for file, found in by_file.items():
        text = ""
        with contextlib.suppress(DigestError):  # which is among the problems already
            text = store.read_text(root, file)
        yield from conflicts(text, file) or found


def _waiting_hints(root: Path, config: Config, survey: Survey, now: datetime) -> Iterator[Problem]:
    """Yields a hint for each file that the next pull files, completes or removes."""
    filed, not_moved = inbox_files.empty_inbox(root, config, survey.ledgers, now=now, dry=True)
    for move in filed:
        what = f"waits to be filed as {move.file}"
        yield Problem(move.inbox, 0, what, "run 'digest pull'", kind=Kind.HINT)
    for problem in not_moved:
        yield problem._replace(kind=Kind.HINT)
    for file in survey.unfinished:
        what, cure = (
            "was left half-written by a run that was killed",
            "the next pull completes or removes it",
        )
        yield Problem(file, 0, what, cure, kind=Kind.HINT)


def _config_problems(root: Path, config: Config, survey: Survey) -> Iterator[Problem]:
    """Yields problems with the site's address, and hints at themes that no story has."""
    domain = disk.read_inside(root, custom_domain.FILE)
    if domain is not None and (problem := custom_domain.problem(domain, config.site.url)):
        yield problem
    if unreachable := site_address.hint(root, config):
        yield unreachable
    snippets = disk.read_inside(root, config_template.SNIPPETS)
    if snippets and config_template.theme_choice(config.themes).encode() not in snippets:
        what, cure = "does not offer the themes of digest.toml", "run 'digest upgrade --apply'"
        yield Problem(config_template.SNIPPETS, 0, what, cure, kind=Kind.HINT)
    unused = content_rules.idle_themes(survey, config)
    lines = config_lines(root) if unused else {}
    stories = survey.content.stories
    for number, theme in enumerate(config.themes):
        if theme.id not in unused:
            continue
        what = f"no story has the theme '{theme.id}'"
        cure = "widen its match ('digest themes --try' helps), or remove the theme"
        matching = sum(bool(themes_of(story.title, story.excerpt, [theme])) for story in stories)
        if matching:
            what += f", though its match finds at least {matching} of {len(stories)}"
            cure = "'digest themes --apply' gives it to those whose themes you have not edited"
        yield Problem(
            CONFIG_FILE, lines.get(("themes", number, "id"), 0), what, cure, kind=Kind.HINT
        )


def _secret_hints(root: Path, config: Config, survey: Survey) -> Iterator[Problem]:
    """Yields a hint for each address with a user name, a password or a token in it."""
    lines = config_lines(root)
    of_feeds = set()
    for number, feed in enumerate(config.feeds):
        line = lines.get(("feeds", number, "url"), 0)
        of_feeds.add(line)
        if names := redact.feed_secret_names(feed.url):
            what = f"the address of feed '{feed.id}' has {_quoted(names)} in it"
            cure = "Digest fetches the feed with it and never publishes it; keep this file out of public repositories"
            yield Problem(CONFIG_FILE, line, what, cure, kind=Kind.HINT)
        elif not all(map(redact.is_words, _KEY.findall(feed.url))) and urls.web_link(feed.url):
            what = f"the address of feed '{feed.id}' contains what looks like a key, and it is published"
            cure = "if it is one, have another program fetch the feed into a file, and write the path of that file as url"
            yield Problem(CONFIG_FILE, line, what, cure, kind=Kind.HINT)
    for file in (CONFIG_FILE, *filter(is_markdown, survey.files)):
        text = store.read_text(root, file)
        if "//" not in text:
            continue
        public = survey.content.public_secrets.get(file, ())
        as_given = ("id:", *(f"{key}:" for key in public))
        for number, text_line in enumerate(text.split("\n"), start=1):
            names = redact.secret_names_in(text_line)
            if text_line.startswith(as_given):
                names = tuple(name for name in names if " " in name)
            if names and not (file == CONFIG_FILE and number in of_feeds):
                what = f"an address has {_quoted(names)} in it, which anyone who reads this file can use"
                cure = "the site leaves it out; remove it here too, unless it is not a secret"
                yield Problem(file, number, what, cure, kind=Kind.HINT)


def _quoted(names: Iterable[str]) -> str:
    """Returns names of parameters in quotes, and descriptions such as "a password" as they are."""
    return " and ".join(name if " " in name else f"'{name}='" for name in names)


def _future_date_hints(survey: Survey, now: datetime, line_of: LineOf) -> Iterator[Problem]:
    """Yields a hint for each date in the future that a story or letter has beside its week."""
    last = (now + future_weeks.TOLERANCE).date()
    dates = list[tuple[str, str, date]]()
    for story in survey.content.stories:
        if story.updated:
            dates.append((story.file, "updated", story.updated.date()))
        if story.corrections:
            newest = max(correction.day for correction in story.corrections)
            dates.append((story.file, "corrections", newest))
    for letter in survey.content.letters:
        for key, time in (("published", letter.published), ("updated", letter.updated)):
            if time:
                dates.append((letter.file, key, time.date()))
    for file, key, day in dates:
        if day > last:
            what, cure = (
                f"{key} says {day}, which is in the future",
                "if that is a mistake, correct the date",
            )
            yield Problem(file, line_of(file, key), what, cure, kind=Kind.HINT)


def _mistyped_week_hints(survey: Survey, now: datetime) -> Iterator[Problem]:
    """Yields a hint for each week that is taken for mistyped, though it is not in the future."""
    files: dict[Week, str] = {}
    dated: tuple[Story | Letter, ...] = (*survey.content.letters, *survey.content.stories)
    for one in dated:
        if not (isinstance(one, Story) and (one.hide or one.draft)):
            files[one.week] = one.file
    plausible = without_mistyped(files, survey.content.reached)
    for week in files.keys() - plausible:
        if plausible and week.monday <= (now + future_weeks.TOLERANCE).date():
            what = f"{week} is taken for mistyped, so it closes no earlier week: it is long after"
            what += f" {plausible[-1]}, and the ledgers have nothing as new"
            cure = (
                "correct its folder, or run 'digest pull', which records that its stories are there"
            )
            yield Problem(files[week], 0, what, cure, kind=Kind.HINT)


def _sorted(problems: Iterable[Problem], changes: Changes | None) -> tuple[Problem, ...]:
    """Returns the problems by file and line, with `changes` only those that they introduced."""
    found = set(problems)
    if changes is not None:
        found = {problem for problem in found if _is_introduced(problem, changes)}
    return tuple(
        sorted(
            found, key=lambda problem: (problem.file, problem.line, problem.is_hint, problem.what)
        )
    )


def _is_introduced(problem: Problem, changes: Changes) -> bool:
    """True if a change introduced a problem: in the problem's line, or in a file that it names.

    A change of digest.toml may cause errors in stories, so all errors count then.
    """
    if problem.file in changes.new or (CONFIG_FILE in changes.lines and not problem.is_hint):
        return True
    lines = changes.lines.get(problem.file)
    if lines is not None and (not problem.line or problem.line in lines):
        return True
    names = [*changes.new, *(Path(file).name for file in changes.gone)]
    return any(name in problem.message for name in names)
