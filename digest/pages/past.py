"""What the last build into a folder made: of each file the key by which it was made, and its stamp on the disk.

Refuses to be believed against the disk: a file counts as made only while its stamp there is the one that it got.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from digest import memory
from digest.disk import Stamp
from digest.pages.output import Output, name_of
from digest.pages.texts import Texts


class Past:
    """The last build into one folder; `whole` is a hash of all that pages are made of, content apart."""

    def __init__(self, root: Path, folder: Path, whole: bytes) -> None:
        self._root, self._whole = root, whole
        self._name = f"{name_of(root, folder)}.memory"
        remembered, self.word, _ = memory.recall(root, self._name, whole)
        self._made: dict[str, tuple[bytes, Stamp]] = remembered[0] if remembered else {}
        self._found: set[str] = set()  # what this build has found there as it was made
        self.told: dict[str, Any] = remembered[1] if remembered else {}
        """What was said of that build, in plain values; nothing where there was none."""
        self.texts = Texts(remembered[2] if remembered else {})
        self.content: bytes = remembered[3] if remembered else b""
        """The fingerprint of the content that this folder was built from; whatever other folders were built since."""

    @property
    def stamps(self) -> Mapping[str, Stamp]:
        """The stamps of all files that were made."""
        return {path: stamp for path, (_, stamp) in self._made.items()}

    @property
    def paths(self) -> Iterable[str]:
        """The paths of all files that were made."""
        return self._made.keys()

    def stands(self, output: Output) -> bool:
        """Tells whether all that was made is still there as it was made, and nothing else is waiting to go."""
        return bool(self.told) and output.is_as_built

    def has(self, path: str, key: bytes, output: Output) -> bool:
        """Tells whether a file was made by this key, and still is what it was."""
        made = self._made.get(path)
        found = made is not None and made[0] == key and output.stands(path, made[1])
        (self._found.add if found else self._found.discard)(path)
        return found

    def learn(self, keys: Mapping[str, bytes], output: Output, told: Mapping[str, Any]) -> None:
        """Takes note of the build that is done: `keys` has every file of the site."""
        known, self._found = self._found, set()
        self._made = {
            path: self._made[path] if path in known else (key, output.stamp(path)) for path, key in keys.items()
        }
        self.told, self.texts = dict(told), self.texts.next()

    def keep(self, content: bytes) -> None:
        """Remembers the last build for other runs, with the fingerprint of the content that it was made from."""
        self.content = content
        remembered = self._made, self.told, dict(self.texts.before), content
        memory.keep(self._root, self._name, self._whole, remembered)
