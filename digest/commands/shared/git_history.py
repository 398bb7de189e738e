"""Compares the story files and ledgers with each other and with git's history.

    the cache ──▶ files that pulls wrote here ──in git now──▶ dropped from the list
                                              ──not here──▶ deleted before git had them: recorded in the ledger
    stories of ledgers ──▶ not here, not recorded as deleted ──never committed──▶ a hint that lists them
    lines of ledgers   ──▶ damaged, or not here any more ──▶ a problem; the pull adds no stories of that feed
    deleted files      ──▶ here again, though no later commit has added or edited them ──▶ a hint

Only `note_deletions` and `list_written` change something: that list and the ledgers. In a shallow
clone, whose history is incomplete, nothing is said about stories that were never committed, nor
about files that are back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from posixpath import basename

from digest import disk, git, git_log
from digest.cache import Cache
from digest.commands.shared import cached_content
from digest.content import ledger, paths, store
from digest.content.ledger import Ledgers, Record
from digest.content.load import Survey
from digest.errors import Kind, Problem, and_more, count_of
from digest.intake import snapshot, uncommitted
from digest.intake.uncommitted import Missing
from digest.model import Config
from digest.names import is_markdown

_CONTENT = "content"
_MAX_NAMED = 5
_FILE = attrgetter("file")


def list_written(cache: Cache, created: Collection[str], lines: Iterable[Record]) -> None:
    """Adds files that a pull creates here to the list of files that git does not have yet.

    `lines` are those that it adds to the ledgers, and `created` has files that a killed pull
    created. The caller saves the cache before it writes the files. If it is killed first,
    `note_deletions` drops those that were never written, since no ledger has them.
    """
    for file, at in uncommitted.newly_written(created, lines).items():
        cache.put(uncommitted.KIND, file, b"", at)


def note_deletions(root: Path, cache: Cache, config: Config) -> tuple[str, ...]:
    """Records in the ledgers which pulled files were deleted here before git had them.

    Returns a message for each feed. Without a git repository the list is kept, since there may be
    one later. The caller holds the digest's lock.
    """
    listed = cache.get_kind(uncommitted.KIND, str)
    committed = git.tracked(root, _CONTENT) if listed else None
    if committed is None:
        return ()
    waiting = {file: time for file, time in listed.items() if file not in committed}
    gone = {file: time for file, time in waiting.items() if not (root / file).is_file()}
    messages = []
    if gone:
        ever = committed | (
            git_log.ever_committed(root, _CONTENT, all_branches=True) or frozenset()
        )
        ledgers, _ = store.read_ledgers(root)
        ours = uncommitted.never_committed(uncommitted.written_by_this_machine(gone, ledgers), ever)
        deleted = _without_moved(root, config, ledgers, ours)
        store.add_lines(root, uncommitted.deletions(deleted))
        for feed, files in uncommitted.by_feed(deleted).items():
            were, them = ("was", "it") if len(files) == 1 else ("were", "them")
            what = f"records that {count_of(len(files), 'story', 'stories')} {were} deleted here before git had {them}"
            messages.append(f"{paths.ledger(feed)}: {what}: {and_more(files, _MAX_NAMED)}")
        for file in gone.keys() - (ours.keys() - deleted.keys()):
            del waiting[file]
    if waiting != listed:
        cache.keep_only(uncommitted.KIND, waiting)
    cache.save(flush=True)
    return tuple(messages)


# ---------------------------------------------------------------- stories that git never had


def never_committed_hints(
    root: Path, cache: Cache, config: Config, ledgers: Ledgers
) -> tuple[Problem, ...]:
    """Returns a hint for each feed with stories whose files are not here and were never committed,
    and for each such story that was written by hand.
    """
    missing = _never_committed(root, cache, ledgers, store.files(root))
    return tuple(_hints_of_missing(root, _without_moved(root, config, ledgers, missing)))


def uncommitted_hints(root: Path, survey: Survey) -> Iterator[Problem]:
    """Yields the `never_committed_hints` of a survey, and one for each feed with stories that are
    here and that git does not have yet.
    """
    tracked = git.tracked(root, _CONTENT)
    if tracked is None:
        return
    stories, content = survey.content.stories, survey.content
    if not content.unread:
        with Cache(root) as cache:
            missing = _never_committed(root, cache, survey.ledgers, survey.files)
        if missing:
            yield from _hints_of_missing(
                root, uncommitted.without_moved(missing, stories, content.altered)
            )
    untracked = [story for story in stories if story.file not in tracked]
    history = survey.history if untracked else None
    moved_from = tracked.difference(survey.files)
    names_moved = set(map(basename, moved_from))
    places: dict[str, set[str]] = {}
    for address in content.story_addresses:
        places.setdefault(address.present_file, set()).add(address.file)
    found: dict[str, list[str]] = {}
    for story in untracked:
        records = history.of(story) if history else []
        were = {*places.get(story.file, ()), *map(_FILE, records)}
        if basename(story.file) in names_moved or not moved_from.isdisjoint(were):
            continue  # git has it where it was before
        for record in records:
            if paths.ledger(record.feed) in tracked:
                found.setdefault(record.feed, []).append(story.file)
                break
    for feed, files in found.items():
        are = "is" if len(files) == 1 else "are"
        counted = count_of(len(files), "story", "stories")
        what = f"{counted} that it lists {are} not in git yet: {and_more(files, _MAX_NAMED)}"
        cure = "run 'git add content' and commit; without the files, other clones would take these stories for deleted"
        yield Problem(paths.ledger(feed), 0, what, cure, kind=Kind.HINT)


def _never_committed(root: Path, cache: Cache, ledgers: Ledgers, files: Iterable[str]) -> Missing:
    """Returns the stories of ledgers that are not among `files`, and that git never had."""
    listed = cache.get_kind(uncommitted.KIND, str)
    here = {*uncommitted.written_by_this_machine(listed, ledgers)} if listed else set()
    missing = uncommitted.missing_stories(ledgers, frozenset(files), here)
    ever = git_log.ever_committed(root, _CONTENT) if missing else None
    return {} if ever is None else uncommitted.never_committed(missing, ever)


def _without_moved(root: Path, config: Config, ledgers: Ledgers, missing: Missing) -> Missing:
    """Returns the stories that are in no other file either, not even in one that cannot be read."""
    if not missing:
        return {}
    altered = cached_content.read(root, config).altered
    known = snapshot.read_snapshot(
        root, config, ledgers, uncommitted.search_texts_of_missing(missing), altered
    )
    lost = {}
    for file, records in uncommitted.without_moved(missing, known.stories, altered).items():
        if not known.unreadable_with(uncommitted.search_texts_of_missing({file: records})):
            lost[file] = records
    return lost


def _hints_of_missing(root: Path, missing: Missing) -> Iterator[Problem]:
    by_hand = uncommitted.written_by_hand(missing)
    for file, record in by_hand.items():
        what = f"knows a story that was written by hand, and whose file was never committed: {file}"
        name = "id" if ledger.has_guid(record) else "link"
        cure = (
            "commit it on the machine where it was written; if it was renamed here, give it this "
            f"{name} again: {record.id}"
        )
        line = _line(root, record.feed, [file])
        yield Problem(paths.ledger(record.feed), line, what, cure, kind=Kind.HINT)
    pulled = {file: records for file, records in missing.items() if file not in by_hand}
    for feed, files in uncommitted.by_feed(pulled).items():
        were = "file was" if len(files) == 1 else "files were"
        stories = count_of(len(files), "story", "stories")
        what = f"lists {stories} whose {were} never committed: {and_more(files, _MAX_NAMED)}"
        cure = (
            "run 'git add content' and commit on the machine that pulled them; or delete their "
            "lines here, and the next pull brings back those that the feed still has"
        )
        yield Problem(paths.ledger(feed), _line(root, feed, files), what, cure, kind=Kind.HINT)


def _line(root: Path, feed: str, files: Sequence[str]) -> int:
    """Returns the first line of a ledger that names one of the files; 0 if none does."""
    names = [f'"{file}"' for file in files]
    text = store.read_text(root, paths.ledger(feed))
    for number, line in enumerate(text.split("\n"), start=1):
        if any(name in line for name in names):
            return number
    return 0


# ---------------------------------------------------------------- ledgers that are not whole
#
# Until they are repaired, a pull adds no new stories of such a feed: any of them may be one that an
# editor deleted.


def damaged_ledgers(root: Path, problems: Iterable[Problem]) -> dict[str, Problem]:
    """Returns a problem for each feed whose ledger has lines that cannot be read.

    Merge-conflict marks do not count, nor does an unfinished line at the end: a killed pull left
    it, and its story is there.
    """
    found: dict[str, Problem] = {}
    for problem in problems:
        feed = paths.feed_of(basename(problem.file))
        if not feed or problem.kind == Kind.CONFLICT_MARK:
            continue
        lines = (disk.read_inside(root, problem.file) or b"").split(b"\n")
        if problem.line < len(lines) or not lines[-1].startswith(b"{"):
            what = f"no new stories of '{feed}' are added, since they may be ones that you deleted"
            cure = "restore the lines that cannot be read from git or a backup"
            found[feed] = Problem(problem.file, 0, what, cure)
    return found


def shortened_ledgers(root: Path, ledgers: Ledgers) -> dict[str, Problem]:
    """Returns a problem for each feed whose ledger lacks entries that the last commit has."""
    found = {}
    for file, committed in git.shortened(root, paths.LEDGERS).items():
        feed = paths.feed_of(basename(file))
        if not feed:
            continue
        lost = ledger.loads(committed, feed)[0].keys() - ledgers.get(feed, {}).keys()
        if lost:
            entries = count_of(len(lost), "entry", "entries")
            what = (
                f"lacks {entries} that the last commit has, so no new stories of '{feed}' are added"
            )
            cure = f"run 'git checkout HEAD -- {file}', or commit it if you took these lines out yourself"
            found[feed] = Problem(file, 0, what, cure)
    return found


# ---------------------------------------------------------------- deleted files that are back


def brought_back_hints(root: Path, survey: Survey) -> Iterator[Problem]:
    """Yields a hint for each file that an editor deleted, and a merge or rebase has brought back.

    Each side of a merge is right by itself, so this is easy to miss, and the file is published
    again. Hidden stories are not on the site, so they do not count.
    """
    content, history = survey.content, survey.history
    hidden = {story.file for story in content.stories if story.hide}
    present_files: dict[str, str] = {}
    for address in content.story_addresses:
        if address.present_file and address.present_file not in hidden:
            present_files[address.file] = address.present_file
    deleted_elsewhere = set()
    for story in content.stories:
        if story.hide:
            continue
        for record in history.of(story):
            present_files |= dict.fromkeys(record.files, story.file)
            if record.deleted:
                deleted_elsewhere.add(story.file)
    present_files |= {
        file: file for file in survey.files if is_markdown(file) and file not in hidden
    }
    found = git_log.brought_back(
        root, _CONTENT, present_files, deleted_elsewhere, ledgers=paths.LEDGERS
    )
    for file, commit in sorted(found.items()):
        where = f"in commit {commit}" if commit else "on another machine, as the ledger says"
        what = f"was deleted {where}, and a merge has brought it back"
        cure = "delete it again; or, to keep it, edit it and commit that edit by itself"
        yield Problem(file, 0, what, cure, kind=Kind.HINT)
