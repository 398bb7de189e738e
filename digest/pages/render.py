"""The one importer of jinja2: pages out of templates, as bytes.

    Page ──template──▶ text ──without signs that no document may hold──▶ checked ──▶ bytes

The digest's own `templates/` come before the shipped ones; a shipped one that is overridden is still there as
`shipped/<name>`, to be extended. Refuses to write a feed that is not well-formed, and gives no template more than
`templates/README.md` lists. A fault in a template is one line that names it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from xml.parsers import expat

from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
    nodes,
)
from jinja2.bccache import Bucket
from jinja2.utils import htmlsafe_json_dumps

from digest.errors import Faults, Problem, suggestion
from digest.pages import addresses, markup, wording
from digest.pages.addresses import Base
from digest.pages.atom import AtomEntry, EditionEntry
from digest.pages.cards import Card
from digest.pages.ingredients import FOLDER, shipped_templates
from digest.pages.markup import Html
from digest.pages.page import Link, Page
from digest.pages.texts import Texts, whole_key

_TEMPLATES = frozenset({".html", ".xml", ".opml", ".json", ".txt", ".css", ".js", ".svg"})

# Signs that XML 1.0 §2.2 or HTML §13.2.3.5 does not allow in a document, however they came here.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def flawed(root: Path, base: Base) -> tuple[Problem, ...]:
    """Returns what is wrong in the digest's own templates, as far as it shows before a page is rendered."""
    return tuple(Renderer(root, base, Texts(), {}).flawed())


_ANCHOR, _BODY = "\ue000", "\ue001"  # where the two go in the frame of a story; nobody's words have them


class _Code(BytecodeCache):
    """Compiled templates, each with a hash of its source: to compile them all takes longer than to render a page.

    They are code, as templates are: whoever can put one into `.digest/` could as well put it into `templates/`.
    """

    def __init__(self, code: dict[str, bytes]) -> None:
        self._code = code

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


