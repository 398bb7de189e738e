"""`digest init --feed` in a digest that has only the sample: what goes, what stays, and that it still builds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from feedhost import FeedHost
from rehearsal import git
from test_cli import digest
from test_init import ATOM, RSS, Answers

from digest import config

LAMP = "content/2026/w08/2026-02-21-lamp-on-gannet-rock-is-lit-again-for-one-night.md"
LEDGER = "content/ledger/harbour-lantern.jsonl"


@pytest.fixture
def mine(pulled_sample: Path, tmp_path: Path) -> Path:
    """A digest with the sample's twelve stories."""
    return shutil.copytree(pulled_sample, tmp_path / "mine")


def grown(root: Path, *words: str, **variables: str) -> list[str]:
    """What `init` says with two feeds of one's own in a digest with the sample, which builds then."""
    with FeedHost(Answers(feed_xml=RSS, lights_atom=ATOM)) as host:
        own = [
            word for path in ("/feed.xml", "/lights.atom") for word in ("--feed", host.url(path))
        ]
        made = digest(*words, "init", *own, cwd=root, **variables)
        assert (made.returncode, made.stderr) == (0, "")
        assert [feed.id for feed in config.load(root).feeds] == ["harbour-sea", "lights"]
    built = digest("build", cwd=root)
    assert (built.returncode, built.stderr) == (0, "")
    return made.stdout.splitlines()


def stories(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.glob("content/2026/w0*/*.md"))


def test_a_letter_goes_with_the_sample_only_as_it_was_drafted(mine: Path) -> None:
    for week in ("w07", "w08"):
        assert digest("letter", week, cwd=mine).returncode == 0
    assert digest("letter", "w08", "--publish", cwd=mine).returncode == 0
    ours = mine / "content/2026/w07/letter.md"
    ours.write_text(ours.read_text().replace("-->", "-->\n\nDear reader."))

    said = grown(mine)

    assert (
        said[2]
        == "Removed the sample: its feed, and 12 stories without edits, and 1 letter as drafted"
    )
    assert stories(mine) == ["content/2026/w07/letter.md"]
    assert LEDGER not in digest("check", cwd=mine).stdout


def test_a_sample_that_was_never_pulled_is_only_a_feed(tmp_path: Path) -> None:
    assert digest("init", cwd=tmp_path).returncode == 0

    assert grown(tmp_path)[2] == "Removed the sample: its feed"


def test_an_unedited_sample_is_removed_and_leaves_a_fresh_digest(
    mine: Path, tmp_path: Path
) -> None:
    said = grown(mine, TZ="Asia/Tokyo")

    assert said[2:] == [
        "Removed the sample: its feed, and 12 stories without edits",
        "Before you pull, look at the feeds in digest.toml: an id stays for good, "
        "and readers see 'publisher', or else 'title', as the source",
        "Next: digest pull && digest serve",
        "Then find your themes: digest themes --propose",
    ]
    assert stories(mine) == []
    assert not (mine / LEDGER).exists()
    assert not (mine / "feeds").exists()
    assert digest("check", cwd=mine).stdout.startswith("0 errors, 0 hints")
    with FeedHost(Answers(feed_xml=RSS, lights_atom=ATOM)) as host:
        own = [
            word for path in ("/feed.xml", "/lights.atom") for word in ("--feed", host.url(path))
        ]
        digest("init", "other", *own, cwd=tmp_path, TZ="Asia/Tokyo")
    ours, theirs = (
        (folder / "digest.toml").read_text().splitlines() for folder in (mine, tmp_path / "other")
    )
    unlike = ("title", "url", 'id = "urn')
    assert [line for line in ours if not line.startswith(unlike)] == [
        line for line in theirs if not line.startswith(unlike)
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n---\n\n>", "\nlead: true\n---\n\n>"),
        ("\n---\n\n>", "\n# ask them\n---\n\n>"),
        ("the manners to …\n", "the manners to …\n\nWhat a night.\n"),
        ("title: Lamp", "title: The lamp"),
        ("themes: [lighthouses, ", "themes: ["),
        ("> At dusk", "> At noon"),
    ],
)
def test_an_edited_sample_story_stays_and_builds(mine: Path, before: str, after: str) -> None:
    text = (mine / LAMP).read_text()
    assert before in text
    (mine / LAMP).write_text(text.replace(before, after))

    said = grown(mine)

    assert f"{LAMP}: stays, because it was edited" in said
    assert "Removed the sample: its feed, and 11 stories without edits" in said
    assert stories(mine) == [LAMP]
    assert (mine / LAMP).read_text() == text.replace(before, after)
    assert (mine / LEDGER).exists()
    assert "lamp-on-gannet-rock" in (mine / "site/2026/w08/index.html").read_text()


