"""A digest's own templates: a page, a block, a macro, or part of the style sheet.

What is overridden shows on every page that has it, and on none when it is taken away again; what is wrong is one line.
"""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sites import find, pages, read_folder, text

from digest import config
from digest.commands import build, check
from digest.errors import Faults

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SMALL = Path(__file__).parents[1] / "data/sites/small"
TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest that was built once with the shipped templates, whose cached results must not be used."""
    shutil.copytree(SMALL, tmp_path / "small", ignore=shutil.ignore_patterns("expected"))
    built(tmp_path / "small")
    return tmp_path / "small"


def built(root: Path) -> dict[str, bytes]:
    build.run(root, config.load(root), output=root / "site", base_url=None)
    return read_folder(root / "site")


def own(root: Path, name: str, words: str) -> Path:
    """Puts a template into the digest's own folder."""
    place = root / "templates" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(words, encoding="utf-8")
    return place


def fault(root: Path) -> str:
    """Builds, and returns the one thing that is wrong."""
    with pytest.raises(Faults) as caught:
        built(root)
    (problem,) = caught.value.problems
    assert "\n" not in str(problem)
    return str(problem)


def weeks(site: dict[str, bytes]) -> dict[str, bytes]:
    return {
        path: page
        for path, page in site.items()
        if path.startswith("20") and path.endswith(".html")
    }


def test_a_whole_template_can_be_overridden(root: Path) -> None:
    own(
        root,
        "week.html",
        "<!doctype html><html lang='en'><title>Mine</title><h1>{{ edition.label }}</h1></html>",
    )

    found = {path: text(page) for path, page in pages(weeks(built(root))).items()}

    assert found["2026/w19/index.html"] == "MineWeek 19, 2026"
    assert len(found) == 3


def test_a_block_of_a_page_can_be_overridden(root: Path) -> None:
    before = read_folder(root / "site")
    own(root, "week.html", '{% extends "shipped/week.html" %}\n'
        '{% block head %}{{ super() }}<meta name="x" content="y">{% endblock %}')  # fmt: skip

    after = built(root)

    for path, page in weeks(after).items():
        assert page.replace(b'<meta name="x" content="y">', b"") == before[path]
    assert {path: body for path, body in after.items() if path not in weeks(after)} == {
        path: body for path, body in before.items() if path not in weeks(after)
    }


def test_a_block_of_the_base_template_is_on_every_page(root: Path) -> None:
    own(
        root,
        "base.html",
        '{% extends "shipped/base.html" %}\n{% block head %}{{ super() }}<!-- mine -->{% endblock %}',
    )

    site = built(root)

    with_head = {path for path, body in site.items() if path.endswith(".html")} - {
        "404.html",
        "themes/lifting/index.html",
    }
    assert {path for path, body in site.items() if b"<!-- mine -->" in body} == with_head


def test_a_macro_is_overridden_in_a_copy_of_its_file(root: Path) -> None:
    own(root, "macros/stories.html", own_macro())

    page = pages(built(root))["index.html"]

    assert "2026/w19/, and no more" in [text(one) for one in find(page, "p")]


def own_macro() -> str:
    """Returns the shipped macros, one of them changed."""
    shipped = (TEMPLATES / "macros/stories.html").read_text(encoding="utf-8")
    one = "{% for week in lines %}<p>{{ week.place }}, and no more</p>{% endfor %}"
    mine = "{% macro weeks(lines, year=false) %}" + one + "{% endmacro %}"
    return re.sub(r"\{% macro weeks\(.*?\{% endmacro %\}", mine, shipped, count=1, flags=re.DOTALL)


def test_a_shared_part_of_stories_can_be_overridden(root: Path) -> None:
    shipped = (TEMPLATES / "story/body.html").read_text(encoding="utf-8")
    mine = '<p class="details">Seen in {{ card.source }}</p>'
    own(root, "story/body.html", re.sub('<p class="details">.*</p>', mine, shipped, count=1))

    page = pages(built(root))["2026/w19/index.html"]

    details = [text(one) for one in find(page, "p") if one.get("class") == "details"]
    assert set(details) == {"Seen in The Quay", "Seen in Harbour Ledger"}


def test_the_display_of_a_story_can_be_overridden(root: Path) -> None:
    own(root, "story/line.html", "<h3>{{ card.headline }}, in short</h3>\n")

    site = built(root)

    assert b"A fifth crane arrives, in short" in site["2026/w20/index.html"]
    assert b"A fifth crane arrives, in short" in site["themes/cranes/index.html"]


def test_part_of_the_style_sheet_can_be_overridden(root: Path) -> None:
    before = read_folder(root / "site")["style.css"].decode()
    own(
        root,
        "static/colours.css",
        '{% include "shipped/static/colours.css" %}\n:root { --accent: #123456; }\n',
    )

    after = built(root)["style.css"].decode()

    assert [line for line in after.splitlines() if line not in before] == [
        ":root { --accent: #123456; }"
    ]
    assert [line for line in before.splitlines() if line not in after] == []


