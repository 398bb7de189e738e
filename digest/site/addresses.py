"""Every address of the site: the places of its pages, links to them, and the files behind them.

A *place* is an address below the base path, without a leading slash: `2026/w20/`, `2026/w20/#slug`,
`feed.atom`. The functions return places, `SiteUrl` makes links of them, and `path_of` returns the
file behind one. No other module joins addresses, so that a site works under any base path.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from digest.urls import ascii_host
from digest.week import Week

HOME = ""
ARCHIVE = "archive/"
THEMES = "themes/"
SUBSCRIBE = "subscribe/"
NOT_FOUND = "404.html"
FEED = "feed.atom"
FEED_JSON = "feed.json"
WEEKS_FEED = "weeks.atom"
OPML = "feeds.opml"
SITEMAP = "sitemap.xml"
ROBOTS = "robots.txt"
STYLE = "style.css"
ICON = "icon.svg"
AHEAD = "ahead/"
CALENDAR = "ahead.ics"
CORRECTIONS = "corrections/"
CORRECTIONS_FEED = "corrections/feed.atom"
ARCHIVE_JSON = "archive.json"
LLMS = "llms.txt"
CARDS = "cards/"
SITE_CARD = "cards/site.png"
SEARCH = "search/"
SEARCH_SCRIPT = "search/search.js"
SEARCH_INDEX = "search/pagefind/"

PLACES = {
    "home": HOME,
    "archive": ARCHIVE,
    "themes": THEMES,
    "subscribe": SUBSCRIBE,
    "ahead": AHEAD,
    "calendar": CALENDAR,
    "feed": FEED,
    "feed_json": FEED_JSON,
    "weeks_feed": WEEKS_FEED,
    "opml": OPML,
    "sitemap": SITEMAP,
    "style": STYLE,
    "search": SEARCH,
    "search_script": SEARCH_SCRIPT,
}
"""The places that templates know by name; those of the search exist only if there is an index,
those of dates ahead only if there are any.
"""

RESERVED = frozenset(
    {"404", "ahead", "archive", "cards", "corrections", "feed", "search", "subscribe", "themes"}
)
"""The names that a page of the editor's cannot have, since the site uses them or is going to.

They do not depend on installed extras, so that a digest passes `check` on all machines or none.
"""

EDITORS_ICONS = (ICON, "favicon.svg", "favicon.png", "favicon.ico")
"""The files that an editor may put into content/static/ as the icon of the site, the best first."""

CONTENT_PATTERNS = (
    "[0-9][0-9][0-9][0-9]/w[0-9][0-9]/index.html",
    "[0-9][0-9][0-9][0-9]/w[0-9][0-9]/feed.atom",
    "[0-9][0-9][0-9][0-9]/w[0-9][0-9]/index.md",
    "themes/*/index.html",
    "themes/*/page/*/index.html",
    "themes/*/feed.atom",
    "corrections/feed.atom",
    "*/index.html",
)
"""Patterns of the pages, feeds and Markdown files that a site may have or not: its content decides."""

SEARCH_PATTERNS = (
    "search/search.js",
    "search/pagefind/[0-9][0-9][0-9][0-9]/pagefind*",
    "search/pagefind/[0-9][0-9][0-9][0-9]/wasm.*.pagefind",
    "search/pagefind/[0-9][0-9][0-9][0-9]/*/*.pf_*",
)
"""Patterns of the files of the search: they are ours if the search page is."""

PICTURE_PATTERNS = ("[0-9][0-9][0-9][0-9]/w[0-9][0-9]/**/*", "pages/**/*", "themes/**/*", "cards/*")
"""Where pictures are that are copied from Markdown texts, or drawn."""

_SAFE = "/-._~!$&'()*+,;=:@"  # needs no encoding in a path (RFC 3986 §3.3)
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"[a-z0-9/._-]+(?:#[a-z0-9._-]+)?")  # most places: nothing to encode


def week(of: Week) -> str:
    """Returns the place of a week's page."""
    return f"{of.folder}/"


def permalink(of: Week, anchor: str) -> str:
    """Returns the place of a story on its week's page."""
    return f"{of.folder}/#{anchor}"


def week_feed(of: Week) -> str:
    """Returns the place of a closed week's archive document (RFC 5005)."""
    return f"{of.folder}/feed.atom"


def week_markdown(of: Week) -> str:
    """Returns the place of a week as Markdown."""
    return f"{of.folder}/index.md"


def theme(id: str) -> str:
    """Returns the place of a theme's own page, which has its newest stories."""
    return f"themes/{id}/"


def theme_page(id: str, number: int) -> str:
    """Returns the place of a page of a theme's older stories; page 1 has the oldest."""
    return f"themes/{id}/page/{number}/"


def theme_feed(id: str) -> str:
    """Returns the place of a theme's Atom feed."""
    return f"themes/{id}/feed.atom"


def week_card(of: Week) -> str:
    """Returns the place of a week's social card."""
    return f"{CARDS}{of.folder.replace('/', '-')}.png"


def theme_card(id: str) -> str:
    """Returns the place of a theme's social card."""
    return f"{CARDS}theme-{id}.png"


def free_page(name: str) -> str:
    """Returns the place of a page that the editor wrote."""
    return f"{name}/"


def path_of(place: str) -> str:
    """Returns the file behind a place, relative to the output folder: `2026/w20/index.html`."""
    path = place.partition("#")[0]
    return f"{path}index.html" if not path or path.endswith("/") else path


class SiteUrl:
    """The address of the site.

    - `url`: absolute, ending with a slash
    - `path`: the base path, `/` or `/repo/`, percent-encoded
    - `origin`: scheme and host, without a trailing slash
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host, colon, port = parts.netloc.partition(":")
        self.url = url
        self.path = encoded_once(parts.path or "/")
        # Feeds and sitemaps need the IDNA form (RFC 3490).
        self.origin = f"{parts.scheme}://{ascii_host(host)}{colon}{port}"

    def href(self, place: str) -> str:
        """Returns the link to a place from the root of the host, the same on every page."""
        if _PLAIN.fullmatch(place):
            return self.path + place
        path, hash_sign, anchor = place.partition("#")
        return self.path + quote(path, safe=_SAFE) + hash_sign + quote(anchor, safe=_SAFE)

    def absolute(self, place: str) -> str:
        """Returns the absolute URL of a place, for feeds, the sitemap and canonical links."""
        return self.origin + self.href(place)


def encoded_once(path: str) -> str:
    """Returns a path percent-encoded; what is encoded already stays as it is."""
    return quote(_LONE_PERCENT.sub("%25", path), safe=_SAFE + "%")
