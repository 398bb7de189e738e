"""An address that was ever built leads to its story for good, and an Atom id never changes: held over random moves,
renames, swaps, edits of links, deletions, pulls and builds of stories that feeds brought and that were written by hand.

The test looks at nothing but files: each story has a word of its own in its title, by which a page's part is known.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from many import many
from sites import read_folder

from digest import config
from digest.commands import build, export, pull

SETTINGS = """\
[site]
title = "Test"
url = "https://example.org/digest/"
timezone = "Asia/Hong_Kong"
[[feeds]]
id = "first"
url = "first.json"
"""
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
FOLDERS = ("content/2026/w19", "content/2026/w20", "content/2026/w21")
NAMES = tuple(f"2026-05-1{day}-{slug}.md" for day in (1, 2) for slug in ("same", "other", "same-2"))
GUIDS = ("https://news.example/?p={}", "{}", "")


class Digest:
    """One digest in a folder, and every address and Atom id that was ever built, by story."""

    def __init__(self, root: Path) -> None:
        self.root, self.now, self.count = root, NOW, 0
        self.items: list[dict[str, str]] = []
        self.stories: dict[str, str] = {}
        self.hidden: set[str] = set()
        self.addresses: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.last_seen: dict[str, str] = {}
        self.former: set[str] = set()
        (root / "digest.toml").write_text(SETTINGS)
        (root / "content/pages").mkdir(parents=True)
        self.do_feed(0, 0)
        self.config = config.load(root)

    # ------------------------------------------------------------ what people do

    def do_feed(self, one: int, other: int) -> None:
        """The feed has one entry more, of a headline that others may have."""
        word, guid = self._word(), GUIDS[one % len(GUIDS)]
        item = {
            "url": f"https://news.example/{word}",
            "title": f"Same {word}" if other % 2 else "Same",
            "summary": word,
            "date_published": f"2026-05-1{one % 8}T08:00:00Z",
        }
        self.items.append(item | ({"id": guid.format(word)} if guid else {}))
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "First",
            "items": self.items,
        }
        (self.root / "first.json").write_text(json.dumps(document))

    def do_pull(self, one: int, _: int) -> None:
        if one % 3 == 0:
            shutil.rmtree(self.root / ".digest", ignore_errors=True)
        pull.run(self.root, self.config, pull.select_feeds(self.config, ()), now=self._moment())
        known = set(self.stories.values())
        for file in self._files() - known:
            word = _word_of((self.root / file).read_text())
            self.stories[word] = self.last_seen[word] = file

    def do_write(self, one: int, other: int) -> None:
        """A story by hand: in a week's folder, or in the inbox."""
        word, file = self._word(), _place(one, other)
        text = (
            f"---\ntitle: Same\nlink: https://by-hand.example/{word}?utm_source=x\n---\n\n{word}\n"
        )
        if other % 5 == 0:
            (self.root / "content/inbox").mkdir(exist_ok=True)
            (self.root / f"content/inbox/2026-05-12-{word}.md").write_text(text)
        elif not (self.root / file).exists() and file not in self.former:
            (self.root / file).parent.mkdir(parents=True, exist_ok=True)
            (self.root / file).write_text(text)
            self.stories[word] = file

    def do_move(self, one: int, other: int) -> None:
        word = self._chosen(one)
        target = _place(other, one)
        if word and not (self.root / target).exists():
            self._rename(word, target)

    def do_swap(self, one: int, other: int) -> None:
        first, second = self._chosen(one), self._chosen(other)
        if first and first != second:
            files = self.stories[first], self.stories[second]
            self._rename(first, "content/2026/w19/2026-05-11-between.md")
            self._rename(second, files[0])
            self._rename(first, files[1])

    def do_folder(self, one: int, other: int) -> None:
        """A week's folder is renamed as a whole."""
        old, new = FOLDERS[one % 3], FOLDERS[other % 3]
        if (self.root / old).exists() and not (self.root / new).exists():
            for word, file in list(self.stories.items()):
                if file.startswith(old):
                    self._rename(word, file.replace(old, new))

    def do_link(self, one: int, other: int) -> None:
        """The editor cleans a link, or writes another."""
        word = self._chosen(one)
        if not word:
            return
        self.do_build(1, 1)  # what is moved and gets another link at once can be known by nothing
        ways = (
            lambda link: link.replace("?utm_source=x", ""),
            lambda link: link.replace("https://", "http://"),
            lambda link: f"{link}/again",
        )
        path = self.root / self.stories[word]
        path.write_text(
            re.sub(r"(?m)(?<=^link: ).*", lambda found: ways[other % 3](found[0]), path.read_text())
        )
        self.do_build(1, 1)

    def do_hide(self, one: int, _: int) -> None:
        word = self._chosen(one)
        if word:
            path = self.root / self.stories[word]
            text = path.read_text()
            is_hidden = "\nhide: true\n" in text
            new = ("\nhide: true\n", "\n") if is_hidden else ("\nlink: ", "\nhide: true\nlink: ")
            path.write_text(text.replace(*new, 1))
            (self.hidden.discard if is_hidden else self.hidden.add)(word)

    def do_delete(self, one: int, _: int) -> None:
        """A story is gone. What is written to its file later cannot be told from a new link of it,
        nor what is written to the file where the last build saw it."""
        word = self._chosen(one)
        if word:
            (self.root / self.stories[word]).unlink()
            file = self.stories.pop(word)
            self.former |= {file, self.last_seen.get(word, file)}
            self.hidden.discard(word)

    def do_preview(self, one: int, _: int) -> None:
        """A build that is none of a reader's: it writes nothing to the content."""
        before = read_folder(self.root / "content")
        build.run(self.root, self.config, output=self.root / f"elsewhere-{one % 2}", base_url=None)
        assert read_folder(self.root / "content") == before

    def do_build(self, one: int, other: int) -> None:
        if one % 4 == 0:
            shutil.rmtree(self.root / ".digest", ignore_errors=True)
        before = read_folder(self.root / "content")
        build.run(
            self.root, self.config, output=self.root / "site", base_url=None, now=self._moment()
        )
        after = read_folder(self.root / "content")
        assert {name for name in after if after[name] != before.get(name)} <= {
            "ledger/_places.jsonl"
        }
        self.last_seen = dict(self.stories)
        if other % 2:
            report = build.run(
                self.root, self.config, output=self.root / "site", base_url=None, now=self._moment()
            )
            assert (report.written, read_folder(self.root / "content")) == (0, after)
        self._hold()

    # ------------------------------------------------------------ what is promised

    def _hold(self) -> None:
        site = read_folder(self.root / "site")
        assert site == self._built_anew(), "the site is not that of a clean build"
        for address, word in self.addresses.items():
            if word in self.stories and word not in self.hidden:
                assert word in _shown_at(site, address), f"{address} was the address of {word}"
        found = {
            record["file"]: record
            for record in export.run(self.root, self.config)
            if record["kind"] == "story"
        }
        for word, file in self.stories.items():
            record = found[file]
            known = self.ids.setdefault(word, str(record["atom_id"]))
            assert record["atom_id"] == known, f"{word} has another Atom id"
            if word in self.hidden:
                continue
            address = str(record["permalink"]).removeprefix("https://example.org/digest/")
            assert word in _part(site, address), f"{word} is not at {address}"
            assert self.addresses.setdefault(address, word) == word, (
                f"{address} was {self.addresses[address]}'s"
            )
            assert any(
                known.encode() in text for path, text in site.items() if path.endswith(".atom")
            )

    def _built_anew(self) -> dict[str, bytes]:
        """Returns the site of the same content without a cache, with ledger lines in another order."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            shutil.copytree(self.root / "content", root / "content")
            (root / "digest.toml").write_text(SETTINGS)
            for ledger in root.glob("content/ledger/*.jsonl"):  # as merges of git may leave it
                lines = ledger.read_text().splitlines(keepends=True)
                ledger.write_text("".join(reversed(lines)) + "".join(lines[::2]))
            build.run(root, self.config, output=root / "site", base_url=None)
            return read_folder(root / "site")

    # ------------------------------------------------------------ small steps

    def _word(self) -> str:
        self.count += 1
        return f"word{self.count}x"

    def _moment(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def _files(self) -> set[str]:
        return {
            path.relative_to(self.root).as_posix() for path in self.root.glob("content/2026/*/*.md")
        }

    def _chosen(self, one: int) -> str:
        words = sorted(self.stories)
        return words[one % len(words)] if words else ""

    def _rename(self, word: str, target: str) -> None:
        (self.root / target).parent.mkdir(parents=True, exist_ok=True)
        (self.root / self.stories[word]).rename(self.root / target)
        self.stories[word] = target


def _place(one: int, other: int) -> str:
    return f"{FOLDERS[one % len(FOLDERS)]}/{NAMES[other % len(NAMES)]}"


def _word_of(text: str) -> str:
    found = re.search(r"word\d+x", text)
    assert found, text
    return found[0]


def _part(site: dict[str, bytes], address: str) -> str:
    """Returns the part of a page from one anchor to the next."""
    path, _, anchor = address.partition("#")
    page = site[f"{path}index.html"].decode()
    parts = page.split(f' id="{anchor}"')
    assert len(parts) == 2, f"{address} is there {len(parts) - 1} times"
    return re.split(r' id="|<nav class="turn"', parts[1])[0]


def _shown_at(site: dict[str, bytes], address: str) -> str:
    """Returns what readers find at an address, or at the one to which it redirects."""
    part = _part(site, address)
    moved = re.match(r'><a dir="auto" href="/digest/([^"]*)"', part)
    return _part(site, moved[1]) if moved else part


STEPS = [name.removeprefix("do_") for name in vars(Digest) if name.startswith("do_")]


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    step = st.tuples(
        st.sampled_from([*STEPS, "move", "move", "build", "build"]),
        st.integers(0, 30),
        st.integers(0, 30),
    )
    return [
        ("write", draw(st.integers(0, 30)), 1),
        ("pull", 1, 1),
        *draw(st.lists(step, max_size=14)),
        ("build", 1, 1),
    ]


def lives(steps: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        digest = Digest(Path(folder))
        for name, one, other in steps:
            note(f"{name} {one} {other}")
            getattr(digest, f"do_{name}")(one, other)


@settings(max_examples=many(8), deadline=None, suppress_health_check=list(HealthCheck))
@given(steps())
def test_urls_lead_to_their_stories_forever_and_ids_stay(
    steps: list[tuple[str, int, int]],
) -> None:
    lives(steps)