class Renderer:
    """One environment for one build; what many pages share is rendered once and kept.

    `texts` and `code`, the templates as Python has compiled them, are those of earlier builds, and take up this one's.
    """

    def __init__(self, root: Path, base: Base, texts: Texts, code: dict[str, bytes]) -> None:
        self._base, self._texts, self.code = base, texts, code
        self._own, self._shipped = root / FOLDER, shipped_templates()
        self._environment = Environment(
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            bytecode_cache=_Code(code),
            loader=_loader(self._own, self._shipped),
        )
        self._environment.filters.update(
            href=base.href,
            absolute=base.absolute,
            day=wording.day,
            card=self._card,
            articles=self._articles,
            listing=self._listing,
            content=self._content,
            entry=self._entry,
            whole=self._whole,
            afar=lambda html: markup.absolute(html, base.origin),
            fingerprint=_fingerprint,
        )
        self._environment.globals["places"] = addresses.PLACES
        self._kept: dict[tuple[str, ...], Html] = {}
        self._last = False
        self._pieces: dict[str, Callable[[object], str]] = {}
        self._frames: dict[tuple[str, bool], Callable[[str, str], str]] = {}

    def page(self, page: Page, data: Mapping[str, object] | None = None) -> bytes:
        """Returns a page's bytes, UTF-8; `data` is the page's own, where that has been made."""
        self._last = page.last
        try:
            text = self._environment.get_template(page.template).render(data or page.data())
        except Exception as error:
            problem = self._problem(page.template, error)
            if problem is None:
                raise
            raise Faults([problem]) from error
        text = _ILLEGAL.sub("", text)
        self._check(page, text)
        return text.encode()

    def refuse_flaws(self) -> None:
        """Raises Faults where anything is wrong in the digest's own templates, as far as reading them shows it."""
        if self._own.resolve() == self._shipped.resolve():
            return  # the archive of this repository: they are tried by its tests
        flaws = [problem for problem in self.flawed() if not problem.hint]
        if flaws:
            raise Faults(flaws)

    def flawed(self) -> Iterator[Problem]:
        """Yields what is wrong in each of the digest's own templates, as far as reading them shows it."""
        names = sorted(path.relative_to(self._own).as_posix() for path in self._own.rglob("*.*") if _is_template(path))
        used = {path.relative_to(self._shipped).as_posix() for path in self._shipped.rglob("*.*")}
        found: dict[str, tuple[Problem, ...]] = {}
        for name in names:
            try:
                self._environment.get_template(name)
                used |= {str(other) for other in meta.find_referenced_templates(self._parsed(name))}
                found[name] = tuple(self._stray_blocks(name))
            except (TemplateError, UnicodeDecodeError) as error:
                unread = Problem(self._named(name), 0, "not UTF-8 text", "save it as UTF-8")
                found[name] = (self._problem(name, error) or unread,)
        for name in names:
            unused = Problem(f"{FOLDER}/{name}", 0, "no page uses it", suggestion(name, used), hint=True)
            yield from found[name] if name in used else (unused,)

    def _stray_blocks(self, name: str) -> Iterator[Problem]:
        """Yields the blocks that what a template extends does not have, which Jinja leaves out without a word."""
        tree = self._parsed(name)
        for parent in _extended(tree):
            if parent == name:
                yield Problem(f"{FOLDER}/{name}", 0, "extends itself", f"extend 'shipped/{name}'")
                return
            known = self._blocks(parent, frozenset({name}))
            for block in (node for node in tree.body if isinstance(node, nodes.Block) and node.name not in known):
                what = f"'{parent}' has no block '{block.name}'"
                yield Problem(f"{FOLDER}/{name}", block.lineno, what, suggestion(block.name, known))

    def _blocks(self, name: str, seen: frozenset[str]) -> set[str]:
        """Returns the blocks of a template and of all that it extends."""
        tree = self._parsed(name)
        above = (self._blocks(parent, seen | {name}) for parent in _extended(tree) if parent not in seen)
        return {block.name for block in tree.find_all(nodes.Block)}.union(*above)

    def _parsed(self, name: str) -> nodes.Template:
        loader = self._environment.loader
        assert loader is not None
        return self._environment.parse(loader.get_source(self._environment, name)[0])

    def _articles(self, cards: Iterable[Card], kind: str, anchored: bool) -> Html:
        """Returns stories one after another, each in its frame: what is around them is the same for all."""
        frame = self._frame(kind, anchored)
        return Html("".join([frame(card.anchor, self._card(card)) for card in cards]))

    def _listing(self, links: Iterable[Link]) -> Html:
        """Returns links as the elements of an ItemList (schema.org), fit to stand in a script of JSON."""
        absolute = self._base.absolute
        found = [
            {"@type": "ListItem", "position": at, "url": absolute(link.place)} for at, link in enumerate(links, start=1)
        ]
        return Html(htmlsafe_json_dumps(found, separators=(",", ":")))

    def _frame(self, kind: str, anchored: bool) -> Callable[[str, str], str]:
        if (kind, anchored) not in self._frames:
            given = {"kind": kind, "anchor": _ANCHOR if anchored else "", "body": Html(_BODY)}
            around = self._environment.get_template("story/article.html").render(given)
            self._frames[kind, anchored] = lambda anchor, body: around.replace(_ANCHOR, anchor).replace(_BODY, body)
        return self._frames[kind, anchored]

    def _card(self, card: Card) -> Html:
        return self._once((card.template, card.file, card.under), "card", card)

    def _content(self, card: Card) -> Html:
        return self._once(("feeds/content.html", card.file, card.under), "card", card)

    def _entry(self, entry: AtomEntry) -> Html:
        return self._once(("feeds/entry.xml", entry.id), "entry", entry)

    def _whole(self, entry: EditionEntry) -> Html:
        make = self._environment.get_template("feeds/edition.html").render
        return Html(self._texts.once(whole_key(entry.mark), lambda: make(edition=entry.edition)))

    def _once(self, key: tuple[str, ...], name: str, value: object) -> Html:
        """Returns a piece, rendered once for the two pages that most pieces stand on: then it is let go."""
        if key in self._kept:
            return self._kept.pop(key)
        template = key[0]
        if template not in self._pieces:
            self._pieces[template] = _piece(self._environment.get_template(template), name)
        piece = Html(self._pieces[template](value))
        if not self._last:
            self._kept[key] = piece
        return piece

    def _check(self, page: Page, text: str) -> None:
        """Raises Faults where a template has given a document that its readers could not parse."""
        try:
            if page.path.endswith((".atom", ".xml", ".opml")):
                expat.ParserCreate().Parse(text, True)
            elif page.path.endswith(".json"):
                json.loads(text)
        except (expat.ExpatError, ValueError) as error:
            what = f"gives a {page.path} that is not well-formed: {error}"
            raise Faults([Problem(f"{FOLDER}/{page.template}", 0, what, "mend the template")]) from error

    def _problem(self, template: str, error: Exception) -> Problem | None:
        """Returns what is wrong with a template, and where; None where the fault is not one of a template."""
        what = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, TemplateNotFound):
            return Problem(f"{FOLDER}/{template}", 0, f"there is no template '{what}'", "restore it, or mend its name")
        if isinstance(error, TemplateSyntaxError):
            return Problem(self._named(error.filename or template), error.lineno, what)
        innermost = traceback.extract_tb(error.__traceback__)
        frames = [frame for frame in innermost if self._is_ours(frame.filename)]
        if not frames:
            return None
        return Problem(self._named(frames[-1].filename), frames[-1].lineno or 0, what)

    def _is_ours(self, file: str) -> bool:
        return any(Path(file).is_relative_to(folder) for folder in (self._own, self._shipped))

    def _named(self, file: str) -> str:
        for folder in (self._own, self._shipped):
            if Path(file).is_relative_to(folder):
                return f"{FOLDER}/{Path(file).relative_to(folder).as_posix()}"
        return f"{FOLDER}/{file}"


def _piece(template: Template, name: str) -> Callable[[object], str]:
    """Returns what renders a template of one value many times over; its context, half of the cost, is made once.

    A template that extends another keeps notes in its context, so it gets a new one each time.
    """
    if template.blocks:
        return lambda value: template.render({name: value})
    context = template.new_context({name: None})

    def rendered(value: object) -> str:
        context.vars.clear()
        context.exported_vars.clear()
        context.parent[name] = value
        return "".join(template.root_render_func(context))

    return rendered


def _fingerprint(words: str) -> str:
    """Returns what a Content-Security-Policy calls a script by that stands in its page (CSP 3 §2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()


def _is_template(path: Path) -> bool:
    return path.suffix in _TEMPLATES and path.is_file()


def _extended(tree: nodes.Template) -> Iterator[str]:
    """Yields the template that one extends, where its name is plain."""
    for node in tree.find_all(nodes.Extends):
        if isinstance(node.template, nodes.Const):
            yield node.template.value


def _loader(own: Path, shipped: Path) -> ChoiceLoader:
    shipped_loader = FileSystemLoader(shipped)
    return ChoiceLoader([FileSystemLoader(own), shipped_loader, PrefixLoader({"shipped": shipped_loader})])
