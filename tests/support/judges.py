"""Judges of what the program made of a feed that attacks: each raises AssertionError that says what is wrong and where.

The names of the checks are those of `CHECKS`; a table beside the feeds says which feed is judged by which.
"""

from __future__ import annotations

import html
import json
import re
import socket
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import caches
import feedparser
import html5lib
import yaml
from markdown import Markdown

from digest import config as configs
from digest.commands import build, pull
from digest.commands.pull_report import PullReport
from digest.content import excerpt, load, story_file
from digest.model import Config, Story

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"

ACTIVE = {"script", "iframe", "object", "embed", "base", "form", "style", "svg", "math", "frame", "applet", "input",
          "button", "select", "textarea", "video", "audio", "template", "noscript"}  # fmt: skip
ADDRESSED = {
    "href",
    "src",
    "action",
    "formaction",
    "xlink:href",
    "poster",
    "data",
    "srcset",
    "cite",
    "background",
}
OUTLINED = {"xmlUrl", "htmlUrl", "uri"}
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
PORTABLE = re.compile(r"[a-z0-9._-]+")
UNLAWFUL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """What a feed has as text of one entry, read without any code of ours."""

    link: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A digest after two pulls and a build: its feeds' bodies, its content after the `first` and `second` pull, and its
    stories, as they are read back from their files.
    """

    root: Path
    config: Config
    feeds: Mapping[str, bytes]
    reports: Sequence[PullReport]
    first: Mapping[str, bytes]
    second: Mapping[str, bytes]
    stories: tuple[Story, ...]

    def output(self, *suffixes: str) -> dict[str, str]:
        """Returns the built files of these suffixes as text, by their path below the site."""
        site = self.root / "site"
        return {
            path.relative_to(site).as_posix(): path.read_bytes().decode(
                "latin-1" if path.suffix == ".png" else "utf-8"
            )
            for path in sorted(site.rglob("*"))
            if path.is_file() and path.name.endswith(suffixes)
        }

    def weeks(self) -> dict[str, str]:
        """Returns the pages of the weeks, on which each story stands once."""
        return {
            path: text
            for path, text in self.output(".html").items()
            if re.match(r"\d{4}/w\d\d/", path)
        }


def settings(feeds: Mapping[str, str], words: int = 40) -> str:
    """Returns a `digest.toml` with these feeds, id and path, with excerpts of so many words."""
    tables = (
        f'[[feeds]]\nid = "{name}"\nurl = "{path}"\nexcerpt = {words}\n'
        for name, path in feeds.items()
    )
    site = '[site]\ntitle = "Trial"\nurl = "https://digest.example/trial/"\n'
    return site + "".join(tables)


def make(
    root: Path, feeds: Mapping[str, bytes], *, words: int = 40, more: str = "", twice: bool = True
) -> Made:
    """Makes a digest of these feeds (by the names of their files) with `more` settings, pulls it twice, builds it.

    It is pulled once if not `twice`, since parsing hostile feeds takes seconds.
    """
    root.mkdir(exist_ok=True)
    for name, body in feeds.items():
        (root / name).write_bytes(body)
    (root / "digest.toml").write_text(
        settings({name_of(name): name for name in feeds}, words) + more
    )
    config = configs.load(root)
    one = two = pull.run(root, config, config.feeds, now=NOW)
    first = content(root)
    if twice:
        caches.forget(root, "feed")  # so that the second pull looks at every entry again
        two = pull.run(root, config, config.feeds, now=LATER)
    build.run(root, config, output=root / "site", base_url=None)
    return Made(
        root=root,
        config=config,
        feeds=feeds,
        reports=(one, two),
        first=first,
        second=content(root),
        stories=stories(root),
    )


def name_of(file: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", Path(file).stem.lower())


def stories(root: Path) -> tuple[Story, ...]:
    """Returns the stories of a digest, as they are read back from their files."""
    return load.load(root, configs.load(root)).stories


def content(root: Path) -> dict[str, bytes]:
    """Returns every file of the content, by its path."""
    folder = root / "content"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# ---------------------------------------------------------------- reading as others read


def said(body: bytes) -> list[RawEntry]:
    """Returns what a feed has as text: by feedparser with all its own help off, markup seen as a browser sees it."""
    parsed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    return [
        RawEntry(
            link=entry.get("link", ""),
            title=_shown(entry, "title"),
            summary=_shown(entry, "summary"),
        )
        for entry in parsed.entries
    ]


def _shown(entry: Any, key: str) -> str:
    value = entry.get(key) or (
        (entry.get("content") or [{"value": ""}])[0]["value"] if key == "summary" else ""
    )
    is_markup = re.search(r"</[a-z]|<br", value)
    return folded(_text(_fragment(value)) if is_markup else html.unescape(value))


def folded(text: str) -> str:
    return " ".join(UNLAWFUL.sub("", text).split())


@lru_cache(maxsize=5_000)  # most markup is in several feeds, and seen by several judges
def _fragment(markup: str) -> Any:
    return html5lib.parseFragment(markup, treebuilder="etree", namespaceHTMLElements=False)


@lru_cache(maxsize=500)
def page_of(markup: str) -> Any:
    """Returns the tree of a whole page, as a browser makes it; several judges look at it, and change nothing."""
    return html5lib.parse(markup, treebuilder="etree", namespaceHTMLElements=False)


def _text(element: Any) -> str:
    """Returns the text that is seen: blocks part words."""
    own = (
        element.text or ""
        if isinstance(element.tag, str) and element.tag not in {"script", "style"}
        else ""
    )
    inner = "".join(_text(child) + (child.tail or "") for child in element)
    blocks = {"p", "li", "div", "h1", "h2", "h3", "blockquote", "article", "pre", "dd", "dt", "tr"}
    return f" {own}{inner} " if element.tag in blocks else own + inner


def entry_contents(made: Made) -> Iterator[tuple[str, str]]:
    """Yields every HTML content of every feed that we publish, with where it stands."""
    for path, text in made.output(".atom").items():
        for number, node in enumerate(ElementTree.fromstring(text).iter(f"{ATOM}content")):
            yield f"{path} entry {number}", node.text or ""
    for path, text in made.output("feed.json").items():
        for number, entry in enumerate(json.loads(text)["items"]):
            yield f"{path} entry {number}", entry["content_html"]


def carelessly(made: Made) -> Iterator[tuple[str, str]]:
    """Yields every story file's body as a careless renderer would publish it: all extensions on, nothing sanitized."""
    for path in sorted((made.root / "content").glob("[0-9]*/w*/*.md")):
        body = path.read_text(encoding="utf-8").split("\n---\n", 1)[1]
        yield path.name, _careless(body)


