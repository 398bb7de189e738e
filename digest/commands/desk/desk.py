"""The desk in the preview: shows a week's stories, and saves what an editor changes.

    GET  ──▶ the week's files as they are now ──▶ cards ──▶ page
    POST ──▶ is it from this run's own page? ──▶ form ──▶ change request ──▶ curate ──▶ the card again

Each change is one save of one file. The cache has which stories an editor has reviewed.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from digest import text_lines
from digest.commands.desk.cards import DeskCards
from digest.commands.desk.content import DeskContent, LastBuild
from digest.commands.desk.letter import LetterDesk, LetterForm
from digest.commands.shared import curate, future_weeks, reviewed
from digest.content import letter_draft, paths
from digest.content.change_requests import Refusal, StoryInFile
from digest.content.edit import Edit
from digest.errors import DigestError, Problem
from digest.model import Story
from digest.preview import inject
from digest.preview.annotations import editor_link
from digest.preview.desk import form, view
from digest.preview.desk.requests import DeskRequest, DeskResponse, DeskSession, RequestRefused
from digest.preview.desk.view import DeskCard, RefusedForm
from digest.site import formatting, templates
from digest.site.markdown import Html
from digest.themes.reapply import is_by_hand
from digest.week import Week, without_mistyped

_FOLDER = Path(view.__file__).parent
_MAX_UNDO_STEPS = 50
_TEXTS = ("note", "headline", "corrections", "also", "add", "week")


class _StorySave(NamedTuple):
    """A save of a story: its file before, what its form asked for, and what became of that.

    `result` is of the story itself, `others` are of other stories that lead its week.
    """

    before: StoryInFile
    changes: form.FormChanges
    result: Edit | Refusal
    others: Sequence[Edit | Refusal]


class _UndoStep(NamedTuple):
    """A save that can be undone: what the desk says of it, and its edits."""

    message: str
    edits: tuple[Edit, ...]


class Desk:
    """One run of the desk; requests are answered one at a time."""

    def __init__(self, root: Path, session: DeskSession, clock: Callable[[], datetime]) -> None:
        self.session = session
        self._root, self._clock = root, clock
        self._content = DeskContent(root)
        self._cards = DeskCards(root, self._content)
        self._letters = LetterDesk(root, self._content, clock)
        self._undo_steps: deque[_UndoStep] = deque(maxlen=_MAX_UNDO_STEPS)
        self._message = ""  # what a save without the script did, for the page after it
        self._lock = threading.Lock()
        self._render = templates.renderer(_FOLDER)
        script, style = ((_FOLDER / name).read_text("utf-8") for name in ("desk.js", "desk.css"))
        self._values: dict[str, Any] = {"script": Html(script), "style": Html(style)}
        self._values |= {"token": session.token, "events": inject.EVENTS}
        self.policy = (
            f"default-src 'none'; script-src {inject.source_hash(script)}; "
            f"style-src {inject.source_hash(style)}; img-src 'self'; connect-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )

    def set_build(self, build: LastBuild) -> None:
        """Takes what a build has read."""
        with self._lock:
            self._content.update(build)

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Takes the problems of a build that failed; the content is then read without it."""
        with self._lock:
            self._content.problems = tuple(problems)

    def answer(self, request: DeskRequest) -> DeskResponse:
        """Answers a request."""
        with self._lock:
            given: dict[str, str] = {}
            heading = "Not done"
            try:
                if request.method == "POST":
                    given = self.session.checked_form(request)
                    return self._post(request, given)
                if request.path:
                    raise RequestRefused("there is nothing at this address", 404)
                if self.session.is_key(request.query.get("token", "")):
                    return DeskResponse(self._render("opened.html", {}), cookie=self.session.cookie)
                self.session.admit(request)
                week = self._week(request.query.get("week", ""))
                message, self._message = self._message, ""
                return DeskResponse(self._page(week, message=message))
            except RequestRefused as refused:
                why, status = str(refused), refused.status
                heading = "Open the desk" if refused.only_needs_key else heading
            except DigestError as error:
                why, status = self._in_words(error), 409
            if request.wants_json:
                return _json({"message": why, "refused": True}, status)
            typed = [given[name] for name in (*_TEXTS, "body") if given.get(name)]
            values: dict[str, Any] = {"why": why, "heading": heading, "typed": typed}
            values["is_in"] = self.session.is_key(request.cookie)
            return DeskResponse(self._render("refused.html", self._values | values), status)

    def _in_words(self, error: Exception | str) -> str:
        """Returns an error with paths inside the digest."""
        return str(error).replace(f"{self._root}/", "")

    def _week(self, words: str) -> Week:
        """Returns the week that words name; without them, the newest one that has stories."""
        with suppress(ValueError):
            if words:
                return Week.parse(words)
        if words:
            raise RequestRefused("this is not a week; choose one on the page of the desk", 404)
        weeks = without_mistyped(self._content.weeks(), self._content.current().content.reached)
        return weeks[-1] if weeks else Week.of(self._today())

    def _today(self) -> date:
        return self._clock().astimezone(self._content.current().config.site.zone).date()

    # ------------------------------------------------------------ pages

    def _page(
        self,
        week: Week,
        refused: Mapping[str, RefusedForm] | None = None,
        message: str = "",
        letter: LetterForm | None = None,
    ) -> str:
        build, weeks = self._content.current(), self._content.weeks()
        cards = self._cards.read_week(week, refused or {})
        letter = letter or self._letters.form(week)
        broken = []
        for problem in self._content.problems:
            if not paths.is_story(problem.file) or paths.week_of(problem.file) != week:
                broken.append(problem)  # the others are on their cards
        values = {
            "week": week,
            "label": formatting.label(week),
            "weeks": {week: formatting.stories(count) for week, count in weeks.items()},
            "labels": formatting.label,
            "site": build.config.site.title,
            "base": build.base,
            "themes": build.config.themes,
            "todo": [self._html(card) for card in cards if not card.done],
            "done": [self._html(card) for card in cards if card.done],
            "progress": view.progress(cards, letter.state),
            "letter": letter,
            "message": message,
            "broken": broken,
        }
        return self._render("desk.html", self._values | values)

    def _html(self, card: DeskCard) -> Html:
        values = {
            "card": card,
            "link": Html(editor_link(self._root, card.file, 1)),
            "day": formatting.day(card.story.published) if card.story else "",
            "token": self.session.token,
            "week": paths.week_of(card.file),
            "markdown": letter_draft.link(card.story) if card.story else "",
            "event": self._cards.event(card),
        }
        return Html(self._render("card.html", values))

    def _changed_parts(
        self, week: Week, files: Iterable[str], letter: LetterForm, *, with_letter: bool
    ) -> dict[str, Any]:
        """Returns what the script puts in place: by id the cards of these files as they are now, ""
        without a file, how far the week is, and the letter."""
        cards = self._cards.read_again(week, files)
        html = {card.anchor: Html("") for card in cards}
        html |= {card.anchor: self._html(card) for card in cards if card.exists}
        progress = view.progress(self._cards.in_week(week), letter.state)
        parts: dict[str, Any] = {"cards": html, "progress": progress}
        if with_letter:
            values = {"letter": letter, "week": week, "token": self.session.token}
            parts["letter"] = self._render("letter.html", values)
        return parts

    # ------------------------------------------------------------ saves

    def _post(self, request: DeskRequest, given: dict[str, str]) -> DeskResponse:
        week = self._week(given.pop("at", ""))
        if request.path == "story":
            return self._save_story(request, given, week)
        if request.path == "undo":
            message, files = self._undo()
            return self._respond_saved(request, week, files, message)
        if request.path == "preview":
            return _json({"html": self._letters.preview(week, given.get("body", ""))})
        if request.path == "letter":
            return self._save_letter(request, week, given)
        raise RequestRefused("there is nothing at this address", 404)

    def _save_story(self, request: DeskRequest, given: dict[str, str], week: Week) -> DeskResponse:
        """Carries out what a story's form asks for."""
        file, button = given.get("file", ""), given.get("set", "")
        story = self._content.stories.get(file)
        if story is None:
            config = self._content.current().config
            problems = curate.why_not_editable(self._root, config, file)
            raise RequestRefused("\n".join(map(str, problems)), 404)
        if button == "take":
            message = f"As the file has it: {self._named([file])}"
            return self._respond_saved(request, week, [file], message)
        typed = {name: text_lines.normalized(given[name]) for name in _TEXTS if name in given}
        seen = given.get("seen") or "unseen"  # the file could not be read when its form was shown
        try:
            save = self._apply(story, given, seen)
        except (DigestError, ValueError) as error:
            refused = RefusedForm(self._in_words(error), (), typed, button, seen)
            return self._respond_refused(request, week, file, refused)
        if isinstance(save.result, Refusal):
            why = self._in_words(save.result.why)
            refused = RefusedForm(why, (), typed, button, seen)
            if save.result.changed:
                clashes = view.clashes(save.changes.values, save.result.story)
                refused = refused._replace(clashes=clashes, seen_hash="")
            return self._respond_refused(request, week, file, refused)
        return self._finish_save(request, week, save, save.result, seen)

    def _finish_save(
        self, request: DeskRequest, week: Week, save: _StorySave, edit: Edit, seen: str
    ) -> DeskResponse:
        """Notes a save for undo, does what its button asks for besides, and says what was done."""
        before, changes, others = save.before, save.changes, save.others
        file, present_file = edit.file, edit.new_file or edit.file
        moved_to = formatting.label(changes.week) if changes.week else ""
        headline = view.joined([before.story.shown_headline])
        themes = self._content.current().config.themes
        message = f"{view.save_message(changes, moved_to, themes)}: {headline}"
        is_saved = self._remember(message, [edit, *others])
        if changes.reviewed and seen != before.seen_hash:
            message = f"Changed since you saw it, look again: {self._named([present_file])}"
            return self._respond_saved(request, week, [present_file], message)
        notice, why = self._mark(before.story, reviewed_now=changes.reviewed)
        if why:
            done = view.save_message(changes._replace(reviewed=None), moved_to, themes)
            return self._respond_saved(
                request, week, [file, present_file], f"{done}: {headline}", why
            )
        message += f"; {notice}" if notice else ""
        if changes.goes_into_letter:
            saved = [file, present_file] if is_saved else []
            return self._save_letter(request, week, {"set": f"link={present_file}"}, saved)
        ended, still_leading, why = self._other_leads(others)
        if ended:
            message += f"; no longer leads the week: {self._named(ended)}"
        if changes.values.get("hide"):
            for linked in curate.links_to_hidden(before.story, self._content.current().content):
                message += f"; {linked}"
        if changes.week:
            message += self._said_of_week(
                replace(before.story, week=changes.week, file=present_file), file
            )
        files = [file, present_file, *ended, *still_leading]
        return self._respond_saved(request, week, files, message, why)

    def _said_of_week(self, moved: Story, file: str) -> str:
        """Returns what is to be said of the week that a story in `file` moved to, or ""."""
        last, now = self._content.current(), self._clock()
        if future_weeks.has_begun(moved.week, now):
            return ""
        others = [story for story in last.content.stories if story.file not in {file, moved.file}]
        content = last.content._replace(stories=(*others, moved))
        found = future_weeks.hints(content, last.config, now)
        return "".join(f"; {hint}" for hint in found if hint.file == moved.file)

    def _other_leads(self, others: Iterable[Edit | Refusal]) -> tuple[list[str], list[str], str]:
        """Returns the files of other stories that no longer lead the week, those that still do, and
        why, or ""."""
        ended, still_leading, whys = list[str](), list[str](), list[str]()
        for other in others:
            if isinstance(other, Refusal):
                still_leading.append(other.request.file)
                whys.append(self._in_words(other.why))
            elif other.before != other.after:
                ended.append(other.file)
        return ended, still_leading, f"another leads, too: {'; '.join(whys)}" if whys else ""

    def _mark(self, story: Story, *, reviewed_now: bool | None) -> tuple[str, str]:
        """Notes whether a story is reviewed, unless that is None; returns a notice, and why it
        cannot, or "" for each.
        """
        if reviewed_now is None:
            return "", ""
        try:
            return reviewed.set_reviewed(self._root, story, reviewed=reviewed_now), ""
        except DigestError as error:
            mark = "reviewed" if reviewed_now else "to do"
            return "", f"not noted as {mark}: {self._in_words(error)}"

    def _apply(self, story: Story, given: Mapping[str, str], seen: str) -> _StorySave:
        """Carries out what a story's form asks for, unless it is refused.

        Raises DigestError and ValueError for what cannot be understood; then nothing is written.
        """
        build, stories = self._content.current(), list(self._content.stories.values())
        before = curate.read_story(self._root, build.config, story)
        changes = form.parse(given, before.story, build.config.themes, self._today())
        wanted = curate.new_request(
            before, changes.values, changes.week, content=build.content, seen_hash=seen
        )
        if changes.stays_without_theme:
            by_hand = is_by_hand(before.story, build.annotations.history())
            wanted = replace(wanted, empty_themes_line=by_hand)
        result, *others = curate.apply_requests(self._root, build.config, [wanted], stories)
        return _StorySave(before, changes, result, others)

    def _save_letter(
        self, request: DeskRequest, week: Week, given: Mapping[str, str], files: Iterable[str] = ()
    ) -> DeskResponse:
        """Carries out what the letter's form asks for; `files` are of the story saved with it."""
        letter, edits = self._letters.save(week, given)
        if edits:
            self._undo_steps.append(
                _UndoStep("Letter saved" if letter.is_refused else letter.message, edits)
            )
        message = letter.message
        if letter.is_refused:
            action = given.get("set", "").partition("=")[0]
            done = {"publish": "published:", "draft": "drafted:", "link": "linked in"}
            begun = "Saved, but not" if edits or files else "Not"
            message = f"{begun} {done.get(action, 'saved:')} the letter"
        if request.wants_json:
            parts = self._changed_parts(week, files, letter, with_letter=True)
            parts |= {"message": message, "refused": letter.is_refused}
            return _json(parts, 409 if letter.is_refused else 200)
        if letter.is_refused:
            return DeskResponse(self._page(week, message=message, letter=letter), 409)
        self._message = message
        return _redirect(week, "letter")

    def _respond_refused(
        self, request: DeskRequest, week: Week, file: str, refused: RefusedForm
    ) -> DeskResponse:
        """Answers that nothing was written, with what was typed."""
        if not request.wants_json:
            return DeskResponse(self._page(week, {file: refused}, refused.why), 409)
        card = self._cards.read_refused(file, refused)
        message = f"Not saved: {card.headline}"
        return _json(
            {"cards": {card.anchor: self._html(card)}, "message": message, "refused": True}, 409
        )

    def _respond_saved(
        self,
        request: DeskRequest,
        week: Week,
        files: Iterable[str],
        message: str,
        refused: str = "",
    ) -> DeskResponse:
        """Answers with the files' cards as they are now, and with what was refused beside them."""
        files = list(files)
        if refused:
            message = f"{message}, but {refused}"
        if request.wants_json:
            with_letter = any(map(paths.is_letter, files))
            letter = self._letters.form(week)
            parts = self._changed_parts(week, files, letter, with_letter=with_letter)
            return _json(parts | {"message": message, "refused": bool(refused)})
        if refused:
            return DeskResponse(self._page(week, message=message), 409)
        self._message = message
        in_week = [file for file in files if paths.week_of(file) == week]
        return _redirect(week, DeskCard(file=in_week[0]).anchor if in_week else "")

    def _remember(self, message: str, results: Iterable[Edit | Refusal]) -> bool:
        """Notes the edits of a save, for undo, and where moved stories are; True if it has any."""
        made = list[Edit]()
        for result in results:
            if isinstance(result, Edit) and (result.new_file or result.before != result.after):
                made.append(result)
        if made:
            self._undo_steps.append(_UndoStep(message, tuple(made)))
        self._content.note_moves(made)
        return bool(made)

    def _undo(self) -> tuple[str, list[str]]:
        """Undoes the last save, all its files or none; returns what was done, and the files.

        If it is refused for now, it can be tried again. If a file has changed since, it is over, so
        that the next undo reaches the save before it.
        """
        if not self._undo_steps:
            return "Nothing to undo", []
        save = self._undo_steps.pop()
        try:
            changed = curate.make_edits(self._root, [edit.inverse for edit in reversed(save.edits)])
        except DigestError as error:
            self._undo_steps.append(save)
            raise DigestError(f"not undone: {error}") from None
        before = [edit.file for edit in save.edits]
        after = [edit.new_file or edit.file for edit in save.edits]
        files = [*before, *after]
        if not changed:
            return f"Undone: {save.message[:1].lower()}{save.message[1:]}", files
        others = [file for file in after if file not in changed]
        rest = f"; nor is {', '.join(others)}, saved with it" if others else ""
        return f"{', '.join(changed)}: changed since it was saved, and not undone{rest}", files

    def _named(self, files: Iterable[str]) -> str:
        """Returns the headlines of stories for a message, of other files their names."""
        names = []
        for file in files:
            story = self._content.stories.get(file)
            if story:
                names.append(story.shown_headline)
            else:
                names.append("the letter" if paths.is_letter(file) else file)
        return view.joined(names)


def _redirect(week: Week, anchor: str) -> DeskResponse:
    query = urlencode({"week": str(week)})
    return DeskResponse(status=303, location=f"/_desk/?{query}" + (f"#{anchor}" if anchor else ""))


def _json(values: Mapping[str, Any], status: int = 200) -> DeskResponse:
    return DeskResponse(json.dumps(values, default=str), status, "application/json; charset=utf-8")
