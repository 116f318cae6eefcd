"""Syncs as a TOML file on the command line: export them, import them."""

import argparse
import sys
from pathlib import Path

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit, write_utf_8
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace, open_workspace
from desktop.app.commands.sync_subcommands.arguments import require_sync_permission
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.kit.errors import InvalidInput, StorageError
from desktop.kit.text import format_count
from desktop.settings.json_file import write_text_atomically
from desktop.sync.sync_toml_file import MAX_FILE_BYTES, export_syncs_toml, import_syncs_toml

_STDIO = "-"


def _add_export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="where to write; - is the terminal")
    parser.add_argument("syncs", nargs="*", metavar="SYNC", help="only these; else all")


@in_workspace()
async def _export_syncs(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services, writes=False)
    await require_view_permission(services)
    repository = services.store.syncs
    syncs = [await repository.get(name) for name in dict.fromkeys(options.syncs)]
    syncs = syncs or list(await repository.list_all())
    if not syncs:
        raise InvalidInput("There is no sync to export.", "", "`fairlead sync add` makes one.")
    text = export_syncs_toml(syncs)
    if options.file == _STDIO:
        # Raw, without `emit`: the file's own line breaks and tabs must arrive.
        write_utf_8(text)
        return ExitCode.DONE
    path = _write_file(options.file, text)
    document = {"file": str(path), "syncs": [sync.name for sync in syncs]}
    line = f"{format_count(len(syncs), 'sync', 'syncs')} written to {path}."
    return emit(document, [line], as_json=options.json)


def _write_file(file: str, text: str) -> Path:
    path = Path(file).expanduser()
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder.", "", "Name a file, such as syncs.toml.")
    write_text_atomically(path, text)
    return path


def _add_import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="what to read; - is the terminal")
    parser.add_argument("--replace", action="store_true", help="in the place of those of its names")


async def _import_syncs(context: AppContext, options: argparse.Namespace) -> int:
    # Before the workspace is opened: a file that cannot be read asks no service.
    syncs = import_syncs_toml(_read_text(options.file))
    async with open_workspace(context, options.workspace) as services:
        imported = services.syncs.import_syncs(syncs, replacing=options.replace)
    names = [sync.name for sync in imported]
    lines = [
        f"{format_count(len(names), 'sync', 'syncs')} imported, off and not checked yet:",
        *(f"  {name}" for name in names),
        "`fairlead sync on SYNC` checks one and switches it on.",
    ]
    return emit({"file": options.file, "syncs": names}, lines, as_json=options.json)


def _read_text(file: str) -> str:
    """Read the TOML of `fairlead sync import`, or stdin for `-`. Raises InvalidInput, StorageError.

    One byte more than is accepted, so that the parser can tell a file that is too large.
    """
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
        # Windows' Notepad puts a byte order mark before UTF-8.
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{file} is no text in UTF-8.", "Nothing was imported.", "Save it as UTF-8."
        ) from error


COMMANDS = {
    "export": CliCommand(_add_export_arguments, _export_syncs),
    "import": CliCommand(_add_import_arguments, _import_syncs),
}
