"""Finds `digest.toml` from any folder inside a digest, and parses and validates it.

An unknown key, a wrong type or an impossible value is a problem with its line, the key, and how to
fix it. All problems are reported together.
"""

from __future__ import annotations

import re
import tomllib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest import disk, mail_settings, redact, urls
from digest.errors import DigestError, Faults, Problem, suggestion
from digest.model import CONFIG_FILE, Config, Feed, Mail, Site, Theme
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
_WORDS = {
    str: "a text in quotes",
    bool: "true or false",
    int: "a whole number",
    list: "a list of texts in quotes",
}


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
    if dotted := _DOTTED.search(text):  # tomllib takes quadratic time for the parts of a key
        line = text.count("\n", 0, dotted.start()) + 1
        cure = "write tables as [name], keys as name = value"
        raise Faults([Problem(CONFIG_FILE, line, "a key has too many parts", cure)])
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Faults([_syntax(text, str(error))]) from error
    except RecursionError as error:
        what = "values are nested too deeply"
        raise Faults([Problem(CONFIG_FILE, _deepest(text), what, "keep lists flat")]) from error
    except ValueError as error:  # Python does not parse integers of more than 4,300 digits
        what, line = "a number is too long", _longest_number(text)
        raise Faults([Problem(CONFIG_FILE, line, what, "write a shorter one")]) from error
    check = _Check(text)
    tables = {name: check.tables(name, data.get(name)) for name in _TABLES}
    check.known(data, _TABLES, "", 0, "table")
    config = _build(check, tables)
    if check.problems:
        raise Faults(sorted(check.problems, key=lambda problem: problem.line))
    return config


def lines(root: Path) -> dict[tuple[str, int, str], int]:
    """Returns the line of each table's header and keys; a table is its name and number."""
    return _lines((disk.read(root / CONFIG_FILE) or b"").decode("utf-8-sig", errors="replace"))


def is_language(tag: str) -> bool:
    """True if a tag is a language code as `site.language` may have (BCP 47)."""
    return _LANGUAGE.fullmatch(tag) is not None


class _Check:
    """Collects the problems of one file; a table is given by name and, in a list, by number."""

    def __init__(self, text: str) -> None:
        self.lines = _lines(text)
        self.problems: list[Problem] = []

    def fault(self, table: str, number: int, key: str, what: str, cure: str = "") -> None:
        line = self.lines.get((table, number, key), self.lines.get((table, number, ""), 0))
        self.problems.append(Problem(CONFIG_FILE, line, what, cure))

    def tables(self, name: str, value: object) -> list[dict[str, Any]]:
        """Returns the tables with a name, each without invalid keys."""
        found = value if isinstance(value, list) and name in _LISTS else [value]
        if value is None:
            found = [{}] if name not in _LISTS else []
        if not all(isinstance(table, dict) for table in found):
            shape = f"[[{name}]]" if name in _LISTS else f"[{name}]"
            cure = f"write it as {shape}, with its keys on the lines below"
            self.fault(name, 0, "", f"'{name}' is not a table", cure)
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
                what = f"{_name(name, number, key)} is missing"
                self.fault(name, number, "", what, f"add {key} = …")
        return {
            key: value
            for key, value in table.items()
            if key in keys and self.typed(name, number, key, value)
        }

    def known(
        self, table: Iterable[str], keys: Iterable[str], name: str, number: int, kind: str
    ) -> None:
        for key in table:
            if name == "mail" and redact.is_name(key):
                what = f"mail.{key} is a secret"
                self.fault(name, number, key, what, mail_settings.secret_cure())
            elif key not in keys:
                what = f"unknown {kind} '{key}'" + (f" in [{name}]" if name else "")
                place = (name, number, key) if name else (key, number, "")
                self.fault(*place, what, suggestion(key, keys))

    def typed(self, name: str, number: int, key: str, value: object) -> bool:
        kind = _TABLES[name][key]
        fits = type(value) is kind
        if fits and kind is list:
            fits = all(isinstance(part, str) for part in cast("list[object]", value))
        if not fits:
            what = f"{_name(name, number, key)} is not {_WORDS[kind]}"
            self.fault(name, number, key, what, f"write {_example(key, kind)}")
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
        """Notes an invalid value of the right type; a missing one (None) is noted already."""
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
    ids = [[theme.get("id"), *theme.get("was", [])] for theme in tables["themes"]]
    _check_ids(check, "themes", ids)
    _check_themes_of_feeds(check, tables["feeds"], tables["themes"])
    close = tables["editions"][0].get("close", "next-week")
    what = "'{}' is not a way to close a week"
    fits = {"next-week", "letter"}.__contains__
    check.value("editions", 0, "close", close, fits, what, 'write "next-week" or "letter"')
    for key, what, cure in mail_settings.faults(tables["mail"][0]):
        check.fault("mail", 0, key, what, cure)
    return Config(
        site=_site(tables["site"][0]),
        feeds=tuple(map(_feed, tables["feeds"])),
        themes=tuple(map(_theme, tables["themes"])),
        draft=tables["pull"][0].get("draft", False),
        close=close,
        mail=Mail() if check.problems else mail_settings.settings(tables["mail"][0]),
    )


