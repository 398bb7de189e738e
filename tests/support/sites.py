"""Sites as tests read them: built from values, and looked through with parsers that are not ours."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import html5lib

from digest import lock
from digest.cache import Cache
from digest.commands.build import Builder, BuildResult
from digest.model import Config, Content
from digest.site.arrange import arrange
from digest.site.plan import plan
from digest.site.render import Renderer

Element = Any
FOREIGN = "{http://www.w3.org/1999/xhtml}"


def rendered(
    content: Content, config: Config, root: Path = Path("no-such-root")
) -> dict[str, bytes]:
    """Returns every file of the site that a digest makes, by its path."""
    planned = plan(arrange(content, config), config)
    copied = {one.path: b"" for one in planned.copied}
    renderer = Renderer(root, planned.base)
    renderer.raise_problems()
    files = {page.path: renderer.page(page, planned.data(page)) for page in planned.pages}
    planned.raise_problems()
    return files | copied


def build_into(
    folder: Path, root: Path, config: Config, *, drafts: bool = False, extras: bool = False
) -> BuildResult:
    """Builds a digest into a folder, as a new process would; without what extras add unless `extras`."""
    with lock.hold(root), Cache(root) as cache:
        builder = Builder(root, config, folder, cache, drafts=drafts, extras=extras)
        scanned = builder.scan()
        return builder.build(scanned, builder.load(scanned))


def read_folder(folder: Path) -> dict[str, bytes]:
    """Returns every file of a folder by its path below it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def pages(site: dict[str, bytes]) -> dict[str, Element]:
    """Returns the tree of each HTML page; raises on the first thing that is not valid."""
    return {path: parse(content) for path, content in site.items() if path.endswith(".html")}


@lru_cache(maxsize=64)  # a site's pages, which many tests look through one after another
def parse(content: bytes) -> Element:
    """Returns the tree of one page, parsed strictly; no test changes it."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(content.decode("utf-8"))


def find(tree: Element, *names: str) -> list[Element]:
    """Returns the elements of those names, in the order of the page."""
    return [element for element in tree.iter() if element.tag in names]


def text(element: Element) -> str:
    """Returns the words of an element, white space folded."""
    return " ".join("".join(element.itertext()).split())


def lost_links(site: dict[str, bytes], url: str) -> list[str]:
    """Returns every link of every page that leads to no file or no anchor of the site."""
    trees = pages(site)
    ids = {
        path: {element.get("id") for element in tree.iter() if element.get("id")}
        for path, tree in trees.items()
    }
    return [
        f"{path}: {link}"
        for path, tree in trees.items()
        for link in _links(tree)
        if _is_lost(urljoin(url + path, link), url, site, ids)
    ]


def _links(tree: Element) -> Iterator[str]:
    for element in tree.iter():
        for name in ("href", "src"):
            if element.get(name) is not None:
                yield element.get(name)


def _is_lost(address: str, url: str, site: dict[str, bytes], ids: dict[str, set[str]]) -> bool:
    if urlsplit(address).netloc != urlsplit(url).netloc:
        return False
    if not address.startswith(url):
        return True
    path, _, anchor = address.removeprefix(url).partition("#")
    path = unquote(path.partition("?")[0])
    path = f"{path}index.html" if not path or path.endswith("/") else path
    return path not in site or bool(anchor and unquote(anchor) not in ids.get(path, set()))
