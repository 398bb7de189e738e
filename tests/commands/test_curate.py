"""Acts on real files: written under the lock if the file is as it was seen, undone, refused with both wordings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from many import many
from sites import read_folder
from test_letter import SETTINGS, put

from digest import config, disk, lock
from digest.commands.shared import curate
from digest.content import load
from digest.content.change_requests import ChangeRequest, Refusal
from digest.content.edit import Edit
from digest.errors import DigestError
from digest.model import Story
from digest.week import Week

A, B, C = (f"content/2026/w20/2026-05-1{day}-{name}.md" for day, name in ((3, "a"), (4, "b"), (5, "c")))  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path)


def make(root: Path) -> Path:
    (root / "digest.toml").write_text(SETTINGS)
    put(root, A.removeprefix("content/"), "A", "themes: [memory] # mine")
    put(root, B.removeprefix("content/"), "B", "lead: true")
    put(root, C.removeprefix("content/"), "C")
    return root


def stories(root: Path) -> tuple[Story, ...]:
    return load.survey(root, config.load(root)).content.stories


def run(root: Path, *wanted: ChangeRequest) -> list[Edit | Refusal]:
    return curate.apply_requests(root, config.load(root), wanted, stories(root))


def test_changes_to_files_are_undone_one_after_another(root: Path) -> None:
    before = read_folder(root / "content")

    results = run(
        root,
        ChangeRequest(file=A, changes={"note": "Ours.", "lead": True}),
        ChangeRequest(file=C, changes={"hide": True}, week=Week(2026, 21)),
    )

    moved = root / C.replace("w20", "w21")
    assert [edit.file for edit in results if isinstance(edit, Edit)] == [A, C, B]
    assert (root / A).read_text() == (
        "---\ntitle: 'A'\nlink: https://news.example/2026-05-13-a\nthemes: [memory] # mine\nlead: true\n---\n\nOurs.\n"
    )
    assert "lead" not in (root / B).read_text()
    assert "hide: true" in moved.read_text()
    assert not (root / C).exists()
    for edit in reversed(results):
        assert isinstance(edit, Edit)
        assert curate.make_edits(root, [edit.inverse]) == []
    assert read_folder(root / "content") == before


def test_of_two_leads_set_in_a_row_only_the_newer_leads(root: Path) -> None:
    seen = stories(root)

    for file in (A, C):
        curate.apply_requests(
            root, config.load(root), [ChangeRequest(file=file, changes={"lead": True})], seen
        )

    assert [story.file for story in stories(root) if story.lead] == [C]


def test_a_file_changed_elsewhere_is_neither_overwritten_nor_undone(root: Path) -> None:
    shown = curate.read_story(root, config.load(root), stories(root)[0])
    with (root / A).open("a") as file:
        file.write("\nAnother's.\n")

    (refusal,) = run(
        root, ChangeRequest(file=A, seen_hash=shown.seen_hash, changes={"note": "Mine."})
    )

    assert isinstance(refusal, Refusal)
    assert refusal.changed
    assert refusal.story
    assert refusal.story.note == "Another's."
    (edit,) = run(
        root, ChangeRequest(file=A, seen_hash=refusal.seen_hash, changes={"note": "Both."})
    )
    assert isinstance(edit, Edit)
    put(root, A.removeprefix("content/"), "A third hand")
    assert curate.make_edits(root, [edit.inverse]) == [edit.file]
    assert "A third hand" in (root / A).read_text()


def test_a_save_between_reading_and_writing_is_not_lost(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    replace = disk.replace

    def after_another_save(
        root: Path, file: str, before: bytes, after: bytes, **options: bool
    ) -> bool:
        monkeypatch.undo()
        (root / file).write_bytes(before + b"\nAnother's.\n")
        return replace(root, file, before, after, **options)

    monkeypatch.setattr(disk, "replace", after_another_save)
    (edit,) = run(root, ChangeRequest(file=A, changes={"hide": True}))

    assert isinstance(edit, Edit)
    assert (root / A).read_text().endswith("hide: true\n---\n\nAnother's.\n")


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("../outside.md", "this is not a story"),
        ("content/2026/w20/letter.md", "there is no such file; name a file such as content/"),
        ("digest.toml", "this is not a story; name a file such as content/"),
        ("content/2026/w21/2026-05-13-a.md", f"there is no such file; did you mean '{A}'?"),
        ("content/2026/w20/2026-05-13-none.md", "there is no such file; was it moved or deleted?"),
        ("content/2026/w20/2026-05-16-broken.md", ":3: unknown key 'lnk'; did you mean 'link'?"),
    ],
)
def test_a_file_that_is_not_a_readable_story_is_refused(root: Path, file: str, why: str) -> None:
    (root / "content/2026/w20/2026-05-16-broken.md").write_text("---\ntitle: A\nlnk: x\n---\n")
    before = read_folder(root)

    (refusal,) = run(root, ChangeRequest(file=file, changes={"lead": True}))

    assert isinstance(refusal, Refusal)
    assert why in refusal.why
    assert read_folder(root / "content") == {
        name.removeprefix("content/"): data
        for name, data in before.items()
        if name.startswith("content/")
    }


def test_a_story_does_not_overwrite_another_when_moved(root: Path) -> None:
    put(root, C.removeprefix("content/").replace("w20", "w21"), "Here")

    (refusal,) = run(root, ChangeRequest(file=C, changes={"hide": True}, week=Week(2026, 21)))

    assert isinstance(refusal, Refusal)
    assert "there is a file with this name" in refusal.why
    assert "hide" not in (root / C).read_text()


def test_nothing_is_written_while_another_run_is_writing(root: Path) -> None:
    with lock.hold(root), pytest.raises(DigestError, match="another run"):
        run(root, ChangeRequest(file=A, changes={"lead": True}))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["act", "act", "act", "stale", "undo", "hand"]),
        st.sampled_from([A, B, C]),
        st.sampled_from(
            [{"note": "Ours: # 1."}, {"note": ""}, {"lead": True}, {"hide": True}, {"hide": False},
             {"themes": ("export-controls",)}, {"themes": ()}, {"headline": "a: 'b'"}]
        ),
    ),
    max_size=12,
)  # fmt: skip


def test_random_sessions_lose_no_byte_that_someone_else_wrote(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A save that meets another's changes nothing, and undo leads back only where nothing was changed since."""

    def play(steps: list[tuple[str, str, dict[str, Any]]]) -> None:
        root = make(tmp_path_factory.mktemp("session"))
        setup, saves, typed = config.load(root), list[list[Edit]](), dict[str, str]()
        for number, (kind, file, changes) in enumerate(steps):
            before = {name: (root / name).read_bytes() for name in (A, B, C)}
            story = next(one for one in stories(root) if one.file == file)
            if kind == "hand":
                typed[file] = typed.get(file, "") + f"\nAnother's {number}.\n"
                (root / file).write_bytes(before[file] + f"\nAnother's {number}.\n".encode())
            elif kind == "undo" and saves:
                for edit in reversed(saves.pop()):
                    is_same = (root / edit.file).read_bytes() == edit.after.encode()
                    assert curate.make_edits(root, [edit.inverse]) == (
                        [] if is_same else [edit.file]
                    )
                    if is_same:
                        assert (root / edit.file).read_bytes() == edit.before.encode()
            elif kind in {"act", "stale"}:
                seen = (
                    "0" * 16 if kind == "stale" else curate.read_story(root, setup, story).seen_hash
                )
                results = run(root, ChangeRequest(file=file, seen_hash=seen, changes=changes))
                edits = [one for one in results if isinstance(one, Edit)]
                saves.append([edit for edit in edits if edit.before != edit.after])
                if kind == "stale":
                    assert {name: (root / name).read_bytes() for name in before} == before
                else:
                    now = next(one for one in stories(root) if one.file == file)
                    assert {name: getattr(now, name) for name in changes} == changes
                    typed = typed if "note" not in changes else {**typed, file: ""}
            for name, words in typed.items():
                is_kept = all(line in (root / name).read_text() for line in words.split("\n"))
                assert is_kept or kind == "undo"

    settings(max_examples=many(20), deadline=None)(given(STEPS)(play))()


