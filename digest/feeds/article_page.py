"""A web page read as a document of one entry: what it says of its own story, for what no feed carries.

    bytes ──decode──▶ text ──scan──▶ elements ──Open Graph, JSON-LD, plain HTML──▶ Document of one Entry

Refuses to trust the page: what it says becomes plain text by the rules that hold for feeds, its own address for itself
counts only on the host that it came from, and what is no page is a value that says so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from urllib.parse import urlsplit

from digest import redact, urls
from digest.feeds import (
    author_names,
    dates,
    encodings,
    feed_links,
    html_head,
    jsonld,
    normalize,
    plain_text,
)
from digest.feeds.html_head import Element
from digest.feeds.normalize import RawEntry
from digest.model import Document, Failed, Fetched

_READ = 2_000_000
"""Of a page so many bytes are read: what it says of itself stands near its beginning."""
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_FEED = re.compile(
    r"\s*(?:<(?:\?(?:(?!\?>).)*\?|!--(?:(?!-->).)*--|!DOCTYPE[^<>]*)>\s*)*+<(?:rss|feed|rdf:RDF)[\s>]"
    r"|\s*\{.*?\"version\"\s*:\s*\"https?:(?:\\?/){2}jsonfeed\.org",
    re.DOTALL,
)
_BEGINNING = 10_000
"""The part of a text that is searched for what makes it a feed."""
_LONGEST_LABEL = 60


def is_feed(fetched: Fetched) -> bool:
    """Tells whether what was fetched is a feed, whatever its server calls it."""
    text = encodings.decode((fetched.body or b"")[:_BEGINNING], fetched.content_type).text
    return _FEED.match(text.removeprefix("\ufeff")) is not None


def read(fetched: Fetched) -> Document | Failed:
    """Returns the page as a document of one entry, titled after its site; or why it is none."""
    body = (fetched.body or b"")[:_READ]
    kind = fetched.content_type.partition(";")[0].strip().lower()
    found = list(html_head.scan(encodings.decode(body, fetched.content_type).text))
    if not found or not (kind in _HTML or feed_links.is_page(body)):
        silent = feed_links.is_page(body) and not found
        reason = "a web page that names no headline" if silent else f"not a web page{_label(kind)}"
        return Failed(feed=fetched.feed, reason=reason)
    document = _Page(found, redact.strip(urls.web_link(fetched.url) or "")).document()
    return normalize.without_secrets(document, fetched.feed.url, fetched.url)


def _label(kind: str) -> str:
    shown = "".join(sign for sign in kind if sign.isprintable())[:_LONGEST_LABEL]
    return f" but {shown}" if shown and kind not in _HTML else ""


class _Page:
    """One page's elements, sorted by what they speak of; each property has its values in the page's order."""

    def __init__(self, found: Sequence[Element], url: str) -> None:
        self.url = url
        self.meta: dict[str, list[str]] = defaultdict(list)
        for element in found:
            if element.name == "meta" and element.get("content"):
                self.meta[(element.get("property") or element.get("name")).lower()].append(
                    element.get("content")
                )
        self.title = next(
            (element.text for element in found if element.name == "title" and element.text.strip()),
            "",
        )
        self.canonical = [
            one.get("href") for one in found if one.name == "link" and _is_canonical(one)
        ]
        self.times = [element.get("datetime") for element in found if element.name == "time"]
        self.data = jsonld.told(
            one.text for one in found if one.name == "script" and _is_linked_data(one)
        )
        base = next(
            (
                element.get("href")
                for element in found
                if element.name == "base" and element.get("href")
            ),
            "",
        )
        self.base = urls.web_link(base, url) or url

    def document(self) -> Document:
        site = plain_text.line(
            _plain(self._first("og:site_name") or self.data.publisher, headline=True)
        )
        said = RawEntry(
            title=self._headline(site),
            links=(self._link(),),
            dates=tuple(islice(self._dates(), 1)),
            authors=author_names.names(map(_plain, self._authors())),
            images=(*self._all("og:image:secure_url", "og:image", "og:image:url"), self.data.image,
                    *self._all("twitter:image", "twitter:image:src")),
            summary=plain_text.line(
                _plain(self._first("og:description") or self.data.description or self._first("description"))
            ),
        )  # fmt: skip
        return normalize.document(site, [said], self.base)

    def _headline(self, site: str) -> str:
        """Returns the headline; the site's name, which pages put behind their title, is no part of it."""
        said = (
            self._first("og:title")
            or self.data.headline
            or self.title
            or self._first("twitter:title")
        )
        words = plain_text.line(_plain(said, headline=True))
        ending = re.fullmatch(r"(.*\S)\s+[-–—|·:•]+\s+" + re.escape(site), words) if site else None
        return ending[1] if ending else words

    def _link(self) -> str:
        """Returns the page's own address for itself where it can be believed, else the one that it came from.

        Many a site says of every page that its address is the home page's.
        """
        for said in (*self.canonical, *self._all("og:url")):
            link = urls.web_link(said, self.base)
            if (
                link
                and urls.host(link) == urls.host(self.url)
                and (_is_deep(link) or not _is_deep(self.url))
            ):
                return link
        return self.url

    def _dates(self) -> Iterator[str]:
        for said in (self.data.published, *self._all("article:published_time"), *self.times):
            if dates.parse_time(said):
                yield said

    def _authors(self) -> Iterable[str]:
        named = [
            said
            for said in self._all("article:author")
            if not urls.is_absolute(said) and "/" not in said
        ]
        return self.data.authors or named or self._all("author")

    def _all(self, *properties: str) -> list[str]:
        return [value for name in properties for value in self.meta.get(name, ())]

    def _first(self, name: str) -> str:
        return next(iter(self.meta.get(name, ())), "")


def _is_canonical(link: Element) -> bool:
    return "canonical" in link.get("rel").lower().split() and bool(link.get("href"))


def _is_linked_data(script: Element) -> bool:
    return script.get("type").lower().partition(";")[0].strip() == "application/ld+json"


def _is_deep(link: str) -> bool:
    """Tells whether an address leads to a page within its site, and not to the site's own."""
    parts = urlsplit(link)
    return bool(parts.path.strip("/") or parts.query)


def _plain(text: str, *, headline: bool = False) -> str:
    """Returns a text without markup: some pages write that into their properties as well."""
    return plain_text.from_either(text, headline=headline)
