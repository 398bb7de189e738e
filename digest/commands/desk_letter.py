"""The week's letter on the desk: its text, a preview of it, and its saves.

    letter.md ──▶ LetterView ──form──▶ the body's lines changed, or a draft made, or published

The front matter stays byte for byte, except for what `digest letter --publish` changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from digest import disk, text_lines
from digest.commands import curate
from digest.commands import letter as letters
from digest.content import letter_draft, paths, read
from digest.content.edit import Edit, with_title
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

    After a refused save, `title` and `body` are what was typed, `seen_hash` the hash of the file on
    which they were, and `their_title` and `theirs` what the file says instead.
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
    their_title: str = ""
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
    ) -> tuple[LetterView, tuple[Edit, ...]]:
        """Carries out what the letter's form asks for; returns the letter, and edits to undo."""
        action, said, edits = given.get("set", ""), "", list[Edit]()
        try:
            if action == "draft":
                report = letters.run(self._root, known.config, str(week))
                edits += [report.edit] if report.edit else []
                said = _drafted(report)
            found = self._read(known, week)
            if found is None:
                raise DigestError("this week has no letter yet; draft one first")
            view = found.view
            title, body = (view.title, view.body) if action == "take" else _typed(given, view)
            if action.startswith("link="):
                body = _with_link(known, body, action.removeprefix("link="))
            if (title, body) != (view.title, view.body):
                if given.keys() & {"title", "body"} and given.get("seen") != view.seen_hash:
                    why = f"{view.file}: changed since you saw it; choose between both versions"
                    mine = view._replace(title=title, body=body, said=why, is_refused=True)
                    mine = mine._replace(their_title=view.title, theirs=view.body)
                    return mine, tuple(edits)
                wanted = self._edit(known, found, title, body)
                if curate.make(self._root, [wanted]):
                    raise DigestError(f"{view.file}: is being changed; save again")
                edits.append(wanted)
                said = "Letter saved"
            if action == "publish":
                report = letters.publish(self._root, known.config, str(week), now=self._now())
                edits += [report.edit] if report.edit else []
                said = "Letter published"
        except (DigestError, ValueError) as error:
            view = self.view(known, week)
            title, body = _typed(given, view)
            seen = view.seen_hash if edits else given.get("seen", view.seen_hash)
            said = f"the text is saved, but not published: {error}" if edits else str(error)
            view = view._replace(title=title, body=body, seen_hash=seen, said=said)
            return view._replace(is_refused=True), tuple(edits)
        return self.view(known, week)._replace(said=said or "Nothing to save"), tuple(edits)

    def _edit(self, known: Known, found: _File, title: str, body: str) -> Edit:
        """Returns the edit that gives a letter this title and body.

        Raises DigestError if it could not be read as typed, or if a comment would be lost.
        """
        edit = _with_body(found, body) if body != found.view.body else None
        after = edit.after if edit else found.text
        why = "the text would not be read as typed"
        with suppress(DigestError, ValueError):
            if title != found.view.title:
                try:
                    after = with_title(after, found.view.title, title)
                except ValueError as error:
                    why = str(error)
                    raise
            text = read.decoded(after.encode(), found.view.file)
            letter = read.parse_letter(text, found.view.file, _zone(known))
            if (letter.title, text_lines.normalized(letter.body)) == (title, body):
                return Edit(found.view.file, found.text, after)
        raise DigestError(f"{found.view.file}: {why}; edit the file itself")

    def _read(self, known: Known, week: Week) -> _File | None:
        """Returns the letter's file; raises Faults if it cannot be read."""
        name = _file(known, week)
        data = disk.read_inside(self._root, name)
        if data is None:
            return None
        text = read.decoded(data, name)
        letter = read.parse_letter(text, name, _zone(known))
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


def _typed(given: Mapping[str, str], view: LetterView) -> tuple[str, str]:
    """Returns the title and the text that a form has, or else those of the file."""
    title = " ".join(given.get("title", view.title).split())
    if title == " ".join(view.title.split()):
        title = view.title
    return title, text_lines.normalized(given.get("body", view.body))


def _drafted(report: letters.LetterReport) -> str:
    """Returns what drafting did, and whether it takes the edition out of the weekly feed."""
    if report.appeared:
        return f"Letter drafted: {report.week} is out of the weekly feed until you publish it"
    return "Letter drafted"


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
