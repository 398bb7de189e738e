"""The house as DESIGN draws it: imports go down, rooms do not know each other, one library has one importer."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "digest").rglob("*.py"))
ROOMS = ("feeds", "stories", "pages", "preview")
CELLAR = {
    "branch", "cache", "config_edit", "disk", "domain", "errors", "git", "links", "model", "naming", "phrases",
    "redact", "sanitize", "settings", "trackers", "week",
}  # fmt: skip
IMPORTERS = {
    "cbor2": "digest/pages/search_files.py",
    "feedparser": "digest/feeds/parse.py",
    "ghp_import": "digest/branch.py",
    "httpx": "digest/feeds/fetch.py",
    "msgspec": "digest/cache.py",
    "imagesize": "digest/stories/pictures.py",
    "jinja2": "digest/pages/templates.py",
    "markdown": "digest/pages/markup.py",
    "nh3": "digest/sanitize.py",
    "pagefind": "digest/pages/search.py",
    "rich": "digest/roof/progress.py",
    "slugify": "digest/stories/slug.py",
    "starlette": "digest/preview/app.py",
    "tomlkit": "digest/config_edit.py",
    "uvicorn": "digest/preview/server.py",
    "watchdog": "digest/preview/watching.py",
    "yaml": "digest/stories/yamlmatter.py",
}
LONGEST_MODULE = 450
LONGEST_FUNCTION = 60  # a longer function that reads top to bottom beats eight helpers with one caller each


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def floor_of(module: str) -> str:
    """The room or floor that a dotted name below `digest` belongs to."""
    first = module.split(".")[1] if "." in module else "door"
    if first in CELLAR:
        return "cellar"
    return first if first in {*ROOMS, "commands", "config", "roof", "cli"} else "door"


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, as dotted names; `from digest import disk` is digest.disk."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found - {"digest"}


def allowed_below(floor: str) -> set[str]:
    """The floors that a floor may import."""
    rooms = set(ROOMS)
    return {
        "cellar": {"cellar"},
        "config": {"cellar"},
        **{room: {"cellar", room} for room in ROOMS},
        "commands": {"cellar", "config", "door", "commands"} | rooms,
        "roof": {"cellar", "config", "commands", "roof"},
        "cli": {"cellar", "roof", "door"},
        "door": {"cli", "door"},
    }[floor]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_only_go_down_and_no_room_knows_its_neighbour(path: Path) -> None:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    allowed = allowed_below(floor_of(module))

    upward = {name for name in imports_of(path) if name.startswith("digest.") and floor_of(name) not in allowed}

    upward.discard("digest.__version__")
    assert not upward


@pytest.mark.parametrize(("library", "importer"), IMPORTERS.items())
def test_each_library_has_one_importer(library: str, importer: str) -> None:
    importers = [name_of(path) for path in FILES if any(name.split(".")[0] == library for name in imports_of(path))]

    assert importers == [importer]


@pytest.mark.parametrize("path", [path for path in FILES if path.name != "parse.py"], ids=name_of)
def test_no_private_name_of_a_library_is_used_but_of_feedparser(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    others = [node for node in imports if not ast.unparse(node).startswith(("import digest", "from digest"))]
    names = {(alias.asname or alias.name).split(".")[0] for node in others for alias in node.names}
    parts = {part for node in others for part in ast.unparse(node).replace(".", " ").split()} - {"__future__"}
    attributes = [
        node for node in nodes if isinstance(node, ast.Attribute) and ast.unparse(node).split(".")[0] in names
    ]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]

    private = {part for part in parts if part.startswith("_")}
    private |= {ast.unparse(node) for node in attributes if node.attr.startswith("_")}
    private |= {text for text in texts if text.split(".")[0] in IMPORTERS and "._" in text}
    assert not private - {"os._exit"}  # which is documented


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_says_what_it_is_for_and_stays_small(path: Path) -> None:
    text = path.read_text()

    assert ast.get_docstring(ast.parse(text))
    assert text.count("\n") <= LONGEST_MODULE


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_function_is_small_enough_to_hold(path: Path) -> None:
    nodes = ast.walk(ast.parse(path.read_text()))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION]

    assert not long


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_clock_is_read_on_the_roof_alone(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    clocks = {"now", "utcnow", "today", "time"}

    read = [ast.unparse(call) for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in clocks]

    assert not [call for call in read if call.startswith(("datetime", "date.", "time."))] or path.name == "cli.py"


def test_content_is_written_by_the_store_alone_and_seen_by_its_eyes() -> None:
    rooms = [path for path in FILES if path.parent.name == "stories" and path.name not in {"store.py", "scan.py"}]

    assert not [name_of(path) for path in rooms if {"digest.disk", "os", "shutil"} & imports_of(path)]
