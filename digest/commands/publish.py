"""`digest publish`: pushes the built site to the branch gh-pages, without GitHub Actions.

    fetch the branch ──▶ build ──▶ compare ──▶ commit on top of it ──▶ push

Builds into `.digest/publish/`, which has only what a build has written, and changes neither `site/`
nor the working tree. Does not publish over a branch with a digest's own files, over files that
Digest did not put there (except with `--replace`), or for an address that is not the site's. Makes
no commit if nothing has changed, unless that is what lets other clones publish again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from digest import disk, lock, urls
from digest.commands import build, publish_branch, publish_uncommitted
from digest.commands.publish_branch import Publication, PublishedBranch, Source
from digest.commands.publish_uncommitted import FileVersion
from digest.commands.shared import custom_domain, next_mail, site_address
from digest.config import lines as config_lines
from digest.content import store
from digest.errors import DigestError, Faults, Problem, and_more, count_of
from digest.model import CONFIG_FILE, Config, Progress
from digest.site import addresses, formatting, marked_files, reader_changes
from digest.site.reader_changes import FeedChanges

_FOLDER = Path(disk.WORK_FOLDER, "publish")
_CNAME = custom_domain.NAME
_USUAL = frozenset({"main", "master"})
"""Names of default branches, for remotes that do not report theirs."""
_MAX_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """What publishing changes, or would change.

    - `address`: that of the remote, without passwords
    - `files`: how many files the site has
    - `new`, `changed`, `gone`: paths of files
    - `vanished`: addresses that work now and will not afterwards
    - `source_note`: what was published, "" if it is the committed default branch
    - `uncommitted`: which of its files are not committed
    - `feeds`: what their subscribers will get
    - `warnings`: what is odd about the addresses, and what the build warns of
    - `commit`: the new one, "" if there is none
    - `mail`: which edition is mailed next, in words
    - `first`: True if the branch is new
    """

    address: str
    files: int
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    source_note: str = ""
    uncommitted: tuple[str, ...] = ()
    feeds: tuple[FeedChanges, ...] = ()
    warnings: tuple[str, ...] = ()
    commit: str = ""
    mail: str = ""
    first: bool = False
    dry: bool = False

    @property
    def same(self) -> bool:
        """True if the branch has what was built."""
        return not (self.new or self.changed or self.gone)


def run(
    root: Path,
    config: Config,
    *,
    dry: bool = False,
    replacing: bool = False,
    on_progress: Progress | None = None,
    now: datetime,
) -> PublishReport:
    """Publishes the digest at `root`; with `dry`, only reports what that would change.

    For `now`, see `build.run`. Raises DigestError if the content has errors, if the remote cannot
    be reached or rejects the push, or if files would be lost that Digest did not make and that are
    not to be replaced (`replacing`).
    """
    published = publish_branch.fetch_branch(root)
    if CONFIG_FILE in published.ids:
        what = f"the branch {publish_branch.NAME} contains a digest's own files, which publishing would delete"
        raise DigestError(f"{published.address}: {what}; move them to another branch first")
    _check_address(root, config, published, replacing=replacing)
    if damaged := store.read_all_ledgers(root).problems:
        raise Faults(damaged)  # published addresses and Atom ids would change
    source = publish_branch.source(root)
    site = root / _FOLDER
    built = build.run(root, config, output=site, on_progress=on_progress, now=now, dry=dry)
    if built.not_removed:
        raise DigestError("\n".join(built.not_removed))  # they would be published
    with lock.hold(root):
        ids = publish_branch.blob_ids(site, published.commit)
        last = published.last_publication()
        missing = published.missing_files(last, source.working_versions)
        if not replacing:
            _check_nothing_lost(site, published, last, missing, ids)
        cname = None if _CNAME in ids else _kept_name(config, published)
        warnings = [built.search_failure, built.unrecorded, built.secrets, *built.hints]
        warnings += _warnings(config, published, cname, _CNAME in ids, source.unpushed)
        branch, uncommitted = _source_notes(source, published.default)
        source_note = ", ".join(filter(None, (f"from {branch}" if branch else "", uncommitted)))
        report = replace(
            _compared(site, published, ids, cname),
            source_note=source_note,
            uncommitted=source.uncommitted,
            warnings=tuple(filter(None, warnings)),
            mail=_next_mail(root, config, now) if dry else "",
            dry=dry,
        )
        # Other clones cannot publish while the branch says that they lack a version of a file.
        if dry or (report.same and not missing):
            return report
        message = f"Publish {config.site.title}"
        if source.commit:
            state = ", ".join(filter(None, (branch, uncommitted)))
            message += f" from {source.commit}" + (f" ({state})" if state else "")
        commit = published.push(
            site, message=message, cname=cname, uncommitted=source.working_versions
        )
        return replace(report, commit=commit)


def _check_address(
    root: Path, config: Config, published: PublishedBranch, *, replacing: bool = False
) -> None:
    """Raises Faults if the url is an example or private, or not that of the custom domain.

    A custom domain that is only on the branch is dropped if Digest put it there, or if files of
    others are to be replaced (`replacing`).
    """
    url, expected = config.site.url, site_address.of_remote(published.address)
    kind = "" if url == expected else site_address.why_unreachable(url)
    if kind:
        line = config_lines(root).get(("site", 0, "url"), 0)
        what = f"url is {kind} {url}, so nothing is published"
        raise Faults([Problem(CONFIG_FILE, line, what, site_address.cure(expected))])
    file = custom_domain.FILE
    named = disk.read_inside(root, file)
    if named is None:
        file, named = f"{_CNAME} on {publish_branch.NAME}", published.read(_CNAME)
    problem = None if named is None else custom_domain.problem(named, url, file)
    if problem and file != custom_domain.FILE:
        if replacing or published.is_ours(_CNAME):
            return
        problem = problem._replace(
            cure=f"{problem.cure}, or give the domain up with 'digest publish --replace'"
        )
    if problem:
        raise Faults([problem._replace(kind=None)])


def _next_mail(root: Path, config: Config, now: datetime) -> str:
    """Returns which edition 'digest mail' would send once the site is published, and to whom; empty
    if it would send none."""
    settings = config.mail
    if not settings.via:
        return ""
    edition = next_mail.choose(next_mail.read(root, config, built_at=now)).edition
    if edition is None:
        return ""
    to = settings.to or f"the readers at {settings.via}"
    title = formatting.titled(edition.week, edition.title)
    return f"'digest mail --send' would send '{title}' to {to}"


def _check_nothing_lost(
    site: Path,
    published: PublishedBranch,
    last: Publication,
    missing: frozenset[FileVersion],
    ids: Mapping[str, str],
) -> None:
    """Raises DigestError if publishing would replace what Digest cannot bring back.

    `missing` are the uncommitted files of the `last` publication that are not here.
    """
    remote, replace_command = published.address, "'digest publish --replace'"
    # Published from a commit that is not here: stories may have been taken down in it.
    if commit := published.missing_source(last):
        what = f"the site on {publish_branch.NAME} was published from commit {commit}, which this branch does not have"
        cure = (
            "run 'git pull' first, or, where the commit was never pushed, push it; if it is lost, "
            f"replace the published site by this version with {replace_command}"
        )
        raise DigestError(f"{remote}: {what}; {cure}")
    # Published with files that were not committed, and are not here: a story may be hidden in them.
    # Where it was published, its editor may have changed them since.
    if missing and not published.is_from_here(last):
        were = "was" if len(missing) == 1 else "were"
        files = f"{count_of(len(missing), 'file')} that {were} not committed"
        named = and_more(publish_uncommitted.names(published.folder, missing), _MAX_NAMED)
        what = f"the site on {publish_branch.NAME} was published with {files}, which this branch does not have ({named})"
        cure = (
            "commit and push where it was published (if they have changed there since, publish there "
            "again), and run 'git pull' here; if they are lost, replace the published site by this "
            f"version with {replace_command}"
        )
        raise DigestError(f"{remote}: {what}; {cure}")
    # The site of another digest, by the id of its feed.
    feed = addresses.FEED
    theirs = marked_files.read_feed_id(published.read(feed) or b"")
    ours = marked_files.read_feed_id(disk.read(site / feed) or b"")
    if theirs and ours and theirs != ours:
        what = f"the branch {publish_branch.NAME} has a site with another id, {theirs}"
        cure = "if it is this digest under an earlier url or id, add --replace; if not, use another repository"
        raise DigestError(f"{remote}: {what}; {cure}")
    # Files that Digest did not put there.
    others = _files_of_others(published, ids) if published.commit else ()
    if others:
        count = count_of(len(others), "file") if len(others) > 1 else "a file"
        what = f"the branch {publish_branch.NAME} has {count} that Digest did not write ({and_more(others, _MAX_NAMED)})"
        cure = f"move them to content/static/ or to another branch, or replace them with {replace_command}"
        raise DigestError(f"{remote}: {what}; {cure}")


def _files_of_others(published: PublishedBranch, ids: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the files on the branch that are neither as Digest's last commit there has them, nor
    as this build does.

    If no commit is Digest's, as on a branch that was created again, pages and feeds are recognised
    by the mark in them, and the files of every build by the mark of the home page.
    """
    is_home = partial(marked_files.has_mark, "index.html")
    own = published.last_published_ids(is_home)
    others = []
    for path, id in published.ids.items():
        is_ours = id in (own.get(path), ids.get(path))
        if not is_ours and path not in {publish_branch.NO_JEKYLL, _CNAME}:
            others.append(path)
    if others and not own:
        home = published.read("index.html") or b""
        if is_home(home):
            unknown = [path for path in others if path not in ids]
            contents = published.read_all(unknown).items()
            others = [
                path for path, content in contents if not marked_files.has_mark(path, content)
            ]
    return tuple(others)


