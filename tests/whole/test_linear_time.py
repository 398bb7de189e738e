"""Every function that reads text from outside or from an editor takes time in proportion to it, whatever is in it.

`DIGEST_MANY=1000` tries all pairs of marks in all shapes, for hours; without it, a sample, the same at each run.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import growth
import pytest
from many import MANY, many

from digest import config, config_edit, phrases, redact, text_lines, urls
from digest.checks import key_rules, markdown_rules, markdown_scan, story_rules
from digest.content import (
    change_requests,
    edit,
    excerpt,
    known_names,
    ledger,
    letter_draft,
    sheet,
    story_file,
    typos,
    yaml_front_matter,
)
from digest.content.change_requests import ChangeRequest
from digest.content.history import History
from digest.content.known_names import KnownNames
from digest.errors import DigestError, conflicts
from digest.feeds import plain_text
from digest.intake import shared_texts
from digest.model import Feed, Theme
from digest.preview.desk import form
from digest.preview.desk.requests import DeskRequest, RequestRefused
from digest.site import formatting, paragraphs
from digest.site.html_to_markdown import html_to_markdown
from digest.site.link_targets import Targets
from digest.site.markdown import Html, MarkdownRenderer
from digest.site.search import records
from digest.themes import phrase_proposals, propose, rules, suggest
from digest.themes.phrase_proposals import RuleText

FILE = "content/2026/w20/2026-05-15-a.md"
FRONT = "---\ntitle: A\nlink: https://a.b/\npublished: 2026-05-15T10:00:00+00:00\n---\n\n"
STORY = story_file.loads(FRONT, FILE)
SHOWN = change_requests.story_in_file(FRONT.encode(), FILE, "", KnownNames(), UTC)
TODAY = date(2026, 5, 20)
THEMES = (Theme(id="chips", title="Chips", match=("memory chip*", "a and b"), ignore=("potato",)),)
SHEET = sheet.render(STORY.week, [STORY], THEMES)
SIZE = 60_000 if MANY > 1 else 6_000


def story(text: str) -> None:
    with contextlib.suppress(DigestError):
        known_names.loads(text, FILE, KnownNames(), UTC)


class Nowhere(Targets):
    """No link leads to a file."""

    def __init__(self) -> None:
        pass


def one_line(text: str) -> str:
    return " ".join(text.splitlines())


def spans(text: str) -> None:
    with contextlib.suppress(ValueError):
        yaml_front_matter.spans(text.split("\n"))


def settings(text: str) -> None:
    with contextlib.suppress(DigestError):
        config.loads(text)


def ledger_line(text: str) -> None:
    """Reads a line whose every value is the text, and makes the keys that its story is looked for by."""
    line = {
        "v": 1,
        "at": "2026-05-15T08:00:00.000000Z",
        "id": text,
        "aliases": [f"link:{text}"],
        "file": text,
    }
    found, _ = ledger.loads(
        json.dumps({**line, "title": text, "said": {}, "wrote": {}}).encode(), "a"
    )
    for record in found.values():
        ledger.keys_of_record(record)


def act(name: str, value: Any) -> None:
    """Carries out what an editor wants of a story."""
    change_requests.edit_for(
        ChangeRequest(file=FILE, changes={name: value}), FRONT.encode(), "", KnownNames(), UTC
    )


def carried_out(text: str) -> None:
    """Reads a sheet, and what its lines ask for."""
    read = sheet.parse(text)
    for entry in (one for one in read.entries if not one.problem):
        with contextlib.suppress(ValueError):
            sheet.changes_of(entry, SHOWN.story, read.themes, THEMES)
    sheet.remaining(read, dict.fromkeys(read.entries, text[:100]))


def desk_form(name: str, text: str) -> None:
    with contextlib.suppress(ValueError):
        form.parse({name: text}, STORY, THEMES, TODAY)


def request(text: str) -> None:
    with contextlib.suppress(RequestRefused):
        DeskRequest(method="POST", path="story", body=text.encode()).parse_form()


def changed_settings(text: str) -> None:
    """Adds a feed to a digest.toml that has the text in a comment."""
    lines = "\n".join(f"# {line}" for line in text.splitlines() if line.isprintable())
    with contextlib.suppress(DigestError):
        feed = Feed(id="b", url="https://b.c/", title=one_line(text)[:200], publisher="")
        config_edit.with_new_feeds(f'{lines}\n[site]\ntitle = "A"\n', [feed], {})


def learnt(text: str) -> None:
    """Compares stories by their words."""
    decided = [RuleText(f"{n}", text, text, frozenset({"chips"} if n else ())) for n in range(3)]
    list(phrase_proposals.proposals(decided, THEMES))
    stories = [replace(STORY, title=text, themes=("chips",)) for _ in range(2)]
    suggest.suggestions(stories[:1], stories, THEMES)


def proposed(text: str) -> None:
    """Finds words that recur in many headlines."""
    titles = [text[start : start + 60] for start in range(0, len(text), 60)]
    propose.propose([replace(STORY, title=title) for title in titles] * 3)


FUNCTIONS: dict[str, Callable[[str], Any]] = {
    "a note's links and blocks": lambda text: (
        markdown_scan.MarkdownText(text).links,
        markdown_scan.MarkdownText(text).blocks,
    ),
    "a note's hints": markdown_rules.hints,
    "a silent note": markdown_scan.renders_nothing,
    "plain paragraphs": lambda text: paragraphs.html(text, lambda _: "<a>"),
    "words for search": records.with_cuts,
    "an excerpt cut": lambda text: excerpt.cut(text, 40),
    "an excerpt's signs": lambda text: excerpt.unescape(excerpt.escape(text)),
    "an excerpt's hashes": excerpt.hashes,
    "a body": lambda text: excerpt.split(text, {"a"}),
    "a quotation": lambda text: excerpt.split("> " + text.replace("\n", "\n> "), {"a"}),
    "a quotation below": lambda text: excerpt.find_moved(text, {"a"}),
    "a shared text": shared_texts.story_text,
    "a fault of a shared text": lambda text: shared_texts.problem_in(text, FILE),
    "a bookmark": lambda text: shared_texts.bookmark_text("a.url", text.encode()),
    "merge conflicts": lambda text: conflicts(text, FILE),
    "keys without a fence": lambda text: typos.unfenced(text, FILE, ("title",)),
    "a story's body": lambda text: story(FRONT + text),
    "front matter": lambda text: story(f"---\ntitle: A\n{text}\n---\n"),
    "a value of front matter": lambda text: story(f"---\ntitle: {one_line(text)}\n---\n"),
    "a list of front matter": lambda text: story(f"---\nauthors: [{one_line(text)}]\n---\n"),
    "the places of values": spans,
    "a written value": lambda text: yaml_front_matter.dump(
        [("title", text), ("authors", (text, "b"))], {}
    ),
    "a link": lambda text: urls.web_link(f"https://a.b/{text}"),
    "a host": lambda text: urls.web_link(f"https://{text}"),
    "what a link identifies": lambda text: urls.canonical(
        urls.web_link(f"https://a.b/?{text}") or ""
    ),
    "links to own files": urls.has_own_link,
    "the address of a site": urls.site_fault,
    "secrets": redact.secret_names,
    "secrets in parameters": lambda text: redact.strip(f"https://a.b/?{text}"),
    "masked secrets": redact.mask,
    "a phrase": phrases.check_phrase,
    "a feed's line": plain_text.line,
    "digest.toml": settings,
    "a ledger's line": ledger_line,
    "a ledger": lambda text: ledger.loads(text.encode(), "a"),
    "Markdown": MarkdownRenderer(Nowhere()).words,
    "a sheet": carried_out,
    "a sheet below its head": lambda text: carried_out(SHEET + text),
    "the themes of a sheet": lambda text: carried_out(f"# Themes: {one_line(text)}\n{SHEET}"),
    "a line of a sheet": lambda text: carried_out(SHEET.replace("A  {", f"{one_line(text)}  {{")),
    "a changed note": lambda text: act("note", text),
    "a changed headline": lambda text: act("headline", one_line(text)),
    "a desk's note": lambda text: desk_form("note", text),
    "a desk's corrections": lambda text: desk_form("corrections", text),
    "a theme typed at the desk": lambda text: desk_form("add", text),
    "a request to the desk": request,
    "lines of a letter": text_lines.split,
    "a published letter": lambda text: edit.published_letter(
        f"---\ntitle: A\ndraft: true\n---\n\n{text}", FILE, datetime(2026, 5, 20, tzinfo=UTC)
    ),
    "a letter's links": lambda text: letter_draft.unlinked(text, [STORY], []),
    "a letter with more links": lambda text: letter_draft.with_links(text, [STORY]),
    "a drafted link": lambda text: letter_draft.link(replace(STORY, title=text)),
    "a page for programs": lambda text: html_to_markdown(
        Html(MarkdownRenderer(Nowhere()).html(text, file=FILE, here="2026/w20/", top=3))
    ),
    "keys without effect": lambda text: list(key_rules.keys_in_body(text)),
    "quotation marks never closed": lambda text: list(
        key_rules.unclosed_quotes(f"---\n{text}\n---\n")
    ),
    "flags without a value": lambda text: list(key_rules.empty_flags(f"---\n{text}\n---\n")),
    "a note that quotes": lambda text: list(
        story_rules.requoted(replace(STORY, note=f"> {text}"), History({}))
    ),
    "a link that tracks": lambda text: markdown_rules.untracked(f"https://a.b/?{text}"),
    "a first sentence": lambda text: formatting.first_sentence(text, 200),
    "the themes of a headline": lambda text: rules.themes_of(text, text, THEMES),
    "a story's words": learnt,
    "proposed themes": proposed,
    "digest.toml changed": changed_settings,
}


@cache
def usual() -> float:
    return growth.seconds(MarkdownRenderer(Nowhere()).words, growth.ORDINARY)


def cases(name: str) -> Iterator[tuple[str, str, int]]:
    """Two marks and the shape of a text: all of them, or as many as there is time for."""
    every = list(itertools.product(growth.MARKS, growth.MARKS, growth.SHAPES))
    return iter(random.Random(name).sample(every, min(many(20), len(every))))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_time_grows_linearly_with_the_text(name: str) -> None:
    found = list(itertools.islice(growth.growing(FUNCTIONS[name], cases(name), SIZE), 3))

    assert not found


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda size: "<!--" * (size // 4), id="comments that are never closed"),
        pytest.param(lambda size: "~" * size + "`", id="a fence with a backtick at its end"),
        pytest.param(lambda size: f"<b {'a' * size}>", id="a long attribute"),
        pytest.param(lambda size: f"a|b\na|b\n|-{' ' * size}x|", id="almost the rule of a table"),
        pytest.param(
            lambda size: "[a]: b\n" + "![" * (size // 2), id="pictures that are never closed"
        ),
    ],
)
def test_a_note_full_of_one_character_is_read_in_linear_time(make: Callable[[int], str]) -> None:
    def read(text: str) -> None:
        markdown_rules.hints(text)
        markdown_scan.renders_nothing(text)

    assert not growth.is_growing(read, make, SIZE)


def test_blank_lines_around_a_note_are_cut_off_in_linear_time() -> None:
    assert not growth.is_growing(text_lines.normalized, lambda size: "\n" * size + "a", 200_000)


def test_an_unclosed_list_of_quoted_names_is_read_in_linear_time() -> None:
    def make(size: int) -> str:
        return "---\nauthors: [" + '"Jo", ' * (size // 6) + "\n---\n"

    assert not growth.is_growing(story, make, SIZE)


@pytest.mark.parametrize(
    "mark",
    [
        *(
            "[",
            "[a](",
            "![",
            "<a ",
            "<a\n\n",
            "<![CDATA[",
            "> > <![CDATA[",
            "<b><!-- -->",
            "[" * 990 + "\n\n",
        ),
        *("---\n", "a\n===\n", "|\n# ", "~~~a\n", "[a](b) ", "*a* ", "&amp;", "[a]: b\n0"),
    ],
)
def test_markdown_takes_bounded_time(mark: str) -> None:
    writer = MarkdownRenderer(Nowhere())
    longest = max(
        growth.seconds(writer.words, mark * (size // len(mark)))
        for size in (9_000, 18_000, 100_000)
    )

    assert longest < 10 * usual()
