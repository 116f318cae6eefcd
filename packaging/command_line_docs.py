"""Writes the man page and the shell completions of `fairlead` from its argument parsers."""

import argparse
import gzip
from collections.abc import Iterator
from pathlib import Path

import shtab

from desktop import __version__
from desktop.app.cli import build_parser
from desktop.app.commands.command_parser import CommandParser
from desktop.app.commands.registry import COMMANDS

# Where Debian's shells look for the completions of a command named `fairlead`.
COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/fairlead",
    "zsh": "usr/share/zsh/vendor-completions/_fairlead",
}
MAN_PAGE = "usr/share/man/man1/fairlead.1.gz"


def write_command_line_docs(root: Path) -> None:
    """Write the gzipped man page and the completions below `root`, where Debian has them."""
    parser = build_parser(COMMANDS)
    for one in walk_parsers(parser):
        one.load_command()
    page = root / MAN_PAGE
    page.parent.mkdir(parents=True, exist_ok=True)
    # No time and no name in the archive: two builds are the same file.
    page.write_bytes(gzip.compress(man_page(parser).encode(), mtime=0))
    for shell, place in COMPLETIONS.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shtab.complete(parser, shell), encoding="utf-8")


def man_page(parser: argparse.ArgumentParser) -> str:
    """Return the man page, section 1, of a parser and all its commands, in troff's man macros."""
    lines = [
        f'.TH FAIRLEAD 1 "" "fairlead {__version__}" "User commands"',
        ".SH NAME",
        "fairlead \\- one sheet per customer, from Zendesk and Sailthru",
        ".SH COMMANDS",
    ]
    for one in walk_parsers(parser):
        lines += [f".SS {troff(one.prog)}", troff(one.description or ""), ".PP"]
        for action in one._actions:  # noqa: SLF001 - argparse has no other way to list them
            is_help = isinstance(action, argparse._SubParsersAction | argparse._HelpAction)  # noqa: SLF001
            if is_help or action.help == argparse.SUPPRESS:
                continue
            names = ", ".join(action.option_strings) or str(action.metavar or action.dest)
            value = f" {action.metavar or ''}" if action.option_strings else ""
            lines += [".TP", rf"\fB{troff(names)}\fR{troff(value)}", troff(action.help or "")]
    return "\n".join(lines) + "\n"


def troff(text: str) -> str:
    """Escape a text for troff: a line that begins with a dot or quote would be a command."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("%%", "%")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


def walk_parsers(parser: argparse.ArgumentParser) -> Iterator[CommandParser]:
    """Yield a parser and those of its commands; each is loaded before its own are looked for."""
    if isinstance(parser, CommandParser):
        yield parser
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to list them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for child in action.choices.values():
                yield from walk_parsers(child)
