"""Markup, and what only looks like markup, to plain text."""

from __future__ import annotations

import html

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.feeds import author_names, plain_text

TEXT = st.text(max_size=200)
TAGGED = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<br>",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "&lt;",
            "&amp;",
            "<",
        ]
    )
    | st.text(max_size=8)
).map("".join)
ILLEGAL = "\x00\x08\x0b\x1f\ufffe\uffff\ud800"


@pytest.mark.parametrize(
    "text",
    [
        "a < b",
        "{# c #}",
        "{{ 6*7 }}",
        "{% if %}",
        "[a",
        "a <b",
        "x <y> z",
        "AT&T",
        "R&D; more",
        "&nosuch;",
        "&notit;",
        "1 > 0",
        "<3",
        "the <b> element",
        "<dialog>",
        "List<String>",
        "*a* _b_ `c`",
        "--- x",
        "a && b",
        "x&copy=1",
        "<",
        "&",
        "<!",
        "</",
        "A free guide to <img> elements",
        "When to use <p>, <li> and <br>",
        "Never forget the </div> tag",
        "Read the rest: <https://a.example/b>",
    ],
)
def test_text_that_only_looks_like_markup_stays_as_it_is(text: str) -> None:
    assert plain_text.from_either(text) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<b>bold</b>", "bold"),
        ("<p>one<p>two", "one two"),
        ("one<br>two<br/>three", "one two three"),
        ("<a href='x'>link</a> &amp; more", "link & more"),
        ("<img src=x onerror=y>seen", "seen"),
        ("<script>x()</script>seen", "seen"),
        ("<STYLE>p{}</STYLE>seen", "seen"),
        ("seen<!-- <b>unseen</b> -->", "seen"),
        ("<p>&amp;lt;b&amp;gt;</p>", "&lt;b&gt;"),
        ("&lt;b&gt;", "<b>"),
        ("&#8220;x&#8221; &mdash; y", "“x” — y"),
        ("a < b <i>c</i> d <e", "a < b c d <e"),
        ("caf&eacute;", "café"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("x<sub>2</sub>y", "x2y"),
        ("semi<b></b>conductor", "semiconductor"),
        ("one <br> two", "one two"),
        ("One. <p> Two", "One. Two"),
        ("<p> one </p>", "one"),
        ("<p>A guide to <img> and <head> elements</p>", "A guide to <img> and <head> elements"),
        (
            "<p>List<String>, said <https://a.example/b></p>",
            "List<String>, said <https://a.example/b>",
        ),
        ("<p>a<o:p></o:p> <my-own>b</my-own></p>", "a b"),
        ('<a title="1<2>0" href=x>link</a>', "link"),
        ("<!DOCTYPE html>text", "text"),
        ('<?xml version="1.0"?><p>text</p>', "text"),
        ("<![if !supportLists]>1.<![endif]> text <b>x</b>", "1. text x"),
        ("<![CDATA[<p>text</p>]]>", "text"),
        ("<![CDATA[AT&amp;T]]>", "AT&T"),
        ('<acronym title="x">ABC</acronym> d', "ABC d"),
        ("<ruby>漢<rt>kan</rt></ruby>字", "漢(kan)字"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字", "漢(kan)字"),
        ("seen<img src=x>seen<iframe src=x></iframe>seen", "seen seen seen"),
    ],
)
def test_markup_is_decoded_once_as_in_a_browser(markup: str, text: str) -> None:
    assert plain_text.line(plain_text.from_either(markup)) == text


@pytest.mark.parametrize(
    "element",
    ["address", "aside", "center", "details", "dialog", "fieldset", "footer", "form", "header", "hgroup",
     "legend", "main", "menu", "nav", "search", "summary"],
)  # fmt: skip
def test_two_blocks_become_two_lines(element: str) -> None:
    markup = f"before<{element}>inside</{element}>behind"

    assert plain_text.paragraphs(plain_text.from_html(markup)) == "before\n\ninside\n\nbehind"


@pytest.mark.parametrize(
    "cut",
    ['<a href="https://a.example/lo', '<a href="https://a.example/lo...', "<img al", "<a ", "<strong", "<stro", "</",
     "<", "</p", "<!-- more", "&#82", "<a href='x […]"],
)  # fmt: skip
def test_a_truncated_tag_at_the_end_is_removed(cut: str) -> None:
    assert (
        plain_text.paragraphs(plain_text.from_either(f"<p>Text</p><p>more {cut}")) == "Text\n\nmore"
    )


def test_a_truncated_tag_is_recognised_even_if_it_is_the_only_one() -> None:
    assert plain_text.line(plain_text.from_either('more <a href="https://a.example/lo')) == "more"
    assert plain_text.line(plain_text.from_either("<b>Headline</b", headline=True)) == "Headline"


@pytest.mark.parametrize(
    "headline",
    [
        "A free guide to <head> elements",
        "<p> or <div>?",
        "<script> considered harmful",
        "What is <!DOCTYPE html>?",
        "<!DOCTYPE html>, explained",
        "Why <b> and <strong> differ",
        "From <b> to </b>",
        "<ul>/<ol> basics",
        "<br> or <br/>",
        "How to use <br />",
        "How to use <br> in HTML",
        "That <br> tag",
        'The <input type="date"> element',
        'What "<a>" means',
        "Too many <div>s",
        "The <b></b> element",
        'From <a> to <a href="#">',
    ],
)
def test_a_headline_about_tags_keeps_them(headline: str) -> None:
    assert plain_text.from_either(headline, headline=True) == headline


