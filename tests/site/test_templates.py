"""templates/README.md is right about all templates, their blocks, and what each receives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from builders import make_config, make_content, make_letter, make_page, make_story
from sites import rendered

from digest.site.arrange import arrange
from digest.site.plan import plan

FOLDER = Path(__file__).parents[2] / "templates"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w/]+\.html)` \| ([^|]+) \| ([^|]*)\| (?:([^|]*)\|)?$", re.MULTILINE)
LISTED = {
    name: (blocks, receives) for name, _, blocks, receives in ROW.findall(README) if "/" not in name
}


def names(cell: str) -> set[str]:
    """The names in a cell of the table, without those of what they are made of."""
    return set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", cell)))


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.html")))
def test_the_blocks_of_a_template_are_those_documented(name: str) -> None:
    assert name in LISTED, "a row for it is missing in templates/README.md"
    frame = set() if name == "base.html" else names(LISTED["base.html"][0])
    blocks = re.findall(r"\{%-? block (\w+)", (FOLDER / name).read_text(encoding="utf-8"))

    assert set(blocks) - frame == names(LISTED[name][0])


def test_every_page_receives_exactly_the_documented_variables() -> None:
    content = make_content(make_story(), letters=(make_letter(),), pages=(make_page(),))
    config = make_config()
    planned = plan(arrange(content, config), config)

    frame = {"site", "head"} | names(LISTED["base.html"][1])
    received = {
        page.template: set(planned.data(page)) - frame for page in planned.pages if page.head
    }

    assert set(received) <= set(LISTED) - {"base.html"}
    assert received == {name: names(LISTED[name][1]) for name in received}


@pytest.mark.parametrize(
    ("template", "block", "page"),
    [
        (name, block, page)
        for name, page in [
            ("base.html", "about/index.html"),
            ("home.html", "index.html"),
            ("week.html", "2026/w20/index.html"),
            ("archive.html", "archive/index.html"),
            ("theme.html", "themes/memory-crunch/index.html"),
            ("subscribe.html", "subscribe/index.html"),
        ]
        for block in sorted(names(LISTED[name][0]) - {"main", "kind"})  # these are the pages' own
    ],
)
def test_any_single_block_can_be_overridden(
    tmp_path: Path, template: str, block: str, page: str
) -> None:
    own = tmp_path / "templates" / template
    own.parent.mkdir()
    own.write_text(
        f'{{% extends "shipped/{template}" %}}{{% block {block} %}}Our own words{{% endblock %}}'
    )
    content = make_content(make_story(), letters=(make_letter(),), pages=(make_page(),))

    assert b"Our own words" in rendered(content, make_config(), tmp_path)[page]
