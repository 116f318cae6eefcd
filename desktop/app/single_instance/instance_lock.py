"""The single-instance lock of a workspace's window, and the hand-over from a second start."""

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, Signal

if TYPE_CHECKING:
    from desktop.app.single_instance.local_socket_server import LocalSocketServer

MAX_ARGUMENT_CHARS = 8192
_SOCKET_TIMEOUT_MS = 2000
_CONNECT_ATTEMPTS = 20
_CONNECT_RETRY_S = 0.05


class InstanceLock(QObject):
    """The single-instance lock file `window.lock` of a workspace, and the socket beside it.

    `argument_received` carries another start's argument, which is hostile until recognised.
    """

    argument_received = Signal(str)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._lock = QLockFile(str(folder / "window.lock"))
        # 0: a lock whose process is gone is free at once, however young it is.
        self._lock.setStaleLockTime(0)
        self._folder = folder
        self._server: LocalSocketServer | None = None

    def try_acquire(self) -> bool:
        """Take the window's lock; True when no other window holds it: then call `start_server`."""
        return self._lock.tryLock(0)

    def start_server(self) -> None:
        """Listen for second starts of the window; one that comes before tries for two seconds."""
        # Imported here: sockets are not needed for the first paint.
        from desktop.app.single_instance.local_socket_server import LocalSocketServer

        self._server = LocalSocketServer(self.socket_name(), self)
        self._server.argument_received.connect(self.argument_received)

    def send_to_running_instance(self, argument: str) -> bool:
        """Hand a second start's argument to the open window; False without answer."""
        from PySide6.QtNetwork import QLocalSocket

        name = self.socket_name()
        for _ in range(_CONNECT_ATTEMPTS):
            socket = QLocalSocket()
            socket.connectToServer(name)
            if socket.waitForConnected(100):
                break
            # Its window holds the lock and is about to listen: both started at the same moment.
            socket.abort()
            time.sleep(_CONNECT_RETRY_S)
        else:
            return False
        socket.write(json.dumps({"open": argument[:MAX_ARGUMENT_CHARS]}).encode() + b"\n")
        done = socket.waitForBytesWritten(_SOCKET_TIMEOUT_MS)
        answered = socket.waitForReadyRead(_SOCKET_TIMEOUT_MS)
        socket.disconnectFromServer()
        return done and answered

    def socket_name(self) -> str:
        """Return the name of the single-instance socket of this user and workspace folder."""
        # Imported here: OpenSSL's library comes with it, and the first paint needs none.
        import hashlib

        digest = hashlib.blake2s(str(self._folder.resolve()).encode(), digest_size=8).hexdigest()
        user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
        return f"fairlead-{user}-{digest}"

    def close(self) -> None:
        """Stop listening for second starts and free the window's lock."""
        if self._server is not None:
            self._server.close()
        self._lock.unlock()