def _check_site(check: _Check, site: dict[str, Any]) -> None:
    def value(key: str, fits: Callable[[Any], object], what: str, cure: str) -> None:
        check.value("site", 0, key, site.get(key), fits, what, cure)

    value("title", str.strip, "is empty", "name the digest")
    value(
        "url",
        lambda url: not _site_fault(url),
        f"'{{}}' {_site_fault(site.get('url', ''))}",
        'write the address of the site, such as "https://example.org/digest/"',
    )
    lasting = 'write one that never changes, such as "urn:uuid:…"'
    value("id", urls.is_absolute, "'{}' is not an absolute URI (RFC 4287 §4.2.6)", lasting)
    has_secret = "'{}' has a secret in it, and is published"
    value("id", lambda id: not redact.names(id), has_secret, lasting)
    value(
        "language",
        is_language,
        "'{}' is not a language tag (BCP 47)",
        'write a code of two or three letters, such as "en", or with more such as "zh-Hant"',
    )
    cure = 'write the address of a WebSub hub, such as "https://pubsubhubbub.appspot.com/"'
    value("hub", _is_hub, "is not an https address, or has a password or token in it", cure)
    cure = 'write a name from the IANA list, such as "Asia/Hong_Kong"'
    value("timezone", _is_zone, "'{}' is not a time zone", cure)


def _check_feed(check: _Check, number: int, feed: dict[str, Any]) -> None:
    _check_id(check, "feeds", number, feed.get("id"), "id")
    what, cure = "'{}' is the ledger of sent mails", "give the feed another id"
    check.value("feeds", number, "id", feed.get("id"), lambda id: id != "sent", what, cure)
    what = "'{}' is neither an http(s) address nor a path inside the digest"
    cure = "copy the feed's address from the publisher's page"
    check.value("feeds", number, "url", feed.get("url"), _is_feed_url, what, cure)
    words, cure = feed.get("excerpt"), "write how many words to keep; 0 keeps none"
    check.value("feeds", number, "excerpt", words, lambda n: n >= 0, "{} is negative", cure)
    what = f"is more than {_MAX_WORDS:,} words"
    check.value("feeds", number, "excerpt", words, lambda n: n <= _MAX_WORDS, what, cure)
    _check_phrases(check, "feeds", number, feed)


def _check_theme(check: _Check, number: int, theme: dict[str, Any]) -> None:
    for key, ids in (("id", [theme.get("id")]), ("was", theme.get("was", []))):
        for old in ids:
            _check_id(check, "themes", number, old, key)
    title = theme.get("title")
    check.value("themes", number, "title", title, str.strip, "is empty", "name the theme")
    _check_phrases(check, "themes", number, theme)


def _check_phrases(check: _Check, name: str, number: int, table: dict[str, Any]) -> None:
    for key in ("match", "ignore"):
        for phrase in table.get(key, []):
            if fault := check_phrase(phrase):
                what = f"{_name(name, number, key)}: the phrase '{phrase}' {fault}"
                check.fault(name, number, key, what)


def _check_themes_of_feeds(
    check: _Check, feeds: Sequence[dict[str, Any]], themes: Sequence[dict[str, Any]]
) -> None:
    ids = [theme["id"] for theme in themes if "id" in theme]
    now = {old: theme["id"] for theme in themes if "id" in theme for old in theme.get("was", [])}
    for number, feed in enumerate(feeds):
        for theme in feed.get("themes", []):
            if theme not in ids:
                what = f"{_name('feeds', number, 'themes')}: unknown theme '{theme}'"
                cure = suggestion(theme, ids)
                if theme in now:
                    what, cure = f"{what}, which is '{now[theme]}' now", f"write '{now[theme]}'"
                check.fault("feeds", number, "themes", what, cure)


