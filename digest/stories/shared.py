"""Turns what phones and browsers share into the text of a story: a URL, front matter without `---`, a bookmark file.

    https://news.example/a              a text with one URL; the line before it is the title, the rest is the note
    Title: A⏎Link: https://…            front matter without its `---` lines
    A page.url  A page.webloc           a bookmark file, named after its page

Nothing is guessed: a text with several URLs, or with none, is left as it is.
"""

from __future__ import annotations

import contextlib
import plistlib
import re
from pathlib import PurePosixPath
from xml.parsers.expat import ExpatError

from digest import links
from digest.stories.frontmatter import FENCE
from digest.stories.storyfile import KEYS

BOOKMARKS = frozenset({".url", ".webloc", ".desktop"})

_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_MARKDOWN = re.compile(r"\[(?P<title>[^\]\n]+)\]\((?P<link>https?://[^\s()]+)\)", re.IGNORECASE)
_KEY = re.compile(r"([A-Za-z]+)([ \t]*:(?:[ \t].*)?)")
_SHORTCUT = re.compile(r"^(URL|Name)[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_ENDS = ".,;:!?'’”)]"
_LONGEST_TITLE = 200  # characters; a longer first line is a note, not a headline


def story_text(text: str) -> str | None:
    """Converts a shared text to the text of a story; None if it has no single URL, or is a story file already."""
    bare = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not bare.strip() or bare.startswith(FENCE):
        return None
    return _fenced(bare) or _of_address(bare)


def of_bookmark(name: str, content: bytes) -> str | None:
    """Converts a bookmark file to the text of a story; None if it does not link to a web page."""
    address, title = "", PurePosixPath(name).stem
    if content.lstrip()[:6] in {b"<?xml ", b"bplist", b"<plist", b"<!DOCT"}:
        with contextlib.suppress(plistlib.InvalidFileException, ExpatError, ValueError, TypeError, KeyError):
            address = str(plistlib.loads(content)["URL"])
    else:
        said = {key.lower(): value for key, value in _SHORTCUT.findall(_decoded(content))}
        address, title = said.get("url", ""), said.get("name") or title
    link = links.web_link(address)
    return _text(title, link) if link else None


def _fenced(text: str) -> str | None:
    """Adds `---` around the keys that a text begins with; None if it does not begin with keys, a `link` among them."""
    lines = text.split("\n")
    end = next((number for number, line in enumerate(lines) if not line.strip() or line.rstrip() == FENCE), len(lines))
    keys: list[str] = []
    for number, line in enumerate(lines[:end]):
        found = _KEY.fullmatch(line)
        if found and found[1].lower() in KEYS:
            keys.append(found[1].lower())
            lines[number] = found[1].lower() + found[2]
        elif not keys or not line.startswith((" ", "\t", "-")):
            return None
    if "link" not in keys:
        return None
    below = lines[end + 1 :] if end < len(lines) else []
    return "\n".join([FENCE, *lines[:end], FENCE, "", *below]).rstrip("\n") + "\n"


def _of_address(text: str) -> str | None:
    """Makes a story of a text with one URL: the first line before it is the title, all other text the note."""
    marked = _MARKDOWN.fullmatch(text.strip())
    if marked:
        link = links.web_link(marked["link"])
        return _text(marked["title"], link) if link else None
    found = list(_ADDRESS.finditer(text))
    if len({_bare(one[0]) for one in found}) != 1:
        return None
    address, start = _bare(found[0][0]), found[0].start()
    link = links.web_link(address)
    if link is None:
        return None
    before = [line.strip(" \t<") for line in text[:start].split("\n")]
    words = [line for line in before if line]
    after = text[start + len(address) :].replace(address, f"<{link}>").lstrip(">.,;:").strip()
    title = words[0].lstrip("#").strip() if words and len(words[0]) <= _LONGEST_TITLE else ""
    return _text(title, link, "\n\n".join(filter(None, ["\n".join(words[1:] if title else words), after])))


def _text(title: str, link: str, note: str = "") -> str:
    """Returns a story's text. Without a title it gets the host of its link as one, and is a draft."""
    from digest.stories import yamlmatter  # slow to import, and few pulls find something shared

    link = links.clean(link)
    title = " ".join(title.split())
    pairs = [("title", title or links.host(link)), ("link", link)]
    draft = "" if title else "draft: true\n"
    return f"---\n{yamlmatter.dump(pairs, {})}{draft}---\n\n" + (f"{note}\n" if note else "")


def _bare(address: str) -> str:
    """Returns a URL without the punctuation of the sentence around it."""
    bare = address.rstrip(_ENDS)
    return bare + ")" if "(" in bare and address.startswith(f"{bare})") else bare


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    return content.decode(encoding, errors="replace").replace("\r\n", "\n")
