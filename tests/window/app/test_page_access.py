"""What a role never uses is not in its rail: clicks, keys, commands, restarts, a changing role."""

import base64
import json
import urllib.request

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from desktop.app.startup.startup_window import LaunchOptions, StartupWindow
from desktop.model.permission import Permission, Role
from desktop.panels.settings_page import SettingsPage
from desktop.panels.widgets.banner import Banner
from desktop.settings import settings_table
from tests.support.accessibility_checks import controls_without_name
from tests.support.sync_page_driver import SyncPageDriver
from tests.support.window_driver import CTRL, Key, WindowDriver
from tests.support.window_home import WorkspaceHome
from tests.support.window_sandbox import LoggedSandbox
from tests.support.window_workspace import delete_qt_objects


class MarketerWindow(WindowDriver):
    """An agent's window where an admin lets agents run syncs."""

    async def set_up_and_open(self) -> None:
        await self.home.set_up(self.sandbox.connection_document)
        services = self.home.make_services()
        await services.session.connect()
        runs = settings_table.PERMISSION_SETTINGS[Role.AGENT, Permission.RUNS]
        services.session.change_settings({runs.key: True})
        await services.close()
        await self.home.set_up(self.sandbox.connection_document, agent=True)
        await self.open_window()


@pytest.fixture
def marketer_window(
    qapp: QApplication, home: WorkspaceHome, sandbox: LoggedSandbox
) -> MarketerWindow:
    return MarketerWindow(home, sandbox)


@pytest.fixture
def sync_window(qapp: QApplication, home: WorkspaceHome, sandbox: LoggedSandbox) -> SyncPageDriver:
    return SyncPageDriver(home, sandbox)


def rail(window: WindowDriver) -> list[str]:
    """The names of the pages that can be seen in the rail."""
    names = ("Customers", "Sync", "Activity", "Settings")
    return [name for name in names if window.view.navigation_rail.page(name.lower()).isVisible()]


def sections(window: WindowDriver) -> list[str]:
    page = window.view.findChild(SettingsPage)
    assert page is not None
    rows = page.section_list
    listed = [rows.item(r).text() for r in range(rows.count()) if not rows.isRowHidden(r)]
    dropdown = [page.section_dropdown.itemText(i) for i in range(page.section_dropdown.count())]
    assert listed == dropdown
    return listed


