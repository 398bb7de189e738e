"""Which edition is mailed next, and why one is not.

Only closed editions are mailed, in the order in which they were published, as services do that mail
the weekly feed: those published after the last one that was sent, even if that one is open again or
has no story left. If none was sent yet, the newest is next, so that mailing can begin with any archive.
One pull or letter may close several weeks at one time: of these, the later week is the newer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from digest.commands.shared.week_choice import choose_week
from digest.content import publishable, sent, store
from digest.content.load import load
from digest.content.new_locations import Loaded
from digest.content.sent import Mailed
from digest.errors import DigestError, Faults
from digest.model import Config
from digest.site.archive import Archive, Edition
from digest.site.arrange import arrange
from digest.site.edition_dates import EditionDates, dates_of
from digest.week import Week


class MailState(NamedTuple):
    """What decides: the archive, the dates of closed editions, and what became of all editions."""

    config: Config
    archive: Archive
    dates: Mapping[Week, EditionDates]
    mailed: Mapping[Week, Mailed]


class NextMail(NamedTuple):
    """The edition to mail, or none and the reason why."""

    edition: Edition | None
    reason: str = ""


def read(root: Path, config: Config, *, built_at: datetime | None = None) -> MailState:
    """Reads a digest; raises Faults if it, or the ledger of sent mails, has errors.

    With `built_at`, it is read as it will be after a build at that time, which records locations.
    """
    content = load(root, config)
    if built_at:
        content = Loaded.of(content).as_recorded(built_at).content
    archive = arrange(publishable.without_secrets(content), config)
    lines, problems = store.read_sent(root)
    if problems:
        raise Faults(problems)
    return MailState(config, archive, dates_of(archive, config), sent.by_week(lines))


def choose(state: MailState, words: str = "", claim: str = "") -> NextMail:
    """Returns the edition that is mailed next, or the one that `words` such as `2026-W20` name, or
    that a run has noted under the name `claim`.

    Raises ValueError if the words name no week, DigestError if that edition is not published yet,
    or has no story.
    """
    config, archive, dates, mailed = state
    if claim:
        claimed = [week for week, mail in mailed.items() if mail.claimed_by(claim)]
        if not claimed:
            return NextMail(None, f"nothing to mail: '{claim}' has noted nothing")
        words = str(claimed[0])
    if words:
        weeks = {story.week for story in archive.content.stories}
        weeks |= {letter.week for letter in archive.content.letters}
        week = choose_week(words, weeks, "published story or letter")
        if reason := _refusal(week, state):
            raise DigestError(reason)
        return NextMail(next(edition for edition in archive.editions if edition.week == week))

    closed = [edition for edition in archive.editions if edition.week in dates and edition.stories]
    closed.sort(key=lambda edition: (dates[edition.week].published, edition.week))
    sent_weeks = {week: line.sent for week, line in mailed.items() if line.sent}
    sent_at = [at for at, edition in enumerate(closed) if edition.week in sent_weeks]
    waiting = closed[sent_at[-1] + 1 :] if sent_at else closed
    for week in sent_weeks.keys() - {edition.week for edition in closed}:
        mailed_at = datetime.fromisoformat(sent_weeks[week].at).timestamp()
        waiting = [
            edition
            for edition in waiting
            if edition.week > week or dates[edition.week].published > mailed_at
        ]
    ready = [edition for edition in waiting if edition.week not in archive.draft_weeks]
    if ready:
        return NextMail(ready[0] if sent_weeks else ready[-1])
    if waiting:
        return NextMail(None, f"nothing to mail: {_refusal(waiting[-1].week, state)}")
    if sent_at:
        week = closed[sent_at[-1]].week
        when = date_and_recipient(mailed[week])
        reason = f"{week}, the newest closed edition, was mailed {when}"
        return NextMail(None, f"nothing to mail: {reason}")
    if sent_weeks:
        week = max(sent_weeks)
        when = date_and_recipient(mailed[week])
        return NextMail(None, f"nothing to mail: none is newer than {week}, mailed {when}")
    return NextMail(None, f"nothing to mail: no week is closed; {_closing(config)}")


def date_and_recipient(mailed: Mailed) -> str:
    """Returns when and to whom an edition was mailed, in words; empty if it was not."""
    line = mailed.sent
    return f"on {line.at[:10]} to {line.to}" if line else ""


def _refusal(week: Week, state: MailState) -> str:
    """Returns why an edition cannot be mailed; empty if it can."""
    archive, content = state.archive, state.archive.content
    if not any(edition.week == week and edition.stories for edition in archive.editions):
        stories = [story for story in content.stories if story.week == week]
        hidden = sum(story.hide for story in stories)
        drafts = sum(story.draft and not story.hide for story in stories)
        counts = []
        if hidden:
            counts.append(f"{hidden} hidden")
        if drafts:
            counts.append(f"{drafts} in draft")
        return f"{week} has no published story; {' and '.join(counts) or 'only its letter'}"
    if week in archive.draft_weeks:
        file = next(letter.file for letter in content.letters if letter.week == week)
        cure = f"'digest letter --publish {week}' publishes it"
        return f"{file}: is a draft, so {week} is not mailed; {cure}"
    if week not in state.dates:
        weeks = sorted(edition.week for edition in archive.editions)
        plausible = archive.plausible_weeks
        if state.config.close != "letter" and plausible[-1:] == [week] != weeks[-1:]:
            what = f"{weeks[len(plausible)]} is taken for mistyped"
            return f"{week} is still open, since {what}; 'digest check' says why"
        return f"{week} is still open; {_closing(state.config)}"
    return ""


def _closing(config: Config) -> str:
    if config.close == "letter":
        return "its published letter closes it"
    return "it closes when a later week has a story or a letter"
