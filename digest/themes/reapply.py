"""Runs the theme rules again on stories that are in the digest, and decides which files to change.

    headline as the feed gave it, stored summary or excerpt ──rules──▶ earned ────┐
    the ledger: what the whole summary earned when it was pulled ────────────────┴──▶ RuleResult

    RuleResults ──▶ ThemeEdits, ledger lines

A story's themes are the editor's unless the ledger says that we wrote exactly these. If the whole
summary is not stored, a theme that it earned stays, since the rules cannot be checked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import NamedTuple

from digest.content import excerpt, ledger, pending, story_file
from digest.content.edit import Edit, try_changes
from digest.content.history import History
from digest.content.ledger import Record, hashes_of
from digest.content.pending import GitMerges
from digest.model import Config, Story, Theme
from digest.names import current_ids
from digest.themes.rules import is_of_summary, of_excerpt, phrase_of, themes_of, where_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What today's rules say of one story."""

    story: Story
    is_editors: bool
    """Its themes are the editor's."""
    themes: Mapping[str, str]
    """The themes that it should have, each with its evidence, the main one first."""
    earned: Mapping[str, str]
    """What the rules find today."""
    recorded: Mapping[str, str]
    """What the ledger has from earlier runs, with today's theme ids."""
    sources: Sequence[Record] = ()
    """The records that count for its themes."""
    records: Sequence[Record] = ()
    """All its records."""
    written: str = ""
    """The hash of the themes that were written last."""
    has_whole_summary: bool = True
    """The rules have searched everything that the feed says."""

    @property
    def differs(self) -> bool:
        """True if the rules give other themes than the story has."""
        return tuple(self.themes) != self.story.themes

    @property
    def due(self) -> bool:
        """True if there are themes to write, or a ledger line that a killed run did not write."""
        return not self.is_editors and (
            self.differs or self.written != hash_of_themes(tuple(self.themes))
        )


class SearchedText(NamedTuple):
    """What the rules search of a story: the feed's headline, and its summary.

    If the whole summary is not stored, it is the excerpt in the file, and `is_whole` is False.
    """

    headline: str
    summary: str
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeEdits:
    """What to write, and the files whose themes cannot be changed safely."""

    results: tuple[RuleResult, ...] = ()
    edits: Mapping[str, Edit] = field(default_factory=dict)
    not_editable: tuple[str, ...] = ()


def evaluate_rules(
    story: Story,
    records: Sequence[Record],
    summaries: Sequence[str],
    config: Config,
    hash_before_kill: str | None = None,
) -> RuleResult:
    """Returns what today's rules say of a story.

    `summaries` are the stored ones; if the newest record's is among them, the rules search all of
    it. `hash_before_kill` is the hash of the themes that the file had before a killed run changed
    it, None without such a run.
    """
    themes, names = config.themes, current_ids(config.themes)
    sources = _sources(records)
    newest = _newest(sources)
    recorded: dict[str, str] = {}
    for record in sorted(sources, key=lambda record: record.at):
        for theme, evidence in record.themes.items():
            if theme in names:
                recorded[names[theme]] = evidence
    headline, summary, is_whole = searched_text(story, records, summaries)
    brought_by = {record.feed for record in records}
    feeds = [feed for feed in config.feeds if feed.id in brought_by]
    earned = themes_of(headline, summary, themes, feeds)
    if not is_whole:
        earned = {theme: of_excerpt(evidence) for theme, evidence in earned.items()}
    in_file = {names.get(theme, theme) for theme in story.themes}
    unseen: dict[str, str] = {}
    for theme, evidence in recorded.items():
        if theme in in_file and is_of_summary(evidence) and not is_whole:
            unseen[theme] = evidence
    return RuleResult(
        story=story,
        is_editors=newest is None or _is_edited(story, newest, hash_before_kill),
        themes=_ranked(unseen, earned, themes),
        earned=earned,
        recorded=recorded,
        sources=sources,
        records=records,
        written=newest.wrote.get("themes", "") if newest else "",
        has_whole_summary=is_whole,
    )


def still_found(result: RuleResult, themes: Sequence[Theme]) -> dict[str, str]:
    """Returns themes that a phrase of today's rules found when the story was pulled: phrase by
    theme.

    Rules cannot find them again in a summary that is not stored; where it is, nothing is returned.
    """
    if result.has_whole_summary:
        return {}
    found = {theme: phrase_of(evidence) for theme, evidence in result.recorded.items()}
    return {theme.id: found[theme.id] for theme in themes if found.get(theme.id) in theme.match}


def stays_without_theme(story: Story, text: str, history: History) -> bool:
    """True if an editor has decided that a story without themes has none; `text` is its file's.

    In a file that `pull` or `add` wrote, the editor has removed its themes, or the line `themes: []`.
    In a file written by hand, the editor has written that line.
    """
    has_line = story_file.has_key(text, "themes")
    if is_by_hand(story, history):
        return has_line
    newest = _newest(_sources(history.of(story)))
    return not has_line or (newest is not None and _is_edited(story, newest, None))


