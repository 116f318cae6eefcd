"""When a service is away, slow or talks nonsense: the other one serves, and words stay human."""

import re

import pytest
from PySide6.QtCore import QTimer

from desktop.model.permission import Permission, Role
from desktop.panels.activity_page import ActivityPage
from desktop.panels.widgets import card
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.loading_skeleton import LoadingSkeleton
from desktop.panels.widgets.switch import Switch
from desktop.settings.settings_table import PERMISSION_SETTINGS
from desktop.viewmodels.time_format import to_local_time
from tests.support.window_driver import CTRL, Key, WindowDriver

_NOT_FOR_PEOPLE = re.compile(r"https?://|Traceback|\{\"|<html|127\.0\.0\.1|Error\(|errno", re.I)

_NEVER_LATE_MS = 3_600_000


def is_human(words: str) -> bool:
    return not _NOT_FOR_PEOPLE.search(words)


@pytest.mark.parametrize("kind", ["503", "html", "reset", "401", "truncated", "429=60"])
async def test_sailthru_failure_leaves_zendesk_panels(window: WindowDriver, kind: str) -> None:
    window.sandbox.set_faults(f"sailthru:* *:{kind}")
    await window.look_up("maria@lopez.example")
    said = window.visible_texts()
    assert "Too many emails" in said
    assert "Lopez & Daughters" in said
    assert "Newsletter" not in said
    assert is_human(said), said
    window.save_screenshot(f"sailthru-{kind}")
    # The sentence stands in one panel, beside its cause; the others do not repeat it.
    panel = window.find_one("Opt-out", Card)
    retry = [b for b in window.find_all("Retry") if panel.isAncestorOf(b)]
    assert retry, window.visible_texts(panel)
    window.sandbox.set_faults()
    if kind == "429=60":
        window.advance_clock(61)
    window.click(retry[0])
    await window.is_lookup_finished()
    assert "Newsletter" in window.visible_texts()
    assert window.find_all("Gets everything")


@pytest.mark.parametrize("kind", ["503", "html", "403"])
async def test_zendesk_failure_leaves_sailthru_panels(window: WindowDriver, kind: str) -> None:
    window.sandbox.set_faults(f"zendesk:* *:{kind}")
    await window.look_up("maria@lopez.example")
    said = window.visible_texts()
    assert "Newsletter" in said
    assert "Too many emails" not in said
    assert is_human(said), said
    window.save_screenshot(f"zendesk-{kind}")
    window.sandbox.set_faults()
    window.press(Key.Key_F5)
    await window.is_lookup_finished()
    assert "Too many emails" in window.visible_texts()


async def test_late_panels_show_skeleton_after_delay(window: WindowDriver) -> None:
    window.sandbox.set_faults("sailthru:GET /user:slow=1.5")
    await window.look_up("maria@lopez.example", finish=False)
    # Whatever else has come by then: on a slow computer the answer is soon there too.
    bones: list[LoadingSkeleton] = []

    def is_drawn() -> bool:
        cards = window.find_all("Opt-out", Card)
        found = [w for card in cards for w in card.findChildren(LoadingSkeleton)]
        bones[:] = [w for w in found if w.isVisible()]
        return bool(bones) and bones[0].is_drawn()

    await window.wait_until(is_drawn)
    assert bones[0].accessibleName() == "Loading"
    window.save_screenshot("skeletons")
    await window.is_lookup_finished()
    assert not bones[0].isVisible()
    assert "Newsletter" in window.visible_texts()


