"""The excerpt of a story: cuts a publisher's text to length, writes it as Markdown, and finds it.

The excerpt is one of the blockquotes at the top of a body: the one whose hash is among those that
pull wrote for the story. All other quotations are the editor's. Only lines that begin with `>`
belong to a blockquote here. Markdown would also add an unmarked line right below, but that line is
the editor's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from digest.content.identity import hash_of

_WORD = (
    r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|[^\s\u2e80-\u9fff\uac00-\ud7af]+"
)
"""One word: characters without white space, or one character of a script without spaces."""
_MAX_WORD_LENGTH = 40
"""An excerpt may have so many characters for each of its words: more than any prose has."""
_QUOTED = re.compile(r"^ *> ?")
_SIGNS = re.compile(r"[\\`*_\[\]]")
_ENTITY = re.compile(r"&(?=\w+;|#\w)")  # a numeric reference needs no semicolon
_START = re.compile(r"(?m)^(?:([#>+-])|(\d+)([.)])|(~)(?=~~))")
_ESCAPED = re.compile(r"\\([\\`*_\[\]#>+.)-])|&(amp|lt|#126);")
_ELLIPSIS = " …"
_NAMED = {"amp": "&", "lt": "<", "#126": "~"}
_WRAPPED = re.compile(r"(?m)[^\n]\n[^\n]|\n\n\n|^[ \t]|[ \t]$|\A\n|\n\Z")
_GAP = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)*")


class Body(NamedTuple):
    """A body's excerpt without its `>`, its note, and the number of lines above the note."""

    excerpt: str
    note: str
    above: int


def cut(summary: str, max_words: int) -> str:
    """Returns the first words of a text, with its paragraphs, and an ellipsis if it was cut.

    The result has at most 40 characters a word, so that an endless word is cut as well.
    """
    if max_words <= 0:
        return ""
    most = _MAX_WORD_LENGTH * max_words
    matches = list(re.finditer(_WORD, summary))  # slow to compile, so not compiled at import
    if len(matches) <= max_words and len(summary) <= most:
        return summary
    start = summary[: matches[max_words - 1].end()] if len(matches) > max_words else summary
    if len(start) + len(_ELLIPSIS) > most:
        start = start[: most - len(_ELLIPSIS)].rstrip()
    return start.rstrip(" ,;:–—-") + _ELLIPSIS


def count_words(text: str) -> int:
    """Returns the number of words in a text, without the ellipsis that `cut` adds."""
    return len(re.findall(_WORD, text.removesuffix(_ELLIPSIS)))


def escape(text: str) -> str:
    """Returns plain text, a paragraph a line, as Markdown that shows it (CommonMark §2.4, §2.5)."""
    return _START.sub(_escape_start, _escape_signs(text))


def unescape(markdown: str) -> str:
    """Returns the text that `escape` was given; other Markdown is unescaped where it is plain."""
    return _ESCAPED.sub(lambda match: match[1] or _NAMED[match[2]], markdown)


def quote(markdown: str) -> str:
    """Returns the lines as a blockquote; "" for ""."""
    return "\n".join(f"> {line}".rstrip() for line in markdown.split("\n")) if markdown else ""


def hashes(markdown: str) -> tuple[str, ...]:
    """Returns the hashes under which pull may have recorded an excerpt; none if it was edited.

    The second is for the same words before an editor's program wrapped their lines.
    """
    text = unescape(markdown)
    if text and escape(text) == markdown and not _WRAPPED.search(markdown):
        return (hash_of(text),)  # as pull wrote it: the usual case
    results: dict[str, None] = {}
    for form in (markdown, unwrapped(markdown)):
        text = unescape(form)
        if form and escape(text) == form:
            results[hash_of(text)] = None
    return tuple(results)


def comparable(markdown: str) -> str:
    """Returns an excerpt for comparison: its plain text, or the Markdown if it has other markup."""
    text = unescape(markdown)
    return text if escape(text) == markdown else f"\n{markdown}"


def unwrapped(markdown: str) -> str:
    """Returns an excerpt with a line a paragraph, as pull writes it; unchanged if it has markup."""
    paragraphs = [_joined(part.split("\n")) for part in _GAP.split(markdown.strip("\n"))]
    return markdown if "" in paragraphs else "\n\n".join(paragraphs)


