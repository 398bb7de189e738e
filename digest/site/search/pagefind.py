"""The one importer of pagefind: has its program make an index of records, which a reader's own browser searches.

    records ──▶ the program ──▶ its files ──▶ those that our page uses, in one order

We talk to the program ourselves, in the words of pagefind's own Python API, because that one waits a tenth of a second
for each record. Refuses to leave half an index: it is whole, or Failed says why there is none.
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
from digest.site.search.records import Record

_KEPT = (".pf_index", ".pf_fragment")
_PATIENCE = 600  # seconds for a whole index; ten thousand stories take about ten


class Failed(ValueError):
    """No index could be made: why, in words."""


def make(records: Iterable[Record], language: str) -> dict[str, bytes]:
    """Returns the files of an index of the records; raises Failed where there is none."""
    requests = [
        {"type": "NewIndex", "config": {}},
        *(_request(record, language) for record in records),
    ]
    try:
        answers = _ask([*requests, {"type": "GetFiles", "index_id": 0}])
        return _needed(
            {one["path"]: base64.b64decode(one["content"]) for one in answers[-1]["files"]}
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Failed(" ".join(str(error).split()) or type(error).__name__) from error


def _request(record: Record, language: str) -> dict[str, Any]:
    return {
        "type": "AddRecord",
        "index_id": 0,
        "url": record.place,
        "content": record.words,
        "language": language.partition("-")[0].lower(),
        "meta": {"title": record.headline, "said_by": record.said_by, "day": record.day},
        "filters": {"theme": list(record.themes)},
        "sort": {"at": str(record.at)},
    }


def _ask(requests: Sequence[dict[str, Any]]) -> list[Any]:
    """Returns the program's answers to the requests, in that order; raises Failed where it does not do one."""
    from pagefind.service import get_executable

    program = get_executable()
    if program is None:
        raise Failed("its program is not there; install pagefind[bin]")
    numbered = (
        {"message_id": number, "payload": request} for number, request in enumerate(requests, 1)
    )
    lines = [base64.b64encode(json.dumps(message).encode()) + b"," for message in numbered]
    answers = [_understood(line) for line in _conversation([program, "--service"], lines)]
    if len(answers) < len(lines):
        raise Failed("it ended before it was done")
    return answers


def _understood(line: bytes) -> dict[str, Any]:
    """Returns what an answer says; raises Failed where that is an error, or nothing that is known here."""
    try:
        answer: dict[str, Any] = json.loads(base64.b64decode(line))["payload"]
        failed = answer["type"] == "Error"
    except (ValueError, LookupError, TypeError) as error:
        raise Failed("its program speaks otherwise than the one that is known here") from error
    if failed:
        raise Failed(" ".join(str(answer.get("message")).split()))
    return answer


def _conversation(command: Sequence[str | Path], lines: Sequence[bytes]) -> list[bytes]:
    """Returns the program's answers, one to a line. It ends when nobody speaks to it, so all are heard before that."""
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    home = Path(
        command[0]
    ).parent  # the current folder may be gone, or have settings for the program
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, cwd=home) as process:
        assert process.stdin
        assert process.stdout
        watch = threading.Timer(_PATIENCE, process.kill)
        speaker = threading.Thread(target=_speak, args=(process.stdin, lines), daemon=True)
        try:
            watch.start()
            speaker.start()
            return _heard(process.stdout.fileno(), len(lines))
        finally:
            watch.cancel()
            process.kill()
            speaker.join()
            with contextlib.suppress(OSError):
                process.stdin.close()


def _speak(pipe: IO[bytes], lines: Iterable[bytes]) -> None:
    with contextlib.suppress(OSError):  # it has ended: that shows in its answers
        for line in lines:
            pipe.write(line)
        pipe.flush()


def _heard(pipe: int, number: int) -> list[bytes]:
    """Returns so many answers, or as many as come before the pipe ends; each is followed by a comma."""
    said, whole = bytearray(), 0
    while whole < number and (incoming := os.read(pipe, 1 << 16)):
        said += incoming
        whole += incoming.count(b",")
    return bytes(said).split(b",")[:-1]


def _needed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the files that our page uses, in one order."""
    languages = json.loads(files[reproducible.ENTRY])["languages"].values()
    always = {
        "pagefind.js",
        *(f"wasm.{language.get('wasm') or 'unknown'}.pagefind" for language in languages),
    }
    rest = {
        name: content for name, content in files.items() if name in always or name.endswith(_KEPT)
    }
    return dict(sorted({**rest, **reproducible.in_order(files)}.items()))