@lru_cache(maxsize=5_000)
def _careless(markdown: str) -> str:
    return Markdown(extensions=["extra"]).convert(markdown)


def _trees(made: Made) -> Iterator[tuple[str, Any]]:
    yield from ((path, page_of(text)) for path, text in made.output(".html").items())
    yield from ((place, _fragment(text)) for place, text in entry_contents(made))
    yield from ((place, _fragment(text)) for place, text in carelessly(made))


# ---------------------------------------------------------------- the judges


def no_active(made: Made, _: str) -> None:
    """Nothing that runs, loads, restyles or submits; `link` and `meta` in the head are the templates' own."""
    for place, tree in _trees(made):
        body = tree.find("body") if tree.tag == "html" else tree
        tags = {element.tag for element in tree.iter() if isinstance(element.tag, str)}
        within = {element.tag for element in body.iter() if isinstance(element.tag, str)}
        assert not tags & ACTIVE - {"script"}, f"{place}: {tags & ACTIVE}"
        for script in tree.iter("script"):  # what describes a page to programs runs nowhere
            assert tree.tag == "html" and script not in body.iter(), place
            assert script.attrib == {"type": "application/ld+json"}, place
            json.loads(script.text or "")
        assert not within & {"link", "meta", "title"}, place
        for element in tree.iter():
            ours = {"class", "id", "hidden"} if tree.tag == "html" else set()
            assert not [name for name in element.attrib if name.startswith("on")], (
                f"{place}: {element.attrib}"
            )
            assert "style" not in element.attrib, f"{place}: {element.attrib}"
            assert ours or not {"class", "id"} & set(element.attrib), f"{place}: {element.attrib}"
            assert element.get("http-equiv", "").lower() in {"", "content-security-policy"}, place


