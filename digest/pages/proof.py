"""The site proofread before it is made: all that would stop a build, and what would once a draft is published.

Refuses to render: what is wrong in a template's own words is found by `render.flawed`, the rest shows in a build.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from digest.errors import Faults, Problem
from digest.model import Archive, Config, Content, FreePage, Letter
from digest.pages import addresses
from digest.pages.addresses import Base
from digest.pages.arrange import arrange
from digest.pages.markup import Writer
from digest.pages.plan import plan
from digest.pages.targets import Targets


def proof(content: Content, archive: Archive, config: Config) -> tuple[Problem, ...]:
    """Returns what stops the build of an archive, and as hints the links of drafts that lead nowhere."""
    try:
        plan(content, archive, config)
    except Faults as faults:
        return (*faults.problems, *_of_drafts(content, config))
    return tuple(_of_drafts(content, config))


def _of_drafts(content: Content, config: Config) -> Iterator[Problem]:
    waiting = [story for story in content.stories if story.draft and not story.hide]
    texts: tuple[Letter | FreePage, ...] = (*content.letters, *content.introductions, *content.pages)
    written = [one for one in texts if one.draft]
    if not waiting and not written:
        return
    everything = arrange(content, config, drafts=True)
    writer = Writer(Targets(content, everything, Base(config.site.url)))
    for story in waiting:
        writer.html(story.note, file=story.file, here=addresses.week(story.week), top=4, line=story.line)
    for one in written:
        writer.html(one.body, file=one.file, here=addresses.HOME, top=2, line=one.line)
    yield from (replace(problem, hint=True) for problem in writer.problems)
