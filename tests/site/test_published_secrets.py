"""Secrets in URLs that an editor wrote are not published, and stay in the editor's files."""

from __future__ import annotations

import gzip
import json
import uuid
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from test_cli import digest

from digest import redact

PASSWORD, TOKEN = "hunter22", "s3cr3tt0ken"
URL = f"https://ada:{PASSWORD}@news.example"
STORY = f"""---
title: Read {URL}/title?token={TOKEN}
link: {URL}/a?x=1&access_token={TOKEN}
image: {URL}/p.png?sig={TOKEN}
source: {URL}/
corrections:
- "2026-05-16: it was at {URL}/c?key={TOKEN}"
ahead:
- "2026-06: it is at {URL}/w?key={TOKEN}"
saved: {URL}/s?token={TOKEN}
---

> Asked at https://news.example/q?auth={TOKEN}.

See [this]({URL}/b?token={TOKEN}), <{URL}/c>, https://news.example/d?password={TOKEN}, [that][1],
`{URL}/code`, [odd](//news.example/e?token={TOKEN}), [odder](https://news.example/f?toke&#110;={TOKEN})
and <a href="{URL}/g?y=2&amp;token={TOKEN}">HTML</a>, [brackets](https://news.example/h?a[token]={TOKEN}).

[1]: {URL}/h?token={TOKEN} "at {URL}/i"
"""
TEXT = f"---\ntitle: At {URL}/t\n---\n\nSee [this]({URL}/l?token={TOKEN}&x=1).\n"
CONFIG = f"""[site]
title = "T"
url = "https://ada.github.io/x/"
description = "From {URL}/?token={TOKEN}"
editor = "Ada, {URL}/ada"
[[feeds]]
id = "quay"
url = "feeds/quay.xml"
title = "Quay"
publisher = "Quay of {URL}/"
[[themes]]
id = "ships"
title = "Ships, {URL}/ships"
match = ["ship"]
"""


def new(root: Path) -> Path:
    content = root / "content"
    files = {
        "2026/w20/2026-05-15-a.md": STORY,
        "2026/w20/letter.md": TEXT.replace(
            "\n---", f"\nahead: 2026-07: {URL}/v?key={TOKEN}\n---", 1
        ),
        "2026/w21/2026-05-20-b.md": "---\ntitle: B\nlink: https://news.example/b\nthemes: [ships]\n---\n",
        "pages/about.md": TEXT,
        "themes/ships.md": TEXT.partition("---\n\n")[2],
    }
    for name, text in files.items():
        (content / name).parent.mkdir(parents=True, exist_ok=True)
        (content / name).write_text(text)
    (root / "digest.toml").write_text(CONFIG)
    return root


