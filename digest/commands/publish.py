"""`digest publish`: the built site to the branch gh-pages, for those who publish without Actions.

    look at the branch ──▶ build ──▶ compare ──▶ commit on top of it ──▶ push

Builds into `.digest/publish/`, where nothing lies but what a build has written, and touches neither `site/` nor what is
checked out. Refuses to publish over a branch that holds a digest's own files, and makes no commit where nothing has
changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from digest import branch, config, disk, links
from digest.branch import Standing
from digest.commands import build
from digest.errors import DigestError
from digest.model import Config
from digest.pages import announced
from digest.pages.announced import News
from digest.pages.making import Told

_FOLDER = Path(disk.CACHE, "publish")
_CNAME = "CNAME"
_PLACEHOLDER = "example.github.io"
_GITHUB = re.compile(r"(?:^|[/@])github\.com[:/]([\w-]+)/([\w.-]+?)(?:\.git)?/?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """What a publication changes, or would: paths of files, and what readers of the feeds are told.

    `commit` is the new one, empty where there is none; `first` tells that there was no such branch before. `warnings`
    say what is odd about the addresses.
    """

    address: str
    files: int
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    feeds: tuple[News, ...] = ()
    warnings: tuple[str, ...] = ()
    commit: str = ""
    first: bool = False
    dry: bool = False

    @property
    def same(self) -> bool:
        """Tells whether what stands on the branch is what was built."""
        return not (self.new or self.changed or self.gone)


def run(root: Path, settings: Config, *, dry: bool = False, told: Told | None = None) -> PublishReport:
    """Publishes the digest at `root`; with `dry`, only tells what that would change.

    Raises DigestError where the content is at fault, or the remote cannot be reached or refuses.
    """
    standing = branch.look(root)
    if config.NAME in standing.ids:
        what = f"the branch {branch.NAME} holds a digest's own files, which publishing would take away"
        raise DigestError(f"{standing.address}: {what}; move them to another branch first")
    site = root / _FOLDER
    built = build.run(root, settings, output=site, base_url=None, told=told)
    with disk.lock(root):
        ids = _ids(site, standing)
        cname = _kept_name(root, standing, ids)
        report = _compared(root, site, standing, ids, dry=dry)
        odd = (built.notice, built.warning, *_warnings(settings, standing, cname, _CNAME in ids))
        report = replace(report, warnings=tuple(filter(None, odd)))
        if dry or report.same:
            return report
        origin = branch.source(root)
        message = f"Publish {settings.site.title}" + (f" from {origin}" if origin else "")
        return replace(report, commit=branch.put(root, site, standing, message=message, cname=cname))


def _ids(site: Path, standing: Standing) -> dict[str, str]:
    """Returns the id of each file that was built, as git has it, by path."""
    paths = sorted(path for path in site.rglob("*") if path.is_file())
    return {path.relative_to(site).as_posix(): branch.id_of(path.read_bytes(), standing.commit) for path in paths}


def _kept_name(root: Path, standing: Standing, ids: Mapping[str, str]) -> str | None:
    """Returns the custom domain that stands on the branch alone: without it the site would be gone from there."""
    content = None if _CNAME in ids else branch.read(root, standing, _CNAME)
    return None if content is None else content.decode(errors="replace").strip()


def _compared(root: Path, site: Path, standing: Standing, ids: Mapping[str, str], *, dry: bool) -> PublishReport:
    """Returns what differs between the branch and what was built, but for the files that publishing itself adds."""
    before = {path: id for path, id in standing.ids.items() if path != branch.NO_JEKYLL}
    changed = tuple(path for path, id in ids.items() if before.get(path, id) != id)
    new = tuple(path for path in ids if path not in before)
    followed = [path for path in (*new, *changed) if announced.is_followed(path)]
    return PublishReport(
        address=standing.address,
        files=len(ids),
        new=new,
        changed=changed,
        gone=tuple(path for path in before if path not in ids and path != _CNAME),
        feeds=announced.compared(
            {path: branch.read(root, standing, path) for path in followed},
            {path: (site / path).read_bytes() for path in followed},
        ),
        first=not standing.commit,
        dry=dry,
    )


def _warnings(settings: Config, standing: Standing, cname: str | None, named: bool) -> Iterator[str]:
    """Yields what is odd about the addresses: a domain of the branch's own, a site that says it is elsewhere."""
    if cname:
        yield f"{_CNAME} ({cname}) stands on {branch.NAME} alone, and is kept; put it into content/static/ as well"
    url, expected = settings.site.url, pages_address(standing.address)
    if named or cname:
        return
    if links.host(url) == _PLACEHOLDER:
        cure = f'write url = "{expected}"' if expected else "write the address that the site will have"
        yield f"digest.toml: url is still the one that 'digest init' wrote, {url}; {cure}"
    elif expected and url.casefold() != expected.casefold() and links.host(url).endswith(".github.io"):
        yield f"digest.toml: url is {url}, and GitHub Pages shows this repository at {expected}"


def pages_address(remote: str) -> str:
    """Returns where GitHub Pages shows the repository at a remote's address; nothing where that is not on GitHub."""
    found = _GITHUB.search(remote)
    if not found:
        return ""
    owner, name = found[1].lower(), found[2]
    return f"https://{owner}.github.io/" + ("" if name.lower() == f"{owner}.github.io" else f"{name}/")
