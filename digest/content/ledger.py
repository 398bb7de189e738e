"""The ledger: what a feed has brought, ever, as lines of JSON that are only added to, never changed.

    {"v": 1, "at": "2026-05-19T11:30:04.000000Z", "id": …, "aliases": […], "file": "content/2026/w20/….md", "title": …,
     "said": {field: hash}, "wrote": {field: hash}, "themes": {theme: "phrase, and where it stood"}, "lacks": [field],
     "deleted": false}

`said` has what the feed said (the excerpt uncut), `wrote` what was put into the file; a hash is the first 16 hex
digits of SHA-256 of the cleaned value, empty where the feed has withdrawn what it said, or had no date at first.
`lacks` is there only where pull adopted a file that it had not written: the fields that its editor had left out.
`deleted` is false in the first line of a story, and true in one more where pull has seen that its file was deleted
before git had it: nothing else tells that from a file that somebody forgot to commit. Three more keys stand only
where they have something to say:

     "held": {field: hash}, "stood": hash of the file, "pending": {field: [kind, words]}

`held` are fields in which this feed has corrected what stood in the file while an earlier feed of the story still
spoke for it; the hash is of what stood. `pending` is what a pull left for the editor to look at (`stories/pending.py`),
for as long as the file is the one of which `stood` is the hash.

Lines are read as a set, in any order, with doubles, since git merges them by union: for each id the newest `at` wins,
aliases unite. Refuses to hold anybody's sentences, the headline apart.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from digest import urls
from digest.content import excerpt
from digest.content.identity import hash_of, keys_of, scoped, scopes, stamp
from digest.content.timestamps import YEARS
from digest.errors import Problem
from digest.model import Story

VERSION = 1
NOTHING = hash_of("")
"""What `wrote` has for an excerpt that pull has taken out again."""
_NOTHING: Mapping[str, str] = {}
_AT_ONCE = 100  # lines
_NO_JSON = (ValueError, RecursionError)
_RESTORE = (
    "restore it from git: without it, deleted stories may return, and old addresses lead nowhere"
)
_RESAVE = "save it with LF line ends, or restore it from git"
MARK = "a merge-conflict mark"
_MARK = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: |\r?$)")


class PendingChange(NamedTuple):
    """A change to one field that an editor should look at: what happened (`pending.KINDS`), and the words stored."""

    kind: str
    words: str = ""


_NOTHING_PENDING: Mapping[str, PendingChange] = {}


class Record(NamedTuple):
    """One line: what was known of one entry at one moment; `id` is its guid, or its link where it has none of its own.

    `file` is where the story was first put, and stays so: it names the story, wherever its file lies now. From older
    lines come `since`, the moment of the first, and `earlier`, the feed's earlier headlines, each with the moment at
    which another took its place. `deleted` is True if any line says so, None if none speaks of it, as those of early
    versions do. `excerpts` has the hashes of all excerpts that were written, by any of the lines,
    each with the moment of the first line that has it. `made` is True if the first line says that this feed's pull
    wrote the file, rather than joined or adopted it. `image` is the hash of the picture's URL that was written.
    `other_files` are those of older lines, where two machines took the entry in under two names.
    """

    at: str
    id: str
    aliases: tuple[str, ...]
    file: str
    title: str
    said: Mapping[str, str] = _NOTHING
    wrote: Mapping[str, str] = _NOTHING
    themes: Mapping[str, str] = _NOTHING
    held: Mapping[str, str] = _NOTHING
    stood: str = ""
    pending: Mapping[str, PendingChange] = _NOTHING_PENDING
    earlier: tuple[tuple[str, str], ...] = ()
    since: str = ""
    excerpts: Mapping[str, str] = _NOTHING
    lacks: tuple[str, ...] | None = None
    deleted: bool | None = None
    made: bool = False
    image: str = ""
    other_files: tuple[str, ...] = ()


Ledgers = Mapping[str, Mapping[str, Record]]
"""The records of all feeds: by the feed's id, then by the record's."""


def hash_of_value(value: str | tuple[str, ...] | datetime) -> str:
    """Returns the hash of a cleaned value: a list as its lines, a moment in UTC to the second."""
    if isinstance(value, datetime):
        return hash_of(stamp(value))
    return hash_of(value if isinstance(value, str) else "\n".join(value))


def hashes(values: Mapping[str, str | tuple[str, ...] | datetime | None]) -> dict[str, str]:
    """Returns the hash of each field that says something."""
    return {name: hash_of_value(value) for name, value in values.items() if value}


def hashes_of(story: Story) -> dict[str, str]:
    """Returns the hash of each field of a story that pull writes, the excerpt as its plain words."""
    return hashes(
        {
            "title": story.title,
            "link": story.link,
            "published": story.published,
            "authors": story.authors,
            "feeds": story.feeds,
            "themes": story.themes,
            "image": story.image,
            "excerpt": excerpt.compared(story.excerpt),
        }
    )


def moment(now: datetime) -> str:
    """Returns a moment as `at` has it: UTC with microseconds, so that later lines sort after earlier ones."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def later(at: str, than: str) -> str:
    """Returns a moment, or the first one after the other where it is no later: clocks of two machines may differ."""
    if at > than:
        return at
    return moment(datetime.fromisoformat(than) + timedelta(microseconds=1))


