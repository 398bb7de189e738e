"""Reads what a pull needs to know of the digest before it decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from digest.content import paths
from digest.content.history import History
from digest.content.ledger import Ledgers
from digest.content.read import ContentReader
from digest.content.scan import content, scan
from digest.content.store import read_added, read_locations
from digest.intake.plan import Snapshot
from digest.model import Config, Story
from digest.week import Week, reached


def read_snapshot(
    root: Path,
    config: Config,
    ledgers: Ledgers,
    names: frozenset[str],
    altered: Mapping[str, str] = MappingProxyType({}),
) -> Snapshot:
    """Reads the names of all files, and the story files that contain one of `names`.

    Without names no entry is new or changed, and no file is read. `altered` stories are read as
    well, since their files no longer contain their names.
    """
    added = read_added(root)[0]
    history = History(ledgers, altered=altered, added=added)
    reading = ContentReader(config, ledgers, partial(content, root), history.excerpts())
    files = scan(root).files if names else []
    found: list[Story] = []
    texts: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for file in filter(paths.is_story, files):
        text = content(root, file).decode(errors="replace")
        if file in altered or any(name in text for name in names):
            story = reading.again(file, history) if file in altered else reading.story(file)
            if story:
                found.append(story)
            (texts if story else unreadable)[file] = text
    return Snapshot(
        ledgers=ledgers,
        files=frozenset(filter(paths.is_story, files)),
        located=read_locations(root)[0] if names else (),
        stories=tuple(found),
        altered=altered,
        added=added,
        texts=texts,
        unreadable=unreadable,
        problems=tuple(reading.problems),
        known=reading.known,
        closed=_closed(reading, files) if config.close == "letter" else None,
        letters=tuple(
            content(root, file).decode(errors="replace") for file in files if paths.is_letter(file)
        ),
    )


def _closed(reading: ContentReader, files: Iterable[str]) -> Week | None:
    """Returns the newest week whose letter is published, except weeks that are mistyped."""
    near = set(reached(filter(None, map(paths.week_of, files))))
    letters = [reading.letter(file) for file in files if paths.is_letter(file)]
    weeks = [letter.week for letter in letters if letter and not letter.draft]
    return max((week for week in weeks if week in near), default=None)
