"""`digest ping`: the hub is notified of changed feeds and of no others."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from sites import build_into, read_folder
from test_cli import digest
from websubhub import WebSubHub, serving

from digest import config
from digest.commands import ping
from digest.errors import DigestError, Faults

URL = "https://chip-digest.github.io/repo/"
SETTINGS = """\
[site]
title = "Test"
url = "https://chip-digest.github.io/repo/"
hub = "{hub}"

[[themes]]
id = "chips"
title = "Chips"
match = ["chip*"]

[[themes]]
id = "fabs"
title = "Fabs"
match = ["fab*"]
"""


@pytest.fixture
def hub() -> Iterator[WebSubHub]:
    with serving(URL) as heard:
        yield heard


@pytest.fixture
def root(tmp_path: Path, hub: WebSubHub) -> Path:
    """A built digest with stories of two themes in three weeks."""
    (tmp_path / "digest.toml").write_text(SETTINGS.format(hub=hub.address))
    for day, week, theme in (("01", 18, "fabs"), ("08", 19, "chips"), ("15", 20, "chips")):
        path = tmp_path / f"content/2026/w{week}/2026-05-{day}-story-{week}.md"
        path.parent.mkdir(parents=True)
        path.write_text(
            f"---\ntitle: Story {week}\nlink: https://n.example/{week}\nthemes: [{theme}]\n---\n"
        )
    build(tmp_path)
    return tmp_path


def build(root: Path) -> None:
    build_into(root / "site", root, config.load(root))


def feeds(root: Path) -> dict[str, bytes]:
    site = read_folder(root / "site")
    return {path: content for path, content in site.items() if path.endswith(".atom")}


def run_ping(root: Path, *words: str) -> tuple[int, list[str], str]:
    """The exit code of the command, what it says, and what it complains about."""
    done = digest("ping", *words, cwd=root)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_every_atom_feed_names_the_hub_and_itself(root: Path, hub: WebSubHub) -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    for path, content in feeds(root).items():
        links = ElementTree.fromstring(content).findall(f"{atom}link")
        assert [one.get("href") for one in links if one.get("rel") == "hub"] == [hub.address]
        assert [one.get("href") for one in links if one.get("rel") == "self"] == [URL + path]


def test_no_feed_names_a_hub_if_none_is_set(root: Path) -> None:
    toml = root / "digest.toml"
    toml.write_text(
        "\n".join(line for line in toml.read_text().splitlines() if not line.startswith("hub"))
    )
    build(root)

    assert not [path for path, content in feeds(root).items() if b'rel="hub"' in content]
    code, said, complaint = run_ping(root)
    assert (code, said) == (1, [])
    assert complaint.startswith(
        'digest.toml: names no hub; set hub = "https://…" in its table [site]'
    )


def test_the_hub_is_notified_of_changed_feeds_only(root: Path, hub: WebSubHub) -> None:
    before = feeds(root)
    code, said, complaint = run_ping(root)

    assert (code, complaint) == (0, "")
    assert sorted(hub.notified) == sorted(before)
    assert said == [
        f"Notified {hub.address} of {len(before)} feeds:",
        *(URL + path for path in hub.notified),
    ]
    assert all(
        one["hub.mode"] == ["publish"] and one["hub.topic"] == one["hub.url"] for one in hub.forms
    )

    hub.notified.clear()
    story = root / "content/2026/w19/2026-05-08-story-19.md"
    story.write_text(story.read_text() + "\nA note.\n")
    build(root)
    changed = {path for path, content in feeds(root).items() if content != before[path]}
    run_ping(root)

    assert {"feed.atom", "2026/w19/feed.atom", "themes/chips/feed.atom"} <= changed
    assert "themes/fabs/feed.atom" not in changed
    assert (len(hub.notified), set(hub.notified)) == (len(changed), changed)


def test_a_second_ping_of_an_unchanged_site_sends_nothing(root: Path, hub: WebSubHub) -> None:
    run_ping(root)
    hub.notified.clear()
    build_into(root / "elsewhere", root, config.load(root))

    for words in ((), ("--output", "elsewhere")):
        assert run_ping(root, *words) == (
            0,
            ["No feed has changed since the last notification"],
            "",
        )
    assert hub.notified == []


def test_a_dry_run_notifies_no_hub_and_records_nothing(root: Path, hub: WebSubHub) -> None:
    code, said, _ = run_ping(root, "--dry-run")

    assert (code, said[0]) == (0, f"Would notify {hub.address} of {len(feeds(root))} feeds:")
    assert hub.notified == []
    run_ping(root)
    assert len(hub.notified) == len(feeds(root))


def test_a_refused_notification_is_sent_again(root: Path, hub: WebSubHub) -> None:
    hub.answers = {"weeks.atom": 503}
    code, said, complaint = run_ping(root)

    assert code == 1
    assert complaint.splitlines() == [
        f"{hub.address}: could not be notified of {URL}weeks.atom: it answered 503 (no such topic)"
    ]
    assert len(said) == len(feeds(root))
    hub.answers, hub.notified = {}, []
    assert run_ping(root)[0] == 0
    assert hub.notified == ["weeks.atom"]


def test_a_redirect_is_not_followed(root: Path, hub: WebSubHub) -> None:
    hub.answers = {"weeks.atom": 302}

    assert "weeks.atom: it answered 302" in run_ping(root)[2]
    assert hub.notified.count("weeks.atom") == 1


def test_an_unreachable_hub_is_one_error_line(root: Path) -> None:
    toml = root / "digest.toml"
    toml.write_text(toml.read_text().replace("http://127.0.0.1:", "http://127.0.0.1:1/?"))

    code, said, complaint = run_ping(root)

    assert (code, said) == (1, [])
    (line,) = complaint.splitlines()
    assert line.startswith("http://127.0.0.1:1/")
    assert line.endswith(f"; {len(feeds(root)) - 1} more feeds were not tried")


def test_another_hub_is_notified_of_all_feeds(root: Path, hub: WebSubHub) -> None:
    run_ping(root)
    hub.notified.clear()
    toml = root / "digest.toml"
    toml.write_text(toml.read_text().replace(hub.address, f"{hub.address}hub/"))
    build(root)

    run_ping(root)

    assert sorted(hub.notified) == sorted(feeds(root))


def test_nothing_is_announced_for_a_folder_without_a_site_or_for_foreign_feeds(
    root: Path, hub: WebSubHub
) -> None:
    other = root / "other"
    other.mkdir()
    (other / "feed.atom").write_text("<feed/>")

    with pytest.raises(DigestError, match="has no feed of Digest; run 'digest build' first"):
        ping.run(root, config.load(root), output=other, dry=False)
    assert hub.notified == []


@pytest.mark.parametrize(
    ("hub", "fits"),
    [
        ("https://pubsubhubbub.appspot.com/", True),
        ("https://hub.example/?topic=x", True),
        ("http://localhost:8080/", True),
        ("http://hub.example/", False),
        ("https://me:secret@hub.example/", False),
        ("https://hub.example/?token=4711471147114711", False),
        ("hub.example", False),
        ("", False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_hub_is_an_https_address(tmp_path: Path, hub: str, fits: bool) -> None:
    (tmp_path / "digest.toml").write_text(SETTINGS.format(hub=hub))
    if fits:
        assert config.load(tmp_path).site.hub == hub
        return

    with pytest.raises(Faults, match=r"digest\.toml:4: site.hub: is not an https address"):
        config.load(tmp_path)
