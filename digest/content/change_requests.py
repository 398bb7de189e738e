"""What an editor wants to change in a story becomes line edits of its file, or a refusal.

    request, the file's bytes, what is known ──edit_for──▶ Edit ──store.apply_edit──▶ the file
                                                 └─▶ Refusal: why, and what the file says now

Every command and page that edits stories uses this, so that a file is as if typed by hand:
comments, order of keys, quoting, line breaks and every other byte stay. Pure: nothing is read or
written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from posixpath import basename
from typing import Any
from urllib.parse import unquote

from digest import text_lines
from digest.content import edit, excerpt, known_names, paths, read, story_file
from digest.content.edit import Edit
from digest.content.known_names import KnownNames
from digest.content.pending import THEIRS, Pending, file_hash, is_cut, value_of
from digest.errors import Faults, Problem
from digest.model import PUBLISHER_FIELDS, Story
from digest.names import is_picture
from digest.week import Week

_HERE = re.compile(r"(?<![\w./])\./")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """What an editor wants of a story: new values by field, and the week to which it moves.

    `seen_hash` is the hash of the file as the editor saw it; "" accepts the file as it is. The
    publisher's fields are only set to the publisher's own version. `empty_themes_line` says how the
    file tells that the story stays without a theme (`reapply.stays_without_theme`): True with the
    line `themes: []`, False without a line `themes`. None leaves that undecided.
    """

    file: str
    seen_hash: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    week: Week | None = None
    empty_themes_line: bool | None = None

    @property
    def leads(self) -> bool:
        """True if it makes its story lead the week."""
        return bool(self.changes.get("lead"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that was not carried out, why, and the story in the file now, None if unreadable.

    `changed` is True if the file is not as the editor saw it: both wordings are to be shown.
    """

    request: ChangeRequest
    why: str
    story: Story | None = None
    seen_hash: str = ""
    changed: bool = False


@dataclass(frozen=True, slots=True)
class StoryInFile:
    """A story as its file has it now, the hash of its file, and its text."""

    story: Story
    seen_hash: str
    text: str


def story_in_file(
    data: bytes | None, file: str, known_excerpt: str, names: KnownNames, zone: tzinfo
) -> StoryInFile:
    """Returns a story as its file has it now; raises Faults if the file cannot be read.

    `known_excerpt` is its excerpt as last read with the ledgers, which say whose a quotation is;
    `names` and `zone` are the digest's.
    """
    if data is None:
        raise Faults([Problem(file, 0, "there is no such file", "was it moved or deleted?")])
    text = read.decode(data, file)
    story = known_names.loads(text, file, names, zone, excerpt.hashes(known_excerpt))
    return StoryInFile(story, file_hash(text), text)


def edit_for(
    request: ChangeRequest,
    data: bytes | None,
    known_excerpt: str,
    names: KnownNames,
    zone: tzinfo,
    names_in_folder: Collection[str] = (),
    other_file_with: Callable[[str], str] = lambda _: "",
) -> Edit | Refusal:
    """Returns the edit that carries out a request on the file's bytes, or why it is refused.

    `known_excerpt`, `names` and `zone` are as in `story_in_file`; `names_in_folder` are those in the
    file's folder, and `other_file_with` returns another file that names a picture of it, or "".
    """
    try:
        state = story_in_file(data, request.file, known_excerpt, names, zone)
    except Faults as faults:
        return Refusal(request=request, why=str(faults))
    story, text = state.story, state.text
    changes = dict(request.changes)
    if "note" in changes:
        changes["note"] = text_lines.normalized(changes["note"])
    changes = {name: value for name, value in changes.items() if value != getattr(story, name)}
    new_file = ""
    if request.week not in {None, story.week}:
        new_file = f"content/{request.week.folder}/{basename(request.file)}"

    def refusal(why: str, *, changed: bool = False) -> Refusal:
        return Refusal(
            request=request, why=why, story=story, seen_hash=state.seen_hash, changed=changed
        )

    line = request.empty_themes_line
    is_decided = line is not None and line != story_file.has_key(text, "themes")
    if not changes and not new_file and not is_decided:
        return Edit(request.file, text, text)
    if request.seen_hash and request.seen_hash != state.seen_hash:
        why = f"{request.file}: this file has been changed since you saw it; choose between both versions"
        return refusal(why, changed=True)
    pictures = tuple(name for name in names_in_folder if is_picture(name) and mentions(text, name))
    if new_file and (why := _why_pictures_stay(text, pictures, other_file_with)):
        return refusal(f"{request.file}: {why}")
    try:
        after = _with_known_names(state, changes, names, zone)
        after = edit.with_empty_themes(after, has_line=line) if line is not None else after
        if len(after.encode()) > read.MAX_BYTES:
            raise ValueError(f"the file would have more than {read.MAX_BYTES:,} bytes")
    except Faults as faults:
        return refusal(
            "\n".join(f"{request.file}: {problem.message}" for problem in faults.problems)
        )
    except ValueError as error:
        why = "the text has characters that UTF-8 cannot have"
        if not isinstance(error, UnicodeError):
            why = f"{error}; edit the file itself"
        return refusal(f"{request.file}: {why}")
    return Edit(request.file, text, after, new_file, pictures if new_file else ())


