"""The first five minutes by mouse and keys: the welcome, the demo beside it, the steps."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from desktop.app.startup.startup_window import LaunchOptions, StartupWindow
from desktop.panels.settings.sailthru_connection_card import SailthruConnectionCard
from desktop.panels.settings_page import SettingsPage
from desktop.panels.setup_wizard import SetupWizard
from desktop.panels.theme.application_theme import ThemeChoice
from desktop.settings import settings_table
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.window_driver import CTRL, FirstStartDriver, Key, WindowDriver
from tests.support.window_workspace import delete_qt_objects, lasting_faults

ALT = Qt.KeyboardModifier.AltModifier


class ShownWindows(QObject):
    """Notes every widget that is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.shown.append(f"{type(watched).__name__} {watched.objectName()}")
        return False


async def test_no_part_flashes_as_window_of_its_own(new_computer: FirstStartDriver) -> None:
    window = new_computer
    shown = ShownWindows()
    QApplication.instance().installEventFilter(shown)  # type: ignore[union-attr]
    window.click("Connect Zendesk and Sailthru")
    window.click("Finish later")
    for page in ("customers", "sync", "activity", "settings"):
        window.view.show_page(page)
    settings = window.view.findChild(SettingsPage)
    assert settings is not None
    for key, _ in settings.SECTIONS:
        settings.show_section(key)
    QApplication.instance().removeEventFilter(shown)  # type: ignore[union-attr]
    assert shown.shown == []