def test_a_removed_override_leaves_no_trace(root: Path) -> None:
    before = read_folder(root / "site")
    for name, words in (
        ("macros/stories.html", own_macro()),
        ("static/colours.css", "p {}"),
        ("story/line.html", "Mine"),
    ):
        own(root, name, words)
    assert built(root) != before

    shutil.rmtree(root / "templates")

    assert built(root) == before


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("week.html", '{% extends "shipped/weak.html" %}',
         "templates/week.html:1: there is no template 'shipped/weak.html'; did you mean 'shipped/week.html'?"),
        ("week.html", 'Mine\n{% include "a/b" %}',
         "templates/week.html:2: there is no template 'a/b'; restore it, or correct its name"),
        ("week.html", '{% from "macros/storys.html" import card %}',
         "templates/week.html:1: there is no template 'macros/storys.html'; did you mean 'macros/stories.html'?"),
        ("week.html", '{% include ["mine.html", "own.html"] %}',
         "templates/week.html:1: there is no template 'mine.html' or 'own.html'; did you mean 'home.html'?"),
        ("week.html", '{% include ["none", "macros/storys.html"] %}',
         "templates/week.html:1: there is no template 'none' or 'macros/storys.html'; did you mean 'macros/stories.html'?"),
        ("page.html", '{% include "paje.html" %}',
         "templates/page.html:1: there is no template 'paje.html'; did you mean 'base.html'?"),
        ("week.html", "Mine\n{% include [] %}", "templates/week.html:2: no template is named here; name one"),
        ("week.html", "Mine\n{% include page_names|default([]) %}",
         "templates/week.html:2: no template is named here; name one"),
        ("week.html", 'Mine\n{% set name = "nope.html" %}\n{% include name %}',
         "templates/week.html:3: there is no template 'nope.html'; restore it, or correct its name"),
        ("week.html", 'Mine\n{% set names = ["nope.html", "nix.html"] %}\n{% include names %}',
         "templates/week.html:3: there is no template 'nope.html' or 'nix.html'; restore it, or correct its name"),
        ("week.html", '{% extends "shipped/week.html" %}\n{% block mian %}Mine{% endblock %}',
         "templates/week.html:2: 'shipped/week.html' has no block 'mian'; did you mean 'main'?"),
        ("base.html", '{% extends "shipped/base.html" %}\n{% block footer %}Mine{% endblock %}',
         "templates/base.html:2: 'shipped/base.html' has no block 'footer'; "),
        ("base.html", '{% extends "base.html" %}', "templates/base.html: extends itself; extend 'shipped/base.html'"),
        ("story/card.html", "{{ card.nots }}", "templates/story/card.html:1: "),
        ("static/layout.css", "p {}\n{{ width }}", "templates/static/layout.css:2: 'width' is undefined"),
        ("macros/stories.html", "{% macro details(card) %}{% endmacro %}",
         "templates/home.html:"),
    ],
)  # fmt: skip
def test_a_template_error_is_one_line_with_its_place(
    root: Path, name: str, words: str, said: str
) -> None:
    own(root, name, words)

    assert fault(root).startswith(said)


def test_check_finds_what_stops_a_build_in_the_line_where_it_is(root: Path) -> None:
    own(root, "base.html", '\n{% extends "shipped/bass.html" %}')
    own(root, "page.html", "\n\n{% if %}")
    own(root, "404.html", '{% extends "page.html" %}{% block main %}{% endblock %}')

    found = [
        str(one) for one in check.run(root, now=NOW).problems if one.file.startswith("templates/")
    ]

    assert found == [
        "templates/base.html:2: there is no template 'shipped/bass.html'; did you mean 'shipped/base.html'?",
        "templates/page.html:3: Expected an expression, got 'end of statement block'",
    ]
    with pytest.raises(Faults) as caught:
        built(root)
    assert sorted(map(str, caught.value.problems)) == found


def test_a_template_that_may_be_missing_is_no_error(root: Path) -> None:
    own(
        root,
        "404.html",
        '{% extends "base.html" %}{% block main %}{% include "mine.html" ignore missing %}'
        '{% include ["mine.html", "static/print.css"] ignore missing %}Mine{% endblock %}',
    )

    assert hints(root) == []


def test_a_template_that_is_not_text_is_reported(root: Path) -> None:
    own(root, "week.html", "").write_bytes(b"\xff\xfe")

    assert fault(root) == "templates/week.html: not UTF-8 text; save it as UTF-8"


def test_check_finds_a_block_that_would_never_be_shown(root: Path) -> None:
    own(root, "week.html", '{% extends "shipped/week.html" %}\n{% block mian %}Mine{% endblock %}')
    own(root, "static/prose.css", "{% if %}")
    own(
        root,
        "page.html",
        '{% extends "shipped/page.html" %}\n{% block main %}{% block more %}{% endblock %}{% endblock %}',
    )

    found = [
        str(one) for one in check.run(root, now=NOW).problems if one.file.startswith("templates/")
    ]

    assert found == [
        "templates/static/prose.css:1: Expected an expression, got 'end of statement block'",
        "templates/week.html:2: 'shipped/week.html' has no block 'mian'; did you mean 'main'?",
    ]


