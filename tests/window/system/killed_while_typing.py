"""A window in a process of its own that types half a reason, queues a list, and is killed.

Arguments: the home's folder and the sandbox's document. Ends by SIGKILL.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from PySide6.QtWidgets import QApplication, QLineEdit

from desktop.app.event_loop import run_on_qt_event_loop
from desktop.app.startup.launcher import create_application
from desktop.panels.widgets.switch import Switch
from tests.support.window_driver import CTRL, Key, WindowDriver
from tests.support.window_home import WorkspaceHome
from tests.support.window_sandbox import LoggedSandbox


class _ExternalSandbox(LoggedSandbox):
    """The sandbox that the tests run."""

    def __init__(self, document: dict[str, object]) -> None:
        self.connection_document = document


async def type_edit_and_kill(driver: WindowDriver) -> None:
    await driver.set_up_and_open()
    await driver.look_up("maria@lopez.example")
    driver.click("Winback", Switch)
    await driver.wait_until(lambda: driver.waiting_edit_count == "1 change waiting")
    driver.click("No marketing e-mail")
    reason = next(w for w in driver.find_all("Reason", QLineEdit))
    reason.setFocus()
    driver.press(Key.Key_A, CTRL)
    driver.type("she wrote: enough")
    # On and on, without a pause in which it could be saved; two seconds of it may be lost.
    for letter in "x" * 10:
        await asyncio.sleep(0.2)
        driver.type(letter)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    app: QApplication = create_application()
    home = WorkspaceHome(Path(sys.argv[1]))
    run_on_qt_event_loop(
        app, type_edit_and_kill(WindowDriver(home, _ExternalSandbox(json.loads(sys.argv[2]))))
    )
