"""Feeds that attack: whatever is in them becomes words in a story, or nothing, and no other entry suffers for it.

The feeds are in `data/hostile`, with a table of the checks that each has to pass; more are in `../shared/hostile`.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import judges
import pytest

from benchmarks.subjects import DIGEST

OWN = Path(__file__).parents[1] / "data" / "hostile"
SHARED = Path(__file__).parents[3] / "shared" / "hostile"
ALWAYS = ("no_active", "no_scheme", "inside", "entries_any", "refeed", "no_read")
SECONDS, MEGABYTES = 10, 500
CONTROL = re.compile(rb"Control entry [a-z0-9]+")
GIVEN_UP = {"Control entry d028", "Control entry expansion"}
"""Entries of documents that are no well-formed XML by then, so that whether they are kept is the parser's luck."""


@dataclass(frozen=True, slots=True)
class Vector:
    """A feed that attacks, the checks that it has to meet, and whether it has a harmless entry as well."""

    file: Path
    checks: tuple[str, ...]
    control: bool

    def __str__(self) -> str:
        return self.file.stem


def vectors(folder: Path) -> Iterator[Vector]:
    table = folder / "manifest.json"
    for row in json.loads(table.read_text()) if table.is_file() else ():
        yield Vector(folder / row["file"], tuple(row["checks"]), row["control"])


ALL = [vector for folder in (OWN, SHARED) for vector in vectors(folder)]
BOUNDED = [vector for vector in ALL if "bounded" in vector.checks]


def test_the_hostile_feeds_of_the_shared_folder_are_in_the_repository(shared: Path) -> None:
    assert len(list(vectors(shared / "hostile"))) >= 33


@pytest.mark.parametrize("vector", ALL, ids=str)
def test_a_hostile_feed_passes_its_checks(vector: Vector, tmp_path: Path) -> None:
    (tmp_path / "digest").mkdir()
    (tmp_path / "digest" / "secret.txt").write_text("kept to itself")

    made = judges.make(tmp_path / "digest", {vector.file.name: vector.file.read_bytes()})

    judges.judge(made, *vector.checks, *ALWAYS, *(("layout",) if vector.control else ()))
    assert [path.name for path in tmp_path.iterdir()] == ["digest"]


@pytest.mark.parametrize("folder", [OWN, SHARED], ids=["own", "shared"])
def test_all_hostile_feeds_together_pass_the_general_checks_and_none_stops_another(
    folder: Path, tmp_path: Path
) -> None:
    """All are in one digest, with excerpts as long as they can be."""
    found = list(vectors(folder))
    if not found:
        pytest.skip("the material in ../shared is not here")
    feeds = {vector.file.name: vector.file.read_bytes() for vector in found}

    together = judges.make(tmp_path / "digest", feeds, words=1000)

    judges.judge(together, *ALWAYS)
    whole = together.output("feed.atom").values()
    expected = {name.decode() for body in together.feeds.values() for name in CONTROL.findall(body)}

    assert len(expected) > 10
    assert expected - {story.title for story in together.stories} <= GIVEN_UP
    assert any("<entry>" in feed for feed in whole)


