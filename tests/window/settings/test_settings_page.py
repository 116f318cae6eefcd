"""The page against a real settings file, a real store and the running sandbox."""

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from desktop.model.edit import EditKind, EditRequest, EditTarget
from desktop.model.kept_ticket import KeptTicket
from desktop.model.lookup_query import parse_lookup_query
from desktop.model.permission import Permission, Role
from desktop.model.retention import ActivityType
from desktop.model.service import Service
from desktop.panels.settings.connection_test_card import ConnectionTestCard
from desktop.panels.settings.disconnect_card import DisconnectCard
from desktop.panels.settings.local_data_card import LocalDataCard
from desktop.panels.settings.managed_policy_card import PolicyCard
from desktop.panels.settings.permissions_card import PermissionsCard
from desktop.panels.settings.retention_card import RetentionCard
from desktop.panels.settings.sailthru_connection_card import SailthruConnectionCard
from desktop.panels.settings.settings_form import SettingsForm
from desktop.panels.settings.zendesk_connection_card import ZendeskConnectionCard
from desktop.panels.settings_page import SettingsPage
from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.settings import settings_table
from desktop.settings.managed_policy import ManagedPolicy
from desktop.vault.secret import Secret
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.settings_page_driver import SettingsPageDriver, connect_workspace, setup_document
from tests.support.window_sandbox import PageSandbox
from tests.support.window_workspace import await_with_timeout, make_workspace_services, wait_until


async def test_settings_page_contains_every_setting(admin_page: SettingsPageDriver) -> None:
    shown: set[str] = set()
    for key, _ in SettingsPage.SECTIONS:
        admin_page.page.show_section(key)
        for card in admin_page.page.cards[key]:
            shown |= {key for form in card.findChildren(SettingsForm) for key in form.rows}
    # These have controls of their own: sign-in, switches, the tick beside the key.
    own = {
        settings_table.CHANGES_ENABLED.key,
        settings_table.HAS_DEDICATED_KEY.key,
        settings_table.NOTE_TEMPLATES.key,
        settings_table.SOURCE_RECORDS.key,
        settings_table.SELL_ENABLED.key,
        settings_table.SELL_AUTH.key,
        settings_table.SELL_CLIENT_ID.key,
        settings_table.LEADS.key,
        *(r.key for r in settings_table.PERMISSION_SETTINGS.values()),
    }
    own |= {row.key for row in settings_table.ALL_SETTINGS if row.key.startswith("zendesk.")}
    assert shown | own == set(settings_table.SETTINGS_BY_KEY)


async def test_settings_invalid_value_is_explained_and_not_stored(
    admin_page: SettingsPageDriver,
) -> None:
    row = admin_page.find_setting_row("names", settings_table.HEALTH_VAR.key)
    field = row.control
    assert isinstance(field, QLineEdit)
    field.setText("bad name!")
    field.editingFinished.emit()
    assert row.error_label.text() == "“bad name!” may hold only letters, digits and underscores."
    assert row.error_label.isVisible()
    assert field.text() == "bad name!"
    assert admin_page.house.session.values.get(settings_table.HEALTH_VAR) == "zendesk_health"
    field.setText("mood")
    field.editingFinished.emit()
    assert not row.error_label.isVisible()
    assert (
        admin_page.house.session.connection_config.settings_file.load().values.get(
            settings_table.HEALTH_VAR
        )
        == "mood"
    )


async def test_settings_tables_are_edited_one_per_line(admin_page: SettingsPageDriver) -> None:
    row = admin_page.find_setting_row("names", settings_table.SEGMENT_LISTS.key)
    field = row.control
    assert isinstance(field, QPlainTextEdit)
    field.setPlainText("Gold = 4\nSilver = x")
    admin_page.model.form.change_setting(row.field.path, field.toPlainText())
    assert "“Silver = x”" in row.error_label.text()
    field.setPlainText("Gold = 4\nSilver = 3")
    admin_page.model.form.change_setting(row.field.path, field.toPlainText())
    assert dict(admin_page.house.session.values.get(settings_table.SEGMENT_LISTS)) == {
        "Gold": 4,
        "Silver": 3,
    }
    assert (
        admin_page.model.form.state([row.field.path]).values[row.field.path]
        == "Gold = 4\nSilver = 3"
    )
    assert admin_page.model.form.change_setting(
        settings_table.PREDICTION_VARS.key, "rev_365, USD, 365"
    )
    (prediction,) = admin_page.house.session.values.get(settings_table.PREDICTION_VARS)
    assert (prediction.var, prediction.unit, prediction.horizon_days) == ("rev_365", "USD", 365)


