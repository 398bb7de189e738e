"""No pull, ever, changes or loses a word of an editor's, nor makes a duplicate: held over random sequences of what
publishers and editors do, on a real digest with two feeds in files, each pull followed by a second one.

What belongs to the editor is determined here differently than in the merge: by comparing bytes, and by
recording what each pull wrote into each file.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import caches
import newsroom
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from many import in_parts, many
from newsroom import FEEDS, Article, Publisher

from digest import config
from digest.commands import build, pull
from digest.content import excerpt, known_names
from digest.content.known_names import KnownNames
from digest.errors import Faults
from digest.model import Story

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
FIELDS = ("title", "link", "published", "authors", "image", "excerpt")
OURS = frozenset({"title", "link", "published", "updated", "authors", "feeds", "image"})
"""The keys whose lines a pull may ever change."""
ADDED = OURS | {"id"}
"""The keys whose lines a pull may ever add: an `id` keeps a link that changes from being another story to readers."""
WEEKS = ("content/2026/w19", "content/2026/w20", "content/2026/w21")
KNOWN = KnownNames(feeds=frozenset(FEEDS), themes=frozenset({"memory", "mine"}))

Step = tuple[str, int, int]
Files = dict[str, bytes]


class Sequence:
    """One digest, its publisher and its editor, and what is known of both: every `pull` holds all promises."""

    def __init__(self, root: Path) -> None:
        self.root, self.publisher, self.now, self.mark = root, Publisher(), NOW, 0
        self.put: dict[str, dict[str, object]] = {}
        self.owner: dict[str, int] = {}
        self.pristine: set[str] = set()
        (root / "digest.toml").write_text(newsroom.SETTINGS)
        (root / "README.md").write_text("Mine.\n")
        self.config = config.load(root)

    def step(self, step: Step) -> None:
        kind, *seeds = step
        getattr(self, f"do_{kind}")(*map(_spread, seeds))

    # ------------------------------------------------------------ what people do

    def do_tell(self, one: int, other: int) -> None:
        """The publisher changes one to three things of an entry."""
        for turn in range(1 + other % 3):
            change = newsroom.CHANGES[(one + 5 * turn) % len(newsroom.CHANGES)]
            self.publisher.change(change, one // 16, other + 7 * turn)

    def do_slip(self, one: int, other: int) -> None:
        self._edit(one, lambda text: newsroom.slip(text, one // 8, other))

    def do_edit(self, one: int, other: int) -> None:
        """The editor does one or two things to a story."""
        for turn in range(1 + one // 8 % 2):
            self.mark += 1
            hand = newsroom.HANDS[(other + 7 * turn) % len(newsroom.HANDS)]
            note(f"  {hand.__name__}")
            self._edit(one, lambda text, hand=hand: hand(text, f"✎{self.mark}"))  # type: ignore[misc]

    def do_clash(self, one: int, other: int) -> None:
        """The editor works on a story while the publisher changes much of the same."""
        self.do_edit(one, other)
        number = self.owner.get(_chosen(self._stories(), one), 1)
        for turn, change in enumerate(
            ("title", "summary", "authors", "slug", "image", "published")
        ):
            if one >> (9 + turn) & 1:
                self.publisher.change(change, number - 1, other + turn)
        self.do_pull(1, 1)

    def do_churn(self, one: int, other: int) -> None:
        """The publisher gives every entry a new guid and a new address, when a ledger may have been lost."""
        if other % 2:
            self.do_lose(one, 0)
        for target in range(len(self.publisher.articles)):
            self.publisher.change("guid", target, other)
            self.publisher.change("slug", target, other)
        self.do_pull(1, 1)

    def do_earlier(self, one: int, other: int) -> None:
        """The editor gives a story a title that the publisher had given it."""
        article = self.publisher.articles
        number = self.owner.get(_chosen(self._stories(), one), 1)
        title = json.dumps(
            article[number].title.replace(str(self.publisher.serial), str(other % 9)),
            ensure_ascii=False,
        )
        self._edit(
            one,
            lambda text: re.sub(
                rb"(?m)^title:[^\r\n]*", lambda _: b"title: " + title.encode(), text
            ),
        )

    def do_move(self, one: int, other: int) -> None:
        self._rename(one, lambda file: f"{WEEKS[other % 3]}/{file.rpartition('/')[2]}")

    def do_rename(self, one: int, other: int) -> None:
        self._rename(
            one, lambda file: f"{file.rpartition('/')[0]}/2026-05-1{other % 9}-mine-{other % 5}.md"
        )

    def do_swap(self, one: int, other: int) -> None:
        first, second = _chosen(self._stories(), one), _chosen(self._stories(), other)
        if first != second:
            self._rename(one, lambda _: "content/2026/w19/swap.md")
            (self.root / second).rename(self.root / first)
            self._carry(second, first)
            (self.root / "content/2026/w19/swap.md").rename(self.root / second)
            self._carry("content/2026/w19/swap.md", second)

    def do_delete(self, one: int, _: int) -> None:
        file = _chosen(self._stories(), one)
        if file:
            (self.root / file).unlink()
            self._forget(file)

    def do_copy(self, one: int, other: int) -> None:
        file, place = _chosen(self._stories(), one), f"content/2026/w19/copy-{other % 3}.md"
        if file and not (self.root / place).exists():
            (self.root / place).parent.mkdir(parents=True, exist_ok=True)
            (self.root / place).write_bytes((self.root / file).read_bytes())
            self.put[place], self.owner[place] = dict(self.put[file]), self.owner[file]
            self.pristine -= {file}

    def do_write(self, one: int, other: int) -> None:
        """A story by hand, of something that a feed will bring, or has brought and the editor deleted."""
        article = self.publisher.articles[one % len(self.publisher.articles) + 1]
        self.mark += 1
        file = f"{WEEKS[other % 3]}/2026-05-1{other % 7}-by-hand-{self.mark}.md"
        if article.kind != "guided" and article.number not in self.owner.values():
            (self.root / file).parent.mkdir(parents=True, exist_ok=True)
            (self.root / file).write_text(
                f"---\ntitle: ✎{self.mark} mine\nlink: {article.link}\n---\n\n> ✎{self.mark}\n"
            )
            self.put[file], self.owner[file] = (
                {"link": article.link},
                article.number,
            )  # the link is the publisher's word

    def do_lose(self, one: int, other: int) -> None:
        """A ledger is lost, or the caches are."""
        feed = FEEDS[one % 2]
        if other % 2:
            caches.forget(self.root, "feed")
        else:
            (self.root / "content" / "ledger" / f"{feed}.jsonl").unlink(missing_ok=True)
            self.pristine.clear()

    def do_clock(self, one: int, _: int) -> None:
        """The pull runs on another machine, whose clock differs."""
        self.now -= timedelta(hours=one % 9)

    def do_build(self, one: int, _: int) -> None:
        if one % 4 == 0:
            before = _read(self.root / "content")
            try:
                build.run(self.root, self.config, output=self.root / "site", base_url=None)
            except Faults as faults:
                assert all(problem.file for problem in faults.problems)
            assert _read(self.root / "content") == before

    # ------------------------------------------------------------ pulls, and what they promise

    def do_pull(self, one: int, other: int) -> None:
        names = FEEDS if one % 4 else (FEEDS[one // 4 % 2],)
        self.publisher.write(self.root)
        before, known = _read(self.root), self._in_ledgers()
        self._pull(names)
        after = _read(self.root)
        self._hold_files(before, after)
        self._hold_stories(before, after, names)
        self._hold_identity(before, after, known)
        if other % 3 == 0:
            caches.forget(self.root, "feed")
        self._pull(names)
        assert _content(_read(self.root)) == _content(after), "a second pull has changed something"

    def _pull(self, names: tuple[str, ...]) -> None:
        self.now += timedelta(hours=1)
        report = pull.run(
            self.root, self.config, pull.select_feeds(self.config, names), now=self.now
        )
        problems = [line for line in report.problems if "deleted here before git had" not in line]
        failures = [(row.feed, row.reason) for row in report.rows if row.state == "failed"]
        assert (failures, problems) == ([], [])

    def _hold_files(self, before: Files, after: Files) -> None:
        """Files outside stories and ledgers stay as they are; ledgers only grow; no file goes away."""
        for file, old in before.items():
            if file.startswith("content/ledger/"):
                assert after[file].startswith(old), f"{file} has not only grown"
            elif not _is_story(file) and not file.startswith(".digest/"):
                assert after[file] == old, f"{file} is none of a pull's"
            else:
                assert file in after or file.startswith(".digest/"), f"{file} has gone"
        born = {
            file
            for file in after.keys() - before.keys()
            if not file.startswith((".digest/", "content/ledger/"))
        }
        assert all(map(_is_story, born)), f"a pull does not make {born}"

    def _hold_stories(self, before: Files, after: Files, names: tuple[str, ...]) -> None:
        for file in filter(_is_story, after):
            if file not in before:
                number = _number(after[file])
                self.owner[file], self.put[file] = number, _fields(after[file])
                self.pristine.add(file)
                continue
            self._hold_story(file, before[file], after[file])
            now = _fields(after[file])
            article = self.publisher.articles[self.owner[file]]
            said = [_said(article, feed) for feed in FEEDS]
            agreed = {
                name: value
                for name, value in now.items()
                if any(value == one[name] for one in said)
            }
            self.put[file] |= agreed
            if file in self.pristine and article.where and article.where <= set(names):
                self._hold_news(now, article, after[file])

    def _hold_story(self, file: str, old: bytes, new: bytes) -> None:
        """What the editor has typed stands, byte for byte; a field that changed was the publisher's."""
        if old == new:
            return
        typed = Counter(re.findall(rb"\xe2\x9c\x8e\d+", old))
        assert not typed - Counter(re.findall(rb"\xe2\x9c\x8e\d+", new)), f"{file}: words are lost"
        assert _fields(old), f"{file}: an unreadable file was changed"
        _hold_lines(file, old, new, bool(self.put[file].get("excerpt")))
        was, now = _fields(old), _fields(new)
        for name in FIELDS:
            if was[name] != now[name]:
                if name != "excerpt" or self.put[file].get(name) or was[name] in (None, ""):
                    mine = f"{file}: {name} was the editor's: {was[name]!r} is now {now[name]!r}"
                    assert was[name] == self.put[file].get(name, _NONE.get(name)), mine
                self.put[file][name] = now[name]

    def _hold_news(self, now: Mapping[str, object], article: Article, text: bytes) -> None:
        """An unedited story equals its feed, except for fields that the feed has dropped."""
        feeds = re.findall(rb"(?m)^feeds: \[(\w+)\]$", text)
        if [feed.decode() for feed in feeds] == list(article.where):
            said = _said(article, feeds[0].decode())
            named = [
                name for name in FIELDS if said[name] and name != "published"
            ]  # that stays as it first was
            assert {name: now[name] for name in named} == {name: said[name] for name in named}

    def _hold_identity(self, before: Files, after: Files, known: Mapping[int, set[str]]) -> None:
        """No entry has a second story, and none that the editor deleted comes back while a ledger knows of it."""
        born = [file for file in after if _is_story(file) and file not in before]
        numbers = [self.owner[file] for file in born]
        assert len(set(numbers)) == len(numbers), f"two stories for one entry: {born}"
        for file, number in zip(born, numbers, strict=True):
            assert not known.get(number), f"{file}: its entry was known to {known[number]}"
            article = self.publisher.articles[number]
            there = [other for other in before if _is_story(other) and self.owner[other] == number]
            assert not _recognizable([before[other] for other in there], article), (
                f"{file}: is there as {there}"
            )

    def _in_ledgers(self) -> dict[int, set[str]]:
        """Returns the feeds whose ledgers know of each entry."""
        known: dict[int, set[str]] = {}
        for feed in FEEDS:
            ledger = self.root / "content" / "ledger" / f"{feed}.jsonl"
            for line in ledger.read_text().splitlines() if ledger.exists() else ():
                known.setdefault(_number(json.loads(line)["title"].encode()), set()).add(feed)
        return known

    # ------------------------------------------------------------ moving files about

    def _stories(self) -> list[str]:
        return sorted(self.owner)

    def _edit(self, one: int, hand: Callable[[bytes], bytes]) -> None:
        file = _chosen(self._stories(), one)
        if file:
            text = (self.root / file).read_bytes()
            (self.root / file).write_bytes(hand(text))
            self.pristine.discard(file)

    def _rename(self, one: int, name: Callable[[str], str]) -> None:
        file = _chosen(self._stories(), one)
        target = self.root / name(file) if file else self.root
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            (self.root / file).rename(target)
            self._carry(file, name(file))

    def _carry(self, file: str, place: str) -> None:
        self.put[place], self.owner[place] = self.put.pop(file), self.owner.pop(file)
        self.pristine = {place if other == file else other for other in self.pristine}

    def _forget(self, file: str) -> None:
        del self.put[file], self.owner[file]
        self.pristine.discard(file)


