"""Desktop notifications over a real session bus, and what happens where there is none."""

import os
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call, new_method_return
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from desktop.clients.desktop_notification import show_notification

NAME = "org.freedesktop.Notifications"


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address=1"],
        stdout=subprocess.PIPE,
        text=True,
        env={k: v for k, v in os.environ.items() if k != "DBUS_SESSION_BUS_ADDRESS"},
    )
    assert daemon.stdout is not None
    address = daemon.stdout.readline().strip()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    yield address
    daemon.terminate()
    daemon.wait(10)
    daemon.stdout.close()


class Desktop(threading.Thread):
    """Takes one notification."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.shown: tuple[Any, ...] = ()
        self._connection: DBusConnection = open_dbus_connection(bus=address)
        call = new_method_call(
            DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus"),
            "RequestName",
            "su",
            (NAME, 0),
        )
        self._connection.send_and_get_reply(call)

    def run(self) -> None:
        while not self.shown:
            message = self._connection.receive(timeout=10)
            if message.header.message_type is MessageType.method_call:
                assert message.header.fields[HeaderFields.member] == "Notify"
                self.shown = message.body
                self._connection.send(new_method_return(message, "u", (1,)))
        self._connection.close()


async def test_desktop_notification_shows_title_and_text_verbatim(bus: str) -> None:
    desktop = Desktop(bus)
    desktop.start()
    assert await show_notification("Nightly: failed", "3 created. <b>&", urgent=True)
    desktop.join(10)
    app, _, icon, title, text, actions, hints, _ = desktop.shown
    assert (app, icon, title, actions) == ("Fairlead", "fairlead", "Nightly: failed", [])
    # Desktops read the text as markup: what is told must not be.
    assert text == "3 created. &lt;b&gt;&amp;"
    assert hints["urgency"] == ("y", 2)


async def test_desktop_notification_without_listener_does_nothing(bus: str) -> None:
    assert not await show_notification("Nightly", "done")


@pytest.mark.parametrize("address", ["", "unix:path=/nowhere/at/all", "nonsense"])
async def test_desktop_notification_without_session_bus_does_nothing(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    assert not await show_notification("Nightly", "done")
