"""Markup becomes plain text, or markup that cannot run, load or restyle anything."""

from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import sanitize

ATTACKS = [
    "<script>x()</script>",
    "<img src=x onerror=x()>",
    "<svg onload=x()>",
    "<a href='javascript:x()'>t</a>",
    "<a href='java&#10;script:x()'>t</a>",
    "<a href='&#106;avascript:x()'>t</a>",
    "<a href='javascript&colon;x()'>t</a>",
    "<a href='&#1;javascript:x()'>t</a>",
    "<svg><a xlink:href='javascript:x()'>t</a></svg>",
    "<iframe src='//e.example'></iframe>",
    "<form action='//e.example'><input name=a></form>",
    "<style>*{display:none}</style>",
    "<p style='position:fixed'>t</p>",
    "<base href='//e.example'>",
    "<meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=x>",
    "<object data=x></object>",
    "<embed src=x>",
    "<a href='data:text/html,x'>t</a>",
    "<img src='data:image/svg+xml,x'>",
    "<math><style><img src=x onerror=x()>",
    "<noscript><p title='</noscript><img src=x onerror=x()>'>",
    "<template><script>x()</script></template>",
    "<!--><script>x()</script>",
    "<p id=top class=y>t</p>",
    "<textarea><script>x()</script>",
    "<title></title><script>x()</script>",
    "<video poster=javascript:x()>",
]
MARKUP = st.lists(
    st.sampled_from([*ATTACKS, "<p>", "</p>", "<b", '"', "'>", "&lt;", "&"]) | st.text(max_size=6)
).map("".join)
LOADING = {
    "script",
    "iframe",
    "object",
    "embed",
    "base",
    "meta",
    "form",
    "input",
    "style",
    "link",
    "svg",
    "math",
    "video",
}


class Inventory(HTMLParser):
    """All elements and attributes of some markup."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def is_safe(markup: str) -> bool:
    found = Inventory(markup)
    schemes = [value for name, value in found.attributes if name in {"href", "src"}]
    return (
        not found.elements & LOADING
        and not any(
            name.startswith("on") or name in {"style", "id", "class"}
            for name, _ in found.attributes
        )
        and all(
            ":" not in value or value.split(":")[0].lower() in {"http", "https", "mailto"}
            for value in schemes
        )
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_sanitized_markup_contains_nothing_active(attack: str) -> None:
    assert is_safe(sanitize.safe_html(f"<p>before</p>{attack}"))


@given(MARKUP)
def test_any_mixture_of_attacks_contains_nothing_active_after_sanitizing(markup: str) -> None:
    once = sanitize.safe_html(markup)

    assert is_safe(once)
    assert sanitize.safe_html(once) == once


def test_markup_that_editors_write_stays() -> None:
    markup = (
        '<h2>A</h2><p>b <em>c</em> <a href="https://a.example/?x=1&amp;y=2" title="t">d</a></p>'
        '<ol start="3"><li>e</li></ol>'
    )

    assert sanitize.safe_html(markup) == markup


def test_unclosed_elements_are_closed() -> None:
    assert sanitize.safe_html("<p><b>open") == "<p><b>open</b></p>"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one</p><p>two</p>", "one|two"),
        ("<ul><li>one</li><li>two</li></ul>", "one|two"),
        ("one<br>two", "one|two"),
        ("<td>one</td><td>two</td>", "onetwo"),
        ("<table><tr><td>one</td><td>two</td></tr></table>", "one two"),
        ("one\ntwo", "one two"),
        ("a &lt; b &amp;amp; c", "a < b &amp; c"),
        ("<script>x</script><style>y</style><title>z</title>seen", "seen"),
        ("<b>a</b><i>b</i>", "ab"),
        ("<!-- c -->seen", "seen"),
        ("&lt;script&gt;", "<script>"),
    ],
)
def test_the_text_of_markup_is_what_a_browser_shows(markup: str, text: str) -> None:
    lines = [" ".join(line.split()) for line in sanitize.text_of(markup).splitlines()]

    assert "|".join(filter(None, lines)) == text


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=100))
def test_escaped_text_is_read_back_character_for_character(text: str) -> None:
    assert sanitize.text_of(html.escape(text)) == text


@given(MARKUP)
def test_the_text_of_any_markup_has_no_markup(markup: str) -> None:
    assert isinstance(sanitize.text_of(markup), str)


@given(st.text("<>&;lt\"'a =/"))
def test_attributes_contain_no_angle_brackets(title: str) -> None:
    safe = sanitize.safe_html(f'<b title="{html.escape(title)}">x</b>')

    assert safe.count("<") == safe.count(">") == 2
