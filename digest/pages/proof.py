"""The site proofread before it is made: all that would stop a build, and what would once a draft is published.

Refuses to render: what is wrong in a template's own words is found by `render.flawed`, the rest shows in a build.
"""

from __future__ import annotations

from collections.abc import Iterator

from digest.errors import Problem
from digest.model import Config, Content, FreePage, Letter
from digest.pages import addresses, beside, search_index
from digest.pages.addresses import Base
from digest.pages.archive import Archive
from digest.pages.arrange import arrange
from digest.pages.markup import Writer
from digest.pages.plan import plan, reserved
from digest.pages.targets import Targets


def proof(archive: Archive, config: Config) -> tuple[Problem, ...]:
    """Returns what stops the build of an archive, and as hints the links of drafts that lead nowhere."""
    planned = plan(archive, config, searched=search_index.available())
    for page in planned.pages:
        planned.data(page)  # which follows every link on it
    names = reserved(page for page in archive.content.pages if page.draft)
    return (
        *planned.found(),
        *(name._replace(hint=True) for name in names),
        *_of_drafts(archive.content, config),
        *_unused(archive.content, planned.writer),
    )


def _unused(content: Content, writer: Writer) -> Iterator[Problem]:
    for one in beside.unused(content, writer):
        what = "no text shows this picture, so it is not published"
        yield Problem(one.file, 0, what, "show it, delete it, or move it to content/static/", hint=True)


def _of_drafts(content: Content, config: Config) -> Iterator[Problem]:
    waiting = [story for story in content.stories if story.draft and not story.hide]
    texts: tuple[Letter | FreePage, ...] = (*content.letters, *content.introductions, *content.pages)
    written = [one for one in texts if one.draft]
    if not waiting and not written:
        return
    everything = arrange(content, config, drafts=True)
    writer = Writer(Targets(everything, Base(config.site.url)))
    for story in waiting:
        writer.html(story.note, file=story.file, here=addresses.week(story.week), top=4, line=story.line)
    for one in written:
        writer.html(one.body, file=one.file, here=addresses.HOME, top=2, line=one.line)
    yield from (problem._replace(hint=True) for problem in writer.problems)
