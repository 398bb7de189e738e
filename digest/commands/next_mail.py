"""Which edition is mailed next, and why one is not.

Only closed editions are mailed, in the order in which they were published, as services do that mail
the weekly feed: those published after the last one that was sent. Where none was sent yet, it is
the newest, so that mailing can begin with any archive.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from digest.content import letter_draft, publishable, sent, store
from digest.content.load import load
from digest.content.sent import Mailed
from digest.errors import DigestError, Faults
from digest.model import Config, Content
from digest.site.archive import Archive, Edition
from digest.site.arrange import arrange
from digest.site.edition_dates import EditionDates, dates_of
from digest.week import Week


class NextMail(NamedTuple):
    """The edition to mail, or none and the reason why."""

    edition: Edition | None
    reason: str = ""


class Due(NamedTuple):
    """The edition to mail with its dates, or none and the reason why; what became of all editions."""

    edition: Edition | None
    reason: str
    archive: Archive
    dates: Mapping[Week, EditionDates]
    mailed: Mapping[Week, Mailed]


def due(root: Path, config: Config, words: str = "", claim: str = "") -> Due:
    """Reads a digest and returns the edition that is mailed next, or the one that `words` name, or
    that a run has noted under the name `claim`.

    Raises ValueError for words that name no week, DigestError for an edition that cannot be mailed,
    Faults if the ledger is damaged.
    """
    archive = arrange(publishable.published(load(root, config)), config)
    lines, problems = store.read_sent(root)
    if problems:
        raise Faults(problems)
    dates, mailed = dates_of(archive, config), sent.by_week(lines)
    claimed = [week for week, one in mailed.items() if one.claimed(claim)]
    if claim and not claimed:
        found = NextMail(None, f"nothing to mail: '{claim}' has noted nothing")
    else:
        words = str(claimed[0]) if claimed else words
        found = next_mail(archive, config, dates, mailed, words)
    return Due(*found, archive, dates, mailed)


def next_mail(
    archive: Archive,
    config: Config,
    dates: Mapping[Week, EditionDates],
    mailed: Mapping[Week, Mailed],
    words: str = "",
) -> NextMail:
    """Returns the edition that is mailed next; `dates` are those of the closed editions.

    With `words` such as `2026-W20`, it is that one. Raises ValueError if they name no week,
    DigestError if that edition is not published yet, or has no story.
    """
    if words:
        return NextMail(_chosen(words, archive, config, dates))
    by_date = sorted(
        (edition for edition in archive.editions if edition.week in dates and edition.stories),
        key=lambda edition: dates[edition.week].published,
    )
    sent = [edition for edition in by_date if _is_sent(mailed, edition.week)]
    last = dates[sent[-1].week].published if sent else 0
    waiting = [
        edition
        for edition in by_date
        if not _is_sent(mailed, edition.week) and dates[edition.week].published >= last
    ]
    ready = [edition for edition in waiting if edition.week not in archive.held]
    if ready:
        return NextMail(ready[0] if sent else ready[-1])
    if waiting:
        return NextMail(None, f"nothing to mail: {_refusal(waiting[-1].week, archive, config)}")
    if sent:
        what = f"{sent[-1].week}, the newest closed edition, was mailed {date_and_recipient(mailed[sent[-1].week])}"
        return NextMail(None, f"nothing to mail: {what}")
    return NextMail(None, f"nothing to mail: no week is closed; {_closing(config)}")


def _chosen(
    words: str, archive: Archive, config: Config, dates: Mapping[Week, EditionDates]
) -> Edition:
    content = archive.content
    known = {story.week for story in content.stories} | {one.week for one in content.letters}
    week = letter_draft.chosen(words, known, ())
    if reason := _refusal(week, archive, config, closed=week in dates):
        raise DigestError(reason)
    return next(edition for edition in archive.editions if edition.week == week)


def date_and_recipient(mailed: Mailed) -> str:
    """Returns when and to whom an edition was mailed, in words; empty if it was not."""
    line = mailed.sent
    return f"on {line.at[:10]} to {line.to}" if line else ""


def _is_sent(mailed: Mapping[Week, Mailed], week: Week) -> bool:
    return mailed.get(week, Mailed()).sent is not None


def _refusal(week: Week, archive: Archive, config: Config, *, closed: bool = True) -> str:
    """Returns why an edition cannot be mailed; empty if it can."""
    stories = any(edition.week == week and edition.stories for edition in archive.editions)
    if not stories:
        return f"{week} has no published story; {_hidden(week, archive.content)}"
    if week in archive.held:
        file = next(one.file for one in archive.content.letters if one.week == week)
        return f"{file}: is a draft, so {week} is not mailed; 'digest letter --publish {week}' publishes it"
    return "" if closed else f"{week} is still open; {_closing(config)}"


def _hidden(week: Week, content: Content) -> str:
    here = [story for story in content.stories if story.week == week]
    hidden = sum(story.hide for story in here)
    drafts = sum(story.draft and not story.hide for story in here)
    counts = (f"{hidden} hidden" * bool(hidden), f"{drafts} in draft" * bool(drafts))
    return " and ".join(filter(None, counts)) or "only its letter"


def _closing(config: Config) -> str:
    if config.close == "letter":
        return "its published letter closes it"
    return "it closes when a later week has a story or a letter"