def no_scheme(made: Made, _: str) -> None:
    """Every address, as a browser reads it, is of the web, a mail address, or relative."""
    for place, address in _addresses(made):
        bare = re.sub(r"[\x00-\x20\x7f-\xa0\u2028\u2029]", "", html.unescape(address)).lower()
        scheme = re.match(r"([a-z][a-z0-9+.-]*):", bare)
        assert scheme is None or scheme[1] in {"http", "https", "mailto"}, f"{place}: {address}"


def _addresses(made: Made) -> Iterator[tuple[str, str]]:
    """Yields every address in pages, contents, feeds and story files, with where it stands."""
    for place, tree in _trees(made):
        yield from (
            (place, str(node.get(name)))
            for node in tree.iter()
            for name in ADDRESSED & set(node.attrib)
        )
    for path, text in made.output(".atom", ".opml", ".xml").items():
        nodes = ElementTree.fromstring(text).iter()
        yield from (
            (path, node.attrib[name])
            for node in nodes
            for name in node.attrib
            if name in ADDRESSED | OUTLINED
        )
    for path, text in made.output("feed.json").items():
        items = json.loads(text)["items"]
        yield from (
            (path, entry[name])
            for entry in items
            for name in ("url", "external_url", "image")
            if name in entry
        )
    yield from (
        (story.file, address) for story in made.stories for address in (story.link, story.image)
    )


def text(made: Made, _: str) -> None:
    """Each headline and summary is seen as that text on its week's page, and read back from its file as it was."""
    articles = [
        article for page in made.weeks().values() for article in page_of(page).iter("article")
    ]
    shown = [folded(_text(article)) for article in articles]
    headlines = [folded(_text(node)) for article in articles for node in article.iter("h3")]
    excerpts = [folded(excerpt.unescape(story.excerpt)) for story in made.stories]
    for entry in (entry for body in made.feeds.values() for entry in said(body)):
        assert entry.title in headlines, f"{entry.title!r} not in {headlines}"
        assert entry.title in [story.title for story in made.stories], entry.title
        assert any(entry.summary in words for words in shown), f"{entry.summary!r} is not seen"
        assert any(entry.summary == words for words in excerpts), (
            f"{entry.summary!r} not in {excerpts}"
        )


def layout(made: Made, _: str) -> None:
    """Header, main and footer lie side by side, every story within main, and the harmless entry among them."""
    for path, markup in made.weeks().items():
        page = page_of(markup)
        body = page.find("body")
        assert [child.tag for child in body if child.tag != "a"] == ["header", "main", "footer"], (
            path
        )
        assert not body.find("footer").findall(".//article"), path
    headlines = [
        folded(_text(heading))
        for markup in made.weeks().values()
        for heading in page_of(markup).find("body/main").iter("h3")
    ]
    assert len(headlines) == len(made.stories)
    assert any(words.startswith("Control entry") for words in headlines), headlines


def front_matter(made: Made, _: str) -> None:
    """Each front matter is one YAML document to any safe loader, with our keys alone, its title the feed's words."""
    titles = {entry.title for body in made.feeds.values() for entry in said(body)}
    for path in sorted((made.root / "content").glob("[0-9]*/w*/*.md")):
        _, matter, _ = re.split(
            r"^---$", path.read_text(encoding="utf-8"), maxsplit=2, flags=re.MULTILINE
        )
        values = yaml.safe_load(matter)
        assert set(values) <= set(story_file.KEYS), path
        assert isinstance(values["title"], str), path
        assert folded(values["title"]) in titles, f"{values['title']!r} not in {titles}"


