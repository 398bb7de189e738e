"""From bytes to text, for feeds and web pages alike: which encoding a document is in, and what browsers read it as.

Policy. A byte order mark decides. Otherwise UTF-8 is tried first, since no other encoding reads as UTF-8 by chance;
then what the server says, then what the document says. What reads far more characters beyond ASCII than it has to
replace is UTF-8 as well, and an encoding that is named counts if it reads some: one wrong byte costs one character,
never the encoding of the whole document.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_UNMARKED = (
    (re.compile(rb"\0\0\0<"), "utf-32-be"), (re.compile(rb"<\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0<\0[^\0]"), "utf-16-be"), (re.compile(rb"<\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),
)  # fmt: skip
"""How markup begins in encodings that are no extension of ASCII (XML 1.0, appendix F)."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_DECLARATION = re.compile(r"<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']\s*([\w.:-]{1,40})", re.ASCII)
_META = re.compile(
    r"<meta\s[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE | re.ASCII
)
_HEAD = 4_000
_ENCODINGS = re.compile(
    r"utf-8|gb\w+|hz|big5(?:hkscs)?|euc_\w+|shift_\w+|cp\d+|iso2022_\w+|iso8859-\d+|koi8-[rtu]|mac-\w+|tis-620|ascii"
)
"""Encodings of text, by Python's names; others that it knows take quadratic time or stand for something else."""
_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "euc_kr": "cp949", "shift_jis": "cp932",
}  # fmt: skip
"""What is read where a narrower encoding is named, as browsers do (the Encoding standard, §4.2)."""
_EXTENDED = {"euc_jp": ("euc_jis_2004",)}
"""What is tried after an encoding that lacks characters which browsers read; it has others for some that are rare."""
_SPELLED = ((re.compile(r"(?:x-)+"), ""), (re.compile(r"windows-(?=\d)"), "cp"), (re.compile(r"cp31j"), "cp932"),
            (re.compile(r"(iso-8859-8)-[ei]"), r"\1"))  # fmt: skip
"""Labels that browsers know and Python does not, and how Python spells them."""
_TELLING = re.compile(r"gb|hz|big5|euc_|cp9(?:32|36|49|50)|iso2022|shift")
"""Encodings that do not read just any bytes, so that it says something if they do."""
_MANY, _FEW = 4, 0.25
_SHIFTED = re.compile(rb"\x1b[$(]|~\{")
"""How text begins that is beyond ASCII though all of its bytes are ASCII (ISO 2022, HZ)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A text and the encoding that it was read in.

    `replaced` is the number of wrong bytes, each U+FFFD in the text now; `guessed` is true if nothing named an
    encoding that fits.
    """

    text: str
    encoding: str
    replaced: int = 0
    guessed: bool = False


def decode(body: bytes, content_type: str) -> Decoded:
    """Returns the text of a document with that Content-Type, whose end may be cut off."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return _read(body[len(mark) :], name)
    for start, name in _UNMARKED:
        if start.match(body):
            return _read(body, name)
    names = list(dict.fromkeys(_named(body, content_type)))
    if body.isascii() and not (_SHIFTED.search(body) and names):
        return Decoded(text=body.decode("ascii"), encoding="utf-8")
    utf_8 = _read(body, "utf-8")
    if not body.isascii() and _share(utf_8) >= _MANY:
        return utf_8
    read = [utf_8] * ("utf-8" in names or not names) + [
        _read(body, name) for name in names if name != "utf-8"
    ]
    for decoded in (
        *(one for one in read if not one.replaced and _TELLING.match(one.encoding)),
        *read,
    ):
        if _share(decoded) >= _FEW:
            return decoded
    decoded = _read(body, "cp1252")
    return Decoded(text=decoded.text, encoding="windows-1252", guessed=True)


def _named(body: bytes, content_type: str) -> Iterator[str]:
    """Yields the encodings that the server and the document name, if they are known ones of text."""
    head = body[:_HEAD].decode("latin-1")
    for found in (_CHARSET.search(content_type), _DECLARATION.search(head), _META.search(head)):
        if found and (name := _encoding(found[1])):
            yield name
            yield from _EXTENDED.get(name, ())


def _encoding(label: str) -> str:
    label = label.lower()
    for spelled, known in _SPELLED:
        label = spelled.sub(known, label)
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return ""
    return _WIDER.get(name, name) if _ENCODINGS.fullmatch(name) else ""


def _read(body: bytes, name: str) -> Decoded:
    try:
        return Decoded(text=body.decode(name), encoding=name)
    except UnicodeDecodeError:
        text = body.decode(name, "replace")
    genuine = body.count("\ufffd".encode()) if name == "utf-8" else 0
    return Decoded(text=text, encoding=name, replaced=max(1, text.count("\ufffd") - genuine))


def _share(decoded: Decoded) -> float:
    """Returns how many characters beyond ASCII were read for each that had to be replaced."""
    if not decoded.replaced:
        return math.inf
    beyond_ascii = len(decoded.text) - len(decoded.text.encode("ascii", "ignore"))
    return (beyond_ascii - decoded.replaced) / decoded.replaced
