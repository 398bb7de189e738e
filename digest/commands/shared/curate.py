"""Changes stories as an editor asks, for the shell and the desk.

    read_story ──▶ new_request ──▶ apply_requests ──▶ an Edit that was made, or a Refusal, for each
                                     lock ──▶ read the file again ──▶ edit_for ──▶ write it

A file is only written if it is still as it was read. `make_edits` undoes an edit by its inverse.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from posixpath import basename, dirname
from typing import Any

from digest import disk, lock
from digest.checks import also_rules
from digest.content import change_requests, ledger, paths, store
from digest.content.change_requests import ChangeRequest, Refusal, StoryInFile
from digest.content.edit import Edit
from digest.content.known_names import KnownNames, names_of
from digest.content.ledger import Record
from digest.content.letter_draft import links_to
from digest.content.load import Survey
from digest.content.scan import NamesIn
from digest.errors import DigestError, Faults, Kind, Problem
from digest.model import Config, Content, Story
from digest.names import is_markdown
from digest.week import Week

_MAX_TRIES = 3
_EXAMPLE = "content/2026/w20/2026-05-15-slug.md"
_NOT_SLUG = re.compile(r"^\d{4}-\d{2}-\d{2}-|\.\w+$")
_LEADING = re.compile(rb"^\W*lead\W*:\W*(true|yes|on)\b", re.IGNORECASE | re.MULTILINE)


def known_names(root: Path, config: Config) -> KnownNames:
    """Returns the feeds and themes that a story's file may name."""
    with_ledger = filter(None, map(paths.feed_of, NamesIn(root)(paths.LEDGERS)))
    return names_of(config, with_ledger)


def read_story(root: Path, config: Config, story: Story) -> StoryInFile:
    """Returns a story as its file has it now; raises Faults if the file cannot be read."""
    data, zone = disk.read_inside(root, story.file), config.site.zone
    names = known_names(root, config)
    return change_requests.story_in_file(data, story.file, story.excerpt, names, zone)


def new_request(
    shown: StoryInFile,
    changes: Mapping[str, Any],
    week: Week | None = None,
    *,
    content: Content,
    seen_hash: str = "",
) -> ChangeRequest:
    """Returns a request to give a story new values by field, and to move it to a week.

    If the editor has seen another version of its file than `shown`, `seen_hash` is the hash of that
    version, and the request will be refused. Raises ValueError with the reason if a new name in
    `also` would have no effect among all stories.
    """
    file, seen_hash = shown.story.file, seen_hash or shown.seen_hash
    also = changes.get("also") if seen_hash == shown.seen_hash else None
    if also and (why := also_rules.why_no_effect(shown.story, also, content)):
        raise ValueError(why)
    return ChangeRequest(file=file, seen_hash=seen_hash, changes=changes, week=week)


def apply_requests(
    root: Path, config: Config, wanted: Iterable[ChangeRequest], stories: Sequence[Story]
) -> list[Edit | Refusal]:
    """Carries out requests in turn; returns an edit that was made, or a refusal, for each.

    `stories` are all stories as last read. A request that makes a story lead, or moves a lead to
    another week, ends the lead of the others in its week: those edits follow at the end. Of two
    such requests for a week, the second is refused. Raises DigestError if another run writes here.
    """
    with lock.hold(root):
        return apply_requests_locked(root, config, wanted, stories)


def apply_requests_locked(
    root: Path, config: Config, wanted: Iterable[ChangeRequest], stories: Sequence[Story]
) -> list[Edit | Refusal]:
    """Does what `apply_requests` does, for a caller that holds the digest's lock."""
    by_file = {story.file: story for story in stories}
    names = known_names(root, config)
    wanted = [
        _keep_lead_on_move(root, config, request, by_file.get(request.file)) for request in wanted
    ]
    results, made, leads = list[Edit | Refusal](), list[ChangeRequest](), dict[Week, str]()
    for request in wanted:
        week = request.week or paths.week_of(request.file)
        if request.leads and week and leads.setdefault(week, request.file) != request.file:
            why = f"{basename(leads[week])} leads {week} already by the same command"
            why = f"{request.file}: {why}; a week has one lead"
            results.append(Refusal(request=request, why=why))
            continue
        results.append(_apply_request(root, config, request, by_file.get(request.file), names))
        if isinstance(results[-1], Edit):
            made.append(request)
        elif request.leads and week:
            del leads[week]
    moved = {edit.new_file for edit in results if isinstance(edit, Edit)}
    for other in change_requests.other_leads(made, stories):
        if other.file in moved or b"lead" not in (disk.read_inside(root, other.file) or b""):
            continue
        result = _apply_request(root, config, other, by_file[other.file], names)
        if isinstance(result, Refusal) or result.before != result.after:
            results.append(result)
    for week in leads:
        results += _unread_leads(root, week, by_file.keys() | moved)
    return results


def make_edits(root: Path, edits: Sequence[Edit]) -> list[str]:
    """Makes all edits or none; returns the files that have changed since, for which none was made.

    Raises DigestError, and changes nothing, if another run writes here or a place is taken.
    """
    with lock.hold(root), ExitStack() as reverting:
        texts = {edit.file: edit.before.encode() for edit in reversed(edits)}  # the first of each
        changed = [file for file in texts if (disk.read_inside(root, file) or b"") != texts[file]]
        if changed:
            return changed
        for edit in edits:
            if not store.apply_edit(root, edit):
                return [edit.file]
            reverting.callback(store.apply_edit, root, edit.inverse)
        reverting.pop_all()
    return []