# ---------------------------------------------------------------- reading, with means of our own

_NONE: Mapping[str, object] = {"authors": (), "image": "", "excerpt": ""}
_KEY = re.compile(rb"([A-Za-z][\w-]*)[ \t]*:")


def _hold_lines(file: str, old: bytes, new: bytes, excerpted: bool) -> None:
    """Only lines of a pull's keys and the excerpt differ: every other line is in its place."""
    (front, body), (front_now, body_now) = _halves(old), _halves(new)
    waiting = list(_groups(front_now))
    present = {_key(group) for group in _groups(front)}
    for group in _groups(front):
        while waiting and waiting[0] != group and _key(waiting[0]) in ADDED - present:
            waiting.pop(0)
        assert waiting, f"{file}: {group!r} is gone"
        now = waiting.pop(0)
        assert now == group or (_key(now) == _key(group) and _key(now) in OURS), (
            f"{file}: {group!r} is now {now!r}"
        )
        assert _end(now) == _end(group), f"{file}: another line break: {group!r} is now {now!r}"
    assert all(_key(group) in ADDED - present for group in waiting), (
        f"{file}: {waiting} came from nowhere"
    )
    if body != body_now:
        _hold_body(file, body, body_now, excerpted)


def _hold_body(file: str, old: bytes, new: bytes, excerpted: bool) -> None:
    if not excerpted:
        assert new.endswith(old), f"{file}: {old!r} is now {new!r}"
        return
    (gap, quote, rest), (gap_now, quote_now, rest_now) = _parted(old), _parted(new)
    assert quote and quote_now, f"{file}: {quote!r} is now {quote_now!r}"
    assert (gap, rest) == (gap_now, rest_now), f"{file}: {old!r} is now {new!r}"


