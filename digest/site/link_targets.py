"""Where a link that an editor wrote in a Markdown file leads on the site.

Links are written as they work in the editor and on a git host: relative to the file, to another file. Here they
become places. Refuses to let one lead nowhere: that is a `BrokenLink`, with what is wrong and the cure.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import quote, unquote

from digest.model import FreePage, Letter
from digest.names import is_markdown, without_ending
from digest.site import addresses
from digest.site.addresses import Base
from digest.site.archive import Archive
from digest.week import Week

_KINDS = ", ".join(sorted(ending[1:] for ending in addresses.PICTURES))
_UNLINKED = "its words are published without the link; remove it, or publish what it leads to"
_DATED = re.compile(r"^\d{4}-\d{2}-\d{2}-")


class BrokenLink(NamedTuple):
    """A link that leads nowhere: why, and what to do about it.

    `unpublished` if its target is, or was, part of the digest: taking a story down must not need any other edit.
    """

    what: str
    cure: str
    unpublished: bool = False


class Targets:
    """All that a link may lead to, by its file's path below the root, and stories also by their file's name alone."""

    def __init__(self, archive: Archive, base: Base) -> None:
        self.base = base
        self._content, self._archive = archive.content, archive

    def _at_once(self, file: str) -> str | None:
        """Returns the place of a published story by its file, without looking at any other."""
        stories = self._content.stories
        at = bisect_left(stories, file, key=attrgetter("file"))
        story = stories[at] if at < len(stories) and stories[at].file == file else None
        if story is None or story.hide or (story.draft and not self._archive.drafts):
            return None
        return addresses.permalink(story.week, self._archive.anchors.of(story))

    @cached_property
    def _places(self) -> dict[str, str]:
        """The place of every file that has one; looked up at the first link, for most builds follow none."""
        mended = dict.fromkeys(
            self._content.unread, addresses.HOME
        )  # they will have a place, once they are mended
        return _places(self._archive) | mended

    @cached_property
    def _unpublished(self) -> dict[str, str]:
        """What each file that is not published is, deleted stories and the folders of their weeks among them."""
        content = self._content
        found: dict[str, str] = {}
        for gone in content.gone:
            found |= dict.fromkeys(
                (gone.file, *gone.former), f"a story that was deleted: {gone.file}"
            )
        for week in {one.week for one in content.stories} | {one.week for one in content.gone}:
            found |= dict.fromkeys(_week_files(week), "a week of which nothing is published")
        texts: tuple[Letter | FreePage, ...] = (
            *content.letters,
            *content.introductions,
            *content.pages,
        )
        found |= dict.fromkeys((text.file for text in texts), "a draft")
        found |= {one.file: "a hidden story" if one.hide else "a draft" for one in content.stories}
        return {file: kind for file, kind in found.items() if file not in self._places}

    @cached_property
    def _named(self) -> dict[str, list[str]]:
        named: dict[str, list[str]] = defaultdict(list)
        for file in (
            *(story.file for story in self._content.stories),
            *sorted(self._content.unread),
        ):
            named[file.rpartition("/")[2]].append(file)
        return named

    @cached_property
    def _former(self) -> dict[str, str]:
        """The files that stories had before, each with the file that the last of them has now."""
        places = sorted(self._content.places, key=attrgetter("since"))
        return {place.file: place.story for place in places if place.story not in {"", place.file}}

    @cached_property
    def _formerly(self) -> dict[str, list[str]]:
        """The files of stories by each name that a file of theirs had before."""
        found: dict[str, list[str]] = defaultdict(list)
        for place, file in self._former.items():
            if file not in found[name := place.rpartition("/")[2]]:
                found[name].append(file)
        return found

    def resolve(self, link: str, file: str, here: str) -> str | BrokenLink:
        """Returns a link without a scheme as an address from the root of the host.

        `file` is the Markdown file that has it, `here` the place of the page on which its text stands.
        """
        path, hash_sign, anchor = link.partition("#")
        path, query_sign, query = path.partition("?")
        rest = query_sign + query + hash_sign + anchor
        if not path:
            return self.base.href(here.partition("#")[0]) + rest
        if path.startswith("/"):
            rooted = addresses.encoded_once(path)
            under = (
                rooted if rooted.startswith(self.base.path) else self.base.path + rooted.lstrip("/")
            )
            return under + rest
        if ":" in path.partition("/")[0]:
            return BrokenLink(f"'{link}' is not a web address", "correct it")
        found = self._find(unquote(path), file)
        return (
            found
            if isinstance(found, BrokenLink)
            else self.base.href(found) + (rest if "#" not in found else "")
        )

    def size(self, address: str) -> tuple[int, int] | None:
        """Returns the width and height of the picture at an address from the root of the host, where they are known."""
        path = address.partition("?")[0].partition("#")[0]
        return self._sizes.get(unquote(path.removeprefix(self.base.path)))

    def copied_at(self, address: str, file: str) -> str:
        """Returns the path of the copied file that a link in a Markdown file leads to, nothing where it is none."""
        path = address.partition("#")[0].partition("?")[0].removeprefix(self.base.origin)
        if path.startswith("/"):
            found = unquote(addresses.encoded_once(path).removeprefix(self.base.path)).lstrip("/")
            return found if found in self._copied_paths else ""
        wanted = _beside(file, unquote(path))
        return self._copied.get(wanted) or self._copied.get(
            self._composed.get(_composed(wanted), ""), ""
        )

    @cached_property
    def _composed(self) -> dict[str, str]:
        """The files that have a place, by their composed names: some systems write accents as signs of their own."""
        return {
            _composed(file): file
            for file in (*self._unpublished, *self._places)
            if not file.isascii()
        }

    @cached_property
    def _copied(self) -> dict[str, str]:
        """The paths of all copied files by the files themselves."""
        return {one.file: one.path for one in self._content.copied}

    @cached_property
    def _copied_paths(self) -> frozenset[str]:
        return frozenset(self._copied.values())

    @cached_property
    def _sizes(self) -> dict[str, tuple[int, int]]:
        return {one.path: one.size for one in self._content.copied if one.size}

    def _find(self, path: str, file: str) -> str | BrokenLink:
        wanted = _beside(file, path)
        place = self._at_once(wanted)
        if place is not None:
            return place
        name = posixpath.basename(path)
        named = self._named.get(name, [])
        for candidate in self._meant(wanted, name, named):
            if candidate in self._places or candidate in self._unpublished:
                return self._place(candidate, path)
        several = named or self._formerly.get(name, [])
        if len(several) > 1:
            return BrokenLink(
                f"the link to '{path}' could mean {' or '.join(several)}",
                "write the path to the one you mean",
            )
        composed = self._composed.get(_composed(wanted)) if not wanted.isascii() else None
        if composed:
            return self._place(composed, path)
        if not is_markdown(path):
            return self._missing(path, wanted)
        deleted = self._deleted.get(name)
        if deleted:
            return self._place(deleted, path)
        return BrokenLink(f"the link to '{path}' leads to no story", self._cure(path, file))

    def _place(self, file: str, path: str) -> str | BrokenLink:
        """Returns the place of a file of the digest to which a link leads by this path."""
        if file in self._places:
            return self._places[file]
        what = f"the link to '{path}' leads to {self._unpublished[file]}"
        return BrokenLink(what, _UNLINKED, unpublished=True)

    def _meant(self, wanted: str, name: str, named: list[str]) -> Iterator[str]:
        """Yields the files that a link may mean: what is there, what was there, what has its name, what had it."""
        yield wanted
        if wanted in self._former:
            yield self._former[wanted]
        if len(named) == 1:
            yield named[0]
        formerly = self._formerly.get(name, ())
        if not named and len(formerly) == 1:
            yield formerly[0]

    @cached_property
    def _deleted(self) -> dict[str, str]:
        """The files of deleted stories by their names."""
        files = [file for one in self._content.gone for file in (*one.former, one.file)]
        return {file.rpartition("/")[2]: file for file in files if file in self._unpublished}

    def _missing(self, path: str, wanted: str) -> BrokenLink:
        """Returns why a link to a file leads nowhere: it is of a kind that is not copied, or has another name."""
        folder, _, name = wanted.rpartition("/")
        names = (
            self._content.beside(folder)
            if folder == "content" or folder.startswith("content/")
            else ()
        )
        same = next((one for one in names if _composed(one) == _composed(name)), None)
        if same:
            what = f"'{path}' is there, but only pictures ({_KINDS}) are copied from beside a text"
            return BrokenLink(what, f"put it into content/static/, and link to /{quote(same)}")
        near = next(
            (one for one in names if _composed(one).casefold() == _composed(name).casefold()), None
        )
        if near:
            return BrokenLink(
                f"there is no file '{path}' beside this one, but '{near}'",
                "write its name as it is",
            )
        return BrokenLink(
            f"there is no file '{path}' beside this one", "put it there, or correct the link"
        )

    def _cure(self, path: str, file: str) -> str:
        """Returns what to write instead: the near miss by slug, for dates are all alike, if there is one."""
        there = {name: _slug(name) for name in self._places if is_markdown(name)}
        wanted = _slug(path)
        # One beginning or end in common, for there may be many thousands and each comparison takes its time.
        near = {
            slug: name
            for name, slug in there.items()
            if slug[:2] == wanted[:2] or slug[-4:] == wanted[-4:]
        }
        begun = [slug for slug in near if wanted[3:] and slug.startswith(f"{wanted}-")]
        found = begun or get_close_matches(wanted, near, n=1)
        if found:
            return f"did you mean '{_relative(near[found[0]], file)}'?"
        return "correct the file's name, or remove the link if its story was deleted"


def _composed(file: str) -> str:
    return unicodedata.normalize("NFC", file)


def _slug(path: str) -> str:
    """Returns the slug that a file's name has after its date."""
    return without_ending(_DATED.sub("", posixpath.basename(path)))


def _beside(file: str, path: str) -> str:
    """Returns the file that a path in another file's text means."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), path))


def _relative(wanted: str, file: str) -> str:
    return posixpath.relpath(wanted, posixpath.dirname(file))


def _week_files(week: Week) -> tuple[str, str]:
    """Returns the files by which a text may link to a week: its folder and its letter, written or not."""
    folder = f"content/{week.folder}"
    return folder, f"{folder}/letter.md"


def _places(archive: Archive) -> dict[str, str]:
    places = {
        story.file: addresses.permalink(story.week, archive.anchors.of(story))
        for story in archive.stories
    }
    for edition in (*archive.editions, *archive.vacated):
        written = (edition.letter.file,) if edition.letter else ()
        places |= dict.fromkeys(
            (*_week_files(edition.week), *written), addresses.week(edition.week)
        )
    places |= {page.file: addresses.free_page(page.name) for page in archive.pages}
    for line in archive.storylines:
        written = (line.introduction.file,) if line.introduction else ()
        places |= dict.fromkeys(
            (f"content/themes/{line.theme.id}.md", *written), addresses.theme(line.theme.id)
        )
    return places | {copied.file: copied.path for copied in archive.content.copied}
