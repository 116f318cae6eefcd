"""The page against a real settings file, a real store and the running sandbox."""

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from desktop.connect.roles import Role
from desktop.model.edit import EditKind, Intent, Service, Target
from desktop.model.permission import Permission
from desktop.model.query import recognise
from desktop.panels.parts.dialog import Question
from desktop.panels.settings_page import SettingsPage
from desktop.panels.theme.theme import Choice, Theme
from desktop.settings import table
from desktop.settings.policy import Policy
from desktop.vault.secret import Secret
from tests.window.at_work import RunningSandbox, make_house, soon, until
from tests.window.careful import cut_off, unnamed
from tests.window.settings.settings_desk import Office, connected, document


async def test_every_setting_is_somewhere_on_the_page(admin: Office) -> None:
    shown: set[str] = set()
    for key, _ in SettingsPage.SECTIONS:
        admin.page.show_section(key)
        for card in admin.page.cards[key]:
            rows = getattr(card, "rows", None)
            fields = list(rows.values()) if isinstance(rows, dict) else list(rows or ())
            fields += getattr(card, "fields", [])
            shown |= {field.key for field in fields}
    sailthru = admin.page.cards["connections"][1]
    shown.add(sailthru.uri.key)
    # These have controls of their own: sign-in, switches, the tick beside the key.
    own = {table.CHANGES.key, table.DEDICATED_KEY.key, *(r.key for r in table.PERMISSIONS.values())}
    own |= {row.key for row in table.TABLE if row.key.startswith("zendesk.")}
    assert shown | own == set(table.BY_KEY)


async def test_a_refused_value_says_why_at_the_field_and_stores_nothing(admin: Office) -> None:
    row = admin.row("names", table.HEALTH_VAR.key)
    field = row.field()
    assert isinstance(field, QLineEdit)
    field.setText("bad name!")
    field.editingFinished.emit()
    assert row.error_label.text() == "“bad name!” may hold only letters, digits and underscores."
    assert row.error_label.isVisible()
    assert field.text() == "bad name!"
    assert admin.house.live.values.get(table.HEALTH_VAR) == "zendesk_health"
    field.setText("mood")
    field.editingFinished.emit()
    assert not row.error_label.isVisible()
    assert admin.house.live.desk.settings.load().values.get(table.HEALTH_VAR) == "mood"


async def test_tables_are_written_one_per_line(admin: Office) -> None:
    row = admin.row("names", table.SEGMENT_LISTS.key)
    field = row.field()
    assert isinstance(field, QPlainTextEdit)
    field.setPlainText("Gold = 4\nSilver = x")
    admin.model.form.set(row.key, field.toPlainText())
    assert "“Silver = x”" in row.error_label.text()
    field.setPlainText("Gold = 4\nSilver = 3")
    admin.model.form.set(row.key, field.toPlainText())
    assert dict(admin.house.live.values.get(table.SEGMENT_LISTS)) == {"Gold": 4, "Silver": 3}
    assert admin.model.form.field(row.key).value == "Gold = 4\nSilver = 3"
    assert admin.model.form.set(table.PREDICTION_VARS.key, "rev_365, USD, 365")
    (prediction,) = admin.house.live.values.get(table.PREDICTION_VARS)
    assert (prediction.var, prediction.unit, prediction.horizon_days) == ("rev_365", "USD", 365)


async def test_the_theme_is_a_choice_that_is_stored_at_once(admin: Office) -> None:
    row = admin.row("window", table.THEME.key)
    row.field().segment("dark").click()
    assert admin.house.live.values.get(table.THEME) == "dark"


async def test_an_agent_sees_admins_settings_greyed_with_the_reason(agent: Office) -> None:
    row = agent.row("names", table.MARK_VAR.key)
    assert not row.field().isEnabled()
    assert "Only an admin can change this." in row.help_label.text()
    agent.page.show_section("permissions")
    (card,) = agent.page.cards["permissions"]
    assert not card.changes.isEnabled()
    cell = card.switches[Role.AGENT, Permission.OPT_IN]
    assert not cell.isEnabled()
    assert "Only an admin" in cell.toolTip()
    # The rule holds below the switch, too.
    agent.model.permissions.set_cell(Role.AGENT, Permission.OPT_IN, True)
    assert not agent.house.live.rules.table[Role.AGENT][Permission.OPT_IN]
    assert not agent.model.form.set(table.MARK_VAR.key, "mine")
    assert agent.house.live.values.get(table.MARK_VAR) == "zendesk_sync"