async def test_no_page_flashes_before_welcome(new_computer: FirstStartDriver) -> None:
    window = new_computer
    await window.close_window()
    shown: set[str] = set()

    class ShownParts(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show:
                shown.add(type(watched).__name__)
            return False

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    services = window.home.make_services()
    startup = StartupWindow(app, services.workspace, services.session.values, LaunchOptions())
    startup.show()
    first = startup.main_window
    await window.wait_until(first._workspace_color_bar.isVisible)
    assert first._workspace_color_bar.y() == 0
    assert not first.page_stack.isVisible()
    first.is_close_allowed = True
    first.close()
    await services.close()
    await delete_qt_objects(first, startup.theme)
    watching = ShownParts()
    QApplication.instance().installEventFilter(watching)  # type: ignore[union-attr]
    await window.set_up_and_open()
    parts = {"NavigationRail", "TopBar", "StatusBar", "EmptyPageMessage"}
    assert "WelcomePage" in shown
    assert not shown & parts
    assert QApplication.focusWidget() is window.welcome.connect_button
    window.click("Not now")
    QApplication.instance().removeEventFilter(watching)  # type: ignore[union-attr]
    assert shown >= parts


@pytest.fixture
def _children_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """What a test starts does not outlive it."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    for child in psutil.Process().children(recursive=True):
        if child.pid not in before:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


def processes_named(word: str) -> list[psutil.Process]:
    """The descendants of this process with a word on their command line."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if word in child.cmdline():
                found.append(child)
    return found


async def test_welcome_offers_demo_and_connecting_by_keyboard(
    new_computer: FirstStartDriver,
) -> None:
    window = new_computer
    assert "Welcome to Fairlead" in window.visible_texts()
    assert QApplication.focusWidget() is window.welcome.connect_button
    # The search field is hidden: a key for it must not send what is typed there.
    for key in (Key.Key_K, Key.Key_F):
        window.press(key, CTRL)
        assert QApplication.focusWidget() is window.welcome.connect_button
    await window.tab_to("Look around with invented data")
    await window.tab_to("Connect Zendesk and Sailthru")
    window.press(Key.Key_Return)
    assert window.wizard.isVisible()
    assert window.wizard.step_list.isVisible()


@pytest.mark.usefixtures("_children_end")
async def test_welcome_demo_opens_in_process_of_its_own(new_computer: FirstStartDriver) -> None:
    window = new_computer
    files = {path.name for path in window.home.folder.rglob("*") if path.is_file()}
    window.click("Look around with invented data")
    assert not window.welcome.demo_button.isEnabled()
    assert "is open in a window of its own" in window.welcome.demo_button.toolTip()
    await window.wait_until(lambda: processes_named("--until-eof"), within_s=30)
    demo = next(p for p in processes_named("demo") if "desktop" in p.cmdline())
    assert demo.pid != os.getpid()
    assert os.getsid(demo.pid) == demo.pid
    # Its files are in a home of its own: nothing but its log came into this one.
    new = {path.name for path in window.home.folder.rglob("*") if path.is_file()} - files
    assert all(name.startswith("demo-") and name.endswith(".log") for name in new), new
    sandbox = processes_named("--until-eof")[-1]
    demo.send_signal(signal.SIGKILL)
    # A demo that is killed leaves no sandbox behind, and the button says that it has ended.
    await window.wait_until(lambda: not sandbox.is_running() or sandbox.status() == "zombie")
    await window.wait_until(window.welcome.demo_button.isEnabled)
    assert "The demo did not start." in window.visible_texts()


async def test_welcome_can_be_put_off_and_comes_again(new_computer: FirstStartDriver) -> None:
    window = new_computer
    window.click("Not now")
    assert window.view.navigation_rail.isVisible()
    # Before anything is typed.
    assert "Connect Zendesk or Sailthru first." in window.visible_texts()
    assert "Find a customer" not in window.visible_texts()
    await window.close_window()
    await window.set_up_and_open()
    assert window.welcome.isVisible()
    window.click("Connect Zendesk and Sailthru")
    window.click("Finish later")
    await window.reopen_window()
    await window.wait_until(lambda: window.view._setup_widget is not None)
    # Begun is begun: the set-up comes up where it was left.
    assert window.wizard.isVisible()


async def test_welcome_help_says_how_set_up_works(new_computer: FirstStartDriver) -> None:
    window = new_computer
    window.click("How Fairlead works")
    dialog = window.view._help
    assert dialog is not None
    await window.wait_until(dialog.isActiveWindow)
    assert dialog.current_topic == "set-up"
    window.press(Key.Key_Escape)


async def test_wizard_steps_say_what_is_done_open_and_to_come(
    new_computer: FirstStartDriver,
) -> None:
    window = new_computer
    window.click("Connect Zendesk and Sailthru")
    assert [state for _, state in window.steps] == ["to come"] * 6
    window.click("Without Zendesk")
    window.click("Next")
    window.click("Next")
    assert window.steps[:3] == [
        ("Step 1: Zendesk", "done"),
        ("Step 2: Sailthru", "still open"),
        ("Step 3: Changes and permissions", "to come"),
    ]
    # A step is a click or an arrow key away.
    window.click("Step 6: Summary")
    assert window.wizard.progress_label.text() == "6 of 6"
    window.find_one("Step 6: Summary").setFocus()
    window.press(Key.Key_Up)
    window.press(Key.Key_Return)
    assert window.wizard.progress_label.text() == "5 of 6"


async def test_welcome_and_steps_fit_every_width(new_computer: FirstStartDriver) -> None:
    window, sizes = new_computer, [(1280, 820), (1000, 700), (392, 860)]
    for size in sizes:
        window.view.resize(*size)
        for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
            window.window.theme.choose(choice)
            found = await lasting_faults(lambda: clipped_texts(window.view.centralWidget()))
            assert window.view.width() == size[0]
            assert controls_without_name(window.view) == []
            assert found == [], size
            window.save_screenshot(f"welcome-{size[0]}-{choice.value}")
    window.click("Connect Zendesk and Sailthru")
    buttons = window.wizard.step_list._buttons
    for size in sizes:
        window.view.resize(*size)
        is_row = size[0] == 392

        def fits(is_row: bool = is_row) -> bool:
            return (len({button.y() for button in buttons}) == 1) is is_row

        await window.wait_until(fits)
        assert window.view.width() == size[0]
        assert all(b.isVisible() and b.height() >= 24 and b.width() >= 24 for b in buttons)
        window.save_screenshot(f"steps-{size[0]}")


async def connect_sailthru_only(window: FirstStartDriver) -> None:
    """Walk through the steps as far as a Sailthru key, and to the summary."""
    uri = window.sandbox.sailthru["service_uri"]
    window.house.session.change_settings({settings_table.SERVICE_URI.key: uri})
    window.click("Connect Zendesk and Sailthru")
    window.click("Without Zendesk")
    window.click("Next")
    card = window.wizard.cards[1]
    assert isinstance(card, SailthruConnectionCard)
    card.key_field.field.setText(window.sandbox.sailthru["api_key"])
    card.secret_field.field.setText(window.sandbox.sailthru["api_secret"])
    window.click(card.dedicated_key_box)
    window.click(card.test_button)
    await window.wait_until(lambda: window.house.session.is_connected)
    window.click("Step 6: Summary")


async def test_link_waits_for_the_end_of_the_set_up_and_works_in_the_same_session(
    new_computer: FirstStartDriver,
) -> None:
    window = new_computer
    # A link clicked in the browser while the set-up is in front.
    window.window.open_argument("fairlead://customer/maria@lopez.example")
    await connect_sailthru_only(window)
    assert window.sheet.sheet is None
    window.click("Done")
    await window.wait_until(lambda: window.sheet.sheet is not None)
    await window.is_lookup_finished()
    assert "Newsletter" in window.visible_texts()
    # And whatever comes after it: a second start, another link.
    window.window.open_argument("tom@old.example")
    await window.wait_until(lambda: "tom@old.example" in window.visible_texts())


async def test_link_during_a_set_up_opened_again_waits_for_its_end(window: WindowDriver) -> None:
    window.view.window_actions["Set up Fairlead"].trigger()
    window.window.open_argument("fairlead://customer/maria@lopez.example")
    await window.pause(0.1)
    assert window.sheet.sheet is None
    window.click("Finish later")
    await window.wait_until(lambda: "Newsletter" in window.visible_texts())


async def test_link_that_came_before_the_set_up_was_put_off_says_what_is_missing(
    new_computer: FirstStartDriver,
) -> None:
    window = new_computer
    window.click("Not now")
    window.window.open_argument("fairlead://customer/maria@lopez.example")
    await window.wait_until(lambda: "Connect Zendesk or Sailthru first." in window.visible_texts())
    window.click("Continue set-up")
    assert window.wizard.isVisible()
    window.click("Finish later")
    assert "Connect Zendesk or Sailthru first." in window.visible_texts()


async def test_alt_arrows_go_through_steps_also_with_a_history(
    new_computer: FirstStartDriver,
) -> None:
    window = new_computer
    window.click("Not now")
    window.press(Key.Key_3, CTRL)
    assert window.view.window_actions["Back"].isEnabled()
    window.view.window_actions["Set up Fairlead"].trigger()
    window.press(Key.Key_Right, ALT)
    assert window.wizard.progress_label.text() == "2 of 6"
    assert not window.view.window_actions["Back"].isEnabled()
    window.press(Key.Key_Left, ALT)
    assert window.wizard.progress_label.text() == "1 of 6"
    window.click("Finish later")
    assert window.view.current_page == "customers"
    assert window.view.window_actions["Back"].isEnabled()


async def test_sync_page_says_what_to_connect_first(new_computer: FirstStartDriver) -> None:
    window = new_computer
    window.click("Not now")
    window.press(Key.Key_2, CTRL)
    await window.wait_for_text("Connect Zendesk and Sailthru first.")
    assert "A sync copies data from one to the other." in window.visible_texts()
    window.save_screenshot("sync-not-connected")
    window.click("Continue set-up")
    assert window.wizard.isVisible()


async def test_sync_page_names_the_service_that_is_missing(new_computer: FirstStartDriver) -> None:
    window = new_computer
    await connect_sailthru_only(window)
    window.click("Done")
    window.press(Key.Key_2, CTRL)
    await window.wait_for_text("Connect Zendesk first.")
    window.click("Open the connections")
    assert window.view.current_page == "settings"
    page = window.view.findChild(SettingsPage)
    assert page is not None
    assert page.current_section == "connections"


async def test_set_up_begins_with_the_keyboard_in_its_first_field(
    new_computer: FirstStartDriver,
) -> None:
    new_computer.press(Key.Key_Return)
    await new_computer.wait_until(lambda: new_computer.view.findChild(SetupWizard) is not None)
    await new_computer.pause(0.1)
    new_computer.type("acme")
    field = new_computer.find_one("Zendesk account", QLineEdit)
    assert field.text() == "acme", QApplication.focusWidget()
