from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sites import lost_links, pages, read_folder

from digest import config
from digest.commands import build
from digest.errors import DigestError, Faults
from digest.site import addresses, marked_files

SMALL = Path(__file__).parents[1] / "data/sites/small"
REPOSITORY = Path(__file__).parents[2]
TEMPLATES = sorted(
    path.relative_to(REPOSITORY / "templates").as_posix()
    for path in (REPOSITORY / "templates").rglob("*.*")
    if path.suffix not in {".md", ".png"}
)

# Builds under a clock that has stopped in another year and that no part of the build may ask for the day.
BUILD = """
import datetime, sys, time

def refuse_clock(frame, event, called):
    if event == "c_call" and called.__name__ in {"now", "today", "utcnow"}:
        if called.__self__ in {datetime.date, datetime.datetime}:
            raise AssertionError("the build has read the clock")

sys.setprofile(refuse_clock)
time.time = lambda: float(sys.argv[3])

from pathlib import Path
from digest import config
from digest.commands import build
from digest.site.search import search_index
from digest.site.social import png
png.available = search_index.available = lambda: False  # as in this file's other builds
root = Path(sys.argv[1])
build.run(root, config.load(root), output=Path(sys.argv[2]), base_url=None)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest to build, in a folder of its own."""
    shutil.copytree(SMALL, tmp_path / "small", ignore=shutil.ignore_patterns("expected"))
    return tmp_path / "small"


def run(root: Path, place: str = "site", base_url: str | None = None) -> build.BuildReport:
    return build.run(root, config.load(root), output=root / place, base_url=base_url)


def test_the_report_says_what_was_built(root: Path) -> None:
    report = run(root)

    assert (report.stories, report.weeks, report.themes) == (7, 3, 3)
    assert (report.pages, report.written, report.unchanged, report.removed) == (39, 39, 0, 0)
    assert len(read_folder(root / "site")) == 39


def times(root: Path) -> dict[Path, int]:
    """When each file and folder was written, those of the memory apart."""
    there = (path for place in ("content", "site") for path in (root / place).rglob("*"))
    return {path: path.stat().st_mtime_ns for path in there}


def test_a_second_build_writes_nothing(root: Path) -> None:
    run(root)
    before = times(root)

    report = run(root)

    assert (report.written, report.unchanged, report.removed) == (0, 39, 0)
    assert times(root) == before


def test_hiding_a_story_removes_its_pages(root: Path) -> None:
    run(root)
    story = root / "content/2026/w21/2026-05-18-by-hand.md"
    story.write_text(story.read_text().replace("\n---\n", "\nhide: true\n---\n", 1))

    report = run(root)

    assert "by-hand" not in (root / "site/2026/w21/index.html").read_text()
    assert not (
        root / "site/2026/w20/feed.atom"
    ).exists()  # the newest week is open, and in /feed.atom
    assert not (root / "site/2026/w21/index.md").exists()
    assert report.removed == 2


def test_hiding_a_story_removes_its_pages_even_if_the_list_of_built_files_is_lost(
    root: Path,
) -> None:
    run(root)
    before = read_folder(root / "site")
    shutil.rmtree(root / ".digest")
    for name in ("2026/w20/index.html", "2026/w21/index.html", "themes/old/index.html"):
        stale = root / "site" / name.replace("2026", "2025")
        stale.parent.mkdir(parents=True)
        stale.write_bytes((root / "site/2026/w20/index.html").read_bytes())

    assert run(root).removed == 3
    assert read_folder(root / "site") == before


def test_pages_and_feeds_of_an_earlier_build_are_recognised(root: Path) -> None:
    run(root)
    always = {addresses.path_of(place) for place in addresses.PLACES.values()} | {
        "404.html",
        "archive.json",
        "llms.txt",
        "robots.txt",
        "icon.svg",
    }
    copied = {"CNAME"}

    found = marked_files.find_built_files(root / "site")

    assert set(read_folder(root / "site")) - found - always == copied


@pytest.mark.parametrize("name", addresses.EDITORS_ICONS)
def test_the_editors_icon_replaces_the_shipped_one(root: Path, name: str) -> None:
    run(root)
    (root / "content/static" / name).write_bytes(b"mine")

    run(root)

    site = read_folder(root / "site")
    assert {path: body for path, body in site.items() if "icon" in path} == {name: b"mine"}
    assert f'<link rel="icon" href="/notes/{name}">' in site["index.html"].decode()


def test_hidden_files_in_static_are_copied_except_those_left_by_systems_and_text_editors(
    root: Path,
) -> None:
    copied = {".nojekyll", ".well-known/security.txt", "notes/.keep"}
    left = {
        ".DS_Store",
        "Thumbs.db",
        "notes/.a.txt.swp",
        "a.txt~",
        ".a.txt.unfinished",
        ".git/config",
    }
    for name in copied | left:
        place = root / "content/static" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(name)
    (root / "content/static/.#a.txt").symlink_to("ada@desk.4711")
    (root / "content/2026/w19/.quay.png").write_text("hidden")
    before = set(read_folder(SMALL / "expected"))

    run(root)

    assert set(read_folder(root / "site")) - before == copied


