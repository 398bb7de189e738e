"""`digest build`: stories into the site.

    lock ──▶ load ──▶ arrange ──▶ plan ──▶ render ──▶ write ──▶ report

Everything is rendered before anything is written, so a build that fails leaves the old site whole. Reads no clock: the
same content, templates and config give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from digest import disk, links
from digest.errors import DigestError
from digest.model import Catalogue, Config
from digest.pages import output as outputs
from digest.pages.addresses import Base
from digest.pages.archive import Archive
from digest.pages.arrange import arrange
from digest.pages.output import Written
from digest.pages.plan import plan
from digest.pages.render import render
from digest.stories.outlines import catalogue_of
from digest.stories.store import load


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did: `pages` is every file of the site, parted into `written` and `unchanged`."""

    output: Path
    url: str
    stories: int
    weeks: int
    themes: int
    pages: int
    written: int
    unchanged: int
    removed: int


def run(root: Path, config: Config, *, output: Path, base_url: str | None) -> BuildReport:
    """Builds the digest at `root` into `output`, for the site's own address or for `base_url`.

    Raises DigestError, of which Faults names every problem in content, links and templates; then nothing is written.
    """
    outputs.check(root, output)
    config = config if base_url is None else _rebased(config, base_url)
    with disk.lock(root):
        catalogue = catalogue_of(load(root, config), config)
        archive = arrange(catalogue, config)
        written = publish(catalogue, archive, config, root=root, output=output)
    return _report(archive, config, output, written)


def publish(catalogue: Catalogue, archive: Archive, config: Config, *, root: Path, output: Path) -> Written:
    """Plans, renders and writes the site of an archive; the caller holds the digest's lock."""
    planned = plan(catalogue, archive, config)
    files = render(planned, root, Base(config.site.url))
    return outputs.write(files, planned.copied, root, output)


def _rebased(config: Config, base_url: str) -> Config:
    """Returns the config with another address; ids stay, for they were made before."""
    url = links.site_url(base_url)
    if url is None:
        raise DigestError(f"'{base_url}' is no http(s) address that a site can stand at")
    return replace(config, site=replace(config.site, url=url))


def _report(archive: Archive, config: Config, output: Path, written: Written) -> BuildReport:
    return BuildReport(
        output=output,
        url=config.site.url,
        stories=len(archive.stories),
        weeks=len(archive.editions),
        themes=len(config.themes),
        pages=written.written + written.unchanged,
        written=written.written,
        unchanged=written.unchanged,
        removed=written.removed,
    )
