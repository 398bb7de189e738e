"""The desk in the preview: shows a week's stories, and saves what an editor changes.

    GET  ──▶ the week's files as they are now ──▶ cards ──▶ page
    POST ──▶ is it from this run's own page? ──▶ form ──▶ change request ──▶ curate ──▶ the card again

Each change is one save of one file. `.digest/desk/` has which stories an editor has reviewed.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from digest import config, disk, text_lines
from digest.commands import curate, desk_events, reviewed
from digest.commands.annotate import Annotations
from digest.commands.desk_letter import LetterDesk, LetterView
from digest.content import change_requests, letter_draft, load, paths, pending, publishable
from digest.content.change_requests import ChangeRequest, Refusal
from digest.content.edit import Edit
from digest.errors import DigestError, Faults, Problem
from digest.model import Config, Content, Story
from digest.preview import inject
from digest.preview.annotations import editor_link
from digest.preview.desk import form, view
from digest.preview.desk.requests import DeskRequest, DeskResponse, DeskSession, Refused
from digest.preview.desk.view import NO_REPLY, Card, Reply
from digest.site import arrange, cards, formatting, templates
from digest.site.archive import Archive
from digest.site.markdown import Html
from digest.week import Week, reached

_FOLDER = Path(view.__file__).parent
_UNDONE = 50
_TEXTS = ("note", "headline", "corrections", "also", "add", "week")


@dataclass(frozen=True, slots=True)
class Known:
    """What the last build has read, or what could be read if it failed (`broken`)."""

    config: Config
    content: Content
    archive: Archive
    annotations: Annotations
    base: str
    broken: tuple[Problem, ...] = ()


class Desk:
    """One run of the desk; requests are answered one at a time."""

    def __init__(self, root: Path, session: DeskSession, clock: Callable[[], datetime]) -> None:
        self.session = session
        self._root = root
        self._known: Known | None = None
        self._broken: tuple[Problem, ...] = ()
        self._stories: dict[str, Story] = {}
        self._moved: dict[str, Story] = {}  # by their new files, which the last build may not know
        self._cards: dict[Week, dict[str, Card]] = {}
        self._saves: deque[tuple[str, tuple[Edit, ...]]] = deque(maxlen=_UNDONE)
        self._told = ""  # what a save without the script did, for the page after it
        self._lock = threading.Lock()
        self._render = templates.renderer(_FOLDER)
        self._clock, self._letters = clock, LetterDesk(root, clock)
        self._events = desk_events.WeekEvents()
        script, style = ((_FOLDER / name).read_text("utf-8") for name in ("desk.js", "desk.css"))
        self._values: dict[str, Any] = {"script": Html(script), "style": Html(style)}
        self._values |= {"token": session.token, "events": inject.EVENTS}
        self.policy = (
            f"default-src 'none'; script-src {inject.source_hash(script)}; "
            f"style-src {inject.source_hash(style)}; img-src 'self'; connect-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )

    def show(self, known: Known) -> None:
        """Takes what a build has read."""
        with self._lock:
            self._take(known)

    def show_broken(self, problems: Iterable[Problem]) -> None:
        """Takes the problems of a build that failed; the content is then read without it."""
        with self._lock:
            self._broken = tuple(problems)

    def answer(self, request: DeskRequest) -> DeskResponse:
        """Answers a request."""
        with self._lock:
            given: dict[str, str] = {}
            try:
                if request.method == "POST":
                    given = self.session.form(request)
                    return self._post(request, given)
                if request.place:
                    raise Refused("there is nothing at this address", 404)
                if self.session.is_key(request.query.get("token", "")):
                    return DeskResponse(self._render("opened.html", {}), cookie=self.session.cookie)
                self.session.admit(request)
                said, self._told = self._told, ""
                return DeskResponse(
                    self._page(self._week(request.query.get("week", "")), said=said)
                )
            except Refused as refused:
                return self._refused(request, str(refused), refused.status, given)
            except DigestError as error:
                return self._refused(request, self._words(error), 409, given)

    def _words(self, error: Exception | str) -> str:
        """Returns an error in words, with paths inside the digest."""
        return str(error).replace(f"{self._root}/", "")

    def _refused(
        self, request: DeskRequest, why: str, status: int, given: Mapping[str, str]
    ) -> DeskResponse:
        if request.wants_json:
            return _json({"said": why, "refused": True}, status)
        typed = [given[name] for name in (*_TEXTS, "body") if given.get(name)]
        values = {"why": why, "typed": typed, "is_in": self.session.is_key(request.cookie)}
        return DeskResponse(self._render("refused.html", self._values | values), status)

    # ------------------------------------------------------------ what is known

    def _now(self) -> Known:
        """Returns what is known; after a failed build, what can be read without the faulty files."""
        if self._broken and (self._known is None or self._known.broken != self._broken):
            before = self._known
            settings = before.config if before else config.load(self._root)
            content = load.survey(self._root, settings).content
            archive = arrange.arrange(publishable.published(content), settings, drafts=True)
            annotations = Annotations(self._root, settings, content, archive)
            base = before.base if before else "/"
            self._take(Known(settings, content, archive, annotations, base, self._broken))
        if self._known is None:
            raise DigestError("the first build is not done yet; reload the page")
        return self._known

    def _take(self, known: Known) -> None:
        self._known, self._broken = known, known.broken
        faulty = {one.file for one in known.broken}
        before = {file: story for file, story in self._stories.items() if file in faulty}
        now = {story.file: story for story in known.content.stories}
        self._stories = before | self._moved | now

    def _weeks(self) -> dict[Week, int]:
        """Returns how many stories each week has, the newest week first."""
        counts: dict[Week, int] = {}
        for story in self._now().content.stories:
            counts[story.week] = counts.get(story.week, 0) + 1
        return dict(sorted(counts.items(), reverse=True))

    def _week(self, words: str) -> Week:
        """Returns the week that words name; without them, the newest one that has stories."""
        with suppress(ValueError):
            if words:
                return Week.parse(words)
        if words:
            raise Refused("there is no such week", 404)
        weeks = reached(self._weeks())
        return weeks[-1] if weeks else Week.of(self._today())

    # ------------------------------------------------------------ pages

    def _page(
        self,
        week: Week,
        reply: Mapping[str, Reply] | None = None,
        said: str = "",
        letter: LetterView | None = None,
    ) -> str:
        known = self._now()
        files = {file for file, story in self._stories.items() if story.week == week}
        files |= {one.file for one in self._broken if paths.is_story(one.file)}
        there = [one for one in sorted(files) if paths.week_of(one) == week]
        hashes = reviewed.known_hashes(self._root)
        found = [self._card(file, hashes, (reply or {}).get(file, NO_REPLY)) for file in there]
        found = [card for card in found if card.story or card.problems or card.reply.why]
        found.sort(key=lambda card: card.story.published.timestamp() if card.story else 0)
        found.reverse()
        self._cards[week] = {card.file: card for card in found}
        letter = letter or self._letters.view(known, week)
        values = {
            "week": week,
            "label": formatting.label(week),
            "weeks": {one: formatting.stories(count) for one, count in self._weeks().items()},
            "labels": formatting.label,
            "site": known.config.site.title,
            "base": known.base,
            "themes": known.config.themes,
            "todo": [self._html(card) for card in found if not card.done],
            "done": [self._html(card) for card in found if card.done],
            "progress": self._progress(week, letter),
            "letter": letter,
            "said": said,
            "broken": [one for one in self._broken if one.file not in there],
        }
        return self._render("desk.html", self._values | values)

    def _card(self, file: str, hashes: Mapping[str, str], reply: Reply = NO_REPLY) -> Card:
        """Returns a story as its file has it now."""
        known = self._now()
        was = self._stories.get(file)
        try:
            data = disk.read_inside(self._root, file)
            if data is None:
                return Card(file=file, reply=reply)
            vocabulary = curate.vocabulary(self._root, known.config)
            shown = change_requests.shown(data, file, was.excerpt if was else "", vocabulary)
        except Faults as faults:
            return Card(file=file, problems=faults.problems, reply=reply)
        except DigestError as error:
            what = self._words(error).removeprefix(f"{file}: ")
            return Card(file=file, problems=(Problem(file, 0, what),), reply=reply)
        story = shown.story
        beside = known.annotations.of_file(file)
        records = known.annotations.records(story)
        likely = known.annotations.likely(file)
        feeds = {feed.id: feed for feed in known.config.feeds}
        is_reviewed = reviewed.is_reviewed(story, hashes)
        is_new = curate.is_untouched(story, records, known.config)
        is_changed = bool(pending.to_look_at(records, story, shown.text))
        summary = beside.summary or story.excerpt
        return Card(
            file=file,
            seen_hash=reply.seen_hash or shown.seen_hash,
            story=story,
            publisher=cards.publisher(story, feeds)[0],
            summary=tuple(filter(None, summary.split("\n\n"))),
            chips=view.chips(story, known.config.themes, beside.reasons, likely),
            hints=beside.hints,
            done=is_reviewed or not (is_new or is_changed),
            reviewed=is_reviewed,
            reply=reply,
        )

    def _html(self, card: Card) -> Html:
        link = Html(editor_link(self._root, card.file, 1))
        day = formatting.day(card.story.published) if card.story else ""
        values = {"card": card, "link": link, "day": day, "token": self.session.token}
        event = self._events.view(card.file, self._cards, self._now().content)
        values |= {"week": paths.week_of(card.file), "markdown": _markdown(card), "event": event}
        return Html(self._render("card.html", values))

    def _progress(self, week: Week, letter: LetterView) -> str:
        return view.progress(self._cards.get(week, {}).values(), letter.state)

    # ------------------------------------------------------------ saves

    def _post(self, request: DeskRequest, given: dict[str, str]) -> DeskResponse:
        week = self._week(given.pop("at", ""))
        if request.place == "story":
            return self._save(request, given, week)
        if request.place == "undo":
            said, files = self._undo()
            return self._saved(request, week, files, said)
        if request.place == "preview":
            known = self._now()
            return _json({"html": self._letters.preview(known, week, given.get("body", ""))})
        if request.place == "letter":
            return self._save_letter(request, week, given)
        raise Refused("there is nothing at this address", 404)

    def _save(self, request: DeskRequest, given: dict[str, str], week: Week) -> DeskResponse:
        """Carries out what a story's form asks for."""
        known, file, seen = self._now(), given.get("file", ""), given.get("seen", "")
        stories = self._stories
        story = stories.get(file)
        if story is None:
            problems = "\n".join(map(str, curate.unknown(self._root, known.config, file)))
            raise Refused(problems, 404)
        if given.get("set") == "take":
            return self._saved(request, week, [file], f"As the file has it: {self._named([file])}")
        texts = {name: text_lines.normalized(given[name]) for name in _TEXTS if name in given}
        seen = seen or "unseen"  # a file that could not be read when its form was shown
        try:
            now = curate.look(self._root, known.config, story)
            wanted = form.wanted(given, now.story, known.config.themes, self._today())
            if seen == now.seen_hash:
                desk_events.refuse(now.story, wanted.changes, known.content)
            change = ChangeRequest(
                file=file, seen_hash=seen, changes=wanted.changes, week=wanted.week
            )
            results = curate.run(self._root, known.config, [change], list(stories.values()))
        except (DigestError, ValueError) as error:
            why, again = self._words(error), given.get("set", "")
            reply = Reply(why, typed=texts, again=again, seen_hash=seen)
            return self._kept(request, week, file, reply)
        first = results[0]
        if isinstance(first, Refusal):
            found = view.clashes(wanted.changes, first.now) if first.changed else ()
            again, seen = given.get("set", ""), "" if first.changed else seen
            reply = Reply(self._words(first.why), found, texts, again, seen)
            return self._kept(request, week, file, reply)
        edits = [one for one in results if isinstance(one, Edit)]
        file = first.place or file
        place = formatting.label(wanted.week) if wanted.week else ""
        name = view.named([now.story.shown_headline])
        said = f"{view.told(wanted, place)}: {name}"
        self._remember(said, edits)
        if wanted.reviewed and seen != now.seen_hash:
            why = f"Changed since you saw it, look again: {self._named([file])}"
            return self._saved(request, week, [file], why)
        if wanted.reviewed is not None:
            reviewed.set_reviewed(self._root, now.story, reviewed=wanted.reviewed)
        if given.get("set") == "link":
            is_saved = any(one.place or one.before != one.after for one in edits)
            saved = [change.file, file] if is_saved else []
            return self._save_letter(request, week, {"set": f"link={file}"}, saved)
        if others := [one.file for one in edits[1:] if one.before != one.after]:
            said += f"; no longer leads the week: {self._named(others)}"
        kept = [one for one in results if isinstance(one, Refusal)]  # others that lead the week
        why = "; ".join(self._words(one.why) for one in kept)
        touched = [change.file, file, *others, *(one.request.file for one in kept)]
        return self._saved(request, week, touched, said, why and f"another leads, too: {why}")

    def _save_letter(
        self, request: DeskRequest, week: Week, given: Mapping[str, str], files: Iterable[str] = ()
    ) -> DeskResponse:
        """Carries out what the letter's form asks for; `files` are of the story saved with it."""
        letter, edits = self._letters.save(self._now(), week, given)
        if edits:
            self._saves.append(("Letter saved" if letter.is_refused else letter.said, edits))
        said = letter.said
        if letter.is_refused:
            action = given.get("set", "").partition("=")[0]
            done = {"publish": "published:", "draft": "drafted:", "link": "linked in"}
            begun = "Saved, but not" if edits or files else "Not"
            said = f"{begun} {done.get(action, 'saved:')} the letter"
        if request.wants_json:
            values = {"letter": letter, "week": week, "token": self.session.token}
            reply: dict[str, Any] = {"letter": self._render("letter.html", values), "said": said}
            reply["cards"] = self._shown_again(week, files)
            reply |= {"progress": self._progress(week, letter), "refused": letter.is_refused}
            return _json(reply, 409 if letter.is_refused else 200)
        if letter.is_refused:
            return DeskResponse(self._page(week, said=said, letter=letter), 409)
        self._told = said
        return self._to(week, "letter")

    def _today(self) -> date:
        return self._clock().astimezone(ZoneInfo(self._now().config.site.timezone)).date()

    def _kept(self, request: DeskRequest, week: Week, file: str, reply: Reply) -> DeskResponse:
        """Answers that nothing was written, with what was typed."""
        if not request.wants_json:
            return DeskResponse(self._page(week, {file: reply}, reply.why), 409)
        card = self._card(file, reviewed.known_hashes(self._root), reply)
        html, said = {card.anchor: self._html(card)}, f"Not saved: {card.headline}"
        return _json({"cards": html, "said": said, "refused": True}, 409)

    def _saved(
        self, request: DeskRequest, week: Week, files: Iterable[str], said: str, refused: str = ""
    ) -> DeskResponse:
        """Answers with the files' cards as they are now, and with what was refused beside them."""
        files = list(files)
        if refused:
            said = f"{said}, but {refused}"
        if not request.wants_json:
            if refused:
                return DeskResponse(self._page(week, said=said), 409)
            self._told = said
            there = [file for file in files if paths.week_of(file) == week]
            return self._to(week, Card(file=there[0]).anchor if there else "")
        html = self._shown_again(week, files)
        letter = self._letters.view(self._now(), week)
        reply = {"cards": html, "said": said, "progress": self._progress(week, letter)}
        if any(map(paths.is_letter, files)):
            values = {"letter": letter, "week": week, "token": self.session.token}
            reply["letter"] = self._render("letter.html", values)
        return _json(reply | {"refused": bool(refused)})

    def _shown_again(self, week: Week, files: Iterable[str]) -> dict[str, str]:
        """Returns the HTML of the week's cards by id as their files are now, "" without a file."""
        shown, hashes = self._cards.setdefault(week, {}), reviewed.known_hashes(self._root)
        html: dict[str, str] = {}
        for file in dict.fromkeys(files):
            if paths.week_of(file) != week or not paths.is_story(file):
                continue
            card = self._card(file, hashes)
            is_there = bool(card.story or card.problems)
            shown.pop(file, None)
            if is_there:
                shown[file] = card
            html[card.anchor] = self._html(card) if is_there else ""
        return html

    def _to(self, week: Week, anchor: str = "") -> DeskResponse:
        query = urlencode({"week": str(week)})
        return DeskResponse(status=303, location=f"/_desk/?{query}" + (anchor and f"#{anchor}"))

    def _remember(self, said: str, edits: Iterable[Edit]) -> None:
        """Notes the edits of a save, for undo, and where moved stories are."""
        made = [edit for edit in edits if edit.place or edit.before != edit.after]
        if made:
            self._saves.append((said, tuple(made)))
        for edit in made:
            if edit.place and (story := self._stories.get(edit.file)):
                week = paths.week_of(edit.place) or story.week
                moved = replace(story, file=edit.place, week=week)
                self._moved |= {edit.place: moved, edit.file: story}
                self._stories |= self._moved

    def _undo(self) -> tuple[str, list[str]]:
        """Undoes the last save, all its files or none; returns what was done, and the files.

        If it is refused for now, it can be tried again. If a file has changed since, it is over, so
        that the next undo reaches the save before it.
        """
        if not self._saves:
            return "Nothing to undo", []
        said, edits = self._saves.pop()
        try:
            changed = curate.make(self._root, [edit.undone for edit in reversed(edits)])
        except DigestError as error:
            self._saves.append((said, edits))
            raise DigestError(f"not undone: {error}") from None
        files = [file for edit in edits for file in (edit.file, edit.place) if file]
        if changed:
            others = [edit.place or edit.file for edit in edits]
            others = [file for file in others if file not in changed]
            rest = f"; nor is {', '.join(others)}, saved with it" if others else ""
            return f"{', '.join(changed)}: changed since it was saved, and not undone{rest}", files
        return f"Undone: {said[:1].lower()}{said[1:]}", files

    def _named(self, files: Iterable[str]) -> str:
        """Returns the headlines of stories for a message, of other files their names."""
        found = ((self._stories.get(file), file) for file in files)
        return view.named(
            one.shown_headline if one else "the letter" if paths.is_letter(file) else file
            for one, file in found
        )


def _markdown(card: Card) -> str:
    """Returns the link to a story that a letter has."""
    return letter_draft.link(card.story) if card.story else ""


def _json(values: Mapping[str, Any], status: int = 200) -> DeskResponse:
    return DeskResponse(json.dumps(values, default=str), status, "application/json; charset=utf-8")
