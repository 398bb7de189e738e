"""`digest build`: the site from the stories.

    lock ──▶ scan ──nothing changed──▶ report
               └▶ load ──▶ arrange ──▶ plan ──▶ stage changed pages under hidden names
                    ──▶ record new locations ──▶ commit ──▶ report

All pages are staged before the first one appears, so content or templates with errors leave the
old site as it is, and the ledgers too: a location is recorded only when it gets a URL. If the disk
fails while files are put in place, a part of them is new, and the next build ends it. The cache saves work and
never changes the result. No byte of the site depends on a clock, other than through the lines of
ledgers; the disk's time only decides which stamps can be trusted. What a build with nothing to do
does not need is imported late, since most of its time is start-up.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from digest import disk, lock
from digest.cache import Cache, key_of
from digest.commands.shared import custom_domain, site_address
from digest.content.scan import Scan, rescan, scan
from digest.errors import DigestError, Faults, NotRecordedError
from digest.model import Config, Copied, Progress
from digest.site import fingerprint
from digest.site import output as outputs
from digest.site.keys import BuildMemory
from digest.site.output import Manifest, Output, Summary, Written
from digest.site.stage_pages import PageStager

if TYPE_CHECKING:
    from digest.content.new_locations import Loaded
    from digest.site.archive import Archive
    from digest.site.search.search_index import SearchIndex


class BuildReport(NamedTuple):
    """What a build did.

    - `pages`: how many files the site has, either `written` or `unchanged`
    - `search_failure`: why the site has no search page
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
    search_failure: str = ""
    unrecorded: str = ""
    not_removed: tuple[str, ...] = ()
    unknown: str = ""
    secrets: str = ""
    damaged: Sequence[str] = ()
    hints: Sequence[str] = ()


class BuildResult(NamedTuple):
    """What a build has arranged and written; `hints` and `unrecorded` are those of `BuildReport`."""

    archive: Archive
    written: Written
    summary: Summary
    hints: tuple[str, ...]
    unrecorded: str = ""


def run(
    root: Path,
    config: Config,
    *,
    output: Path,
    base_url: str | None = None,
    on_progress: Progress | None = None,
    now: datetime | None = None,
    force: bool = False,
    dry: bool = False,
) -> BuildReport:
    """Builds the digest at `root` into `output`, for the site's own address or for `base_url`.

    `base_url` is as `urls.site_url` returns it; ids stay, since they were made from the site's own
    address. At the time `now`, the locations of stories that no ledger has yet are recorded, so
    that their addresses redirect when they are moved later. The site is that of the ledgers with
    these lines, or without them if they could not be written; nothing else in it depends on `now`.
    With `dry`, it is the same site, and nothing is recorded. All commands give `now`; without it,
    as in tests of a site alone, the site is that of the ledgers as they are. With `force`, files in
    the folder that Digest did not make are overwritten. Raises DigestError, and Faults with every
    problem in content, links and templates; then the site stays as it is, and nothing is recorded.
    """
    outputs.check(root, output)
    _check_domain(root, config)
    if base_url is not None:
        config = config._replace(site=config.site._replace(url=base_url))
    unrecorded, hints = "", tuple[str, ...]()
    with lock.hold(root), Cache(root) as cache:
        builder = Builder(root, config, output, cache, force=force)
        scanned = builder.scan()
        last = builder.manifest_if_current(scanned, need_locations=now is not None)
        if last:
            summary = last.summary
            written = Written(written=0, removed=0, unchanged=len(last.files))
        else:
            built = _build(root, builder, scanned, now, dry=dry, on_progress=on_progress)
            summary, written = built.summary, built.written
            hints, unrecorded = built.hints, built.unrecorded
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
        search_failure=summary.search_failure,
        unrecorded=unrecorded,
        not_removed=written.not_removed,
        unknown=written.unknown,
        secrets=summary.secrets,
        damaged=summary.damaged,
        hints=hints,
    )


