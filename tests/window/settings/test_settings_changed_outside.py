"""Settings that were changed outside Fairlead: told above the page, saved by an admin's click."""

import json
import os

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from desktop.settings import settings_table
from tests.support.accessibility_checks import clipped_texts
from tests.support.settings_page_driver import SettingsPageDriver

OPT_IN = "permissions.agent.opt_in"


def edit_file(driver: SettingsPageDriver) -> None:
    path = driver.house.workspace.settings_path
    document = json.loads(path.read_text("utf-8"))
    document["settings"] |= {OPT_IN: True, "names.health_var": "vip"}
    path.write_text(json.dumps(document), "utf-8")
    driver.house.session.reload_settings()


@pytest.mark.parametrize("width", [392, 1060])
@pytest.mark.parametrize("theme_choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
async def test_admin_saves_what_was_changed_outside(
    admin_page: SettingsPageDriver,
    theme: ApplicationTheme,
    qtbot: QtBot,
    width: int,
    theme_choice: ThemeChoice,
) -> None:
    theme.choose(theme_choice)
    admin_page.window.resize(width, 700)
    edit_file(admin_page)
    banner, session = admin_page.page.banner, admin_page.house.session
    assert banner.title_label.text() == "Settings were changed outside Fairlead."
    assert "“Agents may opt customers back in” (on)" in banner.message_label.text()
    assert not session.values.get(settings_table.SETTINGS_BY_KEY[OPT_IN])
    # Rows turn when they are laid out in the new width, some turns of the loop later.
    qtbot.waitUntil(lambda: clipped_texts(admin_page.window) == [])
    if folder := os.environ.get("SHOTS"):
        admin_page.window.grab().save(f"{folder}/outside-{width}-{theme_choice.value}.png")
    qtbot.mouseClick(banner.action_button("save"), Qt.MouseButton.LeftButton)
    assert session.values.get(settings_table.SETTINGS_BY_KEY[OPT_IN])
    assert session.values.get(settings_table.HEALTH_VAR) == "vip"
    assert banner.isHidden()
    theme.choose(ThemeChoice.LIGHT)


async def test_agent_is_told_and_cannot_save_it(agent_page: SettingsPageDriver) -> None:
    edit_file(agent_page)
    banner = agent_page.page.banner
    assert "do not count" in banner.message_label.text()
    with pytest.raises(StopIteration):
        banner.action_button("save")
    agent_page.model.save_outside_changes()
    session = agent_page.house.session
    assert not session.values.get(settings_table.SETTINGS_BY_KEY[OPT_IN])