def _parted(body: bytes) -> tuple[bytes, bytes, bytes]:
    found = re.match(rb"((?:[ \t]*\r?\n)*)((?: *>[^\n]*(?:\n|$))*)(.*)", body, re.DOTALL)
    assert found
    return found[1], found[2], found[3]


def _halves(text: bytes) -> tuple[bytes, bytes]:
    found = re.match(rb"(?s)[^\n]*\n(.*?\n)?---[ \t\r]*(?:\n|$)", text)
    assert found, text
    return text[: found.end()], text[found.end() :]


def _groups(front: bytes) -> Iterator[bytes]:
    """Yields each key of a front matter with the lines that belong to it, and every other line by itself."""
    group = b""
    for line in (
        front.splitlines(keepends=True) if b"\r" not in front.replace(b"\r\n", b"") else [front]
    ):
        if _KEY.match(group) and line[:1] in b" -\t" and not line.startswith(b"---"):
            group += line
            continue
        if group:
            yield group
        group = line
    if group:
        yield group


def _key(group: bytes) -> str:
    found = _KEY.match(group)
    return found[1].decode() if found else ""


def _end(line: bytes) -> bytes:
    return line[len(line.rstrip(b"\r\n")) :]


def _fields(text: bytes) -> dict[str, object]:
    """Returns what a story's file says, nothing where it cannot be read; any opening quotation as excerpt."""
    try:
        story = known_names.loads(text.decode(), "content/2026/w20/2026-05-15-x.md", KNOWN, UTC)
    except (UnicodeDecodeError, Faults):
        return {}
    words = " ".join(
        excerpt.unescape(excerpt.first_quotation(story.note)[0]).split()
    )  # wrapping them differently changes no word
    return {name: getattr(story, name) for name in FIELDS[:-1]} | {"excerpt": words}