async def test_settings_theme_is_stored_at_once(admin_page: SettingsPageDriver) -> None:
    row = admin_page.find_setting_row("window", settings_table.WINDOW_THEME.key)
    field = row.control
    assert isinstance(field, SegmentedControl)
    field.segment("dark").click()
    assert admin_page.house.session.values.get(settings_table.WINDOW_THEME) == "dark"


async def test_settings_as_agent_admin_settings_are_disabled_with_reason(
    agent_page: SettingsPageDriver,
) -> None:
    row = agent_page.find_setting_row("names", settings_table.SYNC_MARK_VAR.key)
    assert not row.control.isEnabled()
    assert "Only an admin can change this." in row.help_label.text()
    card = agent_page.find_card("permissions", PermissionsCard)
    assert not card.changes_switch.isEnabled()
    cell = card.permission_switches[Role.AGENT, Permission.OPT_IN]
    assert not cell.isEnabled()
    assert "Only an admin" in cell.toolTip()
    # The rule holds below the switch, too.
    agent_page.model.permissions.set_permission(Role.AGENT, Permission.OPT_IN, True)
    assert not agent_page.house.session.rules.permissions[Role.AGENT][Permission.OPT_IN]
    assert not agent_page.model.form.change_setting(settings_table.SYNC_MARK_VAR.key, "mine")
    assert agent_page.house.session.values.get(settings_table.SYNC_MARK_VAR) == "zendesk_sync"


async def test_settings_managed_are_disabled_and_listed(
    theme: ApplicationTheme, sandbox: PageSandbox, tmp_path: Path
) -> None:
    key = settings_table.OPT_IN_LINK.key
    policy = ManagedPolicy(values={key: "https://acme.example/in"}, sources=(Path("/etc/f.json"),))
    house = make_workspace_services(tmp_path / "managed", policy=policy)
    office = await connect_workspace(house, setup_document(sandbox))
    row = office.find_setting_row("names", key)
    field = row.control
    assert isinstance(field, QLineEdit)
    assert not field.isEnabled()
    assert field.text() == "https://acme.example/in"
    assert "Managed by your organisation" in row.help_label.text()
    assert not office.model.form.change_setting(key, "https://other.example")
    policies = office.find_card("team", PolicyCard)
    name, value, _ = policies._rows.row_cells(0)
    assert (name.full_text(), value.full_text()) == (
        settings_table.OPT_IN_LINK.label, "https://acme.example/in",
    )  # fmt: skip
    assert "/etc/f.json" in policies._sources.text()
    await office.close_page()
    await house.close()


async def test_settings_connections_are_tested_separately(admin_page: SettingsPageDriver) -> None:
    seen: list[int] = []
    admin_page.model.connection_test.changed.connect(
        lambda: seen.append(len(admin_page.model.connection_test.view().checks))
    )
    card = admin_page.find_card("connections", ConnectionTestCard)
    card.test_button.click()
    assert not card.test_button.isEnabled()
    await wait_until(lambda: not admin_page.model.connection_test.view().is_busy)
    marks = {check.name: check.symbol for check in admin_page.model.connection_test.view().checks}
    for name in ("Keyring", "Zendesk: role", "Sailthru: user", "Sailthru: list", "Sailthru: job"):
        assert marks[name] == "✓", name
    assert len(set(seen)) > 5
    # Nobody has to scroll for what was asked.
    await wait_until(lambda: not card.check_list.check_rows[-1].visibleRegion().isEmpty())
    assert card.test_button.isEnabled()
    assert "everything needed works" in card.note_label.full_text()


async def test_settings_sign_out_erases_cache_and_keeps_waiting_edits(
    admin_page: SettingsPageDriver,
) -> None:
    house = admin_page.house
    await await_with_timeout(
        house.lookup.look_up_query(parse_lookup_query("maria@lopez.example"), lambda _sheet: None)
    )
    target = EditTarget(Service.SAILTHRU, "5e9f3c1b2a4d6e8f00713401", "maria@lopez.example")
    await house.editor.submit([EditRequest(EditKind.VAR, target, "city", "Lisbon", "Faro")])
    assert house.store.sheet_reader.count_customers.blocking() > 0
    card = admin_page.find_card("connections", ZendeskConnectionCard)
    admin_page.model.zendesk.refresh()
    await wait_until(lambda: "1 change waits" in card._waiting.text())
    card.sign_out_button.click()
    await wait_until(lambda: not admin_page.model.zendesk.view().busy_text)
    assert admin_page.model.zendesk.signed_in_text() == ""
    assert house.session.clients.zendesk is None
    assert await house.session.connection_config.vault.get(Secret.ZENDESK_TOKEN) is None
    assert house.store.sheet_reader.count_customers.blocking() == 0
    assert house.store.outbox.count_open.blocking() == 1


