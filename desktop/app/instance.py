"""One window a workspace: a second start hands its argument over and raises the first."""

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, Signal

if TYPE_CHECKING:
    from desktop.app.reception import Reception

LARGEST = 8192  # characters of an argument
_WAIT_MS = 2000
_TRIES = 20
_PAUSE_S = 0.05


class Instance(QObject):
    """`handed_over` carries another start's argument, which is hostile until recognised."""

    handed_over = Signal(str)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._lock = QLockFile(str(folder / "window.lock"))
        # 0: a lock whose process is gone is free at once, however young it is.
        self._lock.setStaleLockTime(0)
        self._folder = folder
        self._reception: Reception | None = None

    def first(self) -> bool:
        """Whether this is the only window; then it is to `listen` for the next ones."""
        return self._lock.tryLock(0)

    def listen(self) -> None:
        """Hear of further starts from now on; until then they wait a moment."""
        # Imported here: sockets are not needed for the first paint.
        from desktop.app.reception import Reception

        self._reception = Reception(self.socket_name(), self)
        self._reception.asked.connect(self.handed_over)

    def hand_over(self, argument: str) -> bool:
        """Give the argument to the window that is open; False when it does not answer."""
        from PySide6.QtNetwork import QLocalSocket

        name = self.socket_name()
        for _ in range(_TRIES):
            socket = QLocalSocket()
            socket.connectToServer(name)
            if socket.waitForConnected(100):
                break
            # Its window holds the lock and is about to listen: both started at the same moment.
            socket.abort()
            time.sleep(_PAUSE_S)
        else:
            return False
        socket.write(json.dumps({"open": argument[:LARGEST]}).encode() + b"\n")
        done = socket.waitForBytesWritten(_WAIT_MS)
        answered = socket.waitForReadyRead(_WAIT_MS)
        socket.disconnectFromServer()
        return done and answered

    def socket_name(self) -> str:
        """The local socket's: this person's, and this workspace's."""
        # Imported here: OpenSSL's library comes with it, and the first paint needs none.
        import hashlib

        digest = hashlib.blake2s(str(self._folder.resolve()).encode(), digest_size=8).hexdigest()
        user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
        return f"fairlead-{user}-{digest}"

    def close(self) -> None:
        """Let the next start be the first."""
        if self._reception is not None:
            self._reception.close()
        self._lock.unlock()
