"""An editor's acts on a story: a note, themes, `hide`… become line edits of its file, or a refusal.

    act, the file's bytes, what is known ──decide──▶ Edit ──store.make──▶ the file
                                                 └─▶ Refusal: why, and what the file says now

Every command and page that edits stories uses this, so that a file is as if typed by hand: comments,
order of keys, quoting, line breaks and every other byte stay. Pure: nothing is read or written.

    from digest.commands import curate              # decides, and writes under the digest's lock

    shown = curate.look(root, config, story)        # story: from load.load(…).stories
    shown.story.note, shown.seen                    # what the file says now, and the mark of its bytes
    act = Act(file=story.file, seen=shown.seen, changes={"note": "My words.", "lead": True})
    for result in curate.run(root, config, [act], content.stories):
        if isinstance(result, Refusal):             # nothing was written
            result.why                              # one line: what is wrong, how to fix it
            result.now                              # the story in the file now, None if unreadable
        else:
            undo = result.undone                    # an Edit; nothing was changed if before == after
    curate.make(root, [undo])                       # the files that have changed since, or []
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from digest.content import edit, excerpt, paths, read, story_file
from digest.content.edit import Edit
from digest.content.pending import ANOTHERS, KEPT, Pending, file_hash
from digest.content.story_file import Known, OneStory
from digest.errors import Faults, Problem
from digest.model import Story
from digest.week import Week

FIELDS = ("note", "headline", "themes", "lead", "hide", "draft", "also", "corrections", "source")
"""What an editor sets. The publisher's fields are only set to the publisher's own version."""
THEIRS = ("title", "link", "authors", "image", "excerpt")
_LONGEST = 300  # a ledger cuts longer wordings


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an editor wants of a story: new values by field, and the week to which it moves.

    `seen` is the mark of the file's bytes as the editor saw them; "" accepts the file as it is.
    """

    file: str
    seen: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    week: Week | None = None

    @property
    def leads(self) -> bool:
        """True if it makes its story lead the week."""
        return bool(self.changes.get("lead"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An act that was not carried out, why, and the story in the file now, None if unreadable.

    `changed` is True if the file is not as the editor saw it: both wordings are to be shown.
    """

    act: Act
    why: str
    now: Story | None = None
    seen: str = ""
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A story as its file has it now, the mark of its bytes, and its text."""

    story: Story
    seen: str
    text: str


def mark(data: bytes) -> str:
    """Returns the mark of a file's bytes: their hash, whatever the line breaks, which git may change."""
    return file_hash(data.decode(errors="surrogateescape"))


def shown(data: bytes | None, file: str, excerpt_was: str, known: Known) -> Shown:
    """Returns a story as its file has it now; raises Faults if the file cannot be read.

    `excerpt_was` is its excerpt as last read with the ledgers, which say whose a quotation is.
    """
    if data is None:
        raise Faults([Problem(file, 0, "this file is no longer there", "it was moved or deleted")])
    text = read.decoded(data, file)
    known = replace(known, excerpts=OneStory(frozenset(excerpt.hashes(excerpt_was))))
    return Shown(story_file.loads(text, file, known), mark(data), text)


def decide(
    act: Act, data: bytes | None, excerpt_was: str, known: Known, beside: Collection[str] = ()
) -> Edit | Refusal:
    """Returns the edit that carries out an act on the file's bytes, or why it is refused.

    `excerpt_was` is as in `shown`; `beside` has the names in the file's folder.
    """
    try:
        found = shown(data, act.file, excerpt_was, known)
    except Faults as faults:
        return Refusal(act=act, why=str(faults))
    now, text = found.story, found.text
    changes = {name: _cleaned(name, value) for name, value in act.changes.items()}
    changes = {name: value for name, value in changes.items() if value != getattr(now, name)}
    place = _place(now, act.week)

    def refusal(why: str, *, changed: bool = False) -> Refusal:
        return Refusal(act=act, why=why, now=now, seen=found.seen, changed=changed)

    if not changes and not place:
        return Edit(act.file, text, text)
    if act.seen and act.seen != found.seen:
        why = (
            f"{act.file}: this file has been changed since you saw it; choose between both versions"
        )
        return refusal(why, changed=True)
    if picture := _picture(text, beside) if place else "":
        return refusal(f"{act.file}: shows {picture} in its folder; move both files by hand")
    try:
        after = edit.changed(text, now, changes, known)
        if len(after.encode()) > read.MAX_BYTES:
            raise ValueError(f"the file would have more than {read.MAX_BYTES:,} bytes")
    except Faults as faults:
        return refusal("\n".join(f"{act.file}: {problem.words}" for problem in faults.problems))
    except ValueError as error:
        why = "the text has characters that UTF-8 cannot have"
        if not isinstance(error, UnicodeError):
            why = f"{error}; edit the file itself"
        return refusal(f"{act.file}: {why}")
    return Edit(act.file, text, after, place)


def other_leads(wanted: Iterable[Act], stories: Iterable[Story]) -> Iterator[Act]:
    """Yields acts that end the lead of all other stories in the weeks in which acts set one."""
    leading = {act.file: act.week or paths.week_of(act.file) for act in wanted if act.leads}
    weeks = set(leading.values())
    for story in stories:
        if story.week in weeks and story.file not in leading:
            yield Act(file=story.file, changes={"lead": False})


def publishers(story: Story, found: Pending, summary: str = "") -> dict[str, Any]:
    """Returns the fields in which the publisher's version differs and can be taken, with its values.

    `summary` is the publisher's excerpt in plain text, if known: the ledgers do not store it.
    """
    values: dict[str, Any] = {}
    for name, change in found.items():
        if name not in THEIRS or change.kind not in {KEPT, ANOTHERS}:
            continue
        words = change.words if len(change.words) < _LONGEST else ""
        if name == "excerpt":
            words = excerpt.escape(summary)
        if words:
            values[name] = tuple(words.split(", ")) if name == "authors" else words
    return {name: value for name, value in values.items() if value != getattr(story, name)}


def _cleaned(name: str, value: Any) -> Any:
    """Returns a value as a file can have it: a note with plain line breaks, no blank lines around."""
    if name != "note":
        return value
    lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines)


def _place(story: Story, week: Week | None) -> str:
    """Returns the file's place in another week, "" if it stays."""
    if week is None or week == story.week:
        return ""
    return f"content/{week.folder}/{story.file.rpartition('/')[2]}"


def _picture(text: str, beside: Iterable[str]) -> str:
    """Returns a picture in the same folder that a text names, "" if there is none."""
    pictures = [name for name in beside if paths.copied(f"content/2026/w01/{name}")]
    text = re.sub(r"https?://[^\s<>()\"']+", "", text)
    return next((name for name in pictures if _names(text, name)), "")


def _names(text: str, name: str) -> bool:
    """True if a text has this file's name, and not only as a part of a longer one."""
    return re.search(rf"(?<![\w.%~+-]){re.escape(name)}(?!\.?[\w-])", text) is not None