async def test_settings_disconnect_confirms_and_lists_consequences(
    admin_page: SettingsPageDriver,
) -> None:
    house = admin_page.house
    await await_with_timeout(
        house.lookup.look_up_query(parse_lookup_query("maria@lopez.example"), lambda _sheet: None)
    )
    target = EditTarget(Service.SAILTHRU, "5e9f3c1b2a4d6e8f00713401", "maria@lopez.example")
    await house.editor.submit([EditRequest(EditKind.VAR, target, "city", "Lisbon", "Faro")])
    card = admin_page.find_card("connections", DisconnectCard)
    told: list[str] = []
    admin_page.model.disconnect_model.message_posted.connect(told.append)
    for answer in ("cancel", "confirm"):
        card.disconnect_button.click()
        await wait_until(lambda: admin_page.window.findChildren(ConfirmationDialog))
        question = admin_page.window.findChildren(ConfirmationDialog)[-1]
        said = question.accessibleDescription()
        assert "key and secret are erased" in said
        assert "1 change still waits to be sent: kept" in said
        assert any("record of changes" in part.text() for part in question.findChildren(QLabel))
        getattr(question, f"{answer}_button").click()
        assert card._confirm_task is not None
        await wait_until(card._confirm_task.done)
        await asyncio.sleep(0.05)
        if answer == "cancel":
            assert house.session.is_connected
            assert house.store.sheet_reader.count_customers.blocking() > 0
    await wait_until(lambda: told)
    assert not house.session.is_connected
    vault = house.session.connection_config.vault
    for secret in (Secret.ZENDESK_TOKEN, Secret.SAILTHRU_KEY, Secret.SAILTHRU_SECRET):
        assert await vault.get(secret) is None
    # Kept until somebody erases it.
    assert house.store.sheet_reader.count_customers.blocking() > 0
    assert house.store.outbox.count_open.blocking() == 1
    assert not house.session.values.get(settings_table.CHANGES_ENABLED)
    assert not house.session.rules.are_changes_enabled
    assert "disconnected" in card.result_note.text()


async def test_settings_disconnect_as_agent_is_disabled_with_reason(
    agent_page: SettingsPageDriver,
) -> None:
    card = agent_page.find_card("connections", DisconnectCard)
    assert not card.disconnect_button.isEnabled()
    assert card.disconnect_button.accessibleDescription() == "Only an admin can change this."
    agent_page.model.disconnect_model.disconnect_services()
    await wait_until(lambda: agent_page.model.disconnect_model.view().error)
    assert agent_page.house.session.is_connected


async def test_settings_kept_customers_are_erased_after_confirmation(
    admin_page: SettingsPageDriver, qtbot: QtBot
) -> None:
    house = admin_page.house
    await await_with_timeout(
        house.lookup.look_up_query(parse_lookup_query("maria@lopez.example"), lambda _sheet: None)
    )
    card = admin_page.find_card("data", LocalDataCard)
    admin_page.model.data.count_kept()
    await wait_until(card.erase_button.isVisible)
    count = house.store.sheet_reader.count_customers.blocking()
    for answer in ("cancel", "confirm"):
        card.erase_button.click()
        await wait_until(lambda: admin_page.window.findChildren(ConfirmationDialog))
        question = admin_page.window.findChildren(ConfirmationDialog)[-1]
        assert f"erase {count} customer" in question.accessibleDescription()
        getattr(question, f"{answer}_button").click()
        assert card._confirm_task is not None
        await wait_until(card._confirm_task.done)
        await asyncio.sleep(0.05)
        if answer == "cancel":
            assert house.store.sheet_reader.count_customers.blocking() == count
    await wait_until(lambda: house.store.sheet_reader.count_customers.blocking() == 0)
    await wait_until(lambda: card._kept_count_label.text() == "No customer is kept.")


