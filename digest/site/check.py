"""The site proofread before it is made: all that would stop a build, and what would once a draft is published.

Refuses to render: what is wrong in a template's own words is found by `render.flawed`, the rest shows in a build.
"""

from __future__ import annotations

from collections.abc import Iterator

from digest.errors import Problem
from digest.model import Config, Content, FreePage, Letter
from digest.site import addresses, attachments
from digest.site.addresses import Base
from digest.site.archive import Archive
from digest.site.arrange import arrange
from digest.site.link_targets import Targets
from digest.site.markdown import MarkdownRenderer
from digest.site.plan import plan, reserved_names
from digest.site.search import search_index


def proof(archive: Archive, config: Config) -> tuple[Problem, ...]:
    """Returns what stops the build of an archive, and as hints the links of drafts that lead nowhere."""
    planned = plan(archive, config, searched=search_index.available())
    for page in planned.pages:
        planned.data(page)  # which follows every link on it
    names = reserved_names(page for page in archive.content.pages if page.draft)
    return (
        *planned.found(),
        *(name._replace(hint=True) for name in names),
        *_of_drafts(archive.content, config),
        *_unused(archive.content, planned.context.markdown),
    )


def _unused(content: Content, writer: MarkdownRenderer) -> Iterator[Problem]:
    for one in attachments.unused(content, writer):
        what = "no text shows this picture, so it is not published"
        yield Problem(
            one.file, 0, what, "show it, delete it, or move it to content/static/", hint=True
        )


def _of_drafts(content: Content, config: Config) -> Iterator[Problem]:
    waiting = [story for story in content.stories if story.draft and not story.hide]
    texts: tuple[Letter | FreePage, ...] = (
        *content.letters,
        *content.introductions,
        *content.pages,
    )
    written = [one for one in texts if one.draft]
    if not waiting and not written:
        return
    everything = arrange(content, config, drafts=True)
    writer = MarkdownRenderer(Targets(everything, Base(config.site.url)))
    for story in waiting:
        writer.html(
            story.note, file=story.file, here=addresses.week(story.week), top=4, line=story.line
        )
    for one in written:
        writer.html(one.body, file=one.file, here=addresses.HOME, top=2, line=one.line)
    yield from (problem._replace(hint=True) for problem in writer.problems)
