"""The files in `content/inbox/`: reads them, and moves each to its week."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from posixpath import basename

from digest import disk
from digest.content import file_names, paths
from digest.content.ledger import Ledgers
from digest.content.scan import read_bytes
from digest.content.store import create
from digest.errors import Faults, Problem
from digest.intake.inbox import Inbox, InboxMove, plan, search_texts_of
from digest.intake.shared_texts import BOOKMARKS, bookmark_text, story_text
from digest.intake.snapshot import read_snapshot
from digest.model import Config
from digest.names import is_picture


def empty_inbox(
    root: Path, config: Config, ledgers: Ledgers, *, now: datetime, dry: bool
) -> tuple[tuple[InboxMove, ...], tuple[Problem, ...]]:
    """Files everything in the inbox that can be read; returns the moves, and why the rest stays.

    With `dry` nothing is moved. `now` is the time of the pull. The caller must hold the digest's
    lock.
    """
    inbox = _read_inbox(root)
    if not inbox.texts:
        return (), inbox.problems
    snapshot = read_snapshot(root, config, ledgers, search_texts_of(inbox, ledgers))
    moves, problems = plan(inbox, snapshot, now)
    done, wrong = list[InboxMove](), list(problems)
    for move in moves:
        if problem := None if dry else move_out(root, move):
            wrong.append(problem)
        else:
            done.append(move)
    return tuple(done), tuple(wrong)


def move_out(root: Path, move: InboxMove) -> Problem | None:
    """Moves a file out of the inbox, pictures first.

    If the new name is taken, returns the problem, and the file stays.

    A move adds the new name to the file and then removes the old one. If it is killed in between,
    nothing is lost, and the next pull completes it.
    """
    for picture in move.pictures:
        if not _link(root, picture.inbox, picture.file):
            name = basename(picture.inbox)
            what = f"its picture {name} has the same name as {picture.file}"
            return Problem(move.inbox, 0, what, "rename the picture, and correct the link to it")
    if move.shared:
        if disk.read_inside(root, move.inbox) != move.shared:
            return Problem(move.inbox, 0, "this file has changed during the pull", "pull again")
        is_new = create(root, move.file, move.text)
        is_done = is_new or read_bytes(root, move.file) == move.text.encode()
    else:
        is_done = _link(root, move.inbox, move.file)
    if not is_done:
        return Problem(move.inbox, 0, f"{move.file} has appeared during the pull", "pull again")
    for picture in move.pictures:
        if picture.is_last_use:
            disk.remove(root, picture.inbox)
    disk.remove(root, move.inbox)
    return None


def _read_inbox(root: Path) -> Inbox:
    """Reads the inbox, without a README and hidden files in it."""
    texts: dict[str, str] = {}
    shared: dict[str, bytes] = {}
    pictures: list[str] = []
    problems: list[Problem] = []
    folder = root / paths.INBOX
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        file = f"{paths.INBOX}/{path.name}"
        what, cure = "", ""
        if file_names.is_hidden_text(path.name):
            what = "is hidden by the dot before its name, so it is not read"
            cure = f"rename it to {file_names.proper_name(path.name)}"
        elif path.name.startswith(".") or path.stem == "README":
            continue
        elif path.is_symlink() or not path.is_file():
            what, cure = "is not a plain file", "put the story's file itself into the inbox"
        elif is_picture(path.name):
            pictures.append(file)
        elif path.suffix.lower() not in BOOKMARKS and not file_names.is_text(path.name):
            what = "is neither Markdown nor a picture"
            cure = "end a story's name in .md, and keep other files elsewhere"
        else:
            try:
                texts[file], converted = _read_text(path, file)
            except Faults as faults:
                problems += faults.problems
            else:
                if converted:
                    shared[file] = converted
        if what:
            problems.append(Problem(file, 0, what, cure))
    return Inbox(texts=texts, shared=shared, pictures=tuple(pictures), problems=tuple(problems))


def _read_text(path: Path, file: str) -> tuple[str, bytes]:
    """Returns the text of a story, and the bytes of the shared URL or bookmark that it is made of.

    Raises Faults if the file has no story.
    """
    content = disk.read(path) or b""
    if path.suffix.lower() in BOOKMARKS:
        text = bookmark_text(path.name, content)
        if text is None:
            what = "is a bookmark that does not link to a web page"
            cure = "write a file with the lines title: and link: instead"
            raise Faults([Problem(file, 0, what, cure)])
        return text, content
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise Faults([Problem(file, 0, "not UTF-8 text", "save it as UTF-8")]) from None
    story = story_text(text)
    return (story, content) if story else (text, b"")


def _link(root: Path, inbox: str, file: str) -> bool:
    """Links an inbox file to its new name; True if that name now has the same bytes."""
    if disk.link(root, inbox, file):
        return True
    return disk.read_inside(root, inbox) == disk.read_inside(root, file)
