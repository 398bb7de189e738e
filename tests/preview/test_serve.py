"""`digest serve` as an editor uses it: a process, requests, saved files, Ctrl-C."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import previews
import pytest
import warm
from previews import OTHER, STORY, WEEK, Preview, Stream, previewing, story

from digest import config, lock
from digest.commands import build

PAGE = "2026/w20/"
WHOLE = "Said by the feed alone: the quokka prices memory by the kilo."


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small digest."""
    return previews.make(tmp_path)


@pytest.fixture
def preview(root: Path) -> Iterator[Preview]:
    """Its running preview."""
    with previewing(root) as running:
        yield running


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """A running preview in which tests only read; it has symbolic links that lead out of it."""
    with previewing(previews.make(tmp_path_factory.mktemp("digest"))) as running:
        (running.root / ".digest/preview/out").symlink_to(running.root)
        (running.root / ".digest/preview/out.toml").symlink_to(running.root / "digest.toml")
        yield running


def digest(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return warm.run(list(words), cwd, dict(os.environ))


# ---------------------------------------------------------------- what is shown


def test_the_preview_is_under_the_base_path_of_the_site(unchanged: Preview) -> None:
    home = unchanged.get("/")

    assert unchanged.url.endswith("/tea-tides/")
    assert (home.status, home.headers["location"]) == (307, "/tea-tides/")
    assert unchanged.get("/tea-tides").headers["location"] == "/tea-tides/"
    assert unchanged.get("2026/w20").headers["location"] == "/tea-tides/2026/w20/"
    assert 'href="/tea-tides/archive/"' in unchanged.get().text


def test_drafts_are_shown_and_marked_in_the_preview_alone(root: Path) -> None:
    (root / STORY).write_text(story("Waiting words", "1", draft="true"))
    (root / WEEK / "letter.md").write_text(
        "---\ntitle: Waiting letter\ndraft: true\n---\nDear reader.\n"
    )
    (root / "content/pages").mkdir()
    (root / "content/pages/waiting.md").write_text(
        "---\ntitle: Waiting page\ndraft: true\n---\nSoon.\n"
    )
    build.run(root, config.load(root), output=root / "site", base_url=None)
    with previewing(root) as preview:
        week, page = preview.get(PAGE).text, preview.get("waiting/").text

    assert "Waiting words" in week
    assert "Waiting letter" in week
    assert week.count("<strong>Draft</strong>") == 2
    assert "<strong>Draft</strong>" in page
    assert not [
        path
        for path in (root / "site").rglob("*")
        if path.is_file() and b"Waiting" in path.read_bytes()
    ]


def test_the_preview_does_not_write_to_the_site(unchanged: Preview) -> None:
    assert unchanged.get().status == 200
    assert not (unchanged.root / "site").exists()
    assert (unchanged.root / ".digest/preview/index.html").is_file()


def test_the_preview_builds_the_pages_that_readers_get(root: Path) -> None:
    build.run(root, config.load(root), output=root / "site", base_url=None)
    with previewing(root):
        site, shown = (
            {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.html")}
            for folder in (root / "site", root / ".digest/preview")
        )

    for path in site.keys() & shown.keys():
        assert b"_digest" not in shown[path]
    assert site.keys() <= shown.keys() | {Path("search/index.html")}


def test_each_story_shows_its_file_and_why_it_has_its_themes(unchanged: Preview) -> None:
    for page in ("", PAGE, "themes/memory/"):
        shown = unchanged.get(page).text
        address = f"vscode://file{unchanged.root.as_posix()}/{STORY}:6"
        assert f'<a href="{address}">{STORY}:6</a>' in shown
        assert "<p>Memory: &#x27;memory&#x27; in the headline</p>" in shown


def test_hints_of_check_are_shown_beside_their_story(preview: Preview) -> None:
    with Stream(preview) as stream:
        preview.write(OTHER, story("Chips", "1", "He said:\n- one\n- two", id="n7"))
        stream.next()
    shown = preview.get(PAGE).text

    output = digest("check", cwd=preview.root).stdout
    hints = [line.partition("hint: ")[2] for line in output.splitlines() if "hint: " in line]
    assert any("a list right below a line of text" in hint for hint in hints)
    assert any("links to the same article" in hint for hint in hints)
    for hint in hints:
        assert hint in shown


def test_the_full_summary_is_shown_in_a_digest_without_excerpts(root: Path) -> None:
    item = {
        "id": "n1",
        "url": "https://news.example/article/3500009/y",
        "title": "A kilo of memory",
        "summary": f"{WHOLE}\n\n<b>&amp; more</b>",
        "date_published": "2026-05-15T09:00:00Z",
    }
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "First", "items": [item]}
    (root / "first.json").write_text(json.dumps(feed))
    with previewing(root) as preview, Stream(preview) as stream:
        pulled = digest("pull", cwd=root)
        stream.next()
        shown = preview.get(PAGE).text
    digest("build", cwd=root)

    assert pulled.returncode == 0
    assert WHOLE in shown
    assert "Memory: &#x27;memory&#x27; in the headline" in shown
    for folder in ("site", ".digest/preview"):
        files = [path for path in (root / folder).rglob("*") if path.is_file()]
        assert any(b"A kilo of memory" in path.read_bytes() for path in files)
        assert not [path for path in files if b"quokka" in path.read_bytes()]


# ---------------------------------------------------------------- saves


def test_a_save_is_shown_and_reported(preview: Preview) -> None:
    with Stream(preview) as stream:
        before = preview.get(PAGE).text
        preview.write(STORY, story("Memory is shorter", "1"))
        build = stream.next()
    after = preview.get(PAGE).text

    assert "content-type: text/event-stream; charset=utf-8" in stream.head
    assert "Memory is shorter" not in before
    assert "Memory is shorter" in after
    assert f'data-build="{build}"' in after


def test_problems_are_shown_over_the_last_good_page_until_they_are_fixed(
    preview: Preview,
) -> None:
    with Stream(preview) as stream:
        preview.replace(STORY, "title:", "titel:")
        stream.next()
        broken = preview.get(PAGE)
        preview.replace(STORY, "titel:", "title:")
        stream.next()
        mended = preview.get(PAGE)

    assert broken.status == 200
    assert "Memory is short" in broken.text
    assert "unknown key &#x27;titel&#x27;; did you mean &#x27;title&#x27;?" in broken.text
    assert (
        f'<a href="vscode://file{preview.root.as_posix()}/{STORY}:2">{STORY}:2</a>' in broken.text
    )
    assert "there is no &#x27;title&#x27;" in broken.text
    assert 'id="_digest-fault"' not in mended.text
    assert f"{STORY}:2: unknown key 'titel'; did you mean 'title'?" in preview.lines


@pytest.mark.parametrize(
    ("file", "words", "message"),
    [
        ("digest.toml", "[site\n", "digest.toml"),
        ("digest.toml", previews.SETTINGS.replace("title =", "titel =", 1), "titel"),
        ("templates/week.html", "{% if %}", "templates/week.html:1"),
        ("templates/week.html", "{{ nothing.at.all }}", "templates/week.html:1"),
        (f"{WEEK}/letter.md", "[gone](2026-01-01-gone.md)", f"{WEEK}/letter.md:1"),
        ("content/stray.md", "x", "content/stray.md"),
    ],
)
def test_any_error_is_reported_and_the_preview_continues(
    file: str, words: str, message: str, preview: Preview
) -> None:
    before = (preview.root / file).read_text() if (preview.root / file).exists() else None
    with Stream(preview) as stream:
        preview.write(file, words)
        stream.next()
        broken = preview.get(PAGE)
        if before is None:
            (preview.root / file).unlink()
        else:
            preview.write(file, before)
        stream.next()
        mended = preview.get(PAGE)

    overlay = broken.text.partition('id="_digest-fault"')[2]
    assert broken.status == 200
    assert message in overlay
    assert "Memory is short" in broken.text
    assert 'id="_digest-fault"' not in mended.text
    assert "Traceback" not in "\n".join(preview.lines)


@pytest.mark.parametrize(
    ("file", "words"), [("digest.toml", "[site\n"), (STORY, "no front matter")]
)
def test_the_very_first_build_may_fail(file: str, words: str, root: Path) -> None:
    whole = (root / file).read_text()
    (root / file).write_text(words)
    with previewing(root) as preview, Stream(preview) as stream:
        broken = preview.get()
        preview.write(file, whole)
        stream.next()
        while "Memory is short" not in (mended := preview.get("/tea-tides/")).text:
            stream.next()  # a build that failed may have been tried once more before

    assert broken.status == 200
    assert f"{root.as_posix()}/{file}" in broken.text.partition('id="_digest-fault"')[2]
    assert mended.status == 200


def test_addresses_redirect_after_the_base_path_has_changed(preview: Preview) -> None:
    with Stream(preview) as stream:
        preview.replace("digest.toml", "/tea-tides/", "/coffee/")
        stream.next()

    assert preview.get(f"/tea-tides/{PAGE}").headers["location"] == f"/coffee/{PAGE}"
    assert "Memory is short" in preview.get(f"/coffee/{PAGE}").text


def test_commands_can_run_beside_an_idle_preview(preview: Preview) -> None:
    assert digest("build", cwd=preview.root).returncode == 0


def test_a_build_waits_until_another_command_has_ended(preview: Preview) -> None:
    with Stream(preview) as stream:
        with lock.hold(preview.root):
            preview.write(STORY, story("Memory is shorter", "1"))
            while not any("Waiting for another run" in line for line in preview.lines):
                assert preview.process.poll() is None
        stream.next()

    assert "Memory is shorter" in preview.get(PAGE).text


# ---------------------------------------------------------------- addresses


def test_files_have_their_content_types_and_are_never_cached(preview: Preview) -> None:
    preview.write(".digest/preview/site.webmanifest", "{}")
    types = {
        "": "text/html; charset=utf-8",
        "feed.atom": "application/atom+xml; charset=utf-8",
        "feed.json": "application/json; charset=utf-8",
        "feeds.opml": "text/x-opml; charset=utf-8",
        "sitemap.xml": "application/xml; charset=utf-8",
        "style.css": "text/css; charset=utf-8",
        "site.webmanifest": "application/manifest+json; charset=utf-8",
    }
    answers = {path: preview.get(path) for path in types}

    assert {path: answer.headers["content-type"] for path, answer in answers.items()} == types
    assert {answer.headers["cache-control"] for answer in answers.values()} == {"no-store"}


def test_head_is_answered_without_a_body_and_other_methods_are_refused(
    unchanged: Preview,
) -> None:
    head = unchanged.get(method="HEAD")

    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) == len(unchanged.get().body)
    assert {
        unchanged.get(method=method).status for method in ("POST", "PUT", "DELETE", "PATCH")
    } == {405}


