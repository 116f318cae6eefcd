"""A window in a process of its own that types half a reason, queues a list, and is killed.

Arguments: the home's folder and the sandbox's document. Ends by SIGKILL.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[3])]

from PySide6.QtWidgets import QApplication, QLineEdit  # noqa: E402

from desktop.app.gui import application  # noqa: E402
from desktop.app.loop import run_with_qt  # noqa: E402
from desktop.panels.parts.switch import Switch  # noqa: E402
from tests.window.desk import CTRL, Desk, Home, Key, Sandbox  # noqa: E402 - only now it is found


class _Elsewhere(Sandbox):
    """The sandbox that the tests run."""

    def __init__(self, document: dict[str, object]) -> None:
        self.document = document


async def type_and_die(desk: Desk) -> None:
    await desk.enter()
    await desk.look_up("maria@lopez.example")
    desk.click("Winback", Switch)
    await desk.until(lambda: desk.waiting == "1 change waiting")
    desk.click("No marketing e-mail")
    reason = next(w for w in desk.all("Reason", QLineEdit))
    reason.setFocus()
    desk.press(Key.Key_A, CTRL)
    desk.type("she wrote: enough")
    await asyncio.sleep(2.0)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    app: QApplication = application()
    home = Home(Path(sys.argv[1]))
    run_with_qt(app, type_and_die(Desk(home, _Elsewhere(json.loads(sys.argv[2])))))