async def test_what_an_organisation_manages_is_greyed_and_listed(
    theme: Theme, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    key = table.OPT_IN_LINK.key
    policy = Policy(values={key: "https://acme.example/in"}, sources=(Path("/etc/f.json"),))
    house = make_house(tmp_path / "managed", policy=policy)
    office = await connected(house, document(sandbox))
    row = office.row("names", key)
    assert not row.field().isEnabled()
    assert row.field().text() == "https://acme.example/in"
    assert "Managed by your organisation" in row.help_label.text()
    assert not office.model.form.set(key, "https://other.example")
    office.page.show_section("team")
    policies = office.page.cards["team"][1]
    name, value, _ = policies._rows.cells(0)
    assert (name.full_text(), value.full_text()) == (
        table.OPT_IN_LINK.label, "https://acme.example/in",
    )  # fmt: skip
    assert "/etc/f.json" in policies._sources.text()
    await office.leave()
    await house.close()


async def test_all_connections_are_tested_one_by_one(admin: Office) -> None:
    seen: list[int] = []
    admin.model.doctor.changed.connect(lambda: seen.append(len(admin.model.doctor.checks())))
    card = admin.page.cards["connections"][2]
    card.test.click()
    assert not card.test.isEnabled()
    await until(lambda: not admin.model.doctor.busy)
    marks = {check.name: check.mark for check in admin.model.doctor.checks()}
    for name in ("Keyring", "Zendesk: role", "Sailthru: user", "Sailthru: list", "Sailthru: job"):
        assert marks[name] == "✓", name
    assert len(set(seen)) > 5
    assert card.test.isEnabled()
    assert "everything needed works" in card.note_label.full_text()


async def test_signing_out_erases_customers_and_keeps_what_waits(admin: Office) -> None:
    house = admin.house
    await soon(house.lookup.look_up_query(recognise("maria@lopez.example"), lambda _sheet: None))
    target = Target(Service.SAILTHRU, "5e9f3c1b2a4d6e8f00713401", "maria@lopez.example")
    await house.editor.submit([Intent(EditKind.VAR, target, "city", "Lisbon", "Faro")])
    assert house.store.reader.kept_count() > 0
    card = admin.page.cards["connections"][0]
    admin.model.zendesk.refresh()
    assert "1 change waits" in card._waiting.text()
    card.sign_out.click()
    await until(lambda: not admin.model.zendesk.view().busy)
    assert admin.model.zendesk.signed_in() == ""
    assert house.live.services.zendesk is None
    assert await house.live.desk.vault.get(Secret.ZENDESK_TOKEN) is None
    assert house.store.reader.kept_count() == 0
    assert house.store.outbox.open_count() == 1


async def test_disconnecting_asks_once_and_says_what_goes_stays_and_waits(admin: Office) -> None:
    house = admin.house
    await soon(house.lookup.look_up_query(recognise("maria@lopez.example"), lambda _sheet: None))
    target = Target(Service.SAILTHRU, "5e9f3c1b2a4d6e8f00713401", "maria@lopez.example")
    await house.editor.submit([Intent(EditKind.VAR, target, "city", "Lisbon", "Faro")])
    card = admin.page.cards["connections"][3]
    told: list[str] = []
    admin.model.leaving.told.connect(told.append)
    for answer in ("cancel", "confirm"):
        card.leave.click()
        await until(lambda: admin.window.findChildren(Question))
        question = admin.window.findChildren(Question)[-1]
        said = question.accessibleDescription()
        assert "key and secret are erased" in said
        assert "1 change still waits to be sent: kept" in said
        assert any("record of changes" in part.text() for part in question.findChildren(QLabel))
        getattr(question, f"{answer}_button").click()
        await until(card._asking.done)
        await asyncio.sleep(0.05)
        if answer == "cancel":
            assert house.live.connected
            assert house.store.reader.kept_count() > 0
    await until(lambda: told)
    assert not house.live.connected
    vault = house.live.desk.vault
    for secret in (Secret.ZENDESK_TOKEN, Secret.SAILTHRU_KEY, Secret.SAILTHRU_SECRET):
        assert await vault.get(secret) is None
    assert house.store.reader.kept_count() == 0
    assert house.store.outbox.open_count() == 1
    assert not house.live.values.get(table.CHANGES)
    assert not house.live.rules.changes
    assert "disconnected" in card._told.text()


async def test_an_agent_is_told_why_they_cannot_disconnect(agent: Office) -> None:
    agent.page.show_section("connections")
    card = agent.page.cards["connections"][3]
    assert not card.leave.isEnabled()
    assert card.leave.accessibleDescription() == "Only an admin can change this."
    agent.model.leaving.leave()
    await until(lambda: agent.model.leaving.view().trouble)
    assert agent.house.live.connected


async def test_kept_customers_are_deleted_after_one_question_with_their_count(
    admin: Office, qtbot: QtBot
) -> None:
    house = admin.house
    await soon(house.lookup.look_up_query(recognise("maria@lopez.example"), lambda _sheet: None))
    admin.page.show_section("data")
    (card,) = admin.page.cards["data"]
    admin.model.data.count()
    await until(card.forget.isVisible)
    count = house.store.reader.kept_count()
    for answer in ("cancel", "confirm"):
        card.forget.click()
        await until(lambda: admin.window.findChildren(Question))
        question = admin.window.findChildren(Question)[-1]
        assert f"delete {count} customer" in question.accessibleDescription()
        getattr(question, f"{answer}_button").click()
        await until(card._asking.done)
        await asyncio.sleep(0.05)
        if answer == "cancel":
            assert house.store.reader.kept_count() == count
    await until(lambda: house.store.reader.kept_count() == 0)
    await until(lambda: card._kept.text() == "No customer is kept.")


async def test_replacing_the_key_keeps_the_old_one_until_the_new_one_works(
    admin: Office, sandbox: RunningSandbox
) -> None:
    vault = admin.house.live.desk.vault
    before = await vault.get(Secret.SAILTHRU_KEY)
    card = admin.page.cards["connections"][1]
    await until(card.replace.isVisible)
    assert not card.key.isVisible()
    card.replace.click()
    assert card.key.isVisible()
    card.key.field.setText("k" * 32)
    card.secret.field.setText("s" * 32)
    card.own.setChecked(True)
    card.test.click()
    await until(lambda: admin.model.sailthru.view().trouble)
    assert await vault.get(Secret.SAILTHRU_KEY) == before
    card.key.field.setText(sandbox.sailthru["agent_api_key"])
    card.secret.field.setText(sandbox.sailthru["agent_api_secret"])
    card.test.click()
    await until(lambda: not admin.model.sailthru.view().busy)
    assert await vault.get(Secret.SAILTHRU_KEY) == sandbox.sailthru["agent_api_key"]
    assert not card.key.isVisible()


async def test_the_service_uri_is_hidden_and_can_be_reset(admin: Office) -> None:
    card = admin.page.cards["connections"][1]
    assert not card.uri.isVisible()
    card.advanced.click()
    assert card.uri.isVisible()
    card.reset.click()
    assert admin.house.live.values.get(table.SERVICE_URI) == "https://api.sailthru.com"
    assert not admin.model.form.set(table.SERVICE_URI.key, "http://api.sailthru.com")
    assert "Plain http" in card.uri.error_label.text()


async def test_a_damaged_file_is_told_on_the_page(admin: Office) -> None:
    admin.house.workspace.settings_path.write_text("{", "utf-8")
    admin.house.live.reload()
    assert "settings file was damaged" in admin.page.banner.title_label.text()
    assert admin.page.banner.isVisible()


async def test_sections_are_gone_through_by_keyboard(admin: Office, qtbot: QtBot) -> None:
    admin.page.list.setFocus()
    for _, words in SettingsPage.SECTIONS[1:]:
        qtbot.keyClick(admin.page.list, Qt.Key.Key_Down)
        item = admin.page.list.currentItem()
        assert item is not None
        assert item.text() == words
    assert admin.page._pages.currentIndex() == len(SettingsPage.SECTIONS) - 1


@pytest.mark.parametrize("width", [368, 1060])
async def test_every_section_names_its_controls_and_cuts_no_text(
    admin: Office, width: int, theme: Theme
) -> None:
    admin.window.resize(width, 800)
    for choice in (Choice.LIGHT, Choice.DARK):
        theme.choose(choice)
        for key, _ in SettingsPage.SECTIONS:
            admin.page.show_section(key)
            await asyncio.sleep(0.05)
            assert admin.window.width() == width
            assert unnamed(admin.page) == [], key
            for card in admin.page.cards[key]:
                assert cut_off(card) == [], key
    assert admin.page.list.isVisible() is (width > 700)
    assert admin.page.choice.isVisible() is (width < 700)
    theme.choose(Choice.LIGHT)
