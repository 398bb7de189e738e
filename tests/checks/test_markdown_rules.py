"""Which Markdown gets a hint and which does not: each case is a file, with the expected lines
beside it.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.checks.markdown_rules import hints, untracked
from digest.checks.markdown_scan import MarkdownText

CASES = sorted((Path(__file__).parents[1] / "data" / "hints").glob("*.md"))
SIGNS = "ab .,:-=#>`~*+1[]()<>!&\"'“”…\\\n\t/"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_text_gets_these_hints_and_no_others(case: Path) -> None:
    found = [f"{hint.line}: {hint.what}; {hint.cure}" for hint in hints(case.read_text())]

    assert found == case.with_suffix(".hints").read_text().splitlines()


@given(st.text(alphabet=SIGNS) | st.text())
def test_any_text_gets_hints_with_line_numbers_inside_the_text(text: str) -> None:
    lines = text.count("\n") + 1

    assert all(1 <= hint.line <= lines and hint.what and hint.cure for hint in hints(text))


@given(st.text(alphabet=SIGNS) | st.text())
def test_blanking_out_code_keeps_the_position_of_every_character(text: str) -> None:
    plain = MarkdownText(text).plain

    assert [len(line) for line in plain.split("\n")] == [len(line) for line in text.split("\n")]


@pytest.mark.parametrize(
    "text",
    ["[" * 20_000, "](" * 5_000, "![" * 5_000, "<a " * 5_000, "`" * 5_000 + "a", "- a\n" * 5_000],
)
def test_a_text_built_to_cause_backtracking_is_checked_quickly(text: str) -> None:
    begun = time.process_time()

    hints(text)

    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("address", "cleaned"),
    [
        ("https://example.org/x?utm_source=rss", "https://example.org/x"),
        ("https://example.org/x?id=1&gclid=2#top", "https://example.org/x?id=1#top"),
        ("https://example.org/x?", ""),
        ("HTTPS://example.org/x#", ""),
        ("mailto:desk@example.org?utm_source=x", ""),
        ("2026-05-15-foundries.md?utm_source=x", ""),
        ("https://[broken", ""),
    ],
)
def test_only_tracking_parameters_are_removed_from_a_url(address: str, cleaned: str) -> None:
    assert untracked(address) == cleaned
