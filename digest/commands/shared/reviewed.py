"""What an editor has reviewed: the cache has a hash of the publisher's words of each story.

    set_reviewed ──▶ the cache ──▶ stories_to_review: new, or changed since the editor wrote

If the publisher's words change, the story is to be reviewed again. It is not in git, since it is
what one editor has seen. Without it, the stories that no one has touched are shown as new again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

from digest.cache import Cache, was_damaged
from digest.checks import content_rules
from digest.commands.shared import curate, git_merges
from digest.content import store
from digest.content.load import Survey
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
    merges = git_merges.find_merges(root, survey.content.stories, survey.history, read)
    return content_rules.files_to_review(survey, read, merges)


def _key(story: Story) -> str:
    """Returns what tells a story from others; two feeds may give the same id."""
    return f"{story.id} {story.link}".strip()


def _words_hash(story: Story) -> str:
    """Returns a hash of the publisher's words."""
    return sha256(f"{story.title}\n{story.excerpt}".encode(errors="replace")).hexdigest()[:16]