def is_by_hand(story: Story, history: History) -> bool:
    """True if neither `pull` nor `add` wrote a story's file."""
    return not _sources(history.of(story)) and not history.from_pages(story)


def searched_text(
    story: Story, records: Sequence[Record], summaries: Sequence[str]
) -> SearchedText:
    """Returns what the rules search of a story."""
    newest = _newest(_sources(records))
    said = newest.said.get("excerpt") if newest else None
    for summary in summaries:
        if newest and said and summary and ledger.hash_of_value(summary) == said:
            return SearchedText(newest.title, summary, is_whole=True)
    # An excerpt that an editor changed is part of the note, but still has the publisher's words.
    opens = any("excerpt" in record.wrote for record in records) and not story.excerpt
    words = excerpt.first_quotation(story.note)[0] if opens else story.excerpt
    is_whole = newest is None or hashes_of(story).get("excerpt") == said
    headline = newest.title if newest else story.title
    return SearchedText(headline, excerpt.unescape(words), is_whole)


def hash_of_themes(themes: tuple[str, ...]) -> str:
    """Returns the hash of a list of themes as in the ledger, "" for no themes."""
    return ledger.hashes({"themes": themes}).get("themes", "")


def to_change(results: Iterable[RuleResult], gone: Collection[str]) -> list[RuleResult]:
    """Returns the results with themes to write: those that are due, where no editor has chosen.

    Where an editor has, their choice stays, without those of the `gone` themes that it has.
    """
    found = []
    for result in results:
        if result.due:
            found.append(result)
        elif result.is_editors and not set(gone).isdisjoint(result.story.themes):
            others = [theme for theme in result.story.themes if theme not in gone]
            themes = {theme: result.recorded.get(theme, "") for theme in others}
            found.append(replace(result, themes=themes))
    return found


def theme_edits(
    results: Iterable[RuleResult], texts: Mapping[str, str], zone: tzinfo
) -> ThemeEdits:
    """Returns what to write so that these stories have the themes of their results.

    `texts` has the text of each file, `zone` is the digest's.
    """
    changed, edits, not_editable = list[RuleResult](), dict[str, Edit](), list[str]()
    for result in results:
        file, themes = result.story.file, {"themes": tuple(result.themes)}
        before = texts.get(file, "")
        after: str | None = before
        if result.differs:
            after = try_changes(before, result.story, themes, zone)
        if after is None:
            not_editable.append(file)
        else:
            changed.append(result)
            edits[file] = Edit(file, before, after)
    return ThemeEdits(results=tuple(changed), edits=edits, not_editable=tuple(not_editable))


def lines(
    results: Iterable[RuleResult], edits: Mapping[str, Edit], merges: GitMerges, now: datetime
) -> list[Record]:
    """Returns the ledger lines that make the results' themes count as ours, unless an editor has
    chosen them.

    What is pending in a file stays pending, since the editor has not edited it.
    """
    found = list[Record]()
    for result in results:
        story = result.story
        written = ledger.hashes({"themes": tuple(result.themes)})
        new = []
        for record in () if result.is_editors else result.sources:
            others = {name: hash for name, hash in record.wrote.items() if name != "themes"}
            at = ledger.later(ledger.timestamp(now), record.at)
            new.append(record._replace(at=at, wrote=others | written, themes=result.themes))
        merged = merges.get(story.file, pending.NO_MERGE)
        edit = edits[story.file]
        found += pending.carried_over(new, result.records, story, edit, merged, now)
    return found


def _sources(records: Sequence[Record]) -> Sequence[Record]:
    """Returns the records that wrote a story's themes, else those that wrote the file.

    A feed that joined the story wrote only its own name, and does not count.
    """
    writers = [record for record in records if record.wrote.keys() - {"feeds"}]
    return [record for record in writers if "themes" in record.wrote] or writers


def _newest(records: Sequence[Record]) -> Record | None:
    return max(records, key=lambda record: record.at, default=None)


def _is_edited(story: Story, newest: Record, hash_before_kill: str | None) -> bool:
    """True if the themes in the file are not those that we wrote last.

    If we wrote none though some were earned, the file was adopted with the editor's themes.
    """
    written, in_file = newest.wrote.get("themes", ""), hash_of_themes(story.themes)
    if hash_before_kill == written:
        return False
    return in_file != written or (not written and bool(newest.themes))


def _ranked(
    unseen: Mapping[str, str], earned: Mapping[str, str], themes: Sequence[Theme]
) -> dict[str, str]:
    """Returns all themes with evidence, by place in the text, then as in digest.toml.

    What the whole summary earned stays the evidence, since the next run cannot find it again.
    """
    found: dict[str, list[str]] = {}
    for theme in themes:
        evidence = [by[theme.id] for by in (unseen, earned) if by.get(theme.id)]
        if evidence:
            found[theme.id] = evidence
    order = sorted(found, key=lambda id: min(map(where_of, found[id])))
    return {id: found[id][0] for id in order}
