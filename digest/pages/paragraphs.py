"""Paragraphs that are nothing but words, as HTML: what Markdown and the sanitizer would make of them, without either.

Most of what an archive shows is so: excerpts, which pull has written with every sign escaped, and short notes. Refuses
whatever Markdown, HTML or the sanitizer could take for more than words; then `markup` asks them.
"""

from __future__ import annotations

import re

_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()>#+.!-])")
"""A sign that a backslash has made a mere sign. Markdown knows more of them; where they stand, it is asked."""
_SIGN = re.compile(r"[`*_<\[|\\]|&(?!amp;|lt;|#126;)(?:#|\w+;)")
"""What may begin code, emphasis, a tag, a link, a table, or a reference to a character."""
_OPENING = re.compile(r"[ #>+=~-]|\d+\.")
"""What makes a line more than the next line of its paragraph."""
_WRITTEN = re.compile(r"\\(.)|&(amp|lt|#126);|[&>]")
_NAMED = {"amp": "&amp;", "lt": "&lt;", "#126": "~", "&": "&amp;", ">": "&gt;"}
_MOST = 500


def html(text: str) -> str | None:
    """Returns the text as HTML where it is paragraphs of words alone, each line in its place, else None."""
    words = text.strip("\n")
    bare = _ESCAPED.sub("x", words) if "\\" in words else words
    lines = bare.split("\n")
    if _SIGN.search(bare) or "\n\n\n" in bare or not "".join(lines).isprintable() or words.count("[") > _MOST:
        return None
    if any(line and (line[-1] == " " or _OPENING.match(line)) for line in lines):
        return None
    shown = _WRITTEN.sub(_as_html, words) if bare is not words or "&" in words or ">" in words else words
    return "<p>" + shown.replace("\n\n", "</p>\n<p>") + "</p>" if words else None


def _as_html(found: re.Match[str]) -> str:
    sign = found[1] or found[2] or found[0]
    return _NAMED.get(sign, sign)