def template(made: Made, _: str) -> None:
    """Nothing that stands between template signs has been worked out."""
    for path, markup in {**made.output(".html"), **dict(entry_contents(made))}.items():
        seen = _text(page_of(markup).find("body"))
        assert not re.search(r"\b(?:42|49)\b", seen), path


def inside(made: Made, _: str) -> None:
    """Only the digest's own folders hold new files, all with names that every disk takes, no two alike there."""
    given = {"digest.toml", "secret.txt", *made.feeds}
    assert {path.name for path in made.root.iterdir()} - given <= {"content", "site", ".digest"}
    names = [
        path.relative_to(made.root)
        for path in made.root.rglob("*")
        if path.relative_to(made.root).parts[0] not in given
    ]
    for name in names:
        for part in name.parts:
            assert PORTABLE.fullmatch(part.removeprefix(".")), name
            assert not RESERVED.match(part), name
            assert len(part) <= 255, name
    folded_names = [name.as_posix().casefold() for name in names]
    assert len(set(folded_names)) == len(folded_names)
    assert (
        len(made.stories)
        == len({story.file for story in made.stories})
        == sum(map(_new, made.reports))
    )


def _new(report: PullReport) -> int:
    return sum(len(row.new) for row in report.rows)


def entries(made: Made, count: str) -> None:
    """So many stories are kept, each with a file and an address of its own."""
    anchors = [
        f"{path}#{article.get('id')}"
        for path, page in made.weeks().items()
        for article in page_of(page).iter("article")
    ]
    assert len(made.stories) == int(count)
    assert len(set(anchors)) == int(count)


def entries_any(made: Made, _: str) -> None:
    """The second pull changes no byte."""
    assert made.first == made.second
    assert _new(made.reports[1]) == 0


def refeed(made: Made, _: str) -> None:
    """Files and feeds are UTF-8, lawful in XML, well-formed, and read by a feed reader without a complaint."""
    for name, body in made.second.items():
        assert not UNLAWFUL.search(body.decode("utf-8")), name
    for path, markup in made.output(".atom").items():
        ElementTree.fromstring(markup)
        parsed = feedparser.parse(markup.encode())
        assert not parsed.bozo, f"{path}: {parsed.bozo_exception}"
        assert len(parsed.entries) == markup.count("<entry>"), path
    for markup in made.output("feed.json").values():
        assert len(json.loads(markup)["items"]) >= min(50, len(made.stories))


def no_read(made: Made, _: str) -> None:
    """No word of a file of this machine, or of one beside the feed, has come into the content or the site."""
    everything = "\n".join(
        [
            *made.output("").values(),
            *(body.decode(errors="replace") for body in made.second.values()),
        ]
    )
    name = socket.gethostname()
    for secret in (
        "root:x:0:0",
        "kept to itself",
        *([name] if len(name) > 4 else []),
    ):  # two letters are in any hash
        assert secret not in everything, secret


CHECKS: Mapping[str, Callable[[Made, str], None]] = {
    "no_active": no_active,
    "no_scheme": no_scheme,
    "text": text,
    "layout": layout,
    "front_matter": front_matter,
    "template": template,
    "inside": inside,
    "entries": entries,
    "entries_any": entries_any,
    "refeed": refeed,
    "no_read": no_read,
}
ELSEWHERE = {"no_js", "bounded", "poison"}
"""Checks of the table that need a browser, a limit on memory or two feeds: each has a test of its own."""


def judge(made: Made, *checks: str) -> None:
    """Holds a digest to the named checks; `entries:15` carries its number with it."""
    for check in checks:
        kind, _, argument = check.partition(":")
        if kind not in ELSEWHERE:
            CHECKS[kind](made, argument)