def _check_id(check: _Check, name: str, number: int, value: str | None, key: str) -> None:
    cure = "use lower-case letters a to z, digits and hyphens, a letter or digit first"
    check.value(name, number, key, value, _ID.fullmatch, "'{}' is not an id", cure)


def _check_ids(check: _Check, name: str, owned: Sequence[Sequence[str | None]]) -> None:
    seen: dict[str, int] = {}
    for number, ids in enumerate(owned):
        for known in dict.fromkeys(key for key in ids if key):
            if known in seen:
                what = f"two of [[{name}]] have the id '{known}'"
                check.fault(name, number, "id", what, "give one of them another id")
            seen[known] = number


def _site(table: dict[str, Any]) -> Site:
    url = table.get("url", "https://example.org/")
    url = url if url.endswith("/") else url + "/"
    # The URL as it is typed, so that the id stays if we write the URL in another way.
    id = table.get("id") or f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url)}"
    shown = _without_secrets(table, "title", "description", "editor")
    return Site(**{"title": "", **shown, "url": urls.site_url(url) or url, "id": id})


def _feed(table: dict[str, Any]) -> Feed:
    title = table.get("title") or urls.host(table.get("url", "")) or table.get("id", "")
    named = _without_secrets(
        {"title": title, "publisher": table.get("publisher") or title}, "title", "publisher"
    )
    lists = {key: tuple(table.get(key, ())) for key in ("themes", "match", "ignore")}
    return Feed(**{"id": "", "url": "", **table, **named, **lists})


def _theme(table: dict[str, Any]) -> Theme:
    return Theme(
        id=table.get("id", ""),
        title=redact.strip_text(table.get("title", "")),
        match=tuple(table.get("match", ())),
        ignore=tuple(table.get("ignore", ())),
        was=tuple(table.get("was", ())),
    )


def _without_secrets(table: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Returns a table without secrets in the URLs in these texts, which are published."""
    return {key: redact.strip_text(value) if key in keys else value for key, value in table.items()}


def _site_fault(url: str) -> str:
    return urls.site_fault(url) or ("" if url == url.strip() else "has white space around it")


def _is_hub(url: str) -> bool:
    """True for an https address; on this machine also http. It is in every feed, without secrets."""
    link = urls.web_link(url)
    if link is None or link != urls.fetch_link(url) or redact.names(link):
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
    """Returns the line of each table's header and keys, which tomllib does not tell."""
    found: dict[tuple[str, int, str], int] = {}
    table, numbers = "", dict[str, int]()
    for line, content in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(content):
            table = header[1]
            numbers[table] = numbers.get(table, -1) + 1
            found[table, numbers[table], ""] = line
        elif key := _KEY.match(content):
            place = (table, numbers.get(table, 0), key[1]) if table else (key[1], 0, "")
            found.setdefault(place, line)
    return found


def _deepest(text: str) -> int:
    """Returns the line at which most brackets are open, not counting quotes."""
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
    """Returns tomllib's message as a problem, with advice for common mistakes."""
    at = re.search(r"\(at line (\d+), column \d+\)", message)
    lines = text.splitlines()
    line = int(at[1]) if at else len(lines)
    words = re.sub(r"\s*\(at .*\)", "", message)
    content = (lines or [""])[min(line, len(lines) or 1) - 1]
    if words.startswith("Cannot"):
        for number, one in enumerate(lines, start=1):
            if single := _SINGLE.match(one):
                cure = f"write [[{single[1]}]] above the keys of each one"
                return Problem(CONFIG_FILE, number, f"[{single[1]}] has single brackets", cure)
    cure = ""
    if any(sign in content for sign in "“”‘’„"):
        cure = 'type straight quotes ("), not curled ones'
    elif words == "Invalid value" and (key := _KEY.match(content)):
        kind = next((keys[key[1]] for keys in _TABLES.values() if key[1] in keys), str)
        cures = {bool: "write true or false", int: "write a whole number"}
        cure = cures.get(kind, "put text in double quotes")
    elif words == "Unclosed array":
        cure = "put a comma between its values, and ] at its end"
    elif words == "Cannot overwrite a value":
        cure = "this key has a value already; keep one of the two"
    elif found := _TWICE.fullmatch(words):
        return Problem(
            CONFIG_FILE, line, f"there is a [{found[1]}] already", "move these keys to that one"
        )
    return Problem(CONFIG_FILE, line, f"not valid TOML: {words}", cure)
