"""`digest serve`: a preview of the digest, drafts included, on this machine only.

    port ──▶ build ──▶ serve and watch ──▶ something has changed ──▶ build ──▶ the pages reload
                              └───────────────────◀──────────────────────┘

Builds into `.digest/preview/`, never into `site/`, so that no draft is published by accident.
Problems are shown over the last good page, and the preview goes on. Holds the digest's lock only
while it builds.
"""

from __future__ import annotations

import contextlib
import gc
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from digest import config, disk
from digest.cache import Cache
from digest.commands import build
from digest.commands.annotate import Margins
from digest.errors import DigestError, Faults, Problem
from digest.model import Config
from digest.preview import server
from digest.preview.app import make_app
from digest.preview.changed_files import SETTINGS
from digest.preview.rebuild import Rebuilder
from digest.preview.state import PreviewState, Shown
from digest.site.addresses import Base

_FOLDER = Path(disk.CACHE, "preview")
_TEMPLATES = "templates/"
_NAME = re.compile(r"[\w.-]+|\[?[0-9a-fA-F:.]+\]?")


@dataclass(frozen=True, slots=True)
class Opened:
    """The preview is ready; `exhausted`: the system has no file watchers left, so files are scanned
    instead."""

    url: str
    exhausted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A finished build: the files that had changed (none at first), what it wrote and removed, how
    long it took.

    `notice` says that the cache was damaged.
    """

    changed: tuple[str, ...]
    pages: int
    written: int
    removed: int
    seconds: float
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A failed build: its problems are shown over the last good pages."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Polling:
    """The system sends no change events: from now on all files are scanned every second."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A build waits until another run of digest has ended."""


Event = Opened | Built | Broken | Polling | Waiting
OnEvent = Callable[[Event], None]
"""Called with each event, in order."""


def run(
    root: Path,
    *,
    host: str,
    port: int,
    on_event: OnEvent,
    allowed: Sequence[str] = (),
    poll: bool = False,
    pages: Callable[[int, int], None] | None = None,
) -> None:
    """Serves the preview of the digest at `root` until the process is asked to end.

    Answers to the `allowed` names of hosts beside this machine's own; with `poll`, looks at all
    files every second instead of waiting for the system's word. `pages` hears how many of how many
    the first build has done. Raises DigestError where there is no digest, or it cannot listen at
    that host and port.
    """
    names = [_host(name) for name in allowed]
    with contextlib.suppress(
        Faults
    ):  # errors in digest.toml are shown over the page; without a digest there is no page
        config.load(root)
    with server.listen(host, port) as listening:
        maker = _Maker(root, on_event, pages)
        keeper = Rebuilder(
            root, maker.make, maker.rest, poll=poll, on_polling=lambda: on_event(Polling())
        )
        try:
            keeper.begin()
            gc.freeze()  # what the first build has read stays alive, so the collector need not scan it
            on_event(
                Opened(
                    server.address_of(listening, host) + (maker.board.shown.base or "/"),
                    keeper.exhausted,
                )
            )
            server.serve(
                make_app(maker.board, host, listening.getsockname()[1], names),
                listening,
                maker.board.close,
            )
        finally:
            keeper.end()


def _host(name: str) -> str:
    """Returns the name of a host as requests have it; raises DigestError where it is more than a
    name."""
    if not _NAME.fullmatch(name):
        raise DigestError(
            f"--allow-host {name}: give only the host's name, such as preview.example.org"
        )
    return name.strip("[]")


class _Maker:
    """Builds the preview, and posts each result to the preview's state."""

    def __init__(
        self, root: Path, on_event: OnEvent, pages: Callable[[int, int], None] | None = None
    ) -> None:
        self._root, self._on_event, self._pages = root, on_event, pages
        self._margins: Margins | None = None
        self._cache = Cache(root)
        self._builder: build.Builder | None = None
        self._settings: Config | None = None
        self._since: frozenset[str] = (
            frozenset()
        )  # what has changed since the last build that went well
        self._names = (f"{secrets.token_hex(4)}-{number}" for number in count())
        self.board = PreviewState(Shown(build=next(self._names), root=root, folder=root / _FOLDER))

    def rest(self) -> bool:
        """Does background work while there is nothing to build; True if there is more to do."""
        return self._margins is not None and self._margins.prepare()

    def make(self, changed: frozenset[str]) -> bool:
        """Builds after these files have changed; True if the build succeeded."""
        begun = time.perf_counter()
        self._since |= changed
        try:
            settings = self._settings_of(changed)
            made = self._build(settings, changed)
            self._pages = None
        except Exception as error:  # the preview goes on and shows it
            self._settings = None
            problems = tuple(_problems(error))
            if changed or problems != self.board.shown.problems:
                self._on_event(Broken(problems))
                self._show(replace(self.board.shown, problems=problems))
            return False
        shown, written = (
            self._shown(Base(settings.site.url).path, self._margins_of(made, settings)),
            made.written,
        )
        self._on_event(
            Built(
                changed=tuple(sorted(changed)),
                pages=written.written + written.unchanged,
                written=written.written,
                removed=written.removed,
                seconds=time.perf_counter() - begun,
                notice="\n".join(filter(None, (self._notice(), *written.not_removed))),
            )
        )
        self._show(shown)
        return True

    def _settings_of(self, changed: frozenset[str]) -> Config:
        known = None if SETTINGS in changed else self._settings
        return known or config.load(self._root)

    def _build(self, settings: Config, changed: frozenset[str]) -> build.Built:
        """Builds with the last builder, which remembers its scan, unless settings or templates have
        changed."""
        builder, self._builder = self._builder, None  # one that fails is not asked again
        if (
            builder is None
            or settings != self._settings
            or any(file.startswith(_TEMPLATES) for file in changed)
        ):
            folder = self._root / _FOLDER
            builder = build.Builder(
                self._root, settings, folder, self._cache, drafts=True, searched=False
            )
            changed = frozenset()
        with disk.lock(self._root, waiting=lambda: self._on_event(Waiting())):
            made = builder.build(builder.scan(changed), on_progress=self._pages)
        self._builder, self._settings = builder, settings
        return made

    def _notice(self) -> str:
        notice, self._cache.notice = self._cache.notice, ""
        return notice

    def _margins_of(self, made: build.Built, settings: Config) -> Margins:
        before, changed, self._since = self._margins, self._since, frozenset()
        if before is None:
            self._margins = Margins(self._root, settings, made.content, made.archive)
        else:
            self._margins = before.after(changed, settings, made.content, made.archive)
        return self._margins

    def _shown(self, base: str, margins: Margins) -> Shown:
        before = self.board.shown
        former = before.former | ({before.base} if before.base else frozenset())
        return replace(
            before,
            base=base,
            former=former,
            problems=(),
            stories=margins.of_story,
            page=margins.of_page,
        )

    def _show(self, shown: Shown) -> None:
        self.board.post(replace(shown, build=next(self._names)))


def _problems(error: Exception) -> Iterator[Problem]:
    """Yields an error as problems that an editor understands."""
    if isinstance(error, Faults):
        yield from error.problems
    elif isinstance(error, DigestError):
        yield from (Problem("", 0, line) for line in str(error).splitlines())
    elif isinstance(error, OSError):
        yield Problem("", 0, f"{error.filename or 'disk'}: {error.strerror or error}")
    else:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        yield Problem("", 0, f"this is a bug in Digest ({what})", "'digest build' shows where")