@pytest.mark.parametrize(
    ("markup", "headline"),
    [
        ("<p> Headline </p>", "Headline"),
        ("<b>“Quoted”</b>, said <i>Ada</i>", "“Quoted”, said Ada"),
        ('See <a href="x"> this </a>', "See this"),
        ("one<br>two", "one two"),
        ("one <br /> two", "one two"),
        ("one <br> two", "one two"),
        ("Smile <img src=x alt=y>", "Smile"),
        ("<em>How</em> the <img> tag works", "How the <img> tag works"),
    ],
)
def test_headline_loses_its_markup(markup: str, headline: str) -> None:
    assert plain_text.line(plain_text.from_either(markup, headline=True)) == headline


def test_text_declared_as_html_is_read_as_html() -> None:
    assert (
        plain_text.line(plain_text.from_html("the <b> element <unknown>of</unknown> a &lt; b"))
        == "the element of a < b"
    )


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("one\ntwo", "one\n\ntwo"),
        ("one\r\n\r\n\r\ntwo\rthree", "one\n\ntwo\n\nthree"),
        ("  one \t two  \n  ", "one two"),
        ("one\u2028two\u2029three\x85four", "one\n\ntwo\n\nthree\n\nfour"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\x00\n\x08", ""),
        ("", ""),
    ],
)
def test_every_line_is_a_paragraph(text: str, folded: str) -> None:
    assert plain_text.paragraphs(text) == folded


def test_a_very_long_line_is_cut_and_marked() -> None:
    cut = plain_text.line("word " * 1_000_000)

    assert len(cut) <= 2_000
    assert cut.endswith("word…")


@pytest.mark.parametrize(
    ("text", "seen"), [("", False), (" \u200b\u202e\ufeff", False), ("\u200bx", True), ("🎉", True)]
)
def test_only_visible_characters_count_as_visible(text: str, seen: bool) -> None:
    assert plain_text.is_visible(text) is seen


@given(TEXT | TAGGED)
def test_folding_a_text_twice_changes_nothing_more(text: str) -> None:
    line, paragraphs = plain_text.line(text), plain_text.paragraphs(text)

    assert plain_text.line(line) == line
    assert plain_text.paragraphs(paragraphs) == paragraphs
    assert not set(ILLEGAL) & set(line + paragraphs)
    assert "\n" not in line
    assert "\n\n\n" not in paragraphs


@given(TEXT)
@example("\ufeffA")
def test_text_escaped_as_html_is_read_back_without_nul_and_byte_order_mark(text: str) -> None:
    escaped = html.escape(text)

    assert plain_text.line(plain_text.from_html(escaped)) == plain_text.line(
        text.removeprefix("\ufeff").replace("\x00", "")
    )


@given(TEXT | TAGGED)
def test_any_input_gives_text(text: str) -> None:
    assert isinstance(plain_text.from_either(text), str)
    assert isinstance(plain_text.from_either(text, headline=True), str)
    assert isinstance(plain_text.from_html(text), str)


@given(st.text(st.characters(exclude_characters="<&"), max_size=100))
def test_text_without_markup_is_never_changed(text: str) -> None:
    assert plain_text.from_either(text) == text


@pytest.mark.parametrize(
    ("elements", "names"),
    [
        (["Ada Byte"], ["Ada Byte"]),
        (["Ada Byte,Bo Chip,Cy Disk"], ["Ada Byte", "Bo Chip", "Cy Disk"]),
        (["Ada Byte,Bo Chip", "Ada Byte,Bo Chip"], ["Ada Byte", "Bo Chip"]),
        (["Ada Byte, Bo Chip and Cy Disk"], ["Ada Byte", "Bo Chip", "Cy Disk"]),
        (["Ada Byte, Bo Chip, & Cy Disk"], ["Ada Byte", "Bo Chip", "Cy Disk"]),
        (["Ada Byte and Bo Chip"], ["Ada Byte and Bo Chip"]),
        (["Ada Byte; Bo Chip"], ["Ada Byte", "Bo Chip"]),
        (["张三、李四"], ["张三", "李四"]),
        (["Ministry of Trade, Industry, Energy"], ["Ministry of Trade, Industry, Energy"]),
        (["Center for Arts, Letters and Trade"], ["Center for Arts, Letters and Trade"]),
        (["Byte, A. C."], ["Byte, A. C."]),
        (["Byte, A.-C., Chip, B., and Disk, C. D."], ["Byte, A.-C.", "Chip, B.", "Disk, C. D."]),
        (["Ada Byte, Jr.", ""], ["Ada Byte, Jr."]),
        (["Byte, Ada", "Chip, Bo"], ["Byte, Ada", "Chip, Bo"]),
        (["ada@post.example (Ada Byte)"], ["Ada Byte"]),
        (["Ada Byte <ada@post.example>"], ["Ada Byte"]),
        (["mailto:ada@post.example"], []),
        (["ada@post.example"], []),
        (["", " , ", "\n"], []),
    ],
)
def test_bylines_are_split_into_names(elements: list[str], names: list[str]) -> None:
    assert list(author_names.names(elements)) == names


@given(st.lists(st.text(max_size=40), max_size=5))
def test_any_byline_gives_distinct_names_on_one_line(elements: list[str]) -> None:
    names = author_names.names(elements)

    assert len(set(names)) == len(names)
    assert all(name and name == plain_text.line(name) for name in names)