async def test_settings_fewer_days_ask_with_the_customers_they_erase(
    admin_page: SettingsPageDriver,
) -> None:
    house = admin_page.house
    await await_with_timeout(
        house.lookup.look_up_query(parse_lookup_query("maria@lopez.example"), lambda _sheet: None)
    )
    old = house.context.clock.now() - 5 * 86_400
    house.store.mirror_db.write(lambda c: c.execute("UPDATE opened_customer SET at = ?", (old,)))
    card = admin_page.find_card("data", LocalDataCard)
    field = card.form.rows[settings_table.CACHE_DAYS.key].control

    def stored() -> int:
        return house.session.values.get(settings_table.CACHE_DAYS)

    async def keep_for(days: int, answer: str = "") -> None:
        field.setValue(days)
        field.editingFinished.emit()
        await wait_until(lambda: card.change.task is not None)
        if answer:
            await wait_until(lambda: admin_page.window.findChildren(ConfirmationDialog))
            question = admin_page.window.findChildren(ConfirmationDialog)[-1]
            assert question.windowTitle() == f"Keep opened customers for {days} days only?"
            assert question.accessibleDescription().startswith("1 customer not opened since then")
            getattr(question, f"{answer}_button").click()
        assert card.change.task is not None
        await wait_until(card.change.task.done)

    # Nobody is lost by it, so nobody is asked.
    await keep_for(10)
    assert stored() == 10
    await keep_for(3, "cancel")
    assert (stored(), field.value()) == (10, 10)
    await keep_for(3, "confirm")
    assert stored() == 3
    await keep_for(30)
    assert stored() == 30
    # Quicker than the customers are counted: the last step is the one that is meant.
    for days in (29, 28):
        field.setValue(days)
        field.editingFinished.emit()
    await wait_until(card.change.task.done)
    assert (stored(), field.value()) == (28, 28)


async def test_settings_shorter_retention_shows_what_it_drops_and_waits_for_yes(
    admin_page: SettingsPageDriver,
) -> None:
    house, now = admin_page.house, admin_page.house.context.clock.now()
    old = KeptTicket(
        id=1, requester_id=7, subject="Late", status="closed", priority=None,
        created_at=now - 40 * 86_400, updated_at=now - 40 * 86_400,
    )  # fmt: skip
    await await_with_timeout(house.data_store.tickets.save_tickets([old], "1", now))
    await await_with_timeout(house.retention.confirm(await house.retention.find_impact({})))
    card = admin_page.find_card("data", RetentionCard)
    key = settings_table.RETENTION_DAYS[ActivityType.TICKETS].key
    field = card.forms[key].rows[key].control
    for answer, wanted in (("cancel", 90), ("confirm", 30)):
        field.setValue(30)
        field.editingFinished.emit()
        await wait_until(
            lambda: [w for w in admin_page.window.findChildren(ConfirmationDialog) if w.isVisible()]
        )
        question = admin_page.window.findChildren(ConfirmationDialog)[-1]
        assert question.windowTitle() == "Drop 1 row from this computer?"
        assert "1 ticket of 1 person" in question.accessibleDescription()
        # Nothing has happened yet.
        assert house.session.values.get(settings_table.RETENTION_DAYS[ActivityType.TICKETS]) == 90
        getattr(question, f"{answer}_button").click()
        await wait_until(lambda: card.change.task is None or card.change.task.done())
        assert field.value() == wanted
    await wait_until(lambda: card.result_note.text())
    assert (await house.retention.list_rows())[0].rows == 0
    assert house.session.values.get(settings_table.RETENTION_DAYS[ActivityType.TICKETS]) == 30


async def test_settings_new_key_replaces_old_after_it_works(
    admin_page: SettingsPageDriver, sandbox: PageSandbox
) -> None:
    vault = admin_page.house.session.connection_config.vault
    before = await vault.get(Secret.SAILTHRU_KEY)
    card = admin_page.find_card("connections", SailthruConnectionCard)
    await wait_until(card.replace_button.isVisible)
    assert not card.key_field.isVisible()
    card.replace_button.click()
    assert card.key_field.isVisible()
    card.key_field.field.setText("k" * 32)
    card.secret_field.field.setText("s" * 32)
    card.dedicated_key_box.setChecked(True)
    card.test_button.click()
    await wait_until(lambda: admin_page.model.sailthru.view().error)
    assert await vault.get(Secret.SAILTHRU_KEY) == before
    card.key_field.field.setText(sandbox.sailthru["agent_api_key"])
    card.secret_field.field.setText(sandbox.sailthru["agent_api_secret"])
    card.test_button.click()
    await wait_until(lambda: not admin_page.model.sailthru.view().is_busy)
    assert await vault.get(Secret.SAILTHRU_KEY) == sandbox.sailthru["agent_api_key"]
    assert not card.key_field.isVisible()