def _source_notes(source: Source, default: str) -> tuple[str, str]:
    """Returns which branch is published and with how many uncommitted files, in words.

    "" for the default branch, and for no such files.
    """
    if not source.commit:
        return "a repository without a commit", ""
    branch = f"branch {source.branch}" if source.branch else "no branch (a detached HEAD)"
    if source.branch == default if default else source.branch in _USUAL:
        branch = ""
    uncommitted = ""
    if source.uncommitted:
        uncommitted = f"with {count_of(len(source.uncommitted), 'uncommitted file')}"
    return branch, uncommitted


def _kept_name(config: Config, published: PublishedBranch) -> str | None:
    """Returns the custom domain that is only on the branch, where it has to stay.

    None if `url` is not at this domain, see `_check_address`.
    """
    content = published.read(_CNAME)
    if content is None or custom_domain.problem(content, config.site.url):
        return None
    return content.decode(errors="replace").strip()


def _compared(
    site: Path, published: PublishedBranch, ids: Mapping[str, str], cname: str | None
) -> PublishReport:
    """Returns what differs between branch and build, except for what publishing itself adds."""
    before = {path: id for path, id in published.ids.items() if path != publish_branch.NO_JEKYLL}
    changed = [path for path, id in ids.items() if before.get(path, id) != id]
    new = [path for path in ids if path not in before]
    gone = [path for path in before if path not in ids and not (cname and path == _CNAME)]
    pages = published.read_all(filter(reader_changes.is_page, (*changed, *gone)))
    rebuilt = {path: (site / path).read_bytes() for path in pages if path in ids}
    feeds = list(filter(reader_changes.is_followed, (*new, *changed)))
    return PublishReport(
        address=published.address,
        files=len(ids),
        new=tuple(new),
        changed=tuple(changed),
        gone=tuple(gone),
        vanished=reader_changes.lost_urls(pages, rebuilt, ids.keys()),
        feeds=reader_changes.all_changes(
            {path: published.read(path) for path in feeds},
            {path: (site / path).read_bytes() for path in feeds},
        ),
        first=not published.commit,
    )


def _warnings(
    config: Config, published: PublishedBranch, cname: str | None, named: bool, unpushed: int
) -> Iterator[str]:
    """Yields what is odd: a custom domain that is only on the branch, a url on another host, or
    commits that are not pushed."""
    url, expected = config.site.url, site_address.of_remote(published.address)
    on_github = all(urls.host_of(address).endswith(".github.io") for address in (url, expected))
    if cname:
        yield f"{_CNAME} ({cname}) is only on {publish_branch.NAME}; it is kept there, but add it to content/static/ as well"
    elif not named and on_github and url.casefold() != expected.casefold():
        yield f"digest.toml: url is {url}, but GitHub Pages serves this repository at {expected}; write that as url"
    if unpushed:
        commits = f"{count_of(unpushed, 'commit')} {'is' if unpushed == 1 else 'are'}"
        cure = "run 'git push', or 'digest publish' stops in every other clone"
        yield f"{commits} not pushed yet; {cure}"
