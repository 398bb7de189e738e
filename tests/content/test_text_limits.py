"""Texts and settings larger than people write: read in bounded time, or an error in one line."""

from __future__ import annotations

from datetime import UTC
from itertools import chain

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from many import many

from digest import config, redact
from digest.checks.markdown_scan import MarkdownText
from digest.content import excerpt, known_names, story_file
from digest.content.known_names import KnownNames, names_of
from digest.content.read import ContentReader
from digest.errors import Faults

FILE = "content/2026/w20/2026-05-15-a.md"
SITE = '[site]\ntitle = "A"\nurl = "https://a.example/"\n'
QUOTED = '"b c"'
DOTTED = "digest.toml:{}: a key has too many parts; write tables as [name], keys as name = value"
NESTED = "digest.toml:{}: values are nested too deeply; keep lists flat"
FEED = '[[feeds]]\nid = "a"\nurl = "https://a.example/feed"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{SITE}description = {'[' * 10_000}{']' * 10_000}\n", NESTED.format(4)),
        (f"{SITE}x = {'{a = ' * 10_000}1{'}' * 10_000}\n", NESTED.format(4)),
        (f"x = {'[' * 10_000}", NESTED.format(1)),
        (f"{SITE}{'.'.join(['a'] * 40_000)} = 1\n", DOTTED.format(4)),
        (f"{SITE}[{' . '.join(['a', QUOTED] * 20_000)}]\n", DOTTED.format(4)),
        (f"{SITE}{FEED}excerpt = {'9' * 10_000}\n", "digest.toml:7: a number is too long; write a shorter one"),
        (
            f"{SITE}{FEED}excerpt = 100_001\n",
            "digest.toml:7: excerpt of feed 1: is more than 100,000 words; write how many words to keep; 0 keeps none",
        ),
        (
            f"{SITE}{FEED}excerpt = 0x{'f' * 10_000}\n",
            "digest.toml:7: excerpt of feed 1: is more than 100,000 words; write how many words to keep; 0 keeps none",
        ),
    ],
)  # fmt: skip
def test_extreme_settings_are_reported_with_their_line(text: str, message: str) -> None:
    with pytest.raises(Faults) as raised:
        config.loads(text)

    assert str(raised.value) == message


KEYS = (
    *(
        "site",
        "feeds",
        "themes",
        "pull",
        "editions",
        "id",
        "url",
        "title",
        "description",
        "language",
        "timezone",
    ),
    *(
        "editor",
        "publisher",
        "paywall",
        "excerpt",
        "retired",
        "match",
        "ignore",
        "was",
        "draft",
        "close",
    ),
)
ODD = (
    *(
        '""',
        '"a"',
        '"https://a.example/"',
        '"http://["',
        '"//"',
        '"a\\u0000b"',
        '"\\U0010FFFF"',
        '"../a"',
        '" "',
        "''",
    ),
    *(
        "0",
        "-1",
        "9223372036854775808",
        "-0xF",
        "0xFFFFFFFFFFFFFFFFFFFF",
        "inf",
        "nan",
        "-inf",
        "1e999",
        "1.5",
        "true",
    ),
    *(
        "1979-05-27",
        "07:32:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999Z",
        "[]",
        "[[]]",
        "{}",
    ),
    *(
        '["a", 1]',
        '[""]',
        '["+"]',
        '["*"]',
        '["a + + b"]',
        "[{}]",
        '{a = "b"}',
        '"""\na\n"""',
        "'''a'''",
        "1_0",
        "x",
    ),
)


@given(st.lists(st.tuples(st.sampled_from(("", "[site]\n", "[[feeds]]\n", "[[themes]]\n", "[pull]\n", "[feeds]\n")),
                          st.sampled_from(KEYS), st.sampled_from(ODD)), max_size=8))  # fmt: skip
@example([("[site]\n", "id", '"""\na\n"""')])
@example([("[[feeds]]\n", "id", '"""\na\n"""')] * 2)
@settings(max_examples=many(60), deadline=None)
def test_any_settings_are_valid_or_give_problems_of_one_line_each(
    said: list[tuple[str, str, str]],
) -> None:
    text = "".join(f"{table}{key} = {value}\n" for table, key, value in said)

    try:
        config.loads(text)
    except Faults as faults:
        assert all(
            problem.file == "digest.toml" and "\n" not in problem.what
            for problem in faults.problems
        )


def test_a_very_long_word_is_cut_once() -> None:
    summary = "[a](" + "x" * 99_000

    cut = excerpt.cut(summary, 40)

    assert cut == summary[:1598] + " …"
    assert excerpt.cut(cut, 40) == cut


def test_an_excerpt_is_not_cut_inside_a_long_word() -> None:
    summary = " ".join(["Donaudampfschifffahrtsgesellschaft"] * 40)

    assert excerpt.cut(summary, 40) == summary


def test_unterminated_front_matter_is_reported_with_its_line() -> None:
    keys = "".join(f"k{number}: a\n" for number in range(200_000))

    with pytest.raises(Faults) as raised:
        story_file.loads(f"---\n{keys}---\n", FILE)

    assert str(raised.value) == (
        f"{FILE}:1002: the front matter has 200,000 lines, and at most 1,000 are read; "
        "close it with a line --- below its keys"
    )


def test_only_the_first_unknown_themes_are_named() -> None:
    themes = ", ".join(f"t{number}" for number in range(10_000))

    with pytest.raises(Faults) as raised:
        known_names.loads(
            f"---\nthemes: [{themes}]\n---\n", FILE, KnownNames(themes=frozenset({"trade"})), UTC
        )

    named = [problem for problem in raised.value.problems if "theme" in problem.what]
    assert len(named) == 21
    assert str(named[-1]) == f"{FILE}:2: 9980 more unknown themes; remove them from 'themes'"


@pytest.mark.parametrize("kind", ["story", "letter", "page"])
def test_a_file_that_is_too_large_is_reported(kind: str) -> None:
    file = {
        "story": FILE,
        "letter": "content/2026/w20/letter.md",
        "page": "content/pages/about.md",
    }[kind]
    reading = ContentReader(
        names_of(config.loads(SITE), ()),
        UTC,
        lambda _: b"---\ntitle: A\n---\n" + b"word " * 200_000,
        {},
    )

    assert getattr(reading, kind)(file) is None
    assert list(map(str, reading.problems)) == [
        f"{file}: has more than 1,000,000 bytes; split it into several files"
    ]
    assert reading.unread == [file]


def test_urls_inside_urls_are_searched_once() -> None:
    address = "https://a.example/?u=" * 30

    assert redact.secret_names(address + "https://b.example/?token=abcd") == ("token",)
    assert redact.secret_names(address + "https%3A%2F%2Fb.example%2F%3Ftoken%3Dabcd") == ("token",)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a `b` c", "a xxx c"),
        ("a ``b ` c`` d`", "a xxxxxxxxx d`"),
        ("\\`a` b", "\\`a` b"),
        ("`a\n\nb`", "`a\n\nb`"),
        ("`a\nb` c", "xx\nxx c"),
        ("x <!-- a --> b <!-- c", "x            b <!-- c"),
        ("```\na\n```\nb", "   \n \n   \nb"),
    ],
)
def test_code_and_comments_are_blanked_out(text: str, plain: str) -> None:
    assert MarkdownText(text).plain == plain


def test_all_links_of_a_large_text_are_found() -> None:
    links = MarkdownText("[a](b " * 5_000 + "[c](d)").links

    assert len(links) == 5_001
    assert [link.address for link in links if link.closed] == ["d"]
    assert list(chain.from_iterable(link.address for link in links[:2])) == ["b", "b"]
