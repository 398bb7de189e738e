"""What an editor has reviewed: the cache has a hash of the publisher's words of each story.

    set_reviewed ──▶ the cache ──▶ stories_to_review: new, or changed since the editor wrote

If the publisher's words change, the story is to be reviewed again. It is not in git, since it is
what one editor has seen. Without it, the stories that no one has touched are shown as new again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

from digest import git
from digest.cache import Cache, was_damaged
from digest.checks import content_rules
from digest.commands.shared import curate
from digest.content import ledger, paths, pending, store
from digest.content.history import History
from digest.content.load import Survey
from digest.content.pending import GitMerge
from digest.model import Config, Story

NEW, CHANGED = "new", "changed"
_KIND = "reviewed"


def known_hashes(root: Path) -> dict[str, str]:
    """Returns the hashes of the words that an editor has reviewed, by story.

    Its file does not matter, so it may move or be renamed.
    """
    with Cache(root) as cache:
        return cache.get_kind(_KIND, str)


def is_reviewed(story: Story, hashes: Mapping[str, str]) -> bool:
    """True if an editor has reviewed a story's present words."""
    return hashes.get(_key(story)) == _words_hash(story)


def set_reviewed(root: Path, story: Story, *, reviewed: bool) -> str:
    """Notes that an editor has reviewed a story as it is now, or has not.

    Returns a notice if earlier marks are damaged and lost, else "". Raises DigestError if the cache
    cannot be written.
    """
    with Cache(root) as cache:
        cache.get_kind(_KIND, str)
        if reviewed:
            cache.put(_KIND, _key(story), b"", _words_hash(story))
        else:
            cache.remove(_KIND, _key(story))
        cache.save(flush=True)
    damage = was_damaged(root, _KIND)
    return f"{damage}; stories that you had left as they are may be shown again" if damage else ""


def stories_to_review(
    root: Path, config: Config, survey: Survey, changed: Collection[str] | None = None
) -> dict[str, str]:
    """Returns the stories to review, by file: `NEW` if no one has touched them, or `CHANGED`.

    New ones are in weeks after the newest published letter; `changed` are those in which a pull
    has left something to look at, if that is known.
    """
    hashes = known_hashes(root)
    letters = [letter.week for letter in survey.content.letters if not letter.draft]
    last, untouched = max(letters, default=None), curate.untouched(survey, config)
    changed = changed_by_pull(root, survey) if changed is None else changed
    found = {}
    for story in survey.content.stories:
        is_new = story.file in untouched and (last is None or story.week > last)
        if not is_new and story.file not in changed:
            continue
        if not is_reviewed(story, hashes):
            found[story.file] = NEW if is_new else CHANGED
    return found


def changed_by_pull(root: Path, survey: Survey) -> tuple[str, ...]:
    """Returns the files in which a pull has left something to look at since an editor wrote."""
    read = partial(store.read_text, root)
    return content_rules.files_to_review(survey, read, git_merges(root, survey))


def git_merges(root: Path, survey: Survey) -> content_rules.GitMerges:
    """Returns what git has merged into the files in which a pull's change may be unseen."""
    history = survey.history
    edited, outdated = list[str](), list[Story]()
    for story in survey.content.stories:
        records = [] if story.hide else history.of(story)
        if pending.has_any(records):
            text = store.read_text(root, story.file)
            if pending.is_edited(records, story, text):
                edited.append(story.file)
        if pending.outdated_fields(records, story):
            outdated.append(story)
    versions = git.merged_from(root, edited)
    versions |= git.both_sides(root, [story.file for story in outdated])
    left_out = _left_out(root, history, outdated)
    return {
        file: GitMerge(versions.get(file, ()), left_out.get(file, ()))
        for file in versions.keys() | left_out.keys()
    }


def _left_out(root: Path, history: History, stories: Sequence[Story]) -> dict[str, list[str]]:
    """Returns the fields that pulls have corrected in commits that were rebased, and no file has."""
    files = [story.file for story in stories]
    last_commits = git.before_rebase(root, files, paths.LEDGERS)
    place, found = git.prefix(root), dict[str, list[str]]()
    for story in stories:
        if story.file not in last_commits:
            continue
        records = history.of(story)
        feeds = sorted({record.feed for record in records})
        commit = last_commits[story.file]
        ledgers_then = git.contents(
            root, [f"{commit}:{place}{paths.ledger(feed)}" for feed in feeds]
        )
        known = {
            feed: ledger.loads(text, feed)[0]
            for feed, text in zip(feeds, ledgers_then, strict=True)
        }
        earlier = [known[record.feed].get(record.id) for record in records]
        outdated_then = pending.outdated_fields([record for record in earlier if record], story)
        outdated_now = pending.outdated_fields(records, story)
        found[story.file] = [name for name in outdated_now if name not in outdated_then]
    return found


def _key(story: Story) -> str:
    """Returns what tells a story from others; two feeds may give the same id."""
    return f"{story.id} {story.link}".strip()


def _words_hash(story: Story) -> str:
    """Returns a hash of the publisher's words."""
    return sha256(f"{story.title}\n{story.excerpt}".encode(errors="replace")).hexdigest()[:16]
