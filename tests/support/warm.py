"""`digest` without the wait for its imports: a process that has read all of it, and forks for each call.

    python warm.py SOCKET        listens there, and says so

What a call is given, it hands over: words, folder, environment, streams; so it is the command in a fresh process, as
shells call it, for tests that call it some hundred times. `command` is what a shell runs instead of `python -m digest`,
and `run` calls it from a test. What parses feeds is forked as well, and sites have no search page and no social cards,
as in other tests, unless a call asks for them.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO

WITH_EXTRAS = "DIGEST_TESTS_WITH_EXTRAS"
"""A variable of a call's environment: if it is set, the site has a search page and social cards."""
_LATE = (
    "anyio._backends._asyncio",
    "ghp_import",
    "httpcore",
    "imagesize",
    "markdown.extensions.fenced_code",
    "markdown.extensions.sane_lists",
    "markdown.extensions.tables",
    "slugify",
    "tomlkit",
)
"""What commands import only when they need it."""
_CALLER = """
import json, os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
socket.send_fds(line, [json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode()], [0, 1, 2])
line.recv(8)
sys.exit(int(line.recv(4) or 1))
"""


def command(place: Path | None = None) -> str:
    """Returns the words of a shell script that calls the process listening there, and ends as it does.

    Without a place, it is the process that all calls of one test run share.
    """
    place = place or Path(_begun())
    return f"exec '{sys.executable}' -I -S -c '{_CALLER}' '{place}' \"$@\""


_PID = 8
"""A call first says the id of its process, in so many digits."""


class _Shared:
    """The process that all calls of one test run share: begun with the first of them, and ended by `end`."""

    process: subprocess.Popen[str] | None = None
    environment: dict[str, str]
    folder: tempfile.TemporaryDirectory[str]


