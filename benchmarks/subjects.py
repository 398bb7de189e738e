"""The programs that are measured, each with the same stories in its own folder.

Their functions put a folder into the state in which a run starts.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import corpus
from benchmarks.peers import journal
from benchmarks.peers.convert import PLACES, WRITERS
from benchmarks.peers.programs import Program


def _without(*libraries: str) -> tuple[str, ...]:
    """Returns the command `digest` as it is where these libraries are not installed."""
    hidden = "; ".join(f"sys.modules['{library}'] = None" for library in libraries)
    return (sys.executable, "-c", f"import sys; {hidden}; from digest.__main__ import main; main()")


WITH_SEARCH, WITH_CARDS = _without("resvg_py"), _without("pagefind")
DIGEST = _without("pagefind", "resvg_py")
"""Digest without its extras: peers make neither an index nor social cards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One generator with its copy of the content: the command that builds it, the site, and what is a cold start.

    `content` is the folder of the story files in it.
    """

    name: str
    argv: tuple[str, ...]
    folder: Path
    site: Path
    caches: tuple[str, ...]
    content: str = "content"

    def forget(self) -> None:
        """Moves the site and every cache away, so that the next build is a cold one.

        They are removed after all measurements: ext4 is slow for a minute after many files were
        removed, and a real first build removes nothing.
        """
        aside = self.folder.parent / "aside"
        aside.mkdir(exist_ok=True)
        for name in (self.site.name, *self.caches):
            path = self.folder / name
            if path.exists():
                path.rename(aside / f"{self.name}-{name}-{uuid.uuid4().hex}")

    def edit(self, story: str, words: str) -> None:
        """Adds words to the editor's note of a story, given by its file in the digest."""
        path = self.folder / story.replace("content", self.content, 1)
        path.write_text(
            f"{path.read_text(encoding='utf-8').rstrip()}\n\n{words}\n", encoding="utf-8"
        )


def prepare(folder: Path, stories: int, programs: Sequence[Program]) -> tuple[Subject, ...]:
    """Generates a digest and each peer's project, each in its own folder; ours is first."""
    ours = Subject(
        name="digest",
        argv=(*DIGEST, "--quiet", "build"),
        folder=folder / "digest",
        site=folder / "digest/site",
        caches=(".digest",),
    )
    corpus.write(ours.folder, stories)
    read = journal.read(ours.folder)
    found = [ours]
    for program in programs:
        place = folder / program.name
        WRITERS[program.name](read, place)
        found.append(
            Subject(
                name=program.name,
                argv=program.argv,
                folder=place,
                site=place / "public",
                caches=("cache", "resources", "__pycache__", ".hugo_build.lock"),
                content=PLACES.get(program.name, "content"),
            )
        )
    return tuple(found)


def edited(root: Path) -> tuple[str, str]:
    """Returns the stories to edit: one in the newest week, one in the middle of the archive."""
    weeks = sorted((root / "content").glob("[0-9]*/w[0-9][0-9]"))
    chosen = (weeks[-1], weeks[len(weeks) // 2])
    newest, middle = (sorted(week.glob("2*.md"))[0].relative_to(root).as_posix() for week in chosen)
    return newest, middle
