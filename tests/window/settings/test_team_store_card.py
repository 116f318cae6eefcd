"""The card Team store: an admin joins and leaves; the address goes to the keyring alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from desktop.model.team_address import parse_team_address
from desktop.panels.settings.team_store_card import TeamStoreCard
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.store.team.team_store import build_team_store
from desktop.vault.secret import Secret
from tests.support.accessibility_checks import controls_without_name
from tests.support.postgres_server import PostgresServer, serve_postgres
from tests.support.settings_page_driver import SettingsPageDriver
from tests.support.window_workspace import wait_until


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    yield from serve_postgres(tmp_path_factory.mktemp("pg") / "server")


def open_questions() -> list[ConfirmationDialog]:
    """The questions that are asked at this moment."""
    shown = [w for w in QApplication.topLevelWidgets() if isinstance(w, ConfirmationDialog)]
    return [one for one in shown if one.isVisible()]


async def test_admin_joins_a_team_copies_a_code_revokes_and_leaves(
    admin_page: SettingsPageDriver, postgres: PostgresServer
) -> None:
    card = admin_page.find_card("team", TeamStoreCard)
    vault = admin_page.house.session.connection_config.vault
    address = postgres.address(postgres.new_database()).text
    assert card.join_button.isEnabled()
    assert not card.leave_button.isVisibleTo(card)
    assert controls_without_name(card) == []
    card.address_field.field.setText(address)
    card.join_button.click()
    await wait_until(lambda: card.leave_button.isVisibleTo(card))
    assert card.address_field.text() == ""
    kept = await vault.get(Secret.TEAM_DSN)
    assert kept is not None
    # The key of the new team stands behind the address, in the keyring alone.
    assert kept.startswith(f"{address}#")
    assert "joined by" in admin_page.model.team_store.view().desks[0].detail
    card.name_field.setText("Kim's laptop")
    card.copy_button.click()
    clipboard = QApplication.clipboard()
    await wait_until(lambda: clipboard.text().startswith("postgresql://desk_"))
    kim = build_team_store(parse_team_address(clipboard.text()), "kim")
    clipboard.clear()
    account = await admin_page.house.store.accounts.get_current()
    assert account is not None
    await kim.desks.join("Kim's laptop", "Kim", "1", account)
    kim.close()
    admin_page.model.team_store.load_status()
    await wait_until(lambda: "kim" in card.revoke_buttons)
    assert not card.shared_switch.value()
    card.shared_switch.click()
    await wait_until(lambda: admin_page.model.team_store.view().shares_rows)
    await wait_until(lambda: "Shared with your team" in card.result_note.text())
    if folder := os.environ.get("FAIRLEAD_PICTURES"):
        admin_page.window.show()
        admin_page.window.grab().save(str(Path(folder) / "team-store.png"))
    card.revoke_buttons["kim"].click()
    await wait_until(lambda: open_questions())
    open_questions()[0].confirm_button.click()
    await wait_until(lambda: "is out of the team" in card.result_note.text())
    assert "kim" not in card.revoke_buttons
    card.leave_button.click()
    await wait_until(lambda: card.join_button.isVisibleTo(card))
    assert await vault.get(Secret.TEAM_DSN) is None


async def test_address_that_weakens_the_connection_is_explained(
    admin_page: SettingsPageDriver,
) -> None:
    card = admin_page.find_card("team", TeamStoreCard)
    card.address_field.field.setText("postgresql://a:pw@db.example.com/f?sslmode=disable")
    card.join_button.click()
    await wait_until(lambda: bool(admin_page.model.team_store.view().error))
    error = admin_page.model.team_store.view().error
    assert "not checked" in error.message
    assert "pw" not in f"{error}"
    assert card.error_banner.isVisibleTo(card)


async def test_agent_sees_why_nothing_may_be_changed(agent_page: SettingsPageDriver) -> None:
    card = agent_page.find_card("team", TeamStoreCard)
    assert not card.join_button.isEnabled()
    assert "Only an admin" in agent_page.model.team_store.view().refusal
