"""Every function that reads text from outside or from an editor takes time in proportion to it, whatever is in it.

`DIGEST_LONG=1` tries all pairs of marks in all shapes, for hours; the short pass tries a sample, the same at each run.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import growth
import pytest

from digest import config, phrases, redact, urls
from digest.checks import markdown_rules, markdown_scan
from digest.content import excerpt, ledger, story_file, typing_errors, yaml_front_matter
from digest.errors import DigestError, conflicts
from digest.feeds import plain_text
from digest.intake import shared_files
from digest.site import paragraphs
from digest.site.link_targets import Targets
from digest.site.markdown import MarkdownRenderer
from digest.site.search import records

FILE = "content/2026/w20/2026-05-15-a.md"
KNOWN = story_file.Known()
FRONT = "---\ntitle: A\nlink: https://a.b/\npublished: 2026-05-15T10:00:00+00:00\n---\n\n"
LONG = bool(os.environ.get("DIGEST_LONG"))
CASES = 60  # of the short pass
SIZE = 60_000 if LONG else 6_000


def story(text: str) -> None:
    with contextlib.suppress(DigestError):
        story_file.loads(text, FILE, KNOWN)


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
        json.dumps({**line, "title": text, "said": {}, "wrote": {}}).encode(), FILE
    )
    for record in found.values():
        ledger.keys_of_record(record, "a")


FUNCTIONS: dict[str, Callable[[str], Any]] = {
    "a note's links and blocks": lambda text: (
        markdown_scan.Prose(text).links,
        markdown_scan.Prose(text).blocks,
    ),
    "a note's hints": markdown_rules.hints,
    "a silent note": markdown_scan.is_silent,
    "plain paragraphs": lambda text: paragraphs.html(text, lambda _: "<a>"),
    "words for search": records.cut,
    "an excerpt cut": lambda text: excerpt.cut(text, 40),
    "an excerpt's signs": lambda text: excerpt.unescape(excerpt.escape(text)),
    "an excerpt's hashes": excerpt.hashes,
    "a body": lambda text: excerpt.split(text, {"a"}),
    "a quotation": lambda text: excerpt.split("> " + text.replace("\n", "\n> "), {"a"}),
    "a quotation below": lambda text: excerpt.below(text, {"a"}),
    "a shared text": shared_files.story_text,
    "a fault of a shared text": lambda text: shared_files.fault(text, FILE),
    "a bookmark": lambda text: shared_files.of_bookmark("a.url", text.encode()),
    "merge conflicts": lambda text: conflicts(text, FILE),
    "keys without a fence": lambda text: typing_errors.unfenced(text, FILE, ("title",)),
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
    "secrets": redact.names,
    "secrets in parameters": lambda text: redact.strip(f"https://a.b/?{text}"),
    "masked secrets": redact.mask,
    "a phrase": phrases.check_phrase,
    "a feed's line": plain_text.line,
    "digest.toml": settings,
    "a ledger's line": ledger_line,
    "a ledger": lambda text: ledger.loads(text.encode(), "content/ledger/a.jsonl"),
    "Markdown": MarkdownRenderer(Nowhere()).words,
}


@cache
def usual() -> float:
    """The CPU seconds of a text of 200,000 characters with ordinary links and stress."""
    return growth.seconds(
        MarkdownRenderer(Nowhere()).words,
        "A [link](https://a.example/) and *stress*, `code`.\n\n" * 4_000,
    )


def cases(name: str) -> Iterator[tuple[str, str, int]]:
    """Two marks and the shape of a text: all of them, or as many as the short pass has time for."""
    every = list(itertools.product(growth.MARKS, growth.MARKS, growth.SHAPES))
    return iter(every if LONG else random.Random(name).sample(every, CASES))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_time_grows_with_the_text_and_not_with_its_square(name: str) -> None:
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
def test_a_note_full_of_one_mark_is_read_in_linear_time(make: Callable[[int], str]) -> None:
    def read(text: str) -> None:
        markdown_rules.hints(text)
        markdown_scan.is_silent(text)

    assert not growth.is_growing(read, make, SIZE)


def test_a_list_of_quoted_names_that_is_not_closed_is_read_in_linear_time() -> None:
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
        for size in (9_000, 18_000, 200_000)
    )

    assert longest < 10 * usual()
