"""The card Zendesk Sell: connecting by token or OAuth, its end, the export, disconnecting."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.connect.workspace_setup import set_up_workspace
from desktop.customer.sell_export.export_folder import MANIFEST, STATE
from desktop.panels.settings.sell_connection_card import SellConnectionCard
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.settings import settings_table
from desktop.vault.secret import Secret
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.settings_page_driver import SettingsPageDriver
from tests.support.sign_in_browser import Browser, hold_redirect_ports
from tests.support.window_sandbox import PageSandbox
from tests.support.window_workspace import await_with_timeout, wait_until


async def point_at_sandbox(page: SettingsPageDriver, sandbox: PageSandbox) -> SellConnectionCard:
    """Set the address of Sell, which is the sandbox's here, and find the card."""
    address = {"sell": {"base_url": sandbox.connection_document["sell"]["base_url"]}}
    await await_with_timeout(set_up_workspace(address, page.house.session.connection_config))
    page.house.session.reload_settings()
    return page.find_card("connections", SellConnectionCard)


async def connect(page: SettingsPageDriver, sandbox: PageSandbox) -> SellConnectionCard:
    card = await point_at_sandbox(page, sandbox)
    card.token_field.field.setText(sandbox.connection_document["sell"]["access_token"])
    card.connect_button.click()
    await wait_until(lambda: card.export_button.isVisible() and card.export_button.isEnabled())
    return card


def find_exports(parent: Path) -> list[Path]:
    return sorted(parent.glob("sell-export-*"))


async def test_sell_is_connected_by_a_token(
    admin_page: SettingsPageDriver, sandbox: PageSandbox
) -> None:
    card = await connect(admin_page, sandbox)
    session = admin_page.house.session
    assert session.clients.sell is not None
    token = sandbox.connection_document["sell"]["access_token"]
    assert await session.connection_config.vault.get(Secret.SELL_TOKEN) == token
    assert card.token_field.text() == ""
    assert card.result_note.text() == "Zendesk Sell is connected."
    view = admin_page.model.sell.view()
    assert {check.name for check in view.checks} >= {
        "Zendesk Sell: token",
        "Zendesk Sell: products",
    }
    assert not controls_without_name(card)
    assert not clipped_texts(card)