def test_a_story_takes_its_pictures_along_when_it_is_moved_and_moved_back(root: Path) -> None:
    folder, other = root / "content/2026/w20", root / "content/2026/w21"
    for name, data in (("my quay.png", b"quay"), ("shared.png", b"shared")):
        (folder / name).write_bytes(data)
    text = (root / A).read_text()
    (root / A).write_text(f"{text}\n![](my%20quay.png)\n")
    (root / B).write_text(f"{(root / B).read_text()}\n![](shared.png)\n")
    (root / C).write_text(f"{(root / C).read_text()}\n![](shared.png)\n")
    before = read_folder(root / "content")

    made, refused = run(root, *(ChangeRequest(file=file, week=Week(2026, 21)) for file in (A, C)))
    there = sorted(path.name for path in other.iterdir())
    assert isinstance(made, Edit)
    left = curate.make_edits(root, [made.inverse])

    assert there == ["2026-05-13-a.md", "my quay.png"]
    assert isinstance(refused, Refusal)
    assert f"shows shared.png, as {B} does" in refused.why
    assert left == []
    assert read_folder(root / "content") == before


def test_a_picture_does_not_overwrite_another_and_no_copy_is_left_behind(root: Path) -> None:
    folder, other = root / "content/2026/w20", root / "content/2026/w21"
    other.mkdir()
    for name in ("1.png", "2.png"):
        (folder / name).write_bytes(b"ours")
    (other / "2.png").write_bytes(b"another")
    (root / A).write_text(f"{(root / A).read_text()}\n![](1.png) ![](2.png)\n")
    before = read_folder(root / "content")

    (refused,) = run(root, ChangeRequest(file=A, week=Week(2026, 21)))

    assert isinstance(refused, Refusal)
    assert refused.why.startswith("content/2026/w21/2.png: there is a file with this name")
    assert read_folder(root / "content") == before


def test_a_moved_lead_stays_a_lead_and_no_other_story_becomes_one(
    root: Path,
) -> None:
    week, settings = Week(2026, 21), config.load(root)
    (moved,) = run(root, ChangeRequest(file=B, week=week))
    seen = (*stories(root), *(replace(one, file=B) for one in stories(root) if one.slug == "b"))
    assert isinstance(moved, Edit)
    curate.make_edits(root, [moved.inverse])
    (root / A).write_text((root / A).read_text().replace("themes", "lead: false\nthemes"))
    curate.apply_requests(root, settings, [ChangeRequest(file=B, week=week)], seen)
    curate.apply_requests(root, settings, [ChangeRequest(file=A, week=week)], seen)

    assert [(one.slug, one.week) for one in stories(root) if one.lead] == [("b", week)]


def test_a_lead_in_an_unreadable_file_is_reported_in_one_line(root: Path) -> None:
    (root / C).write_text("---\ntitle: C\nlink: [\nlead: true\n---\n")
    (root / B).write_text("---\ntitle: B\nlink: [\n---\n\nThey lead: true or not.\n")

    made, refused = run(root, ChangeRequest(file=A, changes={"lead": True}))

    assert isinstance(made, Edit)
    assert isinstance(refused, Refusal)
    assert (
        refused.why == f"{C}: says that it leads 2026-W20, and cannot be read; see 'digest check'"
    )
