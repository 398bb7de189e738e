"""Parse a story file into a `Story`, and write a `Story` as the text of a file. No disk access.

    content/2026/w20/2026-05-15-slug.md  ⇄  Story(week=2026-W20, day=2026-05-15, slug="slug", …)

`loads(dumps(story)) == story` for every story that pull writes. A file with mistakes raises Faults
with all of them, each with its line. An unknown key is an error, with a suggestion.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from itertools import pairwise
from typing import TypeVar

from digest import urls
from digest.content import excerpt, front_matter, paths, timestamps
from digest.content.plain_front_matter import Value
from digest.content.timestamps import parse_time
from digest.content.typos import curly_cure
from digest.errors import Faults, Problem, suggestion
from digest.model import FLAGS, Correction, DueDate, Story
from digest.week import YEARS, Week

_T = TypeVar("_T")

KEYS = ("title", "link", "published", "updated", "authors", "image", "feeds", "id", "themes",
        "headline", "source", "lead", "hide", "draft", "also", "corrections", "ahead",
        "saved", "earlier")  # fmt: skip
"""The order of the keys in a new file.

Git merges two edits if an unchanged line separates them. `id`, which does not change, separates
what a later pull changes from what an editor does: `themes`, and keys added at the end.
"""
_LIST_SEPARATOR = re.compile(r",|\s+(?=#)")
_OPENED, _CLOSED = re.compile(r"[“„][^“”]*\Z"), re.compile(r"[^“”„]*[“”]\Z")
"""Two names with half a pair of curly quotes each: `[“Liu, H.”]` is split at its comma."""
BOOLEANS = (*FLAGS, "earlier")
_TYPED = {"published": "timestamp", "updated": "timestamp", **dict.fromkeys(BOOLEANS, "bool")}
"""The types of YAML 1.1 that values have; all others are text."""
_NO_VALUE = Value(1, "")
_OTHER_NAMES = {"date": "published", "pubdate": "published", "url": "link", "href": "link", "tags": "themes",
                "category": "themes", "categories": "themes", "publisher": "source", "site": "source"}  # fmt: skip
"""Keys by the names that other programs have for them."""
_NO_DATE, _CORRECT_IT = "is not a real date", "correct it"
_NO_DAY = date(2000, 1, 1)
"""Stands for a missing or wrong day, which is an error."""
_TRUE, _FALSE = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off", ""})
_CORRECTION = re.compile(r"(\d{4}-\d{2}-\d{2})\s*:\s+(.+)", re.DOTALL)
_DUE_DATE = re.compile(r"(\d{4}(?:-\d{2}){0,2})\s*:\s+(.+)", re.DOTALL)


def loads(text: str, file: str, zone: tzinfo = UTC, by_pull: Collection[str] | None = ()) -> Story:
    """Returns the story in the text of `file`; raises Faults with every problem in it.

    Two things that its text cannot say are given. `zone` is the digest's time zone: a time without
    an offset is in it. `by_pull` has the hashes of all excerpts that pull wrote for this story, since
    an editor may quote too. If it is None, they are unknown: the first quotation that pull could have
    written counts. Whether its feeds and themes exist is checked by `known_names`.
    """
    matter = front_matter.parse(text, file, required=True)
    reader = Reader(file, matter.values)
    week, day, slug = _parse_path(reader, file)
    day, published = _parse_dates(reader, day, zone)
    body = excerpt.split(matter.body, by_pull)
    parse = partial(parse_time, zone=zone)
    story = Story(
        file=file,
        week=week,
        day=day,
        slug=slug,
        title=reader.text("title", required=True),
        link=reader.parsed("link", _link, "", required=True),
        published=published,
        updated=reader.parsed("updated", parse, None),
        headline=reader.text("headline"),
        source=reader.text("source"),
        authors=reader.authors(),
        feeds=_without_repeats(reader.names("feeds")),
        themes=_without_repeats(reader.names("themes")),
        image=reader.parsed("image", _link, ""),
        id=reader.text("id"),
        lead=reader.flag("lead"),
        hide=reader.flag("hide"),
        draft=reader.flag("draft"),
        also=reader.names("also"),
        corrections=reader.dated("corrections", _correction),
        ahead=reader.dated("ahead", due_date),
        saved=reader.parsed("saved", _link, ""),
        earlier=reader.parsed("earlier", _flag, True),
        excerpt=body.excerpt,
        note=body.note,
        line=matter.line + body.above,
    )
    reader.finish(KEYS)
    return story


def dumps(story: Story) -> str:
    """Returns the text of a story's file: keys in their fixed order, without the empty ones.

    It ends in a blank line, so that a note added below does not touch the excerpt: git can then
    merge it with a later correction of the excerpt.
    """
    # PyYAML is slow to load, and only writing always needs it.
    from digest.content import yaml_front_matter

    filled = [(key, value) for key, value in pairs(story) if value or key in {"title", "themes"}]
    parts = [
        f"---\n{yaml_front_matter.dump(filled, _TYPED)}---",
        excerpt.quote(story.excerpt),
        story.note,
    ]
    return "".join(f"{part}\n\n" for part in parts if part)


def written(key: str, words: str | tuple[str, ...], style: str = "") -> str:
    """Returns a value as YAML, in the plainest quoting or in the quoting `style` (`'` or `"`)."""
    from digest.content import yaml_front_matter

    return yaml_front_matter.written(words, _TYPED.get(key, "str"), style)


def pairs(story: Story) -> list[tuple[str, str | tuple[str, ...]]]:
    """Returns every key of a story's front matter and its text, in their fixed order; may be ""."""
    return [
        ("title", story.title),
        ("link", story.link),
        ("published", story.published.isoformat()),
        ("updated", story.updated.isoformat() if story.updated else ""),
        ("authors", story.authors),
        ("image", story.image),
        ("feeds", story.feeds),
        ("id", story.id),
        ("themes", story.themes),
        ("headline", story.headline),
        ("source", story.source),
        *((flag, "true" if getattr(story, flag) else "") for flag in FLAGS),
        ("also", story.also),
        ("corrections", tuple(f"{one.day}: {one.text}" for one in story.corrections)),
        ("ahead", tuple(f"{one.when}: {one.text}" for one in story.ahead)),
        ("saved", story.saved),
        ("earlier", "" if story.earlier else "false"),
    ]


