"""Receives further starts of the same workspace: at most one line each, and not for long."""

import json

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from desktop.app.instance import LARGEST

# A start says its line at once; whoever says nothing, or does not go, is shown out.
STAY_MS = 2000


class Reception(QObject):
    """Listens on a local socket of this user's; `asked` carries what a visitor wants opened."""

    asked = Signal(str)

    def __init__(self, name: str, parent: QObject) -> None:
        super().__init__(parent)
        # After a kill -9 the socket's file is still there; the lock says that nobody uses it.
        QLocalServer.removeServer(name)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)
        self._server.listen(name)

    def close(self) -> None:
        """Hear nobody any more."""
        self._server.close()

    def _on_connection(self) -> None:
        while self._server.hasPendingConnections():
            _Visitor(self._server.nextPendingConnection(), self)


class _Visitor(QObject):
    """One connection: its first line counts, whatever follows is not read."""

    def __init__(self, socket: QLocalSocket, reception: Reception) -> None:
        super().__init__(socket)
        self._socket = socket
        self._reception = reception
        self._read = b""
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.setInterval(STAY_MS)
        self._limit.timeout.connect(self._on_limit)
        self._limit.start()
        socket.readyRead.connect(self._on_read)
        socket.disconnected.connect(socket.deleteLater)
        if socket.bytesAvailable():
            self._on_read()

    def _on_limit(self) -> None:
        self._socket.abort()

    def _on_read(self) -> None:
        self._read += bytes(self._socket.readAll().data())
        if len(self._read) > 4 * LARGEST:
            self._socket.abort()
            return
        line, ended, _ = self._read.partition(b"\n")
        if not ended:
            return
        self._socket.readyRead.disconnect(self._on_read)
        self._socket.write(b"ok\n")
        self._socket.flush()
        try:
            text = json.loads(line)["open"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if isinstance(text, str):
            self._reception.asked.emit(text[:LARGEST])