async def test_sell_token_that_is_refused_is_not_kept(
    admin_page: SettingsPageDriver, sandbox: PageSandbox
) -> None:
    card = await point_at_sandbox(admin_page, sandbox)
    card.connect_button.click()
    assert admin_page.model.sell.field_errors == {"token": "Enter the access token."}
    card.token_field.field.setText("x" * 64)
    card.connect_button.click()
    await wait_until(lambda: card.error_banner.isVisible())
    assert admin_page.house.session.clients.sell is None
    config = admin_page.house.session.connection_config
    assert await config.vault.get(Secret.SELL_TOKEN) is None
    assert not config.settings_file.load().values.get(settings_table.SELL_ENABLED)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Whoever allows the app in the browser, as soon as the card opens it."""
    person = Browser("")
    monkeypatch.setattr("desktop.panels.settings.sell_connection_card.open_web_page", person)
    with hold_redirect_ports():
        yield person


def fill_in_client(card: SellConnectionCard, sandbox: PageSandbox) -> None:
    about = sandbox.connection_document["sell"]
    card.sign_in_method.chosen.emit("oauth")
    card.client_field.setText(about["oauth_client_id"])
    card.secret_field.field.setText(about["oauth_client_secret"])


async def test_sell_is_connected_by_oauth(
    admin_page: SettingsPageDriver, sandbox: PageSandbox, browser: Browser
) -> None:
    card = await point_at_sandbox(admin_page, sandbox)
    assert card.token_field.isVisible()
    assert not card.oauth_form.isVisible()
    card.sign_in_method.chosen.emit("oauth")
    assert card.oauth_form.isVisible()
    assert not card.token_field.isVisible()
    assert not card.connect_button.isVisible()
    card.sign_in_button.click()
    model = admin_page.model.sell
    assert model.field_errors == {
        "client": "Enter the client ID.",
        "secret": "Enter the client secret.",
    }
    fill_in_client(card, sandbox)
    assert not controls_without_name(card)
    await wait_until(lambda: not clipped_texts(card))
    card.sign_in_button.click()
    await wait_until(lambda: card.cancel_sign_in_button.isVisible())
    assert "127.0.0.1" in card._waiting_label.text()
    assert not card.sign_in_button.isEnabled()
    card.cancel_sign_in_button.click()
    await wait_until(lambda: not card.cancel_sign_in_button.isVisible())
    assert admin_page.house.session.clients.sell is None

    browser.answer = "&auto=allow"
    card.sign_in_button.click()
    await wait_until(lambda: card.result_note.text() == "Zendesk Sell is connected.")
    await browser.closed()
    session = admin_page.house.session
    assert session.clients.sell is not None
    assert card.secret_field.text() == ""
    assert "The sign-in is" in model.view().status_text
    assert await session.connection_config.vault.get(Secret.SELL_TOKEN) is None
    # What has ended is renewed from the card, with the client that is kept.
    assert card.sign_in_button.text() == "Sign in again…"
    assert not card.oauth_form.isVisible()
    card.sign_in_button.click()
    await wait_until(lambda: card.cancel_sign_in_button.isVisible())
    await wait_until(
        lambda: not card.cancel_sign_in_button.isVisible() and not model.view().is_busy
    )
    assert not model.view().error
    await browser.closed()


async def test_oauth_client_that_sell_refuses_is_said_on_the_card(
    admin_page: SettingsPageDriver, sandbox: PageSandbox, browser: Browser
) -> None:
    browser.answer = "&auto=allow"
    card = await point_at_sandbox(admin_page, sandbox)
    fill_in_client(card, sandbox)
    card.secret_field.field.setText("wrong")
    card.sign_in_button.click()
    await wait_until(lambda: card.error_banner.isVisible())
    assert admin_page.model.sell.view().error.title == "Zendesk Sell refused the OAuth client."
    await browser.closed()
    assert admin_page.house.session.clients.sell is None


async def test_agent_sees_why_sell_is_not_theirs_to_connect(
    agent_page: SettingsPageDriver,
) -> None:
    card = agent_page.find_card("connections", SellConnectionCard)
    assert not card.connect_button.isEnabled()
    assert not card.sign_in_button.isEnabled()
    assert "admin" in agent_page.model.sell.view().change_reason


async def test_stopped_export_goes_on_in_its_folder(
    admin_page: SettingsPageDriver, sandbox: PageSandbox, tmp_path: Path
) -> None:
    card = await connect(admin_page, sandbox)
    model = admin_page.model.sell
    seen: set[str] = set()
    model.changed.connect(lambda: seen.add(model.view().export_text.partition(":")[0]))
    model.export_into(str(tmp_path))
    await wait_until(lambda: "Leads" in model.view().export_text)
    assert not card.disconnect_button.isEnabled()
    card.cancel_button.click()
    await wait_until(lambda: not card.cancel_button.isVisible())
    (folder,) = find_exports(tmp_path)
    assert (folder / STATE).exists()
    model.export_into(str(tmp_path))
    await wait_until(lambda: card.result_note.text().startswith("Saved "))
    assert find_exports(tmp_path) == [folder]
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["complete"]
    assert manifest["tables"]["contacts"]["rows"] >= 18
    assert {"Contacts", "Leads", "Links"} <= seen


async def test_sell_is_disconnected_after_a_question(
    admin_page: SettingsPageDriver, sandbox: PageSandbox
) -> None:
    card = await connect(admin_page, sandbox)
    card.disconnect_button.click()
    await wait_until(lambda: admin_page.window.findChild(ConfirmationDialog) is not None)
    dialog = admin_page.window.findChild(ConfirmationDialog)
    assert dialog is not None
    dialog.accept()
    await wait_until(lambda: card.connect_button.isVisible())
    session = admin_page.house.session
    assert session.clients.sell is None
    assert session.clients.zendesk is not None
    assert await session.connection_config.vault.get(Secret.SELL_TOKEN) is None


@pytest.mark.parametrize("text", ["31 August 2027", "deletes its data"])
async def test_end_of_sell_is_said_on_the_card(admin_page: SettingsPageDriver, text: str) -> None:
    card = admin_page.find_card("connections", SellConnectionCard)
    assert text in card._end_label.text()
    assert card._end_label.isVisible()