def set_role(window: WindowDriver, role: str) -> None:
    """Change in Zendesk the role of who is at work, as the second admin."""
    zendesk, user = window.sandbox.zendesk, window.house.session.actor.id
    who = f"{zendesk['second_admin_email']}/token:{zendesk['second_admin_api_token']}"
    request = urllib.request.Request(  # noqa: S310 - the sandbox's loopback address
        f"{zendesk['base_url']}/api/v2/users/{user}.json",
        json.dumps({"user": {"role": role}}).encode(),
        {
            "Content-Type": "application/json",
            "Authorization": "Basic " + base64.b64encode(who.encode()).decode(),
        },
        method="PUT",
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


async def test_admin_has_every_page(window: WindowDriver) -> None:
    assert rail(window) == ["Customers", "Sync", "Activity", "Settings"]
    window.press(Key.Key_Comma, CTRL)
    assert len(sections(window)) == len(SettingsPage.SECTIONS)


async def test_agent_has_customers_and_activity(agent_window: WindowDriver) -> None:
    window = agent_window
    await window.wait_until(lambda: rail(window) == ["Customers", "Activity"])
    window.find_one("Customers").setFocus()
    window.press(Key.Key_Down)
    assert QApplication.focusWidget() is window.find_one("Activity")
    window.press(Key.Key_Down)
    # The arrow keys go round what is seen.
    assert QApplication.focusWidget() is window.find_one("Customers")
    window.press(Key.Key_2, CTRL)
    assert window.view.current_page == "customers"
    window.press(Key.Key_K, CTRL)
    window.type(">sync")
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    rows = [popup.view.model().index(row, 0) for row in range(popup.count())]
    reasons = {row.data(): row.data(int(Qt.ItemDataRole.UserRole) + 1) for row in rows}
    for command in ("Sync", "New sync", "Preview the sync", "Run the sync now"):
        assert "may not run syncs" in reasons[command], command
    window.press(Key.Key_Escape)
    window.save_screenshot("rail-of-an-agent")
    assert controls_without_name(window.view) == []


async def test_agent_reaches_own_settings_from_status_bar(agent_window: WindowDriver) -> None:
    window = agent_window
    await window.wait_until(lambda: rail(window) == ["Customers", "Activity"])
    window.click("Your settings")
    assert window.view.current_page == "settings"
    # While it is open it stands in the rail, and goes when it is left.
    assert rail(window) == ["Customers", "Activity", "Settings"]
    assert sections(window) == ["Connections", "Data on this computer", "Window", "About"]
    page = window.view.findChild(SettingsPage)
    assert page is not None
    page.section_list.setFocus()
    window.press(Key.Key_Down)
    assert page.current_section == "data"
    window.save_screenshot("settings-of-an-agent")
    window.press(Key.Key_1, CTRL)
    assert rail(window) == ["Customers", "Activity"]
    window.press(Key.Key_Comma, CTRL)
    assert window.view.current_page == "settings"


async def test_refused_page_says_why(agent_window: WindowDriver) -> None:
    window = agent_window
    await window.wait_until(lambda: rail(window) == ["Customers", "Activity"])
    # As a link of another page or a status note would.
    window.view.show_page("sync")
    assert window.view.current_page == "customers"
    words = window.visible_texts(window.view.findChild(Banner))
    assert "The page Sync is not open to you." in words
    assert "may not run syncs" in words


async def test_marketer_has_sync_and_its_settings(marketer_window: MarketerWindow) -> None:
    window = marketer_window
    await window.wait_until(lambda: rail(window) == ["Customers", "Sync", "Activity"])
    window.press(Key.Key_Comma, CTRL)
    assert "Syncs" in sections(window)
    assert "Changes and permissions" not in sections(window)


async def test_rail_of_agent_is_remembered_and_does_not_jump(agent_window: WindowDriver) -> None:
    window = agent_window
    await window.wait_until(lambda: rail(window) == ["Customers", "Activity"])
    await window.close_window()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    services = window.home.make_services()
    startup = StartupWindow(app, services.workspace, services.session.values, LaunchOptions())
    startup.show()
    # At its first paint, before anybody was asked who is at work.
    rail_now = startup.main_window.navigation_rail
    assert not rail_now.page("sync").isVisible()
    assert not rail_now.page("settings").isVisible()
    startup.main_window.is_close_allowed = True
    startup.main_window.close()
    await services.close()
    await delete_qt_objects(startup.main_window, startup.theme)


async def test_last_page_comes_back_where_role_uses_it(window: WindowDriver) -> None:
    window.press(Key.Key_3, CTRL)
    await window.reopen_window()
    await window.wait_until(lambda: window.view.current_page == "activity")


async def test_last_page_that_role_lost_does_not_come_back(
    window: WindowDriver,
) -> None:
    window.press(Key.Key_2, CTRL)
    await window.wait_until(lambda: window.view.current_page == "sync")
    await window.close_window()
    set_role(window, "agent")
    await window.open_window()
    await window.wait_until(lambda: rail(window) == ["Customers", "Activity"])
    await window.pause(0.2)
    assert window.view.current_page == "customers"


async def test_changed_role_changes_rail_and_keeps_what_is_typed(
    sync_window: SyncPageDriver,
) -> None:
    window = sync_window
    await window.add_preset(on=False)
    window.page.tabs.setCurrentIndex(1)
    await window.wait_until(lambda: window.find_all("Customer to test on"))
    field = window.find_one("Customer to test on", QLineEdit)
    field.setFocus()
    window.type("maria@lo")
    set_role(window, "agent")
    await window.house.session.identify()
    # The open page stays, with what stands in it and with the keyboard, until it is left.
    assert rail(window) == ["Customers", "Sync", "Activity"]
    assert field.isVisible()
    assert field.text() == "maria@lo"
    assert QApplication.focusWidget() is field
    # What it may not do any more says so.
    button = window.page.sync_list.new_button
    await window.wait_until(lambda: "may not run syncs" in button.accessibleDescription())
    assert not button.isEnabled()
    window.press(Key.Key_1, CTRL)
    assert rail(window) == ["Customers", "Activity"]
    assert field.text() == "maria@lo"
    # Zendesk takes no second update of one user right away: begun anew, she is an admin again.
    window.sandbox.reset()
    await window.house.session.identify()
    assert rail(window) == ["Customers", "Sync", "Activity", "Settings"]
    window.press(Key.Key_2, CTRL)
    assert field.isVisible()
    assert field.text() == "maria@lo"
