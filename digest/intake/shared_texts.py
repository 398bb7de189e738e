"""Turns what phones and browsers share into the text of a story.

    https://news.example/a              a text with one URL: the line before it is the title, the
                                        rest is the note
    Title: A⏎Link: https://…            front matter without its `---` lines
    A page.url  A page.webloc           a bookmark file, named after its page

Nothing is guessed: a text with no URL or with several, or one that may be meant as front matter, is
not converted, and `problem_in` says what is wrong with it.
"""

from __future__ import annotations

import contextlib
import plistlib
import re
from pathlib import PurePosixPath

from digest import urls
from digest.content import typos
from digest.content.front_matter import FENCE
from digest.content.story_file import KEYS
from digest.errors import Problem, suggestion

BOOKMARKS = frozenset({".url", ".webloc", ".desktop"})

_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_MARKDOWN = re.compile(r"\[(?P<title>[^\]\n]+)\]\((?P<link>https?://[^\s()]+)\)", re.IGNORECASE)
_KEY = re.compile(r"([A-Za-z]+)([ \t]*:(?:[ \t].*)?)")
_LIKE_KEY = re.compile(r"[\W_]*([A-Za-z]+)[ \t]*[\"'*_`’”]*[ \t]*[:：=∶]")
"""A key as people mistype it: `* title: x`, `"title": x`, `title = x`, `title:x`."""
_BARE_KEY = re.compile(r"[\W_]*(?:(title|link)\b|(headline)[ \t]*[“”„\"'‘’])", re.IGNORECASE)
"""A key without its colon."""
_ONE_WORD = re.compile(r"[\W_]*[^\W\d_]+[ \t]*[-–—<\"“]*[ \t]*")
_OPENERS = "([{\"'“‘=`"
_SHORTCUT = re.compile(r"^(URL|Name)[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_SENTENCE_MARKS = ".,;:!?'’”)]"
_MAX_TITLE = 200
"""Characters; a longer first line is a note, not a headline."""


def story_text(text: str) -> str | None:
    """Converts a shared text to the text of a story; None if it is one, or has a problem."""
    bare = _unix_lines(text).strip("\n")
    if not bare.strip() or bare.startswith(FENCE):
        return None
    return _with_fences(bare) or (None if problem_in(text, "") else _story_of_url(bare))


def problem_in(text: str, file: str) -> Problem | None:
    """Returns why a text is not a headline with a URL; None if it is, or begins with `---`.

    Doubtful texts count as faulty, since a line that is mistaken for a headline would be published.
    """
    lines = _unix_lines(text).split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    first = filled[0] if filled else 0
    if lines[first].startswith(FENCE):
        return None
    if typos.is_like_fence(lines[first]):
        return typos.no_fence(lines[first], file)._replace(line=first + 1)
    found = []
    for number, line in enumerate(lines):
        found += [(number, _without_punctuation(address)) for address in _ADDRESS.findall(line)]
    if not found:
        what = "has no URL (https://…)"
        return Problem(file, 0, what, "a URL alone is enough, or the lines title: and link:")
    if wrong := _key_problem(lines, first, found[0][0], file):
        return wrong
    count = len({address for _, address in found})
    if count > 1:
        cure = "which is the story's? write title: and link: above the rest, which is your note"
        return Problem(file, 0, f"has {'two' if count == 2 else count} URLs", cure)
    number, address = found[0]
    for above, line in enumerate(lines[:number], start=1):
        if typos.is_like_fence(line):
            what = f"a line '{line.strip()}' is between the headline and the URL"
            return Problem(file, above, what, "delete it, or write title: and link: instead")
    if _is_inside(lines[number], address) and not _MARKDOWN.fullmatch("\n".join(lines).strip()):
        cure = "put it on a line of its own, below the headline"
        return Problem(file, number + 1, "the URL is within other text", cure)
    return None


def bookmark_text(name: str, content: bytes) -> str | None:
    """Converts a bookmark file to the text of a story; None if it does not link to a web page."""
    address, title = "", PurePosixPath(name).stem
    if content.lstrip()[:6] in {b"<?xml ", b"bplist", b"<plist", b"<!DOCT"}:
        # plistlib does not document everything that it raises.
        with contextlib.suppress(Exception):
            address = str(plistlib.loads(content)["URL"])
    else:
        encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
        text = content.decode(encoding, errors="replace").replace("\r\n", "\n")
        said = {key.lower(): value for key, value in _SHORTCUT.findall(text)}
        address, title = said.get("url", ""), said.get("name") or title
    link = urls.web_link(address)
    return _story_file(title, link) if link else None


def _key_problem(lines: list[str], first: int, addressed: int, file: str) -> Problem | None:
    """Returns what is wrong with the keys of a text, if it looks like front matter.

    Only lines down to the end of the paragraph of the first URL count; below is the note. `first`
    is the first line with text, `addressed` the line of that URL.
    """
    end = addressed
    while end < len(lines) and lines[end].strip():
        end += 1
    below = min(end, len(lines) - 1)
    while below < len(lines) - 1 and not lines[below].strip():
        below += 1
    if not _is_like_front_matter(lines, first, addressed, end):
        return None
    if typos.is_like_fence(lines[below]):
        end = below + 1
    wrong = []
    for number, line in enumerate(lines[first:end], start=first + 1):
        key = _KEY.fullmatch(line)
        if not line.strip() or (key and key[1].lower() in KEYS):
            continue
        if number > first + 1 and line.startswith((" ", "\t", "- ")):
            continue
        tests = (_LIKE_KEY.match, _BARE_KEY.match, _ADDRESS.search, typos.is_like_fence)
        wrong.append((not any(test(line) for test in tests), number, line))
    if not wrong:
        return Problem(file, first + 1, "there is no 'link'", "add link: … to the lines at the top")
    _, number, line = min(wrong)
    return _problem_of_line(line, file, number)


def _is_like_front_matter(lines: list[str], first: int, addressed: int, end: int) -> bool:
    """True if a line before `end` begins like a key, or the URL follows a word as in `url https://…`."""
    if any(map(_BARE_KEY.match, lines[first : addressed + 1])):
        return True
    for like in map(_LIKE_KEY.match, lines[first:end]):
        if like and like[1].lower() in KEYS:
            return True
    line = lines[addressed]
    before = line[: line.lower().find("http")]
    like = _LIKE_KEY.match(line)
    if like and like.end() <= len(before):
        return True
    return addressed > first and _ONE_WORD.fullmatch(before) is not None


def _problem_of_line(line: str, file: str, number: int) -> Problem:
    if typos.is_like_fence(line):
        return typos.ends_with(line, file, number)
    key, words = _KEY.fullmatch(line), line.strip()[:80]
    like = _LIKE_KEY.match(line) or _BARE_KEY.match(line)
    has_address = _ADDRESS.search(line)
    if has_address and not line[: has_address.start()].strip(" \t<"):
        return Problem(file, number, f"'{words}' has no key", "write link: … in front of the URL")
    names = [name.lower() for name in like.groups() if name] if like else []
    name = names[0] if names else ""
    if key and not has_address and suggestion(name, KEYS):
        return Problem(file, number, f"unknown key '{name}'", suggestion(name, KEYS))
    if name not in KEYS:
        name = "link" if has_address else "title"
    cure = f"write {name}: …, with a colon and a space"
    return Problem(file, number, f"'{words}' is not 'key: value'", cure)


def _is_inside(line: str, address: str) -> bool:
    """True if a URL is within a sentence or markup, so that no headline is before it."""
    before, after = map(str.strip, line.split(address, 1))
    if before.endswith(tuple(_OPENERS)):
        return True
    after = after.lstrip(f"{_SENTENCE_MARKS}> ")
    is_followed = after[:1].isalnum() and not after.lower().startswith("via ")
    return is_followed and any(map(str.isalnum, before))


def _unix_lines(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _with_fences(text: str) -> str | None:
    """Adds `---` around the keys at the top of a text; None if there are none, or no `link`."""
    lines = text.split("\n")
    end = 0
    while end < len(lines) and lines[end].strip() and lines[end].rstrip() != FENCE:
        end += 1
    keys: list[str] = []
    for number, line in enumerate(lines[:end]):
        key = _KEY.fullmatch(line)
        if key and key[1].lower() in KEYS:
            keys.append(key[1].lower())
            lines[number] = key[1].lower() + key[2]
        elif not keys or not line.startswith((" ", "\t", "-")):
            return None
    if "link" not in keys:
        return None
    below = lines[end + 1 :]
    if end < len(lines) and not lines[end].strip():
        filled = [number for number, line in enumerate(below) if line.strip()]
        next_line = filled[0] if filled else 0
        if below and below[next_line].rstrip() == FENCE:
            below = below[next_line + 1 :]
        elif below and typos.is_like_fence(below[next_line]):
            return None
    return "\n".join([FENCE, *lines[:end], FENCE, "", *below]).rstrip("\n") + "\n"


def _story_of_url(text: str) -> str | None:
    """Makes a story of a text with one URL: its first line is the title, the rest the note."""
    marked = _MARKDOWN.fullmatch(text.strip())
    if marked:
        link = urls.web_link(marked["link"])
        return _story_file(marked["title"], link) if link else None
    found = list(_ADDRESS.finditer(text))
    if len({_without_punctuation(one[0]) for one in found}) != 1:
        return None
    address, start = _without_punctuation(found[0][0]), found[0].start()
    link = urls.web_link(address)
    if link is None:
        return None
    before = [line.strip(" \t<") for line in text[:start].split("\n")]
    before[-1] = before[-1].lstrip(" \t-*•>").rstrip(" \t-–—|*•:")
    words = [line for line in before if line]
    after = text[start + len(address) :].replace(address, f"<{link}>").lstrip(">.,;:").strip()
    title = ""
    if words and len(words[0]) <= _MAX_TITLE:
        title = re.sub(r"^#+(?:\s+|$)", "", words[0]).strip()
    if not any(map(str.isalnum, title)):
        title = ""
    note = ["\n".join(words[1:] if title else words), after]
    return _story_file(title, link, "\n\n".join(filter(None, note)))


def _story_file(title: str, link: str, note: str = "") -> str:
    """Returns a story's text.

    Without a title it gets the host of its link as one, and is a draft.
    """
    # Slow to import, and rarely needed.
    from digest.content import yaml_front_matter

    link = urls.clean(link)
    title = " ".join(title.split())
    pairs = [("title", title or urls.host_of(link)), ("link", link)]
    draft = "" if title else "draft: true\n"
    return f"---\n{yaml_front_matter.dump(pairs, {})}{draft}---\n\n" + (f"{note}\n" if note else "")


def _without_punctuation(address: str) -> str:
    """Returns a URL without the punctuation of the sentence around it."""
    bare = address.rstrip(_SENTENCE_MARKS)
    return bare + ")" if "(" in bare and address.startswith(f"{bare})") else bare
