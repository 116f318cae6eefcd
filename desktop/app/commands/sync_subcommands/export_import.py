"""Goals as a file on the command line: export, import."""

import argparse
import sys
from pathlib import Path

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import terminal_safe
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sync_subcommands.subcommand import SyncSubcommand
from desktop.kit.errors import InvalidInput, StorageError
from desktop.kit.text import format_count
from desktop.settings.json_file import write_text_atomically

_STDIO = "-"


def _add_export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="where to write; - is the terminal")
    parser.add_argument("syncs", nargs="*", metavar="SYNC", help="only these; else all")


async def _export(context: AppContext, options: argparse.Namespace) -> int:
    from desktop.sync.sync_toml_file import export_syncs_toml

    async with open_workspace(context, options.workspace, connect=False) as house:
        known = house.store.syncs
        goals = [known.get.blocking(name) for name in dict.fromkeys(options.syncs)] or list(
            known.list_all.blocking()
        )
    if not goals:
        raise InvalidInput("There is no sync to export.", "", "`fairlead sync add` makes one.")
    text = export_syncs_toml(goals)
    if options.file == _STDIO:
        sys.stdout.write(text)
        return cli_output.EXIT_DONE
    path = _write_file(options.file, text)
    if options.json:
        cli_output.print_json({"file": str(path), "syncs": [goal.name for goal in goals]})
    else:
        print(f"{format_count(len(goals), 'sync', 'syncs')} written to {terminal_safe(path)}.")
    return cli_output.EXIT_DONE


def _write_file(file: str, text: str) -> Path:
    path = Path(file).expanduser()
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder.", "", "Name a file, such as syncs.toml.")
    write_text_atomically(path, text)
    return path


def _add_import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="what to read; - is the terminal")
    parser.add_argument("--replace", action="store_true", help="in the place of those of its names")


async def _import(context: AppContext, options: argparse.Namespace) -> int:
    from desktop.sync.sync_toml_file import import_syncs_toml

    goals = import_syncs_toml(_read_file(options.file))
    async with open_workspace(context, options.workspace) as house:
        taken = house.syncs.import_syncs(goals, replacing=options.replace)
    if options.json:
        cli_output.print_json({"file": options.file, "syncs": [goal.name for goal in taken]})
        return cli_output.EXIT_DONE
    print(f"{format_count(len(taken), 'sync', 'syncs')} imported, off and not checked yet:")
    for goal in taken:
        print(f"  {terminal_safe(goal.name)}")
    print("`fairlead sync on SYNC` checks one and switches it on.")
    return cli_output.EXIT_DONE


def _read_file(file: str) -> str:
    """What the file holds; twice as much as is accepted is not read to its end."""
    from desktop.sync.sync_toml_file import MAX_FILE_BYTES

    try:
        if file == _STDIO:
            raw = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        else:
            with Path(file).expanduser().open("rb") as opened:
                raw = opened.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file {file}.") from error
    except OSError as error:
        raise StorageError(f"{file} cannot be read: {error.strerror}.") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{file} is no text in UTF-8.", "Nothing was imported.", "Save it as UTF-8."
        ) from error


SUBCOMMANDS = (
    SyncSubcommand(
        "export", "write syncs to a file that people can read", _add_export_arguments, _export
    ),
    SyncSubcommand(
        "import", "take syncs in from a file, all or none", _add_import_arguments, _import
    ),
)
