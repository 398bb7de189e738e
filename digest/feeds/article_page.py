"""Reads a web page's metadata as a document of one entry, for stories that are in no feed.

    bytes ──decode──▶ text ──scan──▶ elements ──Open Graph, JSON-LD, HTML──▶ Document of one Entry

The page is not trusted: its metadata becomes plain text by the rules for feeds, and its canonical
URL counts only on the host that it came from.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import urlsplit

from digest import redact, urls
from digest.feeds import (
    author_names,
    dates,
    encodings,
    feed_links,
    html_head,
    http_errors,
    jsonld,
    normalize,
    plain_text,
)
from digest.feeds.html_head import Element
from digest.feeds.normalize import RawEntry
from digest.model import Document, Failed, Fetched

_MAX_BYTES = 2_000_000
"""Bytes of a page that are read; metadata is near the start."""
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_LONGEST_LABEL = 60


def read(fetched: Fetched) -> Document | Failed:
    """Returns the page as a document of one entry, with the site's name as title, or a failure."""
    body = (fetched.body or b"")[:_MAX_BYTES]
    kind = fetched.content_type.partition(";")[0].strip().lower()
    elements = list(html_head.scan(encodings.decode(body, fetched.content_type).text))
    is_page = feed_links.is_page(body)
    if not elements and is_page:
        return Failed(feed=fetched.feed, reason="a web page that names no headline")
    if not elements or not (kind in _HTML or is_page):
        shown = http_errors.printable(kind)[:_LONGEST_LABEL]
        what = f" but {shown}" if shown and kind not in _HTML else ""
        return Failed(feed=fetched.feed, reason=f"not a web page{what}")
    document = _Page(elements, redact.strip(urls.web_link(fetched.url) or "")).document()
    return normalize.without_secrets(document, fetched.feed.url, fetched.url)


class _Page:
    """A page's elements by what they describe; values of a property are in the page's order."""

    def __init__(self, elements: Sequence[Element], url: str) -> None:
        self.url, self.title = url, ""
        self.meta: dict[str, list[str]] = defaultdict(list)
        self.canonical, self.times = list[str](), list[str]()
        base, scripts = "", list[str]()
        for element in elements:
            if element.name == "meta" and element.get("content"):
                name = (element.get("property") or element.get("name")).lower()
                self.meta[name].append(element.get("content"))
            elif element.name == "title" and element.text.strip():
                self.title = self.title or element.text
            elif element.name == "link" and "canonical" in element.get("rel").lower().split():
                if element.get("href"):
                    self.canonical.append(element.get("href"))
            elif element.name == "time":
                self.times.append(element.get("datetime"))
            elif element.name == "script":
                kind = element.get("type").lower().partition(";")[0].strip()
                if kind == "application/ld+json":
                    scripts.append(element.text)
            elif element.name == "base":
                base = base or element.get("href")
        self.data = jsonld.read(scripts)
        self.base = urls.web_link(base, url) or url

    def document(self) -> Document:
        """Returns the document; some pages put markup into their metadata, which is removed."""
        name = self._first("og:site_name") or self.data.publisher
        site = plain_text.line(plain_text.from_either(name, headline=True))
        summary = (
            self._first("og:description") or self.data.description or self._first("description")
        )
        published = (self.data.published, *self._all("article:published_time"), *self.times)
        names = []
        for author in self._all("article:author"):
            if not urls.is_absolute(author) and "/" not in author:  # many are links to profiles
                names.append(author)
        authors = self.data.authors or names or self._all("author")
        raw = RawEntry(
            title=self._headline(site),
            links=(self._link(),),
            dates=(next(filter(dates.parse_time, published), ""),),
            authors=author_names.names(map(plain_text.from_either, authors)),
            images=(
                *self._all("og:image:secure_url", "og:image", "og:image:url"),
                self.data.image,
                *self._all("twitter:image", "twitter:image:src"),
            ),
            summary=plain_text.line(plain_text.from_either(summary)),
        )
        return normalize.document_of(site, [raw], self.base)

    def _headline(self, site: str) -> str:
        """Returns the headline, without the site's name at the end."""
        title = (
            self._first("og:title")
            or self.data.headline
            or self.title
            or self._first("twitter:title")
        )
        text = plain_text.line(plain_text.from_either(title, headline=True))
        if not site:
            return text
        ending = re.fullmatch(r"(.*\S)\s+[-–—|·:•]+\s+" + re.escape(site), text)
        return ending[1] if ending else text

    def _link(self) -> str:
        """Returns the page's canonical URL if it is plausible, or else the one it came from.

        Some sites declare their home page as the canonical URL of every page.
        """
        for address in (*self.canonical, *self._all("og:url")):
            link = urls.web_link(address, self.base)
            is_own = link and urls.host_of(link) == urls.host_of(self.url)
            if link and is_own and (_is_deep(link) or not _is_deep(self.url)):
                return link
        return self.url

    def _all(self, *properties: str) -> list[str]:
        values = list[str]()
        for name in properties:
            values += self.meta.get(name, ())
        return values

    def _first(self, name: str) -> str:
        return next(iter(self.meta.get(name, ())), "")


def _is_deep(link: str) -> bool:
    """True if a URL is not a home page."""
    parts = urlsplit(link)
    return bool(parts.path.strip("/") or parts.query)
