"""`digest mail`: which edition, to a file or sent by a real mail server, and never twice."""

from __future__ import annotations

import asyncio
import email
import json
import shutil
import smtplib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import policy
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP
from mailhost import PASSWORD, Inbox, certificate, encrypted, serving
from repositories import git
from test_cli import digest

from digest import config
from digest.commands import mail
from digest.commands.mail import MailOptions
from digest.content import store
from digest.content.paths import SENT

NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)
SETTINGS = """\
[site]
title = "Test"
url = "https://chip-digest.github.io/"

[mail]
from = "Ed <ed@example.net>"
to = "list@example.net"
smtp = "127.0.0.1:{port}"
"""


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def root(tmp_path: Path, inbox: Inbox) -> Iterator[Path]:
    """A digest with stories in two closed weeks and an open one, and a mail server."""
    for day, week in (("08", 19), ("15", 20), ("19", 21)):
        put(tmp_path, f"2026/w{week}/2026-05-{day}-chips-{week}.md")
    with serving(inbox) as port:
        (tmp_path / "digest.toml").write_text(SETTINGS.format(port=port))
        yield tmp_path


def put(root: Path, file: str, *lines: str) -> None:
    path = root / "content" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    more = "".join(f"{line}\n" for line in lines)
    path.write_text(
        f"---\ntitle: {path.stem[11:].capitalize()}\nlink: https://n.example/{path.stem}\n{more}---\n"
    )


def letter(root: Path, week: int, *lines: str) -> None:
    front = "".join(f"{line}\n" for line in lines)
    (root / f"content/2026/w{week}/letter.md").write_text(f"---\ntitle: Dear\n{front}---\nWords.\n")