def has_key(text: str, key: str) -> bool:
    """True if the front matter of a story's text has a key, whatever its value."""
    return key in front_matter.parse(text, "", required=True).values


def week_of(file: str) -> Week:
    """Returns the week whose folder has the file; raises Faults if its year has no such week."""
    week = paths.week_of(file)
    if week is None or week.year not in YEARS:
        what = f"there is no week {paths.folder_of(file)}"
        raise Faults([Problem(file, 0, what, "move the file to the folder of a real week")])
    return week


class Reader:
    """Reads typed values from front matter, and collects every problem in them."""

    def __init__(self, file: str, values: Mapping[str, Value]) -> None:
        self.file, self.values = file, values
        self.problems: list[Problem] = []

    def add_problem(self, line: int, what: str, cure: str) -> None:
        self.problems.append(Problem(self.file, line, what, cure))

    def finish(self, keys: Collection[str]) -> None:
        """Raises Faults if there were any problems; a key that is not in `keys` is one."""
        for key, value in self.values.items():
            if key not in keys:
                meant = _OTHER_NAMES.get(key.lower(), "")
                cure = f"did you mean '{meant}'?" if meant in keys else suggestion(key, keys)
                self.add_problem(value.line, f"unknown key '{key}'", cure)
        if self.problems:
            raise Faults(sorted(self.problems, key=lambda problem: problem.line))

    def text(self, key: str, *, required: bool = False) -> str:
        return self.parsed(key, lambda words: words, "", required=required)

    def flag(self, key: str) -> bool:
        return self.parsed(key, _flag, False)

    def parsed(
        self, key: str, parse: Callable[[str], _T], default: _T, *, required: bool = False
    ) -> _T:
        """Returns one value. `parse` raises ValueError(what is wrong, how to fix it)."""
        value = self.values.get(key)
        if value is None and not required:
            return default
        words = value.words if value else ""
        if isinstance(words, tuple) and len(words) == 1:
            words = words[0]
        if not words:
            if required:
                what = f"'{key}' is empty" if value else f"there is no '{key}'"
                self.add_problem(
                    value.line if value else 1, what, f"add {key}: … to the front matter"
                )
            return default
        if isinstance(words, tuple):
            what, cure = f"'{key}' is a list", "keep one, or put the text in straight quotes"
        else:
            try:
                return parse(words)
            except ValueError as error:
                what, cure = (*error.args, "")[:2]
            what = what if what.startswith(f"'{key}'") else f"{key}: {what}"
            cure = curly_cure(words) or cure
        self.add_problem(value.line if value else 1, what, cure)
        return default

    def authors(self) -> tuple[str, ...]:
        """Returns the authors, each once; unlike an id, a name may contain a comma."""
        value = self.values.get("authors", _NO_VALUE)
        for first, second in pairwise(value.listed):
            if _OPENED.match(first) and _CLOSED.match(second):
                what = f"the comma between '{first}' and '{second}' makes two authors"
                self.add_problem(value.line, what, curly_cure(first))
        return _without_repeats(value.listed)

    def names(self, key: str) -> tuple[str, ...]:
        """Returns names, which have no commas in them: without brackets, commas separate them."""
        value = self.values.get(key, _NO_VALUE)
        return _separated(value.words) if isinstance(value.words, str) else value.words

    def dated(self, key: str, parse: Callable[[str], _T]) -> tuple[_T, ...]:
        """Returns a list of dates with words. `parse` raises ValueError, as for `parsed`."""
        value = self.values.get(key, _NO_VALUE)
        values = []
        for words in value.listed:
            try:
                values.append(parse(words))
            except ValueError as error:
                what, cure = error.args
                self.add_problem(value.line, what, curly_cure(words) or cure)
        return tuple(values)


