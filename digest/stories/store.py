"""The store: everything in `content/`, read from the disk, and the only hand that writes there.

Refuses to write over a file, to follow a link out of the digest, and to return a half-read archive: `load` gives
all of it or raises Faults with every problem in every file. (`read_desk` is for pull, which passes over what it
cannot read, so that one slip of an editor's stops no feed.)
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from digest import disk
from digest.errors import DigestError, Faults, Problem
from digest.model import Config, Location, Story
from digest.naming import is_markdown
from digest.stories import filenames, ledger, locations, paths, storyfile, summaries
from digest.stories.desk import Desk, Edit, Intake
from digest.stories.history import History
from digest.stories.inbox import Filing, Inbox, names_in, plan
from digest.stories.ledger import Record
from digest.stories.news import Ledgers
from digest.stories.reading import Reading
from digest.stories.scan import Scan, content, is_unseen_folder, scan
from digest.stories.shared import BOOKMARKS, of_bookmark, story_text
from digest.week import Week, reached

_WRITERS = 4
"""How many files are written at once: each waits for the disk to have it, and a disk takes several in one go."""


class AllLedgers(NamedTuple):
    """The ledgers of all feeds by id, where stories have been, what `digest add` brought, and what cannot be read."""

    feeds: dict[str, dict[str, Record]]
    located: tuple[Location, ...]
    added: dict[str, Record]
    problems: tuple[Problem, ...]

    def history(self) -> History:
        """Returns what they remember of the stories."""
        return History(self.feeds, self.located, added=self.added)


class Swept(NamedTuple):
    """What a killed run had left under hidden names: halves that were removed, files that were put in place."""

    removed: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()


def scan_whole(root: Path) -> Scan:
    """Returns a scan of the content; raises Faults where a folder is a link or none: what is in it would be missing."""
    scanned = scan(root)
    if unseen := [problem for problem in scanned.problems if is_unseen_folder(problem)]:
        raise Faults(unseen)
    return scanned


def read_text(root: Path, file: str) -> str:
    """Returns the text of a file as far as it is text, nothing where it is gone."""
    return content(root, file).decode("utf-8-sig", errors="replace")


def read_desk(
    root: Path,
    config: Config,
    ledgers: Ledgers,
    names: frozenset[str],
    altered: Mapping[str, str] = MappingProxyType({}),
) -> Desk:
    """Reads what a pull has to know: where all files are, and of those that speak of one of the names what they say.

    Without names nothing is in question: then no file is looked for. `altered` stories (`following.Followed`) are read
    as well, since the names that they are known by are not in their files.
    """
    added = read_added(root)[0]
    history = History(ledgers, altered=altered, added=added)
    reading = Reading(config, ledgers, partial(content, root), history.excerpts())
    files = scan(root).files if names else []
    found: list[Story] = []
    texts: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for file in filter(paths.is_story, files):
        text = content(root, file).decode(errors="replace")
        if file in altered or any(name in text for name in names):
            story = reading.again(file, history) if file in altered else reading.story(file)
            if story:
                found.append(story)
            (texts if story else unreadable)[file] = text
    return Desk(
        ledgers=ledgers,
        files=frozenset(filter(paths.is_story, files)),
        located=read_locations(root)[0] if names else (),
        stories=tuple(found),
        altered=altered,
        added=added,
        texts=texts,
        unreadable=unreadable,
        problems=tuple(reading.problems),
        known=reading.known,
        closed=_closed(reading, files) if config.close == "letter" else None,
        letters=tuple(content(root, file).decode(errors="replace") for file in files if paths.is_letter(file)),
    )


def files(root: Path) -> tuple[str, ...]:
    """Returns all files of the content, relative to the root."""
    return tuple(scan(root).files)


def read_ledgers(root: Path) -> tuple[dict[str, dict[str, Record]], tuple[Problem, ...]]:
    """Reads the ledgers of all feeds, those of feeds that digest.toml no longer names too."""
    ledgers, problems = {}, list[Problem]()
    folder = root / paths.LEDGERS
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        feed = paths.feed_of(path.name)
        if feed:
            file = paths.ledger(feed)
            ledgers[feed], wrong = ledger.loads(disk.read_inside(root, file) or b"", file)
            problems.extend(wrong)
    return ledgers, tuple(problems)


def read_whole_ledgers(root: Path) -> tuple[dict[str, dict[str, Record]], tuple[Problem, ...]]:
    """Reads the ledgers for a command that adds to them; raises Faults for one of which not a line can be read.

    Without it, every story that was deleted would come back.
    """
    ledgers, problems = read_ledgers(root)
    suspects = [feed for feed, records in ledgers.items() if not records]
    lost = [file for file in map(paths.ledger, suspects) if not disk.is_torn(content(root, file).strip())]
    if lost:
        cure = "restore it from git; until then nothing is taken in"
        raise Faults([Problem(file, 0, "no line of this ledger can be read", cure) for file in lost])
    return ledgers, problems


def read_locations(root: Path) -> tuple[tuple[Location, ...], tuple[Problem, ...]]:
    """Reads where stories have been, as far as no feed's ledger knows."""
    return locations.loads(disk.read_inside(root, paths.LOCATIONS) or b"")


