"""`digest mail`: an edition as a mail, to a file, to a draft at a service, or sent, once.

    lock ──▶ load ──▶ choose the edition ──▶ compose ──▶ file
                                                     └─▶ "sending" in the ledger ──▶ send ──▶ "sent"

`content/ledger/sent.jsonl` has what was sent. It says so before the first byte of a message leaves,
and again when the server has it. If a run is killed in between, it is not known whether the edition
was sent, and it is not sent again until the editor has decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from digest import config as settings
from digest import disk
from digest.commands import site_address
from digest.commands.next_mail import Due, date_and_recipient, due
from digest.content import ledger, sent, store
from digest.content.sent import Mailed, Sending
from digest.errors import DigestError, Faults, Problem
from digest.feeds.fetch import ask_api, user_agent
from digest.mail import smtp
from digest.mail.errors import NotSentError, UnknownError
from digest.mail.message import headers, message
from digest.mail.services import Service, service
from digest.mail_settings import SECRET
from digest.model import CONFIG_FILE, Config
from digest.site.archive import Edition
from digest.site.context import make_context
from digest.site.mail.edition import EditionMail, edition_mail
from digest.site.render import Renderer
from digest.week import Week

_SERVICES = {"buttondown": "API key", "listmonk": "token"}
"""The services that keep drafts and know what they have sent, and what their secret is called."""
Begin = Callable[[], None]
"""Notes that an edition is about to leave."""
Sender = Callable[[Begin], None]
"""Sends an edition; calls `Begin` when it is about to leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReport:
    """What became of an edition: its `mail`, with how many `stories`, the `message` in bytes, and its
    `headers` as they are shown.

    Without a `mail`, none is due, and `reason` says why. `file` is where the message was written,
    `draft` the page of its draft at a service, which is `new` or was there. Otherwise it was
    `sent`, noted as about to be (`claimed`), or only shown.
    """

    mail: EditionMail | None = None
    stories: int = 0
    message: bytes = b""
    headers: Sequence[str] = ()
    reason: str = ""
    file: Path | None = None
    draft: str = ""
    new: bool = False
    claimed: bool = False
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
        found = due(root, config, week, wanted.claim if wanted.send else "")
        if found.edition is None:
            return MailReport(reason=found.reason)
        edition = found.edition
        before = found.mailed.get(edition.week, Mailed())
        at_service = config.mail.via in _SERVICES and not wanted.output
        claiming = bool(wanted.claim) and not wanted.send
        if wanted.send or at_service or claiming:
            _refuse_mailed(before, edition.week, wanted, at_service=at_service)
        acting = not wanted.dry and (wanted.send or (at_service and not claiming))
        _refuse_settings(root, config, acting=acting, secret=secret)
        mail = _composed(root, config, found, edition)
        made = message(mail, config.mail, config.site.url)
        report = MailReport(
            mail=mail, stories=len(edition.stories), message=made, headers=headers(made)
        )
        if wanted.dry:
            return report
        claimed = before.claimed(wanted.claim)
        if claiming:
            if claimed is None:
                line = _line(config, edition.week, sent.SENDING, clock())
                store.add_sent(root, line._replace(by=wanted.claim))
            return replace(report, claimed=True)
        send = partial(_send, root, config, edition.week, clock, claimed)
        if at_service:
            ask = partial(ask_api, agent=user_agent(config.site))
            api = service(config.mail, secret, ask)
            noted = partial(_line, config, edition.week, now=clock())
            return _at_service(root, api, mail, report, wanted, send, noted)
        if wanted.send:
            send(partial(smtp.send, made, config.mail, secret))
            return replace(report, sent=True)
        file = wanted.output or root / f"{edition.week}.eml"
        disk.write(file.parent, file.name, made)
        return replace(report, file=file)


def _at_service(
    root: Path,
    api: Service,
    mail: EditionMail,
    report: MailReport,
    wanted: Wanted,
    send: Callable[[Sender], None],
    noted: Callable[..., Sending],
) -> MailReport:
    """Makes a draft at a service, unless it has one, and sends it if that is wanted.

    `send` sends by the function that it is given, `noted` makes a line for the ledger.
    """
    remote = None if wanted.again else api.find(mail)
    if remote and not remote.is_draft:
        store.add_sent(root, noted(state=sent.SENT))
        where = f"{api.name} has {mail.week} already, as '{remote.state}'"
        return MailReport(reason=f"nothing to mail: {where}: {remote.page}")
    new, remote = remote is None, remote or api.create(mail)
    if not wanted.send:
        if new:
            store.add_sent(root, noted(state=sent.DRAFT))
        return replace(report, draft=remote.page, new=new)
    send(partial(api.send, remote))
    return replace(report, sent=True)


def note(root: Path, config: Config, week: str, *, clock: Callable[[], datetime]) -> Week:
    """Notes that an edition was sent, if that was not known; returns its week.

    Raises ValueError for words that name no week, DigestError for one that was sent already.
    """
    with store.writing(root):
        found = due(root, config, week)
        if found.edition is None:
            raise DigestError(found.reason)
        edition = found.edition.week
        before = found.mailed.get(edition, Mailed())
        if before.sent:
            raise DigestError(f"{edition}: was mailed {date_and_recipient(before)} already")
        began = before.unknown[-1].at if before.unknown else ""
        store.add_sent(root, _line(config, edition, sent.SENT, clock(), began))
        return edition


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
    """Raises DigestError if an edition was sent, or if that is not known (a service knows), unless
    it is wanted again."""
    if wanted.again:
        return
    if before.sent:
        raise DigestError(
            f"{week}: was mailed {date_and_recipient(before)}; --again sends it once more"
        )
    if before.unknown and not at_service and not before.claimed(wanted.claim):
        raise DigestError(_undecided(before.unknown[-1]))


def _undecided(line: Sending) -> str:
    """Returns what is not known, and how the editor decides."""
    return (
        f"{line.week}: sending to {line.to} began at {line.at[:16].replace('T', ' ')} UTC, and it is"
        f" not known whether it went out; if it did: 'digest mail {line.week} --sent', if not:"
        f" 'digest mail {line.week} --send --again'"
    )


def _composed(root: Path, config: Config, found: Due, edition: Edition) -> EditionMail:
    context = make_context(found.archive, config)
    renderer = Renderer(root, context.base)
    renderer.refuse_flaws()
    return edition_mail(context, renderer, edition, found.dates[edition.week])


def _line(config: Config, week: Week, state: str, now: datetime, began: str = "") -> Sending:
    mail = config.mail
    via, to = mail.via or "hand", mail.to or (f"list {mail.list}" if mail.list else "all readers")
    return Sending(ledger.timestamp(now), str(week), via, to, state, began)


def _send(
    root: Path,
    config: Config,
    week: Week,
    clock: Callable[[], datetime],
    claimed: Sending | None,
    send: Sender,
) -> None:
    """Sends an edition, and notes it before and after; `claimed` is the line that notes it already."""
    line = claimed or _line(config, week, sent.SENDING, clock())
    begun = claimed is not None

    def begin() -> None:
        nonlocal begun
        if not begun:
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
