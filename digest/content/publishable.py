"""The content as it may be published: without the secrets (passwords, tokens) in its URLs.

Pages, feeds, the search index and exports are made from the result; the files do not change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar

from digest import redact
from digest.model import Content, DueDate, FreePage, Letter, Story
from digest.names import lasting_name

_TEXTS = ("title", "headline", "link", "image", "saved", "source", "excerpt", "note")
_MAX_NAMED = 3  # files

_Text = TypeVar("_Text", Letter, FreePage)


def published(content: Content) -> Content:
    """Returns the content as it may be published; Atom ids stay the same."""
    content = content._replace(
        letters=_texts(content.letters),
        introductions=_texts(content.introductions),
        pages=_texts(content.pages),
    )
    clean = dict(_without_secrets(content))
    if not clean:
        return content
    names = {
        story.file: lasting_name(story)
        for story in content.stories
        if story.file in clean and not story.id
    } | {**content.names}
    return content._replace(
        stories=tuple(clean.get(story.file, story) for story in content.stories),
        names=names,
    )


def _without_secrets(content: Content) -> Iterator[tuple[str, Story]]:
    """Yields the stories that had a secret, without it."""
    for story in content.stories:
        if content.suspects is None or story.file in content.suspects:
            clean = without_secrets(story, content.signed.get(story.file, ""))
            if clean is not story:
                yield story.file, clean


def without_secrets(story: Story, signed: str) -> Story:
    """Returns a story without what looks like a secret in its URLs; the same object without any.

    The fields named in `signed` are left as they are.
    """
    texts = {name: getattr(story, name) for name in _TEXTS}
    changes: dict[str, Any] = {}
    for name, text in texts.items():
        if "//" in text and name not in signed.split():
            clean = redact.strip_text(text)
            if clean != text:
                changes[name] = clean
    corrections = tuple(replace(one, text=redact.strip_text(one.text)) for one in story.corrections)
    if corrections != story.corrections:
        changes["corrections"] = corrections
    if (ahead := _ahead(story.ahead)) != story.ahead:
        changes["ahead"] = ahead
    return replace(story, **changes) if changes else story


def has_secret(story: Story) -> bool:
    """True if a URL of a story has what looks like a secret, wherever it comes from."""
    return without_secrets(story, "") is not story


def notice(content: Content) -> str:
    """Returns a line for a build's report on files with a secret in a URL; "" if there are none."""
    letters = [one.file for one in content.letters if _text(one) is not one]
    pages = [one.file for one in (*content.introductions, *content.pages) if _text(one) is not one]
    files = [
        *(file for file, story in _without_secrets(content) if not story.hide),
        *letters,
        *pages,
    ]
    if not files:
        return ""
    more = f" and {len(files) - _MAX_NAMED} more" if len(files) > _MAX_NAMED else ""
    what = "a URL has what looks like a password or token in it, and is published without it"
    return f"{', '.join(files[:_MAX_NAMED])}{more}: {what}; 'digest check' names the lines"


def _texts(texts: tuple[_Text, ...]) -> tuple[_Text, ...]:
    clean = tuple(map(_text, texts))
    return texts if clean == texts else clean


def _text(text: _Text) -> _Text:
    clean = text._replace(title=redact.strip_text(text.title), body=redact.strip_text(text.body))
    if isinstance(clean, Letter):
        clean = clean._replace(ahead=_ahead(clean.ahead))
    return text if clean == text else clean


def _ahead(dates: tuple[DueDate, ...]) -> tuple[DueDate, ...]:
    return tuple(replace(one, text=redact.strip_text(one.text)) for one in dates)
