"""Every address that the site uses: where each page stands, how a link to it is written, which file it is.

A *place* is an address below the base path, without a leading slash: `2026/w20/`, `2026/w20/#slug`, `feed.atom`.
The functions give places; `Base` writes them as links; `output` names the file behind one. Refuses to join addresses
anywhere else: a site under a base path breaks by the one address that was made by hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

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
SEARCH = "search/"
SEARCH_SCRIPT = "search/search.js"
SEARCH_INDEX = "search/pagefind/"

PLACES = {
    "home": HOME,
    "archive": ARCHIVE,
    "themes": THEMES,
    "subscribe": SUBSCRIBE,
    "feed": FEED,
    "feed_json": FEED_JSON,
    "weeks_feed": WEEKS_FEED,
    "opml": OPML,
    "sitemap": SITEMAP,
    "style": STYLE,
    "search": SEARCH,
    "search_script": SEARCH_SCRIPT,
}
"""The places that every site has, as templates call them; those of search only where there is an index."""

RESERVED = frozenset(
    {"404", "ahead", "archive", "cards", "corrections", "feed", "search", "subscribe", "themes"}
)
"""The names that no page of the editor's may have, for a page or folder of the site has them or is to have them.

They do not depend on which extras are installed: a digest that passes its checks on one machine passes on all.
"""

OWN_ICONS = (ICON, "favicon.svg", "favicon.png", "favicon.ico")
"""The files by which an editor gives the site an icon, the best first."""

OUTPUTS = (
    "[0-9][0-9][0-9][0-9]/w[0-9][0-9]/index.html",
    "[0-9][0-9][0-9][0-9]/w[0-9][0-9]/feed.atom",
    "themes/*/index.html",
    "themes/*/page/*/index.html",
    "themes/*/feed.atom",
    "*/index.html",
)
"""The patterns of the files behind all other places, those that come and go with what editors write."""

SEARCHED = (
    "search/search.js",
    "search/pagefind/[0-9][0-9][0-9][0-9]/pagefind*",
    "search/pagefind/[0-9][0-9][0-9][0-9]/wasm.*.pagefind",
    "search/pagefind/[0-9][0-9][0-9][0-9]/*/*.pf_*",
)
"""The patterns of the files that come and go with the search page, and are ours where that is."""

BESIDE = ("[0-9][0-9][0-9][0-9]/w[0-9][0-9]/**/*", "pages/**/*", "themes/**/*")
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"})
"""Where the pictures that lie beside Markdown texts are copied to, and the endings that they have."""

_SAFE = "/-._~!$&'()*+,;=:@"  # what a path may hold as it is (RFC 3986 §3.3), with the slash that parts it
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLAIN = re.compile(
    r"[a-z0-9/._-]+(?:#[a-z0-9._-]+)?"
)  # what most places are: nothing in them has to be encoded


def week(of: Week) -> str:
    """Returns the place of a week's page."""
    return f"{of.folder}/"


def permalink(of: Week, anchor: str) -> str:
    """Returns the place of a story on its week's page."""
    return f"{of.folder}/#{anchor}"


def week_feed(of: Week) -> str:
    """Returns the place of a closed week's archive document."""
    return f"{of.folder}/feed.atom"


def theme(id: str) -> str:
    """Returns the place of a theme's page, with its newest stories."""
    return f"themes/{id}/"


def theme_page(id: str, number: int) -> str:
    """Returns the place of a page of a theme's older stories; page 1 has the oldest."""
    return f"themes/{id}/page/{number}/"


def theme_feed(id: str) -> str:
    """Returns the place of a theme's Atom feed."""
    return f"themes/{id}/feed.atom"


def free_page(name: str) -> str:
    """Returns the place of a page that the editor wrote."""
    return f"{name}/"


def output(place: str) -> str:
    """Returns the path of the file behind a place, below the output folder: `2026/w20/index.html`."""
    path = place.partition("#")[0]
    return f"{path}index.html" if not path or path.endswith("/") else path


@dataclass(frozen=True, slots=True)
class Base:
    """Where the site stands: `url` is its absolute address and ends with a slash."""

    url: str
    path: str = field(init=False)
    """The base path, `/` or `/repo/`, percent-encoded."""
    origin: str = field(init=False)
    """Scheme and host, without a slash at the end."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        object.__setattr__(self, "path", encoded_once(parts.path or "/"))
        object.__setattr__(self, "origin", f"{parts.scheme}://{_host(parts.netloc)}")

    def href(self, place: str) -> str:
        """Returns a place as pages link to it: from the root of the host, so the same on every page."""
        return self.path + _encoded(place)

    def absolute(self, place: str) -> str:
        """Returns a place as feeds, the sitemap and canonical links name it."""
        return self.origin + self.href(place)


def encoded_once(path: str) -> str:
    """Returns a path with every character percent-encoded that needs it; what is encoded already stays as it is."""
    return quote(_LONE_PERCENT.sub("%25", path), safe=_SAFE + "%")


def _host(netloc: str) -> str:
    """Returns host and port as feeds and sitemaps need them: a name beyond ASCII in its ASCII form (RFC 3490)."""
    if netloc.isascii():
        return netloc
    name, colon, port = netloc.partition(":")
    try:
        return name.encode("idna").decode() + colon + port
    except UnicodeError:
        return netloc


def _encoded(place: str) -> str:
    if _PLAIN.fullmatch(place):
        return place
    path, hash_sign, anchor = place.partition("#")
    return quote(path, safe=_SAFE) + hash_sign + quote(anchor, safe=_SAFE)
