"""The week's letter on the desk: its text, a preview of it, and its saves.

    letter.md ──▶ LetterForm ──form──▶ the body's lines changed, or a draft made, or published

The front matter stays byte for byte, except for what `digest letter --publish` changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from digest import disk, text_lines
from digest.commands import letter as letters
from digest.commands.desk.content import DeskContent
from digest.commands.shared import curate
from digest.content import letter_draft, paths, read
from digest.content.edit import Edit, with_title
from digest.content.pending import file_hash
from digest.errors import DigestError, Faults
from digest.model import Letter
from digest.site import addresses
from digest.site.addresses import SiteUrl
from digest.site.link_targets import Targets
from digest.site.markdown import Html, MarkdownRenderer
from digest.week import Week


class LetterForm(NamedTuple):
    """A week's letter, as its form shows it; `is_read` if its file can be read.

    After a refused save, `title` and `body` are what was typed, `seen_hash` the hash of the file on
    which they were, and `file_title` and `file_body` what the file says instead.
    """

    file: str
    exists: bool = False
    is_read: bool = False
    draft: bool = False
    title: str = ""
    body: str = ""
    seen_hash: str = ""
    preview: str = ""
    message: str = ""
    file_title: str = ""
    file_body: str | None = None
    is_refused: bool = False

    @property
    def state(self) -> str:
        """How far it is, in words."""
        if not self.exists:
            return "no letter yet"
        if not self.is_read:
            return "letter has an error"
        return "letter drafted" if self.draft else "letter published"


class _LetterFile(NamedTuple):
    """A letter's file: its text, the lines above its body, and its form."""

    text: str
    head: str
    form: LetterForm


class LetterDesk:
    """Shows and saves letters; `clock` returns the time."""

    def __init__(self, root: Path, content: DeskContent, clock: Callable[[], datetime]) -> None:
        self._root, self._content, self._clock = root, content, clock

    def form(self, week: Week) -> LetterForm:
        """Returns a week's letter as its file has it now."""
        try:
            found = self._read(week)
        except DigestError as error:
            return LetterForm(self._file(week), exists=True, message=str(error), is_refused=True)
        if found is None:
            return LetterForm(self._file(week))
        return found.form._replace(preview=self.preview(week, found.form.body))

    def preview(self, week: Week, body: str) -> str:
        """Returns a letter's text as HTML, with its links leading to the preview."""
        build = self._content.current()
        renderer = MarkdownRenderer(Targets(build.archive, SiteUrl(build.config.site.url)))
        file, here = self._file(week), addresses.week(week)
        return Html(renderer.html(text_lines.normalized(body), file=file, here=here, top=3))

    def save(self, week: Week, given: Mapping[str, str]) -> tuple[LetterForm, tuple[Edit, ...]]:
        """Carries out what the letter's form asks for; returns the letter, and edits to undo."""
        action, message, edits = given.get("set", ""), "", list[Edit]()
        config = self._content.current().config
        try:
            if action == "draft":
                drafted = letters.run(self._root, config, str(week))
                edits.append(drafted.edit)
                message = "Letter drafted"
                if drafted.in_feed_since:
                    message += f": {drafted.week} is out of the weekly feed until you publish it"
            found = self._read(week)
            if found is None:
                raise DigestError("this week has no letter yet; draft one first")
            form = found.form
            title, body = (form.title, form.body) if action == "take" else _typed(given, form)
            if action.startswith("link="):
                file = action.removeprefix("link=")
                story = self._content.stories.get(file)
                if story is None:
                    raise Faults([curate.not_a_story(self._root, file)])
                body = text_lines.normalized(f"{body}\n\n{letter_draft.link(story)}")
            if (title, body) != (form.title, form.body):
                if given.keys() & {"title", "body"} and given.get("seen") != form.seen_hash:
                    why = f"{form.file}: changed since you saw it; choose between both versions"
                    typed_form = form._replace(title=title, body=body, message=why, is_refused=True)
                    typed_form = typed_form._replace(file_title=form.title, file_body=form.body)
                    return typed_form, tuple(edits)
                edit = self._edit(found, title, body)
                if curate.make_edits(self._root, [edit]):
                    raise DigestError(f"{form.file}: is being changed; save again")
                edits.append(edit)
                message = "Letter saved"
            if action == "publish":
                published = letters.publish(self._root, config, str(week), now=self._clock())
                edits.append(published.edit)
                message = "Letter published"
        except (DigestError, ValueError) as error:
            form = self.form(week)
            title, body = _typed(given, form)
            seen = form.seen_hash if edits else given.get("seen", form.seen_hash)
            message = f"the text is saved, but not published: {error}" if edits else str(error)
            form = form._replace(title=title, body=body, seen_hash=seen, message=message)
            return form._replace(is_refused=True), tuple(edits)
        return self.form(week)._replace(message=message or "Nothing to save"), tuple(edits)

    def _edit(self, found: _LetterFile, title: str, body: str) -> Edit:
        """Returns the edit that gives a letter this title and body.

        Raises DigestError if it could not be read as typed, or if a comment would be lost.
        """
        file, before = found.form.file, found.text
        after = before if body == found.form.body else _with_body(found, body)
        why = "the text would not be read as typed"
        with suppress(DigestError, ValueError):
            if title != found.form.title:
                try:
                    after = with_title(after, found.form.title, title)
                except ValueError as error:
                    why = str(error)
                    raise
            letter = self._parse(read.decode(after.encode(), file), file)
            if (letter.title, text_lines.normalized(letter.body)) == (title, body):
                return Edit(file, before, after)
        raise DigestError(f"{file}: {why}; edit the file itself")

    def _read(self, week: Week) -> _LetterFile | None:
        """Returns the letter's file; raises Faults if it cannot be read."""
        file = self._file(week)
        data = disk.read_inside(self._root, file)
        if data is None:
            return None
        text = read.decode(data, file)
        letter = self._parse(text, file)
        head = "".join(text_lines.split(text)[: letter.line - 1])
        form = LetterForm(
            file=file,
            exists=True,
            is_read=True,
            draft=letter.draft,
            title=letter.title,
            body=text_lines.normalized(letter.body),
            seen_hash=file_hash(text),
        )
        return _LetterFile(text, head, form)

    def _parse(self, text: str, file: str) -> Letter:
        return read.parse_letter(text, file, self._content.current().config.site.zone)

    def _file(self, week: Week) -> str:
        """Returns the file of a week's letter, whether it exists or not."""
        for letter in self._content.current().content.letters:
            if letter.week == week:
                return letter.file
        return paths.letter(week)


def _typed(given: Mapping[str, str], form: LetterForm) -> tuple[str, str]:
    """Returns the title and the text that were typed, or else those of the file."""
    title = " ".join(given.get("title", form.title).split())
    if title == " ".join(form.title.split()):
        title = form.title
    return title, text_lines.normalized(given.get("body", form.body))


def _with_body(found: _LetterFile, body: str) -> str:
    """Returns the text of a letter with another body, and the line breaks that its file has."""
    before = found.text[len(found.head) :]
    blank = before[: len(before) - len(before.lstrip("\r\n"))]
    end = before[len(before.rstrip("\r\n")) :] or "\n"
    line_break = "\r\n" if "\r\n" in found.text else "\n"
    return found.head + (blank or line_break) + body.replace("\n", line_break) + end
