"""A whole site, byte for byte. Run this file as a script to write the expected files, then read the diff."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from sites import build_into, lost_links, pages, read_folder

from digest import config

SMALL = Path(__file__).parents[1] / "data/sites/small"
EXPECTED = SMALL / "expected"
REWRITE = (
    "run `PYTHONPATH=tests/support python tests/site/test_golden.py` to write the expected files"
)


def built(folder: Path) -> dict[str, bytes]:
    """Returns the site of the small digest, built in a folder that may be filled."""
    root = folder / "small"
    shutil.copytree(SMALL, root, ignore=shutil.ignore_patterns("expected"))
    settings = config.load(root)
    build_into(
        root / "site", root, settings
    )  # no search page: whether there is one depends on what is installed
    return read_folder(root / "site")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The small digest's site, built once."""
    return built(tmp_path_factory.mktemp("golden"))


def test_the_site_has_the_expected_files(site: dict[str, bytes]) -> None:
    assert sorted(site) == sorted(read_folder(EXPECTED)), REWRITE


@pytest.mark.parametrize("path", sorted(read_folder(EXPECTED)))
def test_a_file_is_as_expected(site: dict[str, bytes], path: str) -> None:
    expected = (EXPECTED / path).read_bytes()

    assert site[path].decode(errors="replace") == expected.decode(errors="replace"), REWRITE
    assert site[path] == expected, REWRITE


def test_the_expected_site_is_valid_and_has_no_broken_links(site: dict[str, bytes]) -> None:
    assert pages(site)
    assert lost_links(site, "https://example.org/notes/") == []


if __name__ == "__main__":
    shutil.rmtree(EXPECTED, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        for path, content in built(Path(folder)).items():
            (EXPECTED / path).parent.mkdir(parents=True, exist_ok=True)
            (EXPECTED / path).write_bytes(content)
