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

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.commands.shared.week_choice import choose_week
from digest.content import edit, letter_draft, paths, store
from digest.content.edit import Edit
from digest.content.load import load
from digest.errors import DigestError, changed_meanwhile
from digest.model import Config, Content
from digest.site.archive import Edition
from digest.site.arrange import arrange
from digest.site.edition_dates import dates_of
from digest.week import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterReport:
    """The letter's file, its week, how many stories were linked in it (by `publish`: are shown in
    its week), and how many of the week are drafts and left out.

    `appeared`: when the edition came into the weekly feed, before it had a letter. `is_closed` and
    `is_unwritten`, of a published letter: whether its week is closed, and its text still as drafted.
    `edit` is how the file was changed, for undo.
    """

    file: str
    week: Week
    stories: int
    drafts: int
    appeared: datetime | None = None
    is_closed: bool = False
    is_unwritten: bool = False
    edit: Edit | None = None


def run(root: Path, config: Config, week: str = "") -> LetterReport:
    """Drafts a letter; `week` is what the editor typed, such as w20, or "" for the newest week that
    has stories and no letter, if it is open or the newest closed one.

    Raises ValueError for words that name no week, DigestError if there is a letter already, or no
    story.
    """
    with store.writing(root):
        content = load(root, config)
        archive = arrange(content, config)
        editions = {edition.week: edition for edition in archive.editions if edition.stories}
        written = {letter.week: letter.file for letter in content.letters}
        weeks = editions if week else _recent(editions, written)
        edition = editions[choose_week(week, weeks, written)]
        file = written.get(edition.week) or paths.letter(edition.week)
        sections = [(section.theme, list(section.stories)) for section in edition.sections]
        text = letter_draft.draft(edition.week, edition.lead, sections)
        if edition.week in written or not store.create(root, file, text):
            raise DigestError(
                f"{file}: this week already has a letter; edit it, or delete it first"
            )
    dates = dates_of(archive, config).get(edition.week)
    appeared = None
    if dates:
        zone = ZoneInfo(config.site.timezone)
        appeared = datetime.fromtimestamp(int(dates.published), zone)
    return LetterReport(
        file=file,
        week=edition.week,
        stories=len(edition.stories),
        drafts=_count_drafts(content, edition.week),
        appeared=appeared,
        edit=Edit(file, "", text),
    )


def more(root: Path, config: Config, week: str = "") -> LetterReport:
    """Adds links to the stories that a letter does not link yet, at its end; without `week`, to
    the newest letter.

    Raises ValueError for words that name no week, DigestError if that week has no letter, or no
    story.
    """
    with store.writing(root):
        content = load(root, config)
        editions = arrange(content, config).editions
        by_week = {edition.week: edition for edition in editions if edition.stories}
        letters = {letter.week: letter for letter in content.letters}
        lettered = by_week.keys() & letters.keys()
        if not week and not lettered:
            raise DigestError(
                "content: no week that has stories has a letter yet; 'digest letter' drafts one"
            )
        choice = choose_week(week, by_week if week else lettered, ())
        if choice not in letters:
            cure = f"'digest letter {choice}' drafts one"
            raise DigestError(f"{paths.letter(choice)}: {choice} has no letter yet; {cure}")
        letter = letters[choice]
        stories = [story for section in by_week[choice].sections for story in section.stories]
        missing = letter_draft.unlinked(letter.body, stories, content.story_addresses)
        text = store.read_exactly(root, letter.file)
        if missing:
            _rewrite(root, Edit(letter.file, text, letter_draft.more(text, missing)))
    return LetterReport(
        file=letter.file,
        week=choice,
        stories=len(missing),
        drafts=_count_drafts(content, choice),
    )


def publish(root: Path, config: Config, week: str = "", *, now: datetime) -> LetterReport:
    """Takes the draft mark off a week's letter; without `week`, off the newest draft.

    Raises ValueError for words that name no week, DigestError if that week has no draft.
    """
    with store.writing(root):
        content = load(root, config)
        letters = {letter.week: letter for letter in content.letters}
        drafts = {week: letter.file for week, letter in letters.items() if letter.draft}
        if not drafts and not week:
            raise DigestError("content: no letter is a draft; 'digest letter' drafts one")
        weeks = {*letters, *(story.week for story in content.stories)} if week else drafts
        choice = choose_week(week, weeks, ())
        if choice in letters and choice not in drafts:
            file = letters[choice].file
            raise DigestError(f"{file}: the letter of {choice} is published already")
        if choice not in drafts:
            others = ", ".join(map(str, sorted(drafts)))
            cure = f"{others} has" if others else f"'digest letter {choice}' drafts one"
            what = f"{choice} has no letter that is a draft"
            raise DigestError(f"{paths.letter(choice)}: {what}; {cure}")
        file = drafts[choice]
        text = store.read_exactly(root, file)
        when = now.astimezone(ZoneInfo(config.site.timezone)).replace(microsecond=0)
        published = edit.published_letter(text, file, when)
        if published is None:
            raise DigestError(
                f"{file}: its front matter cannot be changed; take out 'draft: true' yourself"
            )
        closed = {edition.week for edition in arrange(content, config).editions if edition.closed}
        _rewrite(root, Edit(file, text, published))
    waiting = _count_drafts(content, choice)
    shown = sum(story.week == choice and not story.hide for story in content.stories)
    return LetterReport(
        file=file,
        week=choice,
        stories=shown - waiting,
        drafts=waiting,
        is_closed=config.close == "letter" or choice in closed,
        is_unwritten=letter_draft.is_unwritten(letters[choice].body),
        edit=Edit(file, text, published),
    )


def _recent(editions: Mapping[Week, Edition], lettered: Container[Week]) -> list[Week]:
    """Returns the open weeks and the newest closed one.

    Raises DigestError if all of them have a letter, and only an older one has none.
    """
    newest_closed = max((week for week in editions if editions[week].closed), default=None)
    recent = [week for week in editions if newest_closed is None or week >= newest_closed]
    older = [week for week in editions if week not in recent and week not in lettered]
    if older and all(week in lettered for week in recent):
        have = (
            f"{' and '.join(map(str, sorted(recent)))} {'have' if recent[1:] else 'has'} a letter"
        )
        cure = f"'digest letter {max(older)}' drafts one for an older week"
        raise DigestError(f"content: {have}; {cure}")
    return recent


def _count_drafts(content: Content, week: Week) -> int:
    """Returns how many stories of a week are drafts, without hidden ones."""
    stories = (story for story in content.stories if story.week == week and not story.hide)
    return sum(story.draft for story in stories)


def _rewrite(root: Path, change: Edit) -> None:
    if store.rewrite(root, [change]):
        raise DigestError(changed_meanwhile(change.file))
