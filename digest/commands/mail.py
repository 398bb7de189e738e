"""`digest mail`: an edition as a mail, to a file, to a draft at a service, or sent, once.

    lock ──▶ load ──▶ choose the edition ──▶ compose ──▶ file
                                                     └─▶ "sending" in the ledger ──▶ send ──▶ "sent"

`content/ledger/sent.jsonl` has what was sent. It says so before the first byte of a message leaves,
and again when the server has it: if a run is killed in between, nobody knows whether the edition
was sent, and it is not sent again until the editor has decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from digest import config as settings
from digest import disk
from digest.commands import site_address
from digest.commands.next_mail import next_mail, when
from digest.content import ledger, publishable, sent, store
from digest.content.load import load
from digest.content.sent import Mailed, Sending
from digest.errors import DigestError, Faults, Problem
from digest.feeds.fetch import ask_api, user_agent
from digest.mail import smtp
from digest.mail.errors import NotSentError, UnknownError
from digest.mail.message import headers, message
from digest.mail.services import service
from digest.mail_settings import SECRET
from digest.model import CONFIG_FILE, Config
from digest.site.addresses import Base
from digest.site.archive import Archive, Edition
from digest.site.arrange import arrange
from digest.site.context import make_context
from digest.site.edition_dates import EditionDates, dates_of
from digest.site.mail.edition import EditionMail, edition_mail
from digest.site.render import Renderer
from digest.week import Week

_SERVICES = {"buttondown": "API key", "listmonk": "token"}
"""The services that keep drafts and know what they have sent, and what their secret is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReport:
    """What became of an edition: its `mail`, with how many `stories`, the `message` in bytes, and its
    `headers` as they are shown.

    Without a `mail`, none is due, and `reason` says why. `file` is where the message was written,
    `draft` the page of its draft at a service, which is `new` or was there. Otherwise it was `sent`,
    or only shown.
    """

    mail: EditionMail | None = None
    stories: int = 0
    message: bytes = b""
    headers: Sequence[str] = ()
    reason: str = ""
    file: Path | None = None
    draft: str = ""
    new: bool = False
    sent: bool = False


class Wanted(NamedTuple):
    """What to do with an edition: write it to `output`, `send` it, `again` even if it was sent.

    `claim` is the name of a run that first notes what it will send, and sends it later. A `dry` run
    changes nothing.
    """

    output: Path | None = None
    send: bool = False
    again: bool = False
    claim: str = ""
    dry: bool = False


def run(
    root: Path,
    config: Config,
    week: str,
    wanted: Wanted,
    *,
    secret: str = "",
    clock: Callable[[], datetime],
) -> MailReport:
    """Mails an edition, named in words; if they are empty, the next that was not mailed.

    `secret` is the password or key of the service. Raises ValueError for words that name no week,
    DigestError for an edition that cannot be mailed, or was mailed.
    """
    with store.writing(root, dry=wanted.dry):
        archive = arrange(publishable.published(load(root, config)), config)
        dates, mailed = dates_of(archive, config), _mailed(root)
        found = next_mail(archive, config, dates, mailed, week)
        if found.edition is None:
            return MailReport(reason=found.reason)
        edition = found.edition
        before = mailed.get(edition.week, Mailed())
        at_service = config.mail.via in _SERVICES and not wanted.output
        if wanted.send or at_service:
            _refuse_mailed(before, edition.week, wanted, at_service=at_service)
        acting = not wanted.dry and (wanted.send or at_service)
        _refuse_settings(root, config, acting=acting, secret=secret)
        mail = _composed(root, config, archive, edition, dates[edition.week])
        made = message(mail, config.mail, config.site.url)
        report = MailReport(
            mail=mail, stories=len(edition.stories), message=made, headers=headers(made)
        )
        if wanted.dry:
            return report
        send = partial(_send, root, config, edition.week, clock)
        if at_service:
            ask = partial(ask_api, agent=user_agent(config.site))
            api = service(config.mail, secret, ask)
            remote = None if wanted.again else api.find(mail)
            if remote and not remote.is_draft:
                store.add_sent(root, _line(config, edition.week, sent.SENT, clock()))
                where = f"{api.name} has {edition.week} already, as '{remote.state}'"
                return MailReport(reason=f"nothing to mail: {where}: {remote.page}")
            new, remote = remote is None, remote or api.create(mail)
            if not wanted.send:
                if new:
                    store.add_sent(root, _line(config, edition.week, sent.DRAFT, clock()))
                return replace(report, draft=remote.page, new=new)
            send(partial(api.send, remote))
        elif wanted.send:
            send(partial(smtp.send, made, config.mail, secret))
        else:
            file = wanted.output or root / f"{edition.week}.eml"
            disk.write(file.parent, file.name, made)
            return replace(report, file=file)
        return replace(report, sent=True)