def dumps(record: Record) -> str:
    """Returns a record as its line, with the line break."""
    line: dict[str, Any] = {
        "v": VERSION,
        "at": record.at,
        "id": record.id,
        "aliases": list(record.aliases),
        "file": record.file,
        "title": record.title,
        "said": dict(record.said),
        "wrote": dict(record.wrote),
        "themes": dict(record.themes),
    }
    if record.lacks is not None:
        line["lacks"] = list(record.lacks)
    if record.deleted is not None:
        line["deleted"] = record.deleted
    if record.held:
        line["held"] = dict(record.held)
    if record.stood:
        line |= {
            "stood": record.stood,
            "pending": {name: list(change) for name, change in record.pending.items()},
        }
    return json.dumps(line, ensure_ascii=False) + "\n"


def loads(content: bytes, file: str) -> tuple[dict[str, Record], tuple[Problem, ...]]:
    """Returns what a feed's ledger says of each id, and a problem for each line that had to be passed over."""
    records, problems = list[Record](), list[Problem]()
    lines = (
        (number, line)
        for number, line in enumerate(BytesIO(content.removeprefix(BOM_UTF8)), start=1)
        if line.strip()
    )
    while several := list(islice(lines, _AT_ONCE)):
        for (number, line), said in zip(
            several, _values([line for _, line in several]), strict=True
        ):
            try:
                records.append(_record(said))
            except (ValueError, KeyError, TypeError, AttributeError):
                problems.extend(passed_over(_text(line), file, number))
    return gather(records), tuple(problems)


def gather(records: Iterable[Record]) -> dict[str, Record]:
    """Returns one record for each id: the newest of its lines, with the aliases and the headlines of all of them."""
    found: dict[str, Record] = {}
    for record in _by_age(tuple(records)):
        old = found.get(record.id)
        found[record.id] = _later(old, record) if old else record
    return found


def _by_age(records: Sequence[Record]) -> list[Record]:
    """Returns lines by their moment, those of one moment by what they say: their order in the file does not count."""
    first = attrgetter("at", "title")  # which hardly any two lines share
    if len(set(map(first, records))) == len(records):
        return sorted(records, key=first)
    return sorted(records, key=lambda one: (*first(one), one.file, one.aliases, dumps(one)))


def _later(old: Record, record: Record) -> Record:
    earlier = old.earlier if old.title == record.title else (*old.earlier, (old.title, record.at))
    aliases = tuple(dict.fromkeys(old.aliases + record.aliases))
    is_known = record.excerpts.keys() <= old.excerpts.keys()
    excerpts = old.excerpts if is_known else {**record.excerpts, **old.excerpts}
    deleted = record.deleted if old.deleted is None or record.deleted else old.deleted
    since = old.since or old.at
    made = old.made or (
        record.made and record.at == since
    )  # whichever of two lines of one moment is read first
    files = old.other_files if old.file == record.file else (*old.other_files, old.file)
    return record._replace(
        aliases=aliases,
        earlier=earlier,
        since=since,
        excerpts=excerpts,
        deleted=deleted,
        made=made,
        other_files=files,
    )


