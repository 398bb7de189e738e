"""A digest as a project of another generator: `python -m benchmarks.peers.convert PEER DIGEST DIR`.

    content/2026/w20/2026-05-15-slug.md ──▶ the same file with that generator's front matter, and templates beside it

Every story keeps its file's path and its body, so that one edit can be made alike in all of them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from benchmarks.digestfiles import put
from benchmarks.peers.journal import ELSEWHERE, Journal, label, read
from digest.model import Config, Story

TEMPLATES = Path(__file__).parent
PLACES = {
    "pelican": "content/stories"
}  # where a peer keeps what is in `content/`, if that is elsewhere


def hugo(journal: Journal, folder: Path) -> None:
    """Makes a Hugo project: weeks as sections, themes as a taxonomy."""
    _copy("hugo", folder, journal.config)
    for story in journal.stories:
        put(folder / story.file, _yaml(_matter(journal, story), story.note))
    for week, letter in journal.weeks.items():
        matter = {"title": label(week), "layout": "week", "week": week.folder}
        put(folder / f"content/{week.folder}/_index.md", _yaml(matter, letter))
    for year in {week.year for week in journal.weeks}:
        put(
            folder / f"content/{year}/_index.md",
            _yaml({"title": str(year), "build": {"render": "never"}}, ""),
        )
    for theme in journal.config.themes:
        put(
            folder / f"content/themes/{theme.id}/_index.md",
            _yaml({"title": theme.title}, journal.themes[theme.id]),
        )
    put(folder / "content/archive.md", _yaml({"title": "Archive", "layout": "archive"}, ""))
    put(folder / "content/about.md", _yaml({"title": "About"}, journal.about))


def eleventy(journal: Journal, folder: Path) -> None:
    """Makes an Eleventy project: stories without pages, which its collections page through."""
    _copy("eleventy", folder, journal.config)
    put(folder / "content/content.json", '{"permalink": false}\n')
    for story in journal.stories:
        put(folder / story.file, _yaml(_matter(journal, story), story.note))
    for week, letter in journal.weeks.items():
        if letter:
            put(folder / f"content/{week.folder}/letter.md", _yaml({"week": week.folder}, letter))
    for theme in journal.config.themes:
        matter = {"theme": theme.id, "title": theme.title}
        put(folder / f"content/themes/{theme.id}.md", _yaml(matter, journal.themes[theme.id]))
    put(folder / "content/about.md", _yaml({"title": "About", "name": "about"}, journal.about))


def pelican(journal: Journal, folder: Path) -> None:
    """Makes a Pelican project: weeks as categories, themes as tags; letters and introductions are hidden pages."""
    _copy("pelican", folder, journal.config)
    (folder / "pelicanconf.txt").rename(folder / "pelicanconf.py")
    for story in journal.stories:
        matter = _matter(journal, story)
        names = {
            "authors": "; ".join(story.authors),
            "tags": ", ".join(story.themes),
            "category": matter["week"],
        }
        slug = f"{story.week}-{story.slug}"
        put(folder / _of_pelican(story.file), _lines({**matter, **names, "slug": slug}, story.note))
    for week, letter in journal.weeks.items():
        if letter:
            put(
                folder / f"content/pages/{week}.md",
                _lines({"title": label(week), "status": "hidden", "week": week.folder}, letter),
            )
    for theme in journal.config.themes:
        matter = {"title": theme.title, "status": "hidden", "theme_id": theme.id}
        put(folder / f"content/pages/{theme.id}.md", _lines(matter, journal.themes[theme.id]))
    put(
        folder / "content/pages/about.md",
        _lines({"title": "About", "save_as": "about/index.html"}, journal.about),
    )


WRITERS: Mapping[str, Callable[[Journal, Path], None]] = {
    "hugo": hugo,
    "eleventy": eleventy,
    "pelican": pelican,
}


def _of_pelican(file: str) -> str:
    return file.replace("content", PLACES["pelican"], 1)


def _matter(journal: Journal, story: Story) -> dict[str, object]:
    return {
        "title": story.title,
        "date": story.published.isoformat(),
        "link": story.link,
        "id": story.id,
        "authors": list(story.authors),
        "source": journal.source(story),
        "themes": list(story.themes),
        "main": next(iter(story.themes), ELSEWHERE),
        "week": story.week.folder,
        "anchor": story.slug,
    }


def _yaml(matter: Mapping[str, object], body: str) -> str:
    """Returns a text with its front matter, each value as JSON, which is YAML as well."""
    lines = "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in matter.items()
    )
    return f"---\n{lines}---\n\n{body}\n"


def _lines(matter: Mapping[str, object], body: str) -> str:
    """Returns a text with what it says of itself above it, a line each and as it stands."""
    return (
        "".join(f"{key}: {value}\n" for key, value in matter.items() if isinstance(value, str))
        + f"\n{body}\n"
    )


def _copy(peer: str, folder: Path, config: Config) -> None:
    """Copies a peer's templates, with the digest's own words in their places."""
    titles = json.dumps({theme.id: theme.title for theme in config.themes})
    site = config.site
    words = {
        "@TITLE@": site.title,
        "@URL@": site.url,
        "@TIMEZONE@": site.timezone,
        "@THEMES@": titles,
    }
    shutil.copytree(TEMPLATES / peer, folder, dirs_exist_ok=True)
    for path in filter(Path.is_file, folder.rglob("*")):
        text = path.read_text(encoding="utf-8")
        for place, value in words.items():
            text = text.replace(place, value)
        path.write_text(text, encoding="utf-8")


@click.command()
@click.argument("peer", type=click.Choice(sorted(WRITERS)))
@click.argument("digest", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def main(peer: str, digest: Path, folder: Path) -> None:
    """Makes FOLDER a project of PEER with everything in DIGEST."""
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty; name a new folder")
    WRITERS[peer](read(digest), folder)
    click.echo(f"{peer}: {folder}")


if __name__ == "__main__":
    main()
