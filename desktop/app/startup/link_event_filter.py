"""Takes `fairlead://` links from macOS, which hands them to a running app as events."""

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent

_SCHEME = "fairlead"


class LinkEventFilter(QObject):
    """Event filter of the application; other systems start the program with the link instead."""

    link_received = Signal(str)

    def __init__(self, application: QCoreApplication) -> None:
        super().__init__(application)
        application.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Emit a `fairlead://` link and take it; let every other event pass."""
        if isinstance(event, QFileOpenEvent) and event.url().scheme() == _SCHEME:
            self.link_received.emit(event.url().toString())
            return True
        return False