def known_files(ledgers: Mapping[str, Mapping[str, Record]]) -> dict[str, tuple[str, ...]]:
    """Returns the files of the stories under each of their keys (`identity.keys_of`), over the ledgers of all feeds."""
    known: dict[str, dict[str, None]] = {}
    for feed, records in ledgers.items():
        for record in records.values():
            for key in keys_of_record(record, feed):
                known.setdefault(key, {})[record.file] = None
    return {alias: tuple(files) for alias, files in known.items()}


def keys_of_record(record: Record, feed: str) -> frozenset[str]:
    """Returns the keys under which the story of a feed's record is looked for."""
    link, summary = record.said.get("link", ""), record.said.get("excerpt", "")
    is_bare = not has_guid(record)
    return keys_of(
        record.aliases, record.title, feed,
        bare=is_bare, id=record.id, link=link, summary=summary, unchanged=unchanged(record.said),
    )  # fmt: skip


def unchanged(said: Mapping[str, str]) -> str:
    """Returns the key of an entry that says again what these hashes are of."""
    return "unchanged:" + " ".join(
        said.get(name, "") for name in ("title", "link", "published", "excerpt")
    )


def names(ledgers: Mapping[str, Mapping[str, Record]]) -> frozenset[str]:
    """Returns all aliases that the ledgers know, as they count in the whole digest and in their own feed."""
    return frozenset(
        name
        for feed, records in ledgers.items()
        for record in records.values()
        for alias in record.aliases
        for name in scopes(alias, feed)
    )


def has_guid(record: Record) -> bool:
    """Tells whether the record's id is a guid of its own, and not the link that stands in for one."""
    return f"guid:{record.id}" in record.aliases


def is_adopted(record: Record) -> bool:
    """True if the record's file was there before its feed brought it, also by lines from before `lacks` was noted."""
    had_no_id = not has_guid(record) and any(alias.startswith("guid:") for alias in record.aliases)
    return record.lacks is not None or had_no_id


def wrote_excerpt(records: Iterable[Record]) -> bool:
    """True if the newest of a story's records with an excerpt says that pull has put one into the file."""
    newest = _newest_excerpt(records)
    return newest is not None and newest.wrote["excerpt"] != NOTHING and not is_adopted(newest)


def took_excerpt_out(records: Iterable[Record]) -> bool:
    """True if the newest of a story's records with an excerpt says that it was taken out, as digest.toml wanted."""
    newest = _newest_excerpt(records)
    return newest is not None and newest.wrote["excerpt"] == NOTHING


def _newest_excerpt(records: Iterable[Record]) -> Record | None:
    written = [record for record in records if "excerpt" in record.wrote]
    return max(written, key=attrgetter("at"), default=None)


def names_on_disk(record: Record) -> list[str]:
    """Returns the aliases by which a story file is this record's: its guids, or its links where no guid is its own.

    A guid that is the link itself names a file that has no `id` too. Where a pull has made a file's old link its `id`,
    that is a name as well (`id:`).
    """
    made = [
        f"guid:{alias.removeprefix('id:')}" for alias in record.aliases if alias.startswith("id:")
    ]
    if not has_guid(record):
        return [*made, *(alias for alias in record.aliases if alias.startswith("link:"))]
    permalink = f"link:{urls.canonical(record.id)}" if urls.web_link(record.id) else ""
    return [
        *made,
        *(alias for alias in record.aliases if alias.startswith("guid:") or alias == permalink),
    ]


def keys_on_disk(record: Record, feed: str) -> frozenset[str]:
    """Returns the keys of a record's story on the disk (`identity.story_keys`), wherever it was moved."""
    return frozenset([scoped(alias, feed) for alias in names_on_disk(record)])


def published(record: Record) -> Iterator[datetime]:
    """Yields each date that the feed has given the entry."""
    for alias in record.aliases:
        if alias.startswith("headline:"):
            with suppress(ValueError):  # the line was edited by hand
                date = datetime.fromisoformat(alias.removeprefix("headline:").partition(" ")[0])
                yield date if date.tzinfo else date.replace(tzinfo=UTC)


