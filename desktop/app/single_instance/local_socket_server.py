"""The local socket server that receives the arguments of second starts, one line each."""

import json

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from desktop.app.single_instance.instance_lock import MAX_ARGUMENT_CHARS

# A start sends its line at once; a client that stays silent or connected is cut off.
CLIENT_TIMEOUT_MS = 2000


class LocalSocketServer(QObject):
    """The window's local socket, open to this user alone; emits each second start's argument."""

    argument_received = Signal(str)

    def __init__(self, name: str, parent: QObject) -> None:
        super().__init__(parent)
        # After a kill -9 the socket's file is still there; the lock says that nobody uses it.
        QLocalServer.removeServer(name)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)
        self._server.listen(name)

    def close(self) -> None:
        """Close the window's local socket; open connections end by their time limit."""
        self._server.close()

    def _on_connection(self) -> None:
        while self._server.hasPendingConnections():
            _ClientConnection(self._server.nextPendingConnection(), self)


class _ClientConnection(QObject):
    """One second start on the local socket: its first line is answered `ok`, no more is read."""

    def __init__(self, socket: QLocalSocket, server: LocalSocketServer) -> None:
        super().__init__(socket)
        self._socket = socket
        self._server = server
        self._buffer = b""
        self._timeout = QTimer(self)
        self._timeout.setSingleShot(True)
        self._timeout.setInterval(CLIENT_TIMEOUT_MS)
        self._timeout.timeout.connect(self._on_timeout)
        self._timeout.start()
        socket.readyRead.connect(self._on_ready_read)
        socket.disconnected.connect(socket.deleteLater)
        if socket.bytesAvailable():
            self._on_ready_read()

    def _on_timeout(self) -> None:
        self._socket.abort()

    def _on_ready_read(self) -> None:
        self._buffer += bytes(self._socket.readAll().data())
        # Four bytes a character at most in UTF-8: what is longer is no start of ours.
        if len(self._buffer) > 4 * MAX_ARGUMENT_CHARS:
            self._socket.abort()
            return
        line, ended, _ = self._buffer.partition(b"\n")
        if not ended:
            return
        self._socket.readyRead.disconnect(self._on_ready_read)
        self._socket.write(b"ok\n")
        self._socket.flush()
        try:
            text = json.loads(line)["open"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if isinstance(text, str):
            self._server.argument_received.emit(text[:MAX_ARGUMENT_CHARS])
