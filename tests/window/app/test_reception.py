"""A second start at the door: one line counts, and nobody stays."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from desktop.app import reception
from desktop.app.instance import Instance


@pytest.fixture
def first(tmp_path: Path, qtbot: QtBot) -> Iterator[Instance]:
    made = Instance(tmp_path)
    assert made.first()
    made.listen()
    yield made
    made.close()


def knock(qtbot: QtBot, instance: Instance) -> QLocalSocket:
    socket = QLocalSocket()
    socket.connectToServer(instance.socket_name())
    qtbot.waitUntil(lambda: socket.state() is QLocalSocket.LocalSocketState.ConnectedState)
    return socket


def wish(text: str) -> bytes:
    return json.dumps({"open": text}).encode() + b"\n"


def test_only_the_first_line_counts_whatever_follows(first: Instance, qtbot: QtBot) -> None:
    heard: list[str] = []
    first.handed_over.connect(heard.append)
    visitor = knock(qtbot, first)
    visitor.write(wish("#1") + wish("#2"))
    qtbot.waitUntil(lambda: bool(heard))
    for _ in range(3):
        visitor.write(b"x" * 2000)
        visitor.write(wish("#3"))
        qtbot.wait(30)
    assert heard == ["#1"]
    assert visitor.readAll().data() == b"ok\n"


def test_a_line_in_pieces_is_one_line(first: Instance, qtbot: QtBot) -> None:
    heard: list[str] = []
    first.handed_over.connect(heard.append)
    visitor = knock(qtbot, first)
    for letter in wish("#48213"):
        visitor.write(bytes([letter]))
        visitor.flush()
        qtbot.wait(2)
    qtbot.waitUntil(lambda: heard == ["#48213"])


@pytest.mark.parametrize("said", [b"", b"half a li", wish("#1")], ids=["nothing", "half", "all"])
def test_nobody_stays(
    first: Instance, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(reception, "STAY_MS", 60)
    visitor = knock(qtbot, first)
    visitor.write(said)
    qtbot.waitUntil(lambda: visitor.state() is QLocalSocket.LocalSocketState.UnconnectedState)


def test_whoever_says_too_much_is_shown_out(first: Instance, qtbot: QtBot) -> None:
    heard: list[str] = []
    first.handed_over.connect(heard.append)
    visitor = knock(qtbot, first)
    visitor.write(b"y" * 200_000)
    qtbot.waitUntil(lambda: visitor.state() is QLocalSocket.LocalSocketState.UnconnectedState)
    assert not heard
