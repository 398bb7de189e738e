"""Decides which files next to Markdown texts are published: those that a published text uses.

    texts ──URLs in their HTML──▶ paths of files ──▶ the files that some text needs

A picture of a hidden story or a draft is not published either. All of `content/static/` is.
"""

from __future__ import annotations

from collections.abc import Iterable

from digest.model import Content, Copied, FreePage, Letter, Story
from digest.site.archive import Archive
from digest.site.markdown import MarkdownRenderer

_STATIC = "content/static/"


def published_files(archive: Archive, markdown: MarkdownRenderer) -> tuple[Copied, ...]:
    """Returns the files to copy to the site of an archive."""
    if all(map(_is_static, archive.content.copied)):
        return archive.content.copied
    texts: list[Letter | FreePage] = list(archive.pages)
    texts += [edition.letter for edition in archive.editions if edition.letter]
    for theme_stories in archive.by_theme:
        if theme_stories.introduction:
            texts.append(theme_stories.introduction)
    used = _used(archive.stories, texts, markdown)
    return tuple([file for file in archive.content.copied if _is_static(file) or file.path in used])


def unused_files(content: Content, markdown: MarkdownRenderer) -> list[Copied]:
    """Returns the files that no text shows or links to, published or not."""
    used = _used(content.stories, content.texts, markdown)
    return [file for file in content.copied if not _is_static(file) and file.path not in used]


def _used(
    stories: Iterable[Story], texts: Iterable[Letter | FreePage], markdown: MarkdownRenderer
) -> set[str]:
    """Returns the paths of all files that these stories and texts show or link to."""
    bodies = [(text.file, text.body) for text in texts]
    for story in stories:
        bodies += [(story.file, story.note), (story.file, story.excerpt)]
    paths = set()
    for file, body in bodies:
        for address in markdown.addresses(body):
            paths.add(markdown.targets.copied_at(address, file))
    return paths - {""}


def _is_static(file: Copied) -> bool:
    return file.file.startswith(_STATIC)
