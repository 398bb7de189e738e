"""`digest.toml`: found from any folder inside a digest, read and checked whole.

Refuses to guess: an unknown key, a wrong type or a value that cannot be meant is a problem that names the line, the
key and the likely cure, and all problems are listed together.
"""

from __future__ import annotations

import re
import tomllib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from digest import disk, redact, urls
from digest.errors import DigestError, Faults, Problem, suggestion
from digest.model import Config, Feed, Site, Theme
from digest.phrases import check_phrase

NAME = "digest.toml"

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*"
    r"(-[0-9a-wyz](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)
_HEADER = re.compile(r"\s*\[+\s*([A-Za-z0-9_-]+)\s*\]+")
_SINGLE = re.compile(r"\s*\[\s*(feeds|themes)\s*\]")
_MOST_WORDS = 100_000  # no more of a summary is read
_BRACKET = re.compile(r"[\[{]|[\]}]")
_DIGITS = re.compile(r"[\d_]{4000}")
_DOTTED = re.compile(
    r"""^[ \t\[]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:[ \t]*\.[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')){50}""",
    re.M,
)
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")

_TABLES: Mapping[str, Mapping[str, type]] = {
    "site": {"title": str, "url": str, "id": str, "description": str, "language": str, "timezone": str, "editor": str},
    "feeds": {
        "id": str, "url": str, "title": str, "publisher": str, "paywall": bool, "excerpt": int, "retired": bool,
    },
    "themes": {"id": str, "title": str, "match": list, "ignore": list, "was": list},
    "pull": {"draft": bool},
    "editions": {"close": str},
}  # fmt: skip
_REQUIRED = {"site": ("title", "url"), "feeds": ("id", "url"), "themes": ("id", "title", "match")}
_LISTS = frozenset({"feeds", "themes"})
_WORDS = {
    str: "a text in quotes",
    bool: "true or false",
    int: "a whole number",
    list: "a list of texts in quotes",
}


def find_root(start: Path) -> Path:
    """Returns the folder of the digest that `start` lies in; raises DigestError where it lies in none."""
    for folder in (start, *start.parents):
        if (folder / NAME).is_file():
            return folder
    raise DigestError(
        f"{start}: no {NAME} here or in a folder above; 'digest init' makes a new digest"
    )


def load(root: Path) -> Config:
    """Reads the configuration of the digest in `root`; raises Faults with every problem in it."""
    content = disk.read(root / NAME)
    if content is None:
        raise DigestError(f"{root / NAME}: there is no such file; 'digest init' makes a new digest")
    try:
        return loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Faults([Problem(NAME, 0, "not UTF-8 text", "save it as UTF-8")]) from error


def loads(text: str) -> Config:
    """Returns the configuration that the text of a `digest.toml` says; raises Faults with every problem in it."""
    if dotted := _DOTTED.search(text):  # tomllib takes quadratic time over the parts of a key
        line = text.count("\n", 0, dotted.start()) + 1
        raise Faults(
            [
                Problem(
                    NAME,
                    line,
                    "a key has too many parts",
                    "write tables as [name], keys as name = value",
                )
            ]
        )
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Faults([_syntax(text, str(error))]) from error
    except RecursionError as error:
        raise Faults(
            [Problem(NAME, _deepest(text), "values are nested too deeply", "keep lists flat")]
        ) from error
    except ValueError as error:  # Python reads no whole number of more than 4,300 digits
        raise Faults(
            [Problem(NAME, _longest_number(text), "a number is too long", "write a shorter one")]
        ) from error
    check = _Check(text)
    tables = {name: check.tables(name, data.get(name)) for name in _TABLES}
    check.known(data, _TABLES, "", 0, "table")
    config = _build(check, tables)
    if check.problems:
        raise Faults(sorted(check.problems, key=lambda problem: problem.line))
    return config


def lines(root: Path) -> dict[tuple[str, int, str], int]:
    """Returns the line of each table's header and keys in a digest's configuration; a table is its name and number."""
    return _lines((disk.read(root / NAME) or b"").decode("utf-8-sig", errors="replace"))


