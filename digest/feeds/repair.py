"""Repairs markup that is not well-formed, so that a strict XML parser accepts it, and says how.

    text ──▶ tokens ──▶ start tags matched with end tags ──▶ one well-formed element, the root

An error affects its own element at most, and never another entry: only its own end tag closes an
entry, a channel or a feed. An element without an end tag ends at the next tag. If the document
breaks off, its last element is dropped. Linear time.
"""

from __future__ import annotations

import html.entities
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from digest import text_lines
from digest.feeds import html_tags
from digest.feeds.markup_tokens import NAME, Token, tokens
from digest.feeds.plain_text import ILLEGAL

_ROOTS = frozenset({"rss", "feed", "rdf"})
_ENTRIES = frozenset({"item", "entry"})
_TEXTS = frozenset({"title", "description", "summary", "content", "encoded"})
_FRAME = _ROOTS | _ENTRIES | {"channel"}
_BREAKS = frozenset("\x0b\x0c\x1c\x1d\x1e")
"""Control characters that mean a line break, and that XML forbids."""
_LINE_SEPARATOR = "\u2028"
"""Replaces them: a line break that does not change line numbers."""

_ATTRIBUTE = re.compile(
    rf"""({NAME})\s*+(?:=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"']++)))?+""", re.ASCII
)
_TO_NEXT = re.compile(r"<[^<>]*+>?")
_REFERENCE = re.compile(r"&(?:#([0-9]++)|#[xX]([0-9A-Fa-f]++)|([A-Za-z][A-Za-z0-9]*+)(?=;))?+;?")
_ENTITY = re.compile(
    r"""<!ENTITY\s+([A-Za-z][A-Za-z0-9]{0,40})\s+(?:"([^"<%]{0,100})"|'([^'<%]{0,100})')\s*>"""
)
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_DECLARED = re.compile(r"<!ENTITY\s+([A-Za-z][A-Za-z0-9]{0,40})\s")
_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})
_LAST_CHARACTER = 0x10FFFF
_MAX_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A document of one element; `changed` says what was changed, and where.

    `is_broken_off` is True if the end is missing, `is_entry_cut` if the last entry is incomplete.
    """

    text: str
    changed: tuple[str, ...] = ()
    is_broken_off: bool = False
    is_entry_cut: bool = False


def from_root(text: str) -> str | None:
    """Returns a document from its root on; None if there is text or an end tag before the root."""
    for token in tokens(text):
        if token.kind in {"start", "empty"}:
            return text[token.position :]
        if token.kind == "end" or not _is_blank(token.value):
            return None
    return None


def without_illegal(text: str) -> tuple[str, str]:
    """Returns the document without the characters that XML forbids, and what was removed, or ""."""
    first = ILLEGAL.search(text)
    if not first:
        return text, ""
    legal, count = ILLEGAL.subn(lambda sign: _LINE_SEPARATOR if sign[0] in _BREAKS else "", text)
    return legal, _with_line("a character that XML forbids, removed", text, first.start(), count)


def repair(text: str, prefixes: Mapping[str, str]) -> Repaired:
    """Returns the repaired document; `prefixes` has namespaces for prefixes without declaration."""
    all_tokens = list(tokens(text))
    repairer = _Repairer(text, all_tokens, prefixes)
    for token in all_tokens:
        repairer.add(token)
        if repairer.end:
            break
    return repairer.finish()


def _find_root(all_tokens: Iterable[Token]) -> Token | None:
    """Returns the start tag of the feed, else of a channel or an Atom entry, else the first one."""
    first = channel = entry = None
    for token in all_tokens:
        if token.kind in {"start", "empty"}:
            local = _local(token.value)
            if local in _ROOTS:
                return token
            first = first or token
            channel = channel or (token if local == "channel" else None)
            entry = entry or (token if local == "entry" else None)
    return channel or entry or first


def _unclosed_entries(all_tokens: Iterable[Token]) -> set[int]:
    """Returns the positions of entries without an end tag; others may contain entries."""
    open_: list[int] = []
    for token in all_tokens:
        if token.kind in {"start", "end"} and _local(token.value) in _ENTRIES:
            if token.kind == "start":
                open_.append(token.position)
            elif open_:
                open_.pop()
    return set(open_)


@dataclass(frozen=True, slots=True)
class _Open:
    """An open element: its name, and the positions of its start tag in the text and the output."""

    name: str
    position: int
    output: int


class _Repairer:
    """Collects the output, and keeps the open elements."""

    def __init__(self, text: str, all_tokens: Sequence[Token], prefixes: Mapping[str, str]) -> None:
        self.end = 0
        """The position after the root's end tag."""
        self._text = text
        self._prefixes = prefixes
        root = _find_root(all_tokens)
        self._unclosed_entries = _unclosed_entries(all_tokens)
        self._start = root.position if root else len(text)
        self._last_end = text.rfind(f"</{root.value}") if root else -1
        self._references = _References(text[: self._start], self._note)
        self._declared: dict[str, str] = {}
        self._root_attributes: dict[str, str] = {}
        self._used: set[str] = set()
        self._output: list[str] = []
        self._last_tag = -1
        self._next_tag: dict[int, int] = {}
        self._open: list[_Open] = []
        self._frames = Counter[str]()
        """The number of open feeds, channels and entries, by name."""
        self._inside: list[Counter[str]] = []
        """For each of these, the other elements that are open in it."""
        self._changes: dict[str, tuple[int, int]] = {}
        """What was changed: the first position and the number of times."""

    def add(self, token: Token) -> None:
        """Adds the next token."""
        if token.position < self._start:
            is_blank = token.kind in {"text", "literal"} and _is_blank(token.value)
            if not self._changes and not is_blank:
                self._note("text before the feed, ignored", token.position)
        elif token.kind == "text":
            self._output.append(self._references.resolved(token.value, token.position))
        elif token.kind == "literal":
            self._output.append(escape(token.value))
        elif token.kind == "end":
            self._end_tag(token)
        else:
            self._start_tag(token)

    def finish(self) -> Repaired:
        """Returns the document, with end tags for the elements that are still open."""
        if not self._output:
            return Repaired(text="")
        is_entry_cut = False
        for depth, element in enumerate(self._open):
            if _local(element.name) in _ENTRIES:
                is_entry_cut = True
                if inner := self._open[depth + 1 :]:
                    del self._output[inner[0].output :], self._open[depth + 1 :]
                break
        for element in self._open:
            if not self._is_frame(element.name.lower()):
                self._close_early(element)
        for element in reversed(self._open):
            if self._is_frame(element.name.lower()):
                self._output.append(f"</{element.name}>")
        if self.end:
            for token in tokens(self._text[self.end :]):
                if not _is_blank(token.value):
                    self._note("text after the feed, ignored", self.end + token.position)
                    break
        attributes = {**self._root_attributes, **self._missing_declarations()}
        self._output[0] = self._output[0].replace(">", _written(attributes) + ">", 1)
        return Repaired(
            text="".join(self._output),
            changed=self._changed(),
            is_broken_off=is_entry_cut or self._last_end < self._start,
            is_entry_cut=is_entry_cut,
        )

    def _changed(self) -> tuple[str, ...]:
        """Returns what was changed and where, for the report."""
        changes = sorted(self._changes.items(), key=lambda change: change[1])
        changed = [_with_line(what, self._text, *at) for what, at in changes[:_MAX_SHOWN]]
        if len(changes) > _MAX_SHOWN:
            changed.append(f"and {len(changes) - _MAX_SHOWN} more")
        return tuple(changed)

    def _missing_declarations(self) -> dict[str, str]:
        """Returns declarations for the prefixes that are used and not declared on the root."""
        known = {**self._prefixes, **self._declared}
        declarations = {}
        for prefix in sorted(self._used - {"xml", "xmlns"}):
            if f"xmlns:{prefix}" not in self._root_attributes:
                uri = escape(known.get(prefix, f"urn:undeclared:{prefix}"), {'"': "&quot;"})
                declarations[f"xmlns:{prefix}"] = f'"{uri}"'
        return declarations

    def _start_tag(self, token: Token) -> None:
        name, local = token.value, _local(token.value)
        if token.is_broken:
            self._note(f"a broken tag, <{name}>", token.position)
        if self._open and local in _ENTRIES and self._open[-1].position in self._unclosed_entries:
            self._note(f"no end tag for <{self._open[-1].name}>", self._open[-1].position)
            self._write(f"</{self._close().name}>")
        attributes = self._attributes(token.rest, token.position)
        self._used |= {part.partition(":")[0] for part in (name, *attributes) if ":" in part}
        if not self._output:
            self._root_attributes = attributes
            self._write(f"<{name}>")
        else:
            self._write(f"<{name}{_written(attributes)}{'/' if token.kind == 'empty' else ''}>")
        if token.kind == "empty" and self._open:
            return
        if self._is_frame(name.lower()):
            self._frames[name.lower()] += 1
            self._inside.append(Counter())
        else:
            self._inside[-1][name.lower()] += 1
        self._open.append(_Open(name, token.position, len(self._output) - 1))

    def _end_tag(self, token: Token) -> None:
        name = token.value.lower()
        is_last_root = self._is_root(name) and self._frames[name] == 1
        if is_last_root and token.position < self._last_end:
            return  # another end tag of the root follows
        open_elements = self._frames if self._is_frame(name) else self._inside[-1]
        if not open_elements[name]:
            self._note(f"no start tag for </{token.value}>", token.position)
            return
        unclosed = []
        while (last := self._close()).name.lower() != name:
            unclosed.append(last)
        self._write(f"</{last.name}>")
        for element in unclosed:
            if _local(last.name) in _TEXTS and element.name.lower() not in html_tags.ELEMENTS:
                self._note(f"an unknown tag, <{element.name}>, kept as text", element.position)
                tag = _TO_NEXT.match(self._text, element.position)
                self._output[element.output] = escape(tag[0] if tag else "")
            else:
                self._close_early(element)
        if not self._open:
            self.end = self._text.find(">", token.position) + 1 or len(self._text)

    def _close(self) -> _Open:
        """Removes and returns the last open element."""
        name = self._open[-1].name.lower()
        if self._is_frame(name):
            self._frames[name] -= 1
            self._inside.pop()
        else:
            self._inside[-1][name] -= 1
        return self._open.pop()

    def _is_root(self, name: str) -> bool:
        return not self._open or name == self._open[0].name.lower()

    def _is_frame(self, name: str) -> bool:
        return _local(name) in _FRAME or self._is_root(name)

    def _close_early(self, element: _Open) -> None:
        """Closes an element without an end tag before the tag that follows its start tag."""
        self._note(f"no end tag for <{element.name}>", element.position)
        following = self._next_tag.get(element.output)
        if following is None:
            self._output.append(f"</{element.name}>")
        else:
            self._output[following] = f"</{element.name}>{self._output[following]}"

    def _write(self, tag: str) -> None:
        self._output.append(tag)
        here = len(self._output) - 1
        self._next_tag[self._last_tag] = here
        self._last_tag = here

    def _attributes(self, rest: str, position: int) -> dict[str, str]:
        """Returns a tag's attributes, each name once, with quoted values."""
        attributes: dict[str, str] = {}
        for name, double, single, unquoted in _ATTRIBUTE.findall(rest):
            value = double or single or unquoted
            if name.startswith("xmlns:"):
                if not value or name in {"xmlns:xml", "xmlns:xmlns"}:
                    continue
                self._declared.setdefault(name[6:], html.unescape(value))
            escaped = (
                self._references.resolved(value, position)
                .replace("<", "&lt;")
                .replace('"', "&quot;")
            )
            attributes.setdefault(name, f'"{escaped}"')
        return attributes

    def _note(self, what: str, position: int) -> None:
        """Notes a change for the report."""
        first, count = self._changes.get(what, (position, 0))
        self._changes[what] = (first, count + 1)


