"""The layers: imports only go down, each library has one importer, and modules and functions stay
small.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import click
import pytest

from digest.cli.main import cli

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "digest").rglob("*.py"))
SHARED = {
    "cache", "config_edit", "config_template", "disk", "earlier_json", "errors", "git", "git_log", "installed",
    "lock", "mail_settings", "model", "names", "parallel", "phrases", "private_addresses", "program", "redact", "same_event",
    "sanitize", "scripts", "text_lines", "tracking_parameters", "urls", "week",
}  # fmt: skip
MAY_IMPORT = {
    "shared": set(),
    "config": {"shared"},
    "feeds": {"shared"},
    "content": {"shared"},
    "themes": {"shared", "content"},
    "intake": {"shared", "content", "themes"},
    "checks": {"shared", "content", "themes"},
    "site": {"shared"},
    "preview": {"shared"},
    "mail": {"shared", "site"},
    "commands": {
        "shared",
        "config",
        "feeds",
        "content",
        "themes",
        "intake",
        "checks",
        "site",
        "preview",
        "mail",
    },
    "cli": {"shared", "config", "commands"},
    "__main__": {"cli"},
}
"""The layers, and which others the modules of each may import: always lower ones."""
IMPORTERS = {
    "cbor2": "digest/site/search/reproducible.py",
    "feedparser": "digest/feeds/parse.py",
    "ghp_import": "digest/commands/publish_branch.py",
    "httpx": "digest/feeds/fetch.py",
    "msgspec": "digest/cache.py",
    "imagesize": "digest/content/images.py",
    "jinja2": "digest/site/templates.py",
    "markdown": "digest/site/markdown.py",
    "nh3": "digest/sanitize.py",
    "oxipng": "digest/site/social/png.py",
    "pagefind": "digest/site/search/pagefind.py",
    "resvg_py": "digest/site/social/png.py",
    "rich": "digest/cli/shared/progress.py",
    "slugify": "digest/content/slug.py",
    "starlette": "digest/preview/app.py",
    "tomlkit": "digest/config_edit.py",
    "uvicorn": "digest/preview/server.py",
    "watchdog": "digest/preview/watcher.py",
    "yaml": "digest/content/yaml_front_matter.py",
}
LONGEST_MODULE = 450
LONGEST_FUNCTION = 60
"""A longer function that reads top to bottom beats eight helpers with one caller each."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def layer_of(module: str) -> str:
    """The layer that a dotted name below `digest` belongs to."""
    first = module.split(".")[1] if "." in module else "__init__"
    return "shared" if first in SHARED else first


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Everything in a file, the module first; each file is parsed once."""
    return tuple(ast.walk(ast.parse(path.read_text())))


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Every module that a file imports, as dotted names; `from digest import disk` is digest.disk."""
    found = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return frozenset(found - {"digest"})


def imports_upwards(path: Path) -> set[str]:
    layer = layer_of(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    )
    allowed = {layer, *MAY_IMPORT.get(layer, ())}
    imported = {name for name in imports_of(path) if name.startswith("digest.")}
    return {name for name in imported - {"digest.__version__"} if layer_of(name) not in allowed}


def test_imports_only_go_down() -> None:
    assert not {name_of(path): upwards for path in FILES if (upwards := imports_upwards(path))}


def test_the_modules_of_commands_are_named_after_them() -> None:
    """In `commands/` and in `cli/`; what several commands share is in folders of its own."""
    commands = set(cli.list_commands(click.Context(cli)))
    work = modules_in("commands")
    arguments = modules_in("cli") - {"main"}  # `digest` itself

    assert {name.split("_")[0] for name in work} <= commands
    assert commands - work == {"note"}  # which is in `set`
    assert {name.split("_")[0] for name in arguments} <= commands
    assert commands <= arguments


def modules_in(layer: str) -> set[str]:
    """The names of the modules of a layer that are in no folder of their own."""
    return {path.stem for path in (ROOT / "digest" / layer).glob("*.py")} - {"__init__"}


@pytest.mark.parametrize(("library", "importer"), IMPORTERS.items())
def test_each_library_is_imported_by_one_module(library: str, importer: str) -> None:
    importers = [
        name_of(path)
        for path in FILES
        if any(name.split(".")[0] == library for name in imports_of(path))
    ]

    assert importers == [importer]


def base_of(node: ast.expr) -> str:
    """The name that a chain of attributes, calls and indexes begins with; nothing if it begins
    otherwise.
    """
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def private_names(path: Path) -> set[str]:
    """Every private name of a library that a file imports, takes or names in a text."""
    nodes = nodes_of(path)
    others = [
        node
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        and not ast.unparse(node).startswith(("import digest", "from digest"))
    ]
    names = {(alias.asname or alias.name).split(".")[0] for node in others for alias in node.names}
    parts = {part for node in others for part in ast.unparse(node).replace(".", " ").split()}
    attributes = [
        node
        for node in nodes
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and base_of(node) in names
    ]
    texts = {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    private = {part for part in parts - {"__future__"} if part.startswith("_")}
    private |= {ast.unparse(node) for node in attributes}
    private |= {text for text in texts if text.split(".")[0] in IMPORTERS and "._" in text}
    return private - {"os._exit"}  # which is documented


def test_no_private_name_of_a_library_is_used_except_of_feedparser() -> None:
    others = [path for path in FILES if path.name != "parse.py"]

    assert not {name_of(path): private for path in others if (private := private_names(path))}


def test_every_module_has_a_docstring_and_stays_small() -> None:
    silent = []
    for path in FILES:
        module = nodes_of(path)[0]
        assert isinstance(module, ast.Module)
        if not ast.get_docstring(module):
            silent.append(name_of(path))

    assert not silent
    assert not [name_of(path) for path in FILES if path.read_text().count("\n") > LONGEST_MODULE]


def test_every_function_stays_small() -> None:
    long = [
        f"{name_of(path)}: {node.name}"
        for path in FILES
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]

    assert not long


def test_no_decision_depends_on_the_words_of_a_message() -> None:
    """A message can be reworded at any time: `Problem.kind` has what the program needs to know."""
    methods = {
        "startswith",
        "endswith",
        "removeprefix",
        "partition",
        "match",
        "fullmatch",
        "search",
    }
    found = []
    for path in FILES:
        for node in nodes_of(path):
            operands: list[ast.expr] = []
            if isinstance(node, ast.Compare):
                operands = [node.left, *node.comparators]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                operands = [node.func.value, *node.args] if node.func.attr in methods else []
            if any(ast.unparse(one).endswith((".what", ".cure")) for one in operands):
                found.append(f"{name_of(path)}: {ast.unparse(node)}")
    assert found == []


def test_only_the_command_line_reads_the_clock() -> None:
    clocks = {"now", "utcnow", "today", "time"}
    calls = [
        (name_of(path), ast.unparse(node))
        for path in FILES
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in clocks
    ]

    read = {name for name, call in calls if call.startswith(("datetime", "date.", "time."))}

    assert read == {"digest/cli/main.py"}


def test_only_three_modules_read_and_write_content() -> None:
    with_disk = {
        "digest/content/scan.py",
        "digest/content/store.py",
        "digest/intake/inbox_files.py",
    }
    layers = [
        path for path in FILES if path.parent.name in {"content", "intake", "themes", "checks"}
    ]

    touching = {
        name_of(path) for path in layers if {"digest.disk", "os", "shutil"} & imports_of(path)
    }

    assert touching == with_disk
