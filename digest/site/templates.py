"""The one importer of jinja2: the digest's templates, found, compiled, tried, and what is wrong with them in one line.

The digest's own `templates/` come before the shipped ones; a shipped one that is overridden is still there as
`shipped/<name>`, to be extended. Refuses to know what the site's pages are: values in, text out.
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
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
    nodes,
    pass_context,
)
from jinja2.bccache import Bucket
from jinja2.utils import htmlsafe_json_dumps

from digest.errors import Faults, Problem, suggestion
from digest.site import csp_check, fingerprint
from digest.site.fingerprint import FOLDER, shipped_templates, strangers
from digest.site.markdown import Html

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


class _Compiled(FileSystemBytecodeCache):
    """Jinja's cache of compiled templates. Losing it costs time only, so that no fault of the disk stops a build."""

    def get_source_checksum(self, source: str) -> str:
        """Returns a hash of all that the compiled form follows from: this program and its libraries among it."""
        return super().get_source_checksum(f"{fingerprint.of_program().hex()}\n{source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # a damaged file can fail in any way
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


_FLAWS = (TemplateError, UnicodeDecodeError, RecursionError)
"""What reading a template raises where something is wrong in it."""


class Templates:
    """The templates of the digest at `root`.

    Those that are rendered receive the `known` values beside their own, and these filters. What `changing` filters
    return depends on more than their arguments: on digest.toml or on other files.
    """

    def __init__(
        self,
        root: Path,
        *,
        filters: Mapping[str, Callable[..., object]],
        changing: Mapping[str, Callable[..., object]],
        known: Mapping[str, object],
    ) -> None:
        self._root, self._own, self._shipped = root, root / FOLDER, shipped_templates()
        self._loader = _loader(self._own, self._shipped)
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
        self._environment.filters.update(
            {name: _at_run_time(made) for name, made in changing.items()}
        )
        self._environment.globals.update(known)

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """Returns what a template makes of values; raises what its code raises, of which `problem` knows more."""
        return self._template(name).render(values)

    def _template(self, name: str) -> Template:
        """Returns a template whose global values are one dict.

        Jinja gives it a ChainMap, which every render goes through: for a story that is a third of its time.
        """
        template = self._environment.get_template(name)
        template.globals = self._environment.globals
        return template

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
        names = sorted(
            path.relative_to(self._own).as_posix()
            for path in self._own.rglob("*.*")
            if _is_template(path)
        )
        used = {path.relative_to(self._shipped).as_posix() for path in self._shipped.rglob("*.*")}
        found: dict[str, tuple[Problem, ...]] = {}
        for name in names:
            try:
                self._environment.get_template(name)
                used |= {str(other) for other in meta.find_referenced_templates(self._parsed(name))}
                found[name] = tuple(self._stray_blocks(name))
            except _FLAWS as error:
                unread = Problem(self._named(name), 0, "not UTF-8 text", "save it as UTF-8")
                found[name] = (self.problem(name, error) or unread,)
        for name in names:
            unused = Problem(
                f"{FOLDER}/{name}", 0, "no page uses it", suggestion(name, used), hint=True
            )
            yield from found[name] if name in used else (unused,)
        if self._own.resolve() != self._shipped.resolve():
            yield from self._without_effect([name for name in names if name in used])

    def _without_effect(self, names: Iterable[str]) -> Iterator[Problem]:
        """Yields hints at what readers do not see: what browsers are not allowed to load, files that are not copied."""
        texts = {name: (self._own / name).read_bytes().decode(errors="replace") for name in names}
        base = (self._shipped / csp_check.BASE).read_text(encoding="utf-8")
        yield from csp_check.blocked(texts, base, FOLDER)
        for path in sorted(self._own.rglob("*.*")):
            if path.is_file() and path.suffix.lower() in _COPIED:
                name = path.relative_to(self._own).as_posix()
                yield Problem(
                    f"{FOLDER}/{name}",
                    0,
                    "is copied nowhere",
                    "move it to content/static/",
                    hint=True,
                )

    def _stray_blocks(self, name: str) -> Iterator[Problem]:
        """Yields the blocks that what a template extends does not have, which Jinja leaves out without a word."""
        tree = self._parsed(name)
        for parent in _extended(tree):
            if parent == name:
                yield Problem(f"{FOLDER}/{name}", 0, "extends itself", f"extend 'shipped/{name}'")
                return
            known = self._blocks(parent, frozenset({name}))
            for block in (
                node
                for node in tree.body
                if isinstance(node, nodes.Block) and node.name not in known
            ):
                what = f"'{parent}' has no block '{block.name}'"
                yield Problem(f"{FOLDER}/{name}", block.lineno, what, suggestion(block.name, known))

    def _blocks(self, name: str, seen: frozenset[str]) -> set[str]:
        """Returns the blocks of a template and of all that it extends."""
        tree = self._parsed(name)
        above = (
            self._blocks(parent, seen | {name}) for parent in _extended(tree) if parent not in seen
        )
        return {block.name for block in tree.find_all(nodes.Block)}.union(*above)

    def _parsed(self, name: str) -> nodes.Template:
        return self._environment.parse(self._loader.get_source(self._environment, name)[0])

    def problem(self, template: str, error: Exception) -> Problem | None:
        """Returns what is wrong with a template, and where; None where the fault is not one of a template."""
        what = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, TemplateNotFound):
            return Problem(
                f"{FOLDER}/{template}",
                0,
                f"there is no template '{what}'",
                "restore it, or correct its name",
            )
        if isinstance(error, TemplateSyntaxError):
            return Problem(self._named(error.filename or template), error.lineno, what)
        innermost = traceback.extract_tb(error.__traceback__)
        frames = [frame for frame in innermost if self._is_ours(frame.filename)]
        if not frames and isinstance(error, RecursionError):
            return Problem(
                f"{FOLDER}/{template}",
                0,
                "is nested too deeply",
                "put fewer brackets or blocks in others",
            )
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


def _at_run_time(made: Callable[..., object]) -> Callable[..., object]:
    """Returns a filter that Jinja never calls while it compiles: a compiled template is used by later builds too."""
    return pass_context(lambda _, *given: made(*given))


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
    return ChoiceLoader(
        [FileSystemLoader(own), shipped_loader, PrefixLoader({"shipped": shipped_loader})]
    )


def _compiled(root: Path) -> _Compiled | None:
    """Returns the cache of compiled templates in the user's cache folder.

    What it holds is code and is run. So there is none where anybody but this user could have put it there: in a folder
    that others may enter, in the digest itself (a repository), on a build server (which may restore such folders).
    """
    place = os.environ.get("XDG_CACHE_HOME", "")
    try:
        folder = (Path(place) if os.path.isabs(place) else Path.home() / ".cache") / "digest"  # noqa: PTH117
        if os.environ.get("CI") or folder.resolve().is_relative_to(root.resolve()):
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        is_private = (
            stat.S_ISDIR(found.st_mode)
            and found.st_uid == os.getuid()
            and not found.st_mode & 0o077
        )
    except (OSError, RuntimeError, AttributeError):  # no room, no home, no user ids
        return None
    return _Compiled(str(folder)) if is_private else None
