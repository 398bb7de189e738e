"""`digest init --feed` in a digest that has only the sample: its own feeds take the sample's place.

    digest with the sample ──▶ unedited stories are deleted ──▶ its feed, ledger and themes are removed ──▶ digest.toml

What the editor wrote stays: stories that were edited or moved, letters that are not as they were
drafted, their own themes, comments in digest.toml. digest.toml is written last, so that a run that was killed can be run
again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from digest import config_edit, disk, urls
from digest.commands.shared import config_file, site_address
from digest.commands.shared.find_feeds import FoundFeeds
from digest.commands.starter.starter_files import SAMPLE, STARTER
from digest.commands.themes import with_removed_themes
from digest.config import load as load_config
from digest.content import letter_draft, paths, store, story_file
from digest.content.edit import published_letter
from digest.content.ledger import hashes_of
from digest.content.load import Survey
from digest.errors import DigestError
from digest.model import CONFIG_FILE, Config, Content, Feed, Story
from digest.site.arrange import arrange

_TIMEZONE, _LANGUAGE = "UTC", "en"
"""What a digest with the sample says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleReport:
    """What was removed with the sample, and what stays.

    - `feeds`: those that took the sample's place
    - `left_out`: addresses of a list that cannot be pulled
    - `removed`, `letters`: the files of stories and drafted letters that were removed
    - `edited`: the files of the sample's stories that stay, since they were edited
    - `themes`: True if some themes of the sample are still in digest.toml
    - `address`: the site's new one, if it was still an example's and `origin` gives another
    - `unread`: files that cannot be read
    """

    feeds: tuple[Feed, ...]
    left_out: tuple[str, ...]
    removed: tuple[str, ...]
    edited: tuple[str, ...]
    themes: bool
    address: str = ""
    letters: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def has_only_sample_feed(root: Path) -> bool:
    """True if the folder is a digest whose only feed is the sample."""
    if not (root / CONFIG_FILE).exists():
        return False
    try:
        return [feed.url for feed in load_config(root).feeds] == [SAMPLE]
    except DigestError:
        return False


def replace_with(root: Path, found: FoundFeeds, *, timezone: str) -> SampleReport:
    """Puts the feeds in the place of the sample; `timezone` is that of this machine, "" if it has
    none."""
    before, old = config_file.read(root)
    (sample,) = old.feeds
    with store.locked_for_writing(root):
        survey, _ = with_removed_themes(root, old)
        removed, edited = dict[str, str](), list[str]()
        for story in survey.content.stories:
            if sample.id in story.feeds:
                text = store.read_exactly(root, story.file)
                if _is_unedited(story, text, survey, old):
                    removed[story.file] = text
                else:
                    edited.append(story.file)
        letters = _unedited_letters(root, survey.content, old, removed)
        left = [letter for letter in survey.content.letters if letter.file not in letters]
        content = survey.content._replace(letters=tuple(left))
        others = [story for story in survey.content.stories if story.file not in removed]
        in_use = {page.name for page in survey.content.introductions} | {*sample.themes}
        for story in others:
            in_use.update(story.themes)
        if survey.unread:  # may have any theme
            in_use |= {theme.id for theme in old.themes}
        settings = {}
        if not others and timezone and old.site.timezone == _TIMEZONE:
            settings["timezone"] = timezone
        if not others and old.site.language == _LANGUAGE:
            settings["language"] = found.language
        is_example = urls.is_placeholder(old.site.url)
        address = site_address.of_origin(root) if is_example else ""
        if address:
            settings["url"] = address
        after = config_edit.with_sample_replaced(
            before,
            (STARTER / CONFIG_FILE).read_text(encoding="utf-8"),
            found.feeds,
            found.folders,
            themes_in_use=in_use,
            site=settings,
        )
        new = config_file.parse(after)
        is_linked = content.mentions_any(Path(file).stem for file in removed)
        needs_ledger = edited or survey.unread or is_linked  # without it, the links are errors
        _remove_files(root, removed | letters, "" if needs_ledger else paths.ledger(sample.id))
        config_edit.write(root, before, after)
    return SampleReport(
        feeds=found.feeds,
        left_out=found.left_out,
        removed=tuple(sorted(removed)),
        letters=tuple(sorted(letters)),
        edited=tuple(edited),
        themes=bool(new.themes),
        address=address,
        unread=survey.unread,
    )


def _is_unedited(story: Story, text: str, survey: Survey, config: Config) -> bool:
    """True if a story's file is as pull or `themes --apply` wrote it, in its place, but for the
    order of its lines."""
    sample = config.feeds[0].id
    if story.feeds != (sample,):
        return False
    written = replace(
        story,
        headline="",
        source="",
        lead=False,
        hide=False,
        draft=config.draft,
        corrections=(),
        earlier=True,
        note="",
    )
    lines, expected = text.split("\n"), story_file.dumps(written).split("\n")
    if sorted(filter(None, lines)) != sorted(filter(None, expected)):
        return False
    written_hashes = hashes_of(story).items()
    for record in survey.history.of(story):
        is_here = record.feed == sample and record.file == story.file
        if is_here and written_hashes <= record.wrote.items():
            return True
    return False


def _unedited_letters(
    root: Path, content: Content, config: Config, removed: Container[str]
) -> dict[str, str]:
    """Returns the letters that are as `digest letter` drafts them, published or not, by file, of
    weeks whose stories are all removed."""
    editions = {edition.week: edition for edition in arrange(content, config).editions}
    found = {}
    for letter in content.letters:
        edition = editions[letter.week]
        stays = any(
            story.week == letter.week and story.file not in removed for story in content.stories
        )
        sections = [(section.theme, section.stories) for section in edition.sections]
        drafted = letter_draft.draft(letter.week, edition.lead, sections)
        texts = {drafted}
        if letter.published:
            published = published_letter(drafted, letter.file, letter.published)
            texts.update(filter(None, [published]))
        text = store.read_exactly(root, letter.file)
        if not stays and text in texts:
            found[letter.file] = text
    return found


def _remove_files(root: Path, stories: Mapping[str, str], ledger: str) -> None:
    """Removes stories that still have their text, the sample's feed, its ledger if given, and the
    folders that are empty then."""
    for file in sorted(stories):
        if disk.read_inside(root, file) == stories[file].encode():
            disk.remove(root, file)
    if ledger:
        disk.remove(root, ledger)
    if disk.read_inside(root, SAMPLE) == (STARTER / SAMPLE).read_bytes():
        disk.remove(root, SAMPLE)
    weeks = {Path(file).parent for file in stories}
    years = {week.parent for week in weeks}
    for folder in (*weeks, *years, Path(SAMPLE).parent):
        with contextlib.suppress(OSError):  # it is not empty
            (root / folder).rmdir()
