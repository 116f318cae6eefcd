"""The command registry matches the modules, and a command line imports no more than it needs."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.app import commands
from desktop.app.cli import parse_arguments
from desktop.app.commands.registry import (
    COMMANDS,
    EVENTS_SUBCOMMANDS,
    RULES_SUBCOMMANDS,
    SYNC_SUBCOMMANDS,
    CommandEntry,
)
from desktop.kit.errors import InvalidInput

ROOT = Path(__file__).resolve().parents[3]
ENTRIES = (*COMMANDS, *SYNC_SUBCOMMANDS, *EVENTS_SUBCOMMANDS, *RULES_SUBCOMMANDS)

# Prints how many modules a command line has imported, and which command modules are among them.
_COUNT_IMPORTS = """
import contextlib, io, sys
sys.argv = ["fairlead", *sys.argv[1:]]
from desktop.__main__ import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(len(sys.modules), *(n for n in sys.modules if n.startswith("desktop.")))
"""


def imported_modules(home: Path, *arguments: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", _COUNT_IMPORTS, *arguments],
        env={"FAIRLEAD_HOME": str(home), "PATH": "/usr/bin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    count, *names = done.stdout.split()
    return int(count), names


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_command_entry_names_module_with_that_command(entry: CommandEntry) -> None:
    command = entry.load()
    assert command.run is not None or entry.name in ("sync", "events", "rules")


def test_command_modules_are_all_registered() -> None:
    folder = Path(commands.__file__).parent
    modules = {
        str(path.relative_to(folder).with_suffix("")).replace("/", ".")
        for path in folder.rglob("*.py")
        if "\nCOMMANDS = {" in path.read_text(encoding="utf-8")
    }
    assert modules == {entry.module for entry in ENTRIES}


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("sync", "--help")])
def test_help_and_version_import_no_command(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    count, names = imported_modules(tmp_path, *arguments)
    assert count <= 165
    assert {name for name in names if name.startswith("desktop.app.commands.")} <= {
        "desktop.app.commands.registry",
        "desktop.app.commands.command_parser",
        "desktop.app.commands.cli_command",
        "desktop.app.commands.sync",
    }
    assert "desktop.app.bootstrap" not in names


def test_command_imports_its_own_module_only(tmp_path: Path) -> None:
    _, names = imported_modules(tmp_path, "lookup", "maria@lopez.example")
    registered = {f"desktop.app.commands.{entry.module}" for entry in ENTRIES}
    assert registered & set(names) == {"desktop.app.commands.lookup"}
    assert not [name for name in names if name.startswith("desktop.sync.")]


@pytest.mark.parametrize(
    ("words", "as_json", "workspace"),
    [
        ("lookup X", False, None),
        ("lookup X --json", True, None),
        ("--workspace W lookup X", False, "W"),
        ("sync list", False, None),
        ("sync --json list", True, None),
        ("sync list --json --workspace W", True, "W"),
        ("--workspace V sync --json list --workspace W", True, "W"),
    ],
)
def test_common_options_are_taken_anywhere(
    words: str, as_json: bool, workspace: str | None
) -> None:
    options: argparse.Namespace = parse_arguments(words.split())
    assert (options.json, options.workspace) == (as_json, workspace)


@pytest.mark.parametrize("words", ["lookup", "sync", "sync tick 1", "lookup X --js", "undo 1 2"])
def test_wrong_usage_raises_invalid_input(words: str) -> None:
    with pytest.raises(InvalidInput):
        parse_arguments(words.split())
