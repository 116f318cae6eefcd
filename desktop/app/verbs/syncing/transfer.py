"""Goals as a file on the command line: export, import."""

import argparse
import sys
from pathlib import Path

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.output import plain
from desktop.app.session import session
from desktop.app.verbs.syncing.act import Act
from desktop.kit.errors import BadInput, StoreKnown
from desktop.kit.text import plural
from desktop.settings.json_file import write_text

_STANDARD = "-"


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="where to write; - is the terminal")
    parser.add_argument("goals", nargs="*", metavar="GOAL", help="only these; else all")


async def _export(ground: Ground, options: argparse.Namespace) -> int:
    from desktop.sync.transfer import export_goals

    async with session(ground, options.workspace, connect=False) as house:
        known = house.store.goals
        goals = [known.get(name) for name in dict.fromkeys(options.goals)] or list(known.all())
    if not goals:
        raise BadInput("There is no sync to export.", "", "`fairlead sync add` makes one.")
    text = export_goals(goals)
    if options.file == _STANDARD:
        sys.stdout.write(text)
        return output.DONE
    path = _written(options.file, text)
    if options.json:
        output.print_json({"file": str(path), "goals": [goal.name for goal in goals]})
    else:
        print(f"{plural(len(goals), 'sync', 'syncs')} written to {plain(path)}.")
    return output.DONE


def _written(file: str, text: str) -> Path:
    path = Path(file).expanduser()
    if path.is_dir():
        raise BadInput(f"{path} is a folder.", "", "Name a file, such as syncs.toml.")
    write_text(path, text)
    return path


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="what to read; - is the terminal")
    parser.add_argument("--replace", action="store_true", help="in the place of those of its names")


async def _import(ground: Ground, options: argparse.Namespace) -> int:
    from desktop.sync.transfer import import_goals

    goals = import_goals(_text(options.file))
    async with session(ground, options.workspace) as house:
        taken = house.goals.take_in(goals, replacing=options.replace)
    if options.json:
        output.print_json({"file": options.file, "goals": [goal.name for goal in taken]})
        return output.DONE
    print(f"{plural(len(taken), 'sync', 'syncs')} imported, off and not checked yet:")
    for goal in taken:
        print(f"  {plain(goal.name)}")
    print("`fairlead sync on GOAL` checks one and switches it on.")
    return output.DONE


def _text(file: str) -> str:
    """What the file holds; twice as much as is accepted is not read to its end."""
    from desktop.sync.transfer import LARGEST_BYTES

    try:
        if file == _STANDARD:
            raw = sys.stdin.buffer.read(LARGEST_BYTES + 1)
        else:
            with Path(file).expanduser().open("rb") as opened:
                raw = opened.read(LARGEST_BYTES + 1)
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {file}.") from error
    except OSError as error:
        raise StoreKnown(f"{file} cannot be read: {error.strerror}.") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{file} is no text in UTF-8.", "Nothing was imported.", "Save it as UTF-8."
        ) from error


ACTS = (
    Act("export", "write syncs to a file that people can read", _export_arguments, _export),
    Act("import", "take syncs in from a file, all or none", _import_arguments, _import),
)
