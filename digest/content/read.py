"""Reads every kind of file in `content/`, and collects the problems of those that it cannot read.

    story file ──▶ Story      letter ──▶ Letter      free page, theme's introduction ──▶ FreePage

A file with problems does not stop the run. The caller supplies the bytes of the files: nothing
here touches the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TypeVar

from digest import urls
from digest.content import excerpt, front_matter, known_names, paths, story_file
from digest.content.identity import keys_of_story
from digest.content.known_names import KnownNames
from digest.content.timestamps import parse_time
from digest.errors import Faults, FileError, Problem, did_you_mean, known_words
from digest.model import FreePage, Letter, Story

_T = TypeVar("_T")

_LETTER_KEYS = ("title", "draft", "published", "updated", "ahead")
_PAGE_KEYS = ("title", "draft")
MAX_BYTES = 1_000_000


class ContentReader:
    """Reads some files in `content/`: each gives its value, or None and `problems`.

    `unread` are the files that cannot be read. `bytes_of` returns the bytes of a file, and raises
    FileError if it cannot. `names`, `zone` and `excerpts` are as in `parse_story`.
    """

    def __init__(
        self,
        names: KnownNames,
        zone: tzinfo,
        bytes_of: Callable[[str], bytes],
        excerpts: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self._names, self._zone = names, zone
        self._bytes_of, self._excerpts = bytes_of, excerpts
        self.problems: list[Problem] = []
        self.unread: list[str] = []

    def story(self, file: str) -> Story | None:
        """Returns the story of a file."""
        return self._read(
            file, lambda text: parse_story(text, file, self._names, self._zone, self._excerpts)
        )

    def letter(self, file: str) -> Letter | None:
        """Returns the letter of a file."""
        return self._read(file, lambda text: parse_letter(text, file, self._zone))

    def page(self, file: str) -> FreePage | None:
        """Returns the free page of a file."""
        return self._read(file, lambda text: _parse_page(text, file))

    def introduction(self, file: str) -> FreePage | None:
        """Returns the introduction of the theme that gives the file its name."""
        name = Path(file).stem
        if name not in self._names.themes:
            current = self._names.current_themes
            cure = did_you_mean(name, current)
            if not cure:
                cure = f"if the theme is gone, delete this file; {known_words(current)}"
            what = f"introduces an unknown theme '{name}'"
            self.problems.append(Problem(file, 0, what, cure))
            return None
        return self.page(file)

    def texts(
        self, files: Sequence[str]
    ) -> tuple[tuple[Letter, ...], tuple[FreePage, ...], tuple[FreePage, ...]]:
        """Returns the letters, introductions and free pages among the files."""
        letters = filter(None, map(self.letter, filter(paths.is_letter, files)))
        introductions = filter(None, map(self.introduction, paths.files_in("themes", files)))
        pages = filter(None, map(self.page, paths.files_in("pages", files)))
        return tuple(letters), tuple(introductions), tuple(pages)

    def _read(self, file: str, read: Callable[[str], _T]) -> _T | None:
        try:
            return read(decode(self._bytes_of(file), file))
        except Faults as faults:
            self.problems.extend(faults.problems)
        except FileError as error:
            self.problems.append(Problem(file, 0, error.what, "make it readable"))
        self.unread.append(file)
        return None


def decode(content: bytes, file: str) -> str:
    """Returns the text of a file; raises Faults if it is not UTF-8, or too large."""
    if len(content) > MAX_BYTES:
        what, cure = f"has more than {MAX_BYTES:,} bytes", "split it into several files"
        raise Faults([Problem(file, 0, what, cure)])
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Faults([Problem(file, 0, "not UTF-8 text", "save it as UTF-8")]) from error


def parse_story(
    text: str,
    file: str,
    names: KnownNames,
    zone: tzinfo,
    excerpts: Mapping[str, frozenset[str]] | None,
) -> Story:
    """Returns the story in a text; raises Faults with every problem in it.

    Its feeds and themes must be among `names`; times without an offset are in `zone`. `excerpts` are
    those that pull wrote (`History.excerpts`). If they are not known yet, the first quotation that may
    be one counts.
    """
    story = known_names.loads(text, file, names, zone, None)
    if excerpts is None or not story.excerpt:
        return story
    by_pull = written_excerpts(story, excerpts)
    if by_pull.isdisjoint(excerpt.hashes(story.excerpt)):
        return story_file.loads(text, file, zone, by_pull)
    return story


def written_excerpts(story: Story, excerpts: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Returns the hashes of all excerpts that pull or add wrote for a story (`History.excerpts`).

    They are found by its key and file, or else its link: an `id` that an editor has changed may be
    that of another story.
    """
    keys = [*keys_of_story(story), story.file]
    if story.file not in excerpts and urls.web_link(story.link):
        keys.append(f"link:{urls.canonical(story.link)}")
    return frozenset().union(*(excerpts[key] for key in keys if key in excerpts))


def parse_letter(text: str, file: str, zone: tzinfo) -> Letter:
    """Returns the letter in a text; raises Faults with every problem in it."""
    matter = front_matter.parse(text, file, required=False, keys=_LETTER_KEYS)
    reader = story_file.Reader(file, matter.values)
    week = story_file.week_of(file)
    letter = Letter(
        file=file,
        week=week,
        title=reader.text("title"),
        body=matter.body,
        line=matter.line,
        draft=reader.flag("draft"),
        published=reader.parsed("published", partial(parse_time, zone=zone), None),
        updated=reader.parsed("updated", partial(parse_time, zone=zone), None),
        ahead=reader.dated("ahead", story_file.due_date),
    )
    reader.finish(_LETTER_KEYS)
    return letter


def _parse_page(text: str, file: str) -> FreePage:
    matter = front_matter.parse(text, file, required=False, keys=_PAGE_KEYS)
    reader = story_file.Reader(file, matter.values)
    name = Path(file).stem
    if not paths.SLUG.fullmatch(name):
        cure = "rename the file with lower-case letters a to z, digits and hyphens"
        reader.add_problem(0, f"'{name}' cannot be an address", cure)
    page = FreePage(
        file=file,
        name=name,
        title=reader.text("title") or name.replace("-", " ").capitalize(),
        body=matter.body,
        line=matter.line,
        draft=reader.flag("draft"),
    )
    reader.finish(_PAGE_KEYS)
    return page
