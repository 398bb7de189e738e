"""`digest note`: opens a text editor on the note of one story."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from digest.cli.set import finish
from digest.cli.shared import completion
from digest.cli.shared.call import Call


@click.command()
@click.argument(
    "file", metavar="FILE", type=click.Path(path_type=Path), shell_complete=completion.stories
)
@click.pass_obj
def note(call: Call, file: Path) -> None:
    """Write the note of a story in your text editor.

    Opens $VISUAL or $EDITOR on the note alone, and writes it into the story's file. If that file
    was changed meanwhile, it stays as it is, and your words stay in a file that is named. So do
    they after Ctrl-C.

    \b
    Example:
      digest note content/2026/w20/2026-05-15-panic-over-chips.md
    """
    from digest.commands import set as command

    root, config = call.load()
    shown = command.read_story(root, config, call.resolve_file(root, file))
    with tempfile.NamedTemporaryFile(
        "w", prefix=f"{shown.story.slug}-", suffix=".md", delete=False, encoding="utf-8", newline=""
    ) as opened:
        opened.write(shown.story.note + "\n" if shown.story.note else "")
    temp_file, original = Path(opened.name), Path(opened.name).read_bytes()
    here = f"{temp_file}: your words are here"
    try:
        click.edit(filename=opened.name)
        words = temp_file.read_text(encoding="utf-8-sig")
    except KeyboardInterrupt:
        # Even if there are none yet: a text editor with a window of its own goes on.
        call.warn(here)
        raise
    except FileNotFoundError:
        why = f"{temp_file}: your editor has removed this file, so nothing was changed"
        raise click.ClickException(why) from None
    except (click.ClickException, OSError, UnicodeDecodeError) as error:
        start = error.__cause__  # of click's exception, if the editor cannot be started
        if isinstance(error, UnicodeDecodeError):
            why = (
                "what your editor saved is not UTF-8 text, so nothing was changed; save it as UTF-8"
            )
        elif isinstance(start, OSError):
            what = f"{start.filename}: {start.strerror}"
            why = f"{what}; name another text editor in $EDITOR"
        else:
            why = "your editor ended with an error, so nothing was changed"
        if temp_file.read_bytes() != original:
            raise click.ClickException(f"{why}; your words are in {temp_file}") from None
        temp_file.unlink()
        raise click.ClickException(why) from None
    try:
        results = command.write_note(root, config, shown, words)
    except BaseException:
        call.warn(here)
        raise
    if results[0].refused:
        call.warn(here)
    else:
        temp_file.unlink()
    finish(call, results)
