"""The undo time in real seconds, and that "nothing" never looks the same for two reasons."""

import time

from desktop.panels.widgets.card import Card
from desktop.panels.widgets.switch import Switch
from tests.support.window_driver import WindowDriver


async def test_undo_time_runs_in_real_seconds(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    began = time.monotonic()
    window.click("Winback", Switch)
    await window.wait_until(lambda: window.toast_texts)
    while time.monotonic() - began < 8:
        assert window.toast_texts == ["Maria Lopez joins Winback in 10 s"]
        await window.wait_until(lambda: not window.sandbox.logged_writes())
        await window.pause(0.5)
    await window.wait_until(
        lambda: window.last_status_text == "Added to Winback: Sailthru confirmed", within_s=15
    )
    assert window.sandbox.logged_writes()[0]["at"] - window.newest_edits()[0].created_at >= 10
    await window.wait_until(lambda: not window.toast_texts)


async def test_empty_states_name_their_reason(window: WindowDriver) -> None:
    said = {"start": window.visible_texts(window.view.customers_page)}
    await window.look_up("nobody@nowhere.example")
    said["nobody"] = window.visible_texts(window.view.customers_page)
    await window.look_up("noname@plain.example")
    said["no profile"] = window.visible_texts(window.find_one("Lists", Card))
    await window.look_up("wren@halloway.example")
    said["no Zendesk"] = window.visible_texts(window.find_one("Tickets", Card))
    window.sandbox.set_faults("sailthru:* *:503")
    await window.look_up("tom@old.example")
    said["failed"] = window.visible_texts(window.find_one("Opt-out", Card))
    window.sandbox.set_faults("*:* *:503")
    await window.look_up("dana@okafor.example")
    said["both failed"] = window.visible_texts(window.view.customers_page)
    assert len(set(said.values())) == len(said), said
    assert "Nobody found" not in said["both failed"]
    for state, words in said.items():
        assert words.strip(), state
