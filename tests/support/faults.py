"""Runs a command again and again on copies of a digest, and fails, kills or cuts it off at its n-th use of the disk.

A way is "kill", where the process ends at that point; "write" or "read", where that one call fails; "full", where from
that point on the disk takes nothing more; or "cut", where the power goes, and only what was flushed stays (with an even
number, some of the rest as well, as disks have it).
"""

from __future__ import annotations

import contextlib
import errno
import gc
import itertools
import json
import os
import random
import re
import shutil
import sqlite3
import stat
import sys
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import urlencode

from digest import config, config_template, disk
from digest.commands import (
    add,
    build,
    excerpts,
    feeds,
    init,
    letter,
    mail,
    publish,
    pull,
    sheet,
    themes,
    themes_rules,
    upgrade,
)
from digest.commands import set as sets
from digest.commands.desk.content import LastBuild
from digest.commands.desk.desk import Desk
from digest.commands.mail import MailOptions
from digest.commands.serve_annotations import Annotations
from digest.commands.shared.find_feeds import FoundFeeds
from digest.commands.starter import init_record, requirement, sample, starter_files
from digest.content import load, publishable
from digest.content.pending import file_hash
from digest.errors import DigestError
from digest.feeds import article_page, parse_client
from digest.feeds.parse import parse
from digest.model import Config, Feed, Fetched
from digest.preview.desk.requests import FORM, DeskRequest, DeskSession
from digest.site import arrange
from digest.site.search import search_index
from digest.site.social import png
from digest.week import Week

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
ADDRESS = "https://quay.example/article/7700001/crane"
PAGE = (
    b"<html><head><title>A crane arrives</title><meta property='og:description' content='It is blue.'>"
    b"<meta property='article:published_time' content='2026-05-18T10:00:00Z'></head><body>Words</body></html>"
)
WEEK = Week(2026, 19)
LIST = "list.opml"
OPML = """<opml version="2.0"><body><outline text="A" xmlUrl="https://a.example/feed.xml"/></body></opml>"""
FOUND = FoundFeeds(
    feeds=(Feed(id="a", url="https://a.example/feed.xml", title="A", publisher="A"),)
)
UNTRACKED = frozenset({".git", "remote.git", "first.json", "second.json"})
"""What git writes by itself, and feeds: one that cannot be read is a row of the report."""
KILLED, REFUSED, UNNOTICED, CRASHED = 9, 1, 3, 4
_REMOVALS = frozenset({"os.remove", "os.rmdir"})
"""What a full disk still allows."""
_CHANGES = frozenset({"os.mkdir", "os.rename", "os.link", "os.chmod", "os.truncate"}) | _REMOVALS
_READS = frozenset({"os.listdir", "os.scandir"})


def _fetched(address: str, **_: object) -> Fetched:
    feed = Feed(id="", url=address, title="", publisher="")
    return Fetched(feed=feed, body=PAGE, url=address, content_type="text/html")


@contextlib.contextmanager
def in_one_process() -> Iterator[None]:
    """Lets nothing but this process use the disk, and nothing the network."""
    with (
        patch.object(search_index, "available", lambda: False),
        patch.object(png, "available", lambda: False),
        patch.object(
            parse_client,
            "parse_feeds",
            lambda documents, _: iter([{one.feed.id: parse(one) for one in documents}]),
        ),
        patch.object(parse_client, "parse_page", lambda document, _: article_page.read(document)),
        patch.object(add, "fetch_page", _fetched),
    ):
        yield


def run(command: str, root: Path) -> None:
    """Runs a command as the command line or the desk does."""
    begun(command, root)()


