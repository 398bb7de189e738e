"""Markdown becomes safe HTML with resolved links, in linear time, whatever is written."""

from __future__ import annotations

import html
import re
from functools import cache
from html import unescape
from pathlib import Path

import growth
import pytest
from builders import (
    make_config,
    make_content,
    make_introduction,
    make_letter,
    make_page,
    make_story,
)
from hypothesis import example, given
from hypothesis import strategies as st

from digest.checks.markdown_scan import renders_nothing
from digest.content import excerpt
from digest.model import Content, Copied, DeletedStory
from digest.site import markdown, markdown_cost
from digest.site.addresses import SiteUrl
from digest.site.arrange import arrange
from digest.site.link_targets import Targets
from digest.site.markdown import Html, MarkdownRenderer
from digest.week import Week

CASES = re.findall(
    r"^(\S[^\n]*)\n\.\n(.*?)\n\.\n(.*?)\n\.\n",
    (Path(__file__).parents[1] / "data/markup/cases.md").read_text(encoding="utf-8"),
    re.DOTALL | re.MULTILINE,
)
FILE = "content/2026/w20/2026-05-16-linking.md"
PICTURE = Copied(
    source=Path("quay side.png"), file="content/2026/w20/quay side.png", path="2026/w20/quay side.png"
)  # fmt: skip
CONTENT = make_content(
    make_story("cranes"),
    make_story("nexperia-splits"),
    make_story("spiked", hide=True),
    make_story("waits", draft=True),
    make_story("twin", day="2026-05-01"),
    make_story("twin", day="2026-05-01", file="content/2026/w20/2026-05-01-twin.md", id="other"),
    letters=(make_letter(),),
    pages=(make_page(),),
    introductions=(make_introduction(),),
    copied=(PICTURE,),
)


def make_writer(content: Content = CONTENT) -> MarkdownRenderer:
    config = make_config(url="https://example.org/repo/")
    return MarkdownRenderer(Targets(arrange(content, config), SiteUrl(config.site.url)))


def written(text: str, writer: MarkdownRenderer | None = None, line: int = 0) -> str:
    return (writer or make_writer()).html(text, file=FILE, here="2026/w20/", top=4, line=line)


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES]
)
def test_case(text: str, expected: str) -> None:
    writer = make_writer()

    assert written(text, writer).strip() == expected
    assert writer.problems == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "\n\nSee [it](2026-05-15-crane.md).",
            f"{FILE}:14: the link to '2026-05-15-crane.md' leads to no story; did you mean '2026-05-15-cranes.md'?",
        ),
        (
            "[it](../w19/2026-04-02-crane.md)",
            f"{FILE}:12: the link to '../w19/2026-04-02-crane.md' leads to no story; did you mean "
            "'2026-05-15-cranes.md'?",
        ),
        (
            "[it](2026-05-15-nexperia.md)",
            f"{FILE}:12: the link to '2026-05-15-nexperia.md' leads to no story; did you mean "
            "'2026-05-15-nexperia-splits.md'?",
        ),
        (
            "[it](crnes.md)",
            f"{FILE}:12: the link to 'crnes.md' leads to no story; did you mean '2026-05-15-cranes.md'?",
        ),
        (
            "[it](../pages/abot.md)",
            f"{FILE}:12: the link to '../pages/abot.md' leads to no story; did you mean '../../pages/about.md'?",
        ),
        (
            "[it](2026-05-15-nothing-like-it.md)",
            f"{FILE}:12: the link to '2026-05-15-nothing-like-it.md' leads to no story; correct the file's name, "
            "or remove the link if its story was deleted",
        ),
        (
            "[it](../w01/2026-05-01-twin.md)",
            f"{FILE}:12: the link to '../w01/2026-05-01-twin.md' could mean content/2026/w18/2026-05-01-twin.md or "
            "content/2026/w20/2026-05-01-twin.md; write the path to the one you mean",
        ),
        ("![it](gone.png)",
         f"{FILE}:12: there is no file 'gone.png' beside this one; put it there, or correct the link"),
    ],
)  # fmt: skip
def test_a_broken_link_is_a_problem_with_its_line(text: str, said: str) -> None:
    writer = make_writer()

    written(text, writer, line=12)

    assert [str(problem) for problem in writer.problems] == [said]


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("2026-05-15-spiked.md", "a hidden story"),
        ("../w19/2026-05-15-spiked.md", "a hidden story"),
        ("../w19/2026-05-15-waits.md", "a draft"),
        ("../../pages/waits.md", "a draft"),
        ("../w20/2026-05-14-deleted.md", "a story that was deleted: content/2026/w20/2026-05-14-deleted.md"),
        ("2026-05-14-deleted.md", "a story that was deleted: content/2026/w20/2026-05-14-deleted.md"),
        ("2026-05-14-by-another-name.md", "a story that was deleted: content/2026/w20/2026-05-14-deleted.md"),
        ("../w31/letter.md", "a draft"),
        ("../w30/", "a week without published stories"),
        ("../w30/letter.md", "a week without published stories"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See [the words]({}), and [it](2026-05-15-cranes.md).",
         '<p>See the words, and <a href="/repo/2026/w20/#cranes">it</a>.</p>'),
        ("- See *[the **words**]({} \"title\")*,\n- and `it`.",
         "<ul>\n<li>See <em>the <strong>words</strong></em>,</li>\n<li>and <code>it</code>.</li>\n</ul>"),
        ('<a href="{}">the words</a> and [![more](https://pictures.example/a.jpg)]({})',
         '<p>the words and <a href="https://pictures.example/a.jpg">more</a></p>'),
        ("![the words]({})", "<p>the words</p>"),
    ],
)  # fmt: skip
def test_a_link_to_an_unpublished_text_becomes_plain_text(
    link: str, kind: str, text: str, expected: str
) -> None:
    content = CONTENT._replace(
        stories=(*CONTENT.stories, make_story("away", day="2026-07-20", draft=True)),
        letters=(*CONTENT.letters, make_letter("2026-W31", draft=True)),
        pages=(*CONTENT.pages, make_page("waits", draft=True)),
        gone=(
            DeletedStory(
                "content/2026/w20/2026-05-14-deleted.md", Week(2026, 20), "2026-05-14", 0,
                former_files=("content/2026/w19/2026-05-14-by-another-name.md",),
            ),
        ),
    )  # fmt: skip
    writer = make_writer(content)

    assert written(text.replace("{}", link), writer, line=12).strip() == expected

    said = (
        f"{FILE}:12: the link to '{link}' leads to {kind}; its words are published without the link; "
        "remove it, or publish what it leads to"
    )
    assert {(str(problem), problem.is_hint) for problem in writer.problems} == {(said, True)}


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("./", "/repo/2026/w20/"),
        ("../w20", "/repo/2026/w20/"),
        ("../w20/#cranes", "/repo/2026/w20/#cranes"),
        ("letter.md", "/repo/2026/w20/"),
        ("../w18/letter.md", "/repo/2026/w18/"),
        ("../../themes/export-controls.md", "/repo/themes/export-controls/"),
        ("../../themes/memory-crunch.md", "/repo/themes/memory-crunch/"),
    ],
)
def test_a_link_to_the_file_of_a_week_or_theme_becomes_a_link_to_its_page(
    link: str, address: str
) -> None:
    writer = make_writer()

    assert written(f"[it]({link})", writer) == f'<p><a href="{address}">it</a></p>'
    assert writer.problems == []


