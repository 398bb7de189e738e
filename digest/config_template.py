"""The text of a new `digest.toml`: the starter's, with the user's feeds instead of the sample.

Text from elsewhere is quoted as TOML's basic strings require (toml.io/en/v1.0.0#string). Parsing
and validating are in `config`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.model import Feed, Theme

SNIPPETS = ".vscode/digest.code-snippets"
"""What VS Code completes in front matter."""
_SECTION = re.compile(r"(?m)^(?=# -{20,} (\w+))")

_FEEDS = """\
# ---------------------------------------------------------------- feeds

"""
_NOTES = {
    "id": "stories name their feeds by it: change it before the first pull, not after",
    "publisher": "shown as a story's source; by default the feed's title",
    "excerpt": "how many words of the publisher's summary are kept; 0 keeps none",
}
THEMES_SECTION = """\
# ---------------------------------------------------------------- themes
# A story gets a theme if one of its phrases is in the headline or summary. Case does not matter, \
and a hyphen counts as a
# space. Words are whole: "ferry" does not match "ferryman", "ferry*" does. "harbour + fee*" \
requires both, anywhere.
# The first of a story's themes is its main theme. 'digest themes --propose' shows what recurs in \
your stories. Remove the
# "# " from these lines, and replace the example:

# [[themes]]
# id = "ferries"                    # lower-case letters, digits and hyphens
# title = "Ferries"
# match = ["ferry", "ferries", "slipway + boat*"]
# ignore = ["ferry tale*"]          # ignored in the search
"""


def fill(text: str, values: Mapping[str, str]) -> str:
    """Returns the text with each placeholder, such as `@TITLE@`, replaced inside its string."""
    for placeholder, value in values.items():
        text = text.replace(placeholder, quoted(value)[1:-1])
    return text


def theme_choice(themes: Iterable[Theme]) -> str:
    """Returns what VS Code's snippets offer in the place of a theme's id."""
    ids = ",".join(theme.id for theme in themes)
    return f"${{1|{ids}|}}" if ids else "$1"


def with_feeds(text: str, feeds: Iterable[Feed], folders: Mapping[str, str]) -> str:
    """Returns the starter's text with these feeds, and an example of a theme in a comment."""
    own = {"feeds": feeds_section(feeds, folders), "themes": THEMES_SECTION}
    return "".join(own.get(name, part) for name, part in sections(text))


def feeds_section(feeds: Iterable[Feed], folders: Mapping[str, str]) -> str:
    """Returns the section of the feeds, with comments that explain their keys."""
    return f"{_FEEDS}{tables(feeds, folders, noted=True)}\n"


def sections(text: str) -> list[tuple[str, str]]:
    """Returns the parts of a text that begin with a section's header, by name; the first has ""."""
    starts = [header.start() for header in _SECTION.finditer(text)]
    parts = []
    for start, end in zip([0, *starts], [*starts, len(text)], strict=True):
        header = _SECTION.match(text, start)
        parts.append((header[1] if header else "", text[start:end]))
    return parts


def tables(feeds: Iterable[Feed], folders: Mapping[str, str], *, noted: bool = False) -> str:
    """Returns a table for each feed, below a comment with its folder if it has one.

    With `noted`, comments in the first one explain its keys.
    """
    written = []
    for number, feed in enumerate(feeds):
        notes = _NOTES if noted and number == 0 else {}
        pairs = {
            "id": f"id = {quoted(feed.id)}",
            "url": f"url = {quoted(feed.url)}",
            "title": f"title = {quoted(feed.title)}",
        }
        if feed.publisher:
            pairs["publisher"] = f"publisher = {quoted(feed.publisher)}"
        elif notes:
            pairs["publisher"] = '# publisher = "…"'
        pairs["excerpt"] = f"excerpt = {feed.excerpt}"
        folder = folders.get(feed.id, "")
        printable = "".join(sign if sign.isprintable() else " " for sign in folder).split()
        table = f"# {' '.join(printable)}\n[[feeds]]\n" if printable else "[[feeds]]\n"
        for key, pair in pairs.items():
            note = notes.get(key)
            table += f"{pair:<35} # {note}\n" if note else f"{pair}\n"
        written.append(table)
    return "\n".join(written)


def quoted(words: str) -> str:
    """Returns a text as a TOML string: JSON's escapes are valid there, and DEL needs one too."""
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")
