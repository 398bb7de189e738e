"""The week's letter on the desk: its text, a preview of it, and its saves.

    letter.md ──▶ LetterView ──form──▶ the body's lines changed, or a draft made, or published

The front matter stays byte for byte, except for what `digest letter --publish` changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from digest import disk, text_lines
from digest.commands import curate
from digest.commands import letter as letters
from digest.content import letter_draft, paths, read
from digest.content.edit import Edit
from digest.content.pending import file_hash
from digest.errors import DigestError
from digest.site import addresses
from digest.site.addresses import Base
from digest.site.link_targets import Targets
from digest.site.markdown import Html, MarkdownRenderer
from digest.week import Week

if TYPE_CHECKING:
    from digest.commands.desk import Known


class LetterView(NamedTuple):
    """A week's letter; `is_read` if its file can be read.

    After a refused save, `body` is what was typed, `seen_hash` the hash of the file on which it was,
    and `theirs` what the file says instead.
    """

    file: str
    exists: bool = False
    is_read: bool = False
    draft: bool = False
    title: str = ""
    body: str = ""
    seen_hash: str = ""
    preview: str = ""
    said: str = ""
    theirs: str | None = None
    is_refused: bool = False

    @property
    def state(self) -> str:
        """How far it is, in words."""
        if not self.exists:
            return "no letter yet"
        if not self.is_read:
            return "letter has a fault"
        return "letter drafted" if self.draft else "letter published"


class _File(NamedTuple):
    """A letter's file: its text, the lines above its body, and how it is shown."""

    text: str
    head: str
    view: LetterView


class LetterDesk:
    """Shows and saves letters; `now` returns the time."""

    def __init__(self, root: Path, now: Callable[[], datetime]) -> None:
        self._root, self._now = root, now

    def view(self, known: Known, week: Week) -> LetterView:
        """Returns a week's letter as its file has it now."""
        try:
            found = self._read(known, week)
        except DigestError as error:
            return LetterView(_file(known, week), exists=True, said=str(error), is_refused=True)
        if found is None:
            return LetterView(_file(known, week))
        return found.view._replace(preview=self.preview(known, week, found.view.body))

    def preview(self, known: Known, week: Week, body: str) -> str:
        """Returns a letter's text as HTML, with its links leading to the preview."""
        renderer = MarkdownRenderer(Targets(known.archive, Base(known.config.site.url)))
        file, here = _file(known, week), addresses.week(week)
        return Html(renderer.html(text_lines.normalized(body), file=file, here=here, top=3))

    def save(
        self, known: Known, week: Week, given: Mapping[str, str]
    ) -> tuple[LetterView, Edit | None]:
        """Carries out what the letter's form asks for; returns the letter, and an edit to undo."""
        action, said, edit = given.get("set", ""), "Saved", None
        try:
            if action == "draft":
                letters.run(self._root, known.config, str(week))
                said = "Drafted"
            found = self._read(known, week)
            if found is None:
                raise DigestError("this week has no letter yet; draft one first")
            view = found.view
            body = (
                view.body
                if action == "take"
                else text_lines.normalized(given.get("body", view.body))
            )
            if action.startswith("link="):
                body = _with_link(known, body, action.removeprefix("link="))
            if body != view.body:
                if "body" in given and given.get("seen") != view.seen_hash:
                    why = f"{view.file}: changed since you saw it; choose between both versions"
                    mine = view._replace(body=body, said=why, theirs=view.body, is_refused=True)
                    return mine, None
                wanted = _with_body(found, body)
                self._check(known, wanted, body)
                if curate.make(self._root, [wanted]):
                    raise DigestError(f"{view.file}: is being changed; save again")
                edit = wanted
            if action == "publish":
                letters.publish(self._root, known.config, str(week), now=self._now())
                said = "Published"
        except (DigestError, ValueError) as error:
            view = self.view(known, week)
            body = text_lines.normalized(given.get("body", view.body))
            seen = view.seen_hash if edit else given.get("seen", view.seen_hash)
            said = f"the text is saved, but not published: {error}" if edit else str(error)
            return view._replace(body=body, seen_hash=seen, said=said, is_refused=True), edit
        return self.view(known, week)._replace(said=said), edit

    def _check(self, known: Known, wanted: Edit, body: str) -> None:
        """Raises DigestError if an edit would give a letter that cannot be read, or another body."""
        text = read.decoded(wanted.after.encode(), wanted.file)
        if text_lines.normalized(read.letter(text, wanted.file, _zone(known)).body) != body:
            raise DigestError(
                f"{wanted.file}: the text would not be read as typed; edit the file itself"
            )

    def _read(self, known: Known, week: Week) -> _File | None:
        """Returns the letter's file; raises Faults if it cannot be read."""
        name = _file(known, week)
        data = disk.read_inside(self._root, name)
        if data is None:
            return None
        text = read.decoded(data, name)
        letter = read.letter(text, name, _zone(known))
        lines = text_lines.split(text)
        head = "".join(lines[: letter.line - 1])
        view = LetterView(
            file=name,
            exists=True,
            is_read=True,
            draft=letter.draft,
            title=letter.title,
            body=text_lines.normalized(letter.body),
            seen_hash=file_hash(text),
        )
        return _File(text, head, view)


def _zone(known: Known) -> ZoneInfo:
    return ZoneInfo(known.config.site.timezone)


def _file(known: Known, week: Week) -> str:
    """Returns the file of a week's letter."""
    there = (one.file for one in known.content.letters if one.week == week)
    return next(there, paths.letter(week))


def _with_body(found: _File, body: str) -> Edit:
    """Returns the edit that gives a letter another body, with the line breaks that the file has."""
    own = found.text[len(found.head) :]
    blank = own[: len(own) - len(own.lstrip("\r\n"))]
    end = own[len(own.rstrip("\r\n")) :] or "\n"
    stop = "\r\n" if "\r\n" in found.text else "\n"
    after = found.head + (blank or stop) + body.replace("\n", stop) + end
    return Edit(found.view.file, found.text, after)


def _with_link(known: Known, body: str, file: str) -> str:
    """Returns a letter's text with a link to a story below it."""
    story = next((one for one in known.content.stories if one.file == file), None)
    if story is None:
        raise DigestError(f"{file}: this is not a story")
    return f"{body}\n\n{letter_draft.link(story)}"
