"""A publisher who keeps changing two feeds, and an editor's hand on story files: what sequences of pulls are made of.

Everything that the editor types carries a `✎` with a number that never comes twice, so that a test can ask for it back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

FEEDS = ("first", "second")
WORDS = {"first": 40, "second": 3}
"""How many words of a summary each feed's excerpt keeps."""
SETTINGS = f"""\
[site]
title = "Test"
url = "https://example.org/"
timezone = "Asia/Hong_Kong"
[[feeds]]
id = "first"
url = "first.json"
[[feeds]]
id = "second"
url = "second.json"
excerpt = {WORDS["second"]}
[[themes]]
id = "memory"
title = "Memory"
match = ["memory"]
[[themes]]
id = "mine"
title = "Mine"
match = ["mine"]
"""
_TITLES = (
    "E{n} memory v{s}",
    "E{n}: v{s}",
    "‘E{n}’ #v{s} # and",
    "- E{n} v{s}",
    'E{n} "v{s}" it’s, [x]',
)
_SUMMARIES = (
    "E{n} said *v{s}* & more <b>.",
    "1. E{n}\n\n> v{s} # two paragraphs",
    "E{n} v{s} in some five words",
)
_GUIDS = (
    "n{n}-{s}",
    "https://news.example/?p={n}&v={s}",
    "",
    "it's: {n} #{s}",
    "énd 🔥 {n}\u200b{s}",
)
_PICTURES = ("", "https://cdn.example/{n}-{s}.jpg", "https://cdn.example/{n}-{s}.png?a=b&c=d")


@dataclass
class Article:
    """What the publisher says now of one of its stories.

    Of `kind` "numbered" all may change but the article number in the link, of "addressed" all but the link, of
    "guided" all but guid and date, since a guid alone says nothing; the last stays in its feed, for there it counts.
    """

    number: int
    kind: str
    where: set[str]
    guid: str
    slug: str
    title: str
    summary: str
    published: datetime
    authors: list[str] = field(default_factory=list)
    image: str = ""

    @property
    def link(self) -> str:
        if self.kind == "numbered":
            return f"https://news.example/article/3500{self.number:03}/{self.slug}"
        place = f"story-{self.number}" if self.kind == "addressed" else f"{self.number}/{self.slug}"
        return f"https://news.example/{place}"

    @property
    def name(self) -> str:
        """The entry's name that never changes, as it is in a story's file."""
        if self.kind == "guided":
            return self.guid
        return (
            f"news.example/article/3500{self.number:03}"
            if self.kind == "numbered"
            else self.link[8:]
        )

    def item(self) -> dict[str, object]:
        return {
            "id": self.guid,
            "url": self.link + "?utm_source=rss",
            "title": self.title,
            "summary": self.summary,
            "image": self.image,
            "date_published": self.published.isoformat(),
            "authors": [{"name": name} for name in self.authors],
        }


_MOST = 8


