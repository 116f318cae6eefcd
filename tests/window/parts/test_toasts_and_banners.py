"""Toasts and banners: time, place, keyboard, counting, and words for screen readers."""

import pytest
from PySide6.QtCore import QElapsedTimer, QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.widgets import banner, toast_manager
from desktop.panels.widgets import toast as toast_module
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.toast import Toast
from desktop.panels.widgets.toast_manager import ToastManager


def host_with_toaster(qtbot: QtBot) -> tuple[QWidget, ToastManager]:
    host = QWidget()
    host.resize(900, 600)
    qtbot.addWidget(host)
    host.show()
    host.activateWindow()
    qtbot.waitUntil(host.isActiveWindow)
    return host, ToastManager(host, "{} more changes".format, [("undo", "Undo all")])


def button(widget: QWidget, text: str) -> QPushButton:
    return next(b for b in widget.findChildren(QPushButton) if b.text() == text)


class _Aged(Toast):
    """A toast whose clock can be set forward."""

    def age(self, ms: int) -> None:
        class Clock(QElapsedTimer):
            def elapsed(self) -> int:
                return ms

        self._elapsed = Clock()


def aged(host: QWidget, seconds: float, message: str = "Done") -> _Aged:
    toast = _Aged("k", message, [("undo", "Undo")], seconds=seconds, parent=host)
    toast.fit_width(600)
    toast.move(100, 100)
    toast.show()
    return toast


def test_toast_lasts_at_least_eight_seconds(qtbot: QtBot) -> None:
    host, _toaster = host_with_toaster(qtbot)
    QTest.mouseMove(host, QPoint(5, 5))
    toast = aged(host, 3)
    toast.age(7_900)
    toast._on_tick()
    assert toast.isVisible()
    assert toast.undo_time_fraction() == 0
    toast.age(8_000)
    with qtbot.waitSignal(toast.closed):
        toast._on_tick()


def test_toast_lasts_as_long_as_undo_time(qtbot: QtBot) -> None:
    host, _toaster = host_with_toaster(qtbot)
    toast = aged(host, 10)
    toast.age(9_900)
    toast._on_tick()
    assert toast.isVisible()
    assert 0 < toast.undo_time_fraction() < 0.02
    toast.age(10_000)
    toast._on_tick()
    assert not toast.isVisible()


def test_toast_counts_seconds_to_undo_down_on_screen_alone(qtbot: QtBot) -> None:
    host, _toaster = host_with_toaster(qtbot)
    said = "Maria Lopez leaves Back in 10 s in 10 s, until Friday"
    toast = aged(host, 10, said)
    button(toast, "Undo").setFocus(Qt.FocusReason.ShortcutFocusReason)
    for ms, when in ((0, "in 10 s"), (2_100, "in 8 s"), (9_950, "in 1 s"), (60_000, "now")):
        toast.age(ms)
        toast._on_tick()
        assert toast.message_label.text() == f"Maria Lopez leaves Back in 10 s {when}, until Friday"
        assert toast.accessibleName() == said


def test_toast_focus_holds_toast_not_undo_time(qtbot: QtBot) -> None:
    host, _toaster = host_with_toaster(qtbot)
    toast = aged(host, 10)
    button(toast, "Undo").setFocus(Qt.FocusReason.ShortcutFocusReason)
    toast.age(60_000)
    toast._on_tick()
    assert toast.isVisible()
    assert toast.undo_time_fraction() == 0
    QTest.keyClick(button(toast, "Undo"), Qt.Key.Key_Escape)
    assert not toast.isVisible()


def test_toast_time_line_shrinks_in_real_time(qtbot: QtBot) -> None:
    _host, toaster = host_with_toaster(qtbot)
    toaster.show_toast("a", "Done", [("undo", "Undo")], seconds=1)
    toast = toaster.visible_toasts()[0]
    first = toast.undo_time_fraction()
    qtbot.wait(300)
    assert toast.undo_time_fraction() < first - 0.2


def test_toast_undo_fires_once_and_closes(qtbot: QtBot) -> None:
    _host, toaster = host_with_toaster(qtbot)
    toaster.show_toast("edit-1", "Winback switched on", [("undo", "Undo"), ("note", "Add note")])
    toast = toaster.visible_toasts()[0]
    with qtbot.waitSignal(toaster.action_triggered) as caught:
        QTest.mouseClick(button(toast, "Undo"), Qt.MouseButton.LeftButton)
    assert caught.args == ["edit-1", "undo"]
    assert toaster.visible_toasts() == []


