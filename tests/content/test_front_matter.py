"""Front matter: if the plain parser gives a result, YAML gives the same one."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.content import front_matter, plain_front_matter, yaml_front_matter
from digest.content.plain_front_matter import Value
from digest.errors import Faults

ROOT = Path(__file__).parents[2]
WRITTEN = sorted([*ROOT.glob("content/**/*.md"), *ROOT.glob("tests/data/**/*.md")])
SIGNS = " -:,[]{}#&*!|>'\"%@`~?\\_=.;/\t\u00a0\u2019\u2028\x7f\ufeff0aZé"
WORDS = [
    "null",
    "~",
    "title",
    "lead",
    "2026-05-15",
    "yes",
    ": ",
    " #",
    "''",
    "\\n",
    "[a, b]",
    "- ",
    "https://a.example/?b=c#d",
]


def as_yaml(lines: list[str]) -> dict[str, Value] | str:
    """The values that YAML gives for a front matter, or its problems."""
    try:
        return yaml_front_matter.read(lines, "file")
    except Faults as faults:
        return str(faults)


def assert_alike(lines: list[str]) -> bool:
    """True if the plain parser gives a result; asserts that YAML gives the same, in order."""
    plain = plain_front_matter.read(lines)
    if plain is None:
        return False
    full = as_yaml(lines)
    assert plain == full
    assert list(plain) == list(full)
    return True


def matter_of(text: str) -> list[str] | None:
    """The lines between the fences of a file; None if it has no front matter."""
    first, *lines = text.replace("\r\n", "\n").split("\n")
    return lines[: lines.index("---")] if first == "---" and "---" in lines else None


def matters() -> Iterator[tuple[Path, list[str]]]:
    for path in WRITTEN:
        lines = matter_of(path.read_bytes().decode(errors="replace"))
        if lines is not None:
            yield path, lines


texts = st.lists(st.sampled_from([*SIGNS, *WORDS]) | st.characters(codec="utf-8"), max_size=8).map(
    "".join
)
keys = st.sampled_from(
    ["title", "authors", "themes", "link", "lead", "id", "x_1", "ä", "a b", "-", "'q'", ""]
)
lists = st.lists(texts, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
quoted = st.builds(lambda sign, text: f"{sign}{text}{sign}", st.sampled_from("'\""), texts)
colons = st.sampled_from([": ", ":", ":  ", " : ", ":\t"])
pairs = st.builds(
    lambda key, colon, value: f"{key}{colon}{value}", keys, colons, texts | lists | quoted
)


@given(st.lists(pairs | texts, max_size=4))
@example(["title: a", "title: b"])
@example(["title: a", " b"])
@example(["title:", "- a"])
@example(["title"])
@example(["authors: [a, ~, null]"])
@example(["authors: ['a, b']", "title: 'it''s'", 'id: "a\'b"'])
def test_the_plain_reader_and_yaml_agree(lines: list[str]) -> None:
    assert_alike(lines)


@given(
    st.lists(
        st.builds(lambda key, value: f"{key}: {value}", keys, texts | quoted | lists), max_size=2
    )
)
def test_the_plain_reader_and_yaml_agree_on_whole_values(lines: list[str]) -> None:
    assert_alike(lines)


def test_most_front_matter_written_by_people_and_by_pull_is_plain() -> None:
    answered = [
        assert_alike(lines) for path, lines in matters() if path.is_relative_to(ROOT / "content")
    ]

    assert len(answered) > 50
    assert sum(answered) / len(answered) > 0.9


def test_both_readers_agree_on_all_test_data() -> None:
    answered = [assert_alike(lines) for _, lines in matters()]

    assert any(answered)


def test_both_readers_agree_on_files_with_mistakes() -> None:
    chance = random.Random(20260515)
    answered = 0
    for _, lines in matters():
        for _ in range(30):
            text = "\n".join(lines)
            for _ in range(chance.randint(1, 3)):
                place = chance.randint(0, len(text))
                text = (
                    text[:place]
                    + chance.choice([*SIGNS, *WORDS, "\n", "\n  ", ""])
                    + text[place + chance.randint(0, 3) :]
                )
            answered += assert_alike(text.split("\n"))

    assert answered > 100


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("title: No", "No"),
        ("title: ‘Panic’ at 9:30, and #1", None),
        ("title: what: a mess", None),
        ("title: ends with a colon:", None),
        ("title: AT&T # said so", None),
        ("title: 'it''s: so'", "it's: so"),
        ('title: "a # b"', "a # b"),
        ('title: "a \\n b"', None),
        ("title:", ""),
        ("title: ~", None),
        ("link: https://a.example/?b=c#d", "https://a.example/?b=c#d"),
        ("authors: [Jo O'Neil, Ann  Ng ]", ("Jo O'Neil", "Ann  Ng")),
        ("authors: []", ()),
        ("authors: [a,]", None),
        ("authors: [Ng: Ann]", None),
        ("authors: ['Ng, Ann', 'Jo']", ("Ng, Ann", "Jo")),
        ('ahead: ["2027-01: A \\n"]', None),
        ("ahead: ['2027-01: it''s']", ("2027-01: it's",)),
        ("authors: ['a', b]", None),
        ("title: [Update] ships", None),
        ("title: soft\u00adhyphen", None),
        ("title: next\x85line", None),
    ],
)
def test_plain_front_matter_is_read_without_yaml(
    line: str, words: str | tuple[str, ...] | None
) -> None:
    assert plain_front_matter.read([line]) == (
        None if words is None else {line.partition(":")[0]: Value(2, words)}
    )


def test_a_plain_story_is_read_without_loading_yaml() -> None:
    code = (
        "import sys; from digest.content import story_file\n"
        "text = '---\\ntitle: A\\nlink: https://news.example/a\\nauthors: [Jo Writer]\\n---\\n\\nWords.\\n'\n"
        "story_file.loads(text, 'content/2026/w20/2026-05-15-a.md')\n"
        "sys.exit('yaml' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_both_readers_count_lines_from_the_fence() -> None:
    plain = front_matter.parse("---\n# mine\n\ntitle: a\n---\nbody\n", "file", required=True)
    full = front_matter.parse("---\n# mine\n\ntitle: a # b\n---\nbody\n", "file", required=True)

    assert (plain.values["title"], plain.line, plain.body) == (Value(4, "a"), 6, "body\n")
    assert (full.values["title"].line, full.line, full.body) == (4, 6, "body\n")


fences = st.sampled_from(["---", "--- ", "---\t\u2028"])


@given(
    fences,
    st.lists(st.sampled_from(["# a", "", "#---", "---x: y"]), unique=True),
    fences,
    st.lists(st.sampled_from(["---", "--- x", "words", "", " ---"])),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_the_front_matter_ends_at_the_second_fence(
    first: str, head: list[str], last: str, body: list[str], end: str
) -> None:
    found = front_matter.parse(end.join([first, *head, last, *body]), "file", required=True)

    assert (found.body, found.line) == ("\n".join(body), len(head) + 3)
    assert list(found.values) == (["---x"] if "---x: y" in head else [])
