"""What serve keeps between builds never changes a page: pages are those of a clean build."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import previews
import pytest
from previews import OTHER, STORY, WEEK, story
from sites import build_into, read_folder

from digest import config, lock
from digest.cache import notices
from digest.commands import serve
from digest.commands.serve import Built, PreviewEvent

LETTER = f"{WEEK}/letter.md"
NEW = "content/2026/w21/2026-05-19-new.md"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Workspace:
    """A digest in use: `save` writes files and builds, as the preview's loop would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.events: list[PreviewEvent] = []
        self.preview = serve.Preview(root, self.events.append, lambda: NOW)
        assert self.preview.rebuild(frozenset())

    def save(self, **files: str | None) -> bool:
        """Saves or deletes files by their names in this module; returns True if the build succeeded."""
        names = {
            "story": STORY,
            "other": OTHER,
            "letter": LETTER,
            "new": NEW,
            "toml": "digest.toml",
        }
        names["card"] = "templates/story/card.html"
        for name, words in files.items():
            path = self.root / names[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            if words is None:
                path.unlink()
            else:
                path.write_text(words)
        return self.preview.rebuild(frozenset(names[name] for name in files))

    def shown(self) -> dict[str, bytes]:
        return read_folder(self.root / ".digest/preview")

    def clean(self, elsewhere: Path) -> dict[str, bytes]:
        """The pages of a build without a cache."""
        shutil.copytree(self.root, elsewhere, ignore=shutil.ignore_patterns(".digest"))
        folder = elsewhere / ".digest/preview"
        build_into(folder, elsewhere, config.load(elsewhere), drafts=True)
        return read_folder(folder)

    def hints(self, file: str) -> list[str]:
        """The hints beside a story."""
        week, slug = "2026/w20/", file.rpartition("/")[2][11:-3]
        (margin,) = self.preview.state.shown.annotations_of_story(f"{week}#{slug}")
        return [hint.what for hint in margin.hints]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(previews.make(tmp_path / "digest"))


LINKED = f"See [that]({STORY.rpartition('/')[2]})."
STEPS: dict[str, Callable[[Workspace], object]] = {
    "a note": lambda workspace: workspace.save(
        story=story("Memory is short", "1", "A note.", themes="[memory]")
    ),
    "a new story and a link to another": lambda workspace: workspace.save(
        new=story("New", "3", LINKED)
    ),
    "a letter that waits": lambda workspace: workspace.save(
        letter=f"---\ntitle: Hello\ndraft: true\n---\n{LINKED}\n"
    ),
    "a template": lambda workspace: workspace.save(card="<h3>{{ card.headline }}, mine</h3>\n"),
    "a letter that is out": lambda workspace: workspace.save(
        letter="---\ntitle: Hello\n---\nOut.\n"
    ),
    "another title": lambda workspace: workspace.save(
        toml=previews.SETTINGS.replace("Tides", "Time")
    ),
    "a story less": lambda workspace: workspace.save(other=None),
    "a template less": lambda workspace: workspace.save(card=None),
}


def test_after_every_save_the_pages_equal_a_clean_build(
    workspace: Workspace, tmp_path: Path
) -> None:
    for number, (name, step) in enumerate(STEPS.items()):
        assert step(workspace), name
        assert workspace.shown() == workspace.clean(tmp_path / str(number)), name


def test_a_repeated_failed_build_without_a_change_reloads_no_page(workspace: Workspace) -> None:
    workspace.save(other="nothing of a story")
    events, shown = list(workspace.events), workspace.preview.state.shown

    again = workspace.save()

    assert not again
    assert (workspace.events, workspace.preview.state.shown) == (events, shown)


def test_after_failed_builds_the_pages_equal_a_clean_build(
    workspace: Workspace, tmp_path: Path
) -> None:
    before = workspace.shown()
    failed = [
        workspace.save(toml="[site"),
        workspace.save(story=story("Memory is shorter", "1", "A note.")),
        workspace.save(toml=previews.SETTINGS.replace("Tides", "Time"), other="nothing of a story"),
    ]
    between = workspace.shown()
    mended = workspace.save(other=story("Fish", "2"))

    assert (failed, mended) == ([False] * 3, True)
    assert before == between
    assert workspace.shown() == workspace.clean(tmp_path / "clean")


def test_open_pages_learn_of_a_build_that_cannot_be_printed(tmp_path: Path) -> None:
    root = previews.make(tmp_path / "digest")

    def fail(_: PreviewEvent) -> None:
        raise BrokenPipeError

    preview = serve.Preview(root, fail, lambda: NOW)
    before = preview.state.shown.build_id
    with pytest.raises(BrokenPipeError):
        preview.rebuild(frozenset())
    built = preview.state.shown.build_id
    (root / STORY).write_text("no story")
    with pytest.raises(BrokenPipeError):
        preview.rebuild(frozenset({STORY}))

    assert len({before, built, preview.state.shown.build_id}) == 3
    assert preview.state.shown.problems


def test_a_build_that_cannot_say_that_it_waits_goes_on(tmp_path: Path) -> None:
    root = previews.make(tmp_path / "digest")
    events: list[PreviewEvent] = []
    other_run = contextlib.ExitStack()

    def on_event(event: PreviewEvent) -> None:
        events.append(event)
        if isinstance(event, serve.Waiting):
            other_run.close()
            raise BrokenPipeError

    with other_run:
        other_run.enter_context(lock.hold(root))
        assert serve.Preview(root, on_event, lambda: NOW).rebuild(frozenset())

    assert list(map(type, events)) == [serve.Waiting, serve.Built]


def test_the_margins_show_a_save_made_during_a_failed_build(workspace: Workspace) -> None:
    known = workspace.hints(STORY)
    workspace.save(
        other="nothing of a story", story=story("Memory is short", "1", "Two:\n- one\n- two")
    )
    workspace.save(other=story("Chips", "2"))

    assert known == []
    assert workspace.hints(STORY) == ["a list right below a line of text is shown as running text"]


def test_a_hint_about_two_stories_disappears_with_one_of_them(workspace: Workspace) -> None:
    other = story("Chips", "1", lead="true", id="n7")
    workspace.save(story=story("Memory is short", "1", lead="true"), other=other)
    twice = workspace.hints(STORY), workspace.hints(OTHER)
    workspace.save(other=None)
    without_other = workspace.hints(STORY)
    workspace.save(story=None, other=other)

    assert twice == (
        [f"links to the same article as {OTHER}"],
        [f"is a second lead story of 2026-W20, beside {STORY}, which is on top"],
    )
    assert (without_other, workspace.hints(OTHER)) == ([], [])


def test_files_deleted_from_the_folder_are_created_again(workspace: Workspace) -> None:
    whole = workspace.shown()
    shutil.rmtree(workspace.root / ".digest")
    workspace.save(story=(workspace.root / STORY).read_text())

    assert workspace.shown() == whole


def test_a_damaged_cache_is_dropped_with_a_message(workspace: Workspace) -> None:
    while workspace.preview.prepare():
        pass
    (workspace.root / ".digest/cache.sqlite").write_bytes(b"damaged")
    begun = serve.Preview(workspace.root, workspace.events.append, lambda: NOW)

    assert begun.rebuild(frozenset())
    assert isinstance(workspace.events[-1], Built)
    assert notices(workspace.root) == (".digest/cache.sqlite was damaged and could not be used",)
