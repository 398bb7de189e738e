"""`digest.schema.json`, by which editors complete and check: it knows the keys and values that Digest knows."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from test_cli import digest

from digest import config
from digest.commands.starter.starter_files import STARTER
from digest.content import front_matter, read, story_file
from digest.errors import Faults

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
SCHEMA: dict[str, Any] = json.loads((STARTER / "digest.schema.json").read_text())
TYPES = {str: "string", bool: "boolean", int: "integer", list: "array"}
VALID = [*(DATA / "config" / "valid").glob("*.toml"), ROOT / "digest.toml"]


def refused_by(schema: dict[str, Any], value: object) -> bool:
    try:
        fastjsonschema.validate(schema, value)
    except fastjsonschema.JsonSchemaException:
        return True
    return False


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    return SCHEMA["definitions"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part


@pytest.mark.parametrize("table", config._TABLES)
def test_the_schema_has_the_keys_of_every_table_with_their_types(table: str) -> None:
    part = SCHEMA["properties"][table]
    part = part["items"] if table in config._LISTS else part
    keys = config._TABLES[table]

    assert part["properties"].keys() == keys.keys()
    assert sorted(part.get("required", [])) == sorted(config._REQUIRED.get(table, ()))
    for key, kind in keys.items():
        found = resolved(part["properties"][key])
        assert found.get("type", "string") == TYPES[kind], key


def test_the_schema_has_the_keys_of_all_kinds_of_front_matter() -> None:
    keys = {
        name: SCHEMA["definitions"][name]["properties"].keys()
        for name in ("story", "letter", "page")
    }

    assert keys == {
        "story": set(story_file.KEYS),
        "letter": set(read._LETTER_KEYS),
        "page": set(read._PAGE_KEYS),
    }


def test_every_key_has_a_description() -> None:
    tables = [part.get("items", part) for part in SCHEMA["properties"].values()]
    tables += [SCHEMA["definitions"]["story"]]

    assert [
        key
        for table in tables
        for key, part in table["properties"].items()
        if not part.get("description")
    ] == []


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_a_text_editor_accepts_what_digest_accepts(path: Path) -> None:
    assert not refused_by(SCHEMA, tomllib.loads(path.read_text(encoding="utf-8-sig")))


@pytest.mark.parametrize(
    "line",
    [
        'titel = "x"',
        'url = "ftp://x/"',
        'url = "https://x/?q"',
        "title = 3",
        'language = "English, please"',
        'title = " "',
    ],
)
def test_a_text_editor_marks_what_digest_refuses(line: str) -> None:
    good = {"title": 'title = "T"', "url": 'url = "https://a.example/"'}
    text = "[site]\n" + "\n".join({**good, line.partition(" ")[0]: line}.values())

    with pytest.raises(Faults):
        config.loads(text)
    assert refused_by(SCHEMA, tomllib.loads(text))


@pytest.mark.parametrize(
    "path", sorted((DATA / "stories" / "valid").glob("*.md")), ids=lambda path: path.name
)
def test_the_schema_knows_the_front_matter_that_digest_reads(path: Path) -> None:
    matter = front_matter.parse(path.read_text(), path.name, required=True)

    assert matter.values.keys() <= SCHEMA["definitions"]["story"]["properties"].keys()


def test_a_new_digest_has_the_schema_where_text_editors_look_for_it(tmp_path: Path) -> None:
    digest("init", "mine", cwd=tmp_path)

    first, *_ = (tmp_path / "mine/digest.toml").read_text().splitlines()
    assert first == "#:schema ./digest.schema.json"
    assert not refused_by(SCHEMA, tomllib.loads((tmp_path / "mine/digest.toml").read_text()))
    assert json.loads((tmp_path / "mine/digest.schema.json").read_text()) == SCHEMA