@pytest.mark.parametrize(
    "sign",
    ["[", "![", "[a](b", "<a ", "<!--", "<![", "`", "*a ", "> ", "\\[", "a\n", "<div>", "- "],
)
def test_every_paragraph_is_rendered_in_linear_time(sign: str) -> None:
    assert growth.seconds(written, sign * (40_000 // len(sign))) < 10 * usual()


@cache
def usual() -> float:
    return growth.seconds(written, growth.ORDINARY)


def test_a_text_too_slow_for_markdown_is_shown_as_plain_text() -> None:
    assert written("[<i>" * 3000 + "\n\n*end*") == f"<p>{'[&lt;i&gt;' * 3000}</p>\n<p>*end*</p>"


@pytest.mark.parametrize(
    "text", ["[a](" * 3_000, ("[" * 990 + "\n\n") * 200, "---\n" * 64_000, "a\n===\n" * 64_000]
)
def test_a_text_shown_as_plain_text_gets_a_hint(text: str) -> None:
    writer = make_writer()

    assert "<a" not in written(text, writer, line=7)

    assert [(str(problem), problem.is_hint) for problem in writer.problems] == [
        (
            f"{FILE}:7: has so many open brackets, tags or rules that it is shown as it was typed, "
            "without its Markdown; close them, put blank lines between paragraphs, or split the text",
            True,
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        "- [words](https://news.example/some/article) and a comment\n" * 3_000,
        "A note with *stress*, `a[0]` and a [link](https://news.example/).\n\n" * 3_000,
        "<table>\n" + "<tr><td>1</td><td>2</td></tr>\n" * 1_000 + "</table>\n",
        "```\nif (a[0] < b && c) { d = [\n```\n\n" * 300,
        "## A heading\nand a line\n" * 300,
        "<!-- a remark -->\n\nwords\n\n" * 1_000,
        "| a | [b](https://news.example/) |\n" * 1_000,
    ],
)
def test_long_texts_of_all_kinds_are_rendered_as_markdown(text: str) -> None:
    assert not markdown_cost.is_too_much(text)


def test_rendering_a_text_leaves_no_state_for_the_next() -> None:
    writer = make_writer()
    written("[a]: https://news.example/\n\n[a]", writer)

    assert written("[a]", writer) == "<p>[a]</p>"


@pytest.mark.parametrize("tag", ["a title=", "img alt=", "h1 title=", "a href=/"])
def test_a_tag_inside_an_attribute_stays_there(tag: str) -> None:
    opening = html.escape(f"<{tag}")
    shown = written(
        f'Hover <span title="{opening}">P onmouseover=alert(1) <b title="&gt;x">here</b></span>'
    )

    assert (
        shown
        == f'<p>Hover <span title="{opening}">P onmouseover=alert(1) <b title="&gt;x">here</b></span></p>'
    )


def test_feeds_get_absolute_links_and_unchanged_text() -> None:
    html = Html(
        '<p title=\'href="/b"\'><a href="/repo/a">a</a> href="/b" <img alt="" src="/c.png"></p>'
    )

    assert markdown.absolute(html, "https://example.org") == (
        '<p title=\'href="/b"\'><a href="https://example.org/repo/a">a</a> href="/b" '
        '<img alt="" src="https://example.org/c.png"></p>'
    )


@given(
    st.lists(
        st.text(alphabet="ab [](){}<>!\"'`*_#>-+=|~\\/&;:.1\téx港lt&amp", max_size=60), max_size=4
    )
)
def test_a_publishers_words_are_displayed_unchanged(paragraphs: list[str]) -> None:
    words = [" ".join(paragraph.split()) for paragraph in paragraphs if paragraph.strip()]

    html = written(excerpt.escape("\n\n".join(words)))

    assert [unescape(shown) for shown in re.findall("<p>(.*?)</p>", html, re.DOTALL)] == words


@given(st.text(alphabet="ab [](){}<>!\"'`*_#>-=|\\/&;:.\n\tscriptonéx港1", max_size=200))
def test_no_text_can_run_or_load_anything_or_set_an_id(text: str) -> None:
    html = written(text)
    tags = re.findall(r'<([a-z0-9]+)((?: [a-z-]+="[^"]*")*)>', html)
    attributes = {name for _, inside in tags for name in re.findall(r' ([a-z-]+)="', inside)}

    assert attributes <= {"href", "src", "alt", "title", "start", "lang", "dir", "datetime"}
    assert not re.search(r"<(script|style|iframe|form|input|h1)\b", html)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ('width="4032" height="3024"', 'width="600" height="450"'),
        ('width="601" height="1"', 'width="600" height="1"'),
        ('width="600" height="9000"', 'width="600" height="9000"'),
        ('height="9000"', 'height="9000"'),
        ('width="4032"', 'width="600"'),
    ],
)
def test_pictures_in_feeds_and_mails_are_not_wider_than_a_mail(size: str, said: str) -> None:
    html = Html(
        f'<p>width="4032" <img alt="a &gt; b" src="/c.png" {size} loading="lazy" decoding="async"></p>'
    )

    assert markdown.absolute(html, "https://example.org") == (
        f'<p>width="4032" <img alt="a &gt; b" src="https://example.org/c.png" {said}></p>'
    )