def links_to_hidden(story: Story, content: Content) -> tuple[Problem, ...]:
    """Returns a hint for each published letter or page that links to a story that is now hidden.

    The words of such a link are the editor's, and stay published.
    """
    names = {basename(story.file)}
    for address in content.story_addresses:
        if address.present_file == story.file:
            names.add(basename(address.file))
    found = []
    for text in content.texts:
        for number, line in enumerate(() if text.draft else text.body.split("\n"), start=text.line):
            linked = [name for name in sorted(names) if links_to(line, name)]
            if linked:
                what = f"the link to '{linked[0]}' leads to a hidden story"
                cure = "its words are published without the link; remove them if they must not be"
                found.append(Problem(text.file, number, what, cure, kind=Kind.HINT))
                break
    return tuple(found)


def untouched(survey: Survey, config: Config) -> frozenset[str]:
    """Returns the files of stories that are as pull wrote them, in what an editor usually changes."""
    history = survey.history
    found = set[str]()
    for story in survey.content.stories:
        if is_untouched(story, history.of(story), config):
            found.add(story.file)
    return frozenset(found)


def is_untouched(story: Story, records: Sequence[Record], config: Config) -> bool:
    """True if a story is as pull wrote it, in what an editor usually changes."""
    themes = ledger.hashes({"themes": story.themes}).get("themes", "")
    own = (story.note.strip(), story.headline, story.source, story.lead, story.hide, story.also)
    if any(own) or story.corrections or story.draft != config.draft:
        return False
    return themes in {record.wrote.get("themes", "") for record in records}


def _keep_lead_on_move(
    root: Path, config: Config, request: ChangeRequest, story: Story | None
) -> ChangeRequest:
    """Returns a request to move a lead so that the story also leads the week that it moves to."""
    if story is None or request.week in {None, story.week}:
        return request
    with suppress(Faults):  # as its file is now: another program may have changed it since
        if read_story(root, config, story).story.lead:
            return replace(request, changes={"lead": True, **request.changes})
    return request


def _unread_leads(root: Path, week: Week, read: Collection[str]) -> Iterator[Refusal]:
    """Yields refusals for files of a week that say that they lead it, but were never read."""
    folder = f"content/{week.folder}"
    for name in sorted(NamesIn(root)(folder)):
        file = f"{folder}/{name}"
        if file in read or not paths.is_story(file):
            continue
        if _LEADING.search(disk.read_inside(root, file) or b""):
            why = f"{file}: says that it leads {week}, and cannot be read; see 'digest check'"
            yield Refusal(request=ChangeRequest(file=file, changes={"lead": False}), why=why)


def _other_file_with(root: Path, file: str, name: str) -> str:
    """Returns a file that names a picture beside a story as well, "" if there is none."""
    for other in filter(is_markdown, store.files(root)):
        text = store.read_text(root, other) if other != file else ""
        if change_requests.mentions(text, name):
            return other
    return ""


def _apply_request(
    root: Path, config: Config, request: ChangeRequest, story: Story | None, names: KnownNames
) -> Edit | Refusal:
    if story is None:
        return Refusal(
            request=request, why="\n".join(map(str, why_not_editable(root, config, request.file)))
        )
    beside = NamesIn(root)(dirname(request.file)) if request.week else ()
    for _ in range(_MAX_TRIES):
        data = disk.read_inside(root, request.file)
        decided = change_requests.edit_for(
            request,
            data,
            story.excerpt,
            names,
            config.site.zone,
            beside,
            partial(_other_file_with, root, request.file),
        )
        if isinstance(decided, Refusal):
            return decided
        try:
            if store.apply_edit(root, decided):
                return decided
        except DigestError as error:
            return Refusal(request=request, why=str(error))
    return Refusal(
        request=request, why=f"{request.file}: another program is changing this file; try again"
    )


def not_a_story(root: Path, file: str) -> Problem:
    """Returns the problem of a file that was named as that of a story, and is not there or is
    something else; it suggests the story with the most similar slug."""
    what = "this is not a story"
    with suppress(DigestError):  # outside the digest's folder, nothing is said of what there is
        if not disk.inside(root, file).exists():
            what = "there is no such file"
    stories = filter(paths.is_story, store.files(root))
    by_slug = {_NOT_SLUG.sub("", basename(story)): story for story in stories}
    near = difflib.get_close_matches(_NOT_SLUG.sub("", basename(file)), by_slug, n=1)
    cure = "was it moved or deleted?" if paths.is_story(file) else f"name a file such as {_EXAMPLE}"
    if near:
        cure = f"did you mean '{by_slug[near[0]]}'?"
    return Problem(file, 0, what, cure)


def why_not_editable(root: Path, config: Config, file: str) -> list[Problem]:
    """Returns why a file that is not among the stories cannot be edited."""
    if not paths.is_story(file):
        return [not_a_story(root, file)]
    try:
        data, zone = disk.read_inside(root, file), config.site.zone
        if data is None:
            return [not_a_story(root, file)]
        change_requests.story_in_file(data, file, "", known_names(root, config), zone)
    except Faults as faults:
        return list(faults.problems)
    return [Problem(file, 0, "this story is new; look at it before you edit it")]
