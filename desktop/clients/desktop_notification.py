"""Shows desktop notifications without Qt, over D-Bus (org.freedesktop.Notifications).

Linux alone; elsewhere, and where no desktop listens, nothing is shown.
"""

import asyncio
import logging
import os
import sys
from html import escape

log = logging.getLogger(__name__)

# Seconds; a desktop that does not answer by then must not hold up a run.
_LIMIT_S = 3.0
_NORMAL, _CRITICAL = b"\x01", b"\x02"
# The desktop decides how long it stays.
_USUAL_MS = -1


async def show_notification(title: str, text: str, *, urgent: bool = False) -> bool:
    """Show a desktop notification; returns whether a desktop took it. Never raises."""
    if sys.platform != "linux" or not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return False
    try:
        async with asyncio.timeout(_LIMIT_S):
            return await _send_notify_call(title, text, _CRITICAL if urgent else _NORMAL)
    except Exception as error:  # noqa: BLE001 - whatever a bus can do, a run does not mind
        log.info("The desktop showed no notification: %s", type(error).__name__)
        return False


async def _send_notify_call(title: str, text: str, urgency: bytes) -> bool:
    from jeepney import (  # type: ignore[import-untyped]
        DBusAddress,
        MessageType,
        new_method_call,
    )
    from jeepney.io.asyncio import open_dbus_router  # type: ignore[import-untyped]

    place = DBusAddress(
        "/org/freedesktop/Notifications",
        bus_name="org.freedesktop.Notifications",
        interface="org.freedesktop.Notifications",
    )
    # The text may be read as markup, the title never is.
    body: tuple[object, ...] = (
        # 0: a new notification, none is replaced; [] means no buttons.
        "Fairlead", 0, "fairlead", title, escape(text, quote=False), [],
        {"urgency": ("y", urgency[0]), "desktop-entry": ("s", "fairlead")}, _USUAL_MS,
    )  # fmt: skip
    call = new_method_call(place, "Notify", "susssasa{sv}i", body)
    async with open_dbus_router(bus="SESSION") as router:
        response = await router.send_and_get_reply(call)
    return bool(response.header.message_type is MessageType.method_return)
