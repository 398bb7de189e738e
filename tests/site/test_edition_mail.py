"""An edition as a mail: its HTML in eight mail programs, its text, and how both grow."""

from __future__ import annotations

import email
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from builders import make_config, make_letter, make_story
from hypothesis import given
from hypothesis import strategies as st
from maillint import RULES, lint
from sites import rendered

from digest import config
from digest.content.load import load
from digest.errors import DigestError, Faults
from digest.mail.message import message
from digest.model import Config, Content, Mail, Story
from digest.site.arrange import arrange
from digest.site.context import make_context
from digest.site.edition_dates import dates_of
from digest.site.mail.edition import MAX_BYTES, EditionMail, edition_mail
from digest.site.mail.styles import styled
from digest.site.mail.text import WIDTH, columns, text_part
from digest.site.markdown import Html
from digest.site.render import Renderer
from digest.week import Week

W20 = Week(2026, 20)
LATER = make_story("later", "2026-05-19")
MAIL = Mail(
    sender="Éd <ed@example.org>", to="list@example.org", unsubscribe="https://example.org/out"
)


def composed(content: Content, settings: Config, root: Path = Path("no-such-root")) -> EditionMail:
    """Returns week 20 as a mail."""
    archive = arrange(content, settings)
    context = make_context(archive, settings)
    (edition,) = (one for one in archive.editions if one.week == W20)
    renderer = Renderer(root, context.base)
    return edition_mail(context, renderer, edition, dates_of(archive, settings)[W20])


def of(*stories: Story, **fields: Any) -> EditionMail:
    """Returns a mail of these stories, the letter of `fields` before them."""
    letters = (make_letter(**fields),) if fields else ()
    return composed(Content(stories=(*stories, LATER), letters=letters), make_config(mail=MAIL))


