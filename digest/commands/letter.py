"""`digest letter`: a drafted letter for a week, to edit.

    lock ──▶ load ──▶ arrange ──▶ choose the week ──▶ draft ──▶ content/<week>/letter.md
                                                  └─▶ links that are missing ──▶ its end

`--publish` takes out `draft` and writes `published`. A draft holds its edition back from the weekly
feed, and mailers look for what was published since they last looked: so the edition then counts as
published when its letter is.

It lists stories in the order of the week's page, without hidden ones and drafts. Never overwrites a
letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.content import edit, letter_draft, paths, store
from digest.content.edit import Edit
from digest.content.load import load
from digest.errors import DigestError
from digest.model import Config, Letter
from digest.site.archive import Archive, Edition
from digest.site.arrange import arrange
from digest.site.edition_dates import dates_of
from digest.week import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterReport:
    """The letter's file, its week, how many stories it links, and how many of the week are drafts
    and left out. `appeared`: when the edition came into the weekly feed, before it had a letter.
    `edit` is how the file was changed, for undo."""

    file: str
    week: Week
    stories: int
    drafts: int
    appeared: datetime | None = None
    edit: Edit | None = None


def run(root: Path, config: Config, week: str = "") -> LetterReport:
    """Drafts the letter of a week, in words; without them that of the newest week that has stories
    and no letter.

    Raises ValueError for words that name no week, DigestError where there is a letter already, or
    no story.
    """
    with store.writing(root):
        content = load(root, config)
        archive = arrange(content, config)
        editions = {edition.week: edition for edition in archive.editions if edition.stories}
        written = {letter.week: letter.file for letter in content.letters}
        edition = editions[letter_draft.chosen(week, editions, written)]
        file = written.get(edition.week) or paths.letter(edition.week)
        text = _draft(edition)
        if edition.week in written or not store.create(root, file, text):
            raise DigestError(
                f"{file}: this week already has a letter; edit it, or delete it first"
            )
    return LetterReport(
        file=file,
        week=edition.week,
        stories=len(edition.stories),
        drafts=sum(
            story.draft and not story.hide
            for story in content.stories
            if story.week == edition.week
        ),
        appeared=_appeared(archive, config, edition.week),
        edit=Edit(file, "", text),
    )


def more(root: Path, config: Config, week: str = "") -> LetterReport:
    """Adds links to the stories that a letter does not link yet, at its end; without words, to the
    newest letter.

    Raises ValueError for words that name no week, DigestError where that week has no letter, or no
    story.
    """
    with store.writing(root):
        content = load(root, config)
        editions = {
            edition.week: edition
            for edition in arrange(content, config).editions
            if edition.stories
        }
        written = {letter.week: letter for letter in content.letters}
        if not week and not editions.keys() & written.keys():
            raise DigestError(
                "content: no week that has stories has a letter yet; 'digest letter' drafts one"
            )
        choice = letter_draft.chosen(
            week, editions if week else editions.keys() & written.keys(), ()
        )
        if choice not in written:
            raise DigestError(
                f"{paths.letter(choice)}: {choice} has no letter yet; 'digest letter {choice}' drafts one"
            )
        file = written[choice].file
        stories = [story for section in editions[choice].sections for story in section.stories]
        missing = letter_draft.unlinked(written[choice].body, stories, content.places)
        text = store.read_exactly(root, file)
        if missing and store.rewrite(root, [Edit(file, text, letter_draft.more(text, missing))]):
            raise DigestError(
                f"{file}: this file was changed in the meantime; run the command again"
            )
    return LetterReport(
        file=file,
        week=choice,
        stories=len(missing),
        drafts=sum(
            story.draft and not story.hide for story in content.stories if story.week == choice
        ),
    )


def publish(root: Path, config: Config, week: str = "", *, now: datetime) -> LetterReport:
    """Takes the draft mark off a week's letter; without words, off the newest draft.

    Raises ValueError for words that name no week, DigestError where that week has no draft.
    """
    with store.writing(root):
        content = load(root, config)
        letters = {letter.week: letter for letter in content.letters}
        drafts = {week: letter.file for week, letter in letters.items() if letter.draft}
        if not drafts and not week:
            raise DigestError("content: no letter is a draft; 'digest letter' drafts one")
        weeks = {*letters, *(story.week for story in content.stories)} if week else drafts
        choice = letter_draft.chosen(week, weeks, ())
        if choice not in drafts:
            raise DigestError(_not_drafted(choice, letters))
        file = drafts[choice]
        text = store.read_exactly(root, file)
        when = now.astimezone(ZoneInfo(config.site.timezone)).replace(microsecond=0)
        published = edit.published_letter(text, file, when)
        if published is None:
            raise DigestError(
                f"{file}: its front matter cannot be changed; take out 'draft: true' yourself"
            )
        if store.rewrite(root, [Edit(file, text, published)]):
            raise DigestError(
                f"{file}: this file was changed in the meantime; run the command again"
            )
    stories = [one for one in content.stories if one.week == choice and not one.hide]
    waiting = sum(one.draft for one in stories)
    return LetterReport(
        file=file,
        week=choice,
        stories=len(stories) - waiting,
        drafts=waiting,
        edit=Edit(file, text, published),
    )


def _not_drafted(week: Week, letters: Mapping[Week, Letter]) -> str:
    """Returns why a week's letter cannot be published."""
    if week in letters:
        return f"{letters[week].file}: the letter of {week} is published already"
    drafted = ", ".join(str(other) for other in sorted(letters) if letters[other].draft)
    found = f"{drafted} has" if drafted else f"'digest letter {week}' drafts one"
    return f"{paths.letter(week)}: {week} has no letter that is a draft; {found}"


def _draft(edition: Edition) -> str:
    return letter_draft.draft(
        edition.week, edition.lead, [(one.theme, list(one.stories)) for one in edition.sections]
    )


def _appeared(archive: Archive, config: Config, week: Week) -> datetime | None:
    """Returns when an edition appeared in the weekly feed; None if it has not."""
    found = dates_of(archive, config).get(week)
    if found is None:
        return None
    return datetime.fromtimestamp(int(found.published), ZoneInfo(config.site.timezone))