def read_added(root: Path) -> tuple[dict[str, Record], tuple[Problem, ...]]:
    """Reads what was taken from web pages by `digest add`: of their words, only hashes are kept."""
    file = paths.ledger(paths.ADDED)
    return ledger.loads(disk.read_inside(root, file) or b"", file)


def read_all_ledgers(root: Path) -> AllLedgers:
    """Reads all ledgers; `problems` are the lines that cannot be read: addresses and Atom ids may depend on them."""
    feeds, damaged = read_ledgers(root)
    located, wrong = read_locations(root)
    added, unread = read_added(root)
    return AllLedgers(feeds, located, added, (*damaged, *wrong, *unread))


def summaries_of(root: Path) -> Callable[[Story], tuple[str, ...]]:
    """Returns what gives the whole summaries of a story that pulls have kept, one of each of its feeds that has one."""

    @cache
    def of_feed(feed: str) -> dict[str, str]:
        return summaries.by_name(disk.recall(root, summaries.name(feed)))

    def of_story(story: Story) -> tuple[str, ...]:
        return tuple(filter(None, (summaries.of_story(story, of_feed(feed)) for feed in story.feeds)))

    return of_story


def ledger_mark(root: Path, feed: str) -> str:
    """Returns the hash of a feed's ledger as it stands: of nothing, where there is none."""
    return hashlib.sha256(disk.read_inside(root, paths.ledger(feed)) or b"").hexdigest()[:16]


def write(root: Path, intake: Intake) -> None:
    """Writes what a pull has decided: story files, then the ledger's lines, so that a killed pull loses nothing.

    Raises DigestError where a file has changed since it was read: its editor is at work, and goes first.
    """
    for file in rewrite(root, intake.edits, stop=True):
        raise DigestError(f"{file}: this file has changed during the pull and is left alone; pull again")
    with ThreadPoolExecutor(_WRITERS) as writers:
        created = [
            (story.file, writers.submit(disk.create, root, story.file, storyfile.dumps(story).encode(), settled=False))
            for story in intake.stories
        ]
    taken = [file for file, made in created if not made.result()]
    disk.settle(root, [file for file, _ in created])  # a ledger that names a file which is not there has it deleted
    if taken:
        raise DigestError(f"{taken[0]}: this file has appeared during the pull and is left alone; pull again")
    add_lines(root, intake.lines)


def rewrite(root: Path, edits: Iterable[Edit], *, stop: bool = False) -> tuple[str, ...]:
    """Carries out the edits of files that still say what they said; returns the other files, which it leaves alone.

    Ends at the first of these if it shall `stop` there.
    """
    left, done = list[str](), list[str]()
    for edit in edits:
        before, after = edit.before.encode(), edit.after.encode()
        if after == before:
            is_same = disk.read_inside(root, edit.file) == before
        else:
            is_same = disk.replace(root, edit.file, before, after, settled=False)
        (done if is_same else left).append(edit.file)
        if left and stop:
            break
    disk.settle(root, done)
    return tuple(left)


def sweep(root: Path, unfinished: Iterable[str]) -> Swept:
    """Ends what a killed run has left of Markdown files under hidden names (`Scan`); the caller holds the lock.

    One that is whole and the only copy is put in place, unless a feed's ledger has it: then it was in place, and was
    deleted. Any other is removed; in a git repository it would stay for ever.
    """
    found = tuple(sorted(filter(_is_swept, unfinished)))
    lacking = [file for file in found if not os.path.lexists(root / _whole_name(file)) and disk.is_whole(root / file)]
    known = ledger.by_file(read_ledgers(root)[0]) if lacking else {}
    completed = [
        _whole_name(file)
        for file in lacking
        if _whole_name(file) not in known and disk.link(root, file, _whole_name(file))
    ]
    for file in found:
        disk.unlink(root / file)
    removed = tuple(file for file in found if _whole_name(file) not in completed)
    return Swept(removed=removed, completed=tuple(completed))


@contextmanager
def writing(root: Path, *, dry: bool = False) -> Iterator[Swept]:
    """Holds the digest's lock for a command that writes to the content, and ends what a killed one has left there.

    A `dry` run needs neither. Raises Faults where a folder of the content is a link or none, as `survey` does.
    """
    with nullcontext() if dry else disk.lock(root):
        scanned = scan_whole(root)
        yield Swept() if dry else sweep(root, scanned.unfinished)