def run(
    words: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Calls `digest` in a process of its own, as `subprocess.run` would; every warning is an error there."""
    place = _begun() if hasattr(os, "fork") else ""
    if not place or _is_read_at_start(environment):
        command = [sys.executable, "-m", "digest", *words]
        environment = {**environment, "PYTHONWARNINGS": "error"}
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    with (
        socket.socket(socket.AF_UNIX) as line,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as wrong,
        Path(os.devnull).open("rb") as nothing,
    ):
        line.connect(place)
        request = json.dumps([words, str(folder), environment]).encode()
        streams = [nothing.fileno(), out.fileno(), wrong.fileno()]
        socket.send_fds(line, [request], streams)
        line.recv(_PID)
        code = int(line.recv(4))
        said = []
        for stream in (out, wrong):
            stream.seek(0)
            said.append(stream.read().decode().replace("\r\n", "\n"))
    return subprocess.CompletedProcess(words, code, *said)


class Started:
    """A call that goes on, such as `serve`, with what is needed of `subprocess.Popen`."""

    def __init__(self, words: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(_begun())
        reading, writing = os.pipe()
        with Path(os.devnull).open("rb") as nothing:
            request = json.dumps([words, str(folder), environment]).encode()
            socket.send_fds(self._line, [request], [nothing.fileno(), writing, writing])
        os.close(writing)
        self.stdout = os.fdopen(reading, encoding="utf-8")
        self.pid = int(self._line.recv(_PID))
        self._code: int | None = None

    def poll(self) -> int | None:
        """Returns how it ended, None if it goes on."""
        return self._ended(0)

    def wait(self, timeout: float) -> int:
        """Waits for its end, and returns how it ended."""
        code = self._ended(timeout)
        assert code is not None, "it goes on"
        return code

    def send_signal(self, number: int) -> None:
        """Sends it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def _ended(self, seconds: float) -> int | None:
        if self._code is None and select.select([self._line], [], [], seconds)[0]:
            self._code = int(self._line.recv(4) or -signal.SIGKILL)
            self._line.close()
        return self._code


def start(
    words: list[str], folder: Path, within: tuple[str, ...] = ()
) -> Started | subprocess.Popen[str]:
    """Starts `digest` in a process of its own that goes on; its output is one stream of text.

    `within` is a command that starts another, such as `nice`.
    """
    environment = dict(os.environ)
    has_fork = not within and hasattr(os, "fork") and bool(_begun())
    if has_fork and not _is_read_at_start(environment):
        return Started(words, folder, environment)
    return subprocess.Popen(
        [*within, sys.executable, "-m", "digest", *words],
        cwd=folder,
        env={**environment, "PYTHONWARNINGS": "error", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end() -> None:
    """Ends the process that calls share, if there was one."""
    if _Shared.process:
        _Shared.process.kill()
        _Shared.process.communicate()
        _Shared.folder.cleanup()
        _Shared.process = None


def _is_read_at_start(environment: dict[str, str]) -> bool:
    """True if a variable differs that Python reads once, when it starts."""
    names = environment.keys() | _Shared.environment.keys()
    return any(
        environment.get(name) != _Shared.environment.get(name)
        for name in names
        if name.startswith(("PYTHON", "LC_", "LANG"))
    )


def _begun() -> str:
    if _Shared.process is None:
        _Shared.environment = dict(os.environ)
        _Shared.folder = tempfile.TemporaryDirectory()  # for no name of a socket may be long
        _Shared.process = subprocess.Popen(
            [sys.executable, __file__, f"{_Shared.folder.name}/warm"],
            env={**_Shared.environment, "PYTHONWARNINGS": "error"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert _Shared.process.stdout
        assert _Shared.process.stdout.readline() == "listening\n"
    return f"{_Shared.folder.name}/warm"


def tls_contexts() -> Callable[[], ssl.SSLContext]:
    """Returns what creates a TLS context once, since loading the certificates takes a twentieth of a second."""
    import httpx

    create, contexts = httpx.create_ssl_context, dict[str | None, ssl.SSLContext]()

    def shared() -> ssl.SSLContext:
        certificates = os.environ.get("SSL_CERT_FILE")
        if certificates not in contexts:
            contexts[certificates] = create()
        return contexts[certificates]

    return shared


def listen(place: str) -> None:
    """Reads the whole program, then forks for each call until it is ended."""
    import digest

    for module in pkgutil.walk_packages(digest.__path__, "digest."):
        if module.name != "digest.__main__":
            importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)
    _prepare()
    gc.collect()
    gc.freeze()  # a collection in a call would touch all of this, and so copy it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        while True:
            line, _ = listener.accept()
            with line:
                request, streams, *_ = socket.recv_fds(line, 1 << 17, 3)
                if os.fork() == 0:
                    signal.signal(
                        signal.SIGCHLD, signal.SIG_DFL
                    )  # the command has children of its own
                    line.send(b"%*d" % (_PID, os.getpid()))
                    words, folder, environment = json.loads(request)
                    code = _call(words, folder, environment, streams)
                    line.send(b"%d" % code)
                    os._exit(code)
                for stream in streams:
                    os.close(stream)


class _Parser:
    """A process that parses feeds, with what `parse_client` needs of `subprocess.Popen`."""

    def __init__(self) -> None:
        from digest.feeds import parse_worker

        requests, answers, unused = os.pipe(), os.pipe(), os.pipe()
        theirs = (requests[0], answers[1], unused[1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # threads, of which none matters
            self._pid = os.fork()
        if self._pid == 0:
            for number, end in enumerate(theirs):
                os.dup2(end, number)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # it must hold no lock, and see us end
            parse_worker.main()
            os._exit(0)
        for end in theirs:
            os.close(end)
        self.stdin: IO[bytes] = os.fdopen(requests[1], "wb")
        self.stdout: IO[bytes] = os.fdopen(answers[0], "rb")
        self.stderr: IO[bytes] = os.fdopen(unused[0], "rb")
        self._code: int | None = None

    def kill(self) -> None:
        if self._code is None:
            os.kill(self._pid, signal.SIGKILL)

    def wait(self, _: float | None = None) -> int:
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code


def _prepare() -> None:
    """Lets the calls do without what would be started or made again for each of them."""
    import httpx

    from digest import installed, program
    from digest.commands.starter import own_wheel
    from digest.feeds import parse_client

    def start(worker: parse_client.Worker) -> _Parser:
        process = _Parser()
        assert process.stdout.readline() == parse_client.READY
        worker._process = process  # type: ignore[assignment]
        return process

    parse_client.Worker._start = start  # type: ignore[method-assign, assignment]
    program.fingerprint()
    httpx.create_ssl_context = tls_contexts()  # type: ignore[assignment]
    httpx.create_ssl_context()
    if copy := installed.metadata():
        wheel = own_wheel.build(copy)
        own_wheel.build = lambda installed: wheel  # noqa: ARG005


def _call(words: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> int:
    """Runs the command line as if this process had been started for it."""
    from digest.__main__ import main
    from digest.site.search import search_index
    from digest.site.social import png

    if not environment.pop(WITH_EXTRAS, ""):
        search_index.available = png.available = lambda: False
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["digest", *words]
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 1


if __name__ == "__main__":
    listen(sys.argv[1])