def begun(command: str, root: Path) -> Callable[[], object]:
    """Does what comes before a command, and returns what runs it."""
    if command in {"init", "init --feed"}:
        return lambda: _init(command, root)
    if command == "desk":
        desk = _desk(root)
        return lambda: _at_the_desk(desk, root)
    if command == "desk letter":
        desk = _desk(root)
        return lambda: _letter_at_the_desk(desk, root)
    if command == "desk undo":
        desk = _desk(root)
        post(desk, "story", _form(root, "e3-", note=NOTE, set="lead=true", week="2026-W18"))
        return lambda: post(desk, "undo", {})
    return lambda: _run(command, root)


def _run(command: str, root: Path) -> None:
    settings = config.load(root)
    runs: dict[str, Callable[[], object]] = {
        "pull": lambda: pull.run(root, settings, settings.feeds, now=NOW),
        "add": lambda: add.run(root, settings, ADDRESS, now=NOW),
        "letter": lambda: letter.run(root, settings, "2026-W19"),
        "letter --publish": lambda: letter.publish(root, settings, now=NOW),
        "themes": lambda: themes.apply(root, settings, now=NOW),
        "excerpts": lambda: excerpts.run(root, settings, now=NOW),
        "themes --take": lambda: themes_rules.take(root, settings, "", {1}),
        "feeds add": lambda: feeds.add(root, [], [root / LIST], now=NOW),
        "feeds remove": lambda: feeds.remove(root, "second", now=NOW),
        "set": lambda: _set(root, settings, ["e1-"], "lead", "headline=Ours: #1", "themes=mine"),
        "set week": lambda: _set(root, settings, ["e2-", "e3-"], "week=2026-W18"),
        "note": lambda: _refuse(
            sets.write_note(
                root, settings, sets.read_story(root, settings, _file(root, "e1-")), NOTE
            )
        ),
        "sheet": lambda: sheet.run(root, settings),
        "sheet --apply": lambda: _apply(root, settings),
        "build": lambda: build.run(root, settings, output=root / "site", base_url=None, now=NOW),
        "publish": lambda: publish.run(root, settings, now=NOW),
        "upgrade": lambda: upgrade.run(root, now=NOW, apply=True),
        "mail": lambda: mail.run(root, settings, "w18", MailOptions(), clock=lambda: NOW),
        "mail --send": lambda: mail_sent(root),
        "mail --sent": lambda: mail.mark_sent(root, settings, "w18", clock=lambda: NOW),
    }
    new = starter_of("new")
    with in_one_process(), patch.object(starter_files, "new_files", lambda *_, **__: new):
        runs[command]()


def prepare(command: str, root: Path) -> None:
    """Puts into a digest what a command needs."""
    if command == "letter --publish":
        run("letter", root)
    elif command == "init --feed":
        run("init", root)
        run("pull", root)
    elif command == "themes --take":
        _write_more(root)
        themes_rules.suggest(root, config.load(root))
    elif command == "excerpts":
        file = root / "digest.toml"
        file.write_text(
            file.read_text()
            .replace("excerpt = 3", "excerpt = 0")
            .replace('"first.json"', '"first.json"\nexcerpt = 2')
        )
    elif command == "upgrade":
        old, merged = starter_of("old"), starter_files.WORKFLOW
        for name, content in old.items():
            disk.write(root, name, b"# ours\n" + content if name == merged else content)
        record = init_record.dumps(old, {merged: old[merged].decode()})
        disk.write(root, init_record.FILE, record)
    elif command.startswith("mail"):
        _write_more(root)
        with (root / "digest.toml").open("a") as settings:
            settings.write('[mail]\nfrom = "Ed <ed@example.net>"\nto = "list@example.net"\n')
    elif command == "feeds add":
        (root / LIST).write_text(OPML)
    elif command in {"set", "desk", "desk undo"}:
        _set(root, config.load(root), ["e4-"], "lead")
        _write_more(root, "lead: true\n")
    elif command == "sheet --apply":
        run("sheet", root)
        file = root / "content/sheet.md"
        first, *others = re.split(r"(?m)^(?=k )", file.read_text())
        changed = [f"{letter}{rest[1:]}" for letter, rest in zip("xld", others, strict=False)]
        noted = [rest + "    " + NOTE.replace("\n", "\n    ") + "\n" for rest in others[3:]]
        file.write_text("".join([first, *changed, *noted]))


