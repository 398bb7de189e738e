"""`digest.toml`: valid and invalid files. Add cases to tests/data/config."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import config
from digest.errors import DigestError, Faults

DATA = Path(__file__).parents[1] / "data" / "config"
SMALLEST = '[site]\ntitle = "x"\nurl = "https://example.org/"\n'


@pytest.mark.parametrize("path", sorted(DATA.glob("valid/*.toml")), ids=lambda path: path.stem)
def test_a_valid_file_is_the_configuration_beside_it(path: Path) -> None:
    read = config.loads(path.read_text())

    assert json.loads(json.dumps(named(read))) == json.loads(path.with_suffix(".json").read_text())


def named(value: object) -> object:
    """A value as nested dictionaries and lists."""
    if hasattr(value, "_asdict"):
        return {name: named(part) for name, part in value._asdict().items()}
    return list(map(named, value)) if isinstance(value, tuple) else value


@pytest.mark.parametrize("path", sorted(DATA.glob("invalid/*.toml")), ids=lambda path: path.stem)
def test_an_invalid_file_gets_these_lines(path: Path) -> None:
    with pytest.raises(Faults) as caught:
        config.loads(path.read_text())

    assert str(caught.value) == path.with_suffix(".error").read_text().rstrip("\n")


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://example.org/feed", True),
        ("feeds/sample.xml", True),
        ("HTTP://example.org/feed", True),
        ("/etc/passwd", False),
        ("feeds/../../x.xml", False),
        ("file:///etc/passwd", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        (" ", False),
    ],
)
def test_a_feed_is_a_url_or_a_file_inside_the_digest(url: str, fits: bool) -> None:
    text = f'{SMALLEST}[[feeds]]\nid = "a"\nurl = "{url}"\n'
    try:
        config.loads(text)
        accepted = True
    except Faults:
        accepted = False

    assert accepted is fits


@pytest.mark.parametrize(
    ("tag", "is_one"),
    [
        *(
            (tag, True)
            for tag in (
                "en",
                "EN-gb",
                "ast",
                "zh-Hant-HK",
                "sr-Latn",
                "es-419",
                "de-1996",
                "en-x-mine",
            )
        ),
        *(
            (tag, False)
            for tag in ("english", "e", "en_GB", "en-", "German", "deutsch-DE", "en-GB-GB")
        ),
    ],
)
def test_a_language_is_a_code_and_not_a_name(tag: str, is_one: bool) -> None:
    assert config.is_language(tag) is is_one


def test_a_digest_is_found_from_any_folder_inside_it(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(SMALLEST)
    inside = tmp_path / "content" / "2026"
    inside.mkdir(parents=True)

    assert config.find_root(inside) == tmp_path


def test_outside_a_digest_the_message_names_the_command_that_creates_one(tmp_path: Path) -> None:
    with pytest.raises(
        DigestError,
        match=r"no digest\.toml here or in a folder above; 'digest init' makes a new digest",
    ):
        config.find_root(tmp_path)


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(Faults, match="not UTF-8 text"):
        config.load(tmp_path)


@given(text=st.text())
def test_any_text_gives_a_configuration_or_an_error(text: str) -> None:
    try:
        config.loads(text)
    except Faults as faults:
        assert all(problem.file == "digest.toml" for problem in faults.problems)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'title = "T"\n[site]\nurl = "https://a.example/"',
            "1: 'title' is in no table; move it below the line of one, such as [site]",
        ),
        (
            'match = ["x"]\n[site]\ntitle = "T"\nurl = "https://a.example/"',
            "1: 'match' is in no table; move it below the line of one, such as [site]",
        ),
        (
            '[site]\ntitle = "T\nurl = "https://a.example/"',
            "2: not valid TOML: Illegal character '\\n'; put a quotation mark at the end of the text",
        ),
        (
            "x = [1 2]",
            "1: not valid TOML: Unclosed array; put a comma between its values, and ] at its end",
        ),
        (
            "[pull]\ndraft = true\ndraft = true",
            "3: not valid TOML: Cannot overwrite a value; this key has a value "
            "already; keep one of the two",
        ),
        (
            "[pull]\n[editions]\n[pull]\ndraft = true",
            "3: there is a [pull] already; move these keys to that one",
        ),
        ("[pull]\ndraft = yes", "2: not valid TOML: Invalid value; write true or false"),
        ("[site]\ntitle = Käse", "2: not valid TOML: Invalid value; put text in double quotes"),
        ("[[feeds]]\nexcerpt = forty", "2: not valid TOML: Invalid value; write a whole number"),
        (
            '[[feeds]]\nid = "a"\n\n[feeds]\nid = "b"',
            "4: [feeds] has single brackets; write [[feeds]] above the keys of each one",
        ),
        (
            '[feeds]\nid = "a"\n\n[[feeds]]\nid = "b"',
            "1: [feeds] has single brackets; write [[feeds]] above the keys of each one",
        ),
        (
            '[themes]\nid = "a"\n\n[themes]\nid = "b"',
            "1: [themes] has single brackets; write [[themes]] above the keys of each one",
        ),
    ],
)
def test_common_toml_mistakes_get_their_cure(text: str, said: str) -> None:
    with pytest.raises(Faults) as caught:
        config.loads(text + "\n")

    assert str(caught.value) == f"digest.toml:{said}"
