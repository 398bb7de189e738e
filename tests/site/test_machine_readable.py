"""What programs read: weeks as Markdown with nothing in them that no page shows, the lists of weeks and themes."""

from __future__ import annotations

import html
import json
import re
from datetime import date
from typing import Any

import markdown
import pytest
from builders import make_config, make_content, make_introduction, make_letter, make_story
from sites import rendered

from digest.model import Correction
from digest.site.html_to_markdown import html_to_markdown
from digest.site.markdown import Html, text_of

URL = "https://example.org/r/"


def site(*stories: Any, **fields: Any) -> dict[str, bytes]:
    return rendered(make_content(*stories, **fields), make_config(url=URL))


def test_a_week_is_also_published_as_markdown_and_its_page_links_to_it() -> None:
    story = make_story(
        "a", title="A [good] <b>day</b>", authors=("Ann",), themes=("memory-crunch",), lead=True,
        note="See *[b](2026-05-14-b.md)*.\n\n- one\n- two", excerpt="They said.",
        corrections=(Correction(date(2026, 5, 20), "It was wrong."),),
    )  # fmt: skip
    made = site(
        story, make_story("b", day="2026-05-14"), letters=(make_letter(body="Dear *you*."),)
    )

    assert made["2026/w20/index.md"].decode() == (
        f"---\ngenerator: Digest\nurl: {URL}2026/w20/\n---\n\n"
        "# Week 20, 2026: Dear reader\n\n11–17 May 2026, 2 stories.\n\nDear *you*.\n\n"
        "## Lead story\n\n### [A \\[good\\] &lt;b&gt;day&lt;/b&gt;](<https://news.example/2026-05-15/a>)\n\n"
        f"The Example Post, Ann, 15 May 2026. [Permalink](<{URL}2026/w20/#a>)\n\n"
        f"See *[b](<{URL}2026/w20/#b>)*.\n\n- one\n- two\n\nThe Example Post writes:\n\n> They said.\n\n"
        "Corrected 20 May 2026: It was wrong.\n\n"
        "## Also this week\n\n### [B](<https://news.example/2026-05-14/b>)\n\n"
        f"The Example Post, 14 May 2026. [Permalink](<{URL}2026/w20/#b>)\n"
    )
    assert b'type="text/markdown" href="/r/2026/w20/index.md"' in made["2026/w20/index.html"]


def test_hidden_content_is_not_in_the_markdown() -> None:
    noted = make_story(
        "a", note="Seen. <!-- SECRET --> <script>SECRET</script> [words](2026-05-14-b.md)"
    )
    hidden = make_story("b", day="2026-05-14", hide=True, title="SECRET", note="SECRET")

    made = site(noted, hidden, letters=(make_letter(body="<!-- SECRET -->\n\nDear you."),))

    assert [path for path, content in made.items() if b"SECRET" in content] == []
    assert "Seen." in made["2026/w20/index.md"].decode()
    assert "2026-05-14-b" not in made["2026/w20/index.md"].decode()


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('<p>A <a href="/x?a=1&amp;b=%3E" title="a > b">link</a>.</p>', "A [link](</x?a=1&amp;b=%3E>)."),
        ("<h3>Head</h3><p>One<br>two <code>three</code> <strong>four</strong></p>", "### Head\n\nOne\ntwo `three` **four**"),
        ('<blockquote><p>Quoted</p></blockquote><p><img src="x.png" alt="A field"></p>', "> Quoted\n\nA field"),
        ("<p>1 &lt; 2 &amp; 3</p>", "1 &lt; 2 &amp; 3"),
        ("<p>So:</p>\n<blockquote>\n<p>We lied.</p>\n<p>Twice.</p>\n</blockquote>\n<p>Ours.</p>",
         "So:\n\n> We lied.\n>\n> Twice.\n\nOurs."),
        ("<blockquote>\n<p>One</p>\n<blockquote>\n<p>Two</p>\n</blockquote>\n</blockquote>", "> One\n>\n> > Two"),
        ("<ol>\n<li>One</li>\n<li>Two\n<ul>\n<li>Deep</li>\n</ul>\n</li>\n</ol>", "1. One\n2. Two\n   - Deep"),
        ("<ul>\n<li>\n<p>One</p>\n<p>More</p>\n</li>\n<li>\n<p>Two</p>\n</li>\n</ul>", "- One\n\n  More\n- Two"),
        ("<blockquote>\n<pre><code>a &lt;\n\n b</code></pre>\n</blockquote>", "> <pre><code>a &lt;\n> \n>  b</code></pre>"),
        ("<p>A</p></blockquote></li></ul><p>B", "A\n\nB"),
        ("<p><code>a_b</code>, <code>`[a](b)` &lt;</code></p>", "`a_b`, <code>\\`\\[a\\](b)\\` &lt;</code>"),
    ],
)  # fmt: skip
def test_html_becomes_equivalent_markdown(markup: str, expected: str) -> None:
    assert html_to_markdown(Html(markup)) == expected


