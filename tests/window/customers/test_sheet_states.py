"""The undo time in real seconds, and that "nothing" never looks the same for two reasons."""

import time

from desktop.panels.parts.card import Card
from desktop.panels.parts.switch import Switch
from tests.window.desk import Desk


async def test_the_undo_time_in_real_seconds(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    began = time.monotonic()
    desk.click("Winback", Switch)
    await desk.until(lambda: desk.toasts)
    while time.monotonic() - began < 8:
        assert desk.toasts == ["Added to Winback, waiting for Undo"]
        await desk.until(lambda: not desk.sandbox.writes())
        await desk.pause(0.5)
    await desk.until(lambda: desk.note == "Added to Winback: Sailthru confirmed", within_s=15)
    assert desk.sandbox.writes()[0]["at"] - desk.edits()[0].created_at >= 10
    await desk.until(lambda: not desk.toasts)


async def test_nothing_has_a_reason_of_its_own(desk: Desk) -> None:
    said = {"start": desk.texts(desk.view.customers)}
    await desk.look_up("nobody@nowhere.example")
    said["nobody"] = desk.texts(desk.view.customers)
    await desk.look_up("noname@plain.example")
    said["no profile"] = desk.texts(desk.one("Lists", Card))
    await desk.look_up("wren@halloway.example")
    said["no Zendesk"] = desk.texts(desk.one("Tickets", Card))
    desk.sandbox.fault("sailthru:* *:503")
    await desk.look_up("tom@old.example")
    said["failed"] = desk.texts(desk.one("Opt-out", Card))
    desk.sandbox.fault("*:* *:503")
    await desk.look_up("dana@okafor.example")
    said["both failed"] = desk.texts(desk.view.customers)
    assert len(set(said.values())) == len(said), said
    assert "Nobody found" not in said["both failed"]
    for state, words in said.items():
        assert words.strip(), state