def is_language(tag: str) -> bool:
    """Tells whether a tag names a language as `site.language` may (BCP 47)."""
    return _LANGUAGE.fullmatch(tag) is not None


class _Check:
    """Collects the problems of one file; `where` of a table is its name and, in a list of tables, its number."""

    def __init__(self, text: str) -> None:
        self.lines = _lines(text)
        self.problems: list[Problem] = []

    def fault(self, table: str, number: int, key: str, what: str, cure: str = "") -> None:
        line = self.lines.get((table, number, key), self.lines.get((table, number, ""), 0))
        self.problems.append(Problem(NAME, line, what, cure))

    def tables(self, name: str, value: object) -> list[dict[str, Any]]:
        """Returns the tables of one name, each without the keys that are at fault."""
        found = value if isinstance(value, list) and name in _LISTS else [value]
        if value is None:
            found = [{}] if name not in _LISTS else []
        if not all(isinstance(table, dict) for table in found):
            shape = f"[[{name}]]" if name in _LISTS else f"[{name}]"
            self.fault(
                name,
                0,
                "",
                f"'{name}' is not a table",
                f"write it as {shape}, with its keys on the lines below",
            )
            return [{}] if name not in _LISTS else []
        return [
            self.table(name, number, cast("dict[str, Any]", table))
            for number, table in enumerate(found)
        ]

    def table(self, name: str, number: int, table: dict[str, Any]) -> dict[str, Any]:
        keys = _TABLES[name]
        self.known(table, keys, name, number, "key")
        for key in _REQUIRED.get(name, ()):
            if key not in table:
                self.fault(
                    name, number, "", f"{_name(name, number, key)} is missing", f"add {key} = …"
                )
        return {
            key: value
            for key, value in table.items()
            if key in keys and self.typed(name, number, key, value)
        }

    def known(
        self, table: Iterable[str], keys: Iterable[str], name: str, number: int, kind: str
    ) -> None:
        for key in table:
            if key not in keys:
                place = f" in [{name}]" if name else ""
                self.fault(
                    name or key,
                    number,
                    key if name else "",
                    f"unknown {kind} '{key}'{place}",
                    suggestion(key, keys),
                )

    def typed(self, name: str, number: int, key: str, value: object) -> bool:
        kind = _TABLES[name][key]
        fits = type(value) is kind and (
            kind is not list or all(isinstance(part, str) for part in cast("list[object]", value))
        )
        if not fits:
            self.fault(
                name,
                number,
                key,
                f"{_name(name, number, key)} is not {_WORDS[kind]}",
                f"write {_example(key, kind)}",
            )
        return fits

    def value(
        self,
        name: str,
        number: int,
        key: str,
        value: Any,
        fits: Callable[[Any], object],
        what: str,
        cure: str,
    ) -> None:
        """Notes a value of the right type that cannot be meant; a missing one (None) has been noted already."""
        if value is not None and not fits(value):
            shown = " ".join(redact.mask(value).split()) if isinstance(value, str) else value
            self.fault(name, number, key, f"{_name(name, number, key)}: {what.format(shown)}", cure)


def _build(check: _Check, tables: Mapping[str, Sequence[dict[str, Any]]]) -> Config:
    _check_site(check, tables["site"][0])
    for number, feed in enumerate(tables["feeds"]):
        _check_feed(check, number, feed)
    for number, theme in enumerate(tables["themes"]):
        _check_theme(check, number, theme)
    _check_ids(check, "feeds", [[feed.get("id")] for feed in tables["feeds"]])
    _check_ids(
        check, "themes", [[theme.get("id"), *theme.get("was", [])] for theme in tables["themes"]]
    )
    close = tables["editions"][0].get("close", "next-week")
    check.value("editions", 0, "close", close, {"next-week", "letter"}.__contains__,
                "'{}' is not a way to close a week", 'write "next-week" or "letter"')  # fmt: skip
    return Config(
        site=_site(tables["site"][0]),
        feeds=tuple(map(_feed, tables["feeds"])),
        themes=tuple(map(_theme, tables["themes"])),
        draft=tables["pull"][0].get("draft", False),
        close=close,
    )


