"""One window a workspace: a second start hands its argument over and raises the first."""

import hashlib
import json
import os
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_WAIT_MS = 2000
_LARGEST = 8192


class Instance(QObject):
    """`handed_over` carries another start's argument, which is hostile until recognised."""

    handed_over = Signal(str)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._lock = QLockFile(str(folder / "window.lock"))
        # 0: a lock whose process is gone is free at once, however young it is.
        self._lock.setStaleLockTime(0)
        digest = hashlib.blake2s(str(folder.resolve()).encode(), digest_size=8).hexdigest()
        user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
        self._name = f"fairlead-{user}-{digest}"
        self._server: QLocalServer | None = None

    def first(self) -> bool:
        """Whether this is the only window; then it listens for the next ones."""
        if not self._lock.tryLock(0):
            return False
        self._listen()
        return True

    def hand_over(self, argument: str) -> bool:
        """Give the argument to the window that is open; False when it does not answer."""
        for _ in range(20):
            socket = QLocalSocket()
            socket.connectToServer(self._name)
            if socket.waitForConnected(100):
                break
            # Its window holds the lock and is about to listen: both started at the same moment.
            socket.abort()
            _pause()
        else:
            return False
        socket.write(json.dumps({"open": argument[:_LARGEST]}).encode() + b"\n")
        done = socket.waitForBytesWritten(_WAIT_MS)
        answered = socket.waitForReadyRead(_WAIT_MS)
        socket.disconnectFromServer()
        return done and answered

    def close(self) -> None:
        """Let the next start be the first."""
        if self._server is not None:
            self._server.close()
        self._lock.unlock()

    def _listen(self) -> None:
        # After a kill -9 the socket's file is still there; the lock says that nobody uses it.
        QLocalServer.removeServer(self._name)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)
        self._server.listen(self._name)

    def _on_connection(self) -> None:
        server = self._server
        while server is not None and server.hasPendingConnections():
            _Visitor(server.nextPendingConnection(), self)


class _Visitor(QObject):
    """One connection of a second start: at most one line, and not for long."""

    def __init__(self, socket: QLocalSocket, instance: Instance) -> None:
        super().__init__(socket)
        self._socket = socket
        self._instance = instance
        self._read = b""
        socket.readyRead.connect(self._on_read)
        socket.disconnected.connect(socket.deleteLater)
        if socket.bytesAvailable():
            self._on_read()

    def _on_read(self) -> None:
        self._read += bytes(self._socket.readAll().data())
        if len(self._read) > 4 * _LARGEST:
            self._socket.abort()
            return
        if b"\n" not in self._read:
            return
        self._socket.write(b"ok\n")
        self._socket.flush()
        try:
            wanted = json.loads(self._read.partition(b"\n")[0])
            text = wanted["open"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if isinstance(text, str):
            self._instance.handed_over.emit(text[:_LARGEST])


def _pause() -> None:
    import time

    time.sleep(0.05)
