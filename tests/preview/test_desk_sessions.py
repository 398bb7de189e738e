"""Random sessions at the desk, with another hand and pulls in between: no byte of an editor is lost."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import desks
import pytest
from desks import Desk, files, serving
from many import many

ACTS = 25
NEVER_MOVED = ["number-1", "number-2", "number-3", "number-4"]
STORIES = 6
MARK = re.compile(r"✎\d+")
BUTTONS = ("hide=true", "hide=false", "lead=true", "lead=false", "draft=true", "draft=false",
           "theme=+memory-crunch", "theme=-memory-crunch", "main=export-controls",
           "reviewed=true", "also=+2026-11-25-number-2.md", "also=+2026-11-26-number-3.md", "also=")  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with serving(desks.make(tmp_path_factory.mktemp("digest"), STORIES)) as running:
        yield running


class Session:
    """An editor at the desk, and another hand; `marks` are the words of theirs that must be there."""

    def __init__(self, desk: Desk, rng: random.Random) -> None:
        self.desk, self.rng, self.serial = desk, rng, rng.randrange(10**6) * 1000
        self.marks = {name: self.there(name) for name in self.names()}
        self.saves: list[tuple[str, set[str]]] = []
        self.pages = {"": desk.open()}

    def names(self) -> list[str]:
        return [f"number-{n}" for n in range(1, STORIES + 1)]

    def there(self, name: str) -> set[str]:
        return set(MARK.findall(self.desk.text(name)))

    def mark(self) -> str:
        self.serial += 1
        return f"✎{self.serial}"

    def act(self) -> None:
        """Does one random thing."""
        what = self.rng.choices(
            ["note", "button", "undo", "hand", "look", "pull"], [6, 5, 3, 4, 3, 0.3]
        )[0]
        name = self.rng.choice(self.names())
        getattr(self, what)(name)

    def look(self, _: str) -> None:
        self.desk.open()

    def hand(self, name: str) -> None:
        """Another hand writes below the note."""
        path, mark = self.desk.root / self.desk.file(name), self.mark()
        self.desk.preview.write(self.desk.file(name), path.read_text() + f"{mark} by another\n")
        self.marks[name].add(mark)

    def pull(self, _: str) -> None:
        """The publisher changes a headline, and a pull brings it."""
        feed = json.loads((self.desk.root / "first.json").read_text())
        self.rng.choice(feed["items"])["title"] += " again"
        (self.desk.root / "first.json").write_text(json.dumps(feed))
        assert desks.digest(self.desk.root, "pull").returncode == 0

    def note(self, name: str) -> None:
        mark = self.mark()
        form = self.desk.form(name)
        form["note"] += f"\r\n{mark} by mine"
        self.send(name, form, {mark})

    def button(self, name: str) -> None:
        self.send(name, self.desk.form(name) | {"set": self.rng.choice(BUTTONS)}, set())

    def send(self, name: str, form: dict[str, str], added: set[str]) -> None:
        """Sends a form; what is refused changes nothing, and one of both versions is chosen."""
        page, before, had = self.desk.page, files(self.desk.root), set(self.marks[name])
        answer = self.desk.send("story", form)
        after = files(self.desk.root)
        changed = {file for file in after if after[file] != before.get(file)}
        if answer.status_code == 409:
            assert not changed
            self.desk.page = answer.text
            if self.rng.random() < 0.5:
                form = self.desk.form(name) | {"set": "take"}
                added = set()
            else:
                form = self.desk.form(name)
                self.marks[name] = set(MARK.findall(form["note"])) - added
            changed = {self.desk.file(name)}
            answer = self.desk.send("story", form)
        assert answer.status_code == 303, answer.text
        if "lead=true" not in form.get("set", ""):
            assert changed <= {self.desk.file(name)}
        self.marks[name] |= added
        if files(self.desk.root) != before:
            self.saves.append((name, had))
        self.desk.page = page
        if self.rng.random() < 0.8:
            self.desk.open()

    def letter(self, _: str) -> None:
        """Drafts, titles, writes or publishes the letter; some of it is refused."""
        self.desk.open()
        words: dict[str, str] = self.rng.choice(
            [{"set": "draft"}, {"title": self.mark()}, {"body": self.mark()}, {"set": "publish"},
             {"title": self.mark(), "body": self.mark(), "set": "publish"}]
        )  # fmt: skip
        self.desk.letter(**words)
        self.desk.open()

    def move(self, name: str) -> None:
        """Moves a story with its picture to another week and, if it is there, back."""
        week = "2026-W48" if "/w49/" in self.desk.file(name) else "2026-W49"
        self.desk.open("2026-W49" if week == "2026-W48" else "2026-W48")
        assert self.desk.save(name, week=week).status_code == 303
        self.desk.open()

    def undo(self, _: str) -> None:
        if not self.saves:
            return
        name, had = self.saves.pop()
        before = self.desk.text(name)
        assert self.desk.undo().status_code == 303
        if self.desk.text(name) != before:
            self.marks[name] = had


@pytest.mark.parametrize("seed", range(many(3)))
def test_no_ones_text_is_lost_and_all_checks_pass(desk: Desk, seed: int) -> None:
    session = Session(desk, random.Random(seed))
    for _ in range(ACTS):
        session.act()
        found = {name: session.there(name) for name in session.names()}
        assert found == session.marks, seed

    checked = desks.digest(desk.root, "check")
    assert checked.returncode == 0, checked.stdout


def test_a_session_without_changes_from_elsewhere_is_undone_byte_for_byte(tmp_path: Path) -> None:
    with serving(desks.make(tmp_path, STORIES)) as desk:
        picture = (desk.root / desk.file("number-6")).with_name("my quay.png")
        picture.write_bytes(b"quay")
        desk.preview.write(desk.file("number-6"), desk.text("number-6") + "\n![](my%20quay.png)\n")
        before = files(desk.root)
        session = Session(desk, random.Random(7))
        for _ in range(ACTS):
            act = session.rng.choice([session.note, session.button, session.letter, session.move])
            act(
                session.rng.choice(["number-5", "number-6"] if act == session.move else NEVER_MOVED)
            )
        moved = files(desk.root)
        for _ in range(ACTS):
            desk.undo()

        assert moved != before

        assert files(desk.root) == before