def mail_sent(root: Path, *, again: bool = False) -> mail.MailReport:
    """Sends the edition of week 18, whatever is noted of it with `again`."""
    options = MailOptions(send=True, again=again)
    return mail.run(root, config.load(root), "w18", options, clock=lambda: NOW)


def starter_of(version: str) -> dict[str, bytes]:
    """Returns the files that `init` writes, as a version of Digest with this name would."""
    steps = "".join(f"# step {number}\n" for number in range(9))
    return {
        starter_files.WORKFLOW: f"{steps}# {version}\n".encode(),
        requirement.FILE: f"# {version}\n".encode(),
        f"{requirement.FOLDER}/digest-{version}.whl": b"\xff" + version.encode(),
        ".gitattributes": f"*.{version} text\n".encode(),
        config_template.SNIPPETS: b"{}\n",
    }


NOTE = "Ours ✎1.\n\n- and *more*"


def _write_more(root: Path, key: str = "") -> None:
    """Writes the stories of another week: some are on cranes, and have a theme."""
    for number in range(10):
        about, themes = ("Blue cranes rise", "[mine]") if number % 2 else ("Fog comes", "[]")
        title = f"title: {about} {number}\nlink: https://b.example/{number}\n"
        day = f"published: 2026-05-0{number % 3 + 1}T10:00:00+08:00\nthemes: {themes}\n"
        place = root / f"content/2026/w18/2026-05-0{number % 3 + 1}-more-{number}.md"
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"---\n{title}{day}{key if number == 4 else ''}---\n\nOurs ✎.\n")


def _init(command: str, root: Path) -> None:
    """Makes a digest with the sample, or puts feeds of one's own in its place."""
    text = init._config
    with (
        patch.object(uuid, "uuid4", lambda: uuid.UUID(int=1)),
        patch.object(init, "_config", lambda _, *given: text(Path("/my-digest"), *given)),
        in_one_process(),
    ):
        if command == "init":
            init.run(root, now=NOW)
        elif sample.has_only_sample_feed(root):
            sample.replace_with(root, FOUND, timezone="Asia/Hong_Kong")


def _file(root: Path, name: str) -> str:
    """Returns the file of a story, by a part of its name."""
    (found,) = (root / "content").rglob(f"*{name}*.md")
    return found.relative_to(root).as_posix()


def _set(root: Path, settings: Config, names: list[str], *words: str) -> None:
    files = [_file(root, name) for name in names]
    _refuse(sets.run(root, settings, files, words, now=NOW))


def _refuse(outcomes: tuple[sets.SetResult, ...]) -> None:
    """Raises DigestError with the first refusal: the command says it, and ends with 1."""
    for one in outcomes:
        if one.refused:
            raise DigestError(one.refused)


def _apply(root: Path, settings: Config) -> None:
    report = sheet.apply(root, settings)
    if report and report.refused:
        raise DigestError(report.refused[0])


def _desk(root: Path) -> Desk:
    """Returns the desk of a preview that has built the digest."""
    settings = config.load(root)
    desk = Desk(root, DeskSession(8000), lambda: NOW)
    content = load.survey(root, settings).content
    archive = arrange.arrange(publishable.without_secrets(content), settings, drafts=True)
    annotations = Annotations(root, settings, content, archive)
    desk.set_build(LastBuild(settings, content, archive, annotations, "/"))
    return desk