def parsed(mail: EditionMail, site: str = "https://example.org/") -> EmailMessage:
    """Returns a mail's message as a mail program parses it."""
    found = email.message_from_bytes(message(mail, MAIL, site), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


@pytest.fixture(scope="module")
def everything(showcase: Path) -> EditionMail:
    """The edition that has everything: forty stories, a letter, tables, code, pictures, endless words."""
    root = showcase.parent
    settings = config.load(root)
    return composed(load(root, settings), settings._replace(mail=MAIL), root)


def test_eight_mail_programs_show_an_edition_with_everything(everything: EditionMail) -> None:
    assert lint(everything.page) == []


@pytest.mark.parametrize(
    ("markup", "broken"),
    [
        ('<img src="https://example.org/a.png" alt="">', 1),
        ('<p style="position: absolute">x</p>', 1),
        ('<p style="display: flex">x</p>', 1),
        ('<a style="x" href="/2026/w20/">x</a>', 1),
        ("<p>x</p>", 1),
        ('<script>x</script><svg></svg><form action="x"></form><iframe></iframe>', 4),
        ('<table width="900" role="presentation"></table>', 1),
        ('<b onclick="x" id="y">x</b>', 2),
        ("<style>@import url(x)</style><link>", 2),
        ("x" * 110_000, 1),
    ],
)
def test_the_mail_lint_finds_what_mail_programs_break(markup: str, broken: int) -> None:
    page = "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>x</title></head><body>"

    assert lint(page) == []
    assert len(lint(page + markup)) == broken
    assert all(rule.programs and rule.reason for rule in RULES)


def test_the_text_of_an_edition_with_everything_fits_its_width(
    everything: EditionMail,
) -> None:
    long = [line for line in everything.text.splitlines() if columns(line) > WIDTH]

    assert [line for line in long if max(map(len, line.split())) < 50 and line[:4] != " " * 4] == []
    assert "<" not in everything.text.replace("<b>not</b>", "").replace("<every week>", "")


def test_a_mail_has_the_words_of_the_edition_as_text_and_as_html() -> None:
    story = make_story(
        "chips",
        note="We [say](https://a.example/x) *so*.\n\n> Quoted\n\n- one\n- two",
        excerpt="They say.",
        lead=True,
    )
    mail = of(
        story, make_story("other"), title="Dear reader", body="A [link](https://a.example/y)."
    )
    found = parsed(mail)
    text, html = found.get_body(("plain",)), found.get_body(("html",))

    assert found.get_content_type() == "multipart/alternative"
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == mail.text
    assert html.get_content().replace("\r\n", "\n") == mail.page
    assert mail.text == (
        """\
Chip Digest


Week 20, 2026: Dear reader
==========================
https://example.org/2026/w20/

11–17 May 2026: 2 stories. All from The Example Post.

A link [1].

[1] https://a.example/y


Lead story
----------

Chips
https://news.example/2026-05-15/chips

15 May 2026

We say [2] *so*.

> Quoted

- one
- two

The Example Post writes:

> They say.

[2] https://a.example/x


Also this week
--------------

Other
https://news.example/2026-05-15/other

15 May 2026

----------------------------------------

Week 20, 2026 on the web [3] · Unsubscribe [4]

[3] https://example.org/2026/w20/
[4] https://example.org/out
"""
    )


def test_headers_come_from_the_edition_and_the_settings_and_not_from_the_clock() -> None:
    mail = of(make_story("chips"))
    found = parsed(mail)

    assert found["From"] == "Éd <ed@example.org>"
    assert found["To"] == "list@example.org"
    assert found["Subject"] == "Week 20, 2026: Chips"
    assert found["Date"] == "Tue, 19 May 2026 12:00:00 +0800"
    assert found["Message-ID"] == f"<{mail.id.removeprefix('urn:uuid:')}@example.org>"
    assert found["List-Unsubscribe"] == "<https://example.org/out>"
    assert message(mail, MAIL, "https://example.org/") == message(
        of(make_story("chips")), MAIL, "https://example.org/"
    )


def test_a_long_address_to_unsubscribe_is_written_as_it_is() -> None:
    link = "https://example.org/" + "a" * 200
    made = message(of(make_story("chips")), MAIL._replace(unsubscribe=link), "https://example.org/")

    assert f"List-Unsubscribe: <{link}>\r\n".encode() in made


def test_a_title_cannot_inject_headers() -> None:
    found = parsed(of(make_story("chips", title="Chips\r\nBcc: all@example.org\n\n<b>body</b>")))

    assert found["Bcc"] is None
    assert found["Subject"] == "Week 20, 2026: Chips Bcc: all@example.org <b>body</b>"


def test_hostile_text_stays_text() -> None:
    title = "<script>alert(1)</script> [x](<javascript:a>) {{ site }} # not a heading \ue0001\ue001"
    mail = of(make_story("chips", title=title, note="<b onclick=a>x</b> &lt;i&gt;"))

    assert lint(mail.page) == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in mail.page
    assert "<script>alert(1)</script> [x](<javascript:a>) {{ site }} # not a heading" in " ".join(
        mail.text.split()
    )


@given(st.text(max_size=60))
def test_any_headline_is_one_subject(title: str) -> None:
    story = make_story("chips", title=title or "x", headline="")
    found = parsed(of(story))

    assert found.keys() == [
        "List-Unsubscribe", "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert found.defects == []


def test_columns_are_aligned_without_a_style_sheet() -> None:
    cells = '<tr><td>28 nm</td><td class="right">14</td></tr>'
    border = "padding: 4px 8px; border: 1px solid #a8a297"

    assert styled(Html(cells), "").splitlines()[1] == (
        f'<tr><td style="{border}; text-align: left">28 nm</td>'
        f'<td style="{border}; text-align: right">14</td></tr></div>'
    )


def test_pictures_are_shown_as_text_and_nothing_is_loaded(everything: EditionMail) -> None:
    assert "[A blue field, seen from above]" in everything.page
    assert "A blue field, seen from above" in everything.text
    assert "src=" not in everything.page


def test_an_edition_too_long_for_gmail_is_shortened() -> None:
    many = [
        make_story(f"chips-{number}", note=f"Note {number}. " + "Words and words. " * 40)
        for number in range(300)
    ]
    mail = of(*many)

    assert MAX_BYTES - 2_000 < len(mail.page.encode()) <= MAX_BYTES
    assert mail.page.count("Words and words.") < 300 * 40
    assert "Chips 299" in mail.page
    assert mail.text.count("Note ") == 300


def test_headlines_that_do_not_fit_are_counted() -> None:
    mail = of(*(make_story(f"chips-{number}", title="x" * 300) for number in range(400)))

    assert len(mail.page.encode()) <= MAX_BYTES
    assert "more stories on the web." in mail.page


def test_a_letter_that_does_not_fit_is_named() -> None:
    with pytest.raises(DigestError, match=r"content/2026/w20/letter.md: the letter is too long"):
        of(make_story("chips"), body="words " * 30_000)


def test_a_broken_link_is_named_as_a_build_names_it() -> None:
    with pytest.raises(Faults, match=r"content/2026/w20/letter.md:\d+: "):
        of(make_story("chips"), body="See [this](gone.md).")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>" + "word " * 30 + "</p>", "word " * 15 + "\n" + "word " * 15),
        ("<blockquote><p>" + "word " * 20 + "</p></blockquote>", "> " + "word " * 15 + "\n> " + "word " * 5),
        ("<ul><li>" + "word " * 20 + "</li></ul>", "- " + "word " * 15 + "\n  " + "word " * 5),
        ("<p>" + "芯片" * 25 + "</p>", "芯片" * 19 + "\n" + "芯片" * 6),
        ("<pre><code>a &lt; b\n  c\n</code></pre>", "    a < b\n      c"),
        ("<p>one<br>two\nthree</p>", "one\ntwo three"),
        ('<p><a href="https://a.example/">https://a.example/</a></p>', "https://a.example/"),
        ('<h3><a href="https://a.example/?a=1&amp;b=2">T</a></h3><p>x</p>', "\nT\nhttps://a.example/?a=1&b=2\n\nx"),
    ],
)  # fmt: skip
def test_markup_as_text(markup: str, text: str) -> None:
    found = text_part(Html(markup))

    assert [line.rstrip() for line in found.splitlines()] == [
        line.rstrip() for line in text.split("\n")
    ]


def test_the_subscribe_page_starts_with_the_mail_if_there_is_one() -> None:
    address = "https://lists.example/chips?a=1&b=2"
    content = Content(stories=(make_story("chips"), LATER))
    with_mail = rendered(content, make_config(mail=Mail(subscribe=address)))["subscribe/index.html"]
    without = rendered(content, make_config())["subscribe/index.html"].decode()
    order = [with_mail.index(words) for words in (b"?a=1&amp;b=2", b"weeks.atom<", b"feed.atom<")]

    assert order == sorted(order)
    assert "mailbox" not in without
    assert without.index("weeks.atom<") < without.index("feed.atom<")