class Publisher:
    """Two feeds that share entries; `change` does the one or the other thing that publishers do."""

    def __init__(self) -> None:
        self.serial = 0
        self.turned = False
        self.articles: dict[int, Article] = {}
        for kind, where in (("numbered", {"first"}), ("numbered", set(FEEDS)), ("addressed", {"second"}),
                            ("guided", {"first"})):  # fmt: skip
            self.begin(kind, where)

    def begin(self, kind: str, where: set[str]) -> Article:
        number, serial = len(self.articles) + 1, self._next()
        guid = (
            f"tag:news.example,2026:{number}"
            if kind == "guided"
            else _pick(_GUIDS, serial, number, serial)
        )
        self.articles[number] = Article(
            number=number,
            kind=kind,
            where=set(where),
            guid=guid,
            slug=f"s{serial}",
            title=_pick(_TITLES, serial, number, serial),
            summary=_pick(_SUMMARIES, serial, number, serial),
            published=datetime(2026, 5, 4, 9, 32, tzinfo=UTC) + timedelta(hours=31 * number),
            authors=[f"Jo {serial}"],
        )
        return self.articles[number]

    def change(self, what: str, target: int, variant: int) -> None:
        one = self.articles[target % len(self.articles) + 1]
        serial = self._next()
        if what == "order":
            self.turned = not self.turned
        elif what == "place":
            one.where = _elsewhere(one, variant)
        elif what == "new":
            if len(self.articles) < _MOST:
                self.begin(("numbered", "addressed")[variant % 2], {FEEDS[target % 2]})
        elif one.kind != "guided" or what not in {"guid", "published"}:
            setattr(one, what, _retold(one, what, variant, serial))

    def write(self, root: Path) -> None:
        for feed in FEEDS:
            items = [one.item() for one in self.articles.values() if feed in one.where]
            items = items[::-1] if self.turned else items
            document = {
                "version": "https://jsonfeed.org/version/1.1",
                "title": feed,
                "items": items,
            }
            (root / f"{feed}.json").write_text(json.dumps(document))

    def _next(self) -> int:
        self.serial += 1
        return self.serial


def _retold(one: Article, what: str, variant: int, serial: int) -> object:
    """Returns a new value of one thing that an entry says."""
    choices = {
        "title": _TITLES,
        "summary": _SUMMARIES,
        "guid": _GUIDS,
        "image": _PICTURES,
        "slug": ("s{s}",),
    }
    if what == "published":
        return one.published + timedelta(hours=variant % 41 - 20, seconds=serial)
    if what == "authors":
        return [f"Jo {serial}", "Li, 'Q'", "A: b"][: variant % 4]
    return _pick(choices[what], variant, one.number, serial)


def _elsewhere(one: Article, variant: int) -> set[str]:
    """Returns the feeds in which an entry stands from now on, perhaps none."""
    if one.kind == "guided":
        return set() if one.where else {"first"}
    return [{"first"}, {"second"}, set(FEEDS), set[str]()][variant % 4]


def _pick(choices: tuple[str, ...], variant: int, number: int, serial: int) -> str:
    return choices[variant % len(choices)].format(n=number, s=serial)


CHANGES = (
    "title",
    "title",
    "summary",
    "summary",
    "published",
    "image",
    "authors",
    "guid",
    "slug",
    "place",
    "order",
    "new",
)

# ---------------------------------------------------------------- the editor's hand

SPICE = (*(sign.encode() for sign in "\n\t\r:#-'\"> xX0/,[]{&*!|%@`\\\x00\x85\u2028\ufeff"),
         b"\xff", b"\xc2", b"\r\n", b"---\n", b"\n\n", b"> ", b" #")  # fmt: skip


