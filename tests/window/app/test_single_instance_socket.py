"""The local socket of a running window: reads one line of each client, and cuts it off in time."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from desktop.app.single_instance import local_socket_server
from desktop.app.single_instance.instance_lock import InstanceLock


@pytest.fixture
def first(tmp_path: Path, qtbot: QtBot) -> Iterator[InstanceLock]:
    made = InstanceLock(tmp_path)
    assert made.try_acquire()
    made.start_server()
    yield made
    made.close()


def connect_client(qtbot: QtBot, instance: InstanceLock) -> QLocalSocket:
    socket = QLocalSocket()
    socket.connectToServer(instance.socket_name())
    qtbot.waitUntil(lambda: socket.state() is QLocalSocket.LocalSocketState.ConnectedState)
    return socket


def handed_over(text: str) -> bytes:
    return json.dumps({"open": text}).encode() + b"\n"


def test_single_instance_socket_reads_first_line_only(first: InstanceLock, qtbot: QtBot) -> None:
    heard: list[str] = []
    first.argument_received.connect(heard.append)
    client = connect_client(qtbot, first)
    client.write(handed_over("#1") + handed_over("#2"))
    qtbot.waitUntil(lambda: bool(heard))
    for _ in range(3):
        client.write(b"x" * 2000)
        client.write(handed_over("#3"))
        qtbot.wait(30)
    assert heard == ["#1"]
    assert client.readAll().data() == b"ok\n"


def test_single_instance_socket_joins_partial_line(first: InstanceLock, qtbot: QtBot) -> None:
    heard: list[str] = []
    first.argument_received.connect(heard.append)
    client = connect_client(qtbot, first)
    for letter in handed_over("#48213"):
        client.write(bytes([letter]))
        client.flush()
        qtbot.wait(2)
    qtbot.waitUntil(lambda: heard == ["#48213"])


@pytest.mark.parametrize(
    "sent", [b"", b"half a li", handed_over("#1")], ids=["nothing", "half", "all"]
)
def test_single_instance_socket_closes_connections(
    first: InstanceLock, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(local_socket_server, "CLIENT_TIMEOUT_MS", 60)
    client = connect_client(qtbot, first)
    client.write(sent)
    qtbot.waitUntil(lambda: client.state() is QLocalSocket.LocalSocketState.UnconnectedState)


def test_single_instance_socket_limits_line_length(first: InstanceLock, qtbot: QtBot) -> None:
    heard: list[str] = []
    first.argument_received.connect(heard.append)
    client = connect_client(qtbot, first)
    client.write(b"y" * 200_000)
    qtbot.waitUntil(lambda: client.state() is QLocalSocket.LocalSocketState.UnconnectedState)
    assert not heard