def quotations(body: str) -> list[str]:
    """Returns the blockquotes at the top of a body, without their `>`."""
    lines = body.rstrip("\n").split("\n")
    return [_unquoted(lines[start:end]) for start, end in _quotations(lines)]


def first_quotation(body: str) -> tuple[str, str]:
    """Returns the first blockquote at the top of a body, without its `>`, and what follows it."""
    lines = body.rstrip("\n").split("\n")
    start, end = next(_quotations(lines), (0, 0))
    if not end:
        return "", body.strip("\n")
    return _unquoted(lines[start:end]), "\n".join(lines[end:]).strip("\n")


def find_moved(body: str, by_pull: Collection[str]) -> tuple[str, int]:
    """Returns the first blockquote below other text that has one of our hashes, and its line.

    Lines are counted from 0; ("", 0) if there is none. An excerpt that an editor has moved down is
    shown as the editor's quotation.
    """
    lines = body.rstrip("\n").split("\n")
    tops = {start for start, _ in _quotations(lines)}
    start = 0
    while start < len(lines) and by_pull:
        end = start
        while end < len(lines) and lines[end].lstrip(" ").startswith(">"):
            end += 1
        words = _unquoted(lines[start:end])
        if words and start not in tops and not set(by_pull).isdisjoint(hashes(words)):
            return words, start
        start = max(end, start + 1)
    return "", 0


def split(body: str, by_pull: Collection[str] | None) -> Body:
    """Returns the excerpt of a body (the blockquote that pull wrote), and the note.

    `by_pull` are the hashes of what pull wrote; if they are not known (None), the first blockquote
    that pull could have written counts. If the editor's quotations are above the excerpt, the note
    has blank lines in its place, so that line numbers stay right.
    """
    lines = body.rstrip("\n").split("\n")
    start, end = span(lines, by_pull)
    if not end:
        note = body.strip("\n")
        return Body("", note, _leading(body) if note else 0)
    above = lines[:start]
    is_below_text = any(line.strip() for line in above)
    rest = [*above, *[""] * (end - start), *lines[end:]] if is_below_text else lines[end:]
    note = "\n".join(rest).strip("\n")
    first = _leading(body) if is_below_text else len(lines) - 1 - note.count("\n")
    return Body(_unquoted(lines[start:end]), note, first)


def span(lines: Sequence[str], by_pull: Collection[str] | None) -> tuple[int, int]:
    """Returns the first line of the excerpt in a body and the line after it; (0, 0) without one.

    `by_pull` is as in `split`.
    """
    if by_pull is None or by_pull:
        bare = [line.rstrip("\r\n") for line in lines]
        for start, end in _quotations(bare):
            for hash in hashes(_unquoted(bare[start:end])):
                if by_pull is None or hash in by_pull:
                    return start, end
    return 0, 0


def _quotations(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yields start and end of each blockquote at the top, with only blank lines between them."""
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
    return "\n".join([_QUOTED.sub("", line) for line in lines]).strip("\n")


def _leading(body: str) -> int:
    """Returns the number of empty lines at the top of a body."""
    return len(body) - len(body.lstrip("\n"))


def _joined(lines: Sequence[str]) -> str:
    """Returns a paragraph as one line; "" if it has markup, such as emphasis or a hard break."""
    words = []
    for number, line in enumerate(lines):
        text = line.strip(" \t")
        plain = unescape(text)
        is_plain = text == escape(plain) or (number > 0 and text == _escape_signs(plain))
        is_broken = number < len(lines) - 1 and line.endswith("  ")
        if not text or not is_plain or is_broken or line.startswith(("    ", "\t")):
            return ""
        words.append(plain)
    return escape(" ".join(words))


def _escape_signs(text: str) -> str:
    return _ENTITY.sub("&amp;", _SIGNS.sub(r"\\\g<0>", text)).replace("<", "&lt;")


def _escape_start(match: re.Match[str]) -> str:
    sign, number, point, tilde = match.groups()
    if tilde:
        return "&#126;"
    return f"{number}\\{point}" if number else f"\\{sign}"
