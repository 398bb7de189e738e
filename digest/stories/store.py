"""The store: everything in `content/`, read from the disk, and the only hand that writes there.

Refuses to write over a file, to follow a link out of the digest, and to return a half-read archive: `load` gives
all of it or raises Faults with every problem in every file. (`read_desk` is for pull, which passes over what it
cannot read, so that one slip of an editor's stops no feed.)
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from digest import disk
from digest.errors import DigestError, Faults, Problem, suggestion
from digest.model import Config, Content, Copied, FreePage, Letter, Story
from digest.stories import frontmatter, ledger, storyfile
from digest.stories.desk import Desk, Edit, Intake, Survey
from digest.stories.history import History
from digest.stories.ledger import Record
from digest.stories.storyfile import Known
from digest.week import Week

_T = TypeVar("_T")

_WEEK = re.compile(r"\d{4}/w\d{2}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"})
_INBOX = "inbox"
_ELSEWHERE = frozenset({"ledger", _INBOX})
_NOT_COPIED = (".DS_Store", "Thumbs.db", ".git", "*~", ".#*", ".*.sw?", disk.LEFT_BEHIND)  # left by systems and editors
_LETTER = "letter.md"
_WRITERS = 4
"""How many files are written at once: each waits for the disk to have it, and a disk takes several in one go."""


def load(root: Path, config: Config) -> Content:
    """Reads all content of a digest; raises Faults with every problem in it."""
    found = survey(root, config)
    if found.problems:
        raise Faults(found.problems)
    return found.content


def survey(root: Path, config: Config) -> Survey:
    """Reads all of a digest's content that can be read, with every problem in the rest."""
    ledgers, ledger_problems = read_ledgers(root)
    reading = _Reading(root, config, ledgers)
    files = list(_walk(root, reading.problems))
    stories = tuple(filter(None, (reading.story(file) for file in files if _is_story(file))))
    history = History(reading.ledgers)
    content = Content(
        stories=stories,
        letters=tuple(filter(None, (reading.letter(file) for file in files if _is_letter(file)))),
        introductions=tuple(filter(None, (reading.introduction(file) for file in files if _is_in(file, "themes")))),
        pages=tuple(filter(None, (reading.page(file) for file in files if _is_in(file, "pages")))),
        copied=tuple(Copied(source=root / file, file=file, path=_copied(file)) for file in files if _copied(file)),
        places=history.places(stories),
        earlier=history.earlier(stories),
        unread=frozenset(reading.unread),
    )
    reading.misplaced(files)
    return Survey(
        content=content,
        problems=tuple(reading.problems),
        ledgers=ledgers,
        ledger_problems=ledger_problems,
        files=tuple(files),
        known=reading.known,
    )


def read_text(root: Path, file: str) -> str:
    """Returns the text of a file as far as it is text, nothing where it is gone."""
    return (disk.read(root / file) or b"").decode("utf-8-sig", errors="replace")


def unfinished(root: Path) -> tuple[str, ...]:
    """Returns the files that killed runs have left behind half-written, relative to the root."""
    return tuple(sorted(path.relative_to(root).as_posix() for path in (root / "content").rglob(disk.LEFT_BEHIND)))


def read_desk(root: Path, config: Config, ledgers: Mapping[str, Mapping[str, Record]], names: frozenset[str]) -> Desk:
    """Reads what a pull has to know: where all files are, and of those that speak of one of the names what they say."""
    reading = _Reading(root, config, ledgers)
    files = list(_walk(root, []))
    found: list[Story] = []
    texts: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for file in filter(_is_story, files) if names else ():
        text = (disk.read(root / file) or b"").decode(errors="replace")
        if any(name in text for name in names):
            story = reading.story(file)
            if story:
                found.append(story)
            (texts if story else unreadable)[file] = text
    return Desk(
        ledgers=ledgers,
        files=frozenset(filter(_is_story, files)),
        stories=tuple(found),
        texts=texts,
        unreadable=unreadable,
        problems=tuple(reading.problems),
        known=reading.known,
        closed=_closed(reading, files) if config.close == "letter" else None,
    )


