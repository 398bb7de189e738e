"""`digest serve`: options and output."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from digest import urls
from digest.cli.shared import progress
from digest.cli.shared.call import Call
from digest.errors import and_more

if TYPE_CHECKING:
    from digest.commands.serve import Opened, PreviewEvent

_MAX_NAMED = 3
_PORT, _MAX_PORT = re.compile(r"[0-9]{1,5}"), 65535


def _port(_: click.Context, __: click.Parameter, typed: str) -> int:
    """Returns the number of a port; raises a usage error if it is not one."""
    if not (_PORT.fullmatch(typed) and int(typed) <= _MAX_PORT):
        raise click.BadParameter(f"'{typed}' is not a port; write a number from 0 to {_MAX_PORT}")
    return int(typed)


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
    help="The address to listen on; 0.0.0.0 lets others on the network see the preview.",
)  # fmt: skip
@click.option(
    "--port", default="8000", show_default=True, metavar="NUMBER", callback=_port,
    help="The port to listen on; 0 picks a free one.",
)  # fmt: skip
@click.option(
    "--allow-host", "other_hosts", multiple=True, metavar="NAME",
    help="Also answer to this host name, as a tunnel or proxy forwards it; can be repeated.",
)  # fmt: skip
@click.option(
    "--poll", is_flag=True,
    help="Check for changed files every second, if the system does not report changes (WSL, Docker, network drives).",
)  # fmt: skip
@click.option("--open", "open_", is_flag=True, help="Open the preview in the browser.")
@click.option(
    "--desk", is_flag=True,
    help="Open the desk in the browser; with --host or --allow-host, also for others who have its address.",
)  # fmt: skip
@click.pass_obj
def serve(
    call: Call, host: str, port: int, other_hosts: tuple[str, ...], poll: bool, open_: bool, desk: bool
) -> None:  # fmt: skip
    """Preview the site while you write.

    Shows all pages as they will be, drafts included, and reloads them after every save. Beside each
    story it shows its file, why it has its themes, hints from 'digest check', and the publisher's
    whole summary. None of this gets into site/. Ctrl-C stops it.

    At /_desk/ is the desk, where you curate a week in the browser: notes, headlines, themes, what
    leads and what is hidden, and the letter. Every change is saved in the story's file. Open it by
    the address that is printed: the key in it, another one each time, keeps other users out.

    \b
    Examples:
      digest serve
      digest serve --desk
      digest serve --open --port 8080
      digest serve --allow-host preview.example.org
    """
    from digest.commands import serve as command

    def on_event(event: PreviewEvent) -> None:
        bar.close()
        match event:
            case command.Opened():
                _print_opened(event, host, other_hosts, call)
                if open_ or desk:
                    url = event.desk if desk else event.url
                    _open_browser(event.redirect or url, url, call)
            case command.Built():
                call.warn_of_cache(root)
                call.warn(*event.not_removed)
                changed = and_more(event.changed, _MAX_NAMED)
                files = f"{event.pages} files, {event.written} written, {event.removed} removed"
                call.say(f"{changed or 'Built'}: {files} in {event.seconds * 1000:.0f} ms")
            case command.Broken() | command.OtherError():
                call.warn(*map(str, event.problems))
            case command.Polling():
                why = "The system does not report changed files here"
                call.warn(f"{why}; checking for changes every second instead")
            case command.Waiting():
                call.say("Waiting for another run of digest to end")

    root, bar = call.root(), contextlib.ExitStack()
    with contextlib.suppress(KeyboardInterrupt), bar:  # Ctrl-C during the first build
        command.run(
            root,
            host=host,
            port=port,
            on_event=on_event,
            on_progress=bar.enter_context(progress.bar(call, "Pages", least=200)),
            clock=call.clock,
            other_hosts=other_hosts,
            poll=poll,
            open_desk=desk,
        )


def _print_opened(event: Opened, host: str, other_hosts: tuple[str, ...], call: Call) -> None:
    call.say(f"The preview is at {event.url} (Ctrl-C stops it)")
    if event.desk:
        call.say(f"The desk is at {event.desk}")
    if event.network:
        place = urlsplit(event.desk or event.url)
        shown = place._replace(netloc=urlsplit(event.network).netloc).geturl()
        call.say(f"For other machines in the network, it is at {shown}")
    may = "can read it, too, including drafts"
    if event.desk:
        may += ", and with the desk's address change your stories"
    if host.strip("[]") not in urls.THIS_MACHINE:
        at = "" if host.strip("[]") in urls.ALL_INTERFACES else f" at {host}"
        call.warn(f"Anyone who can reach this machine{at} {may}")
    if other_hosts:
        call.warn(f"Anyone who can reach {', '.join(other_hosts)} {may}")
    if event.exhausted:
        why = "The system has no file watchers left (fs.inotify)"
        call.warn(f"{why}; checking for changes every second instead")


def _open_browser(open_url: str, shown_url: str, call: Call) -> None:
    """Opens a browser without waiting for it; if there is none, names `shown_url`."""
    import threading
    import webbrowser

    def attempt() -> None:
        if not webbrowser.open(open_url):
            call.warn(f"No browser could be opened; open {shown_url} yourself")

    threading.Thread(target=attempt, daemon=True).start()
