"""The annotations of a preview's stories, which several threads ask for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest import config
from digest.commands import serve
from digest.commands.serve_annotations import Annotations
from digest.content import load
from digest.site import arrange

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SETTINGS = """[site]
title = "T"
url = "https://t.example/"
[[themes]]
id = "tea"
title = "Tea"
match = ["tea"]
"""


@pytest.fixture(autouse=True)
def _threads_that_take_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_annotations_are_the_same_while_the_next_build_takes_them_over(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(SETTINGS)
    folder = tmp_path / "content/2026/w20"
    folder.mkdir(parents=True)
    for number in range(200):
        text = f"---\ntitle: Tea {number}\nlink: https://a.example/{number % 190}\nthemes: [tea]\n---\n"
        (folder / f"2026-05-{11 + number % 7}-tea-{number}.md").write_text(text)
    settings = config.load(tmp_path)
    content = load.load(tmp_path, settings)
    archive = arrange.arrange(content, settings)
    files = [story.file for story in content.stories]
    alone = Annotations(tmp_path, settings, content, archive)
    while alone.prepare():
        pass
    expected = [alone.of_file(file) for file in files]
    shared = Annotations(tmp_path, settings, content, archive)
    while shared.prepare():
        pass

    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(lambda: [shared.of_file(file) for file in files]) for _ in "ab"]
        latest = shared
        while not all(one.done() for one in asked):
            latest = latest.after(frozenset(files[:3]), settings, content, archive)
            latest.prepare()

    assert [one.result() for one in asked] == [expected, expected]


def test_a_build_that_cannot_be_annotated_is_shown_as_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Annotations:
        raise RuntimeError("out of order")

    (tmp_path / "digest.toml").write_text(SETTINGS)
    events: list[serve.PreviewEvent] = []
    preview = serve.Preview(tmp_path, events.append, lambda: NOW)
    assert preview.rebuild(frozenset())
    before = preview.state.shown.build_id
    monkeypatch.setattr(Annotations, "after", fail)

    assert not preview.rebuild(frozenset({"content/pages/about.md"}))

    assert isinstance(events[-1], serve.Broken)
    assert "out of order" in events[-1].problems[0].what
    assert preview.state.shown.build_id != before
