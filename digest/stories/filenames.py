"""Names of files that are meant to be a story, a letter or a page, but that nothing would read, and their right names.

    x.markdown   x.MD   x.md.txt   x   .x.md   Letter.md        an error that names the file and its right name
    x.md~   .#x.md   ._x.md   .x.md.swp   x.md.orig   4913      left behind by editors and systems, passed over

Text in, text out. Goes by the name alone: nothing here looks at the disk.
"""

from __future__ import annotations

import re

from digest.errors import Problem
from digest.stories import paths

_ENDINGS = (".md", ".markdown", ".mdown", ".mdwn", ".mkdown", ".mkdn", ".mkd", ".mdtxt", ".mdtext", ".mdx",
            ".txt", ".text")  # fmt: skip
_TEMPORARY = (".#", "._", ".~", "~$", ".trashed-", ".pending-")
"""What the names of lock files, of macOS's resource forks and of Android's bin begin with."""
_ENDING = re.compile(r"\.\w+[~#]?\Z")
_BARE = re.compile(r"(?!\d+\Z|sed\w{6}\Z|(?:license|copying|makefile|cname|codeowners)\Z)[^#~$]+", re.IGNORECASE)
"""A name without an ending that may be a text's: vim's `4913` and the files of `sed -i` are none."""
_WEEK = re.compile(r"\d{4}/w\d{2}")
_ODD_WEEK = re.compile(r"(\d{4})/[wW]?(\d{1,2})")
_OTHERS = frozenset({"static", "ledger", "inbox"})
_LEFTOVER = re.compile(
    r"[~#]\Z|\.(?:bak|orig|rej|tmp|save|sw\w|new|old)\Z|\A(?:~\$|\d+\Z|sed\w{6}\Z|Thumbs\.db|desktop\.ini|Icon\r)|___\Z",
    re.IGNORECASE,
)
"""What editors, git and systems leave beside a file."""


def is_text(name: str) -> bool:
    """True for a file name that people give to a text: it ends in .md or the like, in any case, or in nothing."""
    if name.startswith(_TEMPORARY):
        return False
    bare = name.rstrip(" .").lower()
    if bare.endswith(_ENDINGS):
        return True
    return not name.startswith(".") and not _ENDING.search(bare) and _BARE.fullmatch(bare) is not None


def is_hidden_text(name: str) -> bool:
    """True for a text whose name begins with a dot, so that it is not read as a story or page."""
    return name.startswith(".") and is_text(name)


def proper(name: str) -> str:
    """Returns the name that a text should have: `x.md` for `x.markdown`, `x.MD`, `x.md.txt`, `x` and `.x.md`."""
    stem = name.strip(" .")
    while end := next((end for end in _ENDINGS if stem.lower().endswith(end)), ""):
        stem = stem[: -len(end)].rstrip(" .")
    return f"{'letter' if stem.lower() == 'letter' else stem}.md"


def is_of_a_week(file: str) -> bool:
    """True for a text that lies where only stories and letters can be meant, even if nothing reads it there."""
    return is_text(file.rpartition("/")[2]) and _top(file) not in _OTHERS | {"themes", "pages"}


def problem(file: str) -> Problem | None:
    """Returns what is wrong with the name or folder of a file that is neither story nor letter; None if nothing is."""
    folder, name = paths.folder_of(file), file.rpartition("/")[2]
    top = _top(file)
    if top in _OTHERS or not is_text(name) or name.lower().startswith("readme"):
        return None
    if folder in {"themes", "pages"}:
        return _misnamed(file, name, "page" if folder == "pages" else "theme introduction")
    if _WEEK.fullmatch(folder):
        return None if paths.is_letter(file) else _misnamed(file, name, _kind(name))
    if not name.lower().rstrip(" .").endswith(_ENDINGS):
        return None
    if top in {"themes", "pages"}:
        return Problem(file, 0, f"lies in a folder within {top}, where nothing is read", f"move it to content/{top}/")
    odd = _ODD_WEEK.fullmatch(folder)
    place = f"content/{odd[1]}/w{odd[2]:0>2}/" if odd else "one such as content/2026/w20/"
    return Problem(file, 0, "lies in no week's folder", f"move it to {place}")


def is_left_out(file: str) -> bool:
    """True for a file among stories and pages that is not published: no text, no picture, and no editor's leftover."""
    folder, name = paths.folder_of(file), file.rpartition("/")[2]
    here = folder in {"themes", "pages"} or _WEEK.fullmatch(folder) is not None
    return here and not (is_text(name) or paths.copied(file) or _LEFTOVER.search(name))


def _misnamed(file: str, name: str, kind: str) -> Problem | None:
    right = proper(name)
    if name == right:
        return None
    if is_hidden_text(name):
        return Problem(file, 0, "is hidden by the dot before its name, so it is not read", f"rename it to {right}")
    return Problem(file, 0, f"is not a {kind}'s name", f"rename it to {right}")


def _kind(name: str) -> str:
    return "letter" if proper(name) == "letter.md" else "story"


def _top(file: str) -> str:
    return file.removeprefix("content/").partition("/")[0]