def _story(text: bytes) -> Story | None:
    try:
        return known_names.loads(text.decode(), "content/2026/w20/2026-05-15-x.md", KNOWN, UTC)
    except (UnicodeDecodeError, Faults):
        return None


def _said(article: Article, feed: str) -> dict[str, object]:
    return {
        "title": article.title,
        "link": article.link,
        "published": article.published,
        "authors": tuple(article.authors),
        "image": article.image,
        "excerpt": " ".join(excerpt.cut(article.summary, newsroom.WORDS[feed]).split()),
    }


def _recognizable(texts: list[bytes], article: Article) -> bool:
    """Tells whether an entry can be known again by what its files say, all its ledgers being lost."""
    stories = [story for text in texts if (story := _story(text))]
    if len(stories) < len(texts):
        return any(article.name.encode() in text for text in texts if not _story(text))
    if len({(story.id, story.link) for story in stories}) != 1:
        return False
    if article.kind == "guided":
        return stories[0].id == article.guid and "first" in stories[0].feeds
    return bool(re.fullmatch(rf"https?://{re.escape(article.name)}(/.*)?", stories[0].link))


def _spread(seed: int) -> int:
    """Returns a number with evenly distributed bits: Hypothesis prefers small ones."""
    return seed if seed < 4 else zlib.crc32(b"%d" % seed) >> 16


