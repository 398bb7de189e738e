"""What the preview adds to pages, and which file a URL gets."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from builders import make_config, make_content, make_letter, make_story
from hypothesis import given
from hypothesis import strategies as st
from sites import Element, find, parse, rendered, text

from digest.errors import Problem
from digest.preview import hosts, inject
from digest.preview.annotations import Annotation, with_annotations
from digest.preview.app import make_app
from digest.preview.state import PreviewState, ShownBuild

ROOT = Path("/home/ada/my digest")
BASE = "/tea/"
SIGNS = st.text(st.sampled_from("a.%/\\\0 ~2eEfF5cC0-é\u202e"), max_size=12)


def shown(*problems: Problem, **margins: Annotation) -> ShownBuild:
    """A state of the preview; each annotation belongs to the permalink of its name."""
    by_place = {
        f"2026/w20/#{name.replace('_', '-')}": (margin,) for name, margin in margins.items()
    }
    return ShownBuild(
        build_id="b-1",
        root=ROOT,
        folder=ROOT / ".digest/preview",
        base=BASE,
        problems=problems,
        annotations_of_story=lambda place: by_place.get(place, ()),
    )


def site(url: str = f"https://example.org{BASE}") -> dict[str, bytes]:
    """A site of four stories: two are on the home page, all on their weeks' and themes' pages."""
    stories = [
        make_story("a-note", note="Words, with a [link](2026-05-14-b-line.md)."),
        make_story("b-line", day="2026-05-14", themes=("memory-crunch",), excerpt="Said."),
        make_story(
            "lead-story",
            day="2026-05-13",
            lead=True,
            note="Lead.",
            themes=("memory-crunch", "export-controls"),
        ),
        make_story("中文", day="2026-05-12", themes=("export-controls",)),
    ]
    return rendered(make_content(*stories, letters=(make_letter(),)), make_config(url=url))


def margin(place: str) -> tuple[Annotation, ...]:
    return (Annotation(file=f"file of {place}"),)


def within(element: Element, name: str) -> list[Element]:
    return [one for one in element.iter() if one.get("class") == name]


@pytest.mark.parametrize("url", ["https://example.org/", "https://example.org/tea/"])
def test_every_story_on_every_page_has_its_own_margin(url: str) -> None:
    base = url.removeprefix("https://example.org")
    count = 0
    for path, content in site(url).items():
        if path.endswith(".html"):
            page = with_annotations(
                content.decode(), path.removesuffix("index.html"), base, ROOT, margin
            )
            for article in find(parse(page.encode()), "article"):
                link = next(
                    one for one in find(article, "a") if "permalink" in (one.get("class") or "")
                )
                own = text(within(article, "_digest-margin")[0])
                place = unquote(link.get("href")).removeprefix(base)
                assert own.startswith(f"file of {place}")
                count += 1

    assert count >= 12


def test_a_page_with_the_previews_additions_is_valid_and_otherwise_unchanged() -> None:
    problem = Problem("content/a.md", 3, "is wrong <b>", "mend it & save")
    for path, content in site().items():
        if path.endswith(".html"):
            page = inject.for_editor(
                content.decode(), shown(problem), path.removesuffix("index.html")
            )
            tree = parse(page.encode())
            assert text(find(tree, "main")[0]) == text(find(parse(content), "main")[0])


def test_every_inserted_text_is_escaped() -> None:
    evil = "<script>x</script>\"'&"
    hint = Problem(evil, 3, evil, evil)
    beside = Annotation(
        file=evil, why=(evil,), hints=(hint,), summary=f"{evil}\n\n{evil}", draft=True
    )
    plain = site()["2026/w20/index.html"]
    page = inject.for_editor(plain.decode(), shown(hint, a_note=beside), "2026/w20/")

    assert len(find(parse(page.encode()), "script")) == len(find(parse(plain), "script")) + 1
    assert page.count("&lt;script&gt;") >= 8


def test_a_margin_links_to_the_line_in_the_text_editor_and_shortens_lines_of_its_own_file() -> None:
    hints = (Problem("content/a.md", 9, "odd"), Problem("content/b.md", 2, "odd too", "mend it"))
    beside = Annotation(
        file="content/a.md",
        line=7,
        draft=True,
        why=("Memory: 'memory' in the headline",),
        hints=hints,
    )
    page = inject.for_editor(
        site()["2026/w20/index.html"].decode(), shown(a_note=beside), "2026/w20/"
    )
    own = next(one for one in within(parse(page.encode()), "_digest-margin"))

    links = [(one.get("href"), text(one)) for one in find(own, "a")]
    assert links == [
        ("vscode://file/home/ada/my%20digest/content/a.md:7", "content/a.md:7"),
        ("vscode://file/home/ada/my%20digest/content/a.md:9", "line 9"),
        ("vscode://file/home/ada/my%20digest/content/b.md:2", "content/b.md:2"),
    ]
    assert [text(one) for one in find(own, "p", "li")] == [
        "content/a.md:7 Draft",
        "Memory: 'memory' in the headline",
        "line 9: odd",
        "content/b.md:2: odd too; mend it",
    ]


def test_there_is_nothing_to_expand_without_a_summary() -> None:
    page = with_annotations("<article id='x'></article>", "", "/", ROOT, margin)
    one = inject.for_editor(
        '<article id="a-note"></article>', shown(a_note=Annotation(file="f")), "2026/w20/"
    )

    assert page == "<article id='x'></article>"
    assert "<details" not in one


# ---------------------------------------------------------------- the policy


def hashed(words: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()}'"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("default-src 'none'", "default-src 'none'; script-src S; style-src T; connect-src 'self'"),
        (
            "default-src 'self'",
            "default-src 'self'; script-src 'self' S; style-src 'self' T; connect-src 'self'",
        ),
        ("script-src 'none'; img-src *", "script-src S; img-src *"),
        ("style-src 'self' 'unsafe-inline'", "style-src 'self' 'unsafe-inline'"),
        ("", ""),
    ],
)
def test_the_content_security_policy_is_widened_only_for_the_previews_own_files(
    before: str, after: str
) -> None:
    wide = inject.widen_policy(before, "script", "style")

    assert wide.replace(hashed("script"), "S").replace(hashed("style"), "T") == after


def test_the_content_security_policy_allows_what_the_preview_inserts() -> None:
    page = inject.for_editor(site()["index.html"].decode(), shown(), "")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    script, style = (
        re.search(r"<script[^>]*>(.*?)</script>", page, re.S),
        re.search(r"<style>(.*?)</style>", page, re.S),
    )

    assert policy and script and style
    assert hashed(script[1]) in policy[1].partition("script-src")[2].partition(";")[0]
    assert hashed(style[1]) in policy[1].partition("style-src")[2].partition(";")[0]
    assert "connect-src 'self'" in policy[1]


# ---------------------------------------------------------------- addresses


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A preview's folder, with secrets around it and links to them."""
    top = tmp_path_factory.mktemp("digest")
    home = top / ".digest" / "preview"
    (home / "a" / "2e").mkdir(parents=True)
    for place in (
        "index.html",
        "a/index.html",
        "a/2e/index.html",
        "é.txt",
        "~",
        ".index.html.unfinished",
    ):
        (home / place).write_text(f"shown {place.removesuffix('index.html')}")
    (home / "empty").mkdir()
    (home / "loop").symlink_to(home / "loop")
    (top / "digest.toml").write_text("secret")
    (home / "out").symlink_to(top)
    (home / "f").symlink_to(top / "digest.toml")
    return home


