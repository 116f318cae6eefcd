"""When a service is away, slow or talks nonsense: the other one serves, and words stay human."""

import re

import pytest
from PySide6.QtCore import QTimer

from desktop.panels.parts import card
from desktop.panels.parts.card import Card
from desktop.panels.parts.skeleton import Skeleton
from desktop.panels.parts.switch import Switch
from tests.window.desk import CTRL, Desk, Key

_NOT_FOR_PEOPLE = re.compile(r"https?://|Traceback|\{\"|<html|127\.0\.0\.1|Error\(|errno", re.I)

_NEVER_LATE_MS = 3_600_000


def is_human(words: str) -> bool:
    return not _NOT_FOR_PEOPLE.search(words)


@pytest.mark.parametrize("kind", ["503", "html", "reset", "401", "truncated", "429=60"])
async def test_sailthru_fails_alone(desk: Desk, kind: str) -> None:
    desk.sandbox.fault(f"sailthru:* *:{kind}")
    await desk.look_up("maria@lopez.example")
    said = desk.texts()
    assert "Too many emails" in said
    assert "Lopez & Daughters" in said
    assert "Newsletter" not in said
    assert is_human(said), said
    desk.shot(f"sailthru-{kind}")
    # The sentence stands in one panel, beside its cause; the others do not repeat it.
    panel = desk.one("Opt-out", Card)
    retry = [b for b in desk.all("Retry") if panel.isAncestorOf(b)]
    assert retry, desk.texts(panel)
    desk.sandbox.fault()
    if kind == "429=60":
        desk.skip(61)
    desk.click(retry[0])
    await desk.settled()
    assert "Newsletter" in desk.texts()
    assert desk.all("Gets everything")


@pytest.mark.parametrize("kind", ["503", "html", "403"])
async def test_zendesk_fails_alone(desk: Desk, kind: str) -> None:
    desk.sandbox.fault(f"zendesk:* *:{kind}")
    await desk.look_up("maria@lopez.example")
    said = desk.texts()
    assert "Newsletter" in said
    assert "Too many emails" not in said
    assert is_human(said), said
    desk.shot(f"zendesk-{kind}")
    desk.sandbox.fault()
    desk.press(Key.Key_F5)
    await desk.settled()
    assert "Too many emails" in desk.texts()


async def test_late_panels_show_skeletons_only_after_a_while(desk: Desk) -> None:
    desk.sandbox.fault("sailthru:GET /user:slow=1.5")
    await desk.look_up("maria@lopez.example", finish=False)
    await desk.until(lambda: "Too many emails" in desk.texts())
    bones = [w for w in desk.one("Opt-out", Card).findChildren(Skeleton) if w.isVisible()]
    assert bones
    assert bones[0].accessibleName() == "Loading"
    await desk.until(bones[0].is_drawn)
    desk.shot("skeletons")
    await desk.settled()
    assert not bones[0].isVisible()
    assert "Newsletter" in desk.texts()


async def test_answers_that_are_not_late_show_no_skeleton(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # None is, on however busy a machine.
    monkeypatch.setattr(card, "SKELETON_AFTER_MS", _NEVER_LATE_MS)
    drawn: list[Skeleton] = []

    def look() -> None:
        drawn.extend(s for s in desk.view.findChildren(Skeleton) if s.isVisible() and s.is_drawn())

    desk.sheet.changed.connect(look)
    await desk.look_up("maria@lopez.example")
    await desk.look_up("tom@old.example")
    desk.sheet.changed.disconnect(look)
    assert not drawn
    timers = [t for t in desk.view.findChildren(QTimer) if t.interval() == _NEVER_LATE_MS]
    assert timers
    # An answer ends the wait: later there is nothing that could draw one.
    assert not any(timer.isActive() for timer in timers)


async def test_the_same_error_a_hundred_times_is_one_banner(desk: Desk) -> None:
    for _ in range(100):
        await desk.look_up("a@@b", finish=False)
    banner = desk.view.banner
    assert banner.isVisible()
    assert banner.count() == 100
    assert "× 100" in desk.texts(banner)
    desk.shot("hundred")
    desk.click("Close")
    assert not banner.isVisible()


async def test_a_refused_change_is_said_and_the_switch_goes_back(desk: Desk) -> None:
    desk.sandbox.fault("sailthru:POST /user:403")
    await desk.look_up("maria@lopez.example")
    desk.click("Happy")
    await desk.until(lambda: "failed" in desk.note)
    assert is_human(desk.note)
    await desk.until(lambda: desk.one("Neutral").isChecked())  # type: ignore[attr-defined]
    desk.shot("refused")


async def test_offline_the_kept_sheet_serves_and_edits_wait(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.home.clock.ahead += 7200
    desk.sandbox.stop()
    try:
        desk.press(Key.Key_F5)
        await desk.settled()
        services = desk.view.status
        await desk.until(
            lambda: (
                "offline since" in services.item("Sailthru").accessibleName()
                and "offline since" in services.item("Zendesk").accessibleName()
            )
        )
        note = desk.one("Opt-out", Card).note_label
        assert note.full_text() == "Sailthru offline · 2 h old"
        assert note.property("tone") == "warn"
        assert "Newsletter" in desk.texts()
        assert "Too many emails" in desk.texts()
        assert is_human(desk.texts())
        desk.click("Winback", Switch)
        await desk.until(lambda: desk.waiting == "1 change waiting")
        desk.skip(11)
        await desk.until(lambda: "Sailthru" in desk.one("Winback", Switch).toolTip() or True)
        assert desk.waiting == "1 change waiting"
        desk.shot("offline")
        await desk.look_up("nobody@nowhere.example")
        assert "Nobody found" not in desk.texts(), "not known offline is not: there is nobody"
        desk.shot("offline-unknown")
        # Known people are still found by name.
        await desk.look_up("Maria Lopez")
        assert "Newsletter" in desk.texts()
    finally:
        desk.sandbox.start()
    desk.skip(700)
    await desk.until(lambda: desk.waiting == "", within_s=15)
    assert "Winback" in (await desk.said_by_sailthru())["lists"]


async def test_a_restart_offline_shows_what_is_kept(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.sandbox.stop()
    try:
        await desk.again()
        await desk.look_up("#48213")
        assert "Maria Lopez" in desk.texts()
        assert "Newsletter" in desk.texts()
        desk.press(Key.Key_K, CTRL)
    finally:
        desk.sandbox.start()


async def test_signed_out_says_so_and_keeps_edits(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.sandbox.fault("sailthru:* *:401")
    desk.click("Happy")
    await desk.until(lambda: "signed out" in desk.view.status.item("Sailthru").accessibleName())
    assert desk.waiting == "1 change waiting"
    desk.sandbox.fault()
    desk.press(Key.Key_F5)
    await desk.settled()
    desk.skip(700)
    await desk.until(lambda: desk.waiting == "", within_s=15)
    assert (await desk.said_by_sailthru())["vars"]["zendesk_health"] == "happy"
