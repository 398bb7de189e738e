"""What phones and browsers share, as the text of a story: a bare address, keys without their `---`, a bookmark file.

    https://news.example/a              a text with one address; words before it are the title, words after it the note
    Title: A⏎Link: https://…            front matter without its fences
    A page.url  A page.webloc           a bookmark, named after its page

Text and bytes in, text out. Refuses to guess: a text with several addresses, or none, stays as it is.
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
_LONGEST_TITLE = 200  # signs: what is longer is somebody's thoughts, and no headline


def story_text(text: str) -> str | None:
    """Returns the text of the story that a shared text stands for; None if it is none, or a story file already."""
    bare = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not bare.strip() or bare.startswith(FENCE):
        return None
    return _fenced(bare) or _of_address(bare)


def of_bookmark(name: str, content: bytes) -> str | None:
    """Returns the text of the story that a bookmark file stands for; None if it leads to no web page."""
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
    """Returns a text that begins with keys of a story, its link among them, with `---` above and below these."""
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
    """Returns a story with the one address of a text, the line before it as its title, and all other words as note."""
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
    """Returns a story's text; without a title its link's host is one, and it is a draft."""
    from digest.stories import yamlmatter  # only here: most pulls find nothing that was shared

    link = links.clean(link)
    title = " ".join(title.split())
    pairs = [("title", title or links.host(link)), ("link", link)]
    draft = "" if title else "draft: true\n"
    return f"---\n{yamlmatter.dump(pairs, {})}{draft}---\n\n" + (f"{note}\n" if note else "")


def _bare(address: str) -> str:
    """Returns an address without the signs that end the sentence around it."""
    bare = address.rstrip(_ENDS)
    return bare + ")" if "(" in bare and address.startswith(f"{bare})") else bare


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    return content.decode(encoding, errors="replace").replace("\r\n", "\n")
