"""Checks file names: finds files meant as a story, letter or page that are not read as named.

    x.md   x.markdown   x.MD                                  read, see `paths`
    letter.md and letter.markdown in one folder               an error that names both
    x.md.txt   x.txt   x   .x.md   Letter.md                  an error that gives the right name
    x.md~   .#x.md   ._x.md   .x.md.swp   x.md.orig   4913    backups and temporary files, ignored

Works on names only and never reads the disk.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from posixpath import basename

from digest.content import paths
from digest.errors import Problem
from digest.names import MARKDOWN, without_ending
from digest.week import Week

_ENDINGS = (*MARKDOWN, ".mdown", ".mdwn", ".mkdown", ".mkdn", ".mkd", ".mdtxt", ".mdtext", ".mdx",
            ".txt", ".text")  # fmt: skip
_TEMPORARY = (".#", "._", ".~", "~$", ".trashed-", ".pending-")
"""Prefixes of lock files, of macOS resource forks and of files in Android's trash."""
_ENDING = re.compile(r"\.\w+[~#]?\Z")
_BARE = re.compile(
    r"(?!\d+\Z|sed\w{6}\Z|(?:license|copying|makefile|cname|codeowners)\Z)[^#~$]+", re.IGNORECASE
)
"""A name without an ending that may be a text. `4913` (vim) and `sed -i`'s files do not match."""
_WEEK = re.compile(r"\d{4}/w\d{2}")
_ODD_WEEK = re.compile(r"(\d{4})/[wW]?(\d{1,2})")
_OTHERS = frozenset({"static", "ledger", "inbox"})
_FOLDERS = _OTHERS | {"themes", "pages"}
_LEFTOVER = re.compile(
    r"""[~\#]\Z | \.(?:bak|orig|rej|tmp|save|sw\w|new|old)\Z | ___\Z
    | \A(?: ~\$ | \d+\Z | sed\w{6}\Z | Thumbs\.db | desktop\.ini | Icon\r )""",
    re.IGNORECASE | re.VERBOSE,
)
"""Backups and temporary files of editors, git and operating systems."""


def is_text(name: str) -> bool:
    """True for the name of a text: it ends in .md or similar, in any case, or has no ending."""
    if name.startswith(_TEMPORARY):
        return False
    bare = name.rstrip(" .").lower()
    if bare.endswith(_ENDINGS):
        return True
    has_ending = name.startswith(".") or _ENDING.search(bare) is not None
    return not has_ending and _BARE.fullmatch(bare) is not None


def is_hidden_text(name: str) -> bool:
    """True for a text whose name begins with a dot, which hides it, so it is not read."""
    return name.startswith(".") and is_text(name)


def proper_name(name: str) -> str:
    """Returns the name that a text should have: `x.md` for `x.md.txt`, `x.txt`, `x` and `.x.md`."""
    stem = name.strip(" .")
    while stem.lower().endswith(_ENDINGS):
        end = next(end for end in _ENDINGS if stem.lower().endswith(end))
        stem = stem[: -len(end)].rstrip(" .")
    return f"{'letter' if stem.lower() == 'letter' else stem}.md"


def is_of_a_week(file: str) -> bool:
    """True for a text outside static/, ledger/, inbox/, themes/ and pages/: a story or letter."""
    return is_text(basename(file)) and _top(file) not in _FOLDERS


def problem(file: str, files: Container[str] = ()) -> Problem | None:
    """Returns what is wrong with the name or folder of a file that is not a story, or None.

    `files` are all files: it never says to move a file over one of them.
    """
    folder, name = paths.folder_of(file), basename(file)
    top = _top(file)
    is_cname = name.lower() == "cname" and folder.lower() in {"", "content", "static"}
    if is_cname and file != "content/static/CNAME":
        right = "content/static/CNAME"
        cure = _cure(f"rename it to {right}", right, files)
        return Problem(file, 0, "is not read as the custom domain", cure)
    if top.lower() in _FOLDERS and top not in _FOLDERS and "/" in file.removeprefix("content/"):
        cure = f"rename it to content/{top.lower()}/"
        return Problem(file, 0, f"is in content/{top}/, which is not read", cure)
    if top in _OTHERS or not is_text(name) or name.lower().startswith("readme"):
        return None
    if paths.is_letter(file) or paths.is_in(file, "themes") or paths.is_in(file, "pages"):
        return None
    if file == paths.SHEET:
        return None
    if folder in {"themes", "pages"} or _WEEK.fullmatch(folder):
        right = proper_name(name)
        cure = _cure(f"rename it to {right}", f"content/{folder}/{right}", files)
        if is_hidden_text(name):
            what = "is hidden by the dot before its name, so it is not read"
            return Problem(file, 0, what, cure)
        return Problem(file, 0, f"is not a {_kind(file)}'s name", cure)
    if not name.lower().rstrip(" .").endswith(_ENDINGS):
        return None
    if top in {"themes", "pages"}:
        what = f"is in a folder within {top}, where nothing is read"
        cure = _cure(f"move it to content/{top}/", f"content/{top}/{name}", files)
        return Problem(file, 0, what, cure)
    target = "one such as content/2026/w20/"
    if odd := _ODD_WEEK.fullmatch(folder):
        with suppress(ValueError):  # the year has no such week
            target = f"content/{Week(int(odd[1]), int(odd[2])).folder}/"
    cure = _cure(f"move it to {target}", f"{target}{name}", files)
    return Problem(file, 0, "is not in a week's folder", cure)


def duplicate_problems(files: Iterable[str]) -> Iterator[Problem]:
    """Yields an error for each letter and introduction that exists again with another ending.

    Two pages with the same name are an error elsewhere: they have the same address.
    """
    files_by_name: dict[str, list[str]] = defaultdict(list)
    for file in files:
        if paths.is_letter(file) or paths.is_in(file, "themes"):
            files_by_name[without_ending(file)].append(file)
    for several in files_by_name.values():
        first, *others = sorted(several, key=lambda file: (not file.endswith(".md"), file))
        for file in others:
            cure = "put what you want to keep into one of them, and delete the other"
            yield Problem(file, 0, f"is the same {_kind(file)} as {first}", cure)


def is_left_out(file: str) -> bool:
    """True for a file beside stories or pages that is not published, unless it is a leftover."""
    folder, name = paths.folder_of(file), basename(file)
    here = folder in {"themes", "pages"} or _WEEK.fullmatch(folder) is not None
    return here and not (is_text(name) or paths.copied(file) or _LEFTOVER.search(name))


def _cure(words: str, target: str, files: Container[str]) -> str:
    """Returns these words, which say to move a file to `target`, unless that would overwrite one."""
    if target in files:
        return f"{target} is there too: put what you want to keep into it, and delete this file"
    return words


def _kind(file: str) -> str:
    """Returns what a file is meant to be, by its folder and name."""
    if _top(file) in {"themes", "pages"}:
        return "page" if _top(file) == "pages" else "theme introduction"
    return "letter" if proper_name(basename(file)) == "letter.md" else "story"


def _top(file: str) -> str:
    return file.removeprefix("content/").partition("/")[0]
