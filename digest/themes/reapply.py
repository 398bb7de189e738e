"""Running the rules again over stories that stand already: what they say of each today, and whose its themes are.

    headline as the feed gave it, summary or excerpt as stored ──rules──▶ earned ─┐
    the ledger: what the whole summary earned when it was pulled ─────────────────┴──▶ Verdict ──▶ edits, ledger lines

A story's themes are the editor's unless they are, to the letter, what the ledger says that we wrote. A theme that the
summary earned is kept where that summary is not stored whole: rules that cannot see it cannot judge it.
Refuses to touch what is the editor's, and to write: edits and records come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from digest.content import excerpt, ledger, pending
from digest.content.edit import Edit, edited
from digest.content.ledger import Record, hashes_of
from digest.content.story_file import Known
from digest.model import Story, Theme
from digest.names import current_ids
from digest.themes.rules import is_of_summary, of_excerpt, place_of, themes_of

Kin = Sequence[tuple[str, Record]]
"""A story's records in the ledgers, each with its feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rules of today say of one story.

    `themes` are those that it should have, the main one first, each with its evidence. Of these `earned` has what the
    rules find today, `incoming` what the ledger remembers, ids brought up to date. `own` tells that its themes are the
    editor's. `records` are all of the story, `sources` those that stand for its themes, `mark` the hash of them that
    was written last. `whole` tells that all of what the feed said is stored, as far as we know.
    """

    story: Story
    own: bool
    themes: Mapping[str, str]
    earned: Mapping[str, str]
    incoming: Mapping[str, str]
    sources: Kin = ()
    records: Kin = ()
    mark: str = ""
    whole: bool = True

    @property
    def differs(self) -> bool:
        """Whether the rules say something else than the story."""
        return tuple(self.themes) != self.story.themes

    @property
    def due(self) -> bool:
        """Whether there is something to write: themes, or the line of the ledger that a killed run still owes."""
        return not self.own and (self.differs or self.mark != mark_of(tuple(self.themes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Retheming:
    """What running the rules again is to write, and the files that cannot be changed in place."""

    verdicts: tuple[Verdict, ...] = ()
    edits: Mapping[str, Edit] = field(default_factory=dict)
    stuck: tuple[str, ...] = ()


def judge(
    story: Story,
    kin: Kin,
    themes: Sequence[Theme],
    begun: str | None = None,
    summaries: Sequence[str] = (),
) -> Verdict:
    """Returns what the rules of today say of a story.

    `begun` is the mark of its themes before a killed run that left the file just as it stands, None without such a run.
    `summaries` are those that are stored; the one that the newest record was made from is searched whole.
    """
    names = current_ids(themes)
    sources = _sources(kin)
    newest = max((record for _, record in sources), key=lambda record: record.at, default=None)
    incoming = {
        names[theme]: evidence
        for _, record in sorted(sources, key=lambda one: one[1].at)
        for theme, evidence in record.themes.items()
        if theme in names
    }
    title, words, whole = words_of(story, kin, summaries)
    earned = themes_of(title, words, themes)
    if not whole:
        earned = {theme: of_excerpt(evidence) for theme, evidence in earned.items()}
    here = {names.get(theme, theme) for theme in story.themes}
    unseen = {
        theme: said
        for theme, said in incoming.items()
        if theme in here and is_of_summary(said) and not whole
    }
    return Verdict(
        story=story,
        own=newest is None or _is_edited(story, newest, begun),
        themes=_ranked(unseen, earned, themes),
        earned=earned,
        incoming=incoming,
        sources=sources,
        records=kin,
        mark=newest.wrote.get("themes", "") if newest else "",
        whole=whole,
    )


def words_of(story: Story, kin: Kin, summaries: Sequence[str] = ()) -> tuple[str, str, bool]:
    """Returns what the rules search of a story: the headline as its feed gives it, the summary, whether it is whole.

    Where the summary is not among those that are stored, the excerpt in the file stands for it.
    """
    newest = max(
        (record for _, record in _sources(kin)), key=lambda record: record.at, default=None
    )
    said = newest.said.get("excerpt") if newest else None
    stored = next(
        (summary for summary in summaries if said and ledger.hash_of_value(summary) == said), ""
    )
    if newest and stored:
        return newest.title, stored, True
    # An excerpt that an editor changed is part of the note now, but its words are still what the rules are for.
    opens = any("excerpt" in record.wrote for _, record in kin) and not story.excerpt
    words = excerpt.opening(story.note)[0] if opens else story.excerpt
    whole = newest is None or hashes_of(story).get("excerpt") == said
    return (newest.title if newest else story.title), excerpt.unescape(words), whole


def mark_of(themes: tuple[str, ...]) -> str:
    """Returns the mark of a list of themes: its hash as the ledger has it, empty where there are none."""
    return ledger.hashes({"themes": themes}).get("themes", "")


def retheme(verdicts: Iterable[Verdict], texts: Mapping[str, str], known: Known) -> Retheming:
    """Returns what is to be written so that the stories which nobody edited have the themes of their verdicts.

    `texts` has the text of each file that is due.
    """
    due = {verdict.story.file: verdict for verdict in verdicts if verdict.due}
    edits = {file: _edit(verdict, texts.get(file, ""), known) for file, verdict in due.items()}
    return Retheming(
        verdicts=tuple(due[file] for file, edit in edits.items() if edit),
        edits={file: edit for file, edit in edits.items() if edit},
        stuck=tuple(file for file, edit in edits.items() if not edit),
    )


def without(
    theme: str, verdicts: Iterable[Verdict], texts: Mapping[str, str], known: Known
) -> Retheming:
    """Returns what is to be written so that no story has a theme any more; `texts` has the text of each that has it."""
    dropped = {
        verdict.story.file: replace(
            verdict,
            themes={
                one: verdict.incoming.get(one, "") for one in verdict.story.themes if one != theme
            },
        )
        for verdict in verdicts
        if theme in verdict.story.themes
    }
    edits = {file: _edit(verdict, texts.get(file, ""), known) for file, verdict in dropped.items()}
    return Retheming(
        verdicts=tuple(dropped[file] for file, edit in edits.items() if edit),
        edits={file: edit for file, edit in edits.items() if edit},
        stuck=tuple(file for file, edit in edits.items() if not edit),
    )


def lines(
    verdicts: Iterable[Verdict], edits: Mapping[str, Edit], now: datetime
) -> dict[str, tuple[Record, ...]]:
    """Returns the lines of each feed's ledger by which the themes of the verdicts count as written by us.

    What is pending in a file stays so: these edits are not its editor's.
    """
    found: dict[str, list[Record]] = {}
    for verdict in verdicts:
        mark = ledger.hashes({"themes": tuple(verdict.themes)})
        new = []
        for feed, record in verdict.sources:
            wrote = {name: value for name, value in record.wrote.items() if name != "themes"} | mark
            line = record._replace(
                at=ledger.later(ledger.moment(now), record.at), wrote=wrote, themes=verdict.themes
            )
            new.append((feed, line))
        for feed, line in pending.carried_over(
            new, verdict.records, edits[verdict.story.file], now
        ):
            found.setdefault(feed, []).append(line)
    return {feed: tuple(records) for feed, records in found.items()}


def _edit(verdict: Verdict, before: str, known: Known) -> Edit | None:
    """Returns the edit that gives a story its themes, None where its text is another by now or cannot be edited."""
    story = verdict.story
    after = (
        edited(before, story, {"themes": tuple(verdict.themes)}, known)
        if verdict.differs
        else before
    )
    return None if after is None else Edit(story.file, before, after)


def _sources(kin: Kin) -> Kin:
    """Returns the records that stand for a story's themes: those that wrote them, or that wrote the file without any.

    A feed that came second wrote nothing but its own name into the file, and does not count.
    """
    writers = [(feed, record) for feed, record in kin if record.wrote.keys() - {"feeds"}]
    return [(feed, record) for feed, record in writers if "themes" in record.wrote] or writers


def _is_edited(story: Story, newest: Record, begun: str | None) -> bool:
    """Tells whether the themes in the file are another's than those that we wrote last.

    Where we wrote none though some were earned, the file was adopted, and had what its editor gave it.
    """
    mark, stands = newest.wrote.get("themes", ""), mark_of(story.themes)
    if begun == mark:
        return False
    return stands != mark or (not mark and bool(newest.themes))


def _ranked(
    unseen: Mapping[str, str], earned: Mapping[str, str], themes: Sequence[Theme]
) -> dict[str, str]:
    """Returns all themes with their evidence, ordered as the rules order them: by place, then as in digest.toml.

    What the whole summary earned stays the evidence, since the next run cannot find it again.
    """
    found = {
        theme.id: [
            evidence for evidence in (unseen.get(theme.id), earned.get(theme.id)) if evidence
        ]
        for theme in themes
    }
    order = sorted(
        (theme for theme in found if found[theme]),
        key=lambda theme: min(map(place_of, found[theme])),
    )
    return {theme: found[theme][0] for theme in order}
