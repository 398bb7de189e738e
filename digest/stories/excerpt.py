"""The excerpt: a publisher's words cut to length, written as Markdown that shows nothing but words, and found again.

The excerpt is the blockquote that opens a body, line by line: only lines that begin with `>` are the publisher's.
Markdown itself would count an unmarked line right below them to the quotation; that line is the editor's, and stays so.
"""

from __future__ import annotations

import re

_CUT = r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]|[^\s\u2e80-\u9fff\uac00-\ud7af]+"
"""One word: a run of signs without white space, or one sign of a script that puts no spaces between words."""
_BLANK = re.compile(r"\A(?:[ \t]*\n)+")
"""The lines that open a body and say nothing, whatever white space they hold."""
_QUOTED = re.compile(r"^ *> ?")
_SIGNS = re.compile(r"[\\`*_\[\]]")
_ENTITY = re.compile(r"&(?=\w+;|#\w)")  # a number is a reference without its semicolon, too
_START = re.compile(r"(?m)^(?:([#>+-])|(\d+)([.)])|(~)(?=~~))")
_ESCAPED = re.compile(r"\\([\\`*_\[\]#>+.)-])|&(amp|lt|#126);")
_NAMED = {"amp": "&", "lt": "<", "#126": "~"}


def cut(summary: str, words: int) -> str:
    """Returns the first words of a text, with its paragraphs and, where something was left out, an ellipsis."""
    if words <= 0:
        return ""
    found = list(re.finditer(_CUT, summary))  # compiled when a pull first asks: it is the dearest of all patterns
    if len(found) <= words:
        return summary
    return summary[: found[words - 1].end()].rstrip(" ,;:–—-") + " …"


def escape(text: str) -> str:
    """Returns plain text, a paragraph a line, as Markdown that shows just that text (CommonMark §2.4, §2.5)."""
    inline = _ENTITY.sub("&amp;", _SIGNS.sub(r"\\\g<0>", text)).replace("<", "&lt;")
    return _START.sub(_escape_start, inline)


def unescape(markdown: str) -> str:
    """Returns the text that `escape` was given; of Markdown that someone else wrote, what its plain parts say."""
    return _ESCAPED.sub(lambda found: found[1] or _NAMED[found[2]], markdown)


def quote(markdown: str) -> str:
    """Returns the lines as a blockquote; nothing stays nothing."""
    return "\n".join(f"> {line}".rstrip() for line in markdown.split("\n")) if markdown else ""


def split(body: str) -> tuple[str, str]:
    """Returns the blockquote that opens the body, without its signs, and what follows it: the note."""
    lines = _BLANK.sub("", body).rstrip("\n").split("\n")
    quoted: list[str] = []
    for line in lines:
        if line.startswith("> "):
            quoted.append(line[2:])
        elif line.lstrip(" ").startswith(">"):
            quoted.append(_QUOTED.sub("", line))
        else:
            break
    return "\n".join(quoted).strip("\n"), "\n".join(lines[len(quoted) :]).strip("\n")


def above(body: str, note: str) -> int:
    """Returns how many lines of a body stand above the note that ends it."""
    return body.count("\n", 0, len(body.rstrip("\n")) - len(note))


def _escape_start(found: re.Match[str]) -> str:
    sign, number, point, tilde = found.groups()
    if tilde:
        return "&#126;"
    return f"{number}\\{point}" if number else f"\\{sign}"
