"""A story's file as most are, read straight: plain front matter of the usual keys, and nothing at fault in it.

It is what `storyfile` makes of such a file, for two thirds of the price: an archive that is read whole is all stories.
Refuses every other file without a word: what is unusual or wrong is read closely there, and told there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from digest import urls
from digest.content import excerpt, paths, plain_front_matter, timestamps, typing_errors
from digest.content.timestamps import moment
from digest.model import Story
from digest.week import Week

if TYPE_CHECKING:
    from digest.content.story_file import Known

_OPEN, _CLOSED = "---\n", "\n---\n"
_KINDS: Mapping[str, type[object]] = {
    **dict.fromkeys(
        ("title", "link", "published", "updated", "image", "id", "headline", "source"), str
    ),
    **dict.fromkeys(("authors", "feeds", "themes"), tuple),
}
"""The usual keys, and the kind of their values."""


def read(text: str, file: str, known: Known) -> Story | None:
    """Returns the story of a file, None where it takes a closer look."""
    place, end = paths.PLACE.fullmatch(file), text.find(_CLOSED)
    if (
        not place
        or not paths.SLUG.fullmatch(place[3])
        or "\r" in text
        or typing_errors.conflicts(text, file)
    ):
        return None
    said = _said(text[len(_OPEN) : end].split("\n")) if text.startswith(_OPEN) and end > 0 else None
    if not said or not _is_sound(said, known):
        return None
    try:
        week, day = Week.parse(place[1]), timestamps.day(place[2] or "")
        if week.year not in timestamps.YEARS:
            return None
        for key in ("published", "updated"):
            if key in said:
                said[key] = moment(said[key], known.zone)
    except ValueError:
        return None
    body = text[end + len(_CLOSED) :]
    words, note, above = excerpt.split(
        body, known.excerpts_of(file, said.get("id", ""), said["link"], said.get("feeds", ()))
    )
    line = text.count("\n", 0, end) + 3 + above
    return Story(
        file=file, week=week, day=day, slug=place[3], excerpt=words, note=note, line=line, **said
    )


def _said(lines: list[str]) -> dict[str, Any] | None:
    """Returns what plain lines say, None where one of them is not plain, of another key, or of a key that was before.

    It parts them as `plainmatter.read` does, which keeps their numbers, for problems that are none here.
    """
    if not "".join(lines).isprintable():
        return None
    said: dict[str, Any] = {}
    for line in lines:
        key, colon, rest = line.partition(":")
        words = plain_front_matter.value(rest)
        if not colon or type(words) is not _KINDS.get(key) or key in said:
            return None
        said[key] = words
    return said


def _is_sound(said: Mapping[str, Any], known: Known) -> bool:
    """Tells whether all is there that must be, links are fit as they stand, and lists speak of what is known, once."""
    link, image = said.get("link", ""), said.get("image", "")
    if urls.web_link(link) != link or (image and urls.web_link(image) != image):
        return False
    if any(name[0] in "“„" for name in said.get("authors", ())):
        return False
    for key, choice in (("authors", None), ("feeds", known.feeds), ("themes", known.themes)):
        words = said.get(key, ())
        if len(set(words)) < len(words) or not (choice is None or choice.issuperset(words)):
            return False
    return bool(said.get("title")) and "published" in said