@pytest.mark.parametrize(
    "side", ["width=100%", 'width="50px"', "height=auto", "width='-1'", "width=²"]
)
def test_an_invalid_width_or_height_is_replaced_by_the_pictures_own(side: str) -> None:
    assert 'src="/repo/2026/w20/quay.png" width="3" height="2"' in written(
        f"<img src=quay.png {side}>", sized()
    )


def sized() -> MarkdownRenderer:
    picture = Copied(
        source=Path("x"), file="content/2026/w20/quay.png", path="2026/w20/quay.png", size=(3, 2)
    )
    return make_writer(make_content(copied=(picture,)))


@pytest.mark.parametrize(
    "text", ["<!-- todo -->", "[//]: # (todo)", " \n<!-- a -->\n<!-- b > c -->\n", "<!---->"]
)
def test_a_text_that_displays_nothing_counts_as_empty(text: str) -> None:
    assert written(text) == ""
    assert renders_nothing(text)


@given(
    st.lists(
        st.sampled_from(
            [
                "<!--",
                "-->",
                "--!>",
                "word",
                "\n",
                "\n\n",
                "[x]: y",
                " (z)",
                "[^1]: a b",
                "[^1]: y",
                " ",
            ]
        )
    ).map("".join)
)
@example("[x]: y<!--\n-->")
def test_a_text_that_counts_as_empty_displays_nothing(text: str) -> None:
    if renders_nothing(text):
        assert written(text) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A claim.[^1] Another.[^two]\n\n[^1]: The source.\n[^two]: https://a.example/x",
         "<p>A claim.<sup>1</sup> Another.<sup>two</sup></p>\n<p><sup>1</sup> The source.</p>\n"
         "<p><sup>two</sup> https://a.example/x</p>"),
        ("Code `x[^1]` stays.", "<p>Code <code>x[^1]</code> stays.</p>"),
        ("```\n[^1]: x\n```", "<pre><code>[^1]: x\n</code></pre>"),
        ("[^1](https://a.example/)", '<p><a href="https://a.example/">^1</a></p>'),
        ("x[^<b>]", "<p>x[^<b>]</b></p>"),
    ],
)  # fmt: skip
def test_footnotes_are_superscript_numbers(text: str, shown: str) -> None:
    assert written(text) == shown
