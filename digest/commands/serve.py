"""`digest serve`: a preview of the digest, drafts included, and the desk, where it is curated.

    port ──▶ build ──▶ serve and watch ──▶ something has changed ──▶ build ──▶ the pages reload
                              └───────────────────◀──────────────────────┘

Builds into `.digest/preview/`, never into `site/`, so that no draft is published by accident.
Problems are shown over the last good page, and the preview goes on. Holds the digest's lock only
while it builds. Only this machine is answered, unless the editor gives another address to listen on
or another host's name.
"""

from __future__ import annotations

import contextlib
import gc
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

from digest import disk, lock
from digest.cache import Cache
from digest.commands import build
from digest.commands.desk.content import LastBuild
from digest.commands.desk.desk import Desk
from digest.commands.serve_annotations import Annotations
from digest.config import load as load_config
from digest.errors import DigestError, Faults, Problem
from digest.model import CONFIG_FILE, Config, Content, Progress
from digest.preview import hosts, server
from digest.preview.app import make_app
from digest.preview.desk.requests import DeskSession
from digest.preview.rebuild import Rebuilder
from digest.preview.state import PreviewState, ShownBuild
from digest.site.addresses import SiteUrl

_FOLDER = Path(disk.WORK_FOLDER, "preview")
_REDIRECT = f"{disk.WORK_FOLDER}/desk/open.html"
_REDIRECT_HTML = '<!doctype html><title>Desk</title><meta http-equiv="refresh" content="0; url={0}"><a href="{0}">Desk</a>'
_TEMPLATES = "templates/"
_HOST_NAME = re.compile(r"[\w.-]+|\[?[0-9a-fA-F:.]+\]?")


@dataclass(frozen=True, slots=True)
class Opened:
    """The preview is ready at `url`.

    - `exhausted`: True if the system has no file watchers left, so that all files are scanned every
      second instead
    - `desk`: the desk's URL with its key, "" if it is off
    - `redirect`: a page that leads there, for browsers: other accounts can read the arguments with
      which a browser is started
    - `network`: the URL for other machines, without a path, if they can reach all addresses of this
      one
    """

    url: str
    exhausted: bool
    desk: str = ""
    redirect: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A finished build: the files that had changed (none at first), what it wrote and removed, how
    long it took.

    `not_removed` are old files that could not be removed.
    """

    changed: tuple[str, ...]
    pages: int
    written: int
    removed: int
    seconds: float
    not_removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """A failed build: its problems are shown over the last good pages."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Polling:
    """The system sends no change events: from now on all files are scanned every second."""


@dataclass(frozen=True, slots=True)
class OtherError:
    """An error outside a build, such as in printing an event; the preview goes on."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A build waits until another run of digest has ended."""


PreviewEvent = Opened | Built | Broken | OtherError | Polling | Waiting
OnEvent = Callable[[PreviewEvent], None]
"""Called with each event, in order."""


def run(
    root: Path,
    *,
    host: str,
    port: int,
    on_event: OnEvent,
    on_progress: Progress | None,
    clock: Callable[[], datetime],
    other_hosts: Sequence[str],
    poll: bool,
    open_desk: bool,
) -> None:
    """Serves the preview of the digest at `root` until the process is asked to end.

    Besides names of this machine, requests may use the names of `other_hosts`. With `poll`, all files
    are scanned every second, instead of waiting for events of the system. `on_progress` is called
    during the first build. The desk is on if only this machine can reach it, or to `open_desk`: then
    a page that leads there is written for the browser. Letters are published at the time that
    `clock` returns. Raises DigestError if there is no digest, or the port is taken.
    """
    host_names = frozenset(map(_host_name, other_hosts))
    has_desk = open_desk or (hosts.is_loopback(host) and not host_names)
    # Without a digest nothing can be shown; faults in its settings are shown over the page.
    with contextlib.suppress(Faults):
        load_config(root)
    with server.listen(host, port) as listening:
        port = listening.getsockname()[1]  # for 0, the system has chosen one
        desk = Desk(root, DeskSession(port, host_names), clock) if has_desk else None
        preview = Preview(root, on_event, clock, on_progress, desk)
        app = make_app(preview.state, host, port, host_names, desk)
        rebuilder = Rebuilder(
            root,
            preview.rebuild,
            preview.prepare,
            poll=poll,
            on_polling=lambda: on_event(Polling()),
            on_error=lambda error: on_event(OtherError(tuple(_problems(error, in_build=False)))),
        )
        try:
            rebuilder.begin()
            gc.freeze()  # what the first build has read stays alive: no need to scan it again
            gc.set_threshold(100_000)  # garbage of many builds adds up, other than in `__main__`
            address = server.address_of(listening, host)
            opened = Opened(address + (preview.state.shown.base or "/"), rebuilder.exhausted)
            if network := server.network_host(listening):
                opened = replace(opened, network=server.address_of(listening, network))
            if desk:
                opened = replace(opened, desk=f"{address}/_desk/?token={desk.session.key}")
            if open_desk:
                disk.write(root, _REDIRECT, _REDIRECT_HTML.format(opened.desk).encode(), mode=0o600)
                opened = replace(opened, redirect=(root / _REDIRECT).as_uri())
            on_event(opened)
            server.serve(app, listening, preview.state.close)
        finally:
            rebuilder.end()
            if open_desk:
                disk.unlink(root / _REDIRECT)