@pytest.mark.parametrize(
    "base_url",
    [None, "https://example.org/", "https://example.org/repo/", "http://localhost:8000/x/"],
)
def test_every_link_works_under_any_base_path(root: Path, base_url: str | None) -> None:
    report = run(root, base_url=base_url)

    assert report.url == (base_url or "https://example.org/notes/")
    assert lost_links(read_folder(root / "site"), report.url) == []


def test_a_template_error_is_one_line_and_leaves_the_old_site_untouched(root: Path) -> None:
    run(root)
    before = read_folder(root / "site")
    (root / "templates").mkdir()
    (root / "templates/404.html").write_text(
        "{# mine #}\n{% extends 'base.html' %}\n{% block main %}\n{{ nonsense }}{% endblock %}"
    )

    with pytest.raises(Faults) as caught:
        run(root)

    assert str(caught.value) == "templates/404.html:4: 'nonsense' is undefined"
    assert read_folder(root / "site") == before


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("week.html", "{# mine #}\n{% if %}", "templates/week.html:2: Expected an expression"),
        ("story/line.html", "{{ card.nonsense }}", "templates/story/line.html:1: "),
        ("home.html", "\n{{ 1 / 0 }}", "templates/home.html:2: division by zero"),
        ("page.html", "{% extends 'bass.html' %}", "templates/page.html:1: there is no template 'bass.html'; "
                                                   "did you mean 'base.html'?"),
        ("feeds/entry.xml", "<entry>", "templates/feeds/stories.xml: gives a feed.atom that is not well-formed"),
    ],
)  # fmt: skip
def test_each_kind_of_template_error_names_the_template(
    root: Path, name: str, text: str, said: str
) -> None:
    place = root / "templates" / name
    place.parent.mkdir(parents=True)
    place.write_text(text)

    with pytest.raises(Faults) as caught:
        run(root)

    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
    assert not (root / "site").exists()


def test_a_digest_may_override_one_block_of_one_template(root: Path) -> None:
    (root / "templates").mkdir()
    (root / "templates/404.html").write_text(
        "{% extends 'shipped/404.html' %}\n{% block main %}<h1>Mine</h1>{% endblock %}"
    )

    run(root)

    page = pages(read_folder(root / "site"))["404.html"]
    assert [element.text for element in page.iter("h1")] == ["Mine"]
    assert list(page.iter("header"))


def test_a_content_error_leaves_the_old_site_untouched(root: Path) -> None:
    run(root)
    before = read_folder(root / "site")
    (root / "content/pages/archive.md").write_text("Mine, with a [link](lost.md).")

    with pytest.raises(Faults) as caught:
        run(root)

    assert [str(problem).partition(";")[0] for problem in caught.value.problems] == [
        "content/pages/archive.md: claims the address 'archive/index.html', which the page of the archive claims too",
        "content/pages/archive.md:1: the link to 'lost.md' leads to no story",
    ]
    assert read_folder(root / "site") == before


def test_a_dangerous_output_folder_is_refused_first(root: Path) -> None:
    with pytest.raises(DigestError, match="cannot be built into content/"):
        run(root, place="content")


def test_the_bytes_do_not_depend_on_clock_zone_locale_umask_or_hash_seed(root: Path) -> None:
    # Python 3.11 cannot start in other locales from an environment in a folder with such a name
    first, second = ("C", "tr_TR.UTF-8") if sys.prefix.isascii() else ("C.UTF-8", "C.UTF-8")
    circumstances = [
        ({"TZ": "UTC", "LC_ALL": first, "PYTHONHASHSEED": "0"}, 0o022, "0"),
        (
            {
                "TZ": "Pacific/Kiritimati",
                "LC_ALL": second,
                "PYTHONHASHSEED": "4711",
                "PYTHONUTF8": "0",
            },
            0o077,
            "4e9",
        ),
    ]
    for number, (environment, umask, clock) in enumerate(circumstances):
        subprocess.run(
            [sys.executable, "-c", BUILD, str(root), str(root / f"site-{number}"), clock],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
            umask=umask,
            check=True,
        )
    run(root)

    built = read_folder(root / "site")
    modes = [
        {
            path.relative_to(site).as_posix(): stat.S_IMODE(path.stat().st_mode)
            for path in site.rglob("*")
        }
        for site in (root / "site-0", root / "site-1")
    ]
    assert read_folder(root / "site-0") == built
    assert read_folder(root / "site-1") == built
    assert modes[0] == modes[1]
    assert set(modes[0].values()) == {0o644, 0o755}


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_documents_its_variables_and_never_turns_off_escaping(template: str) -> None:
    text = (REPOSITORY / "templates" / template).read_text(encoding="utf-8")

    assert text.startswith(f"{{# {template}: ")
    assert "Receives" in text.partition("#}")[0]
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", text)
    assert not re.search(r"\s(href|src|id|class|content|cite|datetime|title)=(?![\"'])", text)


def test_the_list_of_templates_is_complete() -> None:
    listed = re.findall(
        r"`([\w/]+\.(?:html|xml|json|opml|txt|css|js|svg))`",
        (REPOSITORY / "templates/README.md").read_text(),
    )

    assert set(TEMPLATES) <= set(listed)