def note(root: Path, config: Config, week: str, *, clock: Callable[[], datetime]) -> Week:
    """Notes that an edition was sent, for one of which nobody knew; returns its week.

    Raises ValueError for words that name no week, DigestError for one that was sent already.
    """
    with store.writing(root):
        archive = arrange(publishable.published(load(root, config)), config)
        dates, mailed = dates_of(archive, config), _mailed(root)
        found = next_mail(archive, config, dates, mailed, week)
        if found.edition is None:
            raise DigestError(found.reason)
        edition = found.edition.week
        before = mailed.get(edition, Mailed())
        if before.sent:
            raise DigestError(f"{edition}: was mailed {when(before)} already")
        began = before.unknown[-1].at if before.unknown else ""
        store.add_sent(root, _line(config, edition, sent.SENT, clock(), began))
        return edition


def _mailed(root: Path) -> Mapping[Week, Mailed]:
    """Returns what became of each edition; raises Faults if a line of the ledger is damaged."""
    lines, problems = store.read_sent(root)
    if problems:
        raise Faults(problems)
    return sent.by_week(lines)


def _refuse_settings(root: Path, config: Config, *, acting: bool, secret: str) -> None:
    """Raises DigestError if digest.toml lacks what a mail needs, or the environment what is needed
    to send it or to make a draft (`acting`)."""
    mail, lines = config.mail, settings.lines(root)
    if not mail.sender:
        what, cure = "mail.from is missing", 'add from = "Name <name@example.org>" to [mail]'
        raise Faults([Problem(CONFIG_FILE, lines.get(("mail", 0, ""), 0), what, cure)])
    if not acting:
        return
    if kind := site_address.kind(config.site.url):
        what = f"url is {kind} {config.site.url}, so nothing is sent"
        cure = site_address.cure(site_address.of_origin(root))
        raise Faults([Problem(CONFIG_FILE, lines.get(("site", 0, "url"), 0), what, cure)])
    if not mail.via:
        what, cure = (
            "[mail] does not say how to send",
            'add smtp = "smtp.example.org:587" and to = "…"',
        )
        raise Faults([Problem(CONFIG_FILE, lines.get(("mail", 0, ""), 0), what, cure)])
    if (mail.user or mail.via in _SERVICES) and not secret:
        raise DigestError(
            f"{SECRET} is not set in the environment; it is the {_SERVICES.get(mail.via, 'password')}"
            + (f" of '{mail.user}'" if mail.user else "")
        )


def _refuse_mailed(before: Mailed, week: Week, wanted: Wanted, *, at_service: bool) -> None:
    """Raises DigestError if an edition was sent, unless it is wanted again, and if nobody knows: a
    service does."""
    if wanted.again:
        return
    if before.sent:
        raise DigestError(f"{week}: was mailed {when(before)}; --again sends it once more")
    if before.unknown and not at_service:
        raise DigestError(_undecided(before.unknown[-1]))


def _undecided(line: Sending) -> str:
    """Returns what is not known, and how the editor decides."""
    return (
        f"{line.week}: sending to {line.to} began at {line.at[:16].replace('T', ' ')} UTC, and it is"
        f" not known whether it went out; if it did: 'digest mail {line.week} --sent', if not:"
        f" 'digest mail {line.week} --send --again'"
    )


def _composed(
    root: Path, config: Config, archive: Archive, edition: Edition, dates: EditionDates
) -> EditionMail:
    context = make_context(archive, config, Base(config.site.url), searched=False)
    renderer = Renderer(root, context.base)
    renderer.refuse_flaws()
    return edition_mail(context, renderer, edition, dates)


def _line(
    config: Config, week: Week, state: str, now: datetime, began: str = "", by: str = ""
) -> Sending:
    mail = config.mail
    via, to = mail.via or "hand", mail.to or (f"list {mail.list}" if mail.list else "all readers")
    return Sending(ledger.timestamp(now), str(week), via, to, state, began, by)


def _send(
    root: Path,
    config: Config,
    week: Week,
    clock: Callable[[], datetime],
    send: Callable[[Callable[[], None]], None],
) -> None:
    """Sends an edition, and notes before and after that it does: `send` calls the function that it
    is given when the edition is about to leave."""
    line = _line(config, week, sent.SENDING, clock())
    begun = False

    def begin() -> None:
        nonlocal begun
        store.add_sent(root, line)
        begun = True

    try:
        send(begin)
    except NotSentError:
        if begun:
            store.add_sent(root, _line(config, week, sent.FAILED, clock(), line.at))
        raise
    except UnknownError as error:
        cure = "run the command again: it asks whether the edition was sent"
        undecided = cure if config.mail.via in _SERVICES else _undecided(line)
        raise DigestError(f"{error}\n{undecided}") from error
    store.add_sent(root, _line(config, week, sent.SENT, clock(), line.at))
