"""The branch that a site is published on, as it stands on the remote; the one importer of ghp-import.

    remote's branch, fetched ──▶ what stands there │ site ──▶ a commit on top of it ──▶ pushed, never by force

Refuses to touch the working tree, the index and every branch of the user's: the commit is made under a name of its own
and pushed from there. Somebody else's newer publication makes git refuse the push, and so do we.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from digest import git, redact
from digest.errors import DigestError

REMOTE, NAME = "origin", "gh-pages"
NO_JEKYLL = ".nojekyll"
"""Tells GitHub to publish the files as they are."""
_OURS = "digest-publish-unfinished"
"""The branch on which the commit is made; it is gone when the push is done."""
_NEED = "digest publish"
_FROM = re.compile(r" from ([0-9a-f]{7,64})(?: \(.*\))?$")
"""The end of such a commit's subject, which names the commit that was published."""
_MADE = "Published-by: Digest"
"""A line in the message of each commit that we make, by which we recognise it."""
_CURES = {
    r"permission denied|could not read (username|password)|authentication failed|access denied|403|401|"
    r"host key verification": "log in to it first (an SSH key, a credential helper, or 'gh auth login')",
    r"could not resolve|unable to connect|connection (refused|timed out)|network is unreachable": (
        "check your network connection"
    ),
    r"not found|does not (exist|appear)|no such": f"check the address of {REMOTE}: git remote get-url {REMOTE}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands on the branch: the `commit`, empty where there is no such branch yet, and its files' ids.

    `address` is the remote's, without passwords, `default` the name of its default branch, as far as it is known; `ids`
    has git's id of each file's content, by path.
    """

    address: str
    commit: str = ""
    default: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is published: the short name of the `commit` that is checked out, "" before the first, and its `branch`.

    `uncommitted` are the files that git sees as new or changed, `unpushed` the commits that the upstream branch lacks.
    """

    commit: str
    branch: str
    uncommitted: tuple[str, ...]
    unpushed: int


def look(folder: Path) -> Standing:
    """Fetches the branch and returns what stands on it; raises DigestError where there is no remote to be reached."""
    address = _remote(folder)
    heads = _told(
        folder, address, "ls-remote", "--symref", REMOTE, "HEAD", f"refs/heads/{NAME}"
    ).decode()
    leads = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", heads, re.MULTILINE)
    default = leads[1] if leads and leads[1] != NAME else ""
    if not re.search(rf"\trefs/heads/{NAME}$", heads, re.MULTILINE):
        return Standing(address=address, default=default)
    tracked = f"refs/remotes/{REMOTE}/{NAME}"
    _told(folder, address, "fetch", "--quiet", "--no-tags", REMOTE, f"+refs/heads/{NAME}:{tracked}")
    commit = _told(folder, address, "rev-parse", tracked).decode().strip()
    return Standing(address=address, commit=commit, default=default, ids=_ids(folder, commit))


def published(
    folder: Path, standing: Standing, is_home: Callable[[bytes], bool]
) -> Mapping[str, str]:
    """Returns the ids of the files that Digest last put on the branch; none where it never did.

    Its commits say so; of one by an early version, which did not, `is_home` tells by what its home page says.
    """
    for words, is_sure in ((_MADE, True), ("Publish ", False)):
        pattern = ("--extended-regexp", f"--grep=^{words}")
        found = git.run(folder, "log", "-1", "--format=%H", *pattern, standing.commit, need=_NEED)
        commit = found.stdout.decode().strip()
        ids = _ids(folder, commit) if found.returncode == 0 and commit else {}
        if ids and (
            is_sure or is_home(read(folder, replace(standing, ids=ids), "index.html") or b"")
        ):
            return ids
    return {}


def is_ours(folder: Path, standing: Standing, path: str) -> bool:
    """Tells whether a commit of Digest's put a file on the branch, and not one that only kept what was there."""
    found = git.run(folder, "log", "--format=%H", standing.commit, "--", path, need=_NEED)
    content, first = read(folder, standing, path) or b"", ""
    for commit in found.stdout.decode().split():
        blob = git.run(folder, "cat-file", "blob", f"{commit}:{path}", need=_NEED)
        if blob.returncode or blob.stdout.strip() != content.strip():
            break
        first = commit
    message = (
        git.run(folder, "log", "-1", "--format=%B", first, need=_NEED).stdout if first else b""
    )
    return _MADE in message.decode(errors="replace").splitlines()


def read_all(folder: Path, standing: Standing, paths: Iterable[str]) -> dict[str, bytes]:
    """Returns the content of those of the files that are on the branch, by path, asked of git in one go."""
    wanted = [path for path in paths if path in standing.ids]
    objects = [standing.ids[path] for path in wanted]
    return dict(zip(wanted, git.contents(folder, objects, _NEED), strict=True))


def read(folder: Path, standing: Standing, path: str) -> bytes | None:
    """Returns the content of a file on the branch, None where it has none of that path."""
    if path not in standing.ids:
        return None
    answer = git.run(folder, "cat-file", "blob", standing.ids[path], need=_NEED)
    return answer.stdout if answer.returncode == 0 else None


def id_of(content: bytes, like: str = "") -> str:
    """Returns the id that git gives to a file's content, in the kind of repository that has ids `like` this one."""
    kind = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return kind(b"blob %d\0" % len(content) + content).hexdigest()


def put(folder: Path, site: Path, standing: Standing, *, message: str, cname: str | None) -> str:
    """Commits a folder's files on top of what stands on the branch, pushes it, and returns the commit.

    Raises DigestError where the remote refuses; then nothing stands there but what did, and no commit of ours is left.
    """
    try:
        _begin(folder, standing)
        _commit(folder, site, f"{message}\n\n{_MADE}", cname)
        made = git.run(
            folder, "rev-parse", "--verify", "--quiet", f"refs/heads/{_OURS}", need=_NEED
        )
        commit = made.stdout.decode().strip()
        if commit in {"", standing.commit}:
            raise DigestError(f"{folder}: git could not commit the site; is the disk full?")
        _push(folder, commit, standing.address)
        return commit
    finally:
        git.run(folder, "update-ref", "-d", f"refs/heads/{_OURS}", need=_NEED)


def source(folder: Path, places: Iterable[str]) -> Source:
    """Returns what of git's would be published: `places` are the files and folders that a site is built from."""
    commit = git.run(folder, "rev-parse", "--short", "--verify", "--quiet", "HEAD", need=_NEED)
    branch = git.run(folder, "symbolic-ref", "--quiet", "--short", "HEAD", need=_NEED)
    words = (
        "--no-optional-locks",
        "status",
        "--porcelain",
        "-z",
        "--no-renames",
        "--untracked-files=all",
    )
    status = git.run(folder, *words, "--", *places, need=_NEED)
    ahead = git.run(folder, "rev-list", "--count", "@{upstream}..HEAD", need=_NEED)
    inside = git.prefix(folder)
    rows = {
        os.fsdecode(row[3:]).removeprefix(inside): b"D" in row[:2]
        for row in status.stdout.split(b"\0")
        if row
    }
    return Source(
        commit=commit.stdout.decode().strip(),
        branch=branch.stdout.decode(errors="replace").strip(),
        uncommitted=_each_once(folder, inside, rows),
        unpushed=0 if ahead.returncode else int(ahead.stdout),
    )


def _each_once(folder: Path, inside: str, rows: Mapping[str, bool]) -> tuple[str, ...]:
    """Returns the files that differ from the last commit, given with whether each is gone; a moved one by its new path.

    A moved or renamed file has the old name or the old content; git itself compares no file that is not staged.
    """
    gone, there = (
        tuple(file for file in rows if rows[file] is is_gone) for is_gone in (True, False)
    )
    if not (gone and there):
        return tuple(rows)
    ids = _ids(folder, "HEAD")
    had = {file: ids.get(inside + file, "") for file in gone}
    names = {Path(file).name for file in there}
    contents = {
        id_of((folder / file).read_bytes(), had[gone[0]])
        for file in there
        if (folder / file).is_file()
    }
    return tuple(
        file
        for file in rows
        if not (file in had and (Path(file).name in names or had[file] in contents))
    )


def missing_source(folder: Path, standing: Standing) -> str:
    """Returns the commit that the branch was published from, if the one checked out here does not have it behind it.

    "" if it does, or if no commit of ours names one.
    """
    said = git.run(
        folder, "log", "-1", "--format=%s", f"--grep=^{_MADE}$", standing.commit, need=_NEED
    )
    found = (
        _FROM.search(said.stdout.decode(errors="replace"))
        if standing.commit and said.returncode == 0
        else None
    )
    if found is None:
        return ""
    is_here = (
        git.run(folder, "cat-file", "-e", f"{found[1]}^{{commit}}", need=_NEED).returncode == 0
    )
    if (
        not is_here
        and git.run(folder, "rev-parse", "--is-shallow-repository", need=_NEED).stdout.strip()
        == b"true"
    ):
        return ""  # older commits are not here, and this may be one
    is_behind = (
        git.run(folder, "merge-base", "--is-ancestor", found[1], "HEAD", need=_NEED).returncode == 0
    )
    return "" if is_behind else found[1]


def _remote(folder: Path) -> str:
    inside = git.run(folder, "rev-parse", "--is-inside-work-tree", need=_NEED)
    if inside.returncode:
        what = "is not in a git repository; run 'git init', add the remote that you publish to, and publish again"
        raise DigestError(
            f"{folder}: {what if b'not a git repository' in inside.stderr else _last(inside.stderr)}"
        )
    answer = git.run(folder, "remote", "get-url", "--push", REMOTE, need=_NEED)
    if answer.returncode:
        cure = f"'git remote add {REMOTE} …' with the address of the repository that you publish to"
        raise DigestError(f"{folder}: its repository has no remote called {REMOTE}; {cure}")
    return _address(answer.stdout.decode(errors="replace").strip())


def _begin(folder: Path, standing: Standing) -> None:
    """Sets our branch to what stands on the remote's, or to nothing."""
    words = ("update-ref", f"refs/heads/{_OURS}", standing.commit) if standing.commit else ()
    _told(folder, standing.address, *(words or ("update-ref", "-d", f"refs/heads/{_OURS}")))


def _commit(folder: Path, site: Path, message: str, cname: str | None) -> None:
    import ghp_import

    with _committer(folder), contextlib.chdir(folder):
        try:
            # No remote has the name ".": the branch is where we have set it, and stays there.
            ghp_import.ghp_import(
                str(site.resolve()),
                branch=_OURS,
                remote=".",
                mesg=message,
                nojekyll=True,
                cname=cname,
            )
        except (
            ghp_import.GhpError,
            OSError,
            TypeError,
        ) as error:  # TypeError: how it fails to say that git failed
            raise DigestError(f"{folder}: the site could not be committed: {error}") from None


@contextlib.contextmanager
def _committer(folder: Path) -> Iterator[None]:
    """Names who commits to ghp-import, which asks git's settings alone and takes nobody for an answer."""
    answer = git.run(folder, "var", "GIT_COMMITTER_IDENT", need=_NEED)
    who = re.fullmatch(r"(.*) <(.*)> \d+ [+-]\d+\s*", answer.stdout.decode(errors="replace"))
    if answer.returncode or not who:
        cure = "git config user.name '…' and git config user.email '…'"
        raise DigestError(
            f"{folder}: git does not know your name and email address; set them with {cure}"
        )
    before = {name: os.environ.get(name) for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")}
    os.environ |= {"GIT_COMMITTER_NAME": who[1], "GIT_COMMITTER_EMAIL": who[2]}
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ |= {} if value is None else {name: value}


def _push(folder: Path, commit: str, address: str) -> None:
    answer = git.run(folder, "push", "--quiet", REMOTE, f"{commit}:refs/heads/{NAME}", need=_NEED)
    said = answer.stderr.decode(errors="replace")
    if answer.returncode and re.search(
        r"fetch first|non-fast-forward|\bstale info\b|failed to update ref", said
    ):
        raise DigestError(
            f"{address}: {NAME} was published to by someone else in the meantime; publish again"
        )
    if answer.returncode:
        raise DigestError(refusal(said, address))


def _ids(folder: Path, commit: str) -> dict[str, str]:
    listed = git.run(folder, "ls-tree", "-r", "-z", "--full-tree", commit, need=_NEED).stdout
    rows = (row.partition(b"\t") for row in listed.split(b"\0") if row)
    return {os.fsdecode(path): about.split()[2].decode() for about, _, path in rows}


def _told(folder: Path, address: str, *words: str) -> bytes:
    answer = git.run(folder, *words, need=_NEED)
    if answer.returncode:
        raise DigestError(refusal(answer.stderr.decode(errors="replace"), address))
    return answer.stdout


def refusal(said: str, address: str) -> str:
    """Returns what git says of a remote that it cannot use as one line, with the likely cure and without secrets."""
    lines = [_address(line.strip()) for line in said.splitlines() if line.strip()]
    cure = next(
        (cure for pattern, cure in _CURES.items() if re.search(pattern, said, re.IGNORECASE)), ""
    )
    telling = [
        line
        for line in lines
        if re.search(r"denied|fatal|error|rejected|remote:", line, re.IGNORECASE)
    ]
    what = (telling or lines or ["nothing"])[0]
    return f"{address}: git says: {what}" + (f"; {cure}" if cure else "")


def _address(text: str) -> str:
    """Returns a text without the logins in its addresses, and with other secrets in them masked."""
    return redact.mask(text).replace("://…@", "://")


def _last(said: bytes) -> str:
    return (
        said.decode(errors="replace").strip().splitlines()
        or ["git failed without an error message"]
    )[-1]
