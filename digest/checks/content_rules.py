"""Hints about a digest that can be read: what is allowed, but mostly a mistake or worth a look.

    Survey ──▶ hints about texts, stories, pending changes, letters, ledgers, pictures

`review` gathers them from the rules by subject (`markdown_rules`, `story_rules`, `file_rules`).
Nothing here is an error, and what pulls do by themselves gives no hint, since an editor could not
change it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from posixpath import basename
from types import MappingProxyType

from digest import urls
from digest.checks import also_rules, file_rules, key_rules, markdown_rules, story_rules
from digest.checks.hint import Hint, LineOf, Read, problems
from digest.checks.markdown_scan import MarkdownText
from digest.content import letter_draft, pending
from digest.content.history import History
from digest.content.load import Survey
from digest.errors import Problem
from digest.model import Config, Content, FreePage, Letter, Story
from digest.private_addresses import private_host_of
from digest.week import Week

_NO_MERGES: pending.GitMerges = MappingProxyType({})

_ENOUGH_STORIES = 20
"""With fewer stories, a theme without one is normal."""


@dataclass(frozen=True, slots=True)
class Text:
    """A Markdown text that is or will be published. It begins at line `line` of its file."""

    file: str
    line: int
    markdown: str


def review(
    survey: Survey,
    config: Config,
    *,
    closed: Collection[Week],
    read: Read,
    merged: pending.GitMerges,
) -> tuple[Problem, ...]:
    """Returns all hints about a digest's content.

    `closed` are the closed weeks, `merged` is what git has merged into files since an editor last
    saw them.
    """
    history = survey.history
    content = survey.content
    zone = config.site.zone
    shown = [story for story in content.stories if not story.hide]
    former_weeks = {(address.present_file, address.week) for address in content.story_addresses}
    hints: list[Hint] = []
    for text in texts(survey):
        hints += _markdown_hints(text)
    if not (urls.is_placeholder(config.site.url) or private_host_of(config.site.url)):
        hints += _private_links(survey)  # the site may have readers elsewhere
    for written in (*shown, *content.texts):
        hints += _key_hints(written.file, read)
    for story in shown:
        hints += story_rules.of_story(story, history, zone)
        hints += story_rules.in_another_week(story, history, former_weeks)
        hints += _pending(story, history, read, merged, content.letters)
    hints += story_rules.second_leads(shown)
    hints += story_rules.same_articles(shown)
    hints += story_rules.hidden_but_shown(content.stories)
    hints += story_rules.shared_guids(shown, history)
    hints += also_rules.hints(content.stories, content)
    hints += also_rules.ungrouped(content, closed)
    hints += _titled(content.introductions)
    hints += _letter_hints(content.letters, closed)
    hints += _other_leads_in_letters(content, shown)
    if not content.unread:
        hints += file_rules.unknown_feeds(survey, config)
    hints += file_rules.files_of_two_stories(survey.ledgers)
    hints += file_rules.pictures(content.copied)
    hints += file_rules.unpublished(survey.files)
    return problems(hints, read)


def of_story(story: Story, history: History, config: Config, read: Read) -> tuple[Problem, ...]:
    """Returns all hints about one story that do not depend on other stories."""
    hints: list[Hint] = []
    for text in _notes([story]):
        hints += _markdown_hints(text)
    hints += _key_hints(story.file, read)
    hints += story_rules.of_story(story, history, config.site.zone)
    hints += story_rules.in_another_week(story, history)
    hints += _pending(story, history, read)
    return problems(hints, read)


def duplicate_hints(stories: Sequence[Story], read: Read) -> tuple[Problem, ...]:
    """Returns the hints about duplicates among stories: second leads, and links to one article."""
    hints = [*story_rules.second_leads(stories), *story_rules.same_articles(stories)]
    return problems(hints, read)


def of_text(text: Letter | FreePage, read: Read) -> tuple[Problem, ...]:
    """Returns all hints about the text of a letter, a page or an introduction."""
    return problems(_markdown_hints(Text(text.file, text.line, text.body)), read)


def files_to_review(survey: Survey, read: Read, merged: pending.GitMerges) -> tuple[str, ...]:
    """Returns the files with changes by a pull that the editor has not looked at yet.

    `merged` is what git has merged into files since an editor last saw them.
    """
    history = survey.history
    shown = (story for story in survey.content.stories if not story.hide)
    return tuple(story.file for story in shown if _to_review(story, history, read, merged))


def outside_links(survey: Survey, line_of: LineOf) -> Iterator[tuple[str, str, int]]:
    """Yields every URL that a published text links to, without fragment, with file and line."""
    for story in survey.content.stories:
        if not story.hide:
            yield story.link.partition("#")[0], story.file, line_of(story.file, "link")
            if story.saved:
                yield story.saved.partition("#")[0], story.file, line_of(story.file, "saved")
    for text in texts(survey):
        prose = MarkdownText(text.markdown)
        for link in prose.links:
            address = urls.web_link(link.address.partition("#")[0])
            if address and link.kind != "bare":
                yield address, text.file, text.line + prose.line_of(link.start) - 1


def idle_themes(survey: Survey, config: Config) -> tuple[str, ...]:
    """Returns the ids of themes without a story, if the digest has enough stories."""
    stories = survey.content.stories
    if survey.content.unread or len(stories) < _ENOUGH_STORIES:
        return ()
    used = set[str]()
    for story in stories:
        used.update(story.themes)
    return tuple(theme.id for theme in config.themes if used.isdisjoint((theme.id, *theme.was)))


def texts(survey: Survey) -> Iterator[Text]:
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
    story: Story,
    history: History,
    read: Read,
    merged: pending.GitMerges = _NO_MERGES,
    letters: Sequence[Letter] = (),
) -> Iterator[Hint]:
    """Finds what pulls have left for the editor to look at in a story."""
    found = _to_review(story, history, read, merged)
    name_of_file = basename(story.file)
    linking = [letter.file for letter in letters if found and name_of_file in letter.body]
    for name, what, cure in pending.hints(story, found, linking[0] if linking else ""):
        if name == "excerpt":  # it is below the front matter
            yield Hint(story.file, what, cure, line=story.line)
        else:
            yield Hint(story.file, what, cure, key=name)
    if "excerpt" not in found:  # one hint at a time
        yield from story_rules.requoted(story, history)


def _to_review(
    story: Story, history: History, read: Read, merged: pending.GitMerges
) -> pending.Pending:
    records = history.of(story)
    here = merged.get(story.file, pending.NO_MERGE)
    if not (any(here) or pending.has_any(records)):
        return {}
    return pending.to_review(records, story, read(story.file), here)


def _key_hints(file: str, read: Read) -> Iterator[Hint]:
    text = read(file)
    for line, key in key_rules.empty_flags(text):
        yield Hint(
            file, f"'{key}' has no value, so it is off", "write true, or remove the line", line=line
        )
    for line in key_rules.unclosed_quotes(text):
        what = "a text begins with a quotation mark that is never closed, so readers see it"
        yield Hint(file, what, "close it, or remove it", line=line)


def _markdown_hints(text: Text) -> Iterator[Hint]:
    for hint in markdown_rules.hints(text.markdown):
        yield Hint(text.file, hint.what, hint.cure, line=text.line + hint.line - 1)


def _private_links(survey: Survey) -> Iterator[Hint]:
    """Finds links that readers cannot open, since they lead into a private network."""
    for story in survey.content.stories:
        for key, address in (("link", story.link), ("saved", story.saved)):
            if not story.hide and (host := private_host_of(address)):
                what = f"{key} leads to {host}, in a private network, where readers cannot open it"
                yield Hint(story.file, what, markdown_rules.PUBLIC, key=key)
    for text in texts(survey):
        for hint in markdown_rules.private_links(text.markdown):
            yield Hint(text.file, hint.what, hint.cure, line=text.line + hint.line - 1)


def _titled(introductions: Iterable[FreePage]) -> Iterator[Hint]:
    """Finds introductions with a `title`: a theme has its title from digest.toml."""
    for page in introductions:
        if page.title != page.name.replace("-", " ").capitalize():  # which is the default
            what = "the title of an introduction is not shown"
            yield Hint(page.file, what, "remove it; a theme's title is in digest.toml", key="title")


def _letter_hints(letters: Iterable[Letter], closed: Collection[Week]) -> Iterator[Hint]:
    """Finds letters that are late, and those that were published as they were drafted."""
    for letter in letters:
        if letter.draft and letter.week in closed:
            what = f"the letter is still a draft, though {letter.week} is closed"
            yield Hint(
                letter.file, what, "run 'digest letter --publish', or delete it", key="draft"
            )
        elif not letter.draft and letter_draft.is_unwritten(letter.body):
            what = "the letter is published, and its text is still as drafted: only links"
            blank = len(letter.body) - len(letter.body.lstrip("\n"))
            cure = "write it, or delete its first comment"
            yield Hint(letter.file, what, cure, line=letter.line + blank)


def _other_leads_in_letters(content: Content, shown: Iterable[Story]) -> Iterator[Hint]:
    """Finds letters that still have the line about the lead with which they were drafted, after
    another story has become the lead."""
    leads = story_rules.leads_by_week(shown)
    names = {(address.present_file, basename(address.file)) for address in content.story_addresses}
    for letter in content.letters:
        for number, name in letter_draft.named_leads(letter.body):
            lead = leads[letter.week][0].file if letter.week in leads else ""
            if name != basename(lead) and (lead, name) not in names:
                what = f"says that {name} leads the week, but {basename(lead) or 'no story'} does"
                cure = "correct this line, or choose that story as the lead"
                yield Hint(letter.file, what, cure, line=letter.line + number)
