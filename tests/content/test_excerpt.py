"""The excerpt: cut to length, shown as plain words, and distinct from what the editor wrote."""

from __future__ import annotations

import html
import re

import markdown
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.content import excerpt
from digest.content.identity import hash_of

WORDS = st.text(
    st.sampled_from(list("ab \\`*_[]<>&#+-.!()1~=|:;'\"{}/é漢\u00a0")), max_size=40
).map(lambda s: " ".join(s.split()))


@given(text=st.lists(WORDS.filter(bool), max_size=3).map("\n\n".join))
@example(text="&lt; &amp;lt; AT&T &#42;")
@example(text="1. one")
@example(text="~~~\n\ncode\n\n~~~")
@example(text="<script>alert(1)</script> [go](javascript:x) ![i](y) <https://a.example>")
def test_escaped_words_are_shown_as_these_words(text: str) -> None:
    shown = markdown.markdown(
        excerpt.escape(text), extensions=["tables", "fenced_code", "sane_lists"]
    )

    assert re.fullmatch(r"(<p>[^<]*</p>\n?)*", shown)
    assert html.unescape(re.sub(r"</?p>", "", shown)).split() == text.split()


@given(text=st.text())
def test_unescaping_gives_back_what_was_escaped(text: str) -> None:
    assert excerpt.unescape(excerpt.escape(text)) == text


@pytest.mark.parametrize(
    ("summary", "words", "kept"),
    [
        ("one two three", 3, "one two three"),
        ("one two three", 2, "one two …"),
        ("one, two", 1, "one …"),
        ("one\n\ntwo three", 2, "one\n\ntwo …"),
        ("one two", 0, ""),
        ("", 40, ""),
        ("半导体出口管制", 3, "半导体 …"),
        ("ASML的光刻机", 2, "ASML的 …"),
    ],
)
def test_the_first_words_are_kept(summary: str, words: int, kept: str) -> None:
    assert excerpt.cut(summary, words) == kept


@pytest.mark.parametrize(
    ("body", "words", "note"),
    [
        ("> a\n>\n> b\n\nnote", "a\n\nb", "note"),
        ("\n\n>a\nnote", "a", "note"),
        ("> a\n\n> b", "a", "> b"),
        ("note\n\n> a", "", "note\n\n> a"),
        ("", "", ""),
    ],
)
def test_only_the_quoted_lines_at_the_top_are_the_publishers(
    body: str, words: str, note: str
) -> None:
    assert excerpt.first_quotation(body) == (words, note)
    assert excerpt.split(body, [hash_of(words)])[:2] == (words, note)


@given(lines=st.lists(WORDS.filter(bool), max_size=4).map("\n\n".join))
def test_a_quoted_excerpt_is_found(lines: str) -> None:
    written = excerpt.escape(lines)

    assert excerpt.split(excerpt.quote(written) + "\n\nnote", [hash_of(lines)])[:2] == (
        written,
        "note",
    )


@pytest.mark.parametrize("gap", ["", "\n", " \n", "\n\t\n \n"])
def test_the_opening_quotation_is_found_below_any_blank_lines(gap: str) -> None:
    assert excerpt.split(f"{gap}> Their words.\n\nMine.\n", [hash_of("Their words.")])[:2] == (
        "Their words.",
        "Mine.",
    )
