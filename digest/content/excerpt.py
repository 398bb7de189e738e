"""The excerpt: a publisher's words cut to length, written as Markdown that shows nothing but words, and found again.

The excerpt is one of the blockquotes that open a body, the one whose hash is among those that pull wrote for the story.
Every other quotation is the editor's. Only lines that begin with `>` belong to a blockquote here: Markdown would also
count an unmarked line right below them, but that line is the editor's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from digest.content.identity import hash_of

_CUT = r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]|[^\s\u2e80-\u9fff\uac00-\ud7af]+"
"""One word: a run of signs without white space, or one sign of a script that puts no spaces between words."""
_WORD = 40
"""The characters that one word has room for: an excerpt has a limit in characters as well, which no prose reaches."""
_QUOTED = re.compile(r"^ *> ?")
_SIGNS = re.compile(r"[\\`*_\[\]]")
_ENTITY = re.compile(r"&(?=\w+;|#\w)")  # a number is a reference without its semicolon, too
_START = re.compile(r"(?m)^(?:([#>+-])|(\d+)([.)])|(~)(?=~~))")
_ESCAPED = re.compile(r"\\([\\`*_\[\]#>+.)-])|&(amp|lt|#126);")
_ELLIPSIS = " …"
_NAMED = {"amp": "&", "lt": "<", "#126": "~"}
_WRAPPED = re.compile(r"(?m)[^\n]\n[^\n]|\n\n\n|^[ \t]|[ \t]$|\A\n|\n\Z")
_GAP = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)*")


class Body(NamedTuple):
    """A body taken apart: the excerpt without its quotation signs, the note, and how many lines are above the note."""

    excerpt: str
    note: str
    above: int


def cut(summary: str, words: int) -> str:
    """Returns the first words of a text, with its paragraphs and, where something was left out, an ellipsis.

    No more than 40 characters a word are kept, so that a word without end is cut as well.
    """
    if words <= 0:
        return ""
    most = _WORD * words
    found = list(
        re.finditer(_CUT, summary)
    )  # compiled when a pull first asks: it is the dearest of all patterns
    if len(found) <= words and len(summary) <= most:
        return summary
    kept = summary[: found[words - 1].end()] if len(found) > words else summary
    if len(kept) + len(_ELLIPSIS) > most:
        kept = kept[: most - len(_ELLIPSIS)].rstrip()
    return kept.rstrip(" ,;:–—-") + _ELLIPSIS


def length(text: str) -> int:
    """Returns how many words a text has, without the ellipsis that `cut` puts at its end."""
    return len(re.findall(_CUT, text.removesuffix(_ELLIPSIS)))


def escape(text: str) -> str:
    """Returns plain text, a paragraph a line, as Markdown that shows just that text (CommonMark §2.4, §2.5)."""
    return _START.sub(_escape_start, _escape_signs(text))


def unescape(markdown: str) -> str:
    """Returns the text that `escape` was given; of Markdown that someone else wrote, what its plain parts say."""
    return _ESCAPED.sub(lambda found: found[1] or _NAMED[found[2]], markdown)


def quote(markdown: str) -> str:
    """Returns the lines as a blockquote; nothing stays nothing."""
    return "\n".join(f"> {line}".rstrip() for line in markdown.split("\n")) if markdown else ""


def hashes(markdown: str) -> tuple[str, ...]:
    """Returns the hashes that pull may have noted for an excerpt that reads so now; none where its markup was changed.

    The second is that of the same words before an editor's program wrapped their lines.
    """
    text = unescape(markdown)
    if text and escape(text) == markdown and not _WRAPPED.search(markdown):
        return (hash_of(text),)  # as pull wrote it, which is most often so
    texts = dict.fromkeys((markdown, unwrapped(markdown)))
    return tuple(
        hash_of(unescape(text)) for text in texts if text and escape(unescape(text)) == text
    )


def compared(markdown: str) -> str:
    """Returns what stands for an excerpt when it is compared: its words, or the Markdown where that says more."""
    text = unescape(markdown)
    return text if escape(text) == markdown else f"\n{markdown}"


def unwrapped(markdown: str) -> str:
    """Returns an excerpt with one line a paragraph, as pull writes it; unchanged where not only its lines differ."""
    paragraphs = [_joined(part.split("\n")) for part in _GAP.split(markdown.strip("\n"))]
    return markdown if "" in paragraphs else "\n\n".join(paragraphs)


def quotations(body: str) -> list[str]:
    """Returns the blockquotes that open a body, without their signs."""
    lines = body.rstrip("\n").split("\n")
    return [_unquoted(lines[start:end]) for start, end in _quotations(lines)]


def opening(body: str) -> tuple[str, str]:
    """Returns the blockquote that opens a body, whoever wrote it, without its signs, and what follows it."""
    lines = body.rstrip("\n").split("\n")
    start, end = next(_quotations(lines), (0, 0))
    return (
        (_unquoted(lines[start:end]), "\n".join(lines[end:]).strip("\n"))
        if end
        else ("", body.strip("\n"))
    )


def below(body: str, ours: Collection[str]) -> tuple[str, int]:
    """Returns the first blockquote with one of our hashes that stands below other text, and its line, counted from 0.

    ("", 0) where there is none. An excerpt that was moved down there is shown as a quotation of the editor's.
    """
    lines = body.rstrip("\n").split("\n")
    tops = {start for start, _ in _quotations(lines)}
    start = 0
    while start < len(lines) and ours:
        end = start
        while end < len(lines) and lines[end].lstrip(" ").startswith(">"):
            end += 1
        words = _unquoted(lines[start:end])
        if words and start not in tops and not set(ours).isdisjoint(hashes(words)):
            return words, start
        start = max(end, start + 1)
    return "", 0


def split(body: str, ours: Collection[str]) -> Body:
    """Returns the excerpt of a body, the opening blockquote that has one of our hashes, and the note around it.

    Where quotations of the editor stand above it, blank lines take its place, so that lines keep their numbers.
    """
    lines = body.rstrip("\n").split("\n")
    for start, end in _quotations(lines) if ours else ():
        words = _unquoted(lines[start:end])
        if any(hash in ours for hash in hashes(words)):
            own = any(line.strip() for line in lines[:start])
            rest = [*lines[:start], *[""] * (end - start), *lines[end:]] if own else lines[end:]
            note = "\n".join(rest).strip("\n")
            return Body(words, note, _leading(body) if own else len(lines) - 1 - note.count("\n"))
    note = body.strip("\n")
    return Body("", note, _leading(body) if note else 0)


def span(lines: Sequence[str], ours: Collection[str]) -> tuple[int, int]:
    """Returns where in a body's lines the excerpt begins and ends, known by its hash; (0, 0) where there is none."""
    bare = [line.rstrip("\r\n") for line in lines]
    found = (
        (start, end)
        for start, end in _quotations(bare)
        if set(hashes(_unquoted(bare[start:end]))) & set(ours)
    )
    return next(found, (0, 0))


