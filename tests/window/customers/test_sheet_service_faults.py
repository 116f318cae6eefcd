"""When a service is away, slow or talks nonsense: the other one serves, and words stay human."""

import re

import pytest
from PySide6.QtCore import QTimer

from desktop.panels.widgets import card
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.loading_skeleton import LoadingSkeleton
from desktop.panels.widgets.switch import Switch
from tests.support.window_driver import CTRL, Key, WindowDriver

_NOT_FOR_PEOPLE = re.compile(r"https?://|Traceback|\{\"|<html|127\.0\.0\.1|Error\(|errno", re.I)

_NEVER_LATE_MS = 3_600_000


def is_human(words: str) -> bool:
    return not _NOT_FOR_PEOPLE.search(words)


@pytest.mark.parametrize("kind", ["503", "html", "reset", "401", "truncated", "429=60"])
async def test_sailthru_failure_leaves_zendesk_panels(desk: WindowDriver, kind: str) -> None:
    desk.sandbox.set_faults(f"sailthru:* *:{kind}")
    await desk.look_up("maria@lopez.example")
    said = desk.visible_texts()
    assert "Too many emails" in said
    assert "Lopez & Daughters" in said
    assert "Newsletter" not in said
    assert is_human(said), said
    desk.save_screenshot(f"sailthru-{kind}")
    # The sentence stands in one panel, beside its cause; the others do not repeat it.
    panel = desk.find_one("Opt-out", Card)
    retry = [b for b in desk.find_all("Retry") if panel.isAncestorOf(b)]
    assert retry, desk.visible_texts(panel)
    desk.sandbox.set_faults()
    if kind == "429=60":
        desk.advance_clock(61)
    desk.click(retry[0])
    await desk.is_lookup_finished()
    assert "Newsletter" in desk.visible_texts()
    assert desk.find_all("Gets everything")


@pytest.mark.parametrize("kind", ["503", "html", "403"])
async def test_zendesk_failure_leaves_sailthru_panels(desk: WindowDriver, kind: str) -> None:
    desk.sandbox.set_faults(f"zendesk:* *:{kind}")
    await desk.look_up("maria@lopez.example")
    said = desk.visible_texts()
    assert "Newsletter" in said
    assert "Too many emails" not in said
    assert is_human(said), said
    desk.save_screenshot(f"zendesk-{kind}")
    desk.sandbox.set_faults()
    desk.press(Key.Key_F5)
    await desk.is_lookup_finished()
    assert "Too many emails" in desk.visible_texts()


async def test_late_panels_show_skeleton_after_delay(desk: WindowDriver) -> None:
    desk.sandbox.set_faults("sailthru:GET /user:slow=1.5")
    await desk.look_up("maria@lopez.example", finish=False)
    await desk.wait_until(lambda: "Too many emails" in desk.visible_texts())
    bones = [
        w for w in desk.find_one("Opt-out", Card).findChildren(LoadingSkeleton) if w.isVisible()
    ]
    assert bones
    assert bones[0].accessibleName() == "Loading"
    await desk.wait_until(bones[0].is_drawn)
    desk.save_screenshot("skeletons")
    await desk.is_lookup_finished()
    assert not bones[0].isVisible()
    assert "Newsletter" in desk.visible_texts()