def test_removing_the_sample_from_a_repository_leaves_no_problems(mine: Path) -> None:
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=E", "-c", "user.email=e@mail.example", "commit", "-qm", "The sample"],
    ):
        git(mine, *words)

    grown(mine)

    assert digest("check", cwd=mine).stdout.startswith("0 errors, 0 hints")


def test_a_moved_sample_story_stays(mine: Path) -> None:
    moved = mine / LAMP.replace("w08", "w07")
    (mine / LAMP).rename(moved)

    grown(mine)

    assert [mine / file for file in stories(mine)] == [moved]


def test_a_sample_story_with_reordered_lines_counts_as_unedited(mine: Path) -> None:
    head, lines, body = (mine / LAMP).read_text().split("---\n", 2)
    (mine / LAMP).write_text(
        "---\n".join([head, "".join(reversed(lines.splitlines(keepends=True))), body.rstrip("\n")])
    )

    grown(mine)

    assert stories(mine) == []


def test_a_letter_stays_and_its_links_to_removed_stories_stop_no_build(mine: Path) -> None:
    letter = mine / "content/2026/w08/letter.md"
    letter.write_text(f"A [lamp]({Path(LAMP).name}).\n")
    with FeedHost(Answers(feed_xml=RSS)) as host:
        made = digest("init", "--feed", host.url("/feed.xml"), cwd=mine)

    assert made.returncode == 0
    assert letter.exists()
    assert digest("build", cwd=mine).returncode == 0


def test_settings_written_by_the_editor_stay(mine: Path) -> None:
    settings = mine / "digest.toml"
    own = settings.read_text().replace('timezone = "UTC"', 'timezone = "Asia/Tokyo"   # home')
    own = own.replace("excerpt = 40 ", "excerpt = 25 ").replace(
        'title = "Mine"', 'title = "Our own"'
    )
    own = own.replace('id = "ferries"', 'id = "boats"').replace(
        "# editor = ", "# Sam, then Kim\n# editor = "
    )
    own = own.replace(
        "\n# ---------------------------------------------------------------- themes",
        "\n# Keep.\n\n# --- themes",
    )
    settings.write_text(own.replace("\n", "\r\n"), newline="")
    for file in mine.glob("content/2026/w0*/*.md"):
        file.write_text(file.read_text().replace("ferries", "boats"))
    with FeedHost(Answers(feed_xml=RSS, lights_atom=ATOM)) as host:
        own_feeds = [
            word for path in ("/feed.xml", "/lights.atom") for word in ("--feed", host.url(path))
        ]
        assert digest("init", *own_feeds, cwd=mine, TZ="Europe/Berlin").returncode == 0

    text = settings.read_bytes().decode()
    assert text.count("\r\n") == text.count("\n")
    for line in (
        'title = "Our own"',
        'timezone = "Asia/Tokyo"   # home',
        "# Sam, then Kim",
        "excerpt = 25 ",
        "# Keep.",
    ):
        assert line in text
    assert [theme.id for theme in config.load(mine).themes] == [
        "lighthouses",
        "boats",
        "tides-and-weather",
    ]
    assert [(feed.id, feed.excerpt) for feed in config.load(mine).feeds] == [
        ("harbour-sea", 25),
        ("lights", 40),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://example.github.io/mine/", "https://ada.github.io/chips/"),
        ("https://chips.press/", "https://chips.press/"),
    ],
)
def test_an_example_url_becomes_that_of_the_remote(mine: Path, before: str, after: str) -> None:
    git(mine, "init", "-q")
    git(mine, "remote", "add", "origin", "git@github.com:Ada/chips.git")
    settings = mine / "digest.toml"
    old = f'url = "{before}"   # ours'
    text = settings.read_text().replace('url = "https://example.github.io/mine/"', old)
    settings.write_text(text)

    said = grown(mine)

    assert ("url was set to https://ada.github.io/chips/, from the remote 'origin'" in said) is (
        before != after
    )
    assert f'url = "{after}"   # ours\n' in settings.read_text()