def _quotations(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yields begin and end of each blockquote that opens a body: nothing but blank lines stands above and between."""
    start = 0
    while start < len(lines):
        if not lines[start].strip(" \t"):
            start += 1
            continue
        end = start
        while end < len(lines) and lines[end].lstrip(" ").startswith(">"):
            end += 1
        if end == start:
            return
        yield start, end
        start = end


def _unquoted(lines: Sequence[str]) -> str:
    return "\n".join(
        line[2:] if line.startswith("> ") else _QUOTED.sub("", line) for line in lines
    ).strip("\n")


def _leading(body: str) -> int:
    """Returns how many empty lines open a body."""
    return len(body) - len(body.lstrip("\n"))


def _joined(lines: Sequence[str]) -> str:
    """Returns a paragraph's lines as one; nothing where they hold more than words, such as emphasis or a hard break."""
    words = []
    for number, line in enumerate(lines):
        text = line.strip(" \t")
        plain = unescape(text)
        forms = {escape(plain), _escape_signs(plain)} if number else {escape(plain)}
        is_broken = number < len(lines) - 1 and line.endswith("  ")
        if not text or text not in forms or is_broken or line.startswith(("    ", "\t")):
            return ""
        words.append(plain)
    return escape(" ".join(words))


def _escape_signs(text: str) -> str:
    return _ENTITY.sub("&amp;", _SIGNS.sub(r"\\\g<0>", text)).replace("<", "&lt;")


def _escape_start(found: re.Match[str]) -> str:
    sign, number, point, tilde = found.groups()
    if tilde:
        return "&#126;"
    return f"{number}\\{point}" if number else f"\\{sign}"
