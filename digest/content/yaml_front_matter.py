"""Front matter that needs YAML: reads it as text with line numbers, and writes it plainly.

The only importer of PyYAML, which is slow to load and to read: used for what `plain_front_matter`
cannot read, and for writing. Each scalar is read as it was typed. Running text (a headline) goes to
the end of its line whatever characters it has, and a single value is accepted for a list. Problems
name the line and how to fix it. A value is a text or a list of texts: tags, anchors and nested
values are errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import yaml

from digest.content import typos
from digest.content.plain_front_matter import ONE_TEXT, Value
from digest.errors import Faults, Problem

_Loader: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_PAIR = re.compile(r"([A-Za-z][\w-]*)[ \t]*:(?:[ \t]+(.*))?")
_ITEM = re.compile(r"([ \t]*-[ \t]+)(.+)")
_DATED_KEYS = frozenset({"corrections", "ahead"})
"""Keys with a list of dates, each with text: `2026-05-20: what was wrong`."""
RUNNING = ONE_TEXT | _DATED_KEYS | {"authors"}
"""Keys whose values are running text, where people do not think of YAML: ` #1` is not a comment."""
_LISTS = frozenset({"themes", "feeds", "authors"})
_WORDS = _LISTS | {"link", "image", "id", "saved"}
"""Keys in whose values a hash attached to a word (`themes: #memory`) does not begin a comment."""
_HASHED = re.compile(r"(?:^|[ \t])#(?=[^ \t#])")
_FLOW = re.compile(
    r"""\[(?P<items>(?:[^\[\]{}"']|(?<=[^\s\[,])["']|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|["'])*+)\]"""
    r"""(?P<rest>(?:[ \t]+#.*|[ \t]*))"""
)
"""A list in brackets; a quote opens a quoted item only at the beginning of a word. `*+` never goes back: linear time."""
_ITEM_OF_FLOW = re.compile(r"""\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*|([^,]*))(?:,|\Z)""")
_SIGN = re.compile(r"[#&*!|>%@`]")
"""Characters that mean something to YAML at the beginning of a text in a list."""
_DATED = re.compile(r"\d{4}(?:-\d{2}){0,2}[ \t]*:[ \t]+")
_ENCLOSED = re.compile(r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')(?P<rest>.*)""")
_COMMENT = re.compile(r"(?:[ \t]+#(?![^ \t]).*|[ \t]*)")
"""What may follow a quoted text. A hash attached to a word (`"Panic" #1`) is not a comment."""
_ODD_ESCAPE = re.compile(
    r"\\(?!x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})([^\"\\/]|\Z)|(\\.)"
)
_BLOCK = re.compile(r"[|>][+-]?[1-9]?[+-]?[ \t]*(?:#.*)?")
"""The beginning of a text that is in the indented lines below."""
_KEY_BELOW = re.compile(r"[ \t]+[A-Za-z][\w-]*:(?:[ \t]|\Z)")
_TEXT = yaml.SafeLoader.DEFAULT_SCALAR_TAG
_BREAKS = re.compile(r"[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value is among the lines of a front matter, counted from 0.

    It begins on line `line` at column `start`, and ends before column `end` of line `last`. `style`
    is its quotation mark, "block" for a list with one value a line, or "".
    """

    line: int
    start: int
    last: int
    end: int
    style: str


def read(lines: Sequence[str], file: str) -> dict[str, Value]:
    """Returns the values of a front matter, given its lines without fences; may raise Faults."""
    try:
        node, readable = _compose(lines)
    except yaml.YAMLError as error:
        raise Faults([typos.broken(lines, file, error)]) from error
    except RecursionError as error:
        what, cure = "the front matter nests too many values", "keep lists flat"
        raise Faults([Problem(file, 2, what, cure)]) from error
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise Faults([typos.not_pairs(lines, file)])
    if problems := _anchors_and_tags(readable, file):
        raise Faults(problems)
    values: dict[str, Value] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 2
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
        words = _words(value_node, key)
        if words is None:
            what = f"'{key}' has a nested value"
            problems.append(Problem(file, line, what, "put the text in quotes"))
        elif key in values:
            cure = f"keep this one or that of line {values[key].line}"
            problems.append(Problem(file, line, f"'{key}' is given twice", cure))
        else:
            values[key] = Value(line, words)
    if problems:
        raise Faults(problems)
    return values


def _compose(lines: Sequence[str]) -> tuple[yaml.Node | None, list[str]]:
    """Returns the document that YAML finds, and the lines as YAML can read them.

    Those are unchanged, or have running text in quotes. Raises YAMLError if it still finds none.
    """
    readable = _as_typed(lines)
    try:
        return yaml.compose("\n".join(readable), Loader=_Loader), readable
    except yaml.YAMLError:
        readable = _repaired(lines, readable)
        return yaml.compose("\n".join(readable), Loader=_Loader), readable


def _anchors_and_tags(lines: Sequence[str], file: str) -> list[Problem]:
    """Returns a problem for each value that begins with an anchor or tag, which YAML would drop."""
    text = "\n".join(lines)
    if "&" not in text and "!" not in text:
        return []
    what = "a value that begins with '&' or '!' means something else to YAML"
    cure = "put the text in straight quotes"
    problems = []
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.NodeEvent) and event.start_mark:
            has_mark = event.anchor or getattr(event, "tag", None)
            if has_mark:
                problems.append(Problem(file, event.start_mark.line + 2, what, cure))
    return problems


def dump(pairs: Iterable[tuple[str, str | tuple[str, ...]]], typed: Mapping[str, str]) -> str:
    """Returns the lines of a front matter, in the plainest quoting that any YAML parser accepts.

    Text that YAML would read as another type (`No`, `2020-02-02`) is quoted, unless `typed` has
    that type for its key ("timestamp" or "bool" of YAML 1.1).
    """
    return "".join(_line(key, value, typed.get(key, "str")) for key, value in pairs)


def written(words: str | tuple[str, ...], kind: str, style: str) -> str:
    """Returns a value as it is written after its key; `style` asks for quotes, `'` or `"`."""
    line = _line("x", words, kind, style)
    return line.removeprefix("x: ").removesuffix("\n")


def spans(lines: Sequence[str]) -> dict[str, Span]:
    """Returns where the value of each key is; raises ValueError if the lines are not YAML."""
    try:
        node, readable = _compose(lines)
    except yaml.YAMLError as error:
        raise ValueError("no front matter") from error
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): _span(lines, readable, key, value) for key, value in node.value}


def _span(lines: Sequence[str], readable: Sequence[str], key: yaml.Node, value: yaml.Node) -> Span:
    line = key.start_mark.line
    start, end = value.start_mark, value.end_mark
    is_flow = isinstance(value, yaml.CollectionNode) and value.flow_style
    if readable[line] != lines[line]:
        text = lines[line]
        flow = _FLOW.search(text) if is_flow and isinstance(value, yaml.SequenceNode) else None
        if flow:
            return Span(line, flow.start(), line, flow.start("rest"), "")
        begin = len(text) - len(text[text.index(":") + 1 :].lstrip())
        return Span(line, begin, end.line, len(lines[end.line].rstrip()), "")
    if isinstance(value, yaml.ScalarNode) and start.line == end.line == line:
        style = value.style if value.style in {"'", '"'} else ""
        return Span(line, start.column, line, end.column, style)
    if is_flow and end.column:
        begin = start.column if start.line == line else len(lines[line])
        return Span(line, begin, end.line, end.column, "")
    last = end.line - (0 if end.column else 1)
    while last > line and (not lines[last].strip() or lines[last].lstrip().startswith("#")):
        last -= 1
    style = "block" if isinstance(value, yaml.SequenceNode) else ""
    return Span(line, lines[line].index(":") + 1, last, len(lines[last]), style)


def _words(node: yaml.Node, key: str) -> str | tuple[str, ...] | None:
    """Returns the text or texts of a key's node; None if it has a nested value.

    YAML reads `2026-05-20: what was wrong` as a pair; it is text, also in a list, and below a key
    that has dates. In a headline, `null` is a word.
    """
    if isinstance(node, yaml.ScalarNode):
        return str(node.value) if key in ONE_TEXT else _text_or_null(node)
    if isinstance(node, yaml.MappingNode) and key not in _DATED_KEYS:
        return None if node.flow_style else _pair(node)
    parts = []
    for part in node.value:
        if isinstance(node, yaml.MappingNode):
            parts.append(_joined(*part))
        else:
            parts.append(_text_or_null(part) if isinstance(part, yaml.ScalarNode) else _pair(part))
    return None if None in parts else tuple(part for part in parts if part)


def _text_or_null(node: yaml.ScalarNode) -> str:
    return "" if not node.style and node.value in {"~", "null"} else str(node.value)


def _pair(node: yaml.Node) -> str | None:
    if not isinstance(node, yaml.MappingNode) or len(node.value) != 1:
        return None
    return _joined(*node.value[0])


def _joined(key: yaml.Node, value: yaml.Node) -> str | None:
    if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
        return None
    return f"{key.value}: {value.value}"


def _as_typed(lines: Sequence[str]) -> list[str]:
    """Returns the lines with running text quoted, so that YAML reads it to the end of its line."""
    typed = list(lines)
    key = ""
    for number, line in enumerate(lines):
        pair, item = _PAIR.fullmatch(line), _ITEM.fullmatch(line)
        key = pair[1] if pair else key
        match = pair if pair and pair[2] else None
        if match is None and key in _LISTS | _DATED_KEYS:
            match = item
        if match and key in _LISTS and (flow := _FLOW.fullmatch(match[2])):
            typed[number] = line[: match.start(2)] + _flow(flow)
            continue
        if not match or (key not in RUNNING and not (key in _WORDS and _HASHED.search(match[2]))):
            continue
        head, words = line[: match.start(2)], match[2].strip(" \t")
        below = _wrapped(lines, number, len(head) - len(head.lstrip()) if item else 0)
        quoted = _quoted_text(words, key, wrapped=bool(below))
        if quoted is None or any(map(_KEY_BELOW.match, below)):
            continue  # YAML reads it as it was typed, or reports what is wrong
        typed[number] = head + quoted
        if below:
            typed[number] = typed[number][:-1]
            for line_number, text in enumerate(below, start=number + 1):
                indent = text[: len(text) - len(text.lstrip())]
                typed[line_number] = indent + _escaped(text.strip())
            typed[number + len(below)] += '"'
    return typed


def _flow(match: re.Match[str]) -> str:
    """Returns a list in brackets, with quotes around texts that YAML would misread or drop."""
    if _HASHED.search(match["rest"]):
        return _in_quotes(match[0])
    items, position = match["items"], 0
    parts: list[str] = []
    while position < len(items):
        item = _ITEM_OF_FLOW.match(items, position)
        if item is None:
            return match[0]  # YAML reports what is wrong
        words = (item[2] or "").strip()
        if item[1]:
            parts.append(_backslashed(item[1]))
        elif _SIGN.match(words) or _HASHED.search(words):
            parts.append(_in_quotes(words))
        else:
            parts.append(words)
        position = item.end()
    return f"[{', '.join(parts)}]{match['rest']}"


def _backslashed(quoted: str) -> str:
    """Returns a quoted text with doubled backslashes, except in escapes that are clearly meant."""
    if quoted[0] == "'":
        return quoted
    return _ODD_ESCAPE.sub(lambda match: match[2] or f"\\\\{match[1]}", quoted)


def _wrapped(lines: Sequence[str], number: int, indent: int) -> list[str]:
    """Returns the lines below one that continue its text, since they are indented further."""
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
    """Returns running text in quotes, as YAML reads it; None if YAML reads it correctly anyway.

    Quotes around a text are not part of it, and a comment may follow them. Backslashes within them
    are plain characters (`"C:\\new"`), except in escapes that are clearly meant.
    """
    date = _DATED.match(words) if key in _DATED_KEYS else None
    rest = words[date.end() :] if date else words
    if rest[0] in "'\"":
        enclosed = _ENCLOSED.fullmatch(rest)
        if enclosed is None or wrapped:
            return None
        if _COMMENT.fullmatch(enclosed["rest"]):
            plain = _backslashed(enclosed["text"])
            if plain == enclosed["text"]:
                return None
            before = date[0] if date else ""
            return before + plain + enclosed["rest"]
        return _in_quotes(words) if enclosed["rest"].lstrip().startswith("#") else None
    if rest[0] in "[{" and key not in ONE_TEXT:
        return None
    if wrapped and _BLOCK.fullmatch(rest):
        return None
    if key == "authors" and rest in {"~", "null"}:
        return None
    return _in_quotes(words)


def _escaped(words: str) -> str:
    """Returns a text as it is written between double quotes, with only unambiguous escapes."""
    parts = []
    for sign in words:
        number = ord(sign)
        if sign in '"\\':
            parts.append(f"\\{sign}")
        elif sign.isprintable():
            parts.append(sign)
        elif number < 0x100:
            parts.append(f"\\x{number:02x}")
        elif number < 0x10000:
            parts.append(f"\\u{number:04x}")
        else:
            parts.append(f"\\U{number:08x}")
    return "".join(parts)


def _repaired(lines: Sequence[str], typed: Sequence[str]) -> list[str]:
    """Returns the lines, with text read to its end if its quotes end early (`"Panic" on chips`)."""
    repaired = list(typed)
    for number, line in enumerate(lines):
        if typed[number] != line or _is_yaml(line):
            continue
        if _wrapped(lines, number, len(line) - len(line.lstrip())):
            continue  # its quotes may end below
        pair, item = _PAIR.fullmatch(line), _ITEM.fullmatch(line)
        if pair and pair[1] in RUNNING and pair[2]:
            repaired[number] = line[: pair.start(2)] + _in_quotes(pair[2].strip())
        elif item and _DATED.match(item[2]):
            repaired[number] = line[: item.start(2)] + _in_quotes(item[2].strip())
    return repaired


def _is_yaml(line: str) -> bool:
    try:
        yaml.compose(line, Loader=_Loader)
    except yaml.YAMLError:
        return False
    return True


def _line(key: str, value: str | tuple[str, ...], kind: str, style: str = "") -> str:
    if isinstance(value, str):
        has_break = _BREAKS.search(value)  # double quotes, since other styles would fold it
        tag = f"tag:yaml.org,2002:{kind}"
        node: yaml.Node = yaml.ScalarNode(tag, value, style='"' if has_break else style or None)
    elif any(_BREAKS.search(part) or "\\" in part for part in value):
        return f"{key}: [{', '.join(map(_in_quotes, value))}]\n"
    else:
        texts = [yaml.ScalarNode(f"tag:yaml.org,2002:{kind}", part) for part in value]
        list_tag = yaml.SafeLoader.DEFAULT_SEQUENCE_TAG
        node = yaml.SequenceNode(list_tag, texts, flow_style=True)
    pairs = [(yaml.ScalarNode(_TEXT, key), node)]
    pair = yaml.MappingNode(yaml.SafeLoader.DEFAULT_MAPPING_TAG, pairs, flow_style=False)
    line = str(yaml.serialize(pair, Dumper=yaml.SafeDumper, allow_unicode=True, width=1 << 30))
    if isinstance(value, str) and line.startswith(f'{key}: "'):
        return f"{key}: {_in_quotes(value)}\n"
    return line


def _in_quotes(words: str) -> str:
    """Returns a text in double quotes."""
    return f'"{_escaped(words)}"'
