"""Files that cannot be read: their problems, and what a run can go on with."""

from __future__ import annotations

from datetime import UTC

from builders import make_config

from digest.content.known_names import names_of
from digest.content.read import ContentReader
from digest.errors import FileError, Problem


def test_a_file_that_the_disk_refuses_is_a_problem_and_not_the_end() -> None:
    def refused(file: str) -> bytes:
        raise FileError(f"/home/ann/news: mine/{file}", "cannot read this file: Input/output error")

    reader = ContentReader(names_of(make_config(), ()), UTC, refused)

    assert reader.story("content/2026/w20/2026-05-15-a.md") is None
    assert reader.problems == [
        Problem(
            "content/2026/w20/2026-05-15-a.md",
            0,
            "cannot read this file: Input/output error",
            "make it readable",
        )
    ]