def test_check_reports_an_unused_file_and_a_build_ignores_it(root: Path) -> None:
    own(root, "weeks.html", "{% if %}")
    own(root, "mine/note.html", "Mine")
    own(
        root,
        "404.html",
        '{% extends "shipped/404.html" %}{% block main %}{% include "mine/note.html" %}{% endblock %}',
    )

    found = [one for one in check.run(root, now=NOW).problems if one.file.startswith("templates/")]

    assert [(str(one), one.is_hint) for one in found] == [
        ("templates/weeks.html: no page uses it; did you mean 'week.html'?", True)
    ]
    assert b"Mine" in built(root)["404.html"]


# ---------------------------------------------------------------- what browsers would not load


def hints(root: Path) -> list[str]:
    """What check hints at in the digest's own templates; nothing of it stops a build."""
    built(root)
    found = [one for one in check.run(root, now=NOW).problems if one.file.startswith("templates/")]
    assert all(one.is_hint for one in found)
    return [str(one) for one in found]


def head(root: Path, words: str, policy: str = "") -> None:
    own(
        root,
        "base.html",
        f'{{% extends "shipped/base.html" %}}\n{policy}{{% block head %}}{{{{ super() }}}}\n{words}{{% endblock %}}',
    )


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ('<script src="https://plausible.io/js/script.js" defer></script>', "this script"),
        ("<script\n>go()</script>", "this script"),
        ('<script src="/mine.js"></script>', "this script"),
        ("<style>body { color: red; }</style>", "this inline style"),
        ('<hr style="color: red">', "this inline style"),
        ('<link rel="me" href="x" onclick="go()">', "this inline script"),
        (
            '<link href="https://fonts.example/a.css" rel="stylesheet">',
            "this style sheet of another host",
        ),
        ('<img alt="" src="//cdn.example/a.png">', "this picture of another host"),
        ('<iframe src="https://video.example/1"></iframe>', "this frame or media file"),
    ],
)
def test_check_reports_the_line_that_the_pages_content_security_policy_blocks(
    words: str, what: str, root: Path
) -> None:
    head(root, words)

    message = f"browsers do not load {what}: the Content-Security-Policy of the pages forbids it"
    assert [line.partition("; ")[0] for line in hints(root)] == [
        f"templates/base.html:3: {message}"
    ]


def test_check_reports_fonts_and_files_of_other_hosts_in_a_style_sheet(root: Path) -> None:
    own(
        root,
        "static/print.css",
        '/* url(https://a.example/) */\n@font-face { src: url("own.woff2"); }\n@import "//b.example/c.css";\n',
    )

    found = [line.partition(": ")[0] for line in hints(root)]

    assert found == ["templates/static/print.css:2", "templates/static/print.css:3"]


@pytest.mark.parametrize(
    "words",
    [
        '<script type="application/ld+json">{}</script>',
        "<!-- <script>old()</script> -->",
        "{# <style>old</style> #}",
        '<link rel="me" href="https://social.example/@digest">',
        '<link rel="stylesheet" href="/mine.css">',
    ],
)
def test_check_accepts_what_browsers_load(words: str, root: Path) -> None:
    head(root, words)

    assert hints(root) == []


def test_check_accepts_a_policy_set_by_the_digest(root: Path) -> None:
    policy = "{% block policy %}default-src 'self'; script-src https://plausible.io{% endblock %}\n"
    head(root, '<script src="https://plausible.io/js/script.js" defer></script>', policy)

    assert hints(root) == []


def test_check_reports_files_among_the_templates_that_are_not_copied(root: Path) -> None:
    own(root, "static/logo.png", "picture")
    own(root, "static/own.woff2", "font")
    own(root, "README.md", "What I have changed.")

    assert hints(root) == [
        "templates/static/logo.png: is copied nowhere; move it to content/static/",
        "templates/static/own.woff2: is copied nowhere; move it to content/static/",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("style.css", "a {}\n<<<<<<< HEAD\nb {}\n=======\nc {}\n>>>>>>> other\n"),
        (
            "404.html",
            '{% extends "shipped/404.html" %}\n<<<<<<< HEAD\n{% block main %}a{% endblock %}\n'
            "=======\n{% block main %}b{% endblock %}\n>>>>>>> other\n",
        ),
    ],
)
def test_conflict_markers_in_a_template_stop_the_build(root: Path, name: str, words: str) -> None:
    own(root, name, words)

    with pytest.raises(Faults) as caught:
        built(root)

    last = words.count("\n")
    assert [str(problem) for problem in caught.value.problems] == [
        f"templates/{name}:{line}: a merge-conflict mark; keep what is right of both sides, and delete the marks"
        for line in (2, last)
    ]