def by_file(ledgers: Mapping[str, Mapping[str, Record]]) -> dict[str, dict[str, Record]]:
    """Returns the records of each story, by the file that the ledgers know it by, and by feed."""
    found: dict[str, dict[str, Record]] = {}
    for feed, records in ledgers.items():
        for record in records.values():
            found.setdefault(record.file, {})[feed] = record
    return found


def _values(lines: list[bytes]) -> list[Any]:
    """Returns what each line says, None where it is no JSON.

    They are read as one list first, since then they share their keys: a large ledger is lighter by a fifth, and sooner
    read. A null stands between any two, and in none of them, so that no line passes for a part of another.
    """
    whole = _text(b",null,".join(lines))
    with suppress(*_NO_JSON):
        said = json.loads(f"[{whole}]")
        if whole.count("null") < len(lines) and said[1::2] == [None] * (len(lines) - 1):
            return said[::2]  # type: ignore[no-any-return]
    return [_value(line) for line in lines]


def _value(line: bytes) -> Any:
    try:
        return json.loads(_text(line))
    except _NO_JSON:
        return None


def _text(line: bytes) -> str:
    return line.decode(errors="replace")


def passed_over(line: str, file: str, number: int) -> Iterator[Problem]:
    """Yields what to say of a line that is not one of a ledger."""
    if _MARK.match(line):
        yield Problem(file, number, MARK, "delete this line, and keep the lines of both sides")
    elif line.strip():
        is_cr = "\r" in line.rstrip()
        what, cure = (
            ("lines that end in CR alone", _RESAVE)
            if is_cr
            else ("not a line of the ledger", _RESTORE)
        )
        yield Problem(file, number, what, cure)


def _record(line: dict[str, Any]) -> Record:
    """Returns a line as a record; raises ValueError, KeyError or TypeError where it is not one."""
    said, wrote, themes = line["said"], line["wrote"], line.get("themes", {})
    lacks = tuple(line["lacks"]) if "lacks" in line else None
    texts = (line["at"], line["id"], line["file"], line["title"], *line["aliases"], *(lacks or ()))
    if set(map(type, (line["aliases"], line.get("lacks", [])))) != {list}:
        raise ValueError("not a list")
    deleted = line.get("deleted")
    at = datetime.fromisoformat(line["at"])
    if at.tzinfo is None or at.year not in YEARS[:-1]:
        raise ValueError("of no moment that can be")
    if line["v"] != VERSION or set(
        map(type, (*texts, *said.values(), *wrote.values(), *themes.values()))
    ) != {str}:
        raise ValueError("of another version or kind")
    if deleted is not None and not isinstance(deleted, bool):
        raise ValueError("says neither true nor false")
    made, image = "title" in wrote and lacks is None, wrote.get("image", "")
    optional = _optional_keys(line) if "held" in line or "stood" in line else {}
    excerpts = (
        {wrote["excerpt"]: line["at"]} if wrote.get("excerpt", NOTHING) != NOTHING else _NOTHING
    )
    return Record(
        at=line["at"],
        id=line["id"],
        aliases=tuple(line["aliases"]),
        file=line["file"],
        title=line["title"],
        said=said,
        wrote=wrote,
        themes=themes,
        excerpts=excerpts,
        lacks=lacks,
        deleted=deleted,
        made=made,
        image=image,
        **optional,
    )


def _optional_keys(line: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a line says in the keys that older ones lack; raises ValueError where they are of another kind."""
    held, stood, pending = (
        line.get("held", _NOTHING),
        line.get("stood", ""),
        line.get("pending", {}),
    )
    changes = {name: PendingChange(*change) for name, change in pending.items()}
    if not all(isinstance(change, list) for change in pending.values()):
        raise ValueError("not a list")
    if set(
        map(
            type, (stood, *held.values(), *(word for change in changes.values() for word in change))
        )
    ) != {str}:
        raise ValueError("of another kind")
    return {"held": held, "stood": stood, "pending": changes}