def test_themes_used_by_the_editors_stories_stay(mine: Path) -> None:
    (mine / "content/2026/w08/2026-02-20-walk.md").write_text(
        "---\ntitle: A walk\nlink: https://walk.example/\nthemes: [ferries]\n---\n"
    )

    said = grown(mine)

    assert "The themes in digest.toml stay, because they were edited or stories have them" in said


def test_themes_that_the_feed_gave_to_all_its_stories_stay(mine: Path) -> None:
    settings = mine / "digest.toml"
    settings.write_text(
        settings.read_text().replace('# themes = ["ferries"]', 'themes = ["ferries"]')
    )

    said = grown(mine)

    assert "The themes in digest.toml stay, because they were edited or stories have them" in said
    assert config.load(mine).feeds[0].themes == ("ferries",)


def test_unedited_stories_are_removed_although_their_theme_was_renamed(mine: Path) -> None:
    settings = mine / "digest.toml"
    settings.write_text(settings.read_text().replace('id = "ferries"', 'id = "boats"'))
    path = mine / LAMP
    path.write_bytes(path.read_bytes() + b"\xff")
    with FeedHost(Answers(feed_xml=RSS)) as host:
        made = digest("init", "--feed", host.url("/feed.xml"), cwd=mine)

    assert "Removed the sample: its feed, and 11 stories without edits" in made.stdout
    assert made.stderr == f"{LAMP}: stays, because it cannot be read; digest check\n"
    assert stories(mine) == [LAMP]


def test_the_sample_stays_if_a_url_has_no_feed(mine: Path) -> None:
    before = {path: path.read_bytes() for path in mine.rglob("*.md")}
    with FeedHost({}) as host:
        made = digest("init", "--feed", host.url("/gone"), cwd=mine)

    assert made.returncode == 1
    assert {path: path.read_bytes() for path in mine.rglob("*.md")} == before


def test_themes_of_an_unreadable_story_stay(mine: Path) -> None:
    text = (mine / LAMP).read_text()
    (mine / LAMP).write_text(text.replace("title:", "titel:"))
    with FeedHost(Answers(feed_xml=RSS)) as host:
        made = digest("init", "--feed", host.url("/feed.xml"), cwd=mine)
    (mine / LAMP).write_text(text)

    assert (made.returncode, digest("build", cwd=mine).stderr) == (0, "")


def test_a_digest_with_other_feeds_is_left_alone(mine: Path) -> None:
    with FeedHost(Answers(feed_xml=RSS, lights_atom=ATOM)) as host:
        digest("feeds", "add", host.url("/feed.xml"), cwd=mine)
        made = digest("init", "--feed", host.url("/lights.atom"), cwd=mine)

    assert made.returncode == 1
    assert (
        "this folder already has a digest; choose another folder, or add a feed to it: digest feeds add URL"
        in made.stderr
    )
    assert len(stories(mine)) == 12
