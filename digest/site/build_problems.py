"""Finds what would stop a build of the site, now or once a draft is published.

Nothing is rendered: `render.template_problems` finds errors in templates, and a build finds the
rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from digest.errors import Kind, Problem
from digest.model import Config, Content
from digest.site import addresses, attachments, formatting
from digest.site.addresses import SiteUrl
from digest.site.ahead import Ahead
from digest.site.archive import Archive
from digest.site.arrange import arrange
from digest.site.link_targets import Targets
from digest.site.markdown import MarkdownRenderer
from digest.site.page import newest_first
from digest.site.plan import plan, reserved_names
from digest.site.search import search_index
from digest.site.social.pages import can_draw


def find_build_problems(
    archive: Archive, config: Config, line_of: Callable[[str, str], int]
) -> tuple[Problem, ...]:
    """Returns what stops the build of an archive, and hints about drafts, pictures and dates ahead.

    `line_of` returns the line of a key in a file.
    """
    content = archive.content
    script_version = "any" if search_index.available() else None  # no page is rendered with it
    planned = plan(
        archive, config, script_version=script_version, has_social_cards=can_draw(config)
    )
    for page in newest_first(planned.pages):
        planned.data(page)  # resolves every link on the page
    names = reserved_names(page for page in content.pages if page.draft)
    return (
        *planned.all_problems(),
        *(name._replace(kind=Kind.HINT) for name in names),
        *_broken_links_of_drafts(content, config),
        *_unused_pictures(content, planned.context.markdown),
        *_unanswered_dates(planned.context.ahead, line_of),
    )


def _broken_links_of_drafts(content: Content, config: Config) -> Iterator[Problem]:
    stories = [story for story in content.stories if story.draft and not story.hide]
    texts = [text for text in content.texts if text.draft]
    if not stories and not texts:
        return
    archive = arrange(content, config, drafts=True)
    markdown = MarkdownRenderer(Targets(archive, SiteUrl(config.site.url)))
    for story in stories:
        here = addresses.week(story.week)
        markdown.html(story.note, file=story.file, here=here, top=4, line=story.line)
    for text in texts:
        markdown.html(text.body, file=text.file, here=addresses.HOME, top=2, line=text.line)
    for problem in markdown.problems:
        yield problem._replace(kind=Kind.HINT)


def _unused_pictures(content: Content, markdown: MarkdownRenderer) -> Iterator[Problem]:
    for picture in attachments.unused_files(content, markdown):
        what = "no text shows this picture, so it is not published"
        cure = "show it, delete it, or move it to content/static/"
        yield Problem(picture.file, 0, what, cure, kind=Kind.HINT)


def _unanswered_dates(ahead: Ahead, line_of: Callable[[str, str], int]) -> Iterator[Problem]:
    """Finds dates before the newest story if no later text says what happened."""
    for date in ahead.past:
        if not date.since:
            file, when = date.source.file, formatting.period(date.when)
            what = f"{when} is before the newest story, and no later text links back: '{date.text}'"
            cure = "link to this file in the note or letter that tells what came of it"
            yield Problem(file, line_of(file, "ahead"), what, cure, kind=Kind.HINT)
