"""A wheel of the copy of Digest that runs, made from its installed files, without a network or a
build tool.

`init` puts it into a digest whose copy of Digest no other machine could install: one from a folder,
a file or a private repository. The same files give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution
from pathlib import Path

from digest.site.fingerprint import FOLDER, shipped_templates

PACKAGE = Path(__file__).resolve().parents[2]
_WORKFLOW = "publish-digest.yml"
_TIME = (2020, 2, 2, 0, 0, 0)
_COPIED = ("METADATA", "entry_points.txt", "licenses/LICENSE")
"""What of the installed copy's metadata is the same in every wheel of it."""
_WHEEL = "Wheel-Version: 1.0\nGenerator: digest init\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def build(installed: Distribution) -> tuple[str, bytes]:
    """Returns the file name of a wheel of this copy, and its content."""
    name = f"{re.sub(r'[-_.]+', '_', installed.metadata['Name']).lower()}-{installed.version}"
    info = f"{name}.dist-info"
    files = dict(sorted(_program()))
    for part in _COPIED:
        if text := installed.read_text(part):
            files[f"{info}/{part}"] = text.encode()
    files[f"{info}/WHEEL"] = _WHEEL.encode()
    lines = [*record_lines(files), f"{info}/RECORD,,"]
    files[f"{info}/RECORD"] = "".join(f"{line}\n" for line in lines).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return f"{name}-py3-none-any.whl", packed.getvalue()


def called_workflow() -> Path:
    """Returns the workflow that others call: inside the package where it is installed, else in its repository."""
    inside = PACKAGE / _WORKFLOW
    return inside if inside.is_file() else PACKAGE.parent / ".github/workflows" / _WORKFLOW


def record_lines(files: Mapping[str, bytes]) -> Iterator[str]:
    """Yields a line of RECORD for each file: its path, its SHA-256 and its size."""
    for path, content in files.items():
        code = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        yield f"{path},sha256={code},{len(content)}"


def _program() -> Iterator[tuple[str, bytes]]:
    """Yields each file of the program by its path in a wheel; some are beside an editable copy."""
    templates = shipped_templates()
    for folder, prefix in ((PACKAGE, PACKAGE.name), (templates, f"{PACKAGE.name}/{FOLDER}")):
        for path in folder.rglob("*"):
            parts = path.relative_to(folder).parts
            is_hidden = any(part.startswith(".") for part in parts)
            if path.is_file() and path.suffix != ".pyc" and not is_hidden:
                yield "/".join((prefix, *parts)), path.read_bytes()
    yield f"{PACKAGE.name}/{_WORKFLOW}", called_workflow().read_bytes()