def read_ledgers(root: Path) -> tuple[dict[str, dict[str, Record]], tuple[Problem, ...]]:
    """Reads the ledgers of all feeds, those of feeds that digest.toml no longer names too."""
    ledgers, problems = {}, list[Problem]()
    folder = root / "content" / "ledger"
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        text = (disk.read(path) or b"").decode(errors="replace")
        ledgers[path.stem], wrong = ledger.loads(text, f"content/ledger/{path.name}")
        problems.extend(wrong)
    return ledgers, tuple(problems)


def ledger_bytes(root: Path, feed: str) -> bytes:
    """Returns a feed's ledger as it stands, nothing where there is none."""
    return disk.read(root / _ledger(feed)) or b""


def write(root: Path, intake: Intake) -> None:
    """Writes what a pull has decided: story files, then the ledger's lines, so that a killed pull loses nothing.

    Raises DigestError where a file has changed since it was read: its editor is at work, and goes first.
    """
    for edit in intake.edits:
        if rewrite(root, (edit,)):
            raise DigestError(f"{edit.file}: this file has changed during the pull and is left alone; pull again")
    with ThreadPoolExecutor(_WRITERS) as writers:
        created = [
            (story.file, writers.submit(disk.create, root / story.file, storyfile.dumps(story).encode()))
            for story in intake.stories
        ]
    taken = [file for file, made in created if not made.result()]
    if taken:
        raise DigestError(f"{taken[0]}: this file has appeared during the pull and is left alone; pull again")
    add_lines(root, intake.lines)


def rewrite(root: Path, edits: Iterable[Edit]) -> tuple[str, ...]:
    """Carries out the edits of files that still say what they said; returns the other files, which it leaves alone."""
    left = []
    for edit in edits:
        if edit.after == edit.before:
            changed = disk.read(root / edit.file) != edit.before.encode()
        else:
            changed = not disk.replace(root / edit.file, edit.before.encode(), edit.after.encode())
        if changed:
            left.append(edit.file)
    return tuple(left)


def sweep(root: Path) -> tuple[str, ...]:
    """Removes Markdown files that a killed run has left unfinished, and returns them; the caller holds the lock.

    They are hidden and whole nowhere; in a git repository they would stay for ever.
    """
    found = []
    for folder, folders, names in os.walk(root / "content"):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if disk.leftover(name).endswith(".md"):
                path = Path(folder, name)
                disk.unlink(path)
                found.append(path.relative_to(root).as_posix())
    return tuple(found)


def add_lines(root: Path, lines: Mapping[str, Iterable[Record]]) -> None:
    """Adds lines to the feeds' ledgers."""
    for feed, records in lines.items():
        disk.append(root / _ledger(feed), "".join(map(ledger.dumps, records)))


def create(root: Path, file: str, text: str) -> bool:
    """Puts a new file in place; returns False, and touches nothing, where its name is taken."""
    return disk.create(root / file, text.encode())


def read_exactly(root: Path, file: str) -> str:
    """Returns the text of a file with every sign that it holds, as an edit needs it; raises ValueError for no text."""
    return (disk.read(root / file) or b"").decode()


class _Reading:
    """One reading of the content: each file gives its value, or None and its problems."""

    def __init__(self, root: Path, config: Config, ledgers: Mapping[str, Mapping[str, Record]]) -> None:
        self.root, self.config, self.ledgers = root, config, ledgers
        self.problems: list[Problem] = []
        self.unread: list[str] = []
        self.themes = frozenset(name for theme in config.themes for name in (theme.id, *theme.was))
        self.known = Known(
            zone=ZoneInfo(config.site.timezone),
            feeds=frozenset(feed.id for feed in config.feeds) | frozenset(self.ledgers),
            themes=self.themes,
            excerpted=ledger.excerpted(self.ledgers),
        )

    def story(self, file: str) -> Story | None:
        return self._read(file, lambda text: storyfile.loads(text, file, self.known))

    def letter(self, file: str) -> Letter | None:
        return self._read(file, lambda text: _letter(text, file))

    def page(self, file: str) -> FreePage | None:
        return self._read(file, lambda text: _page(text, file))

    def introduction(self, file: str) -> FreePage | None:
        name = Path(file).stem
        if name not in self.themes:
            self.problems.append(
                Problem(file, 0, f"introduces an unknown theme '{name}'", suggestion(name, self.themes))
            )
            return None
        return self.page(file)

    def misplaced(self, files: Iterable[str]) -> None:
        """Notes Markdown files that lie where no story is looked for: a story must not vanish without a word."""
        for file in files:
            top, _, rest = file.removeprefix("content/").partition("/")
            stray = not rest or top not in {"themes", "pages", "static", *_ELSEWHERE}
            known = _is_story(file) or _is_letter(file) or Path(file).stem == "README"
            if file.endswith(".md") and stray and not known:
                self.problems.append(
                    Problem(file, 0, "lies in no week's folder", "move it to one such as content/2026/w20/")
                )

    def _read(self, file: str, read: Callable[[str], _T]) -> _T | None:
        try:
            return read((disk.read(self.root / file) or b"").decode("utf-8"))
        except UnicodeDecodeError:
            self.problems.append(Problem(file, 0, "not UTF-8 text", "save it as UTF-8"))
        except Faults as faults:
            self.problems.extend(faults.problems)
        except DigestError as error:
            self.problems.append(Problem(file, 0, str(error).partition(": ")[2], "make it readable"))
        self.unread.append(file)
        return None


