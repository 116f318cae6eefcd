"""Quitting over changes that wait: sent on the way out, asked about only where that fails."""

from PySide6.QtWidgets import QApplication
from sailthru.sailthru_client import SailthruClient

from desktop.model.edit import EditState
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import Permission, Role
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.panels.widgets.switch import Switch
from desktop.settings.settings_table import PERMISSION_SETTINGS
from tests.support.window_driver import CTRL, Key, WindowDriver


async def leave_newsletter(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Newsletter", Switch)
    await window.wait_until(lambda: window.toast_texts == ["Maria Lopez leaves Newsletter in 10 s"])


def is_closed(window: WindowDriver) -> bool:
    return window._running is not None and window._running.done()


def open_question() -> ConfirmationDialog | None:
    shown = [w for w in QApplication.topLevelWidgets() if isinstance(w, ConfirmationDialog)]
    return next((w for w in shown if w.isVisible()), None)


async def quit_and_answer(window: WindowDriver, answer: str) -> str:
    """Press Ctrl+Q, and the button of this name; returns what the question said."""
    window.press(Key.Key_Q, CTRL)
    await window.wait_until(open_question)
    question = open_question()
    assert question is not None
    said = window.visible_texts(question)
    window.save_screenshot(f"quit-{answer}", question)
    buttons = (question.confirm_button, question.cancel_button)
    window.click(next(each for each in buttons if each.text() == answer))
    await window.wait_until(lambda: open_question() is None)
    tasks = window.window._tasks
    assert tasks is not None
    # Until then another Ctrl+Q does nothing; and offscreen no window manager makes it active again.
    await window.wait_until(
        lambda: is_closed(window) or (not tasks.is_running("quit") and window._activate())
    )
    return said


async def test_quit_within_undo_time_sends_the_change(window: WindowDriver) -> None:
    await leave_newsletter(window)
    assert not window.sandbox.logged_writes()
    window.press(Key.Key_Q, CTRL)
    await window.wait_until(lambda: is_closed(window))
    assert open_question() is None
    (write,) = window.sandbox.logged_writes()
    assert write["path"] == "/user"
    assert "Newsletter" not in (await window.read_profile_officially())["lists"]
    await window.reopen_window()
    (edit,) = window.newest_edits()
    assert (edit.state, edit.detail) == (EditState.DONE, "Sailthru confirmed")


async def test_change_of_the_last_moment_is_sent_before_closing(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    # Long enough ago that the profile is read again before the change is even queued.
    window.home.clock.offset_s += 360
    window.click("Newsletter", Switch)
    window.press(Key.Key_Q, CTRL)
    await window.wait_until(lambda: is_closed(window))
    assert "Newsletter" not in (await window.read_profile_officially())["lists"]


async def test_quit_after_undo_sends_nothing(window: WindowDriver) -> None:
    await leave_newsletter(window)
    window.press(Key.Key_Z, CTRL)
    window.press(Key.Key_Q, CTRL)
    await window.wait_until(lambda: is_closed(window))
    assert not window.sandbox.logged_writes()


async def test_quit_offline_asks_and_sends_at_next_start(window: WindowDriver) -> None:
    await leave_newsletter(window)
    window.sandbox.stop()
    try:
        said = await quit_and_answer(window, "Stay")
        assert "1 change is not sent yet" in said
        waits_for = "Queued until Sailthru is back."
        assert f"maria@lopez.example: Removed from Newsletter. {waits_for}" in said
        assert not is_closed(window)
        await quit_and_answer(window, "Quit, send at next start")
        await window.wait_until(lambda: is_closed(window))
    finally:
        window.sandbox.start()
    await window.reopen_window()
    await window.wait_until(lambda: window.newest_edit_states() == ["done"])
    assert "Newsletter" not in (await window.read_profile_officially())["lists"]


async def test_quit_asks_only_once_about_a_change_that_stays_queued(window: WindowDriver) -> None:
    await leave_newsletter(window)
    window.sandbox.set_faults("sailthru:* *:reset")
    await quit_and_answer(window, "Quit, send at next start")
    await window.wait_until(lambda: is_closed(window))
    await window.reopen_window()
    window.press(Key.Key_Q, CTRL)
    await window.wait_until(lambda: is_closed(window))
    assert open_question() is None
    assert not window.sandbox.logged_writes()


async def test_quit_over_conflict_says_so(window: WindowDriver) -> None:
    write_optout(window, "basic")
    await window.look_up("maria@lopez.example")
    window.sheet.edits.choose_optout(OptOutLevel.NONE, "asked by phone", 48213)
    await window.wait_until(lambda: window.newest_edit_states() == ["waiting"])
    write_optout(window, "all")
    said = await quit_and_answer(window, "Quit")
    assert "1 change is not made" in said
    assert "Changed elsewhere, person unknown" in said
    await window.wait_until(lambda: is_closed(window))
    assert (await window.read_profile_officially())["optout_email"] == "all"


async def test_quit_without_the_right_any_more_asks(window: WindowDriver) -> None:
    await leave_newsletter(window)
    right = PERMISSION_SETTINGS[Role.ADMIN, Permission.LIST_REMOVE].key
    window.house.session.change_settings({right: False})
    said = await quit_and_answer(window, "Quit, send at next start")
    assert "Not sent: " in said
    await window.wait_until(lambda: is_closed(window))
    assert not window.sandbox.logged_writes()


async def test_quit_while_service_is_slow_asks_and_sends_once(window: WindowDriver) -> None:
    await leave_newsletter(window)
    window.sandbox.set_faults("sailthru:POST /user:timeout-after=30")
    window.press(Key.Key_Q, CTRL)
    await window.wait_until(lambda: window.newest_edit_states() == ["sending"])
    window.home.clock.offset_s += 6
    await window.wait_until(open_question)
    question = open_question()
    assert question is not None
    window.click(question.confirm_button)
    await window.wait_until(lambda: is_closed(window))
    window.sandbox.set_faults()
    await window.reopen_window()
    await window.wait_until(lambda: window.newest_edit_states() == ["done"], within_s=30)
    writes = [r for r in window.sandbox.logged_writes() if r["path"] == "/user"]
    assert len(writes) == 1
    assert len(window.house.store.audit.list_entries.blocking(limit=50)) == 1


def write_optout(window: WindowDriver, level: str) -> None:
    said = window.sandbox.sailthru
    client = SailthruClient(said["api_key"], said["api_secret"], said["service_uri"])
    answer = client.api_post("user", {"id": "maria@lopez.example", "optout_email": level})
    assert answer.is_ok()