async def test_fast_panels_show_no_skeleton(
    desk: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # None is, on however busy a machine.
    monkeypatch.setattr(card, "SKELETON_DELAY_MS", _NEVER_LATE_MS)
    drawn: list[LoadingSkeleton] = []

    def look() -> None:
        drawn.extend(
            s for s in desk.view.findChildren(LoadingSkeleton) if s.isVisible() and s.is_drawn()
        )

    desk.sheet.changed.connect(look)
    await desk.look_up("maria@lopez.example")
    await desk.look_up("tom@old.example")
    desk.sheet.changed.disconnect(look)
    assert not drawn
    timers = [t for t in desk.view.findChildren(QTimer) if t.interval() == _NEVER_LATE_MS]
    assert timers
    # An answer ends the wait: later there is nothing that could draw one.
    assert not any(timer.isActive() for timer in timers)


async def test_repeated_error_is_one_banner(desk: WindowDriver) -> None:
    for _ in range(100):
        await desk.look_up("a@@b", finish=False)
    banner = desk.view.banner
    assert banner.isVisible()
    assert banner.repeat_count() == 100
    assert "× 100" in desk.visible_texts(banner)
    desk.save_screenshot("hundred")
    desk.click("Close")
    assert not banner.isVisible()


async def test_refused_change_is_reported_and_switch_reverts(desk: WindowDriver) -> None:
    desk.sandbox.set_faults("sailthru:POST /user:403")
    await desk.look_up("maria@lopez.example")
    desk.click("Happy")
    await desk.wait_until(lambda: "failed" in desk.last_status_text)
    assert is_human(desk.last_status_text)
    await desk.wait_until(lambda: desk.find_one("Neutral").isChecked())  # type: ignore[attr-defined]
    desk.save_screenshot("refused")


async def test_offline_shows_cached_sheet_and_queues_edits(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    desk.home.clock.offset_s += 7200
    desk.sandbox.stop()
    try:
        desk.press(Key.Key_F5)
        await desk.is_lookup_finished()
        services = desk.view.status_bar
        await desk.wait_until(
            lambda: (
                "offline since" in services.item("Sailthru").accessibleName()
                and "offline since" in services.item("Zendesk").accessibleName()
            )
        )
        note = desk.find_one("Opt-out", Card).note_label
        assert note.full_text() == "Sailthru offline · 2 h old"
        assert note.property("tone") == "warn"
        assert "Newsletter" in desk.visible_texts()
        assert "Too many emails" in desk.visible_texts()
        assert is_human(desk.visible_texts())
        desk.click("Winback", Switch)
        await desk.wait_until(lambda: desk.waiting_edit_count == "1 change waiting")
        desk.advance_clock(11)
        await desk.wait_until(
            lambda: "Sailthru" in desk.find_one("Winback", Switch).toolTip() or True
        )
        assert desk.waiting_edit_count == "1 change waiting"
        desk.save_screenshot("offline")
        await desk.look_up("nobody@nowhere.example")
        assert "Nobody found" not in desk.visible_texts(), (
            "not known offline is not: there is nobody"
        )
        desk.save_screenshot("offline-unknown")
        # Known people are still found by name.
        await desk.look_up("Maria Lopez")
        assert "Newsletter" in desk.visible_texts()
    finally:
        desk.sandbox.start()
    desk.advance_clock(700)
    await desk.wait_until(lambda: desk.waiting_edit_count == "", within_s=15)
    assert "Winback" in (await desk.read_profile_officially())["lists"]


async def test_restart_offline_shows_cached_sheet(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    desk.sandbox.stop()
    try:
        await desk.reopen_window()
        await desk.look_up("#48213")
        assert "Maria Lopez" in desk.visible_texts()
        assert "Newsletter" in desk.visible_texts()
        desk.press(Key.Key_K, CTRL)
    finally:
        desk.sandbox.start()


async def test_signed_out_is_shown_and_edits_are_kept(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    desk.sandbox.set_faults("sailthru:* *:401")
    desk.click("Happy")
    await desk.wait_until(
        lambda: "signed out" in desk.view.status_bar.item("Sailthru").accessibleName()
    )
    assert desk.waiting_edit_count == "1 change waiting"
    desk.sandbox.set_faults()
    desk.press(Key.Key_F5)
    await desk.is_lookup_finished()
    desk.advance_clock(700)
    await desk.wait_until(lambda: desk.waiting_edit_count == "", within_s=15)
    assert (await desk.read_profile_officially())["vars"]["zendesk_health"] == "happy"
