"""The files in `content/inbox/`: reads them, and moves each to its week."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from digest import disk
from digest.content import file_names, paths
from digest.content.ledger import Ledgers
from digest.content.scan import read_bytes
from digest.content.store import create
from digest.errors import Problem
from digest.intake.inbox import Filing, Inbox, names_in, plan
from digest.intake.shared_files import BOOKMARKS, of_bookmark, story_text
from digest.intake.snapshot import read_snapshot
from digest.model import Config
from digest.names import is_picture


def empty_inbox(
    root: Path, config: Config, ledgers: Ledgers, *, now: datetime, dry: bool
) -> tuple[tuple[Filing, ...], tuple[Problem, ...]]:
    """Files everything in the inbox that can be read; returns the moves, and why the rest stays.

    With `dry` nothing is moved. `now` is the time of the pull. The caller must hold the digest's
    lock.
    """
    inbox = _read_inbox(root)
    if not inbox.texts:
        return (), inbox.problems
    filings, problems = plan(
        inbox, read_snapshot(root, config, ledgers, names_in(inbox, ledgers)), now
    )
    wrong = {} if dry else {filing: file_away(root, filing) for filing in filings}
    done = tuple(filing for filing in filings if not wrong.get(filing))
    return done, (*problems, *filter(None, wrong.values()))


def file_away(root: Path, filing: Filing) -> Problem | None:
    """Moves a file out of the inbox, pictures first.

    If the new name is taken, returns the problem, and the file stays.

    A move adds the new name to the file and then removes the old one. If it is killed in between,
    nothing is lost, and the next pull completes it.
    """
    for picture in filing.pictures:
        if not _link(root, picture.inbox, picture.file):
            name = picture.inbox.rpartition("/")[2]
            what = f"its picture {name} has the same name as {picture.file}"
            return Problem(filing.inbox, 0, what, "rename the picture, and correct the link to it")
    if filing.shared:
        if disk.read_inside(root, filing.inbox) != filing.shared:
            return Problem(filing.inbox, 0, "this file has changed during the pull", "pull again")
        is_new = create(root, filing.file, filing.text)
        is_done = is_new or read_bytes(root, filing.file) == filing.text.encode()
    else:
        is_done = _link(root, filing.inbox, filing.file)
    if not is_done:
        return Problem(filing.inbox, 0, f"{filing.file} has appeared during the pull", "pull again")
    for picture in filing.pictures:
        if picture.last:
            disk.remove(root, picture.inbox)
    disk.remove(root, filing.inbox)
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
        if file_names.is_hidden_text(path.name):
            cure = f"rename it to {file_names.proper_name(path.name)}"
            problems.append(
                Problem(file, 0, "is hidden by the dot before its name, so it is not read", cure)
            )
        elif path.name.startswith(".") or path.stem == "README":
            continue
        elif path.is_symlink() or not path.is_file():
            problems.append(
                Problem(
                    file, 0, "is not a plain file", "put the story's file itself into the inbox"
                )
            )
        elif is_picture(path.name):
            pictures.append(file)
        elif path.suffix.lower() in BOOKMARKS:
            bookmark = disk.read(path) or b""
            if text := of_bookmark(path.name, bookmark):
                texts[file], shared[file] = text, bookmark
            else:
                cure = "write a file with the lines title: and link: instead"
                problems.append(
                    Problem(file, 0, "is a bookmark that does not link to a web page", cure)
                )
        elif not file_names.is_text(path.name):
            cure = "end a story's name in .md, and keep other files elsewhere"
            problems.append(Problem(file, 0, "is neither Markdown nor a picture", cure))
        else:
            try:
                dropped = disk.read(path) or b""
                text = dropped.decode()
                if story := story_text(text):
                    text, shared[file] = story, dropped
                texts[file] = text
            except UnicodeDecodeError:
                problems.append(Problem(file, 0, "not UTF-8 text", "save it as UTF-8"))
    return Inbox(texts=texts, shared=shared, pictures=tuple(pictures), problems=tuple(problems))


def _link(root: Path, inbox: str, file: str) -> bool:
    """Links an inbox file to its new name; True if that name now has the same bytes."""
    return disk.link(root, inbox, file) or disk.read_inside(root, inbox) == disk.read_inside(
        root, file
    )