def test_a_range_request_gets_part_of_a_file(root: Path) -> None:
    (root / "content/static").mkdir()
    (root / "content/static/clip.mp4").write_bytes(bytes(range(100)))
    with previewing(root) as preview:
        whole = preview.get("clip.mp4")
        asked = {
            one: preview.get("clip.mp4", range=one)
            for one in ("bytes=0-1", "bytes=90-", "bytes=-5", "bytes=98-999")
        }
        head = preview.get("clip.mp4", method="HEAD", range="bytes=0-1")
        beyond = preview.get("clip.mp4", range="bytes=100-")
        other = preview.get("clip.mp4", range="lines=1-2")
        page = preview.get(range="bytes=0-1")

    assert (whole.status, whole.headers["accept-ranges"], len(whole.body)) == (200, "bytes", 100)
    assert {
        one: (answer.status, answer.headers["content-range"], list(answer.body))
        for one, answer in asked.items()
    } == {
        "bytes=0-1": (206, "bytes 0-1/100", [0, 1]),
        "bytes=90-": (206, "bytes 90-99/100", list(range(90, 100))),
        "bytes=-5": (206, "bytes 95-99/100", list(range(95, 100))),
        "bytes=98-999": (206, "bytes 98-99/100", [98, 99]),
    }
    assert {
        (one.headers["content-type"], one.headers["cache-control"]) for one in asked.values()
    } == {("video/mp4", "no-store")}
    assert (head.status, head.headers["content-length"], head.body) == (206, "2", b"")
    assert (beyond.status, beyond.headers["content-range"]) == (416, "bytes */100")
    assert (other.status, len(other.body)) == (200, 100)
    assert (page.status, "accept-ranges" in page.headers) == (200, False)