def published(site: Path) -> str:
    """All words of a site; the search's index has compressed files."""
    found = []
    for path in sorted(site.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            found.append(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content)
    return b"\n".join(found).decode(errors="replace")


def test_a_secret_in_a_url_is_published_nowhere_and_stays_in_the_file(tmp_path: Path) -> None:
    root = new(tmp_path)

    built, again, exported = (
        digest(*words, cwd=root) for words in (("build",), ("build",), ("export", "--json"))
    )

    site = published(root / "site")
    everything = site + exported.stdout + built.stdout + built.stderr
    assert built.returncode == 0, built.stderr
    assert PASSWORD not in everything and TOKEN not in everything and "ada:" not in everything
    assert (
        'href="https://news.example/a?x=1"' in site and 'href="https://news.example/l?x=1"' in site
    )
    assert (root / "content/2026/w20/2026-05-15-a.md").read_text() == STORY
    notice = (
        "content/2026/w20/2026-05-15-a.md, content/2026/w20/letter.md, content/themes/ships.md and 1 more: a URL has "
        "what looks like a password or token in it, and is published without it; 'digest check' names the lines\n"
    )
    assert (built.stderr, again.stderr) == (notice, notice)


def test_an_edit_of_a_story_with_a_secret_equals_a_clean_build(tmp_path: Path) -> None:
    root = new(tmp_path)
    story = root / "content/2026/w20/2026-05-15-a.md"
    digest("build", cwd=root)
    story.write_text(STORY.replace("See [this]", f"Now at {URL}/n?token={TOKEN}: [this]"))

    digest("build", cwd=root)

    assert TOKEN not in published(root / "site")
    digest("build", "--output", str(tmp_path / "clean"), cwd=root)
    assert published(root / "site") == published(tmp_path / "clean")


def test_check_names_each_line_with_a_secret_and_what_is_published(tmp_path: Path) -> None:
    root = new(tmp_path)

    found = json.loads(digest("check", "--format", "json", cwd=root).stdout)

    secrets = [one for one in found if "which anyone who reads this file can use" in one["what"]]
    lines = {(Path(one["file"]).name, one["line"]) for one in secrets}
    assert lines == {
        *(("digest.toml", line) for line in (4, 5, 10, 13)),
        *(("2026-05-15-a.md", line) for line in (2, 3, 4, 5, 7, 9, 10, 13, 15, 16, 17, 19)),
        *((name, 2) for name in ("letter.md", "about.md")),
        *(("letter.md", 3), ("letter.md", 6), ("about.md", 5)),
        ("ships.md", 1),
    }
    assert {one["cure"].partition(";")[0] for one in secrets} == {"the site leaves it out"}


def test_the_atom_id_of_a_handwritten_story_is_that_of_its_link_as_written(
    tmp_path: Path,
) -> None:
    root = new(tmp_path)

    records = [
        json.loads(line) for line in digest("export", "--json", cwd=root).stdout.splitlines()
    ]

    name = f"https://news.example/a?x=1&access_token={TOKEN}"
    (story,) = (one for one in records if one.get("file") == "content/2026/w20/2026-05-15-a.md")
    assert story["atom_id"] == f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
    assert story["atom_id"] in published_feed(root)


def published_feed(root: Path) -> str:
    digest("build", cwd=root)
    return (root / "site/feed.atom").read_text()


def test_public_parameters_of_a_feeds_links_are_published_unchanged(tmp_path: Path) -> None:
    """Some publishers sign the URLs of pictures, and some number their articles by a parameter called `sid`."""
    root = new(tmp_path)
    link, image = (
        "https://news.example/article?sid=26/05/18",
        "https://news.example/p.jpg?auth=0f3e",
    )
    (root / "feeds").mkdir()
    (root / "feeds/quay.xml").write_text(
        f'<rss version="2.0"><channel><title>Quay</title><item><title>Ship</title><link>{link}</link>'
        f'<guid isPermaLink="false">g1</guid><pubDate>Mon, 18 May 2026 10:00:00 GMT</pubDate>'
        f'<enclosure url="{image}" type="image/jpeg" length="1"/></item></channel></rss>'
    )
    digest("pull", cwd=root)
    (story,) = (path for path in (root / "content/2026/w21").iterdir() if "ship" in path.name)

    digest("build", cwd=root)

    site = published(root / "site")
    assert f'href="{link}"' in site and f'href="{image}"' in site
    story.write_text(
        story.read_text()
        .replace(link, f"{link}&pass=pa55word1234")
        .replace(image, f"{image}&pass=pa55word1234")
    )
    digest("build", cwd=root)
    site = published(root / "site")
    assert "pa55word1234" not in site and 'href="https://news.example/article"' in site


def test_check_reports_a_key_in_the_path_of_a_feeds_url(tmp_path: Path) -> None:
    root = new(tmp_path)
    urls = {
        "https://news.example/feeds/private/3f9a0c2b77de41558a9b6c0d1e2f3a4b": True,
        "https://news.example/private/Zk3vQ9xT7LmB2nRw5YpC8d/rss.xml": True,
        "https://news.example/feeds/semiconductors-and-geopolitics-2026": False,
        "https://news.example/rss/519738/feed": False,
        "https://news.example/feeds/Semiconductor-Industry-News-24": False,
        "https://news.example/2026-05-15-Chips-And-Geopolitics/rss": False,
    }
    tables = [f'[[feeds]]\nid = "f{n}"\nurl = "{url}"\n' for n, url in enumerate(urls)]
    (root / "digest.toml").write_text(CONFIG + "".join(tables))

    found = json.loads(digest("check", "--format", "json", cwd=root).stdout)

    hints = [one["what"] for one in found if "what looks like a key" in one["what"]]
    named = [
        f"the address of feed 'f{n}' contains what looks like a key, and it is published"
        for n in (0, 1)
    ]
    assert hints == named


@given(
    st.text(),
    st.sampled_from(["", " ", "(", "[a](", "<", '"', "'", "\n"]),
    st.sampled_from(["", " ", ")", ">", "."]),
)
def test_text_around_a_url_stays(words: str, before: str, after: str) -> None:
    found = redact.strip_text(
        f"{words} {before}https://ada:{PASSWORD}@news.example/a?x=1&token={TOKEN}{after} b"
    )

    assert PASSWORD not in found and TOKEN not in found
    if "//" not in words:
        assert found == f"{words} {before}https://news.example/a?x=1{after} b"


def test_check_counts_lines_as_editors_do(tmp_path: Path) -> None:
    root = new(tmp_path)
    (root / "content/pages/about.md").write_text(
        f"---\ntitle: A\n---\n\nOne\u2028two\x0bthree\n{URL}/x\n"
    )

    found = json.loads(digest("check", "--format", "json", cwd=root).stdout)

    assert [
        one["line"]
        for one in found
        if one["file"].endswith("about.md") and "which anyone" in one["what"]
    ] == [6]
