"""Runs Pagefind to make a search index of records, which the reader's browser searches.

    records ──▶ Pagefind's program ──▶ its files ──▶ those that the search page uses, in fixed order

Digest speaks the protocol of Pagefind's Python API itself, since that API waits a tenth of a second
for each record. An index is complete, or `IndexingError` says why there is none.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from digest.site.search import reproducible
from digest.site.search.records import SearchRecord

_KEPT_ENDINGS = (".pf_index", ".pf_fragment")
_TIMEOUT = 600  # seconds for an index; ten thousand stories take about ten


class IndexingError(ValueError):
    """No index could be made, with the reason."""


def make(records: Iterable[SearchRecord], language: str) -> dict[str, bytes]:
    """Returns the files of an index of the records; raises IndexingError."""
    requests: list[dict[str, Any]] = [{"type": "NewIndex", "config": {}}]
    for record in records:
        request = {
            "type": "AddRecord",
            "index_id": 0,
            "url": record.place,
            "content": record.words,
            "language": language.partition("-")[0].lower(),
            "meta": {  # Pagefind searches this, too: dates are written so that no query finds them
                "title": record.headline,
                "said_by": record.said_by,
                "day": f"{record.day:%Y%m%d}" if record.day else "",
            },
            "filters": {"kind": [record.kind], "theme": list(record.themes)},
            "sort": {"at": str(record.at)},
        }
        requests.append(request)
    requests.append({"type": "GetFiles", "index_id": 0})
    try:
        files = {}
        for file in _send(requests)[-1]["files"]:
            files[file["path"]] = base64.b64decode(file["content"])
        return _needed(files)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise IndexingError(" ".join(str(error).split()) or type(error).__name__) from error


def _send(requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the program's answers to the requests, in order; raises IndexingError if one fails."""
    from pagefind.service import get_executable

    program = get_executable()
    if program is None:
        raise IndexingError("its program is not there; install pagefind[bin]")
    lines = []
    for number, request in enumerate(requests, 1):
        message = {"message_id": number, "payload": request}
        lines.append(base64.b64encode(json.dumps(message).encode()) + b",")
    answers = []
    for line in _communicate([program, "--service"], lines):
        try:
            answer: dict[str, Any] = json.loads(base64.b64decode(line))["payload"]
            failed = answer["type"] == "Error"
        except (ValueError, LookupError, TypeError) as error:
            raise IndexingError("its answers have a form that Digest does not know") from error
        if failed:
            raise IndexingError(" ".join(str(answer.get("message")).split()))
        answers.append(answer)
    if len(answers) < len(lines):
        raise IndexingError("it ended before it was done")
    return answers


def _communicate(command: Sequence[str | Path], lines: Sequence[bytes]) -> list[bytes]:
    """Returns the program's answers, one for each line.

    The program exits when its input is closed, so all answers are read before that.
    """
    pipe, devnull = subprocess.PIPE, subprocess.DEVNULL
    folder = Path(command[0]).parent  # the current folder may be gone, or configure the program
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=devnull, cwd=folder) as process:
        assert process.stdin
        assert process.stdout
        timeout = threading.Timer(_TIMEOUT, process.kill)
        writer = threading.Thread(target=_write, args=(process.stdin, lines), daemon=True)
        try:
            timeout.start()
            writer.start()
            return _read(process.stdout.fileno(), len(lines))
        finally:
            timeout.cancel()
            process.kill()
            writer.join()
            with contextlib.suppress(OSError):
                process.stdin.close()


def _write(pipe: IO[bytes], lines: Iterable[bytes]) -> None:
    with contextlib.suppress(OSError):  # if the program exited, answers are missing
        for line in lines:
            pipe.write(line)
        pipe.flush()


def _read(pipe: int, number: int) -> list[bytes]:
    """Returns `number` answers, or fewer if the pipe ends; each is followed by a comma."""
    received, complete = bytearray(), 0
    while complete < number and (incoming := os.read(pipe, 1 << 16)):
        received += incoming
        complete += incoming.count(b",")
    return bytes(received).split(b",")[:-1]


def _needed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the files that the search page uses, in fixed order."""
    program = {"pagefind.js"}
    for language in json.loads(files[reproducible.ENTRY])["languages"].values():
        program.add(f"wasm.{language.get('wasm') or 'unknown'}.pagefind")
    needed = reproducible.in_order(files)
    for name, content in files.items():
        if name in program or name.endswith(_KEPT_ENDINGS):
            needed.setdefault(name, content)
    return dict(sorted(needed.items()))