def _without_repeats(words: tuple[str, ...]) -> tuple[str, ...]:
    # Equal lists of many stories are one object (`plain_front_matter`): copy only if needed.
    return words if len(set(words)) == len(words) else tuple(dict.fromkeys(words))


def _separated(words: str) -> tuple[str, ...]:
    return tuple(part for part in map(str.strip, _LIST_SEPARATOR.split(words)) if part)


def _parse_path(reader: Reader, file: str) -> tuple[Week, date | None, str]:
    path = paths.parse(file)
    if path is None:
        what = "a story must be in its week's folder"
        cure = "move it to one such as content/2026/w20/"
        raise Faults([Problem(file, 0, what, cure)])
    week = week_of(file)
    if not paths.SLUG.fullmatch(path.slug):
        what = f"the file's name has characters that an address cannot have: '{path.slug}'"
        reader.add_problem(0, what, "rename it with lower-case letters a to z, digits and hyphens")
    try:
        return week, timestamps.day(path.day) if path.day else None, path.slug
    except ValueError:
        reader.add_problem(0, f"there is no day {path.day}", "rename the file with a real date")
        return week, _NO_DAY, path.slug


def _parse_dates(reader: Reader, day: date | None, zone: tzinfo) -> tuple[date, datetime]:
    """Returns a story's day and time; if one is missing, it is derived from the other."""
    published = reader.parsed("published", partial(parse_time, zone=zone), None)
    if published:
        return day or published.astimezone(zone).date(), published
    if day is None:
        if not reader.values.get("published", _NO_VALUE).words:
            cure = "begin its file's name with one, as in 2026-05-15-slug.md, or add published:"
            reader.add_problem(0, "the story has no date", cure)
        day = _NO_DAY
    return day, parse_time(day.isoformat(), zone)


def _link(words: str) -> str:
    link = urls.web_link(words)
    if link is None or " #" in words:
        what = f"'{words}' is not an http(s) address"
        raise ValueError(what, "copy the address from the browser")
    return link


def _flag(words: str) -> bool:
    if words.lower() in _TRUE:
        return True
    if words.lower() in _FALSE:
        return False
    raise ValueError(f"'{words}' is neither true nor false", "write true, or remove the line")


def due_date(words: str) -> DueDate:
    """Returns a date ahead from `2027-01: what is due`, for `Reader.dated`."""
    match = _DUE_DATE.fullmatch(words)
    if match is None:
        what = f"ahead: '{words}' has no date with what is due then"
        cure = "write it as 2027-01: what is due; a day (2027-01-15) or a year (2027) is fine too"
        raise ValueError(what, cure)
    try:
        timestamps.day(f"{match[1]}-01-01"[:10])  # the first day of a month or a year
    except ValueError:
        raise ValueError(f"ahead: '{match[1]}' {_NO_DATE}", _CORRECT_IT) from None
    return DueDate(match[1], " ".join(match[2].split()))


def _correction(words: str) -> Correction:
    match = _CORRECTION.fullmatch(words)
    if match is None:
        what, cure = f"'{words}' is not a correction", "write it as - 2026-05-20: what was wrong"
        raise ValueError(what, cure)
    try:
        return Correction(timestamps.day(match[1]), match[2].strip())
    except ValueError:
        raise ValueError(f"corrections: '{match[1]}' {_NO_DATE}", _CORRECT_IT) from None
