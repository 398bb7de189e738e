"""Front matter that is YAML at large: read as words with their line numbers, and written back plainly.

The one importer of PyYAML, which is slow to load and to read: it is asked only for what `plainmatter` leaves, and for
what is written. Every scalar is read as the text that was typed. A headline is read to the end of its line whatever
signs are in it, one value where a list belongs is a list of one, and what is wrong gets a line and a cure.
Refuses tags, anchors' expansion and nesting: a value is a text or a list of texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import yaml

from digest.content import typing_errors
from digest.content.plain_front_matter import ONE_TEXT, Value
from digest.errors import Faults, Problem

_Loader: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_PAIR = re.compile(r"([A-Za-z][\w-]*)[ \t]*:(?:[ \t]+(.*))?")
_ITEM = re.compile(r"([ \t]*-[ \t]+)(.+)")
_RUNNING = ONE_TEXT | {"authors", "corrections"}
"""Keys whose values are running text, in which people do not think of YAML's signs: ` #1` is no comment there."""
_LISTS = frozenset({"themes", "feeds", "authors"})
_WORDS = _LISTS | {"link", "image", "id"}
"""Keys in whose values a hash that is glued to a word (`themes: #memory`) begins no comment."""
_HASHED = re.compile(r"(?:^|[ \t])#(?=[^ \t#])")
_FLOW = re.compile(
    r"""\[(?P<items>(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\[\]{}])*)\](?P<rest>(?:[ \t]+#.*|[ \t]*))"""
)
_ITEM_OF_FLOW = re.compile(r"""\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*|([^,]*))(?:,|\Z)""")
_SIGN = re.compile(r"[#&*!|>%@`]")
"""What is something else to YAML at the beginning of a text in a list."""
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}[ \t]*:[ \t]+")
_ENCLOSED = re.compile(r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')(?P<rest>.*)""")
_REMARK = re.compile(r"(?:[ \t]+#(?![^ \t]).*|[ \t]*)")
"""What may follow a quoted text: a comment. A hash that is glued to a word (`"Panic" #1`) begins none."""
_ODD_ESCAPE = re.compile(
    r"\\(?!x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})([^\"\\/]|\Z)|(\\.)"
)
_BLOCK = re.compile(r"[|>][+-]?[1-9]?[+-]?[ \t]*(?:#.*)?")
"""The beginning of a text that stands in the indented lines below it."""
_KEY_BELOW = re.compile(r"[ \t]+[A-Za-z][\w-]*:(?:[ \t]|\Z)")
_TEXT = yaml.SafeLoader.DEFAULT_SCALAR_TAG
_BREAKS = re.compile(r"[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value stands among the lines of a front matter, counted from 0.

    It begins on line `line` at `start`, and ends before `end` of line `last`. `style` is its quotation sign, "block"
    for a list of one value a line, else empty.
    """

    line: int
    start: int
    last: int
    end: int
    style: str


def read(lines: Sequence[str], file: str) -> dict[str, Value]:
    """Returns the values of a front matter, given its lines without the fences; raises Faults where it is none."""
    typed = _as_typed(lines)
    try:
        node = yaml.compose("\n".join(typed), Loader=_Loader)
    except yaml.YAMLError as first:
        try:
            typed = _repaired(lines, typed)
            node = yaml.compose("\n".join(typed), Loader=_Loader)
        except yaml.YAMLError:
            raise Faults([typing_errors.broken(lines, file, first)]) from first
    except RecursionError as error:
        raise Faults(
            [Problem(file, 2, "the front matter nests too many values", "keep lists flat")]
        ) from error
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise Faults([typing_errors.not_pairs(lines, file)])
    if marked := _marked(typed, file):
        raise Faults(marked)
    return _values(node, file)


def _marked(lines: Sequence[str], file: str) -> list[Problem]:
    """Returns a problem for each value that begins with an anchor or a tag of YAML: its first word would be lost."""
    text = "\n".join(lines)
    if "&" not in text and "!" not in text:
        return []
    what, cure = (
        "a value that begins with '&' or '!' means something else to YAML",
        "put the text in straight quotes",
    )
    return [
        Problem(file, event.start_mark.line + 2, what, cure)
        for event in yaml.parse(text, Loader=_Loader)
        if isinstance(event, yaml.NodeEvent) and event.start_mark
        if event.anchor or getattr(event, "tag", None)
    ]


def dump(pairs: Iterable[tuple[str, str | tuple[str, ...]]], typed: Mapping[str, str]) -> str:
    """Returns the lines of a front matter without its fences, in the plainest quoting that any YAML reader reads back.

    A text that YAML would take for something else (`No`, `2020-02-02`) is quoted, unless `typed` names that type for
    its key ("timestamp", "bool": YAML 1.1's).
    """
    return "".join(_line(key, value, typed.get(key, "str")) for key, value in pairs)


def written(words: str | tuple[str, ...], kind: str, style: str = "") -> str:
    """Returns a value as it stands behind its key; `style` asks for a way of quoting, `'` or `"`."""
    line = _line("x", words, kind, style)
    return line.removeprefix("x: ").removesuffix("\n")


def spans(lines: Sequence[str]) -> dict[str, Span]:
    """Returns where the value of each key stands in a front matter's lines; raises ValueError where it is no YAML."""
    mended = _mended(lines)
    try:
        node = yaml.compose("\n".join(mended), Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError("no front matter") from error
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): _span(lines, mended, key, value) for key, value in node.value}


def _mended(lines: Sequence[str]) -> list[str]:
    """Returns the lines as they can be read: as they stand, or with running texts quoted where they must be."""
    typed = _as_typed(lines)
    return typed if _is_yaml("\n".join(typed)) else _repaired(lines, typed)


def _span(lines: Sequence[str], mended: Sequence[str], key: yaml.Node, value: yaml.Node) -> Span:
    line = key.start_mark.line
    start, end = value.start_mark, value.end_mark
    if mended[line] != lines[line]:
        text = lines[line]
        if (
            isinstance(value, yaml.SequenceNode)
            and value.flow_style
            and (flow := _FLOW.search(text))
        ):
            return Span(line, flow.start(), line, flow.start("rest"), "")
        begin = len(text) - len(text[text.index(":") + 1 :].lstrip())
        return Span(line, begin, end.line, len(lines[end.line].rstrip()), "")
    if isinstance(value, yaml.ScalarNode) and start.line == end.line == line:
        return Span(
            line, start.column, line, end.column, value.style if value.style in {"'", '"'} else ""
        )
    if isinstance(value, yaml.CollectionNode) and value.flow_style and end.column:
        return Span(
            line, start.column if start.line == line else len(lines[line]), end.line, end.column, ""
        )
    last = end.line - (0 if end.column else 1)
    while last > line and (not lines[last].strip() or lines[last].lstrip().startswith("#")):
        last -= 1
    style = "block" if isinstance(value, yaml.SequenceNode) else ""
    return Span(line, lines[line].index(":") + 1, last, len(lines[last]), style)


def _values(node: yaml.MappingNode, file: str) -> dict[str, Value]:
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 2
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
        words = _words(value_node, running=key in ONE_TEXT)
        if words is None:
            problems.append(
                Problem(
                    file, line, f"'{key}' holds a value within a value", "put the text in quotes"
                )
            )
        elif key in values:
            cure = f"keep this one or that of line {values[key].line}"
            problems.append(Problem(file, line, f"'{key}' stands here a second time", cure))
        else:
            values[key] = Value(line, words)
    if problems:
        raise Faults(problems)
    return values


def _words(node: yaml.Node, *, running: bool) -> str | tuple[str, ...] | None:
    """Returns the texts of a node; `2026-05-20: what was wrong` in a list is a pair to YAML, a text to us.

    In `running` text `null` is a word.
    """
    if isinstance(node, yaml.ScalarNode):
        return str(node.value) if running else _null(node)
    if isinstance(node, yaml.MappingNode):
        return None if node.flow_style else _pair(node)
    parts = [
        _null(part) if isinstance(part, yaml.ScalarNode) else _pair(part) for part in node.value
    ]
    return None if None in parts else tuple(part for part in parts if part)


def _null(node: yaml.ScalarNode) -> str:
    return "" if not node.style and node.value in {"~", "null"} else str(node.value)


def _pair(node: yaml.Node) -> str | None:
    if not isinstance(node, yaml.MappingNode) or len(node.value) != 1:
        return None
    key, value = node.value[0]
    if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
        return None
    return f"{key.value}: {value.value}"


def _as_typed(lines: Sequence[str]) -> list[str]:
    """Returns the lines with running texts quoted: YAML then reads each to the end of its line, whatever is in it."""
    typed = list(lines)
    key = ""
    for number, line in enumerate(lines):
        pair, item = _PAIR.fullmatch(line), _ITEM.fullmatch(line)
        key = pair[1] if pair else key
        listed = _LISTS | {"corrections"}
        found = pair if pair and pair[2] else item if item and key in listed else None
        if found and key in _LISTS and (flow := _FLOW.fullmatch(found[2])):
            typed[number] = line[: found.start(2)] + _flow(flow)
            continue
        if not found or (key not in _RUNNING and not (key in _WORDS and _HASHED.search(found[2]))):
            continue
        head, words = line[: found.start(2)], found[2].strip(" \t")
        below = _wrapped(lines, number, len(head) - len(head.lstrip()) if item else 0)
        quoted = _quoted_text(words, key, wrapped=bool(below))
        if quoted is None or any(map(_KEY_BELOW.match, below)):
            continue  # YAML reads it as it was typed, or says what is wrong
        typed[number] = head + quoted
        if below:
            typed[number] = typed[number][:-1]
            folded = [
                f"{line[: len(line) - len(line.lstrip())]}{_escaped(line.strip())}"
                for line in below
            ]
            typed[number + 1 : number + 1 + len(below)] = [*folded[:-1], folded[-1] + '"']
    return typed


def _flow(found: re.Match[str]) -> str:
    """Returns a list in brackets with the texts quoted that YAML would take for something else, or drop."""
    if _HASHED.search(found["rest"]):
        return f'"{_escaped(found[0])}"'
    items, place = found["items"], 0
    parts: list[str] = []
    while place < len(items):
        item = _ITEM_OF_FLOW.match(items, place)
        if item is None:
            return found[0]  # YAML says what is wrong
        words = (item[2] or "").strip()
        if item[1]:
            parts.append(_backslashed(item[1]))
        else:
            parts.append(
                f'"{_escaped(words)}"' if _SIGN.match(words) or _HASHED.search(words) else words
            )
        place = item.end()
    return f"[{', '.join(parts)}]{found['rest']}"


def _backslashed(quoted: str) -> str:
    """Returns a text in quotes with its backslashes doubled, but for the escapes that can stand for nothing else."""
    return (
        quoted
        if quoted[0] == "'"
        else _ODD_ESCAPE.sub(lambda found: found[2] or f"\\\\{found[1]}", quoted)
    )


def _wrapped(lines: Sequence[str], number: int, indent: int) -> list[str]:
    """Returns the lines below one that go on with its text, since they are indented by more than `indent`."""
    below: list[str] = []
    for line in lines[number + 1 :]:
        bare = line.lstrip()
        if bare and (len(line) - len(bare) <= indent or bare.startswith("#")):
            break
        below.append(line)
    while below and not below[-1].strip():
        below.pop()
    return below


def _quoted_text(words: str, key: str, *, wrapped: bool) -> str | None:
    """Returns a running text in quotes that YAML reads as it was typed; None where YAML does so anyway.

    Quotes around a text are not part of it, and a comment may follow them; in these, backslashes are signs like others
    (`"C:\\new"`), but for the escapes that can stand for nothing else.
    """
    date = _DATED.match(words) if key == "corrections" else None
    rest = words[date.end() :] if date else words
    if rest[0] in "'\"":
        enclosed = _ENCLOSED.fullmatch(rest)
        if enclosed is None or wrapped:
            return None
        if _REMARK.fullmatch(enclosed["rest"]):
            plain = _ODD_ESCAPE.sub(lambda found: found[2] or f"\\\\{found[1]}", enclosed["text"])
            is_odd = rest[0] == '"' and plain != enclosed["text"]
            return f"{date[0] if date else ''}{plain}{enclosed['rest']}" if is_odd else None
        return f'"{_escaped(words)}"' if enclosed["rest"].lstrip().startswith("#") else None
    if rest[0] in "[{" and key not in ONE_TEXT:
        return None
    if wrapped and _BLOCK.fullmatch(rest):
        return None
    if key == "authors" and rest in {"~", "null"}:
        return None
    return f'"{_escaped(words)}"'


def _escaped(words: str) -> str:
    """Returns a text as it stands between double quotes, with the escapes alone that `_ODD_ESCAPE` leaves."""
    return "".join(
        sign if sign.isprintable() and sign not in '"\\' else _escape(sign) for sign in words
    )


def _escape(sign: str) -> str:
    number = ord(sign)
    if sign in '"\\':
        return f"\\{sign}"
    return (
        f"\\x{number:02x}"
        if number < 0x100
        else f"\\u{number:04x}"
        if number < 0x10000
        else f"\\U{number:08x}"
    )


def _repaired(lines: Sequence[str], typed: Sequence[str]) -> list[str]:
    """Returns the lines, those in quotes that were none after all (`"Panic" over chips`) read to their end, too."""
    return [
        _quoted(new) if new == old and not _is_yaml(new) else new
        for old, new in zip(lines, typed, strict=True)
    ]


def _quoted(line: str) -> str:
    pair, item = _PAIR.fullmatch(line), _ITEM.fullmatch(line)
    found = (
        pair
        if pair and pair[1] in _RUNNING and pair[2]
        else item
        if item and _DATED.match(item[2])
        else None
    )
    return f'{line[: found.start(2)]}"{_escaped(found[2].strip())}"' if found else line


def _is_yaml(line: str) -> bool:
    try:
        yaml.compose(line, Loader=_Loader)
    except yaml.YAMLError:
        return False
    return True


def _line(key: str, value: str | tuple[str, ...], kind: str, style: str = "") -> str:
    tag = f"tag:yaml.org,2002:{kind}"
    if isinstance(value, str):
        node: yaml.Node = yaml.ScalarNode(tag, value, style=_style(value) or style or None)
    elif any(_BREAKS.search(part) or "\\" in part for part in value):
        return f"{key}: [{', '.join(_part(part) for part in value)}]\n"
    else:
        node = yaml.SequenceNode(
            yaml.SafeLoader.DEFAULT_SEQUENCE_TAG,
            [yaml.ScalarNode(tag, part, style=_style(part)) for part in value],
            flow_style=True,
        )
    pair = yaml.MappingNode(
        yaml.SafeLoader.DEFAULT_MAPPING_TAG, [(yaml.ScalarNode(_TEXT, key), node)], flow_style=False
    )
    line = str(yaml.serialize(pair, Dumper=yaml.SafeDumper, allow_unicode=True, width=1 << 30))
    if isinstance(value, str) and line.startswith(f'{key}: "'):
        return f'{key}: "{_escaped(value)}"\n'
    return line


def _part(words: str) -> str:
    return f'"{_escaped(words)}"'


def _style(value: str) -> str | None:
    """Double quotes where the text holds a line break: the other styles would fold it."""
    return '"' if _BREAKS.search(value) else None
