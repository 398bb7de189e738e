"""`digest init --feed` in a digest that has only the sample: its own feeds take the sample's place.

    digest with the sample ──▶ unedited stories are deleted ──▶ its feed, ledger and themes are removed ──▶ digest.toml

What the editor wrote stays: stories that were edited or moved, letters, themes of one's own,
comments in digest.toml. digest.toml is written last, so that a run that was killed can be run
again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from digest import config, config_edit, disk, urls
from digest.commands import site_address
from digest.commands.find_feeds import FoundFeeds
from digest.commands.starter_files import SAMPLE, STARTER
from digest.commands.themes import with_removed_themes
from digest.content import paths, store, story_file
from digest.content.ledger import Record, hashes_of
from digest.content.load import ContentReport
from digest.errors import DigestError
from digest.model import CONFIG_FILE, Config, Content, Feed, Story

_TIMEZONE, _LANGUAGE = "UTC", "en"
"""What a digest with the sample says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleReport:
    """The feeds that took the sample's place, the stories that were removed, and those that were
    edited and so stay; `unread` files cannot be read.

    `themes` is True if the sample's themes are still in digest.toml. `address` is the site's, if it
    was still an example's and `origin` gives another.
    """

    feeds: tuple[Feed, ...]
    left_out: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    themes: bool
    address: str = ""
    unread: tuple[str, ...] = ()


def is_all(root: Path) -> bool:
    """True if the folder is a digest whose only feed is the sample."""
    with contextlib.suppress(DigestError):
        return (root / CONFIG_FILE).exists() and [feed.url for feed in config.load(root).feeds] == [
            SAMPLE
        ]
    return False


def replace_with(root: Path, found: FoundFeeds, *, timezone: str) -> SampleReport:
    """Puts the feeds in the place of the sample; `timezone` is that of this machine, "" if it has
    none."""
    before = (disk.read_inside(root, CONFIG_FILE) or b"").decode()
    old = config.load(root)
    (sample,) = old.feeds
    with store.writing(root):
        survey, _ = with_removed_themes(root, old)
        of_sample = [story for story in survey.content.stories if sample.id in story.feeds]
        texts = {story.file: store.read_exactly(root, story.file) for story in of_sample}
        unedited = [
            story for story in of_sample if _is_unedited(story, texts[story.file], survey, old)
        ]
        removed = {story.file for story in unedited}
        others = [story for story in survey.content.stories if story.file not in removed]
        in_use = {theme for story in others for theme in story.themes}
        in_use |= {page.name for page in survey.content.introductions} | {*sample.themes}
        if survey.unread:  # may have any theme
            in_use |= {theme.id for theme in old.themes}
        site = {} if others else _with_defaults_replaced(old, found, timezone)
        is_example = urls.is_placeholder(old.site.url)
        address = site_address.of_origin(root) if is_example else ""
        if address:
            site["url"] = address
        after = config_edit.with_sample_replaced(
            before,
            (STARTER / CONFIG_FILE).read_text(encoding="utf-8"),
            found.feeds,
            found.folders,
            themes_in_use=in_use,
            site=site,
        )
        new = config.loads(after.removeprefix("\ufeff"))
        for file in sorted(removed):
            if disk.read_inside(root, file) == texts[file].encode():
                disk.remove(root, file)
        if not (
            len(unedited) < len(of_sample) or survey.unread or _mentions(survey.content, unedited)
        ):
            disk.remove(root, paths.ledger(sample.id))
        if disk.read_inside(root, SAMPLE) == (STARTER / SAMPLE).read_bytes():
            disk.remove(root, SAMPLE)
        weeks = {Path(file).parent for file in removed}
        for folder in (
            *sorted(weeks),
            *sorted({week.parent for week in weeks}),
            Path(SAMPLE).parent,
        ):
            with contextlib.suppress(OSError):  # it is not empty
                (root / folder).rmdir()
        config_edit.write(root, before, after)
    return SampleReport(
        feeds=found.feeds,
        left_out=found.left_out,
        removed=tuple(sorted(removed)),
        kept=tuple(story.file for story in of_sample if story.file not in removed),
        themes=bool(new.themes),
        address=address,
        unread=survey.unread,
    )


def _with_defaults_replaced(old: Config, found: FoundFeeds, timezone: str) -> dict[str, str]:
    """Returns the time zone and the language, for those that still are as in the sample."""
    site = {"timezone": timezone} if timezone and old.site.timezone == _TIMEZONE else {}
    return site | ({"language": found.language} if old.site.language == _LANGUAGE else {})


def _is_unedited(story: Story, text: str, survey: ContentReport, settings: Config) -> bool:
    """True if a story's file is as pull or `themes --apply` wrote it, in its place, but for the
    order of its lines."""
    records = [record for feed, record in survey.history.of(story) if feed == settings.feeds[0].id]
    written = replace(
        story,
        headline="",
        source="",
        lead=False,
        hide=False,
        draft=settings.draft,
        corrections=(),
        earlier=True,
        note="",
    )
    return (
        story.feeds == (settings.feeds[0].id,)
        and any(_wrote(record, story) for record in records)
        and sorted(filter(None, text.split("\n")))
        == sorted(filter(None, story_file.dumps(written).split("\n")))
    )


def _wrote(record: Record, story: Story) -> bool:
    hashes = hashes_of(story)
    return record.file == story.file and all(
        record.wrote.get(name) == mark for name, mark in hashes.items()
    )


def _mentions(content: Content, stories: Sequence[Story]) -> bool:
    """True if a letter, a page or a note names the file of one of these stories: its link needs the
    ledger."""
    texts = [letter.body for letter in content.letters]
    texts += [page.body for page in (*content.pages, *content.introductions)]
    texts += [story.note for story in content.stories]
    return any(Path(story.file).stem in text for story in stories for text in texts)