def post(desk: Desk, place: str, fields: dict[str, str]) -> dict[str, Any]:
    """Sends a form to the desk as its script does; raises DigestError for a refusal."""
    asked = DeskRequest(
        method="POST",
        path=place,
        headers={"content-type": FORM, "host": "localhost:8000", "sec-fetch-site": "same-origin",
                 "accept": "application/json"},
        cookie=desk.session.cookie.partition("=")[2].partition(";")[0],
        body=urlencode({"token": desk.session.token, "at": str(WEEK), **fields}).encode(),
    )  # fmt: skip
    answer = desk.answer(asked)
    said: dict[str, Any] = json.loads(answer.body)
    if said.get("refused"):
        why = re.search(r"[^<>\n]*Input/output error", answer.body.replace("\\n", "\n"))
        raise DigestError(why[0] if why else said["message"])
    return said


def _form(root: Path, name: str, **fields: str) -> dict[str, str]:
    """Returns the form of a story as its card shows it, with other values."""
    file = _file(root, name)
    seen = file_hash((root / file).read_text())
    return {"file": file, "seen": seen, **fields}


def _at_the_desk(desk: Desk, root: Path) -> None:
    post(desk, "story", _form(root, "e1-", note=NOTE, headline="Ours", set="lead=true"))
    post(desk, "story", _form(root, "e1-", set="reviewed=true"))
    post(desk, "story", _form(root, "e3-", set="reviewed=true", corrections="2026-05-01: It is."))
    post(desk, "story", _form(root, "e2-", set="theme=+mine", week="2026-W18"))


def _letter_at_the_desk(desk: Desk, root: Path) -> None:
    """Drafts a letter, writes it and publishes it."""
    file = root / "content/2026/w19/letter.md"
    try:
        post(desk, "letter", {"set": "draft"})
    except DigestError:
        if not file.exists():
            raise
    text = file.read_text()
    if "draft: true" in text:
        form = {"body": NOTE, "seen": file_hash(text), "set": "publish"}
        post(desk, "letter", form)


class Move(NamedTuple):
    """A file that moves from one folder to another: their numbers, its two names, its number."""

    before: int
    old: str
    after: int
    new: str
    file: int


