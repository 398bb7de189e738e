"""Finds `digest.toml` from any folder inside a digest, and parses and validates it.

An unknown key, a wrong type or an impossible value is a problem with its line, the key, and how to
fix it. All problems are reported together.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest import disk, mail_settings, redact, urls
from digest.errors import DigestError, Faults, Problem, did_you_mean, suggestion
from digest.model import CONFIG_FILE, Config, Feed, Site, Theme
from digest.names import current_ids, is_device
from digest.phrases import check_phrase

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*"
    r"(-[0-9a-wyz](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)
_HEADER = re.compile(r"\s*\[+\s*([A-Za-z0-9_-]+)\s*\]+")
_TWICE = re.compile(r"Cannot declare \('(\w+)',\) twice")
_SINGLE = re.compile(r"\s*\[\s*(feeds|themes)\s*\]")
_MAX_WORDS = 100_000  # no more of a summary is read
_BRACKET = re.compile(r"[\[{]|[\]}]")
_DIGITS = re.compile(r"[\d_]{4000}")
_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = re.compile(rf"^[ \t\[]*{_PART}(?:[ \t]*\.[ \t]*{_PART}){{50}}", re.M)
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")

_TABLES: Mapping[str, Mapping[str, type]] = {
    "site": dict.fromkeys(
        ("title", "url", "id", "description", "language", "timezone", "editor", "hub"), str
    ),
    "feeds": {
        **dict.fromkeys(("id", "url", "title", "publisher"), str),
        "paywall": bool,
        "excerpt": int,
        "retired": bool,
        **dict.fromkeys(("themes", "match", "ignore"), list),
    },
    "themes": {"id": str, "title": str, "match": list, "ignore": list, "was": list},
    "pull": {"draft": bool},
    "editions": {"close": str},
    "mail": mail_settings.KEYS,
}
_REQUIRED = {"site": ("title", "url"), "feeds": ("id", "url"), "themes": ("id", "title", "match")}
_LISTS = frozenset({"feeds", "themes"})
_WORDS: Mapping[type, tuple[str, str]] = {
    str: ("a text in quotes", '"…"'),
    bool: ("true or false", "true"),
    int: ("a whole number", "40"),
    list: ("a list of texts in quotes", '["…", "…"]'),
}
"""What messages call a value of each type, and an example."""
_NOT_AN_ID = (
    "'{}' is not an id",
    "use lower-case letters a to z, digits and hyphens, a letter or digit first",
)
_DEVICE = "a file named '{}' cannot be published everywhere", "choose another id"
_CLOSE = frozenset({"next-week", "letter"})
_SYNTAX_CURES = {
    "Unclosed array": "put a comma between its values, and ] at its end",
    "Illegal character '\\n'": "put a quotation mark at the end of the text",
    "Cannot overwrite a value": "this key has a value already; keep one of the two",
}
"""Advice for messages of tomllib."""


def find_root(start: Path) -> Path:
    """Returns the digest's folder, which contains `start`; raises DigestError if there is none."""
    for folder in (start, *start.parents):
        if (folder / CONFIG_FILE).is_file():
            return folder
    raise DigestError(
        f"{start}: no {CONFIG_FILE} here or in a folder above; 'digest init' makes a new digest"
    )


def load(root: Path) -> Config:
    """Reads the configuration of the digest in `root`; raises Faults with every problem in it."""
    content = disk.read(root / CONFIG_FILE)
    if content is None:
        raise DigestError(
            f"{root / CONFIG_FILE}: there is no such file; 'digest init' makes a new digest"
        )
    try:
        return loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Faults([Problem(CONFIG_FILE, 0, "not UTF-8 text", "save it as UTF-8")]) from error


def loads(text: str) -> Config:
    """Parses the text of a `digest.toml`; raises Faults with every problem in it."""
    data = _parsed(text)
    file = _File(text)
    unknown = [name for name in data if name not in _TABLES]
    tables = {name: file.tables(name, data.get(name), unknown) for name in _TABLES}
    for name in unknown:
        what, cure = f"unknown table '{name}'", suggestion(name, _TABLES)
        values = data[name] if isinstance(data[name], list) else [data[name]]
        if not any(isinstance(value, dict) for value in values):
            what, cure = f"'{name}' is in no table", "move it below the line of one, such as [site]"
        file.add(name, 0, "", what, cure)
    site = _site(tables["site"][0])
    feeds = tuple(map(_feed, tables["feeds"]))
    themes = tuple(map(_theme, tables["themes"]))
    _check_unique(tables["feeds"], [[feed.id] for feed in feeds])
    _check_unique(tables["themes"], [[theme.id, *theme.was] for theme in themes])
    for table in tables["feeds"]:
        _check_themes(table, themes)
    pull, editions, mail = (tables[name][0] for name in ("pull", "editions", "mail"))
    what, cure = "'{}' is not a way to close a week", 'write "next-week" or "letter"'
    editions.check("close", _CLOSE.__contains__, what, cure)
    for key, what, cure in mail_settings.faults(mail.values):
        mail.add(key, what, cure)
    if file.problems:
        raise Faults(sorted(file.problems, key=lambda problem: problem.line))
    return Config(
        site=site,
        feeds=feeds,
        themes=themes,
        draft=pull.values.get("draft", False),
        close=editions.values.get("close", "next-week"),
        mail=mail_settings.settings(mail.values),
    )


