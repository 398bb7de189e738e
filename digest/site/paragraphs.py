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

    `link` gives the opening tag of a link to an address, "" to keep only its words; it is asked only where the whole
    text is plain.
    """
    words = bare = text.strip("\n")
    escaped = "\\" in words
    if escaped:  # then no sign is a mark
        bare = _ESCAPED.sub("x", words)
    elif "*" in words or "[" in words:
        bare = _MARKED.sub(_without_marks, words)
    if not words or words.count("[") > _MOST or not _is_plain(bare):
        return None

    def with_marks(found: re.Match[str]) -> str:
        if found["address"]:
            opening = link(found["address"])
            return f"{opening}{found['words']}</a>" if opening else found["words"]
        return (
            f"<strong>{found['stress']}</strong>"
            if found["stress"]
            else f"<em>{found['emphasis']}</em>"
        )

    shown = _as_words(words)
    shown = shown if escaped or bare is words else _MARKED.sub(with_marks, shown)
    if not _has_list(bare):
        return "<p>" + shown.replace("\n\n", "</p>\n<p>") + "</p>"
    return "\n".join(map(_block, shown.split("\n\n"), _lists(bare)))


def _has_list(bare: str) -> bool:
    return bare.startswith(_BULLET) or f"\n{_BULLET}" in bare


def _lists(bare: str) -> list[bool]:
    """Tells of each block whether it is a list."""
    return [
        all(line.startswith(_BULLET) for line in block.split("\n")) for block in bare.split("\n\n")
    ]


def _is_plain(bare: str) -> bool:
    """Tells whether there is nothing but words in a text whose marks have been taken out."""
    if _SIGN.search(bare) or ("&" in bare and _REFERENCE.search(bare)):
        return False
    if (
        "\n\n\n" in bare
        or " \n" in bare
        or bare[-1] == " "
        or not bare.replace("\n", "").isprintable()
    ):
        return False
    lines = bare.split("\n")
    if _has_list(bare):
        lists = _lists(bare)
        if any(map(and_, lists, lists[1:])):  # to Markdown, two in a row are one
            return False
        blocks = zip(bare.split("\n\n"), lists, strict=True)
        lines = [
            line[len(_BULLET) * listed :] for block, listed in blocks for line in block.split("\n")
        ]
        if not all(lines):
            return False
    return not any(map(_OPENING.match, lines))


def _as_words(text: str) -> str:
    """Returns the words of a text as HTML has them, without the backslashes before their signs."""
    if "&" in text or "\\\\" in text:
        return _WRITTEN.sub(_as_html, text)
    return text.replace("\\", "").replace(">", "&gt;")


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
