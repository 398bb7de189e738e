"""Decides which files next to Markdown texts are published: those that a published text uses.

    texts ──URLs in their HTML──▶ paths of files ──▶ the files that some text needs

A picture of a hidden story or a draft is not published either. All of `content/static/` is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from digest.model import Content, Copied, FreePage, Letter, Story
from digest.site.archive import Archive
from digest.site.markdown import MarkdownRenderer
from digest.urls import has_own_link

_STATIC = "content/static/"


def published(archive: Archive, markdown: MarkdownRenderer) -> tuple[Copied, ...]:
    """Returns the files to copy to the site of an archive."""
    copied = archive.content.copied
    if all(map(_is_static, copied)):
        return copied
    written: list[Letter | FreePage] = [
        edition.letter for edition in archive.editions if edition.letter
    ]
    written += [line.introduction for line in archive.storylines if line.introduction]
    written += archive.pages
    needed = _needed(archive.stories, written, markdown)
    return tuple(one for one in copied if _is_static(one) or one.path in needed)


def unused(content: Content, markdown: MarkdownRenderer) -> list[Copied]:
    """Returns the files that no text shows or links to, published or not."""
    needed = _needed(content.stories, content.texts, markdown)
    return [one for one in content.copied if not _is_static(one) and one.path not in needed]


def _needed(
    stories: Iterable[Story], written: Iterable[Letter | FreePage], markdown: MarkdownRenderer
) -> set[str]:
    """Returns the paths of all files that these stories and texts show or link to."""
    texts = [(story.file, text) for story in stories for text in (story.note, story.excerpt)]
    texts += [(one.file, one.body) for one in written]
    return {
        path for file, text in texts if has_own_link(text) for path in _paths(text, file, markdown)
    }


def _paths(text: str, file: str, markdown: MarkdownRenderer) -> Iterator[str]:
    return filter(
        None, (markdown.targets.copied_at(address, file) for address in markdown.addresses(text))
    )


def _is_static(one: Copied) -> bool:
    return one.file.startswith(_STATIC)