def _with_known_names(
    state: StoryInFile, changes: Mapping[str, Any], names: KnownNames, zone: tzinfo
) -> str:
    """Returns the text with the changes made; raises Faults or ValueError, also for unknown names."""
    after = edit.with_changes(state.text, state.story, changes, zone)
    if unknown := known_names.problems_in(after, state.story.file, names):
        raise Faults(unknown)
    return after


def _why_pictures_stay(
    text: str, pictures: Iterable[str], other_file_with: Callable[[str], str]
) -> str:
    """Returns which picture cannot move with the story that shows it, why, and what to do, or ""."""
    for name in pictures:
        if other := other_file_with(name):
            return f"shows {name}, as {other} does; move both files by hand, and correct the links"
        if f"/{_nfc(name)}" in _HERE.sub("", _plain(text)):
            return f"names its folder in the link to {name}; move both files by hand, and correct the link"
    return ""


def other_leads(
    wanted: Iterable[ChangeRequest], stories: Iterable[Story]
) -> Iterator[ChangeRequest]:
    """Yields requests that end the lead of other stories in the weeks in which `wanted` set one."""
    leads = [request for request in wanted if request.leads]
    weeks = {request.week or paths.week_of(request.file) for request in leads}
    files = {request.file for request in leads}
    for story in stories:
        if story.week in weeks and story.file not in files:
            yield ChangeRequest(file=story.file, changes={"lead": False})


def publisher_values(story: Story, pending: Pending, summary: str) -> dict[str, Any]:
    """Returns the fields in which the publisher's version differs and can be taken, with its values.

    `summary` is the publisher's excerpt in plain text, if known: the ledgers do not store it.
    """
    values: dict[str, Any] = {}
    for name, change in pending.items():
        if name not in PUBLISHER_FIELDS or change.kind not in THEIRS:
            continue
        value = "" if is_cut(change.words) else value_of(name, change.words)
        if name == "excerpt":
            value = excerpt.escape(summary)
        if value:
            values[name] = value
    return {name: value for name, value in values.items() if value != getattr(story, name)}


def mentions(text: str, name: str) -> bool:
    """True if a text has a file's name, percent-encoded or not, and not only as a part of a longer one."""
    pattern = rf"(?<![\w.%~+-]){re.escape(_nfc(name))}(?!\.?[\w-])"
    return re.search(pattern, _plain(text)) is not None


def _plain(text: str) -> str:
    """Returns a text without addresses of other hosts, and without percent-encoding."""
    return _nfc(unquote(re.sub(r"https?://[^\s<>()\"']+", "", text)))


def _nfc(text: str) -> str:
    """Returns a text as NFC: some systems write the names of files as NFD."""
    return unicodedata.normalize("NFC", text)