def _check_site(check: _Check, site: dict[str, Any]) -> None:
    check.value("site", 0, "title", site.get("title"), str.strip, "is empty", "name the digest")
    url, id = site.get("url"), site.get("id")
    check.value("site", 0, "url", url, lambda url: not _site_fault(url), f"'{{}}' {_site_fault(url or '')}",
                'write the address of the site, such as "https://example.org/digest/"')  # fmt: skip
    check.value("site", 0, "id", id, urls.is_absolute, "'{}' is not an absolute URI (RFC 4287 §4.2.6)",
                'write one that never changes, such as "urn:uuid:…"')  # fmt: skip
    check.value("site", 0, "id", id, lambda id: not redact.names(id), "'{}' has a secret in it, and is published",
                'write one that never changes, such as "urn:uuid:…"')  # fmt: skip
    check.value("site", 0, "language", site.get("language"), is_language, "'{}' is not a language tag (BCP 47)",
                'write a code of two or three letters, such as "en", or with more such as "zh-Hant"')  # fmt: skip
    check.value("site", 0, "timezone", site.get("timezone"), _is_zone, "'{}' is not a time zone",
                'write a name from the IANA list, such as "Asia/Hong_Kong"')  # fmt: skip


def _check_feed(check: _Check, number: int, feed: dict[str, Any]) -> None:
    _check_id(check, "feeds", number, feed.get("id"), "id")
    check.value("feeds", number, "url", feed.get("url"), _is_feed_url,
                "'{}' is neither an http(s) address nor a path inside the digest",
                "copy the feed's address from the publisher's page")  # fmt: skip
    check.value("feeds", number, "excerpt", feed.get("excerpt"), lambda words: words >= 0, "{} is negative",
                "write how many words to keep; 0 keeps none")  # fmt: skip
    check.value("feeds", number, "excerpt", feed.get("excerpt"), lambda words: words <= _MOST_WORDS,
                f"is more than {_MOST_WORDS:,} words", "write how many words to keep; 0 keeps none")  # fmt: skip


def _check_theme(check: _Check, number: int, theme: dict[str, Any]) -> None:
    for key, ids in (("id", [theme.get("id")]), ("was", theme.get("was", []))):
        for old in ids:
            _check_id(check, "themes", number, old, key)
    check.value(
        "themes", number, "title", theme.get("title"), str.strip, "is empty", "name the theme"
    )
    for key in ("match", "ignore"):
        for phrase in theme.get(key, []):
            fault = check_phrase(phrase)
            if fault:
                check.fault(
                    "themes",
                    number,
                    key,
                    f"{_name('themes', number, key)}: the phrase '{phrase}' {fault}",
                )


def _check_id(check: _Check, name: str, number: int, value: str | None, key: str) -> None:
    check.value(name, number, key, value, _ID.fullmatch, "'{}' is not an id",
                "use lower-case letters a to z, digits and hyphens, a letter or digit first")  # fmt: skip


def _check_ids(check: _Check, name: str, owned: Sequence[Sequence[str | None]]) -> None:
    seen: dict[str, int] = {}
    for number, ids in enumerate(owned):
        for known in dict.fromkeys(key for key in ids if key):
            if known in seen:
                check.fault(
                    name,
                    number,
                    "id",
                    f"two of [[{name}]] have the id '{known}'",
                    "give one of them another id",
                )
            seen[known] = number


def _site(table: dict[str, Any]) -> Site:
    url = table.get("url", "https://example.org/")
    url = url if url.endswith("/") else url + "/"
    id = (
        table.get("id") or f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url)}"
    )  # of the address as it is written
    shown = _without_secrets(table, "title", "description", "editor")
    return Site(**{"title": "", **shown, "url": urls.site_url(url) or url, "id": id})


