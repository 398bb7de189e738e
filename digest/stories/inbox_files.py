"""The inbox on the disk: what lies in `content/inbox/`, and the moves out of it.

A move is a second name for the same file, and only then the first one's end: whatever stops it in between, nothing is
lost, and the next pull ends it. Refuses to write over anything, and to follow a symbolic link.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from digest import disk
from digest.errors import Problem
from digest.model import Config
from digest.stories.inbox import FOLDER, Filing, Inbox, names_in, plan
from digest.stories.news import Ledgers
from digest.stories.store import PICTURES, read_desk

_MARKDOWN = frozenset({".md", ".markdown", ".txt"})


def empty(
    root: Path, config: Config, ledgers: Ledgers, *, now: datetime, dry: bool
) -> tuple[tuple[Filing, ...], tuple[Problem, ...]]:
    """Files all that lies in the inbox and can be read; returns the moves, and why the rest stays.

    With `dry` nothing moves. `now` is the moment of the pull; the caller holds the digest's lock.
    """
    inbox = read(root)
    if not inbox.texts:
        return (), inbox.problems
    filings, problems = plan(inbox, read_desk(root, config, ledgers, names_in(inbox)), now)
    wrong = {} if dry else {filing: move(root, filing) for filing in filings}
    done = tuple(filing for filing in filings if not wrong.get(filing))
    return done, (*problems, *filter(None, wrong.values()))


def read(root: Path) -> Inbox:
    """Reads the inbox; a README in it, and what begins with a dot, is not looked at."""
    texts: dict[str, str] = {}
    pictures: list[str] = []
    problems: list[Problem] = []
    folder = root / FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        file = f"{FOLDER}/{path.name}"
        if path.name.startswith(".") or path.stem == "README":
            continue
        if path.is_symlink() or not path.is_file():
            problems.append(Problem(file, 0, "is no plain file", "put the story's file itself into the inbox"))
        elif path.suffix.lower() in PICTURES:
            pictures.append(file)
        elif path.suffix.lower() not in _MARKDOWN:
            cure = "end a story's name in .md, and keep other files elsewhere"
            problems.append(Problem(file, 0, "is neither Markdown nor a picture", cure))
        else:
            try:
                texts[file] = (disk.read(path) or b"").decode()
            except UnicodeDecodeError:
                problems.append(Problem(file, 0, "not UTF-8 text", "save it as UTF-8"))
    return Inbox(texts=texts, pictures=tuple(pictures), problems=tuple(problems))


def move(root: Path, filing: Filing) -> Problem | None:
    """Carries a move out, pictures first; returns why it stays where a name is taken by something else."""
    for picture in filing.pictures:
        if not _stands(root, picture.inbox, picture.file):
            what = f"its picture {picture.inbox.rpartition('/')[2]} has the name of another, {picture.file}"
            return Problem(filing.inbox, 0, what, "rename the picture, and mend the link to it")
    if not _stands(root, filing.inbox, filing.file):
        return Problem(filing.inbox, 0, f"{filing.file} has appeared during the pull", "pull again")
    for picture in filing.pictures:
        if picture.last:
            disk.unlink(root / picture.inbox)
    disk.unlink(root / filing.inbox)
    return None


def _stands(root: Path, inbox: str, file: str) -> bool:
    """Gives a file its place as well, and tells whether that place now has the same bytes."""
    return disk.link(root / inbox, root / file) or disk.read(root / inbox) == disk.read(root / file)
