"""Resolves the links that editors write in Markdown files.

Editors write links that work in their editor and on a git host: relative paths of other files. Here
they become addresses of the site. A link without a target is a `BrokenLink`, with what is wrong and
how to fix it.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import quote, unquote

from digest.names import PICTURES, is_markdown, without_ending
from digest.site import addresses
from digest.site.addresses import SiteUrl
from digest.site.archive import Archive
from digest.week import Week

_UNLINKED = "its words are published without the link; remove it, or publish what it leads to"
_DATED = re.compile(r"^\d{4}-\d{2}-\d{2}-")


class BrokenLink(NamedTuple):
    """A link without a target: what is wrong, and how to fix it.

    `unpublished`: the target is, or was, part of the digest. Taking down a story must not force the
    editor to edit others, so this is only a hint.
    """

    what: str
    cure: str
    unpublished: bool = False


class Targets:
    """The targets of links, by path of their file, and for stories also by file name alone."""

    def __init__(self, archive: Archive, base: SiteUrl) -> None:
        self.base = base
        self._content, self._archive = archive.content, archive

    @cached_property
    def _places(self) -> dict[str, str]:
        """The place of every file that has one."""
        archive = self._archive
        places: dict[str, str] = {}
        for story in archive.all_stories:
            places[story.file] = addresses.permalink(story.week, archive.anchors.of(story))
        for edition in (*archive.editions, *archive.vacated):
            place = addresses.week(edition.week)
            places |= dict.fromkeys(_week_files(edition.week), place)
            if edition.letter:
                places[edition.letter.file] = place
        for page in archive.pages:
            places[page.file] = addresses.free_page(page.name)
        for theme_stories in archive.by_theme:
            place = addresses.theme(theme_stories.theme.id)
            places[f"content/themes/{theme_stories.theme.id}.md"] = place
            if theme_stories.introduction:
                places[theme_stories.introduction.file] = place
        places |= self._copied
        return places | dict.fromkeys(self._content.unread, addresses.HOME)  # until they are fixed

    @cached_property
    def _unpublished(self) -> dict[str, str]:
        """What each unpublished file is, in words; also deleted stories, and folders of weeks."""
        content = self._content
        kinds: dict[str, str] = {}
        for gone in content.gone:
            deleted = f"a story that was deleted: {gone.file}"
            kinds |= dict.fromkeys((gone.file, *gone.former_files), deleted)
        weeks = {story.week for story in content.stories} | {gone.week for gone in content.gone}
        for week in weeks:
            kinds |= dict.fromkeys(_week_files(week), "a week without published stories")
        for text in content.texts:
            kinds[text.file] = "a draft"
        for story in content.stories:
            kinds[story.file] = "a hidden story" if story.hide else "a draft"
        return {file: kind for file, kind in kinds.items() if file not in self._places}

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """The files of stories by file name."""
        by_name: dict[str, list[str]] = defaultdict(list)
        files = [story.file for story in self._content.stories]
        for file in (*files, *sorted(self._content.unread)):
            by_name[posixpath.basename(file)].append(file)
        return by_name

    @cached_property
    def _former(self) -> dict[str, str]:
        """The former files of stories, with the file that the last of these stories has now."""
        former = {}
        for address in sorted(self._content.story_addresses, key=attrgetter("since")):
            if address.present_file not in {"", address.file}:
                former[address.file] = address.present_file
        return former

    @cached_property
    def _by_former_name(self) -> dict[str, list[str]]:
        """The files of stories by each file name that they had before."""
        by_name: dict[str, list[str]] = defaultdict(list)
        for former, file in self._former.items():
            files = by_name[posixpath.basename(former)]
            if file not in files:
                files.append(file)
        return by_name

    def resolve(self, link: str, file: str, here: str) -> str | BrokenLink:
        """Returns a link without a scheme as an address from the root of the host.

        `file` is the Markdown file that has the link, `here` the place of the page that shows it.
        """
        path, hash_sign, anchor = link.partition("#")
        path, query_sign, query = path.partition("?")
        rest = query_sign + query + hash_sign + anchor
        if not path:
            return self.base.href(here.partition("#")[0]) + rest
        if path.startswith("/"):
            rooted = addresses.encoded_once(path)
            if not rooted.startswith(self.base.path):
                rooted = self.base.path + rooted.lstrip("/")
            return rooted + rest
        if ":" in path.partition("/")[0]:
            return BrokenLink(f"'{link}' is not a web address", "correct it")
        target = self._find(unquote(path), file)
        if isinstance(target, BrokenLink):
            return target
        return self.base.href(target) + (rest if "#" not in target else "")

    def size(self, address: str) -> tuple[int, int] | None:
        """Returns the width and height of the picture at an address from the root of the host."""
        path = address.partition("?")[0].partition("#")[0]
        return self._sizes.get(unquote(path.removeprefix(self.base.path)))

    def copied_at(self, address: str, file: str) -> str:
        """Returns the path of the copied file to which a link in a Markdown file leads, else ""."""
        path = address.partition("#")[0].partition("?")[0].removeprefix(self.base.origin)
        if path.startswith("/"):
            copied = unquote(addresses.encoded_once(path).removeprefix(self.base.path)).lstrip("/")
            return copied if copied in self._sizes else ""
        wanted = _beside(file, unquote(path))
        if wanted in self._copied:
            return self._copied[wanted]
        return self._copied.get(self._by_nfc.get(_nfc(wanted), ""), "")

    @cached_property
    def _by_nfc(self) -> dict[str, str]:
        """Files by their names in NFC: some systems write accents as characters of their own."""
        files = (*self._unpublished, *self._places)
        return {_nfc(file): file for file in files if not file.isascii()}

    @cached_property
    def _copied(self) -> dict[str, str]:
        """The paths of all copied files in the site, by file."""
        return {file.file: file.path for file in self._content.copied}

    @cached_property
    def _sizes(self) -> dict[str, tuple[int, int] | None]:
        """The width and height of every copied file by its path in the site, None if unknown."""
        return {file.path: file.size for file in self._content.copied}

    def _find(self, path: str, file: str) -> str | BrokenLink:
        """Returns the place of the first of these files that the digest has, or ever had:

        1. the one at the path, or the story that was there before it was moved
        2. the only story with this file name, else the only one that had it before
        3. the one at the path in another Unicode form
        4. the deleted story with this file name
        """
        wanted = _beside(file, path)
        # Most links lead to published stories, which need no index of all files.
        stories, archive = self._content.stories, self._archive
        at = bisect_left(stories, wanted, key=attrgetter("file"))
        if at < len(stories) and stories[at].file == wanted:
            story = stories[at]
            if not story.hide and (archive.drafts or not story.draft):
                return addresses.permalink(story.week, archive.anchors.of(story))
        name = posixpath.basename(path)
        same_name = self._by_name.get(name) or self._by_former_name.get(name, [])
        candidates = [wanted, self._former.get(wanted, wanted)]
        if len(same_name) == 1:
            candidates += same_name
        for candidate in candidates:
            if candidate in self._places or candidate in self._unpublished:
                return self._place(candidate, path)
        if len(same_name) > 1:
            what = f"the link to '{path}' could mean {' or '.join(same_name)}"
            return BrokenLink(what, "write the path to the one you mean")
        if not wanted.isascii() and (same_in_nfc := self._by_nfc.get(_nfc(wanted))):
            return self._place(same_in_nfc, path)
        if not is_markdown(path):
            return self._missing(path, wanted)
        if name in self._deleted:
            return self._place(self._deleted[name], path)
        return BrokenLink(f"the link to '{path}' leads to no story", self._cure(path, file))

    def _place(self, file: str, path: str) -> str | BrokenLink:
        """Returns the place of a file of the digest; `path` is the link to it."""
        if file in self._places:
            return self._places[file]
        what = f"the link to '{path}' leads to {self._unpublished[file]}"
        return BrokenLink(what, _UNLINKED, unpublished=True)

    @cached_property
    def _deleted(self) -> dict[str, str]:
        """The files of deleted stories by file name."""
        by_name = {}
        for gone in self._content.gone:
            for file in (*gone.former_files, gone.file):
                if file in self._unpublished:
                    by_name[posixpath.basename(file)] = file
        return by_name

    def _missing(self, path: str, wanted: str) -> BrokenLink:
        """Returns why a file is missing: its kind is not copied, or its name is different."""
        folder, _, name = wanted.rpartition("/")
        name = _nfc(name)
        names: Iterable[str] = ()
        if f"{folder}/".startswith("content/"):
            names = self._content.beside(folder)
        same = [other for other in names if _nfc(other) == name]
        if same:
            kinds = ", ".join(sorted(ending[1:] for ending in PICTURES))
            what = f"'{path}' is there, but only pictures ({kinds}) are copied from beside a text"
            cure = f"put it into content/static/, and link to /{quote(same[0])}"
            return BrokenLink(what, cure)
        what = f"there is no file '{path}' beside this one"
        for other in names:
            if _nfc(other).casefold() == name.casefold():
                return BrokenLink(f"{what}, but '{other}'", "write its name as it is")
        cure = "put it there, or correct the link"
        if path.startswith("www."):
            cure = f"to link to another site, write https://{path}"
        return BrokenLink(what, cure)

    def _cure(self, path: str, file: str) -> str:
        """Returns what to write instead: the file with the nearest slug, if one is near."""
        wanted = _slug(path)
        near = {}
        for name in filter(is_markdown, self._places):
            slug = _slug(name)
            # A quick filter: comparing many thousands of slugs would be slow.
            if slug[:2] == wanted[:2] or slug[-4:] == wanted[-4:]:
                near[slug] = name
        longer = [slug for slug in near if wanted[3:] and slug.startswith(f"{wanted}-")]
        similar = longer or get_close_matches(wanted, near, n=1)
        if similar:
            nearest = posixpath.relpath(near[similar[0]], posixpath.dirname(file))
            return f"did you mean '{nearest}'?"
        return "correct the file's name, or remove the link if its story was deleted"


def _nfc(file: str) -> str:
    return unicodedata.normalize("NFC", file)


def _slug(path: str) -> str:
    """Returns the slug in the name of a story's file, without the date."""
    return without_ending(_DATED.sub("", posixpath.basename(path)))


def _beside(file: str, path: str) -> str:
    """Returns the file at a path that is relative to another file."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), path))


def _week_files(week: Week) -> tuple[str, str]:
    """Returns what a link to a week may name: its folder or its letter, even if there is none."""
    folder = f"content/{week.folder}"
    return folder, f"{folder}/letter.md"
