"""The rules by which an entry is a story that is known already, strongest first: guid, link, headline and date.

A rule is asked for all entries of a document before the next one is. Each looks up names of the entry (`Look`) and
returns the file of a story that no other entry has. Where guid and link say nothing (`vague`), headline or date has to
agree with them. Which names an entry has is decided in `matching`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping

from digest.stories import identity

NEW = "new "
"""The name of a story that is not there yet begins with this, which no file does."""


class Look:
    """Finds the files of the stories under one of an entry's names: by its kind, or by "own" and kind in its feed."""

    def __init__(self, feed: str, names: Mapping[str, str], *sources: Mapping[str, Collection[str]]) -> None:
        self._names, self._sources = names, sources
        self._keys = {kind: identity.scoped(name, feed) for kind, name in names.items()}
        self._keys |= {f"own {kind}": identity.in_feed(name, feed) for kind, name in names.items()}

    def __call__(self, kind: str) -> Collection[str]:
        key = self._keys.get(kind, "")
        return tuple(dict.fromkeys(file for source in self._sources for file in source.get(key, ())))

    def name(self, kind: str) -> str:
        """Returns the entry's name of a kind, known or not, empty where it has none."""
        return self._names.get(kind, "")


Rule = Callable[[Look, Container[str]], str | None]


def _all(*kinds: str) -> Rule:
    """Returns the rule for names that all have to lead to one story."""

    def rule(look: Look, claimed: Container[str]) -> str | None:
        first, *others = map(look, kinds)
        return next((file for file in first if file not in claimed and all(file in one for one in others)), None)

    return rule


def _dated(*kinds: str) -> Rule:
    """Returns the rule for names that several stories may share: then the exact date says which one it is."""

    def rule(look: Look, claimed: Container[str]) -> str | None:
        first, *others = map(look, kinds)
        files = [file for file in first if all(file in one for one in others) and _agrees(file, look, by_link=True)]
        if len(files) > 1 and look.name("moment"):
            files = [file for file in files if file in look("own moment")]
        return next((file for file in files if file not in claimed), None)

    return rule


def _agreeing(*kinds: str, by_link: bool = False) -> Rule:
    """Returns the rule for guid and link, beside which headline or date has to agree where these say nothing."""

    def rule(look: Look, claimed: Container[str]) -> str | None:
        first, *others = map(look, kinds)
        files = (file for file in first if file not in claimed and all(file in one for one in others))
        return next((file for file in files if _agrees(file, look, by_link)), None)

    return rule


def _only(kind: str) -> Rule:
    """Returns the rule for a link that identifies only where one story has it, and agrees as far as that needs it."""

    def rule(look: Look, claimed: Container[str]) -> str | None:
        return _agreeing(kind, by_link=True)(look, claimed) if len(look(kind)) == 1 else None

    return rule


def _agrees(file: str, look: Look, by_link: bool = False) -> bool:
    """Tells whether headline or date of an entry agree with a story, as far as its link or guid and link need that.

    Another feed's story gets no new words from it, so that dates that differ are enough to tell them apart.
    """
    need = look.name("link needs" if by_link else "both need")
    if not need:
        return True
    if file in look("words") or file in look("moment"):
        return True
    if file in look("dated") and file not in look("day"):
        return False
    return not (need == "exact" and file in look("own titled"))


def _alone(kind: str, *others: str) -> Rule:
    """Returns the rule for a name that identifies only where one story has it; with others, these have to agree."""

    def rule(look: Look, claimed: Container[str]) -> str | None:
        files = look(kind)
        return _all(kind, *others)(look, claimed) if len(files) == 1 else None

    return rule


def gone(kind: str, other: str, is_gone: Callable[[str], bool]) -> Rule:
    """Returns the rule for two names that together identify a story whose file is gone, but none that is there."""

    def rule(look: Look, claimed: Container[str]) -> str | None:
        file = _alone(kind, other)(look, claimed)
        return file if file and not file.startswith(NEW) and is_gone(file) else None

    return rule


IN_OWN_FEED: tuple[Rule, ...] = (
    _all("own minted"),
    _agreeing("own guid", "own same"),
    _agreeing("own claim", "own same"),
    _agreeing("own shared guid", "own same"),
    _agreeing("own shared claim", "own same"),
    _dated("own same", "own bare"),
    _all("own guid", "own page", "own now"),
    _all("own guid", "own now"),
    _dated("own page", "own now"),
    _alone("own moved"),
    _agreeing("own guid", "own page"),
    _agreeing("own guid", "own whole link"),
    _all("own guid", "own article"),
    _all("own guid", "own words"),
    _alone("own guid", "own time"),
    _all("own claim", "own words"),
    _all("own claim", "own time"),
    _alone("own article"),
    _dated("own page", "own words"),
    _all("own page", "own time"),
    _only("own whole link"),
    _only("own only page"),
    _all("own untitled", "own summary"),
    _all("own untitled", "own moment"),
    _alone("own headline"),
    _alone("own stem"),
)
ANYWHERE: tuple[Rule, ...] = (
    _agreeing("guid", "page"),
    _agreeing("guid", "whole link"),
    _all("guid", "article"),
    _all("guid", "words"),
    _all("any guid", "words", "moment"),
    _alone("article"),
    _dated("page", "words"),
    _all("page", "time"),
    _only("whole link"),
    _only("only page"),
)
