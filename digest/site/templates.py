"""The digest's templates, loaded and rendered with Jinja; an error in one becomes one line.

The digest's own `templates/` come before the shipped ones. A shipped template that is overridden is
available as `shipped/<name>`, so that it can be extended.
"""

from __future__ import annotations

import contextlib
import os
import stat
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
    nodes,
    pass_context,
)
from jinja2.bccache import Bucket
from jinja2.utils import htmlsafe_json_dumps

from digest import program
from digest.errors import Faults, Kind, Problem, conflicts, did_you_mean, suggestion
from digest.site.fingerprint import FOLDER, irregular_files, shipped_templates
from digest.site.markdown import Html

_TEMPLATES = frozenset({".html", ".xml", ".opml", ".json", ".txt", ".css", ".js", ".svg"})
_COPIED = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico", ".woff", ".woff2", ".ttf", ".otf",
     ".mp4", ".mp3", ".pdf"}
)  # fmt: skip
"""The endings of files that belong in content/static/. An SVG can be a template."""


class _Compiled(FileSystemBytecodeCache):
    """Jinja's cache of compiled templates. Without it a build is only slower, so disk errors do not
    stop a build."""

    def get_source_checksum(self, source: str) -> str:
        """Returns a hash of what a compiled template depends on: its source, program, libraries."""
        return super().get_source_checksum(f"{program.fingerprint().hex()}\n{source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # a damaged file can raise anything
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


_FLAWS = (TemplateError, UnicodeDecodeError, RecursionError)
"""What Jinja raises when it compiles a template that has an error."""
_Reference = nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport
_REFERENCES: tuple[type[_Reference], ...] = (
    nodes.Extends,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
)
_LISTS = (nodes.List, nodes.Tuple)


class Templates:
    """The templates of the digest at `root`.

    Each template has the `common` values besides its own, and these filters. What the `changing`
    filters return depends on digest.toml or on other files, not only on their arguments.
    """

    def __init__(
        self,
        root: Path,
        *,
        filters: Mapping[str, Callable[..., object]],
        changing: Mapping[str, Callable[..., object]],
        common: Mapping[str, object],
    ) -> None:
        self._root, self._own, self._shipped = root, root / FOLDER, shipped_templates()
        shipped = FileSystemLoader(self._shipped)
        own_first = [FileSystemLoader(self._own), shipped, PrefixLoader({"shipped": shipped})]
        self._loader = ChoiceLoader(own_first)
        self._environment = Environment(
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            bytecode_cache=_compiled(root),
            loader=self._loader,
        )
        self._environment.filters.update(filters)
        for name, make in changing.items():
            self._environment.filters[name] = _at_run_time(make)
        self._environment.globals.update(common)

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """Returns what a template makes of values; `problem` explains what it raises."""
        template = self._environment.get_template(name)
        # One dict: Jinja would give it a ChainMap, which takes a third of the time of rendering a
        # story.
        template.globals = self._environment.globals
        return template.render(values)

    def raise_problems(self) -> None:
        """Raises Faults if the digest's own templates have errors that show without rendering."""
        if not self._own.is_dir() or self._own.resolve() == self._shipped.resolve():
            return  # no templates, or those of this repository, which are tested
        # A template's error is also one of each that extends it.
        if problems := dict.fromkeys(one for one in self.problems() if not one.is_hint):
            raise Faults(problems)

    def problems(self) -> Iterator[Problem]:
        """Yields the problems of the digest's own templates that show without rendering."""
        if irregular := list(irregular_files(self._root)):
            yield from irregular
            return
        files = [path for path in sorted(self._own.rglob("*.*")) if path.is_file()]
        texts = {}
        for path in files:
            if path.suffix in _TEMPLATES:
                name = path.relative_to(self._own).as_posix()
                texts[name] = path.read_bytes().decode(errors="replace")
        names = sorted(texts)
        used = {path.relative_to(self._shipped).as_posix() for path in self._shipped.rglob("*.*")}
        by_name: dict[str, tuple[Problem, ...]] = {}
        for name in names:
            if marks := conflicts(texts[name], f"{FOLDER}/{name}"):
                by_name[name], used = marks, used | {name}
                continue
            by_name[name] = tuple(self._faults(name, used))
        for name in names:
            if name in used:
                yield from by_name[name]
            else:
                cure = suggestion(name, filter(self._exists, used))
                yield Problem(f"{FOLDER}/{name}", 0, "no page uses it", cure, kind=Kind.HINT)
        if self._own.resolve() == self._shipped.resolve():
            return
        from digest.site import csp_check  # late: most builds have no templates to check

        base = (self._shipped / csp_check.BASE).read_text(encoding="utf-8")
        shown = {name: texts[name] for name in names if name in used}
        yield from csp_check.blocked(shown, base, FOLDER)
        for path in files:
            if path.suffix.lower() in _COPIED:
                name, cure = path.relative_to(self._own).as_posix(), "move it to content/static/"
                yield Problem(f"{FOLDER}/{name}", 0, "is copied nowhere", cure, kind=Kind.HINT)

    def _faults(self, name: str, used: set[str]) -> Iterator[Problem]:
        """Yields what stops builds in a template; adds the templates that it names to `used`."""
        try:
            self._environment.get_template(name)
            tree = self._parsed(name)
            used |= set(map(str, meta.find_referenced_templates(tree)))
            yield from tuple(self._missing(name, tree)) or tuple(self._stray_blocks(name, tree))
        except TemplateNotFound:
            return  # named by a template that this one extends, which has this error itself
        except _FLAWS as error:
            unread = Problem(self._named(name), 0, "not UTF-8 text", "save it as UTF-8")
            yield self.problem(name, error) or unread

    def _missing(self, name: str, tree: nodes.Template) -> Iterator[Problem]:
        """Yields a problem for each template that one includes, imports or extends and that does
        not exist, unless its name is computed or it may be missing.
        """
        for node in tree.find_all(_REFERENCES):
            if isinstance(node, nodes.Include) and node.ignore_missing:
                continue
            given = node.template.items if isinstance(node.template, _LISTS) else [node.template]
            values = [part.value for part in given if isinstance(part, nodes.Const)]
            wanted = [value for value in values if isinstance(value, str)]
            if len(wanted) == len(given) and not any(map(self._exists, wanted)):
                # Never the template itself, which would include itself without end.
                others = [other for other in self._environment.list_templates() if other != name]
                cure = next(filter(None, (did_you_mean(one, others) for one in wanted)), "")
                yield _not_found(f"{FOLDER}/{name}", node.lineno, wanted, cure)

    def _exists(self, name: str) -> bool:
        try:
            self._loader.get_source(self._environment, name)
        except TemplateNotFound:
            return False
        except UnicodeDecodeError:  # which is a problem of that template
            return True
        return True

    def _stray_blocks(self, name: str, tree: nodes.Template) -> Iterator[Problem]:
        """Yields blocks that the extended template does not have; Jinja ignores them silently."""
        for parent in _extended(tree):
            if parent == name:
                yield Problem(f"{FOLDER}/{name}", 0, "extends itself", f"extend 'shipped/{name}'")
                return
            blocks = self._blocks(parent, frozenset({name}))
            for node in tree.body:
                if isinstance(node, nodes.Block) and node.name not in blocks:
                    what = f"'{parent}' has no block '{node.name}'"
                    cure = suggestion(node.name, blocks)
                    yield Problem(f"{FOLDER}/{name}", node.lineno, what, cure)

    def _blocks(self, name: str, seen: frozenset[str]) -> set[str]:
        """Returns the blocks of a template and of those that it extends."""
        tree = self._parsed(name)
        blocks = {block.name for block in tree.find_all(nodes.Block)}
        for parent in _extended(tree):
            if parent not in seen:
                blocks |= self._blocks(parent, seen | {name})
        return blocks

    def _parsed(self, name: str) -> nodes.Template:
        source, file, _ = self._loader.get_source(self._environment, name)
        return self._environment.parse(source, name, file)

    def problem(self, template: str, error: Exception) -> Problem | None:
        """Returns the error of a template with its place; None if it is not a template's error."""
        what = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, TemplateSyntaxError):
            return Problem(self._named(error.filename or template), error.lineno, what)
        place = None  # the innermost line of a template
        for frame in traceback.extract_tb(error.__traceback__):
            path = Path(frame.filename)
            if path.is_relative_to(self._own) or path.is_relative_to(self._shipped):
                place = frame
        if isinstance(error, TemplateNotFound):
            file = self._named(place.filename) if place else f"{FOLDER}/{template}"
            return _not_found(file, (place and place.lineno) or 0, map(str, error.templates))
        if place:
            return Problem(self._named(place.filename), place.lineno or 0, what)
        if isinstance(error, RecursionError):
            what, cure = "is nested too deeply", "put fewer brackets or blocks in others"
            return Problem(f"{FOLDER}/{template}", 0, what, cure)
        return None

    def _named(self, file: str) -> str:
        for folder in (self._own, self._shipped):
            if Path(file).is_relative_to(folder):
                return f"{FOLDER}/{Path(file).relative_to(folder).as_posix()}"
        return f"{FOLDER}/{file}"


