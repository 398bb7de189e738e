"""Detects the encoding of feeds and web pages, and decodes them as browsers do.

A byte order mark decides. Otherwise UTF-8 is tried first, since other encodings are hardly ever
valid UTF-8; then what the server says, then what the document says. A few wrong bytes do not change
the encoding: they become U+FFFD. A text counts as UTF-8 if far more of its
sequences beyond ASCII are valid than invalid; a declared encoding counts if enough of them are.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from digest import text_lines

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    (re.compile(rb"\0\0\0<"), "utf-32-be"), (re.compile(rb"<\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0<\0[^\0]"), "utf-16-be"), (re.compile(rb"<\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),
)  # fmt: skip
"""The start of markup in encodings that are not supersets of ASCII (XML 1.0, appendix F)."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_DECLARATION = re.compile(r"<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']\s*([\w.:-]{1,40})", re.ASCII)
_META = re.compile(
    r"<meta\s[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE | re.ASCII
)
_HEAD_BYTES = 4_000
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_ENCODINGS = re.compile(
    r"utf-8|gb\w+|hz|big5(?:hkscs)?|euc_\w+|shift_\w+|cp\d+|iso2022_\w+|iso8859-\d+|koi8-[rtu]"
    r"|mac-\w+|tis-620|ascii"
)
"""Python's names of text encodings; its other codecs take quadratic time or are not for text."""
_SUPERSETS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs",
    "euc_kr": "cp949", "shift_jis": "cp932",
}  # fmt: skip
"""The encodings that browsers use for narrower ones (Encoding standard §4.2)."""
_ALTERNATIVES = {"euc_jp": ("euc_jis_2004",)}
"""Tried after an encoding that lacks characters which browsers decode; some rare ones differ."""
_LABELS = (
    (re.compile(r"(?:x-)+"), ""),
    (re.compile(r"windows-(?=\d)"), "cp"),
    (re.compile(r"cp31j"), "cp932"),
    (re.compile(r"(iso-8859-8)-[ei]"), r"\1"),
)
"""Labels that browsers know and Python does not, and Python's spelling."""
_STRICT = re.compile(r"gb|hz|big5|euc_|cp9(?:32|36|49|50)|iso2022|shift")
"""Encodings in which arbitrary bytes are mostly invalid, so valid bytes are good evidence."""
_MIN_UTF_8, _MIN_DECLARED = 4, 0.25
"""Valid characters beyond ASCII for each invalid one: to be UTF-8, to be what was declared."""
_SHIFTED = re.compile(rb"\x1b[$(]|~\{")
"""Escape sequences of encodings that use ASCII bytes for other characters (ISO 2022, HZ)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A text and its encoding.

    `replaced` is the number of wrong bytes, which are U+FFFD in the text. `guessed` is True if no
    declared encoding fits.
    """

    text: str
    encoding: str
    replaced: int = 0
    guessed: bool = False


def decode(body: bytes, content_type: str) -> Decoded:
    """Returns the text of a document; its end may be cut off in the middle of a character."""
    for mark, name in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return _decoded(body[len(mark) :], name)
    for start, name in _UNMARKED:
        if start.match(body):
            return _decoded(body, name)
    names = list(dict.fromkeys(_declared(body, content_type)))
    if body.isascii() and not (_SHIFTED.search(body) and names):
        return Decoded(text=body.decode("ascii"), encoding="utf-8")
    utf_8 = _decoded(body, "utf-8")
    if not body.isascii() and _validity(utf_8) >= _MIN_UTF_8:
        return utf_8
    tried = [_decoded(body, name) for name in names if name != "utf-8"]
    if "utf-8" in names or not names:
        tried.insert(0, utf_8)
    for decoded in tried:
        if not decoded.replaced and _STRICT.match(decoded.encoding):
            return decoded
    for decoded in tried:
        if _validity(decoded) >= _MIN_DECLARED:
            return decoded
    return Decoded(text=_decoded(body, "cp1252").text, encoding="windows-1252", guessed=True)


def warnings(decoded: Decoded) -> list[str]:
    """Returns a warning if some characters may be wrong."""
    if decoded.guessed:
        first = _BEYOND_ASCII.search(decoded.text)
        line = text_lines.number(decoded.text, first.start() if first else 0)
        return [
            f"not in the encoding that it declares; read as {decoded.encoding}, "
            f"some text may be wrong (from line {line} on)"
        ]
    if decoded.replaced:
        line = text_lines.number(decoded.text, decoded.text.find("\ufffd"))
        many = f"{decoded.replaced} places that are" if decoded.replaced > 1 else "a place that is"
        return [f"{many} not {decoded.encoding} (line {line}); shown as \ufffd"]
    return []


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    """Yields Python's names of the encodings that the server and the document declare."""
    head = body[:_HEAD_BYTES].decode("latin-1")
    for found in (_CHARSET.search(content_type), _DECLARATION.search(head), _META.search(head)):
        if found and (name := _encoding(found[1])):
            yield name
            yield from _ALTERNATIVES.get(name, ())


def _encoding(label: str) -> str:
    label = label.lower()
    for pattern, spelling in _LABELS:
        label = pattern.sub(spelling, label)
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return ""
    return _SUPERSETS.get(name, name) if _ENCODINGS.fullmatch(name) else ""


def _decoded(body: bytes, name: str) -> Decoded:
    try:
        return Decoded(text=body.decode(name), encoding=name)
    except UnicodeDecodeError:
        text = body.decode(name, "replace")
    genuine = body.count("\ufffd".encode()) if name == "utf-8" else 0
    return Decoded(text=text, encoding=name, replaced=max(1, text.count("\ufffd") - genuine))


def _validity(decoded: Decoded) -> float:
    """Returns the number of valid characters beyond ASCII for each invalid one."""
    if not decoded.replaced:
        return math.inf
    beyond_ascii = len(decoded.text) - len(decoded.text.encode("ascii", "ignore"))
    return (beyond_ascii - decoded.replaced) / decoded.replaced
