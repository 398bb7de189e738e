"""The content as it may be published: without the secrets (passwords, tokens) in its URLs.

Pages, feeds, the search index and exports are made from the result; the files do not change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from digest import redact
from digest.errors import and_more
from digest.model import Content, Correction, DueDate, FreePage, Letter, Story
from digest.names import lasting_name

_TEXTS = ("title", "headline", "link", "image", "saved", "source", "excerpt", "note")
_MAX_NAMED = 3  # files

_Text = TypeVar("_Text", Letter, FreePage)
_Dated = TypeVar("_Dated", Correction, DueDate)


def without_secrets(content: Content) -> Content:
    """Returns the content without secrets in its URLs; Atom ids stay the same."""
    content = content._replace(
        letters=tuple(map(_clean_text, content.letters)),
        introductions=tuple(map(_clean_text, content.introductions)),
        pages=tuple(map(_clean_text, content.pages)),
    )
    clean = dict(_clean_stories(content))
    if not clean:
        return content
    names = dict(content.lasting_names)
    stories = list(content.stories)
    for index, story in enumerate(stories):
        if story.file in clean:
            stories[index] = clean[story.file]
            if not story.id:
                names.setdefault(story.file, lasting_name(story))
    return content._replace(stories=tuple(stories), lasting_names=names)


def has_secret(story: Story) -> bool:
    """True if a URL of a story has what looks like a secret, wherever it comes from."""
    return story_without_secrets(story) is not story


def story_without_secrets(story: Story, public: Collection[str] = ()) -> Story:
    """Returns a story without what looks like a secret in its URLs; the same object without any.

    The fields named in `public` are left as they are.
    """
    changes: dict[str, Any] = {}
    for name in _TEXTS:
        text = getattr(story, name)
        if "//" in text and name not in public:
            changes[name] = redact.strip_text(text)
    if story.corrections:
        changes["corrections"] = _clean_dated(story.corrections)
    if story.ahead:
        changes["ahead"] = _clean_dated(story.ahead)
    changes = {name: value for name, value in changes.items() if value != getattr(story, name)}
    return replace(story, **changes) if changes else story


def notice(content: Content) -> str:
    """Returns a line for a build's report on files with a secret in a URL; "" if there are none."""
    files = [file for file, story in _clean_stories(content) if not story.hide]
    files += [letter.file for letter in content.letters if _clean_text(letter) is not letter]
    for page in (*content.introductions, *content.pages):
        if _clean_text(page) is not page:
            files.append(page.file)
    if not files:
        return ""
    what = "a URL has what looks like a password or token in it, and is published without it"
    return f"{and_more(files, _MAX_NAMED)}: {what}; 'digest check' names the lines"


def _clean_stories(content: Content) -> Iterator[tuple[str, Story]]:
    """Yields the stories that had a secret, without it, each with its file."""
    for story in content.stories:
        if content.with_secrets is None or story.file in content.with_secrets:
            clean = story_without_secrets(story, content.public_secrets.get(story.file, ()))
            if clean is not story:
                yield story.file, clean


def _clean_text(text: _Text) -> _Text:
    """Returns a letter or page without secrets; the same object without any."""
    clean = text._replace(title=redact.strip_text(text.title), body=redact.strip_text(text.body))
    if isinstance(clean, Letter):
        clean = clean._replace(ahead=_clean_dated(clean.ahead))
    return text if clean == text else clean


def _clean_dated(dated: tuple[_Dated, ...]) -> tuple[_Dated, ...]:
    return tuple(replace(one, text=redact.strip_text(one.text)) for one in dated)