def _number(text: bytes) -> int:
    found = re.search(rb"E(\d+)", text)
    assert found, text
    return int(found[1])


def _chosen(files: list[str], one: int) -> str:
    return files[one % len(files)] if files else ""


def _is_story(file: str) -> bool:
    return bool(re.fullmatch(r"content/\d{4}/w\d\d/[^/]+\.md", file))


def _content(files: Files) -> Files:
    return {file: text for file, text in files.items() if not file.startswith(".digest/")}


def _read(folder: Path) -> Files:
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


# ---------------------------------------------------------------- the sequences

KINDS = ("tell", "tell", "tell", "edit", "edit", "slip", "pull", "pull", "pull", "move", "rename", "swap", "delete",
         "copy", "write", "earlier", "lose", "clash", "clash", "clash", "churn", "clock", "build")  # fmt: skip
BIG = st.integers(0, 1 << 15)
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), BIG, BIG), min_size=3, max_size=14)


@pytest.mark.parametrize("part", range(4))
def test_no_sequence_of_pulls_and_edits_loses_a_word_or_creates_a_duplicate(part: int) -> None:
    calm = settings(
        max_examples=many(25),
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    in_parts(calm(given(STEPS)(lambda steps: _play(steps, part))), part)()


FOUND: Mapping[str, tuple[int, list[Step]]] = {
    "a later feed of the pull brings what an earlier one held": (
        0, [("move", 1, 1), ("clash", 98, 46), ("clash", 98, 0)],
    ),
    "a link that named a story became an id, then its file was renamed": (
        1, [("churn", 74, 2771), ("rename", 24988, 94)],
    ),
    "a story was renamed, then its link became its id": (2, [("rename", 11280, 10845), ("churn", 16, 26214)]),
    "stories changed places before their links did": (3, [("swap", 50, 1112), ("churn", 28423, 93)]),
    "a story was moved, one of its ledgers was lost, and its id was taken out": (
        3, [("move", 2, 1), ("churn", 1, 3), ("move", 1, 1), ("clash", 6891, 209)],
    ),
    "the ledger that knew an excerpt is lost, and the excerpt stands": (
        0, [("tell", 31281, 23446), ("pull", 27745, 93), ("churn", 1481, 14820), ("tell", 28317, 71)],
    ),
    "the ledger that knew an excerpt is lost, and the excerpt was edited": (
        2, [("clash", 41, 18588), ("lose", 12953, 15211), ("clash", 28, 2), ("tell", 24965, 17992)],
    ),
    "the ledger that knew an excerpt is lost, and the excerpt was deleted": (
        2, [("clash", 35, 28565), ("churn", 6789, 70), ("copy", 24, 19175), ("clash", 49, 11)],
    ),
    "the ledger that wrote a story is lost, and its editor has removed the authors": (
        3, [("lose", 0, 0), ("clash", 1, 32768), ("clash", 2326, 0)],
    ),
    "an entry alone in its document keeps a short guid, a numbered link and its second, and no word": (
        2, [("tell", 0, 0), ("tell", 77, 2), ("tell", 129, 0)],
    ),
    "a story cannot be read, another one is in its place, and the ledger of that one is lost": (
        0, [("slip", 30867, 6007), ("swap", 23265, 9332), ("churn", 25992, 19259)],
    ),
}  # fmt: skip
"""Sequences that once broke a promise, each with the minute at which it begins."""


@pytest.mark.parametrize("what", FOUND)
def test_a_sequence_that_once_failed_passes(what: str) -> None:
    part, steps = FOUND[what]
    once = settings(max_examples=1, deadline=None, database=None)
    once(given(st.just(steps))(lambda steps: _play(steps, part)))()


def _play(steps: list[Step], part: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sequence = Sequence(Path(folder))
        sequence.now += timedelta(minutes=part)
        for step in [("pull", 1, 1), *steps, ("tell", part, part), ("pull", 1, 1)]:
            note(f"{step}")
            sequence.step(step)


# ---------------------------------------------------------------- cases that random sequences rarely meet


def test_a_title_restored_by_the_editor_stays_whichever_feed_changes(tmp_path: Path) -> None:
    sequence = Sequence(tmp_path)
    article = sequence.publisher.articles[2]
    title, file = article.title, "content/2026/w19/2026-05-07-e2-v2-and.md"
    place = tmp_path / file
    sequence.step(("pull", 1, 1))
    place.write_bytes(
        newsroom.one_feed(place.read_bytes(), "")
    )  # from now on the second feed speaks
    sequence.pristine.clear()
    for words in ("E2 second", "E2 third"):
        article.title = words
        sequence.step(("pull", 1, 1))
    article.where = {"first"}
    article.title = "E2 of the first feed"
    sequence.step(("pull", 1, 1))

    place.write_bytes(
        re.sub(
            rb"(?m)^title:.*", lambda _: b"title: " + json.dumps(title).encode(), place.read_bytes()
        )
    )
    article.where = {"second"}
    article.title = "E2 at last"
    sequence.step(("pull", 1, 1))

    assert _fields(place.read_bytes())["title"] == title


def test_feeds_reordered_by_the_editor_stay_so(tmp_path: Path) -> None:
    settings = newsroom.SETTINGS + '[[feeds]]\nid = "third"\nurl = "first.json"\n'
    sequence = Sequence(tmp_path)
    sequence.step(("pull", 1, 1))
    place = tmp_path / "content/2026/w19/2026-05-07-e2-v2-and.md"
    mine = newsroom.feeds(place.read_bytes(), "")
    place.write_bytes(mine)
    (tmp_path / "digest.toml").write_text(settings)
    changed = config.load(tmp_path)

    report = pull.run(tmp_path, changed, changed.feeds, now=NOW + timedelta(days=1))

    assert place.read_bytes() == mine
    assert [line for row in report.rows for line in row.kept] == [
        "content/2026/w19/2026-05-07-e2-v2-and.md: kept your feeds 'second, first'; third has it too"
    ]


def test_stories_with_swapped_places_stay_separate_when_a_ledger_is_lost(tmp_path: Path) -> None:
    sequence = Sequence(tmp_path)
    sequence.publisher.articles[2].where = {"second"}
    sequence.step(("pull", 1, 1))
    one, two = (
        tmp_path / "content/2026/w19" / name
        for name in ("2026-05-06-e1-v1.md", "2026-05-07-e2-v2-and.md")
    )
    sequence.step(("swap", 0, 1))
    (tmp_path / "content" / "ledger" / "first.jsonl").unlink()
    sequence.pristine.clear()
    sequence.step(("pull", 1, 1))
    for number in (1, 2):
        sequence.publisher.articles[number].title = f"E{number} changed"
    sequence.step(("pull", 1, 1))

    assert [_fields(place.read_bytes())["title"] for place in (two, one)] == [
        "E1 changed",
        "E2 changed",
    ]


def test_a_story_is_recognised_by_its_article_number_when_ledger_guid_and_url_are_lost(
    tmp_path: Path,
) -> None:
    sequence = Sequence(tmp_path)
    sequence.step(("pull", 1, 1))
    (tmp_path / "content" / "ledger" / "first.jsonl").unlink()
    sequence.pristine.clear()
    sequence.publisher.articles[1].guid, sequence.publisher.articles[1].slug = "new", "elsewhere"

    sequence.step(("pull", 1, 1))

    assert len([file for file, number in sequence.owner.items() if number == 1]) == 1


def test_changed_lines_keep_their_line_endings(tmp_path: Path) -> None:
    sequence = Sequence(tmp_path)
    sequence.step(("pull", 1, 1))
    place = tmp_path / "content/2026/w19/2026-05-06-e1-v1.md"
    place.write_bytes(newsroom.some_returns(place.read_bytes(), ""))
    sequence.publisher.articles[1].slug = "elsewhere"

    sequence.step(("pull", 1, 1))

    assert b"/elsewhere\r\npublished" in place.read_bytes()


def test_blank_lines_below_the_front_matter_stay_when_an_excerpt_is_added(tmp_path: Path) -> None:
    sequence = Sequence(tmp_path)
    sequence.publisher.articles[1].summary = ""
    sequence.step(("pull", 1, 1))
    place = tmp_path / "content/2026/w19/2026-05-06-e1-v1.md"
    place.write_bytes(place.read_bytes() + b" \n\n\t\nMine.")
    sequence.publisher.articles[1].summary = "Theirs"

    sequence.step(("pull", 1, 1))

    assert place.read_bytes().endswith(b"---\n\n> Theirs\n\n \n\n\t\nMine.")