def _letter(text: str, file: str) -> Letter:
    matter = frontmatter.parse(text, file, required=False)
    read = storyfile.Reader(file, matter.values)
    week = storyfile.week_of(file)
    title, draft = read.text("title"), read.flag("draft")
    read.finish(("title", "draft"))
    return Letter(file=file, week=week, title=title, body=matter.body, line=matter.line, draft=draft)


def _page(text: str, file: str) -> FreePage:
    matter = frontmatter.parse(text, file, required=False)
    read = storyfile.Reader(file, matter.values)
    name = Path(file).stem
    if not _NAME.fullmatch(name):
        read.fault(
            0, f"'{name}' can be no address", "rename the file with lower-case letters a to z, digits and hyphens"
        )
    title, draft = read.text("title"), read.flag("draft")
    read.finish(("title", "draft"))
    return FreePage(
        file=file,
        name=name,
        title=title or name.replace("-", " ").capitalize(),
        body=matter.body,
        line=matter.line,
        draft=draft,
    )


def _walk(root: Path, problems: list[Problem]) -> Iterator[str]:
    """Yields every file below `content/`, relative to the root, by name; hidden ones only of `static/`."""
    for folder, folders, names in os.walk(root / "content"):
        place = Path(folder).relative_to(root).as_posix()
        folders[:] = sorted(name for name in folders if not _is_passed_over(name, place))
        for name in sorted(names):
            if _is_passed_over(name, place):
                continue
            if os.path.islink(os.path.join(folder, name)):  # noqa: PTH114, PTH118 - pathlib costs four times as much here
                if place != f"content/{_INBOX}":  # where pull alone looks
                    problems.append(Problem(f"{place}/{name}", 0, "is a symbolic link", "put the file itself here"))
            else:
                yield f"{place}/{name}"


def _is_passed_over(name: str, place: str) -> bool:
    if place.partition("/")[2].partition("/")[0] != "static":
        return name.startswith(".")
    return any(fnmatchcase(name, pattern) for pattern in _NOT_COPIED)


def _is_story(file: str) -> bool:
    folder, _, name = file.removeprefix("content/").rpartition("/")
    return name.endswith(".md") and name != _LETTER and bool(_WEEK.fullmatch(folder))


def _is_letter(file: str) -> bool:
    folder, _, name = file.removeprefix("content/").rpartition("/")
    return name == _LETTER and bool(_WEEK.fullmatch(folder))


def _is_in(file: str, folder: str) -> bool:
    return file.endswith(".md") and Path(file).parent.as_posix() == f"content/{folder}"


def _copied(file: str) -> str:
    """Returns the path of a file that is copied as it is (all of `static/`, and pictures beside Markdown), else ""."""
    path = file.removeprefix("content/")
    top, _, rest = path.partition("/")
    if top == "static":
        return rest
    return path if Path(file).suffix.lower() in PICTURES and top not in _ELSEWHERE else ""


def _closed(reading: _Reading, files: Iterable[str]) -> Week | None:
    letters = filter(None, (reading.letter(file) for file in files if _is_letter(file)))
    return max((letter.week for letter in letters if not letter.draft), default=None)


def _ledger(feed: str) -> str:
    return f"content/ledger/{feed}.jsonl"