def _host_name(given: str) -> str:
    """Returns the name of a host that may be requested, in lower case; raises DigestError for a URL
    or a port."""
    if not _HOST_NAME.fullmatch(given):
        example = "preview.example.org"
        raise DigestError(f"--allow-host {given}: give only the host's name, such as {example}")
    return given.strip("[]").lower()


class _Last(NamedTuple):
    """The builder of a build that succeeded, and the settings that it was made with."""

    builder: build.Builder
    config: Config


class Preview:
    """Builds the preview, and posts each result to its `state`, which the server shows."""

    def __init__(
        self,
        root: Path,
        on_event: OnEvent,
        clock: Callable[[], datetime],
        on_progress: Progress | None = None,
        desk: Desk | None = None,
    ) -> None:
        self._root, self._on_event, self._clock, self._desk = root, on_event, clock, desk
        self._on_progress = on_progress  # of the first build
        self._annotations: Annotations | None = None
        self._cache = Cache(root)  # stays open from build to build, until the process ends
        self._last: _Last | None = None  # None if the last build failed: the next one reads all
        self._changed_since_success: frozenset[str] = frozenset()  # for the annotations, which stay
        run_id = secrets.token_hex(4)  # pages of an earlier preview reload
        self._build_ids = (f"{run_id}-{number}" for number in count())
        self.state = PreviewState(
            ShownBuild(build_id=next(self._build_ids), root=root, folder=root / _FOLDER)
        )

    def prepare(self) -> bool:
        """Does background work while there is nothing to build; True if there is more to do."""
        return self._annotations is not None and self._annotations.prepare()

    def rebuild(self, changed: frozenset[str]) -> bool:
        """Builds after these files have changed; True if the build succeeded."""
        started = time.perf_counter()
        self._changed_since_success |= changed
        try:
            config, content, result = self._build(changed)
            archive = result.archive
            if self._annotations is None:
                annotations = Annotations(self._root, config, content, archive)
            else:
                annotations = self._annotations.after(
                    self._changed_since_success, config, content, archive
                )
        except Exception as error:  # the preview goes on and shows it
            self._last = None
            problems = tuple(_problems(error))
            if self._desk:
                self._desk.set_problems(problems)
            if changed or problems != self.state.shown.problems:
                self._post(replace(self.state.shown, problems=problems))
                self._on_event(Broken(problems))
            return False
        self._on_progress = None
        self._annotations, self._changed_since_success = annotations, frozenset()
        base = SiteUrl(config.site.url).path
        if self._desk:
            self._desk.set_build(LastBuild(config, content, archive, annotations, base))
        before = self.state.shown
        shown = replace(
            before,
            base=base,
            former_bases=before.former_bases | ({before.base} if before.base else frozenset()),
            problems=(),
            annotations_of_story=annotations.of_story,
            annotations_of_page=annotations.of_page,
        )
        self._post(shown)
        written = result.written
        self._on_event(
            Built(
                changed=tuple(sorted(changed)),
                pages=written.written + written.unchanged,
                written=written.written,
                removed=written.removed,
                seconds=time.perf_counter() - started,
                not_removed=written.not_removed,
            )
        )
        return True

    def _build(self, changed: frozenset[str]) -> tuple[Config, Content, build.BuildResult]:
        """Builds with the last builder, unless it failed, or config or templates have changed.

        Pages are as those of a build at this time, which would also record new locations.
        """
        last = self._last
        config = last.config if last and CONFIG_FILE not in changed else load_config(self._root)
        has_new_template = any(file.startswith(_TEMPLATES) for file in changed)
        if last and config == last.config and not has_new_template:
            builder = last.builder
        else:
            folder = self._root / _FOLDER
            builder = build.Builder(
                self._root, config, folder, self._cache, drafts=True, extras=False, may_fork=False
            )
            changed = frozenset()  # a new builder scans all content
        with lock.hold(self._root, waiting=self._report_waiting):
            scanned = builder.scan(changed)
            loaded = builder.load(scanned).as_recorded(self._clock())
            result = builder.build(scanned, loaded, on_progress=self._on_progress)
        self._last = _Last(builder, config)
        return config, loaded.content, result

    def _report_waiting(self) -> None:
        with contextlib.suppress(OSError):  # no build fails because this cannot be printed
            self._on_event(Waiting())

    def _post(self, shown: ShownBuild) -> None:
        self.state.post(replace(shown, build_id=next(self._build_ids)))


def _problems(error: Exception, *, in_build: bool = True) -> Iterator[Problem]:
    """Yields an error as problems that an editor understands."""
    if isinstance(error, Faults):
        yield from error.problems
    elif isinstance(error, DigestError):
        yield from (Problem("", 0, line) for line in str(error).splitlines())
    elif isinstance(error, BrokenPipeError) and not in_build:  # only events go through a pipe
        yield Problem("", 0, "nothing reads the preview's output any more, so it is not printed")
    elif isinstance(error, OSError):
        yield Problem("", 0, f"{error.filename or 'disk'}: {error.strerror or error}")
    else:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        cure = "'digest build' shows where" if in_build else "the preview goes on"
        yield Problem("", 0, f"this is a bug in Digest ({what})", cure)
