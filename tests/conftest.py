"""Fixtures that every test may ask for, and how Hypothesis searches."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution
from importlib.util import find_spec
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

import browsing
import httpx
import pytest
import warm
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket
from many import IS_DRAWN_ANEW, many

from digest.commands.starter import own_wheel, requirement
from digest.feeds import parse_client
from digest.site.search import search_index
from digest.site.social import png

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# What a busy machine does slowly is not wrong. A usual run draws the same examples every time.
settings.register_profile(
    "digest",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not IS_DRAWN_ANEW,
    max_examples=many(50),
)
# Both keep compiled code from being kept, which makes everything slow that tests start.
for name in ("CI", "PYTHONDONTWRITEBYTECODE"):
    os.environ.pop(name, None)
sys.dont_write_bytecode = False
settings.load_profile("digest")

IN_MEMORY = Path("/dev/shm")
ROOM = 4 << 30


def _has_room(folder: Path) -> bool:
    """True if this is a disk with enough space that allows starting programs."""
    if not (folder.is_dir() and hasattr(os, "statvfs")):
        return False
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize >= ROOM and not disk.f_flag & os.ST_NOEXEC


# Tests make and remove some hundred thousand files; where the system has a disk in memory, that costs nothing.
if "TMPDIR" not in os.environ and _has_room(IN_MEMORY):
    os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)


def pytest_xdist_auto_num_workers() -> int:
    """Returns two workers for each core: they wait for browsers, servers and commands a third of their time."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_finish() -> None:
    """Lets no garbage collection look through the collected tests, which stay until the end."""
    gc.freeze()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real and hostile material beside the repository; a test that asks for it is skipped without it."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the material in ../shared is not here")
    return folder


@pytest.fixture(scope="session", autouse=True)
def without_extras() -> Iterator[None]:
    """Builds without search page and social cards, as without the extras: sites are the same on every machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "available", lambda: False)
        patch.setattr(png, "available", lambda: False)
        yield


@pytest.fixture
def with_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets commands in processes of their own make search page and social cards, where these extras are installed."""
    monkeypatch.setenv(warm.WITH_EXTRAS, "1")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches compiled templates in a temporary folder and not in the user's cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def unflushed() -> Iterator[None]:
    """Skips flushing files to disk: only a power failure would show it, and `faults.py` simulates those."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def warm_command() -> Iterator[None]:
    """Ends the process that tests fork the command line from."""
    yield
    warm.end()


class SharedWorker(parse_client.Worker):
    """A worker that is left running for the next pull."""

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session", autouse=True)
def one_worker() -> Iterator[None]:
    """Pulls share the process that parses for them, since starting one takes a fifth of a second."""
    shared = SharedWorker()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse_client, "Worker", lambda: shared)
        yield
    shared.end()


@pytest.fixture(scope="session", autouse=True)
def one_tls_context() -> Iterator[None]:
    """Fetches share a TLS context."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "create_ssl_context", warm.tls_contexts())
        yield


@pytest.fixture(scope="session", autouse=True)
def one_wheel() -> Iterator[None]:
    """Packs each installed copy of Digest into a wheel once, since that takes a tenth of a second."""
    made: dict[str | None, tuple[str, bytes]] = {}

    class Packing:
        PACKAGE = own_wheel.PACKAGE

        @staticmethod
        def build(installed: Distribution) -> tuple[str, bytes]:
            copy = installed.read_text("METADATA")
            if copy not in made:
                made[copy] = own_wheel.build(installed)
            return made[copy]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requirement, "own_wheel", Packing)
        yield


COMPILED: dict[tuple[str, str], CodeType] = {}


@pytest.fixture(scope="module", autouse=True)
def compiled_templates() -> Iterator[None]:
    """Reads each compiled template from the disk once, since a build reads forty of them."""
    read = FileSystemBytecodeCache.load_bytecode

    def load(cache: FileSystemBytecodeCache, bucket: Bucket) -> None:
        place = bucket.key, bucket.checksum
        if place not in COMPILED:
            read(cache, bucket)
            if bucket.code:
                COMPILED[place] = bucket.code
        bucket.code = COMPILED.get(place)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileSystemBytecodeCache, "load_bytecode", load)
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser, started once for a file of tests: playwright's loop must end before others run theirs."""
    with browsing.browsing() as started:
        yield started


@pytest.fixture(scope="session", name="showcase")
def showcase_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site of a digest that has everything, and too much of it; with search where that extra is installed."""
    import showcase

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "available", lambda: find_spec("pagefind") is not None)
        return showcase.make(tmp_path_factory.mktemp("showcase"))


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site of a digest without a story."""
    import showcase

    return showcase.make_empty(tmp_path_factory.mktemp("blank"))


@pytest.fixture(scope="session")
def pulled_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new digest with the twelve stories of the sample feed; copy it before you change it."""
    from test_cli import digest

    folder = tmp_path_factory.mktemp("sample")
    assert digest("init", "mine", cwd=folder).returncode == 0
    assert digest("pull", cwd=folder / "mine").returncode == 0
    return folder / "mine"
