"""The command of a command line: found behind options, reported when mistyped, else `window`."""

import pytest

from desktop.app.argv_normalizer import normalize_argv
from desktop.kit.errors import InvalidInput


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("", "window"),
        ("lookup X", "lookup X"),
        ("--json lookup X", "lookup --json X"),
        ("--workspace W lookup X", "lookup --workspace W X"),
        ("--workspace=W lookup X", "lookup --workspace=W X"),
        ("--workspace lookup", "window --workspace lookup"),
        ("maria@lopez.example", "window maria@lopez.example"),
        ("#48302", "window #48302"),
        ("48302", "window 48302"),
        ("Maria", "window Maria"),
        ("Edith", "window Edith"),
        ("-- edith", "window -- edith"),
        ("--version lookup", "--version lookup"),
        ("--json -- lokup", "window --json -- lokup"),
        ("--help", "--help"),
        ("--version", "--version"),
    ],
)
def test_argv_command_is_found(words: str, meant: str) -> None:
    assert normalize_argv(words.split()) == meant.split()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("lokup", "lookup"),
        ("lokup maria@lopez.example", "lookup"),
        ("--json outbx", "outbox"),
        ("edith", "-- edith"),
        ("Lookup", "lookup"),
        ("snyc list", "sync"),
        ("Ann Lee", "--help"),
        ("a@b.example c@d.example", "quotes"),
    ],
)
def test_argv_unknown_command_is_reported(words: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match="no command") as raised:
        normalize_argv(words.split())
    assert hint in raised.value.hint