def cpu_of_children() -> float:
    """The CPU seconds of all processes that this one has started and waited for, with theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("vector", BOUNDED, ids=str)
def test_a_feed_that_expands_is_handled_within_limits(vector: Vector, tmp_path: Path) -> None:
    (tmp_path / vector.file.name).write_bytes(vector.file.read_bytes())
    (tmp_path / "digest.toml").write_text(judges.settings({"swells": vector.file.name}, words=1000))

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES * 1_000_000,) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, resource.RLIM_INFINITY))

    for command in ("pull", "build"):
        before = cpu_of_children()
        ended = subprocess.run(
            [*DIGEST, "--root", str(tmp_path), command],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=bound,
        )
        assert ended.returncode in {0, 1}
        assert cpu_of_children() - before <= SECONDS
        assert "Traceback" not in ended.stderr
        assert "MemoryError" not in ended.stderr


# ---------------------------------------------------------------- one feed against another


def rss(*entries: tuple[str, str, str]) -> bytes:
    """An RSS document with entries of these (guid, link, headline)."""
    body = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><link>{link}</link><title>{title}</title>"
        f"<description>Words of {title}.</description><pubDate>Mon, 16 Nov 2026 08:00:00 GMT</pubDate></item>"
        for guid, link, title in entries
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Feed</title>{body}</channel></rss>".encode()


def kept(made: judges.Made) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    return {story.title: (story.link, story.excerpt, story.feeds) for story in made.stories}


def test_feeds_with_the_same_short_guids_keep_all_their_entries(tmp_path: Path) -> None:
    feeds = {
        f"{name}.xml": rss(
            *((str(n), f"https://{name}.example/{n}", f"{name} {n}") for n in (1, 2, 3))
        )
        for name in ("left", "right")
    }

    made = judges.make(tmp_path, feeds)

    assert sorted(kept(made)) == ["left 1", "left 2", "left 3", "right 1", "right 2", "right 3"]
    judges.judge(made, "entries_any", "inside", "refeed")


@pytest.mark.parametrize("order", [("true.xml", "false.xml"), ("false.xml", "true.xml")])
def test_a_feed_that_uses_anothers_guids_takes_nothing_from_it(
    order: tuple[str, str], tmp_path: Path
) -> None:
    guids = [f"https://true.example/{number}" for number in (1, 2)]
    bodies = {
        "true.xml": rss(*((guid, f"{guid}/story", f"True {guid[-1]}") for guid in guids)),
        "false.xml": rss(
            *((guid, "https://false.example/trap", f"False {guid[-1]}") for guid in guids)
        ),
    }

    made = judges.make(tmp_path, {name: bodies[name] for name in order})

    for guid in guids:
        assert kept(made)[f"True {guid[-1]}"] == (
            f"{guid}/story",
            f"Words of True {guid[-1]}.",
            ("true",),
        )
    assert not any(
        "true" in feeds for title, (_, _, feeds) in kept(made).items() if title.startswith("False")
    )
    judges.judge(made, "entries_any", "inside", "refeed")


def test_a_feed_that_later_uses_anothers_guids_changes_nothing_of_it(tmp_path: Path) -> None:
    guid = "https://true.example/1"
    judges.make(tmp_path, {"true.xml": rss((guid, f"{guid}/story", "True")), "false.xml": rss()})
    before = (tmp_path / "content" / "2026" / "w47" / "2026-11-16-true.md").read_bytes()

    made = judges.make(
        tmp_path,
        {
            "true.xml": rss((guid, f"{guid}/story", "True")),
            "false.xml": rss((guid, "https://false.example/", "False")),
        },
    )

    assert (tmp_path / "content" / "2026" / "w47" / "2026-11-16-true.md").read_bytes() == before
    assert kept(made)["False"][2] == ("false",)


def test_one_guid_on_many_entries_hides_none_of_them_as_entries_come_and_go(tmp_path: Path) -> None:
    entries = [
        ("g", f"https://news.example/{number}", f"Number {number}") for number in range(1, 8)
    ]
    windows = [entries[0:1], entries[1:3], entries[2:4], entries[4:5], entries[5:7]]

    made = [judges.make(tmp_path, {"rolling.xml": rss(*window)}) for window in windows]

    assert sorted(kept(made[-1])) == [f"Number {number}" for number in range(1, 8)]


def test_entries_without_a_guid_on_a_shared_link_keep_their_identity(tmp_path: Path) -> None:
    home = "https://news.example/"
    bare = rss(("", home, "Bare"))
    feeds = {
        "a.xml": bare,
        "b.xml": rss(("1", home, "One"), ("2", home, "Two")),
        "c.xml": bare,
        "d.xml": bare,
    }

    made = judges.make(tmp_path, feeds)

    judges.judge(made, "entries_any", "inside", "refeed")


def test_entries_whose_guid_is_a_shared_link_are_matched_and_not_skipped(
    tmp_path: Path,
) -> None:
    home = "https://news.example/"
    bare, shared = rss(("", home, "Bare")), rss(("1", home, "One"), ("2", home, "Two"))

    made = judges.make(
        tmp_path, {"a.xml": bare, "b.xml": shared, "c.xml": rss((home, home, "Home"))}
    )

    assert [len(row.new) + row.known for row in made.reports[0].rows if row.feed == "c"] == [1]
    judges.judge(made, "entries_any", "inside", "refeed")
