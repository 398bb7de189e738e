"""Changes to the text of a `digest.toml`: feeds added, retired or pulled again. Its comments and
its order stay.

    text ──tomlkit──▶ tables, each with its comments ──change──▶ text

The one importer of tomlkit, which is imported only for a change: it is slow to load. Raises
DigestError for a text that tomlkit would not write back as it is. Callers read the result with
`config`, which checks what it says.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digest import config_template, disk
from digest.errors import DigestError, changed_meanwhile
from digest.model import CONFIG_FILE, Feed

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_BOM = "\ufeff"
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\])*"|'
    r"'''.*?'''|'[^']*'|#[^\n]*|\s+|.",
    re.DOTALL,
)
"""A string, a comment, white space or a single character of TOML."""
_HEADER = re.compile(r"(?m)^[ \t]*\[\[?[ \t]*([\w-]+)")


def write(root: Path, before: str, after: str) -> None:
    """Writes `digest.toml`, if it still has the text `before`; raises DigestError if it has not."""
    if after != before and not disk.replace(root, CONFIG_FILE, before.encode(), after.encode()):
        raise DigestError(changed_meanwhile(CONFIG_FILE))


def with_new_feeds(text: str, feeds: Iterable[Feed], folders: Mapping[str, str]) -> str:
    """Returns the text with a table for each feed after the others; `folders` by feed are comments
    above them.
    """
    added = config_template.tables(feeds, folders)

    def add(document: TOMLDocument) -> str:
        from tomlkit import dumps, parse
        from tomlkit.items import AoT

        present: Any = document.get("feeds")
        if present is None:
            before = dumps(document).rstrip("\n")
            return f"{before}\n\n{added}" if before else added
        # tomlkit keeps a comment above a table in the table before it: here a dummy, which is not
        # added.
        above, *tables = parse(f"[[feeds]]\n\n{added}")["feeds"]
        if not isinstance(present, AoT):  # feeds = [{id = …}, …]
            _append(document, "feeds", (table.unwrap() for table in tables))
            return dumps(document)
        trailing = _cut_trailing(present[-1])
        present[-1].value.body.extend(above.value.body)
        for table in tables:
            present.append(table)
        present[-1].value.body.extend(trailing)
        return dumps(document)

    return _changed(text, add, only_feeds=True)


def with_retired(text: str, feed_id: str, *, retired: bool) -> str:
    """Returns the text in which this feed is retired, or is not."""

    def change(document: TOMLDocument) -> str:
        from tomlkit import dumps
        from tomlkit.items import InlineTable

        table: Any = next(table for table in document["feeds"] if table["id"] == feed_id)
        if not retired:
            table.pop("retired", None)
        elif "retired" in table or isinstance(table, InlineTable):
            table["retired"] = True
        else:
            trailing = _cut_trailing(table)
            table["retired"] = True
            table.value.body.extend(trailing)
        return dumps(document)

    return _changed(text, change, only_feeds=True)


def with_sample_replaced(
    text: str,
    starter: str,
    feeds: Sequence[Feed],
    folders: Mapping[str, str],
    *,
    themes_in_use: Collection[str],
    site: Mapping[str, str],
) -> str:
    """Returns the text of a digest that has only the sample, with these feeds for it, and without
    its themes.

    A section that is as in the `starter` is replaced as a whole, so that its comments fit. Where
    the editor has changed it, the first feed takes the place of the sample's in its table, and the
    themes stay, as they do if one is in use. `site` has new values for keys, if they are there.
    """

    def change(document: TOMLDocument) -> str:
        from tomlkit import dumps

        table: Any = document["site"]
        table.update({key: value for key, value in site.items() if key in table})
        changed = dumps(document)
        section = dict(config_template.sections(starter))
        ids = {theme["id"] for theme in tomllib.loads(section["themes"])["themes"]}
        if ids.isdisjoint(themes_in_use):
            changed = changed.replace(section["themes"], config_template.THEMES_SECTION)
        if section["feeds"] in changed:
            return changed.replace(section["feeds"], config_template.feeds_section(feeds, folders))
        changed = _changed(changed, lambda document: _first_feed_replaced(document, feeds[0]))
        return with_new_feeds(changed, feeds[1:], folders) if feeds[1:] else changed

    return _changed(text, change)


def with_phrases(text: str, phrases: Mapping[str, Sequence[str]]) -> str:
    """Returns the text with more phrases at the ends of the `match` of themes, which are given by id."""

    def change(document: TOMLDocument) -> str:
        from tomlkit import dumps

        table: Any
        for table in document["themes"]:
            if table["id"] in phrases:
                _append(table, "match", phrases[table["id"]])
        return dumps(document)

    return _changed(text, change)


def _first_feed_replaced(document: TOMLDocument, feed: Feed) -> str:
    from tomlkit import dumps

    table: Any = document["feeds"][0]
    table.update({"id": feed.id, "url": feed.url})
    for key in ("title", "publisher"):
        if value := getattr(feed, key):
            table[key] = value
        else:
            table.pop(key, None)
    table.pop("retired", None)
    return dumps(document)


def _append(table: Any, key: str, values: Iterable[Any]) -> None:
    """Appends to a list, after the comments that follow its last value.

        [1, 2]        →  [1, 2, 3]
        [             →  [
            1,  # one        1,  # one
        ]                    2,
                         ]

    tomlkit's own `append` loses the comma between two values if a comment stands there.
    """
    from tomlkit import parse

    text = table[key].as_string()
    values_end, last_comma, has_lines = _scan_list(text)
    has_trailing_comma = last_comma >= values_end
    rest = text[values_end:-1]
    if has_trailing_comma:
        rest = text[values_end:last_comma] + text[last_comma + 1 : -1]
    comments = rest.rstrip()
    before_value, before_bracket = " ", rest[len(comments) :]
    if has_lines:
        indent = re.search(r"\n([ \t]*)[^\s\]]", text)
        before_value = f"\n{indent[1]}" if indent else "\n    "
        before_bracket = before_bracket if "\n" in before_bracket else "\n"
    added = ",".join(f"{before_value}{_inline(value)}" for value in values)
    present = f"{text[:values_end]},"
    if values_end == 1:  # the list is empty
        present, added = "[", added.lstrip(" ")
    trailing_comma = "," if has_lines and has_trailing_comma else ""
    changed = f"{present}{comments}{added}{trailing_comma}{before_bracket}]"
    table[key] = parse(f"list = {changed}")["list"]


def _scan_list(text: str) -> tuple[int, int, bool]:
    """Returns where a list's last value ends, 1 if it is empty, where its last comma is, 0 if it
    has none, and whether the list has several lines.
    """
    values_end, last_comma, depth, has_lines = 1, 0, 0, False
    for token in _TOKEN.finditer(text):
        depth += (token[0] in "[{") - (token[0] in "]}")
        if token[0] == "," and depth == 1:
            last_comma = token.start()
        elif token[0].isspace() or token[0].startswith("#"):
            has_lines |= "\n" in token[0]
        elif depth and token.start():
            values_end = token.end()
    return values_end, last_comma, has_lines


def _inline(value: Any) -> str:
    """Returns a value as it is written in a list."""
    from tomlkit import inline_table, item

    if not isinstance(value, dict):
        return str(item(value).as_string())
    table = inline_table()
    table.update(value)
    return table.as_string()


def _cut_trailing(table: Any) -> list[Any]:
    """Removes from a table, and returns, what follows its keys and the comments right below them.

    That is the space and the comments above the next table, which tomlkit takes for a part of this
    one.
    """
    body: list[Any] = table.value.body
    last = max((number for number, (key, _) in enumerate(body) if key is not None), default=-1)
    end = last + 1
    while end < len(body) and body[end][1].as_string().strip():
        end += 1
    trailing, body[end:] = body[end:], []
    return trailing


def _changed(text: str, change: Callable[[TOMLDocument], str], *, only_feeds: bool = False) -> str:
    """Returns the text after a change; its byte order mark and its line breaks stay as they are.

    tomlkit moves tables of one name together. If it would, a change of `only_feeds` gets their part
    of the text.
    """
    from tomlkit import dumps, parse
    from tomlkit.exceptions import TOMLKitError

    mark, text = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    is_crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")
    text = text.replace("\r\n", "\n") if is_crlf else text
    text += "\n" if text and not text.endswith("\n") else ""
    head, tail = "", ""
    try:
        document = parse(text)
        if dumps(document) != text and only_feeds:
            head, part, tail = _around_feeds(text)
            document, text = parse(part), part
    except TOMLKitError as error:
        raise DigestError(
            f"{CONFIG_FILE}: Digest cannot change this file safely ({error}); make the change by hand"
        ) from None
    if dumps(document) != text:
        raise DigestError(_scattered_table_message(text))
    changed = head + change(document) + tail
    return mark + (changed.replace("\n", "\r\n") if is_crlf else changed)


def _around_feeds(text: str) -> tuple[str, str, str]:
    """Returns the text before the tables of the feeds, theirs, and the text after them.

    All of it is theirs if other tables are between them.
    """
    headers = [(found.start(), found[1]) for found in _HEADER.finditer(text)]
    start = next((at for at, name in headers if name == "feeds"), 0)
    end = next((at for at, name in headers if name != "feeds" and at > start), len(text))
    with contextlib.suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(text[start:end]) == {"feeds": tomllib.loads(text).get("feeds")}:
            return text[:start], text[start:end], text[end:]
    return "", text, ""


def _scattered_table_message(text: str) -> str:
    """Returns the message about the first table that is separated from the others of its name."""
    seen: list[str] = []
    for found in _HEADER.finditer(text):
        if found[1] in seen[:-1] and found[1] != seen[-1]:
            line = text.count("\n", 0, found.start()) + 1
            return (
                f"{CONFIG_FILE}:{line}: this [[{found[1]}]] is separated from the others by another table;"
                " move it up to them, or make the change by hand"
            )
        seen.append(found[1])
    return f"{CONFIG_FILE}: Digest cannot change this file safely; make the change by hand"