def _build(
    root: Path,
    builder: Builder,
    scanned: Scan,
    now: datetime | None,
    *,
    dry: bool,
    on_progress: Progress | None,
) -> BuildResult:
    """Builds the site as if new locations had been recorded, and records them before it appears.

    If they cannot be recorded, the site is built again without them.
    """
    from digest.content.new_locations import record

    loaded = builder.load(scanned)
    new = loaded.new_locations
    if not now or not new:
        return builder.build(scanned, loaded, on_progress=on_progress)
    to_record = None if dry else partial(record, root, new, now)
    try:
        return builder.build(
            scanned, loaded.as_recorded(now), record=to_record, on_progress=on_progress
        )
    except NotRecordedError as error:
        built = builder.build(scanned, loaded, on_progress=on_progress)
        return built._replace(unrecorded=str(error))


def _check_domain(root: Path, config: Config) -> None:
    """Raises Faults if the custom domain in `content/static/` is not that of the site."""
    named = disk.read_inside(root, custom_domain.FILE)
    problem = None if named is None else custom_domain.problem(named, config.site.url)
    if problem and not problem.is_hint:
        raise Faults([problem])


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
        self._pages = PageStager(root, cache, may_fork=may_fork)

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

        Another build is needed if files of the folder are missing or changed, or if the search
        index failed the last time; with `need_locations`, also if locations have to be recorded.
        """
        output = self._output()
        last = output.manifest
        if scanned.problems or scanned.unfinished or last.summary.search_failure:
            return None
        if need_locations and last.has_new_locations:
            return None
        return last if output.is_current(scanned.fingerprint(), self._settings_key) else None

    def load(self, scanned: Scan) -> Loaded:
        """Returns the scanned content; raises Faults if any of its files have errors."""
        from digest.content.load import load_cached
        from digest.content.new_locations import Loaded

        content = load_cached(
            self._root, self._config, scanned, self._cache, may_fork=self._may_fork
        )
        return Loaded.of(content)

    def build(
        self,
        scanned: Scan,
        loaded: Loaded,
        *,
        record: Callable[[], None] | None = None,
        on_progress: Progress | None = None,
    ) -> BuildResult:
        """Builds the site of the scanned content that `load` has returned.

        In this order, changed files are staged under hidden names, `record` records new locations,
        the cache is saved with a list of old and new files, staged files are renamed, stale ones
        removed, and the manifest is saved. After a DigestError before the renaming, the folder stays
        as it is.
        """
        from digest.content import publishable
        from digest.site.arrange import arrange
        from digest.site.plan import plan
        from digest.site.search.search_index import SearchIndex, build_index
        from digest.site.social.pages import can_draw

        config, cache, content = self._config, self._cache, loaded.content
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
        copied_keys = {file.path: _copied_key(file, scanned.since) for file in planned.copied}
        keys = {**planned.keys(self._settings_key), **copied_keys, **index.files}
        summary = Summary(
            stories=len(archive.stories),
            weeks=len(archive.editions),
            search_failure=index.search_failure,
            secrets=publishable.notice(content),
            damaged=tuple(map(str, content.damaged)),
        )
        output = self._output()
        output.begin(keys)
        try:
            self._pages.stage(planned, keys, self._settings_key, output, on_progress)
            _stage_files(planned.copied, index, keys, output)
            planned.raise_problems()
            manifest = Manifest(
                content_key=scanned.fingerprint(),
                settings_key=self._settings_key,
                summary=summary,
                has_new_locations=bool(loaded.new_locations) and record is None,
            )
            written = output.commit(keys, manifest, record or (lambda: None))
        except BaseException:
            output.drop()
            raise
        hints = tuple(problem.as_hint for problem in planned.all_problems() if problem.is_hint)
        return BuildResult(archive=archive, written=written, summary=summary, hints=hints)

    def _output(self) -> Output:
        return Output(
            self._root, self._folder, self._cache, id=self._config.site.id, force=self._force
        )


def _stage_files(
    copied: Iterable[Copied], index: SearchIndex, keys: Mapping[str, bytes], output: Output
) -> None:
    """Stages the copied files and the search index, where the folder does not have them yet."""
    for file in copied:
        if not output.keep(file.path, keys[file.path]):
            output.stage(file.path, _read(file))
    for path, key in index.files.items():
        if not output.keep(path, key):
            output.stage(path, index.read(path))


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