def lines(root: Path) -> dict[tuple[str, int, str], int]:
    """Returns the line of each table's header and keys; a table is its name and number."""
    return _lines((disk.read(root / CONFIG_FILE) or b"").decode("utf-8-sig", errors="replace"))


def is_language(tag: str) -> bool:
    """True if a tag is a language code as `site.language` may have (BCP 47)."""
    return _LANGUAGE.fullmatch(tag) is not None


class _File:
    """The lines of a file, and the problems found in it."""

    def __init__(self, text: str) -> None:
        self.lines = _lines(text)
        self.problems: list[Problem] = []

    def add(self, table: str, number: int, key: str, what: str, cure: str = "") -> None:
        """Adds a problem with a key, or with a table itself if the key is empty."""
        line = self.lines.get((table, number, key), self.lines.get((table, number, ""), 0))
        self.problems.append(Problem(CONFIG_FILE, line, what, cure))

    def tables(self, name: str, value: object, unknown: Collection[str]) -> list[_Table]:
        """Returns the tables with a name, each without invalid keys; an empty one if it is missing.

        Of a list, there may be none. If the name of one of the `unknown` tables is like it, that one
        was meant, and no key is missing. Nor is one that is `unknown` itself, above all tables.
        """
        is_list = name in _LISTS
        required = tuple(key for key in _REQUIRED.get(name, ()) if key not in unknown)
        if value is None:
            value = [] if is_list else {}
            required = () if _is_meant(name, unknown) else required
        tables = value if is_list and isinstance(value, list) else [value]
        if not all(isinstance(table, dict) for table in tables):
            header = f"[[{name}]]" if is_list else f"[{name}]"
            cure = f"write it as {header}, with its keys on the lines below"
            self.add(name, 0, "", f"'{name}' is not a table", cure)
            tables = [] if is_list else [{}]
        return [
            _Table(self, name, number, cast("dict[str, Any]", values), required)
            for number, values in enumerate(tables)
        ]


class _Table:
    """A table of a file: its keys that are known and have values of the right type.

    The others are problems of the file. In a list, tables have numbers from 0.
    """

    def __init__(
        self,
        file: _File,
        name: str,
        number: int,
        values: Mapping[str, Any],
        required: Iterable[str],
    ) -> None:
        self._file, self.name, self._number = file, name, number
        self.values: dict[str, Any] = {}
        types = _TABLES[name]
        for key in values:
            if name == "mail" and redact.is_secret_name(key):
                self.add(key, f"mail.{key} is a secret", mail_settings.secret_cure())
            elif key not in types:
                self.add(key, f"unknown key '{key}' in [{name}]", suggestion(key, types))
        unknown = values.keys() - types.keys()
        for key in required:
            if key not in values and not _is_meant(key, unknown):
                self.add("", f"{self.name_of(key)} is missing", f"add {key} = …")
        for key, value in values.items():
            if key not in types:
                continue
            if _is_a(value, types[key]):
                self.values[key] = value
            else:
                noun, example = _WORDS[types[key]]
                self.add(key, f"{self.name_of(key)} is not {noun}", f"write {key} = {example}")

    def add(self, key: str, what: str, cure: str = "") -> None:
        """Adds a problem with a key."""
        self._file.add(self.name, self._number, key, what, cure)

    def add_value(self, key: str, value: object, what: str, cure: str) -> None:
        """Adds a problem with a value of a key, which `what` shows at {}."""
        shown = " ".join(redact.mask(value).split()) if isinstance(value, str) else value
        self.add(key, f"{self.name_of(key)}: {what.format(shown)}", cure)

    def check(self, key: str, is_valid: Callable[[Any], object], what: str, cure: str) -> None:
        """Adds a problem if there is a value and it is not valid."""
        if key in self.values and not is_valid(self.values[key]):
            self.add_value(key, self.values[key], what, cure)

    def name_of(self, key: str) -> str:
        """Returns what messages call a key."""
        if self.name in _LISTS:
            return f"{key} of {self.name[:-1]} {self._number + 1}"
        return f"{self.name}.{key}"