def test_a_conditional_request_gets_the_full_page(unchanged: Preview) -> None:
    since = {"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT", "if-none-match": "*"}

    assert (unchanged.get(**since).status, unchanged.get("style.css", **since).status) == (200, 200)


@pytest.mark.parametrize(
    "base", ["/чипы/", "/%D1%87%D0%B8%D0%BF%D1%8B/", "/my%20digest/", "/a+b(c)/"]
)
def test_a_base_path_is_recognised_in_any_encoding(base: str, root: Path) -> None:
    text = (root / "digest.toml").read_text()
    (root / "digest.toml").write_text(text.replace("/tea-tides/", base))
    plain = unquote(base)
    with previewing(root) as preview:
        ways = [
            quote(plain),
            quote(plain).lower(),
            "".join(f"%{one:02X}" for one in plain.strip("/").encode()),
        ]
        pages = [preview.get(f"/{way.strip('/')}/{PAGE}") for way in ways]
        parts = [preview.get(f"/{way.strip('/')}") for way in ways]
        home = preview.get("/")

    assert preview.url.isascii()
    assert [page.status for page in pages] == [200] * 3
    assert all("Memory is short" in page.text for page in pages)
    assert {part.headers["location"] for part in (*parts, home)} == {preview.base}


def test_an_unknown_url_shows_the_sites_404_page(
    unchanged: Preview,
) -> None:
    lost = unchanged.get("nowhere/")

    assert lost.status == 404
    assert "Nothing here" in lost.text


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "localhost@evil.example"],
)
def test_only_requests_for_this_machines_names_are_answered(host: str, unchanged: Preview) -> None:
    assert unchanged.get(host=host).status in {400, 421}
    ours = ("localhost", f"127.0.0.1:{unchanged.port}", f"[::1]:{unchanged.port}")
    assert {unchanged.get(host=name).status for name in ours} == {200}
    assert unchanged.get(host=f"localhost:{unchanged.port + 1}").status == 421


