"""What an editor has reviewed: `.digest/desk/` has a hash of the publisher's words of each story.

    set_reviewed ──▶ .digest/desk/reviewed.json ──▶ to_look_at: new, or changed since the editor wrote

If the publisher's words change, the story is to be looked at again. Another machine, or a digest
whose `.digest/` was deleted, shows the stories that no one has touched as new once more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

from digest import disk, git, json_files
from digest.checks import content_rules
from digest.commands import curate
from digest.content import store
from digest.content.load import ContentReport
from digest.model import Config, Story

NEW, CHANGED = "new", "changed"
_FILE = "desk/reviewed.json"


def known_hashes(root: Path) -> dict[str, str]:
    """Returns the hashes of the words that an editor has reviewed, by story.

    Its file does not matter, so it may move or be renamed.
    """
    return json_files.recall(root, _FILE, lambda known: isinstance(known, str))


def is_reviewed(story: Story, hashes: Mapping[str, str]) -> bool:
    """True if an editor has reviewed a story's present words."""
    return hashes.get(_key(story)) == _words_hash(story)


def set_reviewed(root: Path, story: Story, *, reviewed: bool) -> None:
    """Notes that an editor has reviewed a story as it is now, or has not.

    Raises DigestError, and changes nothing, if the hashes cannot be read.
    """
    disk.read_inside(root, f"{disk.CACHE}/{_FILE}")  # raises before the other hashes are lost
    hashes = known_hashes(root)
    hashes.pop(_key(story), None)
    if reviewed:
        hashes[_key(story)] = _words_hash(story)
    json_files.remember(root, _FILE, hashes)


def to_look_at(
    root: Path, config: Config, survey: ContentReport, unsettled: Collection[str] | None = None
) -> dict[str, str]:
    """Returns the stories to look at, by file: `NEW` if no one has touched them, or `CHANGED`.

    New ones are in weeks after the newest published letter; `unsettled` are those in which a pull
    has left something to look at, if that is known.
    """
    hashes = known_hashes(root)
    letters = [letter.week for letter in survey.content.letters if not letter.draft]
    last, untouched = max(letters, default=None), curate.untouched(survey, config)
    changed = changed_since(root, survey) if unsettled is None else unsettled
    found = {}
    for story in survey.content.stories:
        is_new = story.file in untouched and (last is None or story.week > last)
        if not is_new and story.file not in changed:
            continue
        if not is_reviewed(story, hashes):
            found[story.file] = NEW if is_new else CHANGED
    return found


def changed_since(root: Path, survey: ContentReport) -> tuple[str, ...]:
    """Returns the files in which a pull has left something to look at since an editor wrote."""
    read = partial(store.read_text, root)
    versions = git.merged_from(root, content_rules.edited(survey, read))
    return content_rules.unsettled(survey, read, versions)


def _key(story: Story) -> str:
    """Returns what tells a story from others; two feeds may give the same id."""
    return f"{story.id} {story.link}".strip()


def _words_hash(story: Story) -> str:
    """Returns a hash of the publisher's words."""
    return sha256(f"{story.title}\n{story.excerpt}".encode(errors="replace")).hexdigest()[:16]
