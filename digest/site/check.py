"""Finds what would stop a build of the site, now or once a draft is published.

Nothing is rendered: `render.flawed` finds errors in templates, and a build finds the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from digest.errors import Problem
from digest.model import Config, Content
from digest.site import addresses, attachments, formatting
from digest.site.addresses import Base
from digest.site.ahead import Ahead
from digest.site.archive import Archive
from digest.site.arrange import arrange
from digest.site.link_targets import Targets
from digest.site.markdown import MarkdownRenderer
from digest.site.plan import plan, reserved_names
from digest.site.search import search_index
from digest.site.social.pages import can_draw


def proof(
    archive: Archive, config: Config, line_of: Callable[[str, str], int]
) -> tuple[Problem, ...]:
    """Returns what stops the build of an archive, and hints about broken links in drafts.

    Also about dates ahead that have passed. `line_of` returns the line of a key in a file.
    """
    searched, drawn = search_index.available(), can_draw(config)
    planned = plan(archive, config, searched=searched, drawn=drawn)
    for page in planned.pages:
        planned.data(page)  # resolves every link on the page
    names = reserved_names(page for page in archive.content.pages if page.draft)
    return (
        *planned.found(),
        *(name._replace(hint=True) for name in names),
        *_of_drafts(archive.content, config),
        *_unused(archive.content, planned.context.markdown),
        *_unanswered(planned.context.ahead, line_of),
    )


def _unanswered(ahead: Ahead, line_of: Callable[[str, str], int]) -> Iterator[Problem]:
    """Finds dates before the newest story of which no later text says what came of it."""
    for one in ahead.past:
        if not one.since:
            file, when = one.source.file, formatting.period(one.when)
            what = f"{when} is before the newest story, and no later text links back: '{one.text}'"
            cure = "link to this file in the note or letter that tells what came of it"
            yield Problem(file, line_of(file, "ahead"), what, cure, hint=True)


def _unused(content: Content, markdown: MarkdownRenderer) -> Iterator[Problem]:
    for one in attachments.unused(content, markdown):
        what = "no text shows this picture, so it is not published"
        cure = "show it, delete it, or move it to content/static/"
        yield Problem(one.file, 0, what, cure, hint=True)


def _of_drafts(content: Content, config: Config) -> Iterator[Problem]:
    stories = [story for story in content.stories if story.draft and not story.hide]
    drafts = [text for text in content.texts if text.draft]
    if not stories and not drafts:
        return
    everything = arrange(content, config, drafts=True)
    markdown = MarkdownRenderer(Targets(everything, Base(config.site.url)))
    for story in stories:
        here = addresses.week(story.week)
        markdown.html(story.note, file=story.file, here=here, top=4, line=story.line)
    for text in drafts:
        markdown.html(text.body, file=text.file, here=addresses.HOME, top=2, line=text.line)
    yield from (problem._replace(hint=True) for problem in markdown.problems)