def _is_meant(name: str, unknown: Iterable[str]) -> bool:
    """True if an unknown name is so like this one that it is a typo."""
    return any(did_you_mean(word, [name]) for word in unknown)


def _site(table: _Table) -> Site:
    table.check("title", str.strip, "is empty", "name the digest")
    url = table.values.get("url", "https://example.org/")
    fault = urls.site_fault(url) or ("" if url == url.strip() else "has white space around it")
    cure = 'write the address of the site, such as "https://example.org/digest/"'
    table.check("url", lambda _: not fault, f"'{{}}' {fault}", cure)
    cure = 'write one that never changes, such as "urn:uuid:…"'
    what = "'{}' is not an absolute URI (RFC 4287 §4.2.6)"
    table.check("id", urls.is_absolute, what, cure)
    what = "'{}' has a secret in it, and is published"
    table.check("id", lambda id: not redact.secret_names(id), what, cure)
    what = "'{}' is not a language tag (BCP 47)"
    cure = 'write a code of two or three letters, such as "en", or with more such as "zh-Hant"'
    table.check("language", is_language, what, cure)
    what = "is not an https address, or has a password or token in it"
    cure = 'write the address of a WebSub hub, such as "https://pubsubhubbub.appspot.com/"'
    table.check("hub", _is_hub, what, cure)
    cure = 'write a name from the IANA list, such as "Asia/Hong_Kong"'
    table.check("timezone", _is_zone, "'{}' is not a time zone", cure)
    url = url if url.endswith("/") else url + "/"
    id = table.values.get("id")
    if not id:
        import uuid  # late, since it is slow to import

        # The URL as it is typed, so that the id stays if we write the URL in another way.
        id = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url)}"
    shown = _without_secrets(table.values, "title", "description", "editor")
    return Site(**{"title": "", **shown, "url": urls.site_url(url) or url, "id": id})


def _feed(table: _Table) -> Feed:
    table.check("id", _ID.fullmatch, *_NOT_AN_ID)
    what, cure = "'{}' is the ledger of sent mails", "give the feed another id"
    table.check("id", lambda id: id != "sent", what, cure)
    what = "'{}' is neither an http(s) address nor a path inside the digest"
    cure = "copy the feed's address from the publisher's page"
    table.check("url", _is_feed_url, what, cure)
    cure = "write how many words to keep; 0 keeps none"
    table.check("excerpt", lambda words: words >= 0, "{} is negative", cure)
    what = f"is more than {_MAX_WORDS:,} words"
    table.check("excerpt", lambda words: words <= _MAX_WORDS, what, cure)
    _check_phrases(table)
    id, url = table.values.get("id", ""), table.values.get("url", "")
    title = table.values.get("title") or urls.host_of(url) or id
    titles = {"title": title, "publisher": table.values.get("publisher") or title}
    lists = {key: tuple(table.values.get(key, ())) for key in ("themes", "match", "ignore")}
    shown = _without_secrets(titles, "title", "publisher")
    return Feed(**{**table.values, "id": id, "url": url, **shown, **lists})


def _theme(table: _Table) -> Theme:
    table.check("id", _ID.fullmatch, *_NOT_AN_ID)
    table.check("id", lambda id: not is_device(id), *_DEVICE)
    for old in table.values.get("was", ()):
        if not _ID.fullmatch(old):
            table.add_value("was", old, *_NOT_AN_ID)
        elif is_device(old):
            table.add_value("was", old, *_DEVICE)
        elif old == table.values.get("id"):
            table.add_value("was", old, "'{}' is the theme's id now", "list only its earlier ids")
    table.check("title", str.strip, "is empty", "name the theme")
    _check_phrases(table)
    return Theme(
        id=table.values.get("id", ""),
        title=redact.strip_text(table.values.get("title", "")),
        match=tuple(table.values.get("match", ())),
        ignore=tuple(table.values.get("ignore", ())),
        was=tuple(table.values.get("was", ())),
    )


def _check_phrases(table: _Table) -> None:
    for key in ("match", "ignore"):
        for phrase in table.values.get(key, ()):
            if fault := check_phrase(phrase):
                table.add(key, f"{table.name_of(key)}: the phrase '{phrase}' {fault}")


def _check_unique(tables: Sequence[_Table], ids: Sequence[Sequence[str]]) -> None:
    """Checks that no id belongs to two tables; `ids` has those of each."""
    owners: dict[str, _Table] = {}
    for table, own in zip(tables, ids, strict=True):
        for id in dict.fromkeys(own):
            if id and id in owners:
                what = f"two of [[{table.name}]] have the id '{' '.join(id.split())}'"
                table.add("id", what, "give one of them another id")
            owners[id] = table