def empty_inbox(
    root: Path, config: Config, ledgers: Ledgers, *, now: datetime, dry: bool
) -> tuple[tuple[Filing, ...], tuple[Problem, ...]]:
    """Files all that lies in the inbox and can be read; returns the moves, and why the rest stays.

    With `dry` nothing moves. `now` is the moment of the pull; the caller holds the digest's lock.
    """
    inbox = _read_inbox(root)
    if not inbox.texts:
        return (), inbox.problems
    filings, problems = plan(inbox, read_desk(root, config, ledgers, names_in(inbox, ledgers)), now)
    wrong = {} if dry else {filing: file_away(root, filing) for filing in filings}
    done = tuple(filing for filing in filings if not wrong.get(filing))
    return done, (*problems, *filter(None, wrong.values()))


def file_away(root: Path, filing: Filing) -> Problem | None:
    """Moves a file out of the inbox, pictures first; returns why it stays where a name is taken by something else.

    A move is a second name for the same file, and only then the first one's end: whatever stops it in between, nothing
    is lost, and the next pull ends it.
    """
    for picture in filing.pictures:
        if not _stands(root, picture.inbox, picture.file):
            what = f"its picture {picture.inbox.rpartition('/')[2]} has the name of another, {picture.file}"
            return Problem(filing.inbox, 0, what, "rename the picture, and correct the link to it")
    if filing.shared:
        if disk.read_inside(root, filing.inbox) != filing.shared:
            return Problem(filing.inbox, 0, "this file has changed during the pull", "pull again")
        stands = create(root, filing.file, filing.text) or content(root, filing.file) == filing.text.encode()
    else:
        stands = _stands(root, filing.inbox, filing.file)
    if not stands:
        return Problem(filing.inbox, 0, f"{filing.file} has appeared during the pull", "pull again")
    for picture in filing.pictures:
        if picture.last:
            disk.unlink(root / picture.inbox)
    disk.unlink(root / filing.inbox)
    return None


def add_lines(root: Path, lines: Mapping[str, Iterable[Record]]) -> None:
    """Adds lines to the feeds' ledgers."""
    for feed, records in lines.items():
        disk.append(root, paths.ledger(feed), "".join(map(ledger.dumps, records)), settled=False)
    disk.settle(root, map(paths.ledger, lines))


def add_locations(root: Path, found: Iterable[Location], now: datetime) -> None:
    """Adds lines that say where stories are; `at` of each is the newest moment known, which `now` has to follow."""
    at = ledger.moment(now)
    lines = [locations.dumps(one._replace(at=ledger.later(at, one.at) if one.at else at)) for one in found]
    disk.append(root, paths.LOCATIONS, "".join(lines))


def create(root: Path, file: str, text: str) -> bool:
    """Puts a new file in place; returns False, and touches nothing, where its name is taken."""
    return disk.create(root, file, text.encode())


def read_exactly(root: Path, file: str) -> str:
    """Returns the text of a file with every sign that it holds, as an edit needs it; raises ValueError for no text."""
    return content(root, file).decode()


def _read_inbox(root: Path) -> Inbox:
    """Reads the inbox; a README in it, and what systems and editors hide there, is not looked at."""
    texts: dict[str, str] = {}
    shared: dict[str, bytes] = {}
    pictures: list[str] = []
    problems: list[Problem] = []
    folder = root / paths.INBOX
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        file = f"{paths.INBOX}/{path.name}"
        if filenames.is_hidden_text(path.name):
            cure = f"rename it to {filenames.proper(path.name)}"
            problems.append(Problem(file, 0, "is hidden by the dot before its name, so it is not read", cure))
        elif path.name.startswith(".") or path.stem == "README":
            continue
        elif path.is_symlink() or not path.is_file():
            problems.append(Problem(file, 0, "is not a plain file", "put the story's file itself into the inbox"))
        elif path.suffix.lower() in paths.PICTURES:
            pictures.append(file)
        elif path.suffix.lower() in BOOKMARKS:
            bookmark = disk.read(path) or b""
            if text := of_bookmark(path.name, bookmark):
                texts[file], shared[file] = text, bookmark
            else:
                cure = "write a file with the lines title: and link: instead"
                problems.append(Problem(file, 0, "is a bookmark that leads to no web page", cure))
        elif not filenames.is_text(path.name):
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


def _stands(root: Path, inbox: str, file: str) -> bool:
    """Gives a file its place as well, and tells whether that place now has the same bytes."""
    return disk.link(root, inbox, file) or disk.read_inside(root, inbox) == disk.read_inside(root, file)


def _whole_name(file: str) -> str:
    """Returns the file that an unfinished one would have become."""
    folder, _, name = file.rpartition("/")
    return f"{folder}/{disk.leftover(name)}"


def _is_swept(file: str) -> bool:
    folder, _, name = file.rpartition("/")
    return is_markdown(disk.leftover(name)) and "/." not in folder


def _closed(reading: Reading, files: Iterable[str]) -> Week | None:
    near = set(reached(filter(None, map(paths.week_of, files))))
    letters = filter(None, (reading.letter(file) for file in files if paths.is_letter(file)))
    return max((letter.week for letter in letters if not letter.draft and letter.week in near), default=None)
