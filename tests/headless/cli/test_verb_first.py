"""Which verb is meant: found behind options, told when mistyped, else the window's."""

import pytest

from desktop.app.verb_first import verb_first
from desktop.kit.errors import BadInput


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
def test_what_is_meant(words: str, meant: str) -> None:
    assert verb_first(words.split()) == meant.split()


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
def test_what_is_no_verb_is_told(words: str, hint: str) -> None:
    with pytest.raises(BadInput, match="no command") as told:
        verb_first(words.split())
    assert hint in told.value.hint
