"""Drafts the letter of a week: links to its stories, by theme, for the editor to write around.

The result is a list of links under a plain title, marked as a draft.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from posixpath import basename

from digest.content import excerpt
from digest.model import Content, Letter, Story, StoryAddress, Theme
from digest.same_event import group_stories, present_file_of
from digest.week import Week

_PROMPT = (
    "<!-- Write your letter here, and delete the links that you do not want. A link still works if its"
    " story's file is\n"
    "moved later. When readers may see the letter, run: digest letter --publish -->"
)
_PROMPT_BEGINS = _PROMPT.partition(",")[0]
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DRAFTED = re.compile(r"#+ .*|(?:- )?\[.*\]\(\S*\)(?: leads the week\.)?")
"""A line of a drafted letter."""
_LEAD = re.compile(r"\[.*\]\((\S*)\) leads the week\.")
_MORE = "## More this week"
"""The heading of links that were added after the draft."""

Sections = Sequence[tuple[Theme | None, Sequence[Story]]]
"""The stories of a week by their main theme, the last perhaps without one."""


def draft(week: Week, lead: Story | None, sections: Sections) -> str:
    """Returns the text of a letter with links to a week's stories: the lead, then by theme."""
    front = f"---\ntitle: Week {week.number}, {week.year}\ndraft: true\n---"
    parts = [front, _PROMPT]
    if lead:
        parts.append(f"{link(lead)} leads the week.")
    for theme, stories in sections:
        if theme or len(sections) > 1:
            parts.append(f"## {_words(theme.title if theme else 'Elsewhere')}")
        parts.append("\n".join(f"- {link(story)}" for story in stories))
    return "\n\n".join(parts) + "\n"


def is_unwritten(body: str) -> bool:
    """True if a letter still has the prompt of its draft, and besides it only headings and links."""
    lines = filter(None, map(str.strip, _COMMENT.sub("", body).splitlines()))
    return _PROMPT_BEGINS in body and all(map(_DRAFTED.fullmatch, lines))


def named_leads(body: str) -> Iterator[tuple[int, str]]:
    """Yields the file name that a line links as the lead, as the draft does, and the line's number
    in the letter's body, from 0."""
    for number, line in enumerate(body.split("\n")):
        if found := _LEAD.fullmatch(line.strip()):
            yield number, basename(found[1])


def unlinked(body: str, stories: Iterable[Story], addresses: Iterable[StoryAddress]) -> list[Story]:
    """Returns the stories that a letter links neither by a name of their file nor by their link.

    `addresses` are where stories are and were: a letter may link a file under an earlier name.
    """
    names: dict[str, set[str]] = {}
    for address in addresses:
        names.setdefault(address.present_file, set()).add(basename(address.file))
    missing = []
    for story in stories:
        known = {story.link, basename(story.file), *names.get(story.file, ())}
        if not any(links_to(body, name) for name in known):
            missing.append(story)
    return missing


def absent_stories(letter: Letter, content: Content) -> list[Story]:
    """Returns the stories of a letter's week that readers see and that it does not link.

    A story that is shown below another one (`also`) need not be linked.
    """
    stories = [
        story
        for story in content.stories
        if story.week == letter.week and not (story.hide or story.draft)
    ]
    groups = group_stories(stories, present_file_of(content.story_addresses)).below.values()
    below = {story.file for story in chain.from_iterable(groups)}
    shown = [story for story in stories if story.file not in below]
    return unlinked(letter.body, shown, content.story_addresses)


def with_links(text: str, stories: Iterable[Story]) -> str:
    """Returns a letter's text with links to more stories at its end, and otherwise unchanged."""
    links = "".join(f"- {link(story)}\n" for story in stories)
    lines = text.rstrip().replace("\r\n", "\n").split("\n")
    headings = [number for number, line in enumerate(lines) if line.rstrip() == _MORE]
    below = [line for line in lines[headings[-1] + 1 :] if line.strip()] if headings else []
    goes_on = bool(headings) and all(line.startswith("- ") for line in below)
    added = links if goes_on and text.endswith("\n") else f"{_MORE}\n\n{links}"
    if not text.endswith("\n"):
        added = f"\n\n{added}"
    elif not goes_on:
        added = f"\n{added}"
    return text + (added.replace("\n", "\r\n") if "\r\n" in text else added)


def links_to(body: str, name: str) -> bool:
    """True if a letter has this file name or link, and not only as part of a longer one."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w/?-])", body) is not None


def link(story: Story) -> str:
    """Returns a link to a story's file, which is in the letter's own folder."""
    return f"[{_words(story.shown_headline)}]({basename(story.file)})"


def _words(text: str) -> str:
    """Returns text as one line of Markdown that shows it; `]:` must not begin a link definition."""
    return excerpt.escape(" ".join(text.split())).replace("\\]:", "\\]&#58;")
