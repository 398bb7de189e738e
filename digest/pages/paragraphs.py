"""Words, as HTML: what Markdown and the sanitizer would make of plain paragraphs, without either of them.

Most of what an archive shows is so: excerpts, which pull has written with every sign escaped, and short notes, here and
there with *emphasis*, a **stress**, a [link](https://news.example/) or a list. Refuses whatever Markdown, HTML or the
sanitizer could take for anything else; then `markup` asks them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import and_

_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()>#+.!-])")
"""A sign that a backslash has made a mere sign. Markdown knows more of them; where they stand, it is asked."""
_SIGN = re.compile(r"[`*_<\[|\\]")
"""What may begin code, emphasis, a tag, a link or a table."""
_REFERENCE = re.compile(r"&(?!amp;|lt;|#126;)(?:#|\w+;)")
"""What may be a reference to a character, and is none that pull writes."""
_OPENING = re.compile(r"[ #>+=~-]|\d+\.")
"""What makes a line more than the next line of its paragraph."""

_HOST = r"(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}"
_REST = r"(?:/[A-Za-z0-9._~/%+,:@=-]*)?(?:\?[A-Za-z0-9._~/%+,:@=-]+)?(?:#[A-Za-z0-9._~/%+,:@=-]+)?"
_FILE = r"(?:\.\./)*[A-Za-z0-9][A-Za-z0-9./-]*\.md"
_WORDS = r"[A-Za-z0-9](?:[^\[\]`*_<|\\\n]*[A-Za-z0-9])?"
_BEFORE, _AFTER = r"(?<![^ \n(])", r"(?![^ \n.,;:!?)])"
_MARKED = re.compile(
    rf"(?<!!)\[(?P<words>{_WORDS})\]\((?P<address>https?://{_HOST}{_REST}|{_FILE})\)"
    rf"|{_BEFORE}\*\*(?P<stress>{_WORDS})\*\*{_AFTER}"
    rf"|{_BEFORE}\*(?P<emphasis>{_WORDS})\*{_AFTER}"
)
"""Marks in the form in which they can be nothing else: words without a sign between them, and nothing odd around."""
_BULLET = "- "

_WRITTEN = re.compile(r"\\(.)|&(amp|lt|#126);|[&>]")
_NAMED = {"amp": "&amp;", "lt": "&lt;", "#126": "~", "&": "&amp;", ">": "&gt;"}
_MOST = 500


def html(text: str, link: Callable[[str], str]) -> str | None:
    """Returns the text as HTML where it is words alone, each line in its place, else None.

    `link` gives the opening tag of a link to an address; it is asked only where the whole text is plain.
    """
    words = bare = text.strip("\n")
    escaped = "\\" in words
    if escaped:  # then no sign is a mark
        bare = _ESCAPED.sub("x", words)
    elif "*" in words or "[" in words:
        bare = _MARKED.sub(_without_marks, words)
    blocks = [block.split("\n") for block in bare.split("\n\n")]
    lists = [all(line.startswith(_BULLET) for line in block) for block in blocks]
    if not words or not _is_plain(bare, blocks, lists) or words.count("[") > _MOST:
        return None

    def with_marks(found: re.Match[str]) -> str:
        if found["address"]:
            return f"{link(found['address'])}{found['words']}</a>"
        return f"<strong>{found['stress']}</strong>" if found["stress"] else f"<em>{found['emphasis']}</em>"

    shown = _WRITTEN.sub(_as_html, words) if escaped or "&" in words or ">" in words else words
    shown = shown if escaped or bare is words else _MARKED.sub(with_marks, shown)
    return "\n".join(map(_block, shown.split("\n\n"), lists))


def _is_plain(bare: str, blocks: list[list[str]], lists: list[bool]) -> bool:
    """Tells whether there is nothing but words in a text whose marks have been taken out."""
    if _SIGN.search(bare) or ("&" in bare and _REFERENCE.search(bare)):
        return False
    is_one_list = any(map(and_, lists, lists[1:]))  # to Markdown, two in a row are
    if is_one_list or "\n\n\n" in bare or not bare.replace("\n", "").isprintable():
        return False
    lines = (line[len(_BULLET) * listed :] for block, listed in zip(blocks, lists, strict=True) for line in block)
    return not any(not line or line[-1] == " " or _OPENING.match(line) for line in lines)


def _block(shown: str, listed: bool) -> str:
    if not listed:
        return f"<p>{shown}</p>"
    entries = "".join(f"<li>{line.removeprefix(_BULLET)}</li>\n" for line in shown.split("\n"))
    return f"<ul>\n{entries}</ul>"


def _without_marks(found: re.Match[str]) -> str:
    return f"x{found['words'] or found['stress'] or found['emphasis']}"


def _as_html(found: re.Match[str]) -> str:
    sign = found[1] or found[2] or found[0]
    return _NAMED.get(sign, sign)