async def test_settings_key_of_another_account_asks_what_becomes_of_what_waits(
    admin_page: SettingsPageDriver, sandbox: PageSandbox
) -> None:
    house = admin_page.house
    target = EditTarget(Service.SAILTHRU, "5e9f3c1b2a4d6e8f00713401", "maria@lopez.example")
    await house.editor.submit([EditRequest(EditKind.VAR, target, "city", "Lisbon", "Faro")])
    card = admin_page.find_card("connections", SailthruConnectionCard)
    await wait_until(card.replace_button.isVisible)
    own_account = sandbox.control("GET", "account")["account_id"]
    sandbox.control("POST", "account", {"account_id": 22222})
    try:
        for answer, waiting in (("cancel", 1), ("confirm", 0)):
            card.test_button.click()
            await wait_until(lambda: admin_page.window.findChildren(ConfirmationDialog))
            question = admin_page.window.findChildren(ConfirmationDialog)[-1]
            assert "1 edit that waits" in question.accessibleDescription()
            getattr(question, f"{answer}_button").click()
            assert card.account_move_question.task is not None
            await wait_until(card.account_move_question.task.done)
            await wait_until(lambda: not admin_page.model.sailthru.view().is_busy)
            assert house.store.outbox.count_open.blocking() == waiting
            await wait_until(lambda: not admin_page.window.findChildren(ConfirmationDialog))
        current = house.store.accounts.get_current.blocking()
        assert current is not None
        assert current.sailthru_account == "22222"
        assert house.session.is_connected
    finally:
        sandbox.control("POST", "account", {"account_id": own_account})


async def test_settings_service_uri_is_hidden_and_resettable(
    admin_page: SettingsPageDriver,
) -> None:
    card = admin_page.find_card("connections", SailthruConnectionCard)
    assert not card.service_uri_form.isVisible()
    card.advanced_button.click()
    assert card.service_uri_form.isVisible()
    card.reset_uri_button.click()
    assert (
        admin_page.house.session.values.get(settings_table.SERVICE_URI)
        == "https://api.sailthru.com"
    )
    assert not admin_page.model.form.change_setting(
        settings_table.SERVICE_URI.key, "http://api.sailthru.com"
    )
    assert (
        "Plain http"
        in card.service_uri_form.rows[settings_table.SERVICE_URI.key].error_label.text()
    )


async def test_settings_damaged_file_is_shown(admin_page: SettingsPageDriver) -> None:
    admin_page.house.workspace.settings_path.write_text("{", "utf-8")
    admin_page.house.session.reload_settings()
    assert "settings file was damaged" in admin_page.page.banner.title_label.text()
    assert admin_page.page.banner.isVisible()


async def test_settings_sections_are_navigable_by_keyboard(
    admin_page: SettingsPageDriver, qtbot: QtBot
) -> None:
    admin_page.page.section_list.setFocus()
    for _, words in SettingsPage.SECTIONS[1:]:
        qtbot.keyClick(admin_page.page.section_list, Qt.Key.Key_Down)
        item = admin_page.page.section_list.currentItem()
        assert item is not None
        assert item.text() == words
    assert admin_page.page._pages.currentIndex() == len(SettingsPage.SECTIONS) - 1


@pytest.mark.parametrize("width", [368, 1060])
async def test_settings_controls_have_names_and_texts_fit(
    admin_page: SettingsPageDriver, width: int, theme: ApplicationTheme
) -> None:
    admin_page.window.resize(width, 800)
    for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
        theme.choose(choice)
        for key, _ in SettingsPage.SECTIONS:
            admin_page.page.show_section(key)
            # A layout settles over several turns of the event loop, one for each level of nesting.
            for card in admin_page.page.cards[key]:
                await wait_until(lambda card=card: clipped_texts(card) == [])
            assert admin_page.window.width() == width
            assert controls_without_name(admin_page.page) == [], key
    assert admin_page.page.section_list.isVisible() is (width > 700)
    assert admin_page.page.section_dropdown.isVisible() is (width < 700)
    theme.choose(ThemeChoice.LIGHT)