class _References:
    """Resolves references, to entities as the document declares them before its root."""

    def __init__(self, prolog: str, note: Callable[[str, int], None]) -> None:
        self._note = note
        declared = set(_DECLARED.findall(prolog))
        self._entities = dict[str, str]()
        for match in _ENTITY.finditer(prolog):
            value = match[2] or match[3] or ""
            if not declared.intersection(_NAMED.findall(value)) - _PREDEFINED:
                self._entities[match[1]] = html.unescape(html.unescape(value))
        self._rejected = declared - self._entities.keys()
        """Entities that are not a short text: external ones, nested ones, long ones."""

    def resolved(self, text: str, position: int) -> str:
        """Returns a text in which every `&` begins a reference that XML knows."""
        if "&" in text:
            text = _REFERENCE.sub(lambda reference: self._reference(reference, position), text)
        return text.replace("]]>", "]]&gt;")

    def _reference(self, reference: re.Match[str], position: int) -> str:
        """Returns a legal reference, the text that it means, or an escaped `&` if it is not one."""
        position += reference.start()
        decimal, hexadecimal, name = reference.groups()
        if decimal or hexadecimal:
            digits = (decimal or hexadecimal).lstrip("0")[:9]
            number = int(digits or "0", 10 if decimal else 16)
            if number > _LAST_CHARACTER or 0xD800 <= number < 0xE000:
                self._note("a reference to a character that does not exist", position)
                return "\ufffd"
            if ILLEGAL.match(chr(number)):
                self._note("a character that XML forbids, removed", position)
                return ""
            return f"&#{number};"
        if name in _PREDEFINED:
            return reference[0]
        if not name:
            return "&amp;" + reference[0][1:]
        if name in self._rejected:
            self._note("an entity that is more than a short text, removed", position)
            return ""
        meaning = self._entities.get(name, html.entities.html5.get(f"{name};"))
        if meaning is None:
            self._note("an undeclared entity, kept as text", position)
            return "&amp;" + reference[0][1:]
        return escape(meaning)


def _is_blank(text: str) -> bool:
    return not text.strip("\ufeff \t\r\n")


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _written(attributes: Mapping[str, str]) -> str:
    return "".join(f" {name}={value}" for name, value in attributes.items())


def _with_line(what: str, text: str, position: int, count: int) -> str:
    line = text_lines.number(text, position)
    if count == 1:
        return f"{what} (line {line})"
    return f"{what} ({count} times, first in line {line})"