def _not_found(file: str, line: int, names: Iterable[str], cure: str = "") -> Problem:
    """Returns the problem that none of these templates exists, one of which a line of `file` needs."""
    if joined := "' or '".join(names):
        what = f"there is no template '{joined}'"
        return Problem(file, line, what, cure or "restore it, or correct its name")
    return Problem(file, line, "no template is named here", "name one")


def renderer(folder: Path) -> Callable[[str, Mapping[str, object]], str]:
    """Returns a function that renders the templates in a folder, for pages outside the site."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(folder),
    )
    return lambda name, values: environment.get_template(name).render(values)


def _at_run_time(make: Callable[..., object]) -> Callable[..., object]:
    """Returns a filter that Jinja does not call at compile time, since it may change later."""
    return pass_context(lambda _, *given: make(*given))


def as_json(values: object) -> Html:
    """Returns values as JSON that is safe in a script of a page."""
    return Html(htmlsafe_json_dumps(values, separators=(",", ":")))


def _extended(tree: nodes.Template) -> Iterator[str]:
    """Yields the names of the templates that one extends, unless they are computed."""
    for node in tree.find_all(nodes.Extends):
        if isinstance(node.template, nodes.Const):
            yield node.template.value


def _compiled(root: Path) -> _Compiled | None:
    """Returns the cache of compiled templates in the user's cache folder, None if that is not safe.

    It has code that is executed, so only this user may be able to write it. It is not safe in a
    folder that others may enter, in the digest itself (a repository), or on a build server (which
    may restore such folders from elsewhere).
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        folder = (base if base.is_absolute() else Path.home() / ".cache") / "digest"
        if os.environ.get("CI") or folder.resolve().is_relative_to(root.resolve()):
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        is_private = (
            stat.S_ISDIR(status.st_mode)
            and status.st_uid == os.getuid()
            and not status.st_mode & 0o077
        )
    except (OSError, RuntimeError, AttributeError):  # disk full, no home, no user ids
        return None
    return _Compiled(str(folder)) if is_private else None
