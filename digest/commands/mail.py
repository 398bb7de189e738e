"""`digest mail`: an edition as a mail, to a file, to a draft at a service, or sent, once.

    lock ──▶ load ──▶ choose the edition ──▶ compose ──▶ file
                                                     └─▶ "sending" in the ledger ──▶ send ──▶ "sent"

`content/ledger/sent.jsonl` has what was sent. It says so before the first byte of a message leaves,
and again when the server has it. If a run is killed in between, it is not known whether the edition
was sent, and it is not sent again until the editor has decided.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import NamedTuple

from digest import disk
from digest.commands.shared import next_mail, site_address
from digest.config import lines as config_lines
from digest.content import ledger, sent, store
from digest.content.sent import Mailed, SentLine
from digest.errors import DigestError, Faults, NotSentError, Problem, UnknownOutcomeError
from digest.feeds.fetch import ask_api, user_agent
from digest.mail import smtp
from digest.mail.message import headers, is_message, message
from digest.mail.services import service
from digest.mail_settings import SECRET, SERVICES, secret_name
from digest.model import CONFIG_FILE, Config
from digest.site.context import make_context
from digest.site.mail.edition import EditionMail, edition_mail
from digest.site.render import Renderer
from digest.week import Week

_OWN_FOLDERS = frozenset({"content", "templates", disk.WORK_FOLDER})


class Outcome(Enum):
    """What becomes of an edition."""

    NOTHING_DUE = auto()
    SHOWN = auto()
    WRITTEN = auto()
    DRAFTED = auto()
    """A draft was made at a service."""
    DRAFTED_BEFORE = auto()
    CLAIMED = auto()
    """A run has noted that it will send it."""
    SENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReport:
    """What became of an edition.

    - `reason`: why none is due; then the other values are empty
    - `mail`, with how many `stories`, the `message` in bytes, and its `headers` as they are shown
    - `file`: where it was written
    - `draft`: the page of its draft at a service; `is_outdated` if the edition has changed since
    """

    outcome: Outcome
    reason: str = ""
    mail: EditionMail | None = None
    stories: int = 0
    message: bytes = b""
    headers: Sequence[str] = ()
    file: Path | None = None
    draft: str = ""
    is_outdated: bool = False


class MailOptions(NamedTuple):
    """What to do with an edition: write it to `output`, `send` it, `again` even if it was sent.

    `claim` is the name of a run that first notes what it will send, and sends it later. A `dry` run
    changes nothing.
    """

    output: Path | None = None
    send: bool = False
    again: bool = False
    claim: str = ""
    dry: bool = False


@dataclass(frozen=True, slots=True)
class _SentLog:
    """Records in the ledger what becomes of one edition.

    `claim` is the line by which this run has noted before that it will send it.
    """

    root: Path
    config: Config
    week: Week
    clock: Callable[[], datetime]
    claim: SentLine | None = None

    def record(self, state: str, began: str = "", by: str = "") -> SentLine:
        """Adds a line, and returns it; for the other values, see `SentLine`."""
        settings = self.config.mail
        to = settings.to or (f"list {settings.list}" if settings.list else "all readers")
        at, via = ledger.timestamp(self.clock()), settings.via or "hand"
        line = SentLine(at, str(self.week), via, to, state, began, by)
        store.add_sent(self.root, line)
        return line

    @contextlib.contextmanager
    def while_sending(self) -> Iterator[Callable[[], None]]:
        """Yields a function to be called when the edition is about to leave; notes how it ended."""
        line = self.claim

        def begin() -> None:
            nonlocal line
            line = line or self.record(sent.SENDING)

        try:
            yield begin
        except NotSentError:
            if line:
                self.record(sent.FAILED, line.at)
            raise
        except UnknownOutcomeError as error:
            if self.config.mail.via in SERVICES:
                cure = "run the command again: it asks whether the edition was sent"
            else:
                cure = f"it is not known whether {self.week} went out; {_decide(self.week)}"
            raise DigestError(f"{error}; {cure}") from error
        self.record(sent.SENT, line.at if line else "")


def run(
    root: Path,
    config: Config,
    week: str,
    options: MailOptions,
    *,
    secret: str = "",
    clock: Callable[[], datetime],
) -> MailReport:
    """Mails an edition; `week` is what the editor typed, such as w20, or "" for the next one that
    was not mailed.

    `secret` is the password or key of the service. Raises ValueError for words that name no week,
    DigestError for an edition that cannot be mailed, or was mailed.
    """
    with store.locked_for_writing(root, dry=options.dry):
        editions = next_mail.read(root, config)
        edition, reason = next_mail.choose(editions, week, options.claim if options.send else "")
        if edition is None:
            return MailReport(outcome=Outcome.NOTHING_DUE, reason=reason)
        before = editions.mailed.get(edition.week, Mailed())
        log = _SentLog(root, config, edition.week, clock, before.claimed_by(options.claim))
        is_service, wanted = config.mail.via in SERVICES, _wanted_outcome(options, config)
        if wanted is not Outcome.WRITTEN:
            _check_not_mailed(before, edition.week, options, is_service=is_service)
        is_acting = wanted in {Outcome.SENT, Outcome.DRAFTED}
        _check_settings(root, config, is_acting=is_acting and not options.dry, secret=secret)

        context = make_context(editions.archive, config)
        renderer = Renderer(root, context.base)
        renderer.raise_problems()
        mail = edition_mail(context, renderer, edition, editions.dates[edition.week])
        made = message(mail, config.mail, config.site.url)
        report = MailReport(
            outcome=Outcome.SHOWN,
            mail=mail,
            stories=len(edition.stories),
            message=made,
            headers=headers(made),
        )
        if options.dry:
            return report
        if wanted is Outcome.CLAIMED:
            if log.claim is None:
                log.record(sent.SENDING, by=options.claim)
            return replace(report, outcome=wanted)
        if is_acting and is_service:
            return _at_service(log, report, mail, options, secret)
        if wanted is Outcome.SENT:
            with log.while_sending() as begin:
                smtp.send(made, config.mail, secret, begin)
            return replace(report, outcome=wanted)
        file = options.output or root / f"{edition.week}.eml"
        _check_file(root, file)
        disk.write(file.parent, file.name, made)
        return replace(report, outcome=wanted, file=file)


def _wanted_outcome(options: MailOptions, config: Config) -> Outcome:
    """Returns what is to become of an edition that is due, unless the run is dry."""
    if options.send:
        return Outcome.SENT
    if options.claim:
        return Outcome.CLAIMED
    if config.mail.via in SERVICES and not options.output:
        return Outcome.DRAFTED
    return Outcome.WRITTEN


def _at_service(
    log: _SentLog, report: MailReport, mail: EditionMail, options: MailOptions, secret: str
) -> MailReport:
    """Makes a draft at a service, unless it has one, and sends it if that is asked for.

    Raises NotSentError if the edition has changed since the draft was made.
    """
    config = log.config
    api = service(config.mail, secret, partial(ask_api, agent=user_agent(config.site)))
    remote = None if options.again else api.find(mail)
    if remote and not remote.is_draft:
        log.record(sent.SENT)
        where = f"{api.name} has {mail.week} already, as '{remote.state}'"
        reason = f"nothing to mail: {where}: {remote.page}"
        return MailReport(outcome=Outcome.NOTHING_DUE, reason=reason)
    draft = remote or api.create(mail)
    if options.send:
        with log.while_sending() as begin:
            if draft.is_outdated:  # it may have a story that was hidden since
                what = f"the edition has changed since its draft was made: {draft.page}"
                cure = (
                    f"delete the draft at {api.name} and run this again, or send it there as it is"
                )
                raise NotSentError(f"{mail.week}: {what}; {cure}")
            api.send(draft, begin)
        return replace(report, outcome=Outcome.SENT)
    if remote:
        return replace(
            report,
            outcome=Outcome.DRAFTED_BEFORE,
            draft=draft.page,
            is_outdated=draft.is_outdated,
        )
    log.record(sent.DRAFT)
    return replace(report, outcome=Outcome.DRAFTED, draft=draft.page)


def mark_sent(root: Path, config: Config, week: str, *, clock: Callable[[], datetime]) -> Week:
    """Records that an edition was sent, if that was not known; returns its week.

    Raises ValueError for words that name no week, DigestError for one that was sent already.
    """
    with store.locked_for_writing(root):
        editions = next_mail.read(root, config)
        edition, reason = next_mail.choose(editions, week)
        if edition is None:
            raise DigestError(reason)
        before = editions.mailed.get(edition.week, Mailed())
        if before.sent:
            when = next_mail.date_and_recipient(before)
            raise DigestError(f"{edition.week}: was mailed {when} already")
        began = before.unresolved[-1].at if before.unresolved else ""
        _SentLog(root, config, edition.week, clock).record(sent.SENT, began)
        return edition.week


def _check_settings(root: Path, config: Config, *, is_acting: bool, secret: str) -> None:
    """Raises DigestError if digest.toml lacks what a mail needs, or the environment what is needed
    to send it or to make a draft (`is_acting`)."""
    settings, lines = config.mail, config_lines(root)
    table = lines.get(("mail", 0, ""), 0)
    if not settings.sender:
        what, cure = "mail.from is missing", 'add from = "Name <name@example.org>" to [mail]'
        raise Faults([Problem(CONFIG_FILE, table, what, cure)])
    if not is_acting:
        return
    if kind := site_address.why_unreachable(config.site.url):
        what = f"url is {kind} {config.site.url}, so nothing is sent"
        cure = site_address.cure(site_address.of_origin(root))
        raise Faults([Problem(CONFIG_FILE, lines.get(("site", 0, "url"), 0), what, cure)])
    if not settings.via:
        what = "[mail] does not say how to send"
        raise Faults(
            [Problem(CONFIG_FILE, table, what, 'add smtp = "smtp.example.org:587" and to = "…"')]
        )
    if (settings.user or settings.via in SERVICES) and not secret:
        owner = f" of '{settings.user}'" if settings.user else ""
        name = secret_name(settings.via)
        raise DigestError(f"{SECRET} is not set in the environment; it is the {name}{owner}")


def _check_not_mailed(
    before: Mailed, week: Week, options: MailOptions, *, is_service: bool
) -> None:
    """Raises DigestError if an edition was sent, or if that is not known (a service knows), unless
    `again` is set."""
    if options.again:
        return
    if before.sent:
        when = next_mail.date_and_recipient(before)
        raise DigestError(f"{week}: was mailed {when}; --again sends it once more")
    if before.unresolved and not is_service and not before.claimed_by(options.claim):
        line = before.unresolved[-1]
        began = f"sending to {line.to} began at {line.at[:16].replace('T', ' ')} UTC"
        what = f"{began}, and it is not known whether it went out"
        raise DigestError(f"{week}: {what}; {_decide(week)}")


def _check_file(root: Path, file: Path) -> None:
    """Raises DigestError if a message written to `file` would be in a folder of the digest or of
    git, or would replace a file that is not such a message."""
    place, home = file.resolve(), root.resolve()
    within = place.relative_to(home).parts[:-1] if place.is_relative_to(home) else ()
    folder = within[0] if within and within[0] in _OWN_FOLDERS else ""
    if ".git" in place.parts:
        folder = ".git"
    if folder:
        raise DigestError(f"{file}: {folder}/ is not for mails; choose a file elsewhere")
    content = disk.read(file)
    if content is not None and not is_message(content):
        what = "Digest did not make this file, and would write over it"
        raise DigestError(f"{file}: {what}; choose another file, or move it")


def _decide(week: Week) -> str:
    """Returns how the editor says whether an edition went out."""
    return f"if it did: 'digest mail {week} --sent', if not: 'digest mail {week} --send --again'"
