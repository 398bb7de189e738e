"""Stories in outline: what arranging has to know of them, and marks that change when anything else in them does.

    Story ──▶ Outline        Content ──▶ Catalogue

Text and values in, values out. Refuses to read a file.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from hashlib import blake2b
from zoneinfo import ZoneInfo

from digest.links import has_own_link
from digest.model import Catalogue, Config, Content, Outline, Story
from digest.naming import last_change, lasting_name
from digest.stories import excerpt
from digest.stories.prose import is_silent
from digest.stories.public import without_secrets

_SIZE = 16  # bytes of a hash: enough that no two of a billion stories come to share one by accident


def outline_of(
    story: Story,
    zone: tzinfo,
    mark: bytes,
    name: str = "",
    came: float = 0,
    writer: str = "",
    signed: str = "",
) -> Outline:
    """Returns the outline of a story, whose text and whatever else it was read by have the mark.

    `name` is what its Atom id is made of where its file says something else by now. `came` is when a pull took it in,
    0 where its own date counts. `writer` is the feed whose words its excerpt has (`history.writer_of`).
    `signed` are the fields whose URL is published as it is (`history.signed`).
    """
    at, published = _twice(story.published)
    change = last_change(story, zone)
    changed, updated = (at, published) if change is story.published else _twice(change)
    return Outline(
        file=story.file,
        week=story.week,
        slug=story.slug,
        at=at,
        published=published,
        themes=story.themes,
        lead=story.lead,
        hide=story.hide,
        draft=story.draft,
        noted=not is_silent(story.note),
        excerpts=" ".join(excerpt.hashes(story.excerpt)),
        linked=has_own_link(story.note) or has_own_link(story.excerpt),
        changed=changed,
        updated=updated,
        came=came,
        writer=writer,
        name=hashed(name or lasting_name(story)),
        known_by=hashed(f"{story.id}\n{story.link}\n{story.feeds}\n{story.title}\n{story.image}"),
        signed=signed,
        secret=without_secrets(story, signed) is not story,
        mark=mark,
    )


def _twice(moment: datetime) -> tuple[float, str]:
    """Returns a moment in seconds since 1970 and as written (ISO 8601)."""
    return moment.timestamp(), moment.isoformat()


def marked(hash_of_content: bytes, outline: Outline) -> bytes:
    """Returns the mark of a story: of its address, all its words, and which of them are the publisher's, and whose."""
    known = outline.excerpts + outline.writer + outline.signed + outline.file
    return hashed(hash_of_content + known.encode(errors="surrogatepass"))


def catalogue_of(content: Content, config: Config) -> Catalogue:
    """Returns content that was read whole, its stories in outline."""
    zone = ZoneInfo(config.site.timezone)
    stories = {story.file: story for story in content.stories}
    names, writers = content.names, content.writers
    outlines = tuple(
        outline_of(
            story,
            zone,
            hashed(f"{story}{writers.get(story.file, '')}{content.signed.get(story.file, '')}"),
            names.get(story.file, ""),
            writer=writers.get(story.file, ""),
            signed=content.signed.get(story.file, ""),
        )
        for story in content.stories
    )
    return Catalogue(
        stories=outlines,
        story=stories.__getitem__,
        letters=content.letters,
        introductions=content.introductions,
        pages=content.pages,
        copied=content.copied,
        places=content.places,
        earlier=content.earlier,
        names=content.names,
        altered=content.altered,
        gone=content.gone,
        unread=content.unread,
    )


def hashed(text: str | bytes) -> bytes:
    """Returns the hash by which two texts are told apart."""
    return blake2b(text.encode(errors="surrogatepass") if isinstance(text, str) else text, digest_size=_SIZE).digest()
