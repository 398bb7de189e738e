"""The one importer of jinja2: the digest's templates, found, compiled, tried, and what is wrong with them in one line.

The digest's own `templates/` come before the shipped ones; a shipped one that is overridden is still there as
`shipped/<name>`, to be extended. Refuses to know what the site's pages are: values in, text out.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
    nodes,
)
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from digest.errors import Faults, Problem, suggestion
from digest.pages import blocked
from digest.pages.ingredients import FOLDER, shipped_templates, strangers
from digest.pages.markup import Html

if TYPE_CHECKING:
    from jinja2.compiler import Frame

try:
    from markupsafe._speedups import _escape_inner as _quoted
except ImportError:  # before its third version, and where it is installed without its part in C

    def _quoted(text: str, /) -> str:
        return str(escape(text))


_TEMPLATES = frozenset({".html", ".xml", ".opml", ".json", ".txt", ".css", ".js", ".svg"})
_COPIED = frozenset(
    {
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".webp",
        ".avif",
        ".ico",
        ".woff",
        ".woff2",
        ".ttf",
        ".otf",
        ".mp4",
        ".mp3",
        ".pdf",
    }
)
"""The endings of files that belong into content/static/; an SVG can be a template."""
_SAFE = frozenset({Html, Markup})


class _Code(BytecodeCache):
    """Compiled templates, each with a hash of its source: to compile them all takes longer than to render a page.

    They are code, so that they are kept within one process and never in `.digest/`.
    """

    def __init__(self, code: dict[str, bytes]) -> None:
        self._code = code

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


class _Generator(CodeGenerator):
    """Compiles `{{ … }}` to what escapes without making a Markup of every text, which takes three times as long."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


class _Environment(Environment):
    code_generator_class = _Generator

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Returns the values that a template knows: all know the same, and a dict is gone through in half the time."""
        return super().make_globals(d) if d else self.globals

    @staticmethod
    def escaped(value: object) -> str:
        """Returns what `escape` does, of whatever kind: what it is for is only joined."""
        kind = type(value)
        if kind is str:
            return _quoted(value)  # type: ignore[arg-type]
        return value if kind in _SAFE else escape(value)  # type: ignore[return-value]


class Templates:
    """The templates of the digest at `root`; `code` is them as Python has compiled them, and takes up what is new.

    Those that are rendered receive the `known` values beside their own, and these filters.
    """

    def __init__(
        self,
        root: Path,
        code: dict[str, bytes],
        *,
        filters: Mapping[str, Callable[..., object]],
        known: Mapping[str, object],
    ) -> None:
        self._root, self._own, self._shipped = root, root / FOLDER, shipped_templates()
        self._environment = _Environment(
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            bytecode_cache=_Code(code),
            loader=_loader(self._own, self._shipped),
        )
        self._environment.filters.update(filters)
        self._environment.globals.update(known)

    def compile(self, names: Iterable[str]) -> None:
        """Compiles templates, as far as they are in order: what is wrong is said when they are rendered."""
        for name in names:
            with contextlib.suppress(TemplateError, UnicodeDecodeError):
                self._environment.get_template(name)

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """Returns what a template makes of values; raises what its code raises, of which `problem` knows more."""
        return self._environment.get_template(name).render(values)

    def piece(self, name: str, value_name: str) -> Callable[[object], str]:
        """Returns what renders a template of one value many times over, in half the time."""
        template = self._environment.get_template(name)
        known = dict(template.globals)

        def rendered(value: object) -> str:
            context = template.new_context({**known, value_name: value}, shared=True)
            return "".join(template.root_render_func(context))

        return rendered

    def refuse_flaws(self) -> None:
        """Raises Faults where anything is wrong in the digest's own templates, as far as reading them shows it."""
        if self._own.resolve() == self._shipped.resolve():
            return  # the archive of this repository: they are tried by its tests
        flaws = [problem for problem in self.flawed() if not problem.hint]
        if flaws:
            raise Faults(flaws)

    def flawed(self) -> Iterator[Problem]:
        """Yields what is wrong in each of the digest's own templates, as far as reading them shows it."""
        if strange := list(strangers(self._root)):
            yield from strange
            return
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
                found[name] = (self.problem(name, error) or unread,)
        for name in names:
            unused = Problem(f"{FOLDER}/{name}", 0, "no page uses it", suggestion(name, used), hint=True)
            yield from found[name] if name in used else (unused,)
        if self._own.resolve() != self._shipped.resolve():
            yield from self._without_effect([name for name in names if name in used])

    def _without_effect(self, names: Iterable[str]) -> Iterator[Problem]:
        """Yields hints at what readers do not see: what browsers are not allowed to load, files that are not copied."""
        texts = {name: (self._own / name).read_bytes().decode(errors="replace") for name in names}
        base = (self._shipped / blocked.BASE).read_text(encoding="utf-8")
        yield from blocked.blocked(texts, base, FOLDER)
        for path in sorted(self._own.rglob("*.*")):
            if path.is_file() and path.suffix.lower() in _COPIED:
                name = path.relative_to(self._own).as_posix()
                yield Problem(f"{FOLDER}/{name}", 0, "is copied nowhere", "move it to content/static/", hint=True)

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

    def problem(self, template: str, error: Exception) -> Problem | None:
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


def as_data(values: object) -> Html:
    """Returns values as JSON that may stand in a script of a page."""
    return Html(htmlsafe_json_dumps(values, separators=(",", ":")))


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
