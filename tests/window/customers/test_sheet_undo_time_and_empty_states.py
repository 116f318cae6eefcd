"""The undo time in real seconds, and that "nothing" never looks the same for two reasons."""

import time

from desktop.panels.widgets.card import Card
from desktop.panels.widgets.switch import Switch
from tests.support.window_driver import WindowDriver


async def test_undo_time_runs_in_real_seconds(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    began = time.monotonic()
    desk.click("Winback", Switch)
    await desk.wait_until(lambda: desk.toast_texts)
    while time.monotonic() - began < 8:
        assert desk.toast_texts == ["Added to Winback, waiting for Undo"]
        await desk.wait_until(lambda: not desk.sandbox.logged_writes())
        await desk.pause(0.5)
    await desk.wait_until(
        lambda: desk.last_status_text == "Added to Winback: Sailthru confirmed", within_s=15
    )
    assert desk.sandbox.logged_writes()[0]["at"] - desk.newest_edits()[0].created_at >= 10
    await desk.wait_until(lambda: not desk.toast_texts)


async def test_empty_states_name_their_reason(desk: WindowDriver) -> None:
    said = {"start": desk.visible_texts(desk.view.customers_page)}
    await desk.look_up("nobody@nowhere.example")
    said["nobody"] = desk.visible_texts(desk.view.customers_page)
    await desk.look_up("noname@plain.example")
    said["no profile"] = desk.visible_texts(desk.find_one("Lists", Card))
    await desk.look_up("wren@halloway.example")
    said["no Zendesk"] = desk.visible_texts(desk.find_one("Tickets", Card))
    desk.sandbox.set_faults("sailthru:* *:503")
    await desk.look_up("tom@old.example")
    said["failed"] = desk.visible_texts(desk.find_one("Opt-out", Card))
    desk.sandbox.set_faults("*:* *:503")
    await desk.look_up("dana@okafor.example")
    said["both failed"] = desk.visible_texts(desk.view.customers_page)
    assert len(set(said.values())) == len(said), said
    assert "Nobody found" not in said["both failed"]
    for state, words in said.items():
        assert words.strip(), state
