"""What pulls have left for an editor to look at in a story, until its file is edited or agrees with the feed again.

    kept       the editor's words stand, the feed has others       the feed's, in words where they are short
    changed    a headline or link changed below the editor's words  what stood before
    withdrawn  the feed no longer gives it, the file still has it    nothing

The ledger has the hash of the file as the pull left it: any edit since then means that somebody has looked.
An excerpt has no words here: a publisher's sentences are never kept in the ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from operator import attrgetter

from digest import links
from digest.model import Story
from digest.stories.desk import Edit
from digest.stories.identity import hash_of
from digest.stories.ledger import Matter, Record
from digest.stories.merge import Merged, words_of

KEPT, CHANGED, WITHDRAWN = "kept", "changed", "withdrawn"
KINDS = (KEPT, CHANGED, WITHDRAWN)
_SHORT = frozenset({"title", "link", "authors", "image"})
_CALLED = {"title": "headline", "authors": "byline", "excerpt": "summary"}
_LONGEST = 300
"""So much of a wording is kept in the ledger."""

Pending = Mapping[str, Matter]


def mark(text: str) -> str:
    """Returns the hash of a story file's text, whichever line breaks git has given it."""
    return hash_of(text.removeprefix("\ufeff").replace("\r\n", "\n"))


def of(records: Collection[Record], *texts: str) -> Pending:
    """Returns what is pending in a story whose file has this text, nothing where it was edited since.

    Of several texts the first that a record knows is meant.
    """
    for stood in map(mark, texts):
        known = [record for record in records if record.stood == stood]
        if known:
            return max(known, key=attrgetter("at")).pending
    return {}


def is_any(records: Iterable[Record]) -> bool:
    """True if there may be something pending, so that the file has to be read."""
    return any(record.pending for record in records)


def after(before: Pending, story: Story, merged: Merged, *, reviewed: bool, done: bool) -> dict[str, Matter]:
    """Returns what is pending after a merge.

    `story` is as the merge leaves it. `reviewed` means that its editor has said something about it, so that a new
    headline or link may make that wrong; not `done`, that the file could not be changed.
    """
    found = {name: matter for name, matter in before.items() if name not in merged.heard}
    if not done:
        theirs = {name: value for name, value in merged.changes.items() if name in merged.heard}
        found |= {name: _their(name, words_of(name, value)) for name, value in theirs.items()}
    for name in _WATCHED if done and reviewed else ():
        was = before.get(name)
        old = was.words if was and was.kind == CHANGED else words_of(name, merged.replaced.get(name, ""))
        if name in merged.heard and old and not _is_same(name, old, words_of(name, getattr(story, name))):
            found[name] = Matter(CHANGED, old[:_LONGEST])
    found |= {one.field: _their(one.field, one.whole) for one in merged.kept}
    return found | {name: Matter(WITHDRAWN) for name in merged.withdrawn}


def news(file: str, story: Story, before: Pending, now: Pending, heard: Container[str]) -> Iterator[str]:
    """Yields a line for the report for each headline or link that has changed, and for all that was withdrawn."""
    for name, matter in now.items():
        if matter != before.get(name) and matter.kind == WITHDRAWN:
            yield f"{file}: the feed no longer gives the {_CALLED.get(name, name)}; it stays in the file"
        elif matter.kind == CHANGED and name in heard:
            yield f"{file}: {_changed(name, matter, story)}"


def is_reviewed(story: Story, letters: Iterable[str], files: Iterable[str]) -> bool:
    """True if an editor has written about a story: a note, a headline of their own, a link in a letter.

    `letters` are the texts of the letters, `files` those by which one may link to the story, wherever they lie now.
    """
    names = [file.rpartition("/")[2] for file in files]
    return bool(story.note.strip() or story.headline) or any(name in letter for letter in letters for name in names)


def kept_through(record: Record, edit: Edit | None) -> Record:
    """Returns the record with what is pending in a file after an edit that was not its editor's."""
    if edit and record.stood and record.stood == mark(edit.before):
        return record._replace(stood=mark(edit.after))
    return record


def hints(story: Story, found: Pending) -> Iterator[tuple[str, str, str]]:
    """Yields field, what is to be seen and the cure for each matter that is pending."""
    for name, matter in found.items():
        called = _CALLED.get(name, name)
        if matter.kind == CHANGED:
            yield name, _changed(name, matter, story), f"see that your words still fit; {_ENDS}"
        elif matter.kind == WITHDRAWN:
            yield (
                name,
                f"the feed no longer gives its {called}, which still stands here",
                f"take it out or keep it; {_ENDS}",
            )
        elif matter.kind == KEPT:
            yield name, _kept(name, matter, story), f"take theirs or keep yours; {_ENDS}"


_ENDS = "any edit of this file ends this hint"
_WATCHED = ("title", "link")


def _their(name: str, words: str) -> Matter:
    return Matter(KEPT, words[:_LONGEST] if name in _SHORT else "")


def _is_same(name: str, one: str, other: str) -> bool:
    return one == other or (name == "link" and links.canonical(one) == links.canonical(other))


def _changed(name: str, matter: Matter, story: Story) -> str:
    since = "your note" if story.note.strip() else "your own headline" if story.headline else "a letter linked to it"
    now = words_of(name, getattr(story, name))
    return f"its {_CALLED.get(name, name)} has changed since {since}: '{matter.words}' → '{now}'"


def _kept(name: str, matter: Matter, story: Story) -> str:
    called, ours = _CALLED.get(name, name), words_of(name, getattr(story, name))
    if not matter.words:
        return f"the feed has changed its {called} since you edited it here"
    yours = f"yours says '{ours}'" if ours else "you have taken it out"
    return f"the feed's {called} is now '{matter.words}', {yours}"