def _check_themes(feed: _Table, themes: Sequence[Theme]) -> None:
    """Checks that the themes of a feed exist."""
    ids = [theme.id for theme in themes if theme.id]
    new_ids = current_ids(themes)
    for id in feed.values.get("themes", ()):
        if id not in ids:
            what = f"{feed.name_of('themes')}: unknown theme '{id}'"
            cure = suggestion(id, ids)
            if new_ids.get(id):
                what, cure = f"{what}, which is '{new_ids[id]}' now", f"write '{new_ids[id]}'"
            feed.add("themes", what, cure)


def _without_secrets(table: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Returns a table without secrets in the URLs in these texts, which are published."""
    return {key: redact.strip_text(value) if key in keys else value for key, value in table.items()}


def _is_a(value: object, kind: type) -> bool:
    """True for a value of exactly this type; a list must be one of texts."""
    if kind is list and type(value) is list:
        return all(isinstance(part, str) for part in cast("list[object]", value))
    return type(value) is kind


def _is_hub(url: str) -> bool:
    """True for an https address; on this machine also http. It is in every feed, without secrets."""
    link = urls.web_link(url)
    if link is None or link != urls.fetch_link(url) or redact.secret_names(link):
        return False
    return link.startswith("https://") or urlsplit(link).hostname in urls.THIS_MACHINE


def _is_feed_url(url: str) -> bool:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url):
        return urls.web_link(url) is not None
    return bool(url.strip()) and not url.startswith(("/", "\\")) and ".." not in Path(url).parts


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown, a folder of zones, or not a path
        return False
    return True


def _lines(text: str) -> dict[tuple[str, int, str], int]:
    """Returns the line of each table's header and keys, which tomllib does not report."""
    found: dict[tuple[str, int, str], int] = {}
    table, numbers = "", dict[str, int]()
    for line, content in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(content):
            table = header[1]
            numbers[table] = numbers.get(table, -1) + 1
            found[table, numbers[table], ""] = line
        elif key := _KEY.match(content):
            name = (table, numbers.get(table, 0), key[1]) if table else (key[1], 0, "")
            found.setdefault(name, line)
    return found


def _parsed(text: str) -> dict[str, Any]:
    """Parses TOML; raises Faults with the line of what is wrong."""
    if dotted := _DOTTED.search(text):  # tomllib takes quadratic time for the parts of a key
        line = text.count("\n", 0, dotted.start()) + 1
        cure = "write tables as [name], keys as name = value"
        raise Faults([Problem(CONFIG_FILE, line, "a key has too many parts", cure)])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Faults([_syntax(text, str(error))]) from error
    except RecursionError as error:
        what = "values are nested too deeply"
        raise Faults([Problem(CONFIG_FILE, _deepest(text), what, "keep lists flat")]) from error
    except ValueError as error:  # Python does not parse integers of more than 4,300 digits
        digits = _DIGITS.search(text)
        line = len(text[: digits.start()].splitlines()) if digits else 0
        what = "a number is too long"
        raise Faults([Problem(CONFIG_FILE, line, what, "write a shorter one")]) from error


def _deepest(text: str) -> int:
    """Returns the line at which most brackets are open, not counting quotes."""
    depth, deepest, line = 0, 0, 0
    for number, content in enumerate(text.splitlines(), start=1):
        for bracket in _BRACKET.finditer(content):
            depth = depth + 1 if bracket[0] in "[{" else max(0, depth - 1)
            if depth > deepest:
                deepest, line = depth, number
    return line


def _syntax(text: str, message: str) -> Problem:
    """Returns tomllib's message as a problem, with advice for common mistakes."""
    position = re.search(r"\(at line (\d+), column \d+\)", message)
    all_lines = text.splitlines() or [""]
    line = int(position[1]) if position else len(text.splitlines())
    message = re.sub(r"\s*\(at .*\)", "", message)
    content = all_lines[min(line, len(all_lines)) - 1]
    if message.startswith("Cannot"):
        for number, other in enumerate(all_lines, start=1):
            if single := _SINGLE.match(other):
                what = f"[{single[1]}] has single brackets"
                cure = f"write [[{single[1]}]] above the keys of each one"
                return Problem(CONFIG_FILE, number, what, cure)
    if twice := _TWICE.fullmatch(message):
        what = f"there is a [{twice[1]}] already"
        return Problem(CONFIG_FILE, line, what, "move these keys to that one")
    cure = _SYNTAX_CURES.get(message, "")
    if any(quote in content for quote in "“”‘’„"):
        cure = 'use straight quotes ("), not curly ones'
    elif message == "Invalid value" and (key := _KEY.match(content)):
        cure = "put text in double quotes"
        for types in _TABLES.values():
            if types.get(key[1]) in {bool, int}:
                cure = f"write {_WORDS[types[key[1]]][0]}"
    return Problem(CONFIG_FILE, line, f"not valid TOML: {message}", cure)
