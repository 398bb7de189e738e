"""`digest letter`: a drafted letter for a week, to edit.

    lock ──▶ load ──▶ arrange ──▶ choose the week ──▶ draft ──▶ content/<week>/letter.md
                                                  └─▶ links that are missing ──▶ its end

`--publish` removes `draft` and writes `published`. A draft holds its edition back from the weekly
feed, and mailers look for what was published since they last looked: so the edition then counts as
published when its letter is.

It lists stories in the order of the week's page, without hidden ones and drafts. Never overwrites a
letter.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.commands.shared.week_choice import choose_week
from digest.content import edit, letter_draft, paths, store
from digest.content.edit import Edit
from digest.content.load import load
from digest.errors import DigestError, changed_meanwhile
from digest.model import Config, Content, Story
from digest.site.archive import Edition
from digest.site.arrange import arrange
from digest.site.edition_dates import dates_of
from digest.week import Week, without_mistyped


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedLetter:
    """A new letter with links to `linked` stories of its week, whose `drafts` were left out.

    `in_feed_since` is when the edition came into the weekly feed, if it is there already. `edit` is
    how the file was changed, for undo.
    """

    file: str
    week: Week
    linked: int
    drafts: int
    in_feed_since: datetime | None
    edit: Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedLinks:
    """How many links were `added` to the letter of a week, whose `drafts` were left out."""

    file: str
    week: Week
    added: int
    drafts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLetter:
    """How many stories are `shown` in the published letter's week, without those below another one,
    and how many are still `drafts`.

    `is_closed` says whether the week is closed, `is_unwritten` whether the text is still as
    drafted. `edit` is how the file was changed, for undo.
    """

    file: str
    week: Week
    shown: int
    drafts: int
    is_closed: bool
    is_unwritten: bool
    edit: Edit


def run(root: Path, config: Config, week: str = "") -> DraftedLetter:
    """Drafts a letter; `week` is what the editor typed, such as w20, or "" for the newest week that
    has stories and no letter, if it is open or the newest closed one.

    Raises ValueError for words that name no week, DigestError if there is a letter already, or no
    story.
    """
    with store.locked_for_writing(root):
        content = load(root, config)
        archive = arrange(content, config)
        editions = {edition.week: edition for edition in archive.editions if edition.stories}
        written = {letter.week: letter.file for letter in content.letters}
        if week:
            edition = editions[choose_week(week, editions)]
        else:
            plausible = {one: editions[one] for one in archive.plausible_weeks if one in editions}
            edition = editions[_unwritten(_recent(plausible, written), written)]
        file = written.get(edition.week) or paths.letter(edition.week)
        sections = [(section.theme, list(section.stories)) for section in edition.sections]
        text = letter_draft.draft(edition.week, edition.lead, sections)
        if edition.week in written or not store.create(root, file, text):
            raise DigestError(
                f"{file}: this week already has a letter; edit it, or delete it first"
            )
    dates = dates_of(archive, config).get(edition.week)
    in_feed_since = None
    if dates:
        in_feed_since = datetime.fromtimestamp(int(dates.published), config.site.zone)
    return DraftedLetter(
        file=file,
        week=edition.week,
        linked=len(edition.stories),
        drafts=_count_drafts(content, edition.week),
        in_feed_since=in_feed_since,
        edit=Edit(file, "", text),
    )


def add_links(root: Path, config: Config, week: str = "") -> AddedLinks:
    """Adds links to the stories that a letter does not link yet, at its end; without `week`, to
    the newest letter.

    Raises ValueError for words that name no week, DigestError if that week has no letter, or no
    story.
    """
    with store.locked_for_writing(root):
        content = load(root, config)
        archive = arrange(content, config)
        by_week = {edition.week: edition for edition in archive.editions if edition.stories}
        letters = {letter.week: letter for letter in content.letters}
        lettered = by_week.keys() & letters.keys()
        if not week and not lettered:
            raise DigestError(
                "content: no week that has stories has a letter yet; 'digest letter' drafts one"
            )
        choice = choose_week(week, by_week if week else _plausible(lettered, content))
        if choice not in letters:
            cure = f"'digest letter {choice}' drafts one"
            raise DigestError(f"{paths.letter(choice)}: {choice} has no letter yet; {cure}")
        letter = letters[choice]
        absent = {story.file for story in letter_draft.absent_stories(letter, content)}
        missing = [story for story in _in_order(by_week[choice]) if story.file in absent]
        text = store.read_exactly(root, letter.file)
        if missing:
            _rewrite(root, Edit(letter.file, text, letter_draft.with_links(text, missing)))
    return AddedLinks(
        file=letter.file,
        week=choice,
        added=len(missing),
        drafts=_count_drafts(content, choice),
    )


def _in_order(edition: Edition) -> Iterator[Story]:
    """Yields the stories of an edition as a letter lists them: the lead, then by main theme."""
    if edition.lead:
        yield edition.lead
    for section in edition.sections:
        yield from section.stories


def publish(root: Path, config: Config, week: str = "", *, now: datetime) -> PublishedLetter:
    """Takes the draft mark off a week's letter; without `week`, off the newest draft.

    Raises ValueError for words that name no week, DigestError if that week has no draft.
    """
    with store.locked_for_writing(root):
        content = load(root, config)
        letters = {letter.week: letter for letter in content.letters}
        drafts = {week: letter.file for week, letter in letters.items() if letter.draft}
        if not drafts and not week:
            raise DigestError("content: no letter is a draft; 'digest letter' drafts one")
        weeks = {*letters, *(story.week for story in content.stories)}
        choice = choose_week(week, weeks if week else _plausible(drafts, content), "story")
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
        when = now.astimezone(config.site.zone).replace(microsecond=0)
        published = edit.published_letter(text, file, when)
        if published is None:
            raise DigestError(
                f"{file}: its front matter cannot be changed; remove 'draft: true' yourself"
            )
        editions = {edition.week: edition for edition in arrange(content, config).editions}
        edition = editions.get(choice)
        _rewrite(root, Edit(file, text, published))
    return PublishedLetter(
        file=file,
        week=choice,
        shown=len(edition.stories) if edition else 0,
        drafts=_count_drafts(content, choice),
        is_closed=config.close == "letter" or (edition is not None and edition.closed),
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


def _plausible(lettered: Collection[Week], content: Content) -> set[Week]:
    """Returns these weeks of letters without those that are taken for mistyped.

    Raises DigestError if all of them are: then the editor has to name the week.
    """
    weeks = (*lettered, *(story.week for story in content.stories if not story.hide))
    plausible = set(lettered).intersection(without_mistyped(weeks, content.reached))
    if not plausible:
        mistyped = ", ".join(map(str, sorted(lettered)))
        what = f"the only weeks to choose from are taken for mistyped ({mistyped})"
        raise DigestError(f"content: {what}; name the week")
    return plausible


def _unwritten(weeks: Collection[Week], lettered: Collection[Week]) -> Week:
    """Returns the newest of these weeks that has no letter; raises DigestError if there is none."""
    if not weeks:
        what = "no week has a story to write about; 'digest pull' adds some"
        raise DigestError(f"content: {what}")
    for week in sorted(weeks, reverse=True):
        if week not in lettered:
            return week
    what = "every week that has stories has its letter; edit the one you mean"
    raise DigestError(f"content: {what}")


def _count_drafts(content: Content, week: Week) -> int:
    """Returns how many stories of a week are drafts, without hidden ones."""
    stories = (story for story in content.stories if story.week == week and not story.hide)
    return sum(story.draft for story in stories)


def _rewrite(root: Path, change: Edit) -> None:
    if store.apply_edits(root, [change]):
        raise DigestError(changed_meanwhile(change.file))