@pytest.mark.parametrize(
    "words",
    [
        "[go](javascript:alert(1)) ![](https://tracker.example/x.png) <https://a.example>",
        "*four* _cranes_ `came` __to__ snake_case **harbour** \\[sic\\]",
        "- one\n+ two\n3. three\n4) four\n# five\n> six",
        "Head\n===\nHead\n---\n~~~\nno code",
        "[a]: javascript:alert(1)\n[a]",
        "` [x](y) `` &copy; \\",
    ],
)
@pytest.mark.parametrize(
    "markup", ["<p>{}</p>", "<blockquote>\n<p>{}</p>\n</blockquote>", "<p><em>So</em>{}</p>",
               "<p><code>a <em>b</em> {}</code></p>", '<p>A <a href="/x\\">{}</a></p>',
               '<p><img src="/x" alt="{}"></p>', "<ul>\n<li>{}</li>\n</ul>"],
)  # fmt: skip
def test_words_in_markdown_stay_words(words: str, markup: str) -> None:
    """As another library reads the Markdown, it has the words of the HTML and no further tag."""
    given = markup.format(html.escape(words))

    again = markdown.markdown(html_to_markdown(Html(given)))

    expected = given.replace("/x\\", "/x%5C")
    if "<img" in given:
        expected = f"<p>{html.escape(words)}</p>"
    assert re.findall("<[^>]*>", again) == re.findall("<[^>]*>", expected)
    assert text_of(Html(again)).split() == text_of(Html(expected)).split()


def test_all_weeks_and_themes_are_listed_with_their_urls() -> None:
    made = site(make_story(themes=("memory-crunch",)), make_story("late", day="2026-05-19"))

    listed = json.loads(made["archive.json"])
    assert (listed["title"], listed["url"]) == ("Chip Digest", URL)
    assert listed["weeks"][1] == {
        "week": "2026-W20", "title": "Foundries fill up", "from": "2026-05-11", "to": "2026-05-17", "closed": True,
        "stories": 1, "url": f"{URL}2026/w20/", "markdown": f"{URL}2026/w20/index.md", "feed": f"{URL}2026/w20/feed.atom",
    }  # fmt: skip
    assert "feed" not in listed["weeks"][0]
    assert [(one["id"], one["stories"]) for one in listed["themes"]] == [
        ("export-controls", 0),
        ("memory-crunch", 1),
    ]
    for one in (*listed["weeks"], *listed["themes"]):
        for key in ("url", "markdown", "feed"):
            path = one.get(key, URL).removeprefix(URL)
            assert (f"{path}index.html" if path == "" or path.endswith("/") else path) in made
    llms = made["llms.txt"].decode()
    assert llms.startswith("# Chip Digest\n\n> A week of chips and borders, read closely.\n")
    assert f"- [Week 20, 2026: Foundries fill up](<{URL}2026/w20/index.md>): 1 story\n" in llms


def test_a_themes_feed_describes_the_theme_and_every_feed_has_an_icon() -> None:
    made = site(make_story(), introductions=(make_introduction(body="Who may *buy* what."),))

    assert b"<subtitle>Who may buy what.</subtitle>" in made["themes/export-controls/feed.atom"]
    assert (
        b"<subtitle>Memory crunch in Chip Digest</subtitle>"
        in made["themes/memory-crunch/feed.atom"]
    )
    for path, content in made.items():
        if path.endswith(".atom"):
            assert f"<icon>{URL}icon.svg</icon>".encode() in content
