"""Publishes a site on a branch of the remote (`gh-pages`); the only importer of ghp-import.

    the remote's branch, fetched ──▶ PublishedBranch │ site ──▶ a commit on top ──▶ pushed, never by force

The working tree, the index and the user's branches stay untouched: the commit is made on a
temporary branch of our own. If someone else has published in the meantime, git rejects the push.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from digest import git, redact
from digest.commands import publish_uncommitted
from digest.commands.publish_uncommitted import FileVersion
from digest.errors import DigestError

REMOTE, NAME = "origin", "gh-pages"
NO_JEKYLL = ".nojekyll"
"""Tells GitHub to publish the files as they are."""
_OURS = "digest-publish-unfinished"
"""The temporary branch for the commit, deleted after the push."""
_LAST_OWN = "refs/worktree/digest-published"
"""What was last published from this working tree; git neither clones nor pushes it."""
_git = partial(git.run, need="digest publish")
_FROM = re.compile(r" from ([0-9a-f]{7,64})(?: \(.*\))?$")
"""The end of our commit's subject, with the commit that was published."""
_MADE = "Published-by: Digest"
"""A line in the message of each commit of ours, which identifies it."""
_OUTDATED = re.compile(r"fetch first|non-fast-forward|\bstale info\b|failed to update ref")
"""What git says of a push if the remote's branch has changed since we fetched it."""
_CURES = {
    r"permission denied|could not read (username|password)|authentication failed|access denied"
    r"|403|401|host key verification": (
        "log in to it first (an SSH key, a credential helper, or 'gh auth login')"
    ),
    r"could not resolve|unable to connect|connection (refused|timed out)|network is unreachable": (
        "check your network connection"
    ),
    r"not found|does not (exist|appear)|no such": (
        f"check the address of {REMOTE}: git remote get-url {REMOTE}"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a commit of ours on the branch says: from which commit (`source`) the site was built, ""
    if there was none yet, and with which files that were not committed. Empty without such a commit.
    """

    commit: str = ""
    source: str = ""
    uncommitted: frozenset[FileVersion] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedBranch:
    """What is on the branch: the `commit`, "" if the branch does not exist, and its files.

    `folder` is one of the repository; `address` is the remote's, without passwords; `default` is the
    name of its default branch, if known; `ids` has git's id of each file's content, by path.
    """

    folder: Path
    address: str
    commit: str = ""
    default: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """Returns the content of a file on the branch, None if there is none with that path."""
        if path not in self.ids:
            return None
        answer = _git(self.folder, "cat-file", "blob", self.ids[path])
        return answer.stdout if answer.returncode == 0 else None

    def read_all(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Returns the content of those files that are on the branch, by path, with one call of git."""
        wanted = [path for path in paths if path in self.ids]
        objects = [self.ids[path] for path in wanted]
        return dict(zip(wanted, git.contents(self.folder, objects, "digest publish"), strict=True))

    def last_published_ids(self, is_home: Callable[[bytes], bool]) -> Mapping[str, str]:
        """Returns the ids of the files that Digest last put on the branch; {} if it never did.

        Its commits say so, except those of an early version: for those `is_home` decides, given the
        home page.
        """
        for words, is_sure in ((_MADE, True), ("Publish ", False)):
            pattern = ("--extended-regexp", f"--grep=^{words}")
            found = _git(self.folder, "log", "-1", "--format=%H", *pattern, self.commit)
            commit = found.stdout.decode().strip()
            ids = _ids(self.folder, commit) if found.returncode == 0 and commit else {}
            if not ids:
                continue
            if is_sure or is_home(replace(self, ids=ids).read("index.html") or b""):
                return ids
        return {}

    def is_ours(self, path: str) -> bool:
        """True if a commit of ours put a file on the branch, and did not only keep it."""
        found = _git(self.folder, "log", "--format=%H", self.commit, "--", path)
        content, first = self.read(path) or b"", ""
        for commit in found.stdout.decode().split():
            blob = _git(self.folder, "cat-file", "blob", f"{commit}:{path}")
            if blob.returncode or blob.stdout.strip() != content.strip():
                break
            first = commit
        if not first:
            return False
        message = _git(self.folder, "log", "-1", "--format=%B", first).stdout
        return _MADE in message.decode(errors="replace").splitlines()

    def last_publication(self) -> Publication:
        """Returns what the last commit of ours says; fetches the history of a shallow clone for it.

        Without that history, an older commit could not be told from a newer one. Raises DigestError
        if it cannot be fetched.
        """
        last = self._last_publication()
        is_known = (
            last.source
            and not _git(self.folder, "cat-file", "-e", f"{last.source}^{{commit}}").returncode
        )
        if self.commit and not is_known:
            shallow = _git(self.folder, "rev-parse", "--is-shallow-repository").stdout
            if shallow.strip() == b"true":
                words = ("fetch", "--quiet", "--no-tags", "--unshallow", REMOTE)
                _ask(self.folder, self.address, *words)
                last = self._last_publication()
        return last

    def _last_publication(self) -> Publication:
        words = ("log", "-1", "--format=%H%n%B", f"--grep=^{_MADE}$", self.commit)
        log = _git(self.folder, *words)
        if not self.commit or log.returncode or not log.stdout:
            return Publication()
        commit, subject, *rest = log.stdout.decode(errors="replace").split("\n")
        source = _FROM.search(subject)
        return Publication(
            commit=commit,
            source=source[1] if source else "",
            uncommitted=publish_uncommitted.loads(rest),
        )

    def missing_source(self, last: Publication) -> str:
        """Returns the commit that the branch was published from, if HEAD does not include it.

        "" if it does, or if no commit of ours names one.
        """
        if not last.source:
            return ""
        included = _git(self.folder, "merge-base", "--is-ancestor", last.source, "HEAD")
        return "" if included.returncode == 0 else last.source

    def is_from_here(self, last: Publication) -> bool:
        """True if a site was published from this working tree."""
        # Killed while it pushed, it has left the temporary branch.
        refs = (_LAST_OWN, f"refs/heads/{_OURS}")
        found = [_git(self.folder, "rev-parse", "--verify", "--quiet", ref).stdout for ref in refs]
        return f"{last.commit}\n".encode() in found

    def missing_files(
        self, last: Publication, working_versions: Iterable[FileVersion]
    ) -> frozenset[FileVersion]:
        """Returns the uncommitted files that a site was published with, and that are neither in the
        working tree nor in the history of HEAD as they were then."""
        missing = last.uncommitted - {*working_versions}
        if missing:
            commits = f"{last.source}..HEAD" if last.source else "HEAD"
            missing -= publish_uncommitted.committed_versions(self.folder, commits)
        return missing

    def push(
        self,
        site: Path,
        *,
        message: str,
        cname: str | None,
        uncommitted: Iterable[FileVersion] = (),
    ) -> str:
        """Commits a folder's files on top of the branch, pushes the commit, and returns it.

        The `uncommitted` files that they were built from are noted in it. Raises DigestError if the
        remote rejects it; then the branch is as before, and no commit of ours is left.
        """
        branch = f"refs/heads/{_OURS}"
        start = (branch, self.commit) if self.commit else ("-d", branch)
        try:
            _ask(self.folder, self.address, "update-ref", *start)
            notes = "\n".join([_MADE, *publish_uncommitted.dumps(uncommitted)])
            _commit(self.folder, site, f"{message}\n\n{notes}", cname)
            made = _git(self.folder, "rev-parse", "--verify", "--quiet", branch)
            commit = made.stdout.decode().strip()
            if commit in {"", self.commit}:
                raise DigestError(
                    f"{self.folder}: git could not commit the site; is the disk full?"
                )
            words = ("push", "--quiet", REMOTE, f"{commit}:refs/heads/{NAME}")
            push = _git(self.folder, *words)
        finally:
            _git(self.folder, "update-ref", "-d", branch)
        if push.returncode:
            stderr = push.stderr.decode(errors="replace")
            if _OUTDATED.search(stderr):
                what = f"{NAME} was published to by someone else in the meantime; publish again"
                raise DigestError(f"{self.address}: {what}")
            raise DigestError(git_error(stderr, self.address))
        _git(self.folder, "update-ref", _LAST_OWN, commit)
        return commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is published: the short name of the `commit` in use, "" before the first, its `branch`.

    `uncommitted` are new, changed or deleted files, and `working_versions` what they are now;
    `unpushed` is the number of commits that the upstream branch does not have.
    """

    commit: str
    branch: str
    uncommitted: tuple[str, ...]
    working_versions: frozenset[FileVersion]
    unpushed: int


def fetch_branch(folder: Path) -> PublishedBranch:
    """Fetches the branch and returns what is on it; raises DigestError if the remote fails."""
    address = _remote(folder)
    answer = _ask(folder, address, "ls-remote", "--symref", REMOTE, "HEAD", f"refs/heads/{NAME}")
    heads = answer.decode()
    leads = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", heads, re.MULTILINE)
    default = leads[1] if leads and leads[1] != NAME else ""
    if not re.search(rf"\trefs/heads/{NAME}$", heads, re.MULTILINE):
        return PublishedBranch(folder=folder, address=address, default=default)
    tracked = f"refs/remotes/{REMOTE}/{NAME}"
    _ask(folder, address, "fetch", "--quiet", "--no-tags", REMOTE, f"+refs/heads/{NAME}:{tracked}")
    commit = _ask(folder, address, "rev-parse", tracked).decode().strip()
    return PublishedBranch(
        folder=folder,
        address=address,
        commit=commit,
        default=default,
        ids=_ids(folder, commit),
    )


def blob_ids(site: Path, same_format_as: str = "") -> dict[str, str]:
    """Returns git's id for each file in a folder, by path, sorted; see `blob_id`."""
    return {
        path.relative_to(site).as_posix(): blob_id(path.read_bytes(), same_format_as)
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }


def blob_id(content: bytes, same_format_as: str = "") -> str:
    """Returns git's id for a file's content.

    `same_format_as` is any id of the repository, which uses SHA-1 or SHA-256; SHA-1 without one.
    """
    kind = hashlib.sha256 if len(same_format_as) == 64 else hashlib.sha1
    return kind(b"blob %d\0" % len(content) + content).hexdigest()


def source(folder: Path) -> Source:
    """Returns the state of git for what a site is built from (`publish_uncommitted.SOURCES`)."""
    commit = _git(folder, "rev-parse", "--short", "--verify", "--quiet", "HEAD")
    branch = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    words = "--no-optional-locks status --porcelain -z --no-renames --untracked-files=all --"
    status = _git(folder, *words.split(), *publish_uncommitted.SOURCES)
    if status.returncode:  # uncommitted files would be published without a note of them
        why = status.stderr.decode(errors="replace").strip()
        raise DigestError(f"{folder}: git cannot tell which files are not committed: {why}")
    ahead = _git(folder, "rev-list", "--count", "@{upstream}..HEAD")
    inside = git.prefix(folder)
    is_gone = {}
    for row in filter(None, status.stdout.split(b"\0")):
        is_gone[os.fsdecode(row[3:]).removeprefix(inside)] = b"D" in row[:2]
    uncommitted = _without_moved_from(folder, inside, is_gone)
    return Source(
        commit=commit.stdout.decode().strip(),
        branch=branch.stdout.decode(errors="replace").strip(),
        uncommitted=uncommitted,
        working_versions=frozenset(publish_uncommitted.working_versions(folder, uncommitted)),
        unpushed=0 if ahead.returncode else int(ahead.stdout),
    )


def _without_moved_from(folder: Path, inside: str, is_gone: Mapping[str, bool]) -> tuple[str, ...]:
    """Returns the files that differ from the last commit; a moved file only by its new path.

    A moved file has the old name or the old content; git compares only staged files.
    """
    present = [file for file in is_gone if not is_gone[file]]
    if len(present) in {0, len(is_gone)}:
        return tuple(is_gone)
    old_ids = _ids(folder, "HEAD")
    names, ids = set[str](), set[str]()
    for file in present:
        names.add(Path(file).name)
        if (folder / file).is_file():
            content = (folder / file).read_bytes()
            ids.add(blob_id(content, next(iter(old_ids.values()), "")))
    changed = []
    for file in is_gone:
        is_moved = Path(file).name in names or old_ids.get(inside + file, "") in ids
        if not (is_gone[file] and is_moved):
            changed.append(file)
    return tuple(changed)


def _remote(folder: Path) -> str:
    inside = _git(folder, "rev-parse", "--is-inside-work-tree")
    if inside.returncode:
        lines = inside.stderr.decode(errors="replace").strip().splitlines()
        what = lines[-1] if lines else "git failed without an error message"
        if b"not a git repository" in inside.stderr:
            cure = "run 'git init', add the remote that you publish to, and publish again"
            what = f"is not in a git repository; {cure}"
        raise DigestError(f"{folder}: {what}")
    answer = _git(folder, "remote", "get-url", "--push", REMOTE)
    if answer.returncode:
        cure = f"'git remote add {REMOTE} …' with the address of the repository that you publish to"
        raise DigestError(f"{folder}: its repository has no remote called {REMOTE}; {cure}")
    return _address(answer.stdout.decode(errors="replace").strip())


def _commit(folder: Path, site: Path, message: str, cname: str | None) -> None:
    import ghp_import

    with _committer(folder), contextlib.chdir(folder):
        try:
            # No remote is called ".", so ghp-import leaves the branch where we have set it.
            ghp_import.ghp_import(
                str(site.resolve()),
                branch=_OURS,
                remote=".",
                mesg=message,
                nojekyll=True,
                cname=cname,
            )
        except (ghp_import.GhpError, OSError, TypeError) as error:  # TypeError: if git fails
            raise DigestError(f"{folder}: the site could not be committed: {error}") from None


@contextlib.contextmanager
def _committer(folder: Path) -> Iterator[None]:
    """Gives ghp-import the committer's name and address: it only looks in git's config."""
    answer = _git(folder, "var", "GIT_COMMITTER_IDENT")
    who = re.fullmatch(r"(.*) <(.*)> \d+ [+-]\d+\s*", answer.stdout.decode(errors="replace"))
    if answer.returncode or not who:
        cure = "git config user.name '…' and git config user.email '…'"
        raise DigestError(
            f"{folder}: git does not know your name and e-mail address; set them with {cure}"
        )
    before = {name: os.environ.get(name) for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")}
    os.environ |= {"GIT_COMMITTER_NAME": who[1], "GIT_COMMITTER_EMAIL": who[2]}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _ids(folder: Path, commit: str) -> dict[str, str]:
    listed = _git(folder, "ls-tree", "-r", "-z", "--full-tree", commit).stdout
    ids = {}
    for row in filter(None, listed.split(b"\0")):
        about, _, path = row.partition(b"\t")
        ids[os.fsdecode(path)] = about.split()[2].decode()
    return ids


def _ask(folder: Path, address: str, *words: str) -> bytes:
    answer = _git(folder, *words)
    if answer.returncode:
        raise DigestError(git_error(answer.stderr.decode(errors="replace"), address))
    return answer.stdout


def git_error(message: str, address: str) -> str:
    """Returns git's message about a remote in one line, with likely advice and without secrets."""
    lines = [_address(line.strip()) for line in message.splitlines() if line.strip()]
    telling = re.compile(r"denied|fatal|error|rejected|remote:", re.IGNORECASE)
    what = next(filter(telling.search, lines), lines[0] if lines else "nothing")
    for words, cure in _CURES.items():
        if re.search(words, message, re.IGNORECASE):
            return f"{address}: git says: {what}; {cure}"
    return f"{address}: git says: {what}"


def _address(text: str) -> str:
    """Returns a text without logins in its URLs, and with other secrets in them masked."""
    return redact.mask(text).replace("://…@", "://")