class Disk:
    """What of a folder would be there after a power cut: content and names, by the number of file and folder."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.contents: dict[int, bytes] = {}
        self.names: dict[int, dict[str, int]] = {}
        self.folders: set[int] = set()
        self.open: list[
            int
        ] = []  # a file that is held open keeps its number when its last name goes
        self.moves: list[Move] = []
        for folder, folders, files in os.walk(self.root):
            self.flush(folder)
            folders[:] = [name for name in folders if name not in UNTRACKED]
            for name in files:
                self.flush(f"{folder}/{name}")

    def flush(self, place: str | int) -> None:
        """Takes note of what is on the disk from now on."""
        number = _number(place)
        if stat.S_ISDIR(os.stat(place).st_mode):  # noqa: PTH116 - it may be what has no name
            for move in [one for one in self.moves if number in {one.before, one.after}]:
                self.make(move)
                self.moves.remove(move)
            self.names[number] = _names(place)
            self.folders |= {one.inode() for one in os.scandir(place) if one.is_dir()}
        elif isinstance(place, int):
            self.contents[number] = Path(f"/proc/self/fd/{place}").read_bytes()
        else:
            self.contents[number] = Path(place).read_bytes()

    def move(self, place: str, target: str) -> None:
        """Takes note that a file is about to move to another folder: on the disk at once, or not at all."""
        (before, old), (after, new) = (os.path.split(path) for path in (place, target))
        with contextlib.suppress(OSError):
            if before != after:
                move = Move(_number(before), old, _number(after), new, _number(place))
                self.moves.append(move)

    def make(self, move: Move) -> None:
        self.names.get(move.before, {}).pop(move.old, None)
        self.names.setdefault(move.after, {})[move.new] = move.file

    def hold(self, place: str) -> None:
        with contextlib.suppress(OSError):
            self.open.append(os.open(place, os.O_RDONLY | os.O_NOFOLLOW))

    def leave(self, target: Path, rng: random.Random | None) -> None:
        """Writes what is left; with `rng`, some of what was not flushed has reached the disk as well."""
        for move in self.moves:
            if rng and rng.random() < 0.5:
                self.make(move)
        self._leave(_number(self.root), self.root, target, rng)

    def _leave(self, number: int, live: str, target: Path, rng: random.Random | None) -> None:
        target.mkdir()
        now = _names(live) if Path(live).is_dir() and _number(live) == number else {}
        names = dict(self.names.get(number, {}))
        if rng:
            moved = {move.file for move in self.moves}
            names |= {
                name: one
                for name, one in now.items()
                if name not in names and one not in moved and rng.random() < 0.5
            }
        for name, one in names.items():
            place, copy = f"{live}/{name}", target / name
            if name in UNTRACKED and Path(place).is_dir():
                shutil.copytree(place, copy)
            elif (
                one in self.names
                or one in self.folders
                or (now.get(name) == one and Path(place).is_dir())
            ):
                self._leave(one, place, copy, rng)
            else:
                copy.write_bytes(self.contents.get(one, b""))


def _number(place: str | int) -> int:
    return os.stat(place).st_ino  # noqa: PTH116 - it may be what has no name


def _names(folder: str | int) -> dict[str, int]:
    return {one.name: one.inode() for one in os.scandir(folder)}


class Breaker:
    """Counts what is done to the disk below a folder, and breaks the n-th of it."""

    def __init__(self, root: Path, way: str, last: int) -> None:
        self.root, self.way, self.last, self.met, self.turn = (
            str(root),
            way,
            last,
            0,
            threading.Lock(),
        )
        self.broken, self.busy = False, threading.local()
        self.error = errno.ENOSPC if way == "full" else errno.EIO
        self.disk = Disk(root) if way == "cut" else None
        sys.addaudithook(self._audit)
        self._wrap("fsync", self._sync)
        self._wrap("write", self._write)
        connect = sqlite3.connect
        sqlite3.connect = lambda *given, **named: connect(  # type: ignore[assignment]
            *given, **named, factory=self._connection()
        )

    def meet(self, act: str = "") -> bool:
        """Tells whether a call must fail; does not come back where the process is to end."""
        with self.turn:
            self.met += 1
            if not self._breaks(self.met) or (self.way == "full" and act in _REMOVALS):
                return False
            self.broken = True
            self.end()
            return True

    def _breaks(self, number: int) -> bool:
        return number == self.last or (self.way == "full" and 0 < self.last < number)

    def end(self) -> None:
        if self.way == "cut":
            self.cut()
        if self.way in {"kill", "cut"}:
            os._exit(KILLED)

    def cut(self) -> None:
        """Leaves what a power cut leaves, beside the folder."""
        self.busy.now = True
        assert self.disk
        rng = random.Random(self.last) if self.broken and self.last % 2 == 0 else None
        self.disk.leave(Path(f"{self.root}.cut"), rng)

    def _audit(self, act: str, given: tuple[Any, ...]) -> None:
        if getattr(self.busy, "now", False):
            return
        is_read = act in _READS or (
            act == "open" and isinstance(given[2], int) and not given[2] & 3
        )
        if not (
            is_read if self.way == "read" else act in _CHANGES or (act == "open" and not is_read)
        ):
            return
        named = [os.fsdecode(one) for one in given if isinstance(one, str | bytes | os.PathLike)]
        if not any(
            name.startswith(self.root) and not UNTRACKED & {*Path(name).parts} for name in named
        ):
            return
        if self.meet(act):
            raise OSError(self.error, os.strerror(self.error), named[0])
        if self.disk and act in {"os.rename", "os.remove", "os.rmdir"}:
            self.busy.now = True
            for name in named:
                self.disk.hold(name)
            if act == "os.rename":
                self.disk.move(*named)
            self.busy.now = False

    def _connection(self) -> type[sqlite3.Connection]:
        """Returns a connection whose commits can be interrupted: SQLite writes by itself, and flushes only on request."""
        breaker = self

        class Connection(sqlite3.Connection):
            def commit(self) -> None:
                if breaker.way not in {"read", "full"} and breaker.meet():
                    raise sqlite3.OperationalError("disk I/O error")
                super().commit()
                (flushes,) = self.execute("PRAGMA synchronous").fetchone()
                _, _, file = self.execute("PRAGMA database_list").fetchone()
                if breaker.disk and flushes:
                    breaker.busy.now = True
                    breaker.disk.flush(file)
                    breaker.busy.now = False

        return Connection

    def _wrap(self, name: str, around: Callable[..., Any]) -> None:
        plain = getattr(os, name)
        setattr(os, name, lambda *given: around(plain, *given))

    def _sync(self, plain: Callable[[int], None], file: int) -> None:
        if self.way != "read" and self.meet():
            raise OSError(self.error, os.strerror(self.error))
        if self.disk:
            self.busy.now = True
            self.disk.flush(file)
            self.busy.now = False
        else:
            plain(file)

    def _write(self, plain: Callable[[int, bytes], int], file: int, content: bytes) -> int:
        """Half of what is to be written reaches the disk before it breaks."""
        if self.way != "read" and self._breaks(self.met + 1):
            plain(file, content[: len(content) // 2])
        if self.way != "read" and self.meet():
            raise OSError(self.error, os.strerror(self.error))
        return plain(file, content)


def broken(command: str, way: str, root: Path, last: int) -> tuple[int, str]:
    """Runs a command in a process of its own that breaks at its n-th use of the disk; returns how it ended, and words.

    With 0 nothing breaks, and the words are how often it used the disk.
    """
    incoming, outgoing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pytest's own threads are not needed
        child = os.fork()
    if child:
        os.close(outgoing)
        with os.fdopen(incoming) as pipe:
            said = pipe.read()
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said
    gc.disable()  # a collection would touch all memory of the tests, and so copy it
    code, words = CRASHED, ""
    try:
        command_begun = begun(command, root)
        breaker = Breaker(root, way, last)
        command_begun()
        if way == "cut" and last:
            breaker.cut()
        code, words = (UNNOTICED if breaker.broken else 0), str(breaker.met)
    except DigestError as error:
        code, words = REFUSED, str(error)
    except OSError as error:  # which the command line says in one line
        code, words = REFUSED, f"{error.filename or 'disk'}: {error.strerror}"
    except BaseException as error:
        words = repr(error)
    with os.fdopen(outgoing, "w") as out:
        out.write(words)
    os._exit(code)


def broken_at_steps(
    command: str, way: str, digest: Path, copies: Path, first: int = 1, step: int = 1
) -> Iterator[tuple[Path, int, str]]:
    """Breaks a command on copies of a digest at its `first` use of the disk, and at every `step`-th from there on, until a
    run comes through.

    Yields for each the copy, how the run ended, and what it said.
    """
    for last in itertools.count(first, step):
        copy = Path(shutil.copytree(digest, copies / str(last), symlinks=True))
        code, words = broken(command, way, copy, last)
        if code == 0:
            return
        yield copy, code, words


def broken_at_points(
    command: str, way: str, digest: Path, copies: Path, number: int
) -> Iterator[tuple[int, int, str]]:
    """Breaks a command on copies of a digest at so many points; they are spread over the whole run, and the last one is
    after its end.

    Yields for each the number that names the copy, how the run ended, and what it said.
    """

    def copied(name: str) -> Path:
        return Path(shutil.copytree(digest, copies / name, symlinks=True))

    code, said = broken(command, way, copied("0"), 0)
    assert code == 0, said
    total = int(said)
    points = {round(1 + step * total / max(number - 1, 1)) for step in range(number)}
    for last in sorted(points):
        copy = copied(str(last))
        code, words = broken(command, way, copy, last)
        if way == "cut":
            shutil.rmtree(copy)
            Path(f"{copy}.cut").rename(copy)
        yield last, code, words
