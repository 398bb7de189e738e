"""`digest mail` at Buttondown and listmonk: a draft is made and found again, and goes out once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apihost
import pytest
from apihost import KEY, Buttondown, Listmonk, Service
from maillint import lint
from test_cli import digest
from test_mail import lines, put

from digest.content.paths import SENT

TABLES = {
    "buttondown": 'via = "buttondown"\nurl = "http://127.0.0.1:{port}/v1"\n',
    "listmonk": 'via = "listmonk"\nurl = "http://127.0.0.1:{port}/"\nlist = 3\nuser = "api"\n',
}
SITE = '[site]\ntitle = "Test"\nurl = "https://chip-digest.github.io/"\n[mail]\nfrom = "Ed <ed@example.net>"\n'
HOSTILE = "Chips {{ .Subscriber.Email }} {% now %} <b>x</b>"


@pytest.fixture(params=["buttondown", "listmonk"])
def service(request: pytest.FixtureRequest) -> Service:
    return Buttondown() if request.param == "buttondown" else Listmonk()


@pytest.fixture
def root(tmp_path: Path, service: Service) -> Iterator[Path]:
    """A digest with two closed weeks, and the service that mails it."""
    for day, week in (("08", 19), ("15", 20), ("19", 21)):
        put(tmp_path, f"2026/w{week}/2026-05-{day}-chips-{week}.md", f"headline: '{HOSTILE}'")
    with apihost.serving(service) as port:
        table = TABLES[type(service).__name__.lower()].format(port=port)
        (tmp_path / "digest.toml").write_text(SITE + table)
        yield tmp_path


def mailed(root: Path, *words: str) -> str:
    done = digest("mail", *words, cwd=root, DIGEST_MAIL_SECRET=KEY)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(root: Path, *words: str, secret: str = KEY) -> str:
    done = digest("mail", *words, cwd=root, DIGEST_MAIL_SECRET=secret)
    assert (done.returncode, done.stdout) == (1, "")
    assert KEY not in done.stderr
    return done.stderr.rstrip("\n")


def test_a_draft_is_created_once_and_sent_as_it_is_at_the_service(
    root: Path, service: Service
) -> None:
    first, second = mailed(root), mailed(root)
    service.kept[0]["subject"] = "The editor's own"

    assert ": a draft of 'Week 20, 2026: Chips" in first
    assert "'digest mail 2026-W20 --send' sends it as it is then" in first
    assert ": an earlier draft of 'Week 20" in second
    assert lines(root) == [("2026-W20", "draft")]
    assert service.mailed == []
    assert mailed(root, "--send").startswith(f"Sent by {type(service).__name__.lower()}: ")
    assert (len(service.kept), service.mailed) == (1, ["The editor's own"])
    assert lines(root)[1:] == [("2026-W20", "sending"), ("2026-W20", "sent")]
    assert mailed(root, "--send").startswith("Nothing to mail: 2026-W20, the newest closed edition")
    assert "--again sends it once more" in refused(root, "w20", "--send")


def test_a_draft_of_an_edition_that_has_changed_since_is_not_sent(
    root: Path, service: Service
) -> None:
    mailed(root)
    put(root, "2026/w20/2026-05-15-more.md")

    shown, why = mailed(root), refused(root, "--send")

    assert "a draft of 2026-W20, which has changed since\nDelete it there, and run " in shown
    assert why.startswith("2026-W20: the edition has changed since its draft was made: http")
    assert "; delete the draft at " in why
    assert why.endswith(" and run this again, or send it there as it is")
    assert (service.mailed, lines(root)) == ([], [("2026-W20", "draft")])
    # A run that has noted the edition notes that it was not sent.
    mailed(root, "--claim", "run 1")
    refused(root, "--send", "--claim", "run 1")
    assert lines(root)[1:] == [("2026-W20", "sending"), ("2026-W20", "failed")]
    # As it was, with a story that is hidden: the draft fits again.
    put(root, "2026/w20/2026-05-15-more.md", "hide: true")
    assert "an earlier draft of" in mailed(root)
    put(root, "2026/w20/2026-05-15-more.md")
    service.kept.clear()
    assert mailed(root, "--send").endswith(
        "Commit content/ledger/sent.jsonl, so that no other clone sends it again\n"
    )
    assert len(service.mailed) == 1


def test_text_sent_to_a_service_has_no_template_commands(root: Path, service: Service) -> None:
    mailed(root)
    (draft,) = service.kept
    body = draft["body"]

    assert "{" not in body
    assert "Chips &#123;&#123; .Subscriber.Email &#125;" not in body
    assert "&#123;&#123; .Subscriber.Email" in body
    assert "{{ ." not in draft["subject"]
    assert "\n\n" not in body or draft.get("content_type") == "html"
    page = f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>x</title></head>{body}"
    assert lint(page) == []
    if isinstance(service, Listmonk):
        assert draft["lists"] == [3]
        assert draft["from_email"] == "Ed <ed@example.net>"
        assert '{{ "{{" }} .Subscriber.Email' in draft["altbody"]


def test_a_draft_is_found_among_many(root: Path, service: Service) -> None:
    mailed(root, "w20")
    mailed(root, "w19")
    service.kept += [
        {**service.kept[0], "metadata": {}, "tags": ["other"], "id": number} for number in range(7)
    ]

    assert "an earlier draft of" in mailed(root, "w20")
    assert "an earlier draft of" in mailed(root, "w19")
    assert len(service.kept) == 9


def test_an_edition_sent_by_the_editor_at_the_service_is_not_sent_again(
    root: Path, service: Service
) -> None:
    mailed(root)
    service.kept[0]["status"] = "finished" if isinstance(service, Listmonk) else "sent"

    assert "has 2026-W20 already, as '" in mailed(root, "--send")
    assert service.mailed == []
    assert lines(root)[-1] == ("2026-W20", "sent")


def test_another_clone_sends_nothing_twice(root: Path, service: Service) -> None:
    mailed(root, "--send")
    (root / SENT).unlink()

    assert mailed(root, "--send").startswith("Nothing to mail: ")
    assert len(service.mailed) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH PUT", "GET"])
def test_a_service_that_dies_while_sending_is_queried_again(
    root: Path, service: Service, method: str
) -> None:
    service.deaf = lambda asked: asked in method
    refused(root, "--send")
    service.deaf = lambda _: False
    mailed(root, "--send")

    assert (len(service.kept), len(service.mailed)) == (1, 1)
    assert lines(root)[-1] == ("2026-W20", "sent")


def test_an_edition_that_a_service_refuses_can_be_sent_later(root: Path, service: Service) -> None:
    service.on_request = lambda method, _: 422 if method in ("PATCH", "PUT") else None

    assert refused(root, "--send").endswith(": it answered 422 (not now)")
    assert lines(root) == [("2026-W20", "sending"), ("2026-W20", "failed")]
    service.on_request = lambda _, __: None
    mailed(root, "--send")
    assert len(service.mailed) == 1


def test_the_option_again_mails_an_edition_again(root: Path, service: Service) -> None:
    mailed(root, "--send")
    mailed(root, "w20", "--send", "--again")

    assert (len(service.kept), len(service.mailed)) == (2, 2)


def test_the_message_says_why_a_service_refuses(root: Path, service: Service) -> None:
    wrong = refused(root, secret="wrong")
    nothing = digest("mail", cwd=root, DIGEST_MAIL_SECRET="")
    service.on_request = lambda _, __: 500

    assert wrong.endswith("; is DIGEST_MAIL_SECRET right, and may that key write?")
    assert "Invalid token." in wrong or "invalid API credentials" in wrong
    assert nothing.stderr.startswith("DIGEST_MAIL_SECRET is not set in the environment; it is the ")
    assert ": it answered 500 (not now)" in refused(root)
    assert service.kept == []


def test_an_unexpected_api_answer_is_an_error(root: Path, service: Service) -> None:
    service.answer = lambda *_: (200, ["hello"])  # type: ignore[method-assign]

    assert refused(root).endswith(": does not answer as its API should; is mail.url right?")


def test_an_edition_that_a_service_may_have_sent_is_not_recorded_as_failed(
    root: Path, service: Service
) -> None:
    answer = service.answer

    def odd(method: str, *rest: Any) -> tuple[int, Any]:
        status, values = answer(method, *rest)
        return status, b"<p>Done</p>" if method in ("PATCH", "PUT") else values

    service.answer = odd  # type: ignore[method-assign,assignment]

    assert "accepted the request, but did not answer in JSON" in refused(root, "--send")
    assert lines(root) == [("2026-W20", "sending")]
    mailed(root, "--send")
    assert (lines(root)[-1], len(service.mailed)) == (("2026-W20", "sent"), 1)


def test_an_invalid_environment_variable_is_named(root: Path) -> None:
    done = digest("mail", cwd=root, DIGEST_MAIL_SECRET=KEY, SSL_CERT_FILE="/no/such")

    assert done.returncode == 1
    assert ": the proxy or the certificates that are set in the environment cannot" in done.stderr


def test_a_file_and_a_dry_run_send_no_request(root: Path, service: Service) -> None:
    assert mailed(root, "--dry-run").startswith("From: Ed <ed@example.net>\n")
    assert mailed(root, "--output", "a.eml").startswith("a.eml: 'Week 20")
    assert json.dumps(service.asked) == "[]"