def test_no_other_site_may_frame_the_preview_or_load_its_files(
    unchanged: Preview,
) -> None:
    for answer in (
        unchanged.get(),
        unchanged.get("style.css"),
        unchanged.get("nowhere/"),
        unchanged.get(host="evil.example"),
    ):
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"


def test_only_an_allowed_host_is_answered(root: Path) -> None:
    with previewing(
        root, "--allow-host", "Me.tailnet.example", "--allow-host", "two.example"
    ) as preview:
        allowed = {
            preview.get(host=name).status
            for name in ("me.tailnet.example", "two.example:443", "localhost")
        }
        refused = preview.get(host="three.example")

    assert allowed == {200}
    assert refused.status == 421
    assert "--allow-host NAME" in refused.text
    assert (
        "Anyone who can reach Me.tailnet.example, two.example can read it, too, including drafts"
        in preview.lines
    )


@pytest.mark.parametrize("name", ["https://me.example/", "me.example:443", "*.example", ""])
def test_an_allowed_host_is_a_host_name_without_a_path(name: str, root: Path) -> None:
    refused = digest("serve", "--port", "0", "--allow-host", name, cwd=root)

    message = f"--allow-host {name}: give only the host's name, such as preview.example.org\n"
    assert (refused.returncode, refused.stderr) == (1, message)