def mailed(root: Path, *words: str, **variables: str) -> str:
    """What the command says; the test fails if it does."""
    done = digest("mail", *words, cwd=root, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(root: Path, *words: str, **variables: str) -> str:
    """The one line with which the command refuses."""
    done = digest("mail", *words, cwd=root, **variables)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.rstrip("\n")


def lines(root: Path) -> list[tuple[str, str]]:
    """Week and state of each line of the ledger."""
    file = root / SENT
    found = map(json.loads, file.read_text().splitlines()) if file.exists() else []
    return [(line["week"], line["state"]) for line in found]


def test_the_newest_closed_edition_is_written_to_a_file(root: Path, inbox: Inbox) -> None:
    assert mailed(root) == (
        f"{root}/2026-W20.eml: 'Week 20, 2026: Chips-20' with 1 story\n"
        "A mail server keeps no drafts; 'digest mail --send' sends it to list@example.net\n"
    )
    made = email.message_from_bytes((root / "2026-W20.eml").read_bytes(), policy=policy.default)
    assert made["Subject"] == "Week 20, 2026: Chips-20"
    assert (inbox.messages, lines(root)) == ([], [])


def test_the_message_is_written_to_any_file_or_to_standard_output(root: Path) -> None:
    mailed(root, "--output", "mine.eml")

    assert (
        mailed(root, "w19", "--output", "-").splitlines()[2] == "Subject: Week 19, 2026: Chips-19"
    )
    assert not (root / "2026-W20.eml").exists()
    assert b"Subject: Week 20" in (root / "mine.eml").read_bytes()


def test_a_message_is_written_over_an_earlier_one_only(root: Path) -> None:
    mailed(root, "w19", "--output", "mine.eml")
    mailed(root, "w20", "--output", "mine.eml")
    assert b"Subject: Week 20" in (root / "mine.eml").read_bytes()

    for file in ("2026-W20.eml", "digest.toml", "content/2026/w20/2026-05-15-chips-20.md"):
        path = root / file
        before = path.read_bytes() if path.exists() else b"From: a@n.example\n\nMine\n"
        path.write_bytes(before)
        assert refused(root, "w20", "--output", file).startswith(f"{file}: ")
        assert path.read_bytes() == before
    (root / "link").symlink_to(root / "content", target_is_directory=True)
    cure = "choose a file elsewhere"
    for file, folder in (
        ("content/static/w20.eml", "content"),
        ("link/w20.eml", "content"),
        ("templates/../templates/w20.eml", "templates"),
        (".digest/w20.eml", ".digest"),
        (".git/hooks/post-commit", ".git"),
    ):
        why = refused(root, "w20", "--output", file)
        assert why == f"{file}: {folder}/ is not for mails; {cure}"
        assert not (root / file).exists()
    what = "Digest did not make this file, and would write over it"
    assert refused(root, "w20").endswith(f"2026-W20.eml: {what}; choose another file, or move it")


def test_a_dry_run_shows_headers_and_text_and_writes_nothing(root: Path) -> None:
    before = sorted(root.rglob("*"))
    shown = mailed(root, "--dry-run", "--send")

    assert shown.startswith(
        "From: Ed <ed@example.net>\nTo: list@example.net\nSubject: Week 20, 2026"
    )
    assert "Week 20, 2026: Chips-20\n=====" in shown
    assert sorted(root.rglob("*")) == before


def test_an_edition_is_sent_once(root: Path, inbox: Inbox) -> None:
    assert mailed(root, "--send") == (
        "Sent to list@example.net: 'Week 20, 2026: Chips-20' with 1 story\n"
        "Commit content/ledger/sent.jsonl, so that no other clone sends it again\n"
    )
    ((sender, recipients, message),) = inbox.messages
    assert (sender, recipients) == ("ed@example.net", ["list@example.net"])
    assert b"Subject: Week 20, 2026: Chips-20" in message
    assert lines(root) == [("2026-W20", "sending"), ("2026-W20", "sent")]

    again = mailed(root, "--send")
    assert again.startswith("Nothing to mail: 2026-W20, the newest closed edition, was mailed on ")
    assert "--again sends it once more" in refused(root, "w20", "--send")
    assert len(inbox.messages) == 1
    assert mailed(root, "w20", "--send", "--again").startswith("Sent to")
    assert len(inbox.messages) == 2


def test_editions_follow_in_the_order_in_which_they_were_published(
    root: Path, inbox: Inbox
) -> None:
    mailed(root, "w19", "--send")
    put(root, "2026/w22/2026-05-26-chips-22.md")

    assert "Week 20" in mailed(root, "--send")
    assert "Week 21" in mailed(root, "--send")
    assert mailed(root, "--send").startswith("Nothing to mail: 2026-W21")
    assert len(inbox.messages) == 3


@pytest.mark.parametrize(
    "hidden", ["2026/w21/2026-05-19-chips-21.md", "2026/w20/2026-05-15-chips-20.md"]
)
def test_no_older_edition_is_mailed_when_the_last_one_is_open_again_or_hidden(
    root: Path, inbox: Inbox, hidden: str
) -> None:
    mailed(root, "w20", "--send")
    put(root, hidden, "hide: true")

    said = mailed(root, "--send")

    assert said.startswith("Nothing to mail: none is newer than 2026-W20, mailed on ")
    assert len(inbox.messages) == 1
    put(root, "2026/w22/2026-05-26-chips-22.md")
    put(root, "2026/w23/2026-06-02-chips-23.md")
    put(root, "2026/w21/2026-05-19-chips-21.md")
    assert "Week 21" in mailed(root, "--send")  # the oldest of those that are newer


def test_an_archive_that_was_there_before_is_not_mailed(root: Path) -> None:
    mailed(root, "--send")
    put(root, "2026/w22/2026-05-26-chips-22.md")
    mailed(root, "--send")
    mailed(root, "--send")

    assert lines(root)[1::2] == [("2026-W20", "sent"), ("2026-W21", "sent")]


def test_of_editions_published_at_one_time_the_later_week_is_the_newer(root: Path) -> None:
    letter(root, 19, "published: 2026-05-20T08:00:00Z")
    letter(root, 20, "published: 2026-05-20T08:00:00Z")

    assert "'Week 20, 2026" in mailed(root, "--send")
    assert mailed(root, "--send").startswith("Nothing to mail: 2026-W20")


def test_editions_published_at_one_time_follow_by_week(root: Path) -> None:
    put(root, "2026/w18/2026-05-01-chips-18.md")
    letter(root, 19, "published: 2026-05-20T08:00:00Z")
    letter(root, 20, "published: 2026-05-20T08:00:00Z")
    mailed(root, "w18", "--send")

    assert "'Week 19, 2026" in mailed(root, "--send")
    assert "'Week 20, 2026" in mailed(root, "--send")
    assert mailed(root, "--send").startswith("Nothing to mail: 2026-W20")


def test_the_first_letter_that_closes_weeks_does_not_mail_the_archive(root: Path) -> None:
    with (root / "digest.toml").open("a") as settings:
        settings.write('[editions]\nclose = "letter"\n')
    put(root, "2026/w18/2026-05-01-chips-18.md")
    letter(root, 20, "published: 2026-05-20T08:00:00Z")

    assert "'Week 20, 2026" in mailed(root, "--send")
    assert mailed(root, "--send").startswith("Nothing to mail: 2026-W20")


def test_merged_clones_send_nothing_twice(root: Path, inbox: Inbox) -> None:
    clone = shutil.copytree(root, root.parent / "clone")
    mailed(root, "w19", "--send")
    mailed(clone, "--send")
    (root / SENT).write_text((clone / SENT).read_text() + (root / SENT).read_text())

    assert mailed(root, "--send").startswith("Nothing to mail: 2026-W20")
    assert "2026-W19: was mailed" in refused(root, "w19", "--send")
    assert len(inbox.messages) == 2


def test_unpublished_editions_are_not_mailed(root: Path) -> None:
    put(root, "2026/w18/2026-05-01-a.md", "hide: true")
    put(root, "2026/w18/2026-05-02-b.md", "draft: true")
    letter(root, 19, "draft: true")

    assert refused(root, "w21") == (
        "2026-W21 is still open; it closes when a later week has a story or a letter"
    )
    assert refused(root, "w18") == "2026-W18 has no published story; 1 hidden and 1 in draft"
    assert refused(root, "w19") == (
        "content/2026/w19/letter.md: is a draft, so 2026-W19 is not mailed; "
        "'digest letter --publish 2026-W19' publishes it"
    )
    assert refused(root, "w17").startswith("w17: has no published story or letter; ")
    assert digest("mail", "soon", cwd=root).returncode == 2


def test_a_draft_of_a_letter_holds_its_edition_back(root: Path) -> None:
    letter(root, 20, "draft: true")
    mailed(root, "w19", "--send")

    assert "content/2026/w20/letter.md: is a draft" in mailed(root, "--send")
    letter(root, 20)
    assert "'Week 20, 2026: Dear'" in mailed(root, "--send")


def test_a_digest_without_a_closed_week_has_nothing_to_mail(root: Path) -> None:
    shutil.rmtree(root / "content")
    put(root, "2026/w21/2026-05-19-chips.md")

    assert mailed(root, "--send").startswith("Nothing to mail: no week is closed; it closes when ")


def test_missing_settings_for_sending_are_named(root: Path) -> None:
    settings = (root / "digest.toml").read_text()

    (root / "digest.toml").write_text(settings.replace("chip-digest.github.io", "example.org"))
    assert refused(root, "--send").startswith("digest.toml:3: url is still the example address")
    (root / "digest.toml").write_text(f"{settings}user = 'ed'\n")
    assert refused(root, "--send") == (
        "DIGEST_MAIL_SECRET is not set in the environment; it is the password of 'ed'"
    )
    (root / "digest.toml").write_text(settings.partition("to =")[0])
    assert refused(root, "--send").startswith(
        "digest.toml:5: [mail] does not say how to send; add "
    )
    (root / "digest.toml").write_text(settings.partition("[mail]")[0])
    assert refused(root) == (
        'digest.toml: mail.from is missing; add from = "Name <name@example.org>" to [mail]'
    )


def test_a_refused_recipient_is_not_recorded_as_sent(root: Path, inbox: Inbox) -> None:
    inbox.on_rcpt = lambda _: "550 no such list"

    assert refused(root, "--send").endswith(
        ": refuses the recipient list@example.net: 550 no such list; "
        "check mail.to and mail.user in digest.toml"
    )
    assert lines(root) == []
    inbox.on_rcpt = lambda _: None
    mailed(root, "--send")
    assert len(inbox.messages) == 1


def test_a_refused_message_can_be_sent_later(root: Path, inbox: Inbox) -> None:
    inbox.on_data = lambda _: "554 looks like spam"

    assert refused(root, "--send").endswith(": refuses the message: 554 looks like spam")
    assert lines(root) == [("2026-W20", "sending"), ("2026-W20", "failed")]
    inbox.on_data = lambda _: None
    mailed(root, "--send")
    assert lines(root)[2:] == [("2026-W20", "sending"), ("2026-W20", "sent")]


def hang_up(server: SMTP) -> str | None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()
    return "250 never heard"


def test_a_server_that_dies_while_sending_leaves_the_decision_to_the_editor(
    root: Path, inbox: Inbox
) -> None:
    inbox.on_data = hang_up
    (first,) = refused(root, "--send").splitlines()
    inbox.on_data = lambda _: None

    decide = (
        "if it did: 'digest mail 2026-W20 --sent', if not: 'digest mail 2026-W20 --send --again'"
    )
    assert "the connection ended while the message was sent: " in first
    assert first.endswith(f"; it is not known whether 2026-W20 went out; {decide}")
    assert refused(root, "--send").endswith(
        f" UTC, and it is not known whether it went out; {decide}"
    )
    assert mailed(root, "w20", "--sent") == "2026-W20: noted as sent\n"
    assert mailed(root, "--send").startswith("Nothing to mail")
    assert inbox.messages == []
    assert "was mailed" in refused(root, "w20", "--sent")


def test_an_edition_that_may_have_been_sent_can_be_sent_again(root: Path, inbox: Inbox) -> None:
    inbox.on_data = hang_up
    refused(root, "--send")
    inbox.on_data = lambda _: None

    mailed(root, "2026-W20", "--send", "--again")
    assert len(inbox.messages) == 1
    assert mailed(root, "--send").startswith("Nothing to mail")


def test_an_unreachable_server_is_reported(root: Path) -> None:
    (root / "digest.toml").write_text(SETTINGS.format(port=1))

    why = refused(root, "--send")
    assert why.startswith("127.0.0.1:1: ")
    assert why.endswith("; check mail.smtp in digest.toml")
    assert lines(root) == []


def test_a_refused_sender_is_named_with_the_setting(root: Path, inbox: Inbox) -> None:
    settings = (root / "digest.toml").read_text()
    (root / "digest.toml").write_text(settings.replace("ed@example.net", "ed@elsewhere.example"))
    inbox.on_mail = lambda address: f"550 {address} is not ours"

    assert refused(root, "--send").endswith(
        ": refuses the sender ed@elsewhere.example: 550 ed@elsewhere.example is not ours; "
        "check mail.from and mail.user in digest.toml"
    )
    assert lines(root) == []


class KilledError(BaseException):
    """The process ends."""


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", ["begin", "send", "end"])
def test_no_edition_is_sent_twice_whenever_a_run_is_killed(
    root: Path, inbox: Inbox, step: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config.load(root)
    calls = 0

    def killed(real: Callable[..., object], nth: int) -> Callable[..., object]:
        def call(*words: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls == nth and not after:
                raise KilledError
            found = real(*words, **named)
            if calls == nth:
                raise KilledError
            return found

        return call

    with monkeypatch.context() as patch:
        if step == "send":
            patch.setattr(smtplib.SMTP, "data", killed(smtplib.SMTP.data, 1))
        else:
            nth = 1 if step == "begin" else 2
            patch.setattr(store, "add_sent", killed(store.add_sent, nth))
        with pytest.raises(KilledError):
            mail.run(root, settings, "", MailOptions(send=True), clock=lambda: NOW)
    went_out = len(inbox.messages)
    next_run = digest("mail", "--send", cwd=root)

    assert len(inbox.messages) == 1 or "it is not known" in next_run.stderr
    assert len(inbox.messages) == max(went_out, step == "begin" and not after)


def test_a_damaged_ledger_stops_sending(root: Path, inbox: Inbox) -> None:
    mailed(root, "--send")
    ledger = root / SENT
    ledger.write_text(ledger.read_text().replace('"sent"', '"sent'))

    assert refused(root, "--send") == (
        "content/ledger/sent.jsonl:2: not a line of the ledger; "
        "restore it from git: it may say that an edition was sent"
    )
    assert "sent.jsonl:2" in digest("check", cwd=root).stdout + digest("check", cwd=root).stderr
    assert len(inbox.messages) == 1


def test_half_a_line_of_a_killed_run_stops_nothing(root: Path, inbox: Inbox) -> None:
    ledger = root / SENT
    ledger.parent.mkdir(parents=True)
    ledger.write_text('{"v": 1, "at": "2026-05-')

    mailed(root, "--send")

    assert (len(inbox.messages), lines(root)) == (
        1,
        [("2026-W20", "sending"), ("2026-W20", "sent")],
    )


@pytest.mark.parametrize(("value", "other"), [('"v": 1', '"v": 2'), ('"sent"', '"snet"')])
def test_a_whole_last_line_that_cannot_be_read_stops_sending(
    root: Path, inbox: Inbox, value: str, other: str
) -> None:
    mailed(root, "--send")
    ledger = root / SENT
    ledger.write_text(ledger.read_text().splitlines()[1].replace(value, other))

    assert refused(root, "--send") == (
        "content/ledger/sent.jsonl:1: not a line of the ledger; "
        "restore it from git: it may say that an edition was sent"
    )
    assert len(inbox.messages) == 1


def test_sending_changes_nothing_on_the_site(root: Path) -> None:
    digest("build", cwd=root)
    before = {path: path.read_bytes() for path in (root / "site").rglob("*") if path.is_file()}
    mailed(root, "--send")
    digest("build", cwd=root)

    assert {
        path: path.read_bytes() for path in (root / "site").rglob("*") if path.is_file()
    } == before
    assert digest("check", cwd=root).returncode == 0


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_password_is_sent_over_an_encrypted_connection_only(
    root: Path, inbox: Inbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pem = certificate(tmp_path_factory.mktemp("tls"))
    with serving(inbox, **encrypted(pem)) as port:
        settings = SETTINGS.format(port=port).replace("127.0.0.1", "localhost") + 'user = "ed"\n'
        (root / "digest.toml").write_text(settings)

        untrusted = refused(root, "--send", DIGEST_MAIL_SECRET=PASSWORD)
        trusted = {"SSL_CERT_FILE": str(pem)}
        wrong = refused(root, "--send", DIGEST_MAIL_SECRET="wrong", **trusted)
        assert (inbox.messages, lines(root)) == ([], [])
        mailed(root, "--send", DIGEST_MAIL_SECRET=PASSWORD, **trusted)

    assert "certificate" in untrusted.lower()
    assert untrusted.endswith("; check mail.smtp in digest.toml")
    assert "535" in wrong
    assert wrong.endswith("; check mail.user in digest.toml, and DIGEST_MAIL_SECRET")
    assert inbox.encrypted == [True]
    assert PASSWORD not in untrusted + wrong + (root / SENT).read_text()


def test_a_run_records_what_it_will_send_and_sends_nothing_else(root: Path, inbox: Inbox) -> None:
    noted = mailed(root, "--claim", "run-1")
    other = mailed(root, "--send", "--claim", "run-2")

    assert noted.startswith("2026-W20: noted that it will be sent. Push ")
    assert other == "Nothing to mail: 'run-2' has noted nothing\n"
    assert mailed(root, "--claim", "run-1") == noted
    assert "it is not known" in refused(root, "--claim", "run-2")
    assert "it is not known" in refused(root, "--send")
    assert inbox.messages == []
    assert mailed(root, "--send", "--claim", "run-1").startswith("Sent to")
    assert mailed(root, "--send", "--claim", "run-1").startswith("Nothing to mail: ")
    assert mailed(root, "--claim", "run-2").startswith("Nothing to mail: ")
    assert lines(root) == [("2026-W20", "sending"), ("2026-W20", "sent")]
    assert len(inbox.messages) == 1


def test_a_message_refused_after_it_was_recorded_can_be_recorded_again(
    root: Path, inbox: Inbox
) -> None:
    inbox.on_rcpt = lambda _: "550 no such list"
    mailed(root, "--claim", "run-1")
    refused(root, "--send", "--claim", "run-1")
    inbox.on_rcpt = lambda _: None

    assert lines(root) == [("2026-W20", "sending"), ("2026-W20", "failed")]
    mailed(root, "--claim", "run-2")
    mailed(root, "--send", "--claim", "run-2")
    assert len(inbox.messages) == 1


def test_publishing_says_which_edition_is_mailed_next(root: Path) -> None:
    repository(root)
    dry = digest("publish", "--dry-run", cwd=root).stdout
    mailed(root, "--send")
    after = digest("publish", "--dry-run", cwd=root).stdout

    line = "mail: 'digest mail --send' would send 'Week 20, 2026: Chips-20' to list@example.net\n"
    assert line in dry
    assert "mail:" not in after


def repository(root: Path) -> None:
    """Makes a repository of a digest, with a remote beside it."""
    remote = root.parent / "remote.git"
    for words in (
        ("init", "-q", "--bare", str(remote)),
        ("init", "-q", "-b", "main"),
        ("remote", "add", "origin", str(remote)),
        ("add", "--all"),
        ("commit", "-q", "-m", "Begin"),
        ("push", "-q", "origin", "main"),
    ):
        git(root, *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--send", "--output", "a.eml"), "--send and --output exclude each other"),
        (("--again",), "--again needs --send"),
        (("--sent", "--send"), "--sent and --send exclude each other"),
        (("--sent", "--claim", "a"), "--sent and --claim exclude each other"),
        (("--claim", "a", "--output", "a.eml"), "--claim and --output exclude each other"),
        (("--claim", "a", "--send", "--again"), "--claim and --again exclude each other"),
        (("--claim", "a", "--send", "w20"), "--claim can be used with --send or with WEEK"),
    ],
)
def test_conflicting_options_are_wrong_usage(root: Path, words: tuple[str, ...], said: str) -> None:
    run = digest("mail", *words, cwd=root)

    assert (run.returncode, f": {said}" in run.stderr) == (2, True)
    assert lines(root) == []
