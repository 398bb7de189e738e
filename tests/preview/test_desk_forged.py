"""Forged requests to the desk: whatever another page, program or run sends, nothing changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import desks
import httpx
import pytest
from desks import Desk, digest, files, serving
from previews import previewing

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with serving(desks.make(tmp_path_factory.mktemp("digest"))) as running:
        yield running


def refused(desk: Desk, place: str = "story", *, cookies: Any = None, **changed: Any) -> int:
    """Sends a form that would change a note, and returns the status; nothing may have changed."""
    before = files(desk.root)
    given: dict[str, Any] = {**desk.form("number-1"), "note": "Forged."}
    given |= changed.pop("fields", {})
    fields = {name: value for name, value in given.items() if value is not None}
    headers: dict[str, Any] = {"Origin": desk.origin, "Sec-Fetch-Site": "same-origin"}
    headers |= {"Content-Type": FORM} | changed.pop("headers", {})
    sent = {name: value for name, value in headers.items() if value is not None}
    own = dict(desk.client.cookies) if cookies is None else cookies
    desk.client.cookies.clear()
    try:
        response = desk.client.request(
            changed.pop("method", "POST"),
            f"/_desk/{place}",
            data=fields,
            headers={"Cookie": "; ".join(f"{name}={value}" for name, value in own.items())} | sent,
        )
    finally:
        desk.enter()
        desk.open()
    assert files(desk.root) == before
    return response.status_code


def test_the_same_request_from_the_page_itself_is_carried_out(desk: Desk) -> None:
    answer = desk.save("number-1", note="Written.")
    undone = desk.undo()
    desk.open()

    assert (answer.status_code, undone.status_code) == (303, 303)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": None, "Sec-Fetch-Site": None},
        {"Origin": None, "Sec-Fetch-Site": "same-site"},
        {"Host": "127.0.0.1"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1:1"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": ""},
    ],
)
def test_a_request_with_another_origin_host_or_content_type_changes_nothing(
    desk: Desk, headers: dict[str, str | None]
) -> None:
    assert refused(desk, headers=headers) in {403, 415, 421}


@pytest.mark.parametrize("token", [None, "", "x", "é" * 40])
def test_without_the_token_of_this_run_nothing_changes(desk: Desk, token: str | None) -> None:
    assert refused(desk, fields={"token": token}) == 403


def test_without_the_cookie_of_this_run_nothing_changes(desk: Desk) -> None:
    name = next(iter(desk.client.cookies))

    assert refused(desk, cookies={}) == 403
    assert refused(desk, cookies={name: "x"}) == 403
    assert refused(desk, cookies={name: desk.token()}) == 403
    assert refused(desk, cookies={"digest-desk": desk.client.cookies[name]}) == 403


def test_a_page_from_an_earlier_run_changes_nothing(desk: Desk) -> None:
    with serving(desk.root) as other:
        token, cookies = (
            other.token(),
            {next(iter(desk.client.cookies)): next(iter(other.client.cookies.values()))},
        )

    assert refused(desk, fields={"token": token}) == 403
    assert refused(desk, cookies=cookies) == 403
    assert refused(desk, fields={"token": token}, cookies=cookies) == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("place", ["story", "undo", "letter", "preview", ""])
def test_only_post_requests_change_anything(desk: Desk, place: str, method: str) -> None:
    assert refused(desk, place, method=method, fields={"set": "draft"}) in {200, 404, 405}


@pytest.mark.parametrize("place", ["undo", "letter", "preview"])
def test_every_form_needs_the_token(desk: Desk, place: str) -> None:
    assert refused(desk, place, fields={"token": "x", "set": "draft"}) == 403


@pytest.mark.parametrize(
    "file",
    ["digest.toml", "../x.md", "/etc/passwd", "content/../digest.toml", "content/2026/w48/letter.md",
     "content/2026/w48/new.md", "content/ledger/first.jsonl", "", "content/2026/w48/\x00.md",
     "content/2026/w48/../../../digest.toml", "content/2026/w48/" + "x" * 5000 + ".md"],
)  # fmt: skip
def test_only_story_files_are_accepted(desk: Desk, file: str) -> None:
    assert refused(desk, fields={"file": file}) in {404, 409}
    assert refused(desk, fields={"file": file, "set": "link"}) in {404, 409}
    assert refused(desk, "letter", fields={"set": f"link={file}"}) in {303, 409}


@pytest.mark.parametrize("week", ["../../x", "2026-W99", "x", "2026/w48/../w49", "0000-W00"])
def test_only_valid_weeks_are_accepted(desk: Desk, week: str) -> None:
    assert refused(desk, fields={"week": week}) == 409
    assert refused(desk, fields={"at": week}) == 404


def test_a_form_that_is_too_large_or_damaged_is_refused(desk: Desk) -> None:
    name, value = next(iter(desk.client.cookies.items()))
    headers = {"Origin": desk.origin, "Content-Type": FORM, "Cookie": f"{name}={value}"}
    before = files(desk.root)
    statuses = []
    for body in (b"x=" + b"y" * 2_100_000, b"%FF=%FF", b"\xff", b"a=1&a=2", b"&" * 100 + b"a=1"):
        answer = desk.client.post("/_desk/story", content=body, headers=headers)
        statuses.append(answer.status_code)

    assert statuses == [413, 400, 400, 400, 400] or set(statuses) <= {400, 403, 413}
    assert files(desk.root) == before


def test_pages_may_not_be_framed_cached_or_run_other_scripts(desk: Desk) -> None:
    answer = desk.client.get("/_desk/")
    policy = answer.headers["content-security-policy"]

    assert "default-src 'none'; script-src 'sha256-" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    cookie = desk.client.get(desk.address).headers["set-cookie"]
    assert "SameSite=Strict; HttpOnly" in cookie
    assert desk.token() not in cookie


@pytest.mark.parametrize("words", [("--host", "0.0.0.0"), ("--allow-host", "desk.example")])
def test_the_desk_is_off_on_a_public_address_unless_requested(
    desk: Desk, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", "true")
    with previewing(desk.root, *words) as preview:
        off = preview.get("/_desk/").status
    said = "\n".join(preview.lines)
    with previewing(desk.root, *words, "--desk") as preview:
        on = httpx.get(desks.address(preview)).status_code
    warned = "\n".join(preview.lines)

    assert (off, on) == (404, 200)
    assert "_desk" not in said
    assert "change your stories" not in said
    assert (
        "can read it, too, including drafts, and with the desk's address change your stories"
        in warned
    )


def test_behind_a_proxy_the_allowed_host_is_the_origin(desk: Desk) -> None:
    with previewing(desk.root, "--allow-host", "desk.example", "--desk") as preview:
        other = Desk(desk.root, desks.client(preview))
        other.preview = preview
        other.enter()
        other.open()
        names = {"Host": "desk.example", "Origin": "https://desk.example"}
        form = other.form("number-1") | {"note": "Written."}
        forged = other.send("story", form, Host="desk.example", Origin="https://evil.example")
        done = other.send("story", form, **names)
        other.undo()
        other.client.close()

    assert (forged.status_code, done.status_code) == (403, 303)


@pytest.mark.parametrize(
    "address", ["/_desk/", "/_desk/?token=", "/_desk/?token=x", "/_desk/?token=é"]
)
def test_nothing_is_shown_without_the_url_that_the_command_prints(desk: Desk, address: str) -> None:
    answer = httpx.get(desk.origin + address)

    assert answer.status_code == 403
    assert "open the address that it has printed" in answer.text
    is_wrong = address.endswith(("x", "é"))
    assert f"<h1>{'Not done' if is_wrong else 'Open the desk'}</h1>" in answer.text
    assert desk.token() not in answer.text
    assert "Number 1" not in answer.text
    assert "set-cookie" not in answer.headers


def test_the_key_in_the_url_opens_the_desk(desk: Desk) -> None:
    key = desk.address.partition("token=")[2]
    with httpx.Client(base_url=desk.origin) as other:
        typed = other.get("/_desk/", params={"token": f" {key} "})
        shown = other.get("/_desk/")
        pasted = httpx.get(f"{desk.origin}/_desk/", params={"token": desk.address})

    assert (typed.status_code, shown.status_code, pasted.status_code) == (200, 200, 200)
    assert "Number 1" not in typed.text
    assert "Number 1" in shown.text


def test_the_browser_gets_the_url_in_a_file_that_only_its_owner_can_read(
    desk: Desk, tmp_path: Path
) -> None:
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.new\nmv {opened}.new {opened}\n')
    browser.chmod(0o700)
    door = desk.root / ".digest/desk/open.html"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("BROWSER", str(browser))
        with previewing(desk.root, "--desk") as preview:
            address = desks.address(preview)
            while not opened.exists():
                assert preview.process.poll() is None
                time.sleep(0.01)
            mode, text = door.stat().st_mode & 0o777, door.read_text()
            preview.end()

    assert opened.read_text().strip() == door.as_uri()
    assert mode == 0o600
    assert f'url={address}"' in text
    assert not door.exists()


def test_the_command_prints_the_url_of_the_desk(desk: Desk) -> None:
    assert desk.address.startswith("http://127.0.0.1:")
    assert "--desk" in digest(desk.root, "serve", "--help").stdout