@pytest.mark.parametrize(
    "path",
    [
        "/tea-tides/../../digest.toml", "/tea-tides/..%2f..%2fdigest.toml", "/tea-tides/%2e%2e/%2e%2e/digest.toml",
        "/tea-tides//etc/passwd", "//etc/passwd", "/tea-tides/%2fetc%2fpasswd", "/tea-tides/%00", "/tea-tides/a%00b",
        "/tea-tides/..%5c..%5cdigest.toml", "/tea-tides/out/digest.toml", "/tea-tides/out.toml", "/.digest/lock",
        "/tea-tides/.digest/lock", "/digest.toml", "/tea-tides/%ff", "/tea-tides/" + "x" * 5000,
    ],
)  # fmt: skip
def test_nothing_outside_the_preview_is_served(path: str, unchanged: Preview) -> None:
    answer = unchanged.get(path)

    assert answer.status in {400, 404}
    assert b"Asia/Hong_Kong" not in answer.body


# ---------------------------------------------------------------- begin and end


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_preview_with_streams_open(how: int, preview: Preview) -> None:
    with Stream(preview):
        assert preview.end(how) == 0

    assert "Traceback" not in "\n".join(preview.lines)
    assert [line.split(" ")[:2] for line in preview.lines] == [
        ["Built:", "22"],
        ["The", "preview"],
        ["The", "desk"],
    ]


def test_a_free_port_is_suggested_if_the_port_is_in_use(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = digest("serve", "--port", str(port), cwd=root)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"--port {port}: another program listens there; try --port ")
    assert refused.stderr.count("\n") == 1


def test_a_host_that_is_not_this_machine_is_an_error(root: Path) -> None:
    refused = digest("serve", "--port", "0", "--host", "192.0.2.7", cwd=root)

    assert refused.returncode == 1
    assert refused.stderr.startswith("--host 192.0.2.7: this machine cannot listen there (")


def test_a_warning_says_that_others_can_reach_the_preview(root: Path) -> None:
    with previewing(root, "--host", "0.0.0.0") as preview:
        answers = {
            preview.get(host=name).status
            for name in (f"192.0.2.1:{preview.port}", socket.gethostname())
        }
        refused = preview.get(host="evil.example").status

    assert any(
        "Anyone who can reach this machine can read it, too" in line for line in preview.lines
    )
    assert preview.url.startswith("http://127.0.0.1:")
    assert (answers, refused) == ({200}, 421)


