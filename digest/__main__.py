"""Where every command starts: `digest`, and `python -m digest`.

Ctrl-C ends a command with 130 and prints nothing, even while its modules are still being imported.
So this one imports little.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

_INTERRUPTED = 130  # 128 and the number of the signal, as shells count


def main() -> None:
    """Runs the command line."""
    # Commands need nearly all that they read until they end, so to look for garbage finds little.
    gc.set_threshold(500_000)
    # Not so under nohup, say, which ignores the signal.
    catches = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    try:
        if catches:
            signal.signal(signal.SIGINT, _end)
        from digest.cli.main import main as run_command

        if catches:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        run_command()
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            sys.stderr.write("\n")  # behind the ^C
        sys.exit(_INTERRUPTED)
    except Exception as error:
        file = _damaged_byte_code(error)
        if not file:
            raise
        sys.stderr.write(f"{file}: is damaged, as a full disk leaves it; {_cured(file)}\n")
        sys.exit(1)


def _end(*_: object) -> None:
    """Ends the process at once: nothing has begun yet, and an exception might be lost in an import."""
    os._exit(_INTERRUPTED)


def _damaged_byte_code(error: BaseException | None) -> str:
    """Returns the file with the byte code of a module that Python cannot read; "" for other errors."""
    while error:
        trace = error.__traceback__
        while trace:
            code, found = trace.tb_frame.f_code, trace.tb_frame.f_locals.get("bytecode_path")
            if code.co_name == "_compile_bytecode" and "importlib" in code.co_filename and found:
                return str(found)
            trace = trace.tb_next
        error = error.__cause__
    return ""


def _cured(file: str) -> str:
    """Removes byte code, which Python makes again, and returns what is to be done."""
    try:
        os.unlink(file)  # noqa: PTH108 - pathlib takes long to import
    except OSError:
        return "delete it, and run the command again"
    return "it is deleted now, so run the command again"


if __name__ == "__main__":
    main()