def _feed(table: dict[str, Any]) -> Feed:
    title = table.get("title") or urls.host(table.get("url", "")) or table.get("id", "")
    named = _without_secrets(
        {"title": title, "publisher": table.get("publisher") or title}, "title", "publisher"
    )
    return Feed(**{"id": "", "url": "", **table, **named})


def _theme(table: dict[str, Any]) -> Theme:
    return Theme(
        id=table.get("id", ""),
        title=redact.strip_text(table.get("title", "")),
        match=tuple(table.get("match", ())),
        ignore=tuple(table.get("ignore", ())),
        was=tuple(table.get("was", ())),
    )


def _without_secrets(table: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Returns a table with the secrets taken out of the URLs in texts that are published."""
    return {key: redact.strip_text(value) if key in keys else value for key, value in table.items()}


def _site_fault(url: str) -> str:
    return urls.site_fault(url) or ("" if url == url.strip() else "has white space around it")


def _is_feed_url(url: str) -> bool:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url):
        return urls.web_link(url) is not None
    return bool(url.strip()) and not url.startswith(("/", "\\")) and ".." not in Path(url).parts


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (
        KeyError,
        OSError,
        ValueError,
    ):  # as the name is unknown, a folder of zones, or no path at all
        return False
    return True


def _name(table: str, number: int, key: str) -> str:
    return f"{key} of {table[:-1]} {number + 1}" if table in _LISTS else f"{table}.{key}"


def _example(key: str, kind: type) -> str:
    return {
        str: f'{key} = "…"',
        bool: f"{key} = true",
        int: f"{key} = 40",
        list: f'{key} = ["…", "…"]',
    }[kind]


def _lines(text: str) -> dict[tuple[str, int, str], int]:
    """Returns the line of each table's header and keys; tomllib keeps none, and a message without one helps little."""
    found: dict[tuple[str, int, str], int] = {}
    table, numbers = "", dict[str, int]()
    for line, content in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(content):
            table = header[1]
            numbers[table] = numbers.get(table, -1) + 1
            found[table, numbers[table], ""] = line
        elif key := _KEY.match(content):
            found.setdefault(
                (table, numbers.get(table, 0), key[1]) if table else (key[1], 0, ""), line
            )
    return found


def _deepest(text: str) -> int:
    """Returns the line of a file in which most brackets are open, quotes aside."""
    depth, deepest, line = 0, 0, 0
    for number, content in enumerate(text.splitlines(), start=1):
        for found in _BRACKET.finditer(content):
            depth = depth + 1 if found[0] in "[{" else max(0, depth - 1)
            if depth > deepest:
                deepest, line = depth, number
    return line


def _longest_number(text: str) -> int:
    found = _DIGITS.search(text)
    return len(text[: found.start()].splitlines()) if found else 0


def _syntax(text: str, message: str) -> Problem:
    """Returns tomllib's message as a problem; a quote that a phone has curled is named as what it is."""
    at = re.search(r"\(at line (\d+), column \d+\)", message)
    line = int(at[1]) if at else len(text.splitlines())
    words = re.sub(r"\s*\(at .*\)", "", message)
    content = (text.splitlines() or [""])[min(line, len(text.splitlines()) or 1) - 1]
    single = next(
        (
            (n, found[1])
            for n, one in enumerate(text.splitlines(), 1)
            if (found := _SINGLE.match(one))
        ),
        None,
    )
    if words.startswith("Cannot") and single:
        number, name = single
        return Problem(
            NAME,
            number,
            f"[{name}] has single brackets",
            f"write [[{name}]] above the keys of each one",
        )
    cure = ""
    if any(sign in content for sign in "“”‘’„"):
        cure = 'type straight quotes ("), not curled ones'
    elif words == "Invalid value" and (key := _KEY.match(content)):
        kind = next((keys[key[1]] for keys in _TABLES.values() if key[1] in keys), str)
        cure = {bool: "write true or false", int: "write a whole number"}.get(
            kind, "put text in double quotes"
        )
    return Problem(NAME, line, f"not valid TOML: {words}", cure)
