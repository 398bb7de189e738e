"""What git has merged into stories, so that an editor may not have seen what a pull has changed.

    edited since a pull left it   ──▶ the versions that a merge or rebase has combined
    has a feed's earlier words    ──▶ the versions of both sides; fields that a rebase has left out

`content/pending` decides what of it is to be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from digest import git, git_log
from digest.content import ledger, paths, pending
from digest.content.history import History
from digest.content.pending import GitMerge, GitMerges
from digest.model import Story


def find_merges(
    root: Path, stories: Iterable[Story], history: History, read: Callable[[str], str]
) -> GitMerges:
    """Returns what git has merged into the files in which a pull's change may be unseen.

    `read` returns the text of a story's file. Hidden stories have none.
    """
    edited, outdated = list[str](), list[Story]()
    for story in stories:
        records = [] if story.hide else history.of(story)
        if pending.has_any(records) and pending.is_edited(records, story, read(story.file)):
            edited.append(story.file)
        if pending.outdated_fields(records, story):
            outdated.append(story)
    versions = git_log.merged_from(root, edited)
    versions |= git_log.both_sides(root, [story.file for story in outdated])
    left_out = _left_out(root, history, outdated)
    return {
        file: GitMerge(versions.get(file, ()), left_out.get(file, ()))
        for file in versions.keys() | left_out.keys()
    }


def _left_out(root: Path, history: History, stories: Sequence[Story]) -> dict[str, list[str]]:
    """Returns the fields that pulls have corrected in commits that were rebased, and no file has."""
    files = [story.file for story in stories]
    last_commits = git_log.before_rebase(root, files, paths.LEDGERS)
    found = dict[str, list[str]]()
    for story in stories:
        if story.file not in last_commits:
            continue
        records = history.of(story)
        feeds = sorted({record.feed for record in records})
        commit = last_commits[story.file]
        ledgers_then = git.contents(root, [f"{commit}:./{paths.ledger(feed)}" for feed in feeds])
        known = {
            feed: ledger.loads(text, feed)[0]
            for feed, text in zip(feeds, ledgers_then, strict=True)
        }
        earlier = [known[record.feed].get(record.id) for record in records]
        outdated_then = pending.outdated_fields([record for record in earlier if record], story)
        outdated_now = pending.outdated_fields(records, story)
        found[story.file] = [name for name in outdated_now if name not in outdated_then]
    return found
