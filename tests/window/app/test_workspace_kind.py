"""The workspace's kind in the window: in words beside its name, and in the line's colour."""

from PySide6.QtWidgets import QLabel

from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.workspace_color_bar import WorkspaceColorBar, workspace_color
from desktop.settings import settings_table
from tests.support.window_driver import CTRL, FirstStartDriver, Key, WindowDriver


def shown_kind(window: WindowDriver) -> str:
    label = window.view.findChild(QLabel, "Workspace kind")
    assert label is not None
    return label.text() if label.isVisible() else ""


def line(window: WindowDriver) -> WorkspaceColorBar:
    bar = window.view.findChild(WorkspaceColorBar)
    assert bar is not None
    return bar


async def test_kind_is_told_by_word_title_and_colour(window: WindowDriver) -> None:
    assert shown_kind(window) == "Sandbox"
    assert window.view.windowTitle() == "Fairlead – main, sandbox"
    assert line(window).accessibleName() == "main, sandbox"
    assert line(window)._color.name() == workspace_color("teal")
    assert line(window).height() == 3
    for kind, colour in (("production", "red"), ("test", "amber")):
        window.house.session.change_settings({"workspace.kind": kind})
        await window.wait_until(lambda kind=kind: shown_kind(window) == kind.capitalize())
        assert line(window)._color.name() == workspace_color(colour)
        assert line(window).accessibleName() == f"main, {kind}"
        await window.pause(0.05)
        window.save_screenshot(f"kind-{kind}")
    # A colour of one's own takes the line, and the word stays.
    window.house.session.change_settings({"workspace.colour": "violet"})
    await window.wait_until(lambda: line(window)._color.name() == workspace_color("violet"))
    assert shown_kind(window) == "Test"
    window.view.resize(392, 860)
    assert shown_kind(window) == "Test"
    await window.pause(0.05)
    window.save_screenshot("kind-narrow")


async def test_kind_is_an_admins_setting(agent_window: WindowDriver) -> None:
    window = agent_window
    window.press(Key.Key_Comma, CTRL)
    window.view._show_settings_section("window")
    kind = window.find_one("Kind", DropdownField)
    assert not kind.isEnabled()
    assert "admin" in kind.accessibleDescription().lower()


async def test_admin_sets_the_kind_in_settings(window: WindowDriver) -> None:
    window.press(Key.Key_Comma, CTRL)
    window.view._show_settings_section("window")
    kind = window.find_one("Kind", DropdownField)
    window.save_screenshot("settings-window")
    kind.chosen.emit("production")
    await window.wait_until(lambda: shown_kind(window) == "Production")
    values = window.house.session.values
    assert values.get(settings_table.WORKSPACE_KIND) == "production"
    assert values.outside_changes.error is None


async def test_workspace_never_set_up_names_no_kind(new_computer: FirstStartDriver) -> None:
    assert new_computer.view.windowTitle() == "Fairlead – main"