def test_toasts_stack_without_holes(qtbot: QtBot) -> None:
    _host, toaster = host_with_toaster(qtbot)
    for key in ("a", "b", "c"):
        toaster.show_toast(key, f"Change {key}", [("undo", "Undo")])
    places = [toast.pos() for toast in toaster.visible_toasts()]
    toaster.close_toast("a")
    toaster.show_toast("d", "Change d", [("undo", "Undo")])
    shown = toaster.visible_toasts()
    assert [toast.key for toast in shown] == ["b", "c", "d"]
    assert [toast.pos() for toast in shown] == places
    assert toaster.newest_key() == "d"


def test_toasts_stay_while_the_pointer_is_on_one(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _host, toaster = host_with_toaster(qtbot)
    for key in ("a", "b"):
        toaster.show_toast(key, f"Change {key}", [("undo", "Undo")])
    low, high = toaster.visible_toasts()
    lowest, place = low.pos(), high.pos()
    monkeypatch.setattr(high, "underMouse", lambda: True)
    toaster.close_toast("a")
    assert high.pos() == place
    monkeypatch.setattr(high, "underMouse", lambda: False)
    high.pointer_left.emit()
    assert high.pos() == lowest


def test_toast_batch_loses_what_is_settled(qtbot: QtBot) -> None:
    _host, toaster = host_with_toaster(qtbot)
    for number in range(5):
        toaster.show_toast(str(number), f"Change {number}", [("undo", "Undo")])
    assert toaster.newest_key() == "4"
    toaster.close_toast("4")
    assert toaster.visible_toasts()[-1].message_label.text() == "1 more changes"
    assert toaster.newest_key() == "3"
    toaster.close_toast("3")
    assert [toast.key for toast in toaster.visible_toasts()] == ["0", "1", "2"]


def test_toasts_from_fourth_are_batched(qtbot: QtBot) -> None:
    _host, toaster = host_with_toaster(qtbot)
    for number in range(6):
        toaster.show_toast(str(number), f"Change {number}", [("undo", "Undo")])
    shown = toaster.visible_toasts()
    assert len(shown) == 4
    assert shown[-1].message_label.text() == "3 more changes"
    with qtbot.waitSignal(toaster.batch_triggered) as caught:
        QTest.mouseClick(button(shown[-1], "Undo all"), Qt.MouseButton.LeftButton)
    assert caught.args == [["3", "4", "5"], "undo"]
    assert len(toaster.visible_toasts()) == 3


def test_toast_in_a_batch_is_read_out_by_its_own_words(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _host, toaster = host_with_toaster(qtbot)
    said: list[str] = []
    monkeypatch.setattr(toast_manager, "announce", lambda _widget, text: said.append(text))
    for number in range(5):
        toaster.show_toast(str(number), f"Change {number}", [("undo", "Undo")])
    assert said == [f"Change {number}" for number in range(5)]


def test_toast_fits_narrow_window_and_resizes(qtbot: QtBot) -> None:
    host, toaster = host_with_toaster(qtbot)
    toaster.show_toast("a", "Winback switched on for this customer", [("undo", "Undo")])
    host.resize(300, 500)
    toast = toaster.visible_toasts()[0]
    assert host.rect().contains(toast.geometry())


def test_toast_text_is_plain(qtbot: QtBot) -> None:
    _host, toaster = host_with_toaster(qtbot)
    toaster.show_toast("a", "<img src=x> switched on")
    toast = toaster.visible_toasts()[0]
    assert toast.message_label.textFormat() == Qt.TextFormat.PlainText
    assert toast.message_label.text() == "<img src=x> switched on"


def test_toast_minimum_time_is_eight_seconds() -> None:
    assert toast_module.MIN_DISPLAY_MS >= 8_000


def test_banner_counts_repeated_message(qtbot: QtBot) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    for _ in range(100):
        banner.show_message(
            "bad",
            "Sailthru did not answer",
            "3 changes wait",
            "Try again",
            actions=[("r", "Retry")],
        )
    assert banner.repeat_count() == 100
    assert banner.count_label.text() == "× 100"
    assert len(banner.findChildren(QPushButton)) == 1
    banner.show_message("warn", "Something else")
    assert banner.repeat_count() == 1
    assert banner.count_label.isHidden()


def test_banner_has_name_description_and_action(qtbot: QtBot) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    banner.show_message(
        "bad", "Failed <b>", "Nothing was lost", "Retry", actions=[("retry", "Retry")]
    )
    interface = QAccessible.queryAccessibleInterface(banner)
    assert interface.text(QAccessible.Text.Name) == "Failed <b>"
    assert interface.text(QAccessible.Text.Description) == "Nothing was lost\nRetry"
    assert banner.title_label.textFormat() == Qt.TextFormat.PlainText
    with qtbot.waitSignal(banner.action_triggered) as caught:
        QTest.keyClick(banner.action_button("retry"), Qt.Key.Key_Space)
    assert caught.args == ["retry"]
    banner.clear()
    assert banner.isHidden()


def test_announcement_builds_valid_qt_event(qtbot: QtBot) -> None:
    from desktop.panels.widgets.screen_reader import announce

    widget = QWidget()
    qtbot.addWidget(widget)
    announce(widget, "Winback switched on", urgent=True)
    announce(widget, "")


@pytest.mark.parametrize(
    ("taken", "expected"), [((), 0.5), ((0.5,), 1.0), ((0.5, 1.0), 0.0), ((0.5, 1.0, 0.0), 0.5)]
)
def test_toasts_stand_where_they_cover_no_button(
    taken: tuple[float, ...], expected: float, qtbot: QtBot
) -> None:
    host, toaster = host_with_toaster(qtbot)
    host.resize(1400, 600)
    for place in taken:
        under = QPushButton("Show all", host)
        under.resize(80, 24)
        under.move(round(40 + (1400 - 160) * place), 500)
        under.show()
    toaster.show_toast("a", "Winback switched on", [("undo", "Undo")])
    toaster.show_toast("b", "Newsletter switched on for this customer", [("undo", "Undo")])
    for toast in toaster.visible_toasts():
        assert toast.x() == 12 + round((1400 - 24 - toast.width()) * expected)


def test_toasts_that_follow_the_first_cover_no_switch(qtbot: QtBot) -> None:
    host, toaster = host_with_toaster(qtbot)
    host.resize(1500, 600)
    under = QPushButton("Sync to Zendesk", host)
    under.resize(30, 20)
    # Beside the first toast, and under the wider ones that join it.
    under.move(490, 470)
    under.show()
    toaster.show_toast("a", "Health set to Happy", [("undo", "Undo")])
    for key in "bc":
        words = [("undo", "Undo"), ("note", "Add note to #48213")]
        toaster.show_toast(key, "Maria Lopez joins Event invitations in 10 s", words)
    place = under.geometry()
    assert not [toast for toast in toaster.visible_toasts() if toast.geometry().intersects(place)]


def test_banner_of_a_state_counts_nothing(qtbot: QtBot) -> None:
    banner = Banner(counts=False)
    qtbot.addWidget(banner)
    for _ in range(2):
        banner.show_message("info", "Marketing is paused.")
    assert banner.count_label.isHidden()


def test_narrow_banner_puts_its_buttons_under_its_words(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    column = QVBoxLayout(host)
    banner = Banner()
    column.addWidget(banner)
    words = "j.doe@corp.example is the primary address in Zendesk; mail goes to the former one."
    banner.show_message("warn", "Other address.", words, actions=[("x", "Change it in Sailthru…")])
    action, message = banner.action_button("x"), banner.message_label
    host.resize(368, 400)
    host.show()
    qtbot.waitUntil(lambda: action.y() > message.geometry().bottom())
    assert host.width() == 368
    assert banner.width() <= 368
    assert action.geometry().right() <= banner.width()
    assert message.width() > 240
    host.resize(900, 400)
    qtbot.waitUntil(lambda: action.x() > message.geometry().right())


def test_banner_that_counts_down_is_read_out_once(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(banner, "announce", lambda _widget, text, **_more: said.append(text))
    shown = Banner()
    qtbot.addWidget(shown)
    for seconds in (10, 9, 8):
        shown.show_message("info", "Marketing pauses.", f"Sends in {seconds} s.")
    assert said == ["Marketing pauses. Sends in 10 s."]
    shown.show_message("info", "Marketing is paused.", "")
    assert said[1:] == ["Marketing is paused."]
