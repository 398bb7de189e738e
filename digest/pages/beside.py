"""Which pictures and files next to Markdown texts are published: those that a published text shows or links to.

    texts ──URLs in their HTML──▶ paths of files ──▶ the files that some text needs

A picture of a hidden story or a draft is not published either. All of `content/static/` is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from digest.links import has_own_link
from digest.model import Catalogue, Copied, FreePage, Letter, Outline
from digest.pages.archive import Archive
from digest.pages.marks import mark
from digest.pages.markup import Writer
from digest.pages.texts import Texts

_STATIC = "content/static/"


def published(catalogue: Catalogue, archive: Archive, writer: Writer, texts: Texts) -> tuple[Copied, ...]:
    """Returns the files to copy to the site of an archive; `texts` caches what each text links to."""
    if all(map(_is_static, catalogue.copied)):
        return catalogue.copied
    stories = [story for story in catalogue.stories if not story.hide and (archive.drafts or not story.draft)]
    written: list[Letter | FreePage] = [edition.letter for edition in archive.editions if edition.letter]
    written += [line.introduction for line in archive.storylines if line.introduction]
    written += archive.pages
    needed = _needed(catalogue, stories, written, writer, texts)
    return tuple(one for one in catalogue.copied if _is_static(one) or one.path in needed)


def unused(catalogue: Catalogue, writer: Writer) -> list[Copied]:
    """Returns the files that no text shows or links to, published or not."""
    written: tuple[Letter | FreePage, ...] = (*catalogue.letters, *catalogue.introductions, *catalogue.pages)
    needed = _needed(catalogue, catalogue.stories, written, writer, Texts())
    return [one for one in catalogue.copied if not _is_static(one) and one.path not in needed]


def _needed(
    catalogue: Catalogue, stories: Iterable[Outline], written: Iterable[Letter | FreePage], writer: Writer, texts: Texts
) -> set[str]:
    """Returns the paths of all files that these stories and texts show or link to."""
    found: set[str] = set()
    for outline in stories:
        if outline.linked:
            linked = texts.once(b"linked " + outline.mark, partial(_of_story, catalogue, outline.file, writer))
            found.update(_paths(linked, outline.file, writer))
    for text in written:
        if has_own_link(text.body):
            linked = texts.once(mark(("linked", text.body)), partial(_addresses, writer, text.body))
            found.update(_paths(linked, text.file, writer))
    return found


def _of_story(catalogue: Catalogue, file: str, writer: Writer) -> str:
    story = catalogue.story(file)
    return _addresses(writer, story.note, story.excerpt)


def _addresses(writer: Writer, *texts: str) -> str:
    return "\n".join(address for text in texts for address in writer.addresses(text))


def _paths(linked: str, file: str, writer: Writer) -> Iterator[str]:
    return filter(None, (writer.targets.copied_at(address, file) for address in linked.split("\n")))


def _is_static(one: Copied) -> bool:
    return one.file.startswith(_STATIC)
