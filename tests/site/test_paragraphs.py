"""Paragraphs that are rendered without Markdown are the same as with Markdown and sanitizer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.content import excerpt
from digest.site import paragraphs
from digest.site.markdown import MarkdownRenderer

ARCHIVE = Path(__file__).parents[2] / "content"
WRITER = MarkdownRenderer(cast("Any", None))  # the targets of links: these texts have none


def shown(text: str) -> str | None:
    """What is made of a text without Markdown, links leading where they were written to lead."""
    return paragraphs.html(text, lambda address: f'<a href="{address}">')


def by_markdown(text: str) -> str:
    """What Markdown and the sanitizer make of a text, whether it is plain or not."""
    return WRITER._safe(text)


alphabet = [
    *"  \n\n-=+*_#>.)(1\\`~|&;[]{}<!:/@\"'\t\u00a0\u00ad\u2019aZ0é",
    *[
        "\n\n",
        "  \n",
        "\\",
        "&amp;",
        "&lt;",
        "&#126;",
        "&copy;",
        "1. ",
        "- ",
        "\n===",
        "\n---",
        "\\-",
        "words ",
        "x",
    ],
    *["http://a.example", "[a](b)", "<b>", "![", "](", "\n    ", "\n> ", "~~~", "R&D", "\\#35;"],
]
signs = st.sampled_from(alphabet)
few = st.lists(st.sampled_from("ab \n-&;\\#>1.[]"), max_size=10).map("".join)


@given(st.lists(signs, max_size=12).map("".join) | few)
@example("one\ntwo\n\nthree")
@example("a \n b")
@example("1990s & more")
@example("R&D, AT&T; Q&A")
@example("&\\#35;")
@example("\\[a\\](b) \\*\\*c\\*\\*")
@example("\\- a\n1\\. b")
@example("a\n\n\nb")
@example("a\n---\nb")
@example("\u0661. a")
def test_plain_paragraphs_are_rendered_as_by_markdown_and_the_sanitizer(text: str) -> None:
    plain = shown(text)

    assert plain is None or plain == by_markdown(text)


marks = st.sampled_from(
    [
        *[
            "*a*",
            "**b c**",
            "*",
            "**",
            "***",
            "[",
            "](",
            ")",
            "(",
            "!",
            "- ",
            "\n- ",
            "\n\n- ",
            " ",
            ",",
            "a",
            "b1",
            "&",
            ";",
        ],
        *[
            "[words](https://news.example/a_b/c?d=e#f)",
            "[a b](../w18/2026-05-01-a.md)",
            "[x]",
            "_",
            "\n",
            "\n\n",
            "é",
            ".",
        ],
        *[
            "https://news.example",
            "https://",
            "a.md",
            "#x",
            "?",
            "*a & b*",
            "[1. a](b.md)",
            "*a",
            "b*",
            "-",
            "  ",
            "&amp;",
        ],
    ]
)


@given(st.lists(marks, max_size=9).map("".join), st.text("[]()*- ab.\n!", max_size=12))
@example("*a* **b**, (*c d*). *e*", "- a\n- *b* c\n\nd")
@example("[a](https://news.example/a_b_c*d*)", "![a](b.md) [a](b.md)")
@example("- a\n\n- b", "a\n- b")
@example("[a](https://1.2.3.4.5/)", "[a](https://xn--.example/)")
@example("**a*b**", "*a**b*")
@example("[*a*](b.md)", "*[a](b.md)*")
def test_emphasis_links_and_lists_are_rendered_as_by_markdown_and_the_sanitizer(
    text: str, other: str
) -> None:
    for written in (text, other):
        plain = shown(written)

        assert plain is None or plain == by_markdown(written)


@given(
    st.text(max_size=60),
    st.lists(st.sampled_from([*"*_[]<>&#`~\\-+.|! 1", "a", "\n"]), max_size=30).map("".join),
)
@example("[^0]", "")
def test_excerpts_are_rendered_as_by_markdown_and_the_sanitizer(words: str, others: str) -> None:
    for text in map(excerpt.escape, (words, others)):
        plain = shown(text)

        assert plain is None or plain == by_markdown(text)


def test_most_of_what_is_in_the_archive_is_plain() -> None:
    bodies = [
        path.read_text().partition("\n---\n")[2].strip("\n")
        for path in sorted(ARCHIVE.glob("20??/*/20*.md"))
    ]
    plain = {text: found for text in bodies if (found := shown(text)) is not None}

    assert plain == {text: by_markdown(text) for text in plain}
    assert len(plain) / len(bodies) > 0.8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("35 per cent, up from 30.", "<p>35 per cent, up from 30.</p>"),
        ("one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>"),
        (
            "‘Panic’ \\[sic\\] at AT&T, R & D & 1 > 0; a\\_b",
            "<p>‘Panic’ [sic] at AT&amp;T, R &amp; D &amp; 1 &gt; 0; a_b</p>",
        ),
        ("1990\\. was &amp;c. &lt;b> &#126;~~", "<p>1990. was &amp;c. &lt;b&gt; ~~~</p>"),
        ("1990. was", None),
        ("two  \nlines", None),
        ("a *word*, and **two**", "<p>a <em>word</em>, and <strong>two</strong></p>"),
        ("a*word*", None),
        ("*word*s", None),
        ("[1. a](b.md)", '<p><a href="b.md">1. a</a></p>'),
        ("a *word", None),
        ("*a **b** c*", None),
        (
            "Read [this](a.md) & [that](https://a.example/b).",
            '<p>Read <a href="a.md">this</a> &amp; <a href="https://a.example/b">that</a>.</p>',
        ),
        ("[this](https://a.example/b_(c))", None),
        ("[this](javascript:alert)", None),
        ("[this](https://1.2.3.4.5/)", None),
        ("![this](a.md)", None),
        (
            "One:\n\n- two\n- *three*",
            "<p>One:</p>\n<ul>\n<li>two</li>\n<li><em>three</em></li>\n</ul>",
        ),
        ("One:\n- two", None),
        ("- one\n\n- two", None),
        ("- one\n  two", None),
        ("- # one", None),
        ("a_b", None),
        ("[a](https://news.example/)", '<p><a href="https://news.example/">a</a></p>'),
        ("a\n===", None),
        ("a\n---", None),
        ("&copy;", None),
        ("\\a", None),
        ("a | b", None),
        ("no\u00a0break", None),
        ("", None),
        ("[" * 1001, None),
        ("\\[" * 1001, None),
    ],
)
def test_plain_paragraphs_are_shown_without_markdown(text: str, expected: str | None) -> None:
    assert shown(text) == expected


def test_plain_words_are_rendered_without_loading_markdown_or_the_sanitizer() -> None:
    code = (
        "import sys; from digest.site.markdown import MarkdownRenderer\n"
        "MarkdownRenderer(None).html('Only words.', file='a.md', here='', top=2)\n"
        "sys.exit(bool({'markdown', 'nh3'} & set(sys.modules)))"
    )

    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ARCHIVE.parent, check=False).returncode
        == 0
    )
