"""Hints about a digest that can be read: what is allowed, but mostly a slip or worth a look.

    ContentReport ──▶ hints about texts, stories, pending changes, letters, ledgers, pictures

`review` gathers them from the rules by subject (`markdown_rules`, `story_rules`, `file_rules`).
Nothing here is an error, and what pulls do by themselves gives no hint, since an editor could not
change it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType
from zoneinfo import ZoneInfo

from digest import urls
from digest.checks import also_rules, file_rules, ignored_keys, markdown_rules, story_rules
from digest.checks.markdown_scan import Prose
from digest.checks.story_rules import LineOf
from digest.content import pending
from digest.content.history import History
from digest.content.load import ContentReport
from digest.errors import Problem
from digest.model import Config, FreePage, Letter, Story
from digest.week import Week

Read = Callable[[str], str]
"""Returns the text of a file."""
Versions = Mapping[str, Sequence[str]]
"""By file, the versions that git has merged into its present text, not edited since."""
_NO_VERSIONS: Versions = MappingProxyType({})

_hint = partial(Problem, hint=True)

_SETTLED = 20
"""Stories. With fewer, a theme without a story is normal."""


@dataclass(frozen=True, slots=True)
class Text:
    """A Markdown text that is or will be published. It begins at line `line` of its file."""

    file: str
    line: int
    words: str


def review(
    survey: ContentReport,
    config: Config,
    *,
    closed: Collection[Week],
    line_of: LineOf,
    read: Read,
    versions: Versions = _NO_VERSIONS,
) -> tuple[Problem, ...]:
    """Returns all hints about a digest's content.

    `closed` are the closed weeks, `versions` those of the files that `edited` returns.
    """
    history, content = survey.history, survey.content
    shown = [story for story in content.stories if not story.hide]
    flagged: list[Story | Letter | FreePage] = [*shown, *content.letters]
    flagged += (*content.introductions, *content.pages)
    been = {(place.story, place.week) for place in content.places}
    return (
        *_slips(texts(survey)),
        *_empty_flags(flagged, read),
        *story_rules.of_each(shown, history, ZoneInfo(config.site.timezone), line_of),
        *story_rules.in_another_week(shown, history, been),
        *_pending(shown, history, line_of, read, versions, content.letters),
        *among(shown, line_of),
        *also_rules.hints(content.stories, content, line_of),
        *also_rules.ungrouped(content, closed, line_of),
        *story_rules.hidden_but_shown(content.stories, line_of),
        *story_rules.shared_guids(shown, history),
        *_titled(content.introductions, line_of),
        *_late_drafts(content.letters, closed, line_of),
        *(() if content.unread else file_rules.unknown_feeds(survey, config)),
        *file_rules.shared_files(survey.ledgers),
        *file_rules.pictures(content.copied),
        *file_rules.unpublished(survey.files),
    )


def of_story(
    story: Story, history: History, config: Config, line_of: LineOf, read: Read
) -> tuple[Problem, ...]:
    """Returns all hints about one story that do not depend on other stories."""
    return (
        *_slips(_notes([story])),
        *_empty_flags([story], read),
        *story_rules.of_each([story], history, ZoneInfo(config.site.timezone), line_of),
        *story_rules.in_another_week([story], history),
        *_pending([story], history, line_of, read),
    )


def unsettled(
    survey: ContentReport, read: Read, versions: Versions = _NO_VERSIONS
) -> tuple[str, ...]:
    """Returns the files with changes by a pull that the editor has not looked at yet.

    `versions` are those of the files that `edited` returns.
    """
    history = survey.history
    shown = (story for story in survey.content.stories if not story.hide)
    return tuple(story.file for story in shown if _found(story, history, read, versions))


def edited(survey: ContentReport, read: Read) -> tuple[str, ...]:
    """Returns the files with changes by a pull that were edited since, here or in a git merge."""
    history, found = survey.history, []
    for story in survey.content.stories:
        records = [] if story.hide else [record for _, record in history.of(story)]
        if pending.has_any(records) and pending.is_edited(records, story, read(story.file)):
            found.append(story.file)
    return tuple(found)


def among(stories: Sequence[Story], line_of: LineOf) -> tuple[Problem, ...]:
    """Returns the hints about stories that depend on other stories."""
    return (
        *story_rules.second_leads(stories, line_of),
        *story_rules.same_articles(stories, line_of),
    )


def of_text(text: Letter | FreePage) -> tuple[Problem, ...]:
    """Returns all hints about the text of a letter, a page or an introduction."""
    return tuple(_slips([Text(text.file, text.line, text.body)]))


def line_finder(read: Callable[[str], str]) -> LineOf:
    """Returns a function that finds the line of a key. Only files with a hint are read."""
    text_of = cache(read)

    def line_of(file: str, key: str) -> int:
        found = re.search(rf"^{key}[ \t]*:", text_of(file), re.MULTILINE)
        return text_of(file).count("\n", 0, found.start()) + 1 if found else 0

    return line_of


def outside_links(survey: ContentReport, line_of: LineOf) -> Iterator[tuple[str, str, int]]:
    """Yields every URL that a published text links to, without fragment, with file and line."""
    for story in survey.content.stories:
        if not story.hide:
            yield story.link.partition("#")[0], story.file, line_of(story.file, "link")
            if story.saved:
                yield story.saved.partition("#")[0], story.file, line_of(story.file, "saved")
    for text in texts(survey):
        prose = Prose(text.words)
        for link in prose.links:
            address = urls.web_link(link.address.partition("#")[0])
            if address and link.kind != "bare":
                yield address, text.file, text.line + prose.line_of(link.start) - 1


def idle_themes(survey: ContentReport, config: Config) -> tuple[str, ...]:
    """Returns the ids of themes without a story, if the digest has enough stories."""
    stories = survey.content.stories
    if survey.content.unread or len(stories) < _SETTLED:
        return ()
    used = {theme for story in stories for theme in story.themes}
    return tuple(theme.id for theme in config.themes if used.isdisjoint((theme.id, *theme.was)))


def texts(survey: ContentReport) -> Iterator[Text]:
    """Yields every Markdown text by an editor that is or will be published."""
    content = survey.content
    yield from _notes(content.stories)
    for text in content.texts:
        yield Text(text.file, text.line, text.body)


def _notes(stories: Iterable[Story]) -> Iterator[Text]:
    for story in stories:
        if story.note and not story.hide:
            yield Text(story.file, story.line, story.note)


def _pending(
    stories: Iterable[Story],
    history: History,
    line_of: LineOf,
    read: Read,
    versions: Versions = _NO_VERSIONS,
    letters: Sequence[Letter] = (),
) -> Iterator[Problem]:
    """Finds what pulls have left for the editor to look at."""
    for story in stories:
        found = _found(story, history, read, versions)
        name_of_file = story.file.rpartition("/")[2]
        linking = [letter.file for letter in letters if found and name_of_file in letter.body]
        for name, what, cure in pending.hints(story, found, linking[0] if linking else ""):
            line = story.line if name == "excerpt" else line_of(story.file, name)
            yield _hint(story.file, line, what, cure)
        if "excerpt" not in found:  # one hint at a time
            yield from story_rules.requoted(story, history)


def _found(story: Story, history: History, read: Read, versions: Versions) -> pending.Pending:
    records = [record for _, record in history.of(story)]
    if not pending.has_any(records):
        return {}
    return pending.to_look_at(records, story, read(story.file), versions.get(story.file, ()))


def _empty_flags(written: Iterable[Story | Letter | FreePage], read: Read) -> Iterator[Problem]:
    for one in written:
        for line, key in ignored_keys.empty(read(one.file)):
            what = f"'{key}' has no value, so it is off"
            yield _hint(one.file, line, what, "write true, or take the line out")


def _slips(written: Iterable[Text]) -> Iterator[Problem]:
    for text in written:
        for hint in markdown_rules.hints(text.words):
            yield _hint(text.file, text.line + hint.line - 1, hint.what, hint.cure)


def _titled(introductions: Iterable[FreePage], line_of: LineOf) -> Iterator[Problem]:
    """Finds introductions with a `title`: a theme has its title from digest.toml."""
    for one in introductions:
        is_default = one.title == one.name.replace("-", " ").capitalize()
        line = 0 if is_default else line_of(one.file, "title")
        if line:
            what = "the title of an introduction is not shown"
            yield _hint(one.file, line, what, "remove it; a theme's title is in digest.toml")


def _late_drafts(
    letters: Iterable[Letter], closed: Collection[Week], line_of: LineOf
) -> Iterator[Problem]:
    for letter in letters:
        if letter.draft and letter.week in closed:
            what = f"the letter is still a draft, though {letter.week} is closed"
            line = line_of(letter.file, "draft")
            yield _hint(letter.file, line, what, "run 'digest letter --publish', or delete it")
