"""Commands run in this process, as a shell would run them."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from digest.cli.main import cli
from digest.errors import DigestError


def invoke(root: Path, *words: str, **variables: str) -> Result:
    """Runs a command on a digest, however it ends; `variables` are of its environment."""
    return CliRunner().invoke(cli, ["--root", str(root), *words], env=variables)


def printed(root: Path, *words: str) -> str:
    """Runs a command that must succeed; returns what it prints."""
    result = CliRunner().invoke(cli, ["--root", str(root), *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def outcome(root: Path, *words: str) -> tuple[int, str]:
    """Runs a command; returns how it ends, and the lines that it prints, or that say what is wrong."""
    result = invoke(root, *words)
    if isinstance(result.exception, DigestError):
        return 1, str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output