def test_the_browser_is_opened_on_request(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url_file = tmp_path / "url"
    os.mkfifo(url_file)
    monkeypatch.setenv("BROWSER", f"{write_script(tmp_path, url_file)} %s")
    with previewing(root, "--open") as preview:
        opened = url_file.read_text()

    assert opened == preview.url


def write_script(folder: Path, url_file: Path) -> Path:
    """A browser that only writes down what it should open."""
    script = folder / "browser"
    script.write_text(f'#!/bin/sh\nprintf %s "$1" > {url_file}\n')
    script.chmod(0o755)
    return script


def test_a_preview_can_listen_at_an_ipv6_address(root: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this system has no IPv6")
    with previewing(root, "--host", "::1") as preview:
        assert preview.url.startswith("http://[::1]:")
        assert preview.get().status == 200


def test_quiet_prints_only_problems(root: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "digest", "--quiet", "serve", "--port", "0"],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    (root / "templates").mkdir()
    (root / "templates/week.html").write_text("{% if %}")
    assert running.stdout
    first = running.stdout.readline()
    running.kill()
    running.wait()
    running.stdout.close()

    assert first.startswith("templates/week.html:1: ")


PRINTING_FAILS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from digest.commands import serve

def on_event(event):
    if isinstance(event, serve.OtherError):
        print(*event.problems, flush=True)
    elif isinstance(event, serve.Opened):
        print("open", flush=True)
    elif isinstance(event, serve.Built) and event.changed:
        raise {error}("odd")

serve.run(
    Path(sys.argv[1]), host="127.0.0.1", port=0, on_event=on_event, on_progress=None,
    clock=lambda: datetime.now(UTC), other_hosts=(), poll=False, open_desk=False,
)
"""
"""A preview that cannot print its builds, after the first one."""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("BrokenPipeError", "nothing reads the preview's output any more, so it is not printed"),
        ("ValueError", "this is a bug in Digest (ValueError: odd); the preview goes on"),
    ],
)
def test_an_error_outside_a_build_is_named_as_such(root: Path, error: str, line: str) -> None:
    running = subprocess.Popen(
        [sys.executable, "-c", PRINTING_FAILS.format(error=error), str(root)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout
    opened = running.stdout.readline()
    (root / STORY).write_text(story("Memory is shorter", "1"))
    printed = running.stdout.readline()
    running.kill()
    running.wait()
    running.stdout.close()

    assert (opened, printed) == ("open\n", f"{line}\n")


def test_serve_fails_outside_a_digest(tmp_path: Path) -> None:
    refused = digest("serve", cwd=tmp_path)

    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)


def test_a_named_folder_without_a_digest_is_refused(tmp_path: Path) -> None:
    refused = digest("--root", ".", "serve", "--port", "0", cwd=tmp_path)

    message = f"{tmp_path}/digest.toml: there is no such file; 'digest init' makes a new digest\n"
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", message)


def test_a_problem_present_at_the_start_is_reported_once(root: Path) -> None:
    (root / STORY).write_text("no front matter")
    with previewing(root) as preview, Stream(preview) as stream:
        preview.write(OTHER, story("Fish", "2"))
        stream.next()
        reported = preview.wait_for_lines(f"{STORY}:", 2)

    assert reported == 2  # at first, and after the save


UNHEARD = 'mount -t overlay overlay -o "lowerdir=$0/lower,upperdir=$0/upper,workdir=$0/work" "$0/merged" && exec "$@"'


SOONER = """
import sys
from digest.cli.main import main
from digest.preview import rebuild
rebuild._SCAN_INTERVAL = 1
sys.argv = sys.argv[3:]
main()
"""
"""Runs the command that follows, `python -m digest …`, and scans the files ten times as often
beside a watcher.
"""


@pytest.mark.parametrize("words", [(), ("--poll",)])
def test_a_save_without_a_file_system_event_is_noticed(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    """Like a digest on a Windows disk in WSL, or a shared folder in a container."""
    for name in ("upper", "work", "merged"):
        (tmp_path / name).mkdir()
    root = previews.make(tmp_path / "lower/digest")
    within = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", UNHEARD, str(tmp_path))
    if (
        not shutil.which("unshare")
        or subprocess.run([*within, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this system does not allow mounting")
    inside = ("env", "--chdir", str(tmp_path / "merged/digest"), sys.executable, "-c", SOONER)
    with previewing(root, *words, within=(*within, *inside)) as preview, Stream(preview) as stream:
        (root / STORY).write_text(story("Memory is shorter", "1"))
        stream.next()
        shown = preview.get(PAGE).text

    assert "Memory is shorter" in shown
    assert any("does not report changed files" in line for line in preview.lines) is not bool(words)


EXHAUSTED = 'echo {limit} > /proc/sys/user/max_inotify_{kind} && exec "$0" "$@"'


@pytest.mark.parametrize(("kind", "limit"), [("instances", 0), ("watches", 3)])
def test_without_file_watchers_the_preview_scans_the_files_and_says_so(
    kind: str, limit: int, root: Path
) -> None:
    within = (
        "unshare",
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        EXHAUSTED.format(kind=kind, limit=limit),
    )
    if (
        not shutil.which("unshare")
        or subprocess.run([*within, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this system does not allow user namespaces")
    with previewing(root, within=within) as preview, Stream(preview) as stream:
        preview.write(STORY, story("Memory is shorter", "1"))
        stream.next()
        shown = preview.get(PAGE).text

    assert any("The system has no file watchers left" in line for line in preview.lines)
    assert "Memory is shorter" in shown
