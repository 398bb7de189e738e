"""`digest build`: the site from the stories.

    lock ──▶ scan ──nothing changed──▶ report
               └▶ load ──▶ arrange ──▶ plan ──▶ stage changed pages under hidden names
                    ──▶ commit ──▶ record new locations ──▶ report

All pages are staged before the first one appears, so a build that fails leaves the old site as it
is. The cache saves work and never changes the result. No byte of the site depends on a clock,
other than through the lines of ledgers; the disk's time only decides which stamps can be trusted.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from digest import disk, parallel
from digest.cache import Cache, key_of
from digest.commands.shared import custom_domain, site_address
from digest.content.scan import Scan, rescan, scan
from digest.errors import DigestError, Faults, Problem
from digest.model import Config, Copied, Progress
from digest.site import addresses, fingerprint
from digest.site import output as outputs
from digest.site.keys import BuildMemory
from digest.site.output import Manifest, Output, Summary, Written

if TYPE_CHECKING:
    from digest.model import Content, Location
    from digest.site.archive import Archive
    from digest.site.page import Page
    from digest.site.plan import Plan
    from digest.site.render import Renderer

_RENDERING, _DRAWING = 0.8, 60  # milliseconds for a page, for a social card


class BuildReport(NamedTuple):
    """What a build did.

    - `pages`: how many files the site has, either `written` or `unchanged`
    - `warning`: what is missing in the site, and why
    - `unrecorded`: why the locations of stories could not be recorded
    - `not_removed`: old files that could not be removed
    - `unknown`: which files in the folder stay, since they may be the user's
    - `secrets`: which files have a secret that was left out
    - `damaged`: lines of ledgers that cannot be read, so that addresses and Atom ids may change
    - `hints`: what an editor may want to look at in the texts of rendered pages
    """

    output: Path
    url: str
    stories: int
    weeks: int
    themes: int
    pages: int
    written: int
    unchanged: int
    removed: int
    warning: str = ""
    unrecorded: str = ""
    not_removed: tuple[str, ...] = ()
    unknown: str = ""
    secrets: str = ""
    damaged: Sequence[str] = ()
    hints: Sequence[str] = ()


class BuildResult(NamedTuple):
    """A build's content and archive, and what it wrote; `new_locations` are to be recorded in the
    ledger."""

    content: Content
    archive: Archive
    written: Written
    summary: Summary
    hints: tuple[str, ...]
    new_locations: tuple[Location, ...]


def run(
    root: Path,
    config: Config,
    *,
    output: Path,
    base_url: str | None = None,
    on_progress: Progress | None = None,
    now: datetime | None = None,
    force: bool = False,
) -> BuildReport:
    """Builds the digest at `root` into `output`, for the site's own address or for `base_url`.

    `base_url` is as `urls.site_url` returns it; ids stay, since they were made from the site's own
    address. With `now`, the locations of stories that no ledger has yet are recorded, so that their
    addresses redirect when they are moved later. The site is that of the ledgers with these lines;
    nothing else in it depends on `now`. With `force`, files in the folder that Digest did not make
    are overwritten. Raises DigestError, and Faults with every problem in content, links and
    templates; then nothing is written.
    """
    outputs.check(root, output)
    named = disk.read_inside(root, custom_domain.FILE)
    problem = None if named is None else custom_domain.problem(named, config.site.url)
    if problem and not problem.is_hint:
        raise Faults([problem])
    if base_url is not None:
        config = config._replace(site=config.site._replace(url=base_url))
    unrecorded, hints = "", tuple[str, ...]()
    with disk.lock(root), Cache(root) as cache:
        builder = Builder(root, config, output, cache, force=force)
        scanned = builder.scan()
        last = builder.manifest_if_current(scanned, need_locations=now is not None)
        if last:
            summary = last.summary
            written = Written(written=0, removed=0, unchanged=len(last.files))
        else:
            built = builder.build(scanned, on_progress=on_progress, now=now)
            summary, written, hints = built.summary, built.written, built.hints
            if now and built.new_locations:
                unrecorded = _record(root, built.new_locations, now)
    if base_url is None and (problem := site_address.hint(root, config)):
        hints = (*hints, problem.as_hint)
    return BuildReport(
        output=output,
        url=config.site.url,
        stories=summary.stories,
        weeks=summary.weeks,
        themes=len(config.themes),
        pages=written.written + written.unchanged,
        written=written.written,
        unchanged=written.unchanged,
        removed=written.removed,
        warning=summary.warning,
        unrecorded=unrecorded,
        not_removed=written.not_removed,
        unknown=written.unknown,
        secrets=summary.secrets,
        damaged=summary.damaged,
        hints=hints,
    )


class Builder:
    """Builds one digest into one folder, any number of times; the caller holds the digest's lock.

    With `drafts`, stories, letters and pages that wait as such are built as well; without
    `extras`, the site has no search index, and only the shipped social card. Unless it `may_fork`,
    a build works in this process alone, which keeps all that was made for the next build.
    """

    def __init__(
        self,
        root: Path,
        config: Config,
        folder: Path,
        cache: Cache,
        *,
        drafts: bool = False,
        extras: bool = True,
        force: bool = False,
        may_fork: bool = True,
    ) -> None:
        self._root, self._config, self._folder, self._cache = root, config, folder, cache
        self._drafts, self._extras, self._force = drafts, extras, force
        self._may_fork = may_fork
        self._settings_key = fingerprint.of_pages(root, config, drafts=drafts)
        self._memory = BuildMemory()
        self._scan: Scan | None = None
        self._renderer: Renderer | None = None

    def scan(self, changed: Collection[str] = ()) -> Scan:
        """Scans all content, or after an earlier scan only the files that have `changed`."""
        since = disk.trusted_until(self._root)
        again = rescan(self._root, self._scan, changed, since) if self._scan and changed else None
        self._scan = again or scan(self._root, since)
        if self._scan.unfinished:
            from digest.content import store

            if any(store.sweep(self._root, self._scan.unfinished)):
                self._scan = scan(self._root, since)
        return self._scan

    def manifest_if_current(self, scanned: Scan, *, need_locations: bool) -> Manifest | None:
        """Returns the last build's manifest if another build would change nothing, else None.

        Another build is needed if files of the folder are missing or changed, if the search index
        failed the last time, or if it `need_locations` and some stories have new ones.
        """
        output = self._output()
        last = output.manifest
        if scanned.problems or scanned.unfinished or last.summary.warning:
            return None
        if need_locations and last.has_new_locations:
            return None
        return last if output.is_current(scanned.fingerprint(), self._settings_key) else None

    def build(
        self, scanned: Scan, *, on_progress: Progress | None = None, now: datetime | None = None
    ) -> BuildResult:
        """Builds the scanned content as if its new locations were recorded at the time `now`.

        Raises DigestError, and then nothing is written.
        """
        # Imported late: a build with nothing to do needs none of these.
        from digest.content import publishable
        from digest.site.arrange import arrange
        from digest.site.plan import plan
        from digest.site.search.search_index import SearchIndex, build_index
        from digest.site.social.pages import can_draw

        config, cache = self._config, self._cache
        content, new_locations = self._load(scanned, now)
        clean = publishable.without_secrets(content)
        archive = arrange(clean, config, drafts=self._drafts, memory=self._memory)
        index = build_index(archive, config, cache) if self._extras else SearchIndex()
        planned = plan(
            archive,
            config,
            memory=self._memory,
            script_version=index.script_version or None,
            has_social_cards=self._extras and can_draw(config),
        )
        copied = {file.path: _copied_key(file, scanned.since) for file in planned.copied}
        keys = {**planned.keys(self._settings_key), **copied, **index.files}
        summary = Summary(
            stories=len(archive.stories),
            weeks=len(archive.editions),
            warning=index.warning,
            secrets=publishable.notice(content),
            damaged=tuple(map(str, content.damaged)),
        )
        output = self._output()
        output.begin(keys)
        try:
            self._stage_pages(planned, keys, output, on_progress)
            if planned.context.has_social_cards:
                cache.keep_only("card", keys)
            for file in planned.copied:
                if not (copied[file.path] and output.keep(file.path, copied[file.path])):
                    output.stage(file.path, _read(file))
            for path, key in index.files.items():
                if not output.keep(path, key):
                    output.stage(path, index.read(path))
            planned.raise_problems()
            manifest = Manifest(
                content_key=scanned.fingerprint(),
                settings_key=self._settings_key,
                summary=summary,
                has_new_locations=bool(new_locations),
            )
            written = output.commit(keys, manifest)
        except BaseException:
            output.drop()
            raise
        hints = tuple(problem.as_hint for problem in planned.all_problems() if problem.is_hint)
        return BuildResult(content, archive, written, summary, hints, new_locations)

    def _load(self, scanned: Scan, now: datetime | None) -> tuple[Content, tuple[Location, ...]]:
        """Returns the content, and the locations that are new in it.

        If they are recorded `now`, the content is as if they were: a line of that time ends a pause
        between weeks (`week.without_mistyped`).
        """
        from digest.content.ledger import timestamp
        from digest.content.load import load_cached, new_locations_of

        reading = fingerprint.of_reading(self._config)
        content = load_cached(
            self._root, self._config, scanned, self._cache, reading, may_fork=self._may_fork
        )
        new_locations = new_locations_of(content)
        if now and new_locations:
            recorded_at = max(content.newest_record, timestamp(now))
            content = content._replace(newest_record=recorded_at)
        return content, new_locations

    def _output(self) -> Output:
        return Output(
            self._root, self._folder, self._cache, id=self._config.site.id, force=self._force
        )

    def _stage_pages(
        self, planned: Plan, keys: Mapping[str, bytes], output: Output, on_progress: Progress | None
    ) -> None:
        wanted = [page for page in planned.pages if not output.keep(page.path, keys[page.path])]
        if not wanted:
            return
        if self._renderer is None:
            from digest.site.render import Renderer

            self._renderer = Renderer(self._root, planned.base)
            self._renderer.raise_problems()
        # Pages of the same weeks are neighbours, since a process makes the card of a story once.
        wanted.sort(key=lambda page: page.newest or (), reverse=True)
        edition_keys, known = planned.edition_keys(self._settings_key), dict[str, str]()
        if any(page.path == addresses.WEEKS_FEED for page in wanted):
            known = self._cache.get_all("edition", edition_keys, str)
        self._renderer.begin(planned.context.shared, known)
        progress = _Count(len(wanted), on_progress)
        pictures: dict[str, bytes] = {}

        def take(page: Page, rendered: _Rendered) -> None:
            planned.context.markdown.problems.extend(rendered.problems)
            for id, text in rendered.editions.items():
                self._cache.put("edition", id, edition_keys[id], text)
            if page.path.startswith(addresses.CARDS):
                pictures[page.path] = rendered.content
            else:
                output.stage(page.path, rendered.content)
                progress.add()

        render, work = partial(_rendered, self._renderer, planned), _RENDERING * len(wanted)
        parallel.map(render, wanted, take, work=work if self._may_fork else 0)
        if pictures:
            self._stage_cards(pictures, output, progress)

    def _stage_cards(self, pictures: Mapping[str, bytes], output: Output, progress: _Count) -> None:
        """Stages social cards as PNG, from the cache unless their SVG pictures have changed.

        Other output folders have the same cards, and a new machine gets them with the cache.
        """
        from digest.site.social import png

        keys = {path: key_of(png.renderer_hash(), svg) for path, svg in pictures.items()}

        def take(path: str, content: bytes) -> None:
            self._cache.put("card", path, keys[path], content)
            output.stage(path, content)
            progress.add()

        known = self._cache.get_all("card", keys, bytes)
        for path, content in known.items():
            output.stage(path, content)
            progress.add()
        missing = [path for path in pictures if path not in known]
        work = _DRAWING * len(missing) if self._may_fork else 0
        parallel.map(lambda path: _drawn(pictures[path]), missing, take, work=work)


class _Rendered(NamedTuple):
    """A rendered page, with the problems of its texts and the texts of editions made for it, by id."""

    content: bytes
    problems: list[Problem]
    editions: dict[str, str]


def _rendered(renderer: Renderer, planned: Plan, page: Page) -> _Rendered:
    """Renders a page; everything that is to be kept of it is in the result."""
    problems, editions = planned.context.markdown.problems, renderer.editions
    before = len(problems), len(editions)
    content = renderer.page(page, planned.data(page))
    return _Rendered(
        content, problems[before[0] :], dict(islice(editions.items(), before[1], None))
    )


def _drawn(svg: bytes) -> bytes:
    """Returns a social card as PNG."""
    from digest.site.social import png

    try:
        return png.draw(svg)
    except png.DrawingError as error:
        what, cure = f"gives a picture that cannot be drawn: {error}", "correct the template"
        raise Faults([Problem(f"{fingerprint.FOLDER}/card.svg", 0, what, cure)]) from error


class _Count:
    """Tells how many of all files are done."""

    def __init__(self, total: int, on_progress: Progress | None) -> None:
        self._done, self._total, self._on_progress = 0, total, on_progress

    def add(self) -> None:
        """Counts one more."""
        if self._on_progress:
            self._on_progress(self._done, self._total)
        self._done += 1


def _record(root: Path, locations: tuple[Location, ...], now: datetime) -> str:
    """Records where stories are; returns why that failed, since the site is built all the same."""
    from digest.content import store

    try:
        store.add_locations(root, locations, now)
    except DigestError as error:
        why = "so if you later move or rename a story, links to its old address may break"
        return f"{error}; {why}"
    return ""


def _copied_key(file: Copied, since: int) -> bytes:
    """Returns the key of a copied file: its stamp. It is b"", and the file copied again, if a
    later save could have the same stamp."""
    try:
        stamp = disk.stamp(os.stat(file.source))  # noqa: PTH116 - a fifth of the cost
    except OSError:
        return b""
    return key_of(stamp) if max(stamp[:2]) < since else b""


def _read(file: Copied) -> bytes:
    content = disk.read(file.source)
    if content is None:
        raise DigestError(f"{file.file}: this file went away during the build; build again")
    return content