def ask(folder: Path, address: str) -> tuple[int, str, str]:
    """Returns status, Location and body of the response to a request."""
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    app = make_app(
        PreviewState(replace(shown(), folder=folder, former_bases=frozenset({"/before/"}))),
        "127.0.0.1",
        8000,
    )
    scope = {
        "type": "http", "method": "GET", "path": unquote(address), "raw_path": address.encode(), "query_string": b"",
        "headers": [(b"host", b"localhost:8000")], "scheme": "http", "server": ("127.0.0.1", 8000), "root_path": "",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    headers = dict(said[0]["headers"])
    return said[0]["status"], headers.get(b"location", b"").decode(), said[1]["body"].decode()


@given(st.lists(SIGNS, max_size=4).map("/".join))
def test_no_url_leads_out_of_the_preview(folder: Path, address: str) -> None:
    for one in (address, quote(address)):
        status, to, body = ask(folder, BASE + one)

        assert "secret" not in body
        assert to == "" or re.match(r"/\w", to)
        assert status in {307, 404} or body.startswith("shown")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("/tea/", ""),
        ("/tea/a/", "a/"),
        ("/tea/a/index.html", "a/"),
        ("/tea/%C3%A9.txt", "é.txt"),
        ("/tea/./a/", "a/"),
        ("/tea/a/../", ""),
    ],
)
def test_a_url_serves_the_file_that_a_static_host_would_serve(
    address: str, place: str, folder: Path
) -> None:
    status, _, body = ask(folder, address)

    assert (status, body.partition("<")[0]) == (200, f"shown {place}")


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("/", "/tea/"),
        ("/tea", "/tea/"),
        ("/tea/a", "/tea/a/"),
        ("/tea/a/2e", "/tea/a/2e/"),
        ("/before/a/", "/tea/a/"),
        ("/before/50%25/%C3%A9", "/tea/50%25/%C3%A9"),
    ],
)
def test_a_url_redirects_to_its_page(address: str, to: str, folder: Path) -> None:
    assert ask(folder, address)[:2] == (307, to)


@pytest.mark.parametrize(
    "address",
    [
        "/tea/out/digest.toml", "/tea/f", "/tea/.index.html.unfinished", "/tea/é.txt/", "/tea/index.html/", "/x",
        "/tea//a/", "//a", "/tea/loop", "/tea/empty/", "/tea/empty", "/teapot",
    ],
)  # fmt: skip
def test_an_unknown_url_serves_no_file(address: str, folder: Path) -> None:
    assert ask(folder, address)[:2] == (404, "")


@pytest.mark.parametrize(
    ("host", "bound", "ours"),
    [
        ("localhost", "127.0.0.1", True), ("LOCALHOST:8000", "127.0.0.1", True), ("[::1]:8000", "127.0.0.1", True),
        ("127.0.0.1", "0.0.0.0", True), ("192.0.2.1:8000", "0.0.0.0", True), ("[2001:db8::1]", "::", True),
        ("192.0.2.1", "192.0.2.1", True), ("desk.example:8000", "desk.example", True),
        ("192.0.2.1", "127.0.0.1", False), ("evil.example", "0.0.0.0", False), ("localhost.evil.example", "", False),
        ("", "127.0.0.1", False), ("localhost:x", "127.0.0.1", False),
        ("localhost:80", "127.0.0.1", False), ("[::1]:8001", "::1", False),
        ("a@localhost", "127.0.0.1", False),
        ("localhost/x", "127.0.0.1", False), ("127.0.0.1.evil.example", "0.0.0.0", False),
    ],
)  # fmt: skip
def test_only_this_machines_own_host_names_are_accepted(host: str, bound: str, ours: bool) -> None:
    assert hosts.is_ours(host, bound, 8000) is ours


def test_an_allowed_host_may_have_its_own_port() -> None:
    assert hosts.is_ours("desk.example:443", "127.0.0.1", 8000, frozenset({"desk.example"}))