def slip(text: bytes, place: int, variant: int) -> bytes:
    """Inserts, deletes or replaces a byte or so anywhere."""
    at = place % (len(text) + 1)
    sign = SPICE[variant // 3 % len(SPICE)]
    if variant % 3 == 0:
        return text[:at] + sign + text[at:]
    return text[:at] + (sign if variant % 3 == 1 else b"") + text[at + 1 :]


def retitle(text: bytes, mark: str) -> bytes:
    return re.sub(
        rb"(?m)^title:[^\r\n]*", f"title: {mark} mine: and yours #1".encode(), text, count=1
    )


def note(text: bytes, mark: str) -> bytes:
    return text + f"\n{mark} My note.\n\n> {mark} Somebody's words.\n".encode()


def glued_note(text: bytes, mark: str) -> bytes:
    """A note right below the excerpt, which Markdown would count to the quotation."""
    return re.sub(rb"(?m)^(>[^\n]*\n)(?!>)", rb"\1" + f"{mark} glued.\n".encode(), text, count=1)


def keys(text: bytes, mark: str) -> bytes:
    return text.replace(
        b"\nlink:", f"\nheadline: {mark} 'my' headline\nhide: true\nlink:".encode(), 1
    )


def comments(text: bytes, mark: str) -> bytes:
    text = re.sub(
        rb"(?m)^((?:link|published|authors|image):[^\r\n]*)", rb"\1 # " + mark.encode(), text
    )
    return text.replace(b"\nfeeds:", f"\n# {mark} on a line\n\nfeeds:".encode(), 1)


def block_list(text: bytes, mark: str) -> bytes:
    """Authors, one per line, with a comment beside one of them."""

    def lines(found: re.Match[bytes]) -> bytes:
        names = [name.strip().strip("'\"") for name in found[1].decode().split(", ")]
        return f"authors: # {mark}\n  - {names[0]} # {mark}\n".encode() + b"".join(
            f"  # {mark}\n  - {json.dumps(name)}\n".encode() for name in names[1:]
        )

    return re.sub(rb"(?m)^authors: \[([^\]\n]*)\]\n", lines, text, count=1)


def long_list(text: bytes, mark: str) -> bytes:
    """Authors between brackets that go over lines."""
    return re.sub(
        rb"(?m)^authors: \[([^\]\n]*)\]",
        rb"authors: [\1, # " + mark.encode() + b"\n  ]",
        text,
        count=1,
    )


def quoted(text: bytes, _: str) -> bytes:
    return re.sub(
        rb"(?m)^(title|link|image): ([^'\"#\[\r\n: ][^'\"#\r\n]*?)[ ]*$", rb"\1:   '\2'  ", text
    )


def folded(text: bytes, _: str) -> bytes:
    return re.sub(rb"(?m)^(link|image): (\S+)$", rb"\1: >-\n    \2", text)


def turned(text: bytes, _: str) -> bytes:
    """The keys in another order."""
    found = re.match(rb"---\n((?:[a-z]+: [^\n]*\n)+)---", text)
    return (
        text.replace(found[1], b"".join(found[1].splitlines(keepends=True)[::-1]), 1)
        if found
        else text
    )


def short(text: bytes, mark: str) -> bytes:
    return re.sub(rb"(?m)^> [^\n]*", f"> {mark} shorter.".encode(), text, count=1)


def without(key: str) -> Callable[[bytes, str], bytes]:
    pattern = (
        rb"(?m)^(?:> ?[^\n]*\n)+" if key == "excerpt" else rb"(?m)^" + key.encode() + rb":[^\n]*\n"
    )
    return lambda text, _: re.sub(pattern, b"", text, count=1)


def spread(text: bytes, _: str) -> bytes:
    return text.replace(b"\n---\n", b"\n---\n \n\n\t\n", 1)


def returns(text: bytes, _: str) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def some_returns(text: bytes, _: str) -> bytes:
    return re.sub(rb"(?m)^((?:link|authors|>)[^\r\n]*)\n", rb"\1\r\n", text)


def old_returns(text: bytes, _: str) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r")


def endless(text: bytes, _: str) -> bytes:
    return text.rstrip(b"\r\n")


def themes(text: bytes, _: str) -> bytes:
    return re.sub(rb"(?m)^themes:[^\r\n]*", b"themes: mine", text)


def feeds(text: bytes, _: str) -> bytes:
    return re.sub(rb"(?m)^feeds: \[first, second\]", b"feeds: [second, first]", text)


def one_feed(text: bytes, _: str) -> bytes:
    return re.sub(rb"(?m)^feeds: \[first, second\]", b"feeds: [second]", text)


def marked(text: bytes, _: str) -> bytes:
    return b"\xef\xbb\xbf" + text


HANDS: tuple[Callable[[bytes, str], bytes], ...] = (
    retitle, note, glued_note, keys, comments, block_list, long_list, quoted, folded, turned, short,
    without("excerpt"), without("authors"), without("image"), without("published"), without("id"), spread, returns,
    some_returns, old_returns, endless, themes, feeds, one_feed, marked)  # fmt: skip