async def test_fast_panels_show_no_skeleton(
    window: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # None is, on however busy a machine.
    monkeypatch.setattr(card, "SKELETON_DELAY_MS", _NEVER_LATE_MS)
    drawn: list[LoadingSkeleton] = []

    def look() -> None:
        drawn.extend(
            s for s in window.view.findChildren(LoadingSkeleton) if s.isVisible() and s.is_drawn()
        )

    # Fast, and not so fast that no panel waits at all.
    window.sandbox.control("POST", "speed", {"latency_ms": 30})
    window.sheet.changed.connect(look)
    await window.look_up("maria@lopez.example")
    await window.look_up("tom@old.example")
    window.sheet.changed.disconnect(look)
    window.sandbox.control("POST", "speed", {"latency_ms": 0})
    assert not drawn
    timers = [t for t in window.view.findChildren(QTimer) if t.interval() == _NEVER_LATE_MS]
    assert timers
    # An answer ends the wait: later there is nothing that could draw one.
    assert not any(timer.isActive() for timer in timers)


async def test_repeated_error_is_one_banner(window: WindowDriver) -> None:
    for _ in range(100):
        await window.look_up("a@@b", finish=False)
    banner = window.view.banner
    assert banner.isVisible()
    assert banner.repeat_count() == 100
    assert "× 100" in window.visible_texts(banner)
    window.save_screenshot("hundred")
    window.click("Close")
    assert not banner.isVisible()


async def test_refused_change_is_reported_and_switch_reverts(window: WindowDriver) -> None:
    window.sandbox.set_faults("sailthru:POST /user:403")
    await window.look_up("maria@lopez.example")
    window.click("Happy")
    await window.wait_until(lambda: "failed" in window.last_status_text)
    assert is_human(window.last_status_text)
    await window.wait_until(lambda: window.find_one("Neutral").isChecked())  # type: ignore[attr-defined]
    # Said where it is seen, with the way to try it again.
    banner = window.view.banner
    assert "Not saved for maria@lopez.example: Health happy" in window.visible_texts(banner)
    assert is_human(window.visible_texts(banner))
    window.save_screenshot("refused")
    window.click("Open Activity")
    assert window.view.current_page == "activity"
    assert not banner.isVisible()


async def test_offline_shows_cached_sheet_and_queues_edits(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.home.clock.offset_s += 7200
    window.sandbox.stop()
    try:
        window.press(Key.Key_F5)
        await window.is_lookup_finished()
        services = window.view.status_bar
        await window.wait_until(
            lambda: (
                "offline since" in services.item("Sailthru").accessibleName()
                and "offline since" in services.item("Zendesk").accessibleName()
            )
        )
        note = window.find_one("Opt-out", Card).note_label
        assert note.full_text() == "Sailthru offline · 2 h old"
        assert note.property("tone") == "warn"
        assert "Newsletter" in window.visible_texts()
        assert "Too many emails" in window.visible_texts()
        assert is_human(window.visible_texts())
        window.click("Winback", Switch)
        await window.wait_until(
            lambda: window.waiting_edit_count == "1 change queued until Sailthru is back"
        )
        window.advance_clock(11)
        await window.wait_until(
            lambda: "Sailthru" in window.find_one("Winback", Switch).toolTip() or True
        )
        assert window.waiting_edit_count == "1 change queued until Sailthru is back"
        window.save_screenshot("offline")
        await window.look_up("nobody@nowhere.example")
        assert "Nobody found" not in window.visible_texts(), (
            "not known offline is not: there is nobody"
        )
        window.save_screenshot("offline-unknown")
        # Known people are still found by name.
        await window.look_up("Maria Lopez")
        assert "Newsletter" in window.visible_texts()
    finally:
        window.sandbox.start()
    window.advance_clock(700)
    await window.wait_until(lambda: window.waiting_edit_count == "", within_s=15)
    assert "Winback" in (await window.read_profile_officially())["lists"]


async def test_what_was_queued_goes_out_once_as_soon_as_a_flapping_service_is_back(
    window: WindowDriver,
) -> None:
    banners: list[int] = []

    def count_banners() -> None:
        banners.append(sum(one.isVisible() for one in window.view.findChildren(Banner)))

    window.sheet.changed.connect(count_banners)
    window.window.status_model.changed.connect(count_banners)
    # Each somebody else: the sandbox forgets what was changed when it ends.
    people = ("maria@lopez.example", "tom@old.example", "dana@okafor.example")
    for number, who in enumerate(people, start=1):
        await window.look_up(who)
        window.sandbox.stop()
        try:
            window.press(Key.Key_F5)
            window.click("Frustrated")
            await window.wait_until(
                lambda: window.waiting_edit_count == "1 change queued until Sailthru is back"
            )
            # As after many tries in vain: the next one is far away.
            window.house.store.fairlead_db.write(
                lambda c: c.execute("UPDATE outbox SET not_before = not_before + 3000")
            )
            count_banners()
        finally:
            window.sandbox.start()
        await window.house.session.identify()
        await window.wait_until(
            lambda number=number: window.newest_edit_states() == ["done"] * number, within_s=30
        )
    await window.wait_until(lambda: window.waiting_edit_count == "")
    assert max(banners) <= 1, banners
    assert len(window.sandbox.logged_writes()) == len(people)


async def test_restart_offline_shows_cached_sheet(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.sandbox.stop()
    try:
        await window.reopen_window()
        await window.look_up("#48213")
        assert "Maria Lopez" in window.visible_texts()
        assert "Newsletter" in window.visible_texts()
        window.press(Key.Key_K, CTRL)
    finally:
        window.sandbox.start()


async def test_signed_out_is_shown_and_edits_are_kept(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.sandbox.set_faults("sailthru:* *:401")
    window.click("Happy")
    await window.wait_until(
        lambda: "signed out" in window.view.status_bar.item("Sailthru").accessibleName()
    )
    assert window.waiting_edit_count == "1 change queued until Sailthru is signed in again"
    window.sandbox.set_faults()
    window.press(Key.Key_F5)
    await window.is_lookup_finished()
    window.advance_clock(700)
    await window.wait_until(lambda: window.waiting_edit_count == "", within_s=15)
    assert (await window.read_profile_officially())["vars"]["zendesk_health"] == "happy"


async def test_sheet_is_closed_once_the_right_to_look_customers_up_is_gone(
    window: WindowDriver,
) -> None:
    await window.look_up("maria@lopez.example")
    assert "maria@lopez.example" in window.visible_texts(window.view)
    view = PERMISSION_SETTINGS[Role.ADMIN, Permission.VIEW].key
    window.house.session.change_settings({view: False})
    await window.wait_until(
        lambda: "maria@lopez.example" not in window.visible_texts(window.view.customers_page)
    )
    assert window.sheet.sheet is None


async def test_admin_goes_on_offline_and_is_asked_again_when_it_is_sent(
    window: WindowDriver,
) -> None:
    await window.look_up("maria@lopez.example")
    window.sandbox.stop()
    try:
        await window.reopen_window()
        await window.look_up("maria@lopez.example")
        # Zendesk is asked first, and does not answer.
        for name in ("Newsletter", "Sync to Sailthru"):
            await window.wait_until(
                lambda name=name: window.find_one(name, Switch).isEnabled(), within_s=20
            )
            window.click(name, Switch)
        await window.wait_until(lambda: len(window.newest_edits()) == 2)
        assert [edit.actor_key for edit in window.newest_edits()] == ["", ""]
        # Said once more: the first time it went when the customer opened.
        window.window.status_model._offline = frozenset()
        window.advance_clock(0)
        said = window.visible_texts(window.view.banner)
        assert "Zendesk and Sailthru can't be reached." in said
        assert "Zendesk confirmed your role (admin) today" in said
    finally:
        window.sandbox.start()
    # Zendesk says over the same connection who that is, and they are theirs.
    await window.house.session.identify()
    window.advance_clock(700)
    await window.wait_until(lambda: window.newest_edit_states() == ["done", "done"], within_s=30)
    assert {edit.actor for edit in window.newest_edits()} == {"Ada Admin"}
    assert "Newsletter" not in (await window.read_profile_officially())["lists"]


async def test_started_offline_names_no_missing_right(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.sandbox.stop()
    try:
        # As it is after two weeks: nobody's role is taken for known.
        path = window.house.workspace.state_path
        await window.close_window()
        path.write_text(path.read_text().replace('"admin"', '""'))
        await window.open_window()
        await window.look_up("maria@lopez.example")
        newsletter = window.find_one("Newsletter", Switch)
        # Who may take off lists is an admin, and nobody can tell now whether this is one.
        assert not newsletter.isEnabled()
        assert "Zendesk has not said who you are" in newsletter.toolTip()
        assert "Your role" not in window.visible_texts()
        assert "Ask an admin" not in newsletter.toolTip()
        window.save_screenshot("started-offline")
    finally:
        window.sandbox.start()


async def test_change_made_offline_says_what_it_is_queued_for(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.sandbox.stop()
    try:
        window.press(Key.Key_F5)
        await window.is_lookup_finished()
        offline = "queued until Sailthru is back"
        window.click("Winback", Switch)
        await window.wait_until(lambda: window.toast_texts)
        assert window.toast_texts == [f"Maria Lopez: Added to Winback, {offline}"]
        await window.wait_for_text(offline, window.find_one("Lists", Card))
        # After the undo time panel and status bar say the same.
        window.advance_clock(11)
        await window.wait_until(lambda: window.newest_edit_states() == ["queued"])
        await window.wait_until(lambda: window.waiting_edit_count == f"1 change {offline}")
        await window.wait_for_text(offline, window.find_one("Lists", Card))
        assert "Sailthru offline since" in window.view.status_bar.item("Sailthru").accessibleName()
        window.save_screenshot("queued-offline")
        window.press(Key.Key_3, CTRL)
        page = window.view.findChild(ActivityPage)
        assert page is not None
        await window.wait_until(lambda: page.table.model().rowCount() == 1)
        page.select_row(window.newest_edits()[0].id)
        await window.wait_until(
            lambda: (
                "Queued until sailthru" not in window.visible_texts(page.detail_card)
                and "Queued until Sailthru is back" in window.visible_texts(page.detail_card)
            )
        )
    finally:
        window.sandbox.start()


async def test_rate_limit_says_until_when(window: WindowDriver) -> None:
    window.sandbox.set_faults("sailthru:* *:429=600")
    now = window.home.clock.now()
    await window.look_up("maria@lopez.example")
    said = window.visible_texts(window.find_one("Opt-out", Card))
    match = re.search(r"Sailthru limit reached until (\d\d):(\d\d)\.", said)
    assert match, said
    until = to_local_time(now + 600)
    minutes = 60 * int(match[1]) + int(match[2]) - 60 * until.hour - until.minute
    assert minutes % 1440 in (0, 1, 2)
    assert "Fairlead retries by itself." in said
    # The status bar says the same, until somebody may ask again.
    item = window.view.status_bar.item("Sailthru")
    limited = f"Sailthru limit reached until {match[1]}:{match[2]}"
    await window.wait_until(lambda: item.accessibleName() == limited)
    window.home.clock.offset_s += 700
    window.window.status_model.changed.emit()
    assert item.accessibleName() == "Sailthru live"


async def test_status_bar_and_panel_agree_about_a_failing_service(window: WindowDriver) -> None:
    window.sandbox.set_faults("sailthru:* *:503")
    await window.look_up("maria@lopez.example")
    item = window.view.status_bar.item("Sailthru")
    await window.wait_until(lambda: item.accessibleName() == "Sailthru answers with errors")
    # The same sentence in the bar's tool tip and in the panel.
    assert "Sailthru has trouble." in item.toolTip()
    await window.wait_for_text("Sailthru has trouble.", window.find_one("Opt-out", Card))
