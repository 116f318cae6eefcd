"""The first start, walked through against the running sandbox."""

import asyncio
import http.client
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.kit.errors import AuthenticationError, RateLimited
from desktop.model.permission import Permission, Role
from desktop.panels.settings.permissions_card import PermissionsCard
from desktop.panels.settings.team_card import TeamCard
from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from desktop.settings import settings_table
from desktop.vault.secret import Secret
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.setup_wizard_driver import BrowserRecorder, SetupWizardDriver
from tests.support.window_sandbox import PageSandbox
from tests.support.window_workspace import lasting_faults, wait_until


def get(url: str) -> tuple[int, str]:
    """Ask as a browser does; status, and where it is sent on to."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("location") or ""


async def answer_in_browser(url: str, answer: str) -> int:
    status, back = await asyncio.to_thread(get, f"{url}&auto={answer}")
    assert status == 302
    status, _ = await asyncio.to_thread(get, back)
    return status


async def begin(start: SetupWizardDriver, sandbox: PageSandbox, browser: BrowserRecorder) -> str:
    card = start.zendesk
    card.account_field.setText(sandbox.zendesk["base_url"])
    card.account_field.typed.emit(card.account_field.text())
    card.client_field.setText(sandbox.zendesk["oauth_client_id"])
    card.browser_sign_in_button.click()
    await wait_until(lambda: browser.opened)
    return start.model.zendesk.view().browser_url


async def connect_sailthru(start: SetupWizardDriver, sandbox: PageSandbox, who: str = "") -> None:
    start.house.session.change_settings(
        {settings_table.SERVICE_URI.key: sandbox.sailthru["service_uri"]}
    )
    card = start.sailthru
    card.key_field.field.setText(sandbox.sailthru[f"{who}api_key"])
    card.secret_field.field.setText(sandbox.sailthru[f"{who}api_secret"])
    card.dedicated_key_box.setChecked(True)
    card.test_button.click()
    await wait_until(lambda: not start.model.sailthru.view().is_busy)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("acme", "→ https://acme.zendesk.com"),
        ("acme.zendesk.com", "→ https://acme.zendesk.com"),
        ("https://acme.zendesk.com/agent/tickets/48213", "→ https://acme.zendesk.com"),
    ],
)
async def test_wizard_account_address_is_parsed(
    wizard: SetupWizardDriver, typed: str, shown: str
) -> None:
    wizard.model.zendesk.set_account_text(typed)
    assert wizard.zendesk._address.text() == shown
    assert wizard.zendesk._address.isVisible()


async def test_wizard_foreign_host_is_refused_at_field(wizard: SetupWizardDriver) -> None:
    wizard.model.zendesk.set_account_text("https://zendesk.evil.example/acme")
    assert (
        "does not end in .zendesk.com"
        in wizard.zendesk.account_form.rows["account"].error_label.text()
    )
    assert wizard.zendesk.account_form.rows["account"].error_label.isVisible()


async def test_wizard_browser_sign_in_completes(
    wizard: SetupWizardDriver, sandbox: PageSandbox, browser_recorder: BrowserRecorder
) -> None:
    url = await begin(wizard, sandbox, browser_recorder)
    assert urlsplit(url).netloc == urlsplit(sandbox.zendesk["base_url"]).netloc
    assert wizard.zendesk.cancel_button.isVisible()
    assert await answer_in_browser(url, "allow") == 200
    await wait_until(lambda: wizard.model.zendesk.signed_in_text())
    assert wizard.zendesk._signed_in.text() == "✓ Signed in as Ada Admin, Administrator"
    assert wizard.house.session.actor.role is Role.ADMIN
    assert wizard.house.session.values.get(settings_table.ZENDESK_AUTH) == "oauth"
    assert await wizard.house.session.connection_config.vault.get(Secret.ZENDESK_REFRESH)
    # Not asked for now, the sign-in stays, and the card says why; refused, it is asked for again.
    limit = RateLimited("Zendesk limit reached.", "Until 23:34.", retry_at=0.0)
    for error, signed_in, title in (
        (limit, "Ada Admin, Administrator", "Zendesk limit reached."),
        (AuthenticationError("Zendesk refused the sign-in."), "", ""),
    ):
        wizard.house.session.connection_error = error
        view = wizard.model.zendesk.view()
        assert (view.signed_in, view.error.title) == (signed_in, title)


async def test_wizard_denied_access_is_explained_and_stores_nothing(
    wizard: SetupWizardDriver, sandbox: PageSandbox, browser_recorder: BrowserRecorder
) -> None:
    url = await begin(wizard, sandbox, browser_recorder)
    await answer_in_browser(url, "deny")
    await wait_until(lambda: wizard.model.zendesk.view().error)
    assert wizard.model.zendesk.view().error.title == "You were not signed in."
    assert wizard.zendesk.error_banner.isVisible()
    assert wizard.zendesk.browser_sign_in_button.isEnabled()
    assert await wizard.house.session.connection_config.vault.get(Secret.ZENDESK_REFRESH) is None


async def test_wizard_sign_in_can_be_cancelled_and_repeated(
    wizard: SetupWizardDriver, sandbox: PageSandbox, browser_recorder: BrowserRecorder
) -> None:
    await begin(wizard, sandbox, browser_recorder)
    wizard.zendesk.cancel_button.click()
    assert wizard.zendesk.browser_sign_in_button.isEnabled()
    assert not wizard.zendesk.cancel_button.isVisible()
    await asyncio.sleep(0.2)
    browser_recorder.opened.clear()
    url = await begin(wizard, sandbox, browser_recorder)
    await answer_in_browser(url, "allow")
    await wait_until(lambda: wizard.model.zendesk.signed_in_text())


async def test_wizard_api_token_is_alternative_with_end_date(
    wizard: SetupWizardDriver, sandbox: PageSandbox
) -> None:
    card = wizard.zendesk
    card.sign_in_method.segment("token").click()
    assert "30 April 2027" in card._method_note.text()
    wizard.model.zendesk.set_account_text(sandbox.zendesk["base_url"])
    card.email_field.setText(sandbox.zendesk["email"])
    card.token_field.field.setText("wrong" * 8)
    card.token_sign_in_button.click()
    await wait_until(lambda: wizard.model.zendesk.view().error)
    assert (
        wizard.house.session.connection_config.settings_file.load().values.get(
            settings_table.ZENDESK_AUTH
        )
        == "none"
    )
    assert await wizard.house.session.connection_config.vault.get(Secret.ZENDESK_TOKEN) is None
    card.token_field.field.setText(sandbox.zendesk["api_token"])
    card.token_sign_in_button.click()
    await wait_until(lambda: wizard.model.zendesk.signed_in_text())
    assert card.token_field.text() == ""


async def test_wizard_agent_key_without_job_is_kept_with_request_letter(
    wizard: SetupWizardDriver, sandbox: PageSandbox
) -> None:
    wizard.model.zendesk.choose_sign_in_method("none")
    await connect_sailthru(wizard, sandbox, "agent_")
    checks = {check.name: check for check in wizard.model.sailthru.view().checks}
    assert checks["Sailthru: user"].symbol == "✓"
    assert checks["Sailthru: list"].symbol == "✓"
    assert checks["Sailthru: job"].symbol == "✕"
    line = next(x for x in wizard.sailthru.check_list.check_rows if x.check.name == "Sailthru: job")
    assert line.support_text is not None
    line.support_text.copy_button.click()
    assert "- job" in QApplication.clipboard().text()
    assert sandbox.sailthru["agent_api_key"] not in QApplication.clipboard().text()
    assert wizard.sailthru.key_field.text() == ""
    assert await wizard.house.session.connection_config.vault.get(Secret.SAILTHRU_KEY)


async def test_wizard_key_for_unverified_host_is_not_sent(
    wizard: SetupWizardDriver, sandbox: PageSandbox
) -> None:
    sandbox.control("DELETE", "requests")
    wizard.house.session.change_settings(
        {settings_table.SERVICE_URI.key: sandbox.sailthru["service_uri"]}
    )
    wizard.model.sailthru.test_and_save_key("k" * 32, "s" * 32, own=False)
    row = wizard.sailthru.key_form.rows["dedicated"]
    assert "Tick this box" in row.error_label.text()
    assert sandbox.control("GET", "requests")["total"] == 0


async def test_wizard_wrong_key_is_not_stored(
    wizard: SetupWizardDriver, sandbox: PageSandbox
) -> None:
    wizard.house.session.change_settings(
        {settings_table.SERVICE_URI.key: sandbox.sailthru["service_uri"]}
    )
    wizard.model.sailthru.test_and_save_key("k" * 32, "s" * 32, own=True)
    await wait_until(lambda: wizard.model.sailthru.view().error)
    error = wizard.model.sailthru.view().error
    assert error.title == "Sailthru refused the API key. The key or the secret is wrong."
    assert error.message == "Nothing was saved."
    assert "swapped" in error.hint
    assert await wizard.house.session.connection_config.vault.get(Secret.SAILTHRU_KEY) is None


async def test_wizard_missing_input_is_said_at_its_field(
    wizard: SetupWizardDriver, qtbot: QtBot
) -> None:
    wizard.window.activateWindow()
    card, model = wizard.zendesk, wizard.model.zendesk
    qtbot.mouseClick(card.browser_sign_in_button, Qt.MouseButton.LeftButton)
    errors = {row.field.path: row.error_label.text() for row in card.account_form.rows.values()}
    assert errors == {"account": "Enter the name of your Zendesk account."}
    assert not card.error_banner.isVisible()
    assert QApplication.focusWidget() is card.account_field
    qtbot.keyClicks(card.account_field, "acme")
    assert not card.account_form.rows["account"].error_label.isVisible()
    qtbot.mouseClick(card.browser_sign_in_button, Qt.MouseButton.LeftButton)
    assert "Enter the identifier." in card._client_form.rows["client"].error_label.text()
    assert QApplication.focusWidget() is card.client_field
    assert not model.view().busy_text
    card.sign_in_method.segment("token").click()
    card.email_field.setText("ada")
    qtbot.mouseClick(card.token_sign_in_button, Qt.MouseButton.LeftButton)
    rows = card._token_form.rows
    assert rows["email"].error_label.text() == "That is not an e-mail address."
    assert rows["token"].error_label.text() == "Enter the API token."
    assert QApplication.focusWidget() is card.email_field
    wizard.model.go_to_step(1)
    wizard.sailthru.key_field.field.setText("k" * 32)
    qtbot.mouseClick(wizard.sailthru.test_button, Qt.MouseButton.LeftButton)
    rows = wizard.sailthru.key_form.rows
    assert not rows["key"].error_label.isVisible()
    assert rows["secret"].error_label.text() == "Enter the API secret."


@pytest.mark.parametrize(
    ("account", "fault", "title", "hint"),
    [
        ("", "", "Zendesk refused the sign-in. The address or token is wrong.", "token must be"),
        ("", "zendesk:* *:503", "Zendesk has trouble. It answered 503.", "then test again."),
        (
            "http://127.0.0.1:9",
            "",
            "Zendesk does not accept connections. It refused the call.",
            "Check the address and this computer's network, then test again.",
        ),
    ],
)
async def test_wizard_failed_sign_in_says_what_is_wrong(
    wizard: SetupWizardDriver,
    sandbox: PageSandbox,
    account: str,
    fault: str,
    title: str,
    hint: str,
) -> None:
    card, model = wizard.zendesk, wizard.model.zendesk
    card.sign_in_method.segment("token").click()
    model.set_account_text(account or sandbox.zendesk["base_url"])
    card.email_field.setText(sandbox.zendesk["email"])
    card.token_field.field.setText("wrong" * 8)
    if fault:
        sandbox.control("POST", "fault", {"spec": fault})
    card.token_sign_in_button.click()
    await wait_until(lambda: model.view().error)
    sandbox.control("DELETE", "fault")
    assert model.view().error.title == title
    assert model.view().error.message == "Nothing was saved."
    assert hint in model.view().error.hint
    # The list keeps the steps; the sentence stands once.
    failed = [check for check in model.view().checks if check.symbol == "✕"]
    assert [check.detail for check in failed] == [""]


async def test_wizard_permissions_need_connection_and_changes_start_off(
    wizard: SetupWizardDriver, sandbox: PageSandbox
) -> None:
    card = wizard.find_card(PermissionsCard)
    assert not card.changes_switch.isEnabled()
    assert "Connect first" in card._disabled_note.text()
    wizard.model.zendesk.choose_sign_in_method("none")
    await connect_sailthru(wizard, sandbox)
    assert card.changes_switch.isEnabled()
    assert not card.changes_switch.isChecked()
    card.changes_switch.click()
    assert wizard.house.session.values.get(settings_table.CHANGES_ENABLED) is True
    removal = card.permission_switches[Role.AGENT, Permission.LIST_REMOVE]
    assert not removal.isChecked()
    removal.click()
    cell = settings_table.PERMISSION_SETTINGS[Role.AGENT, Permission.LIST_REMOVE]
    assert wizard.house.session.values.get(cell) is True
    assert "On: people here" in wizard.model.summary()[2].text


async def test_wizard_can_be_left_and_resumed(wizard: SetupWizardDriver) -> None:
    wizard.zendesk.account_field.setText("acme")
    wizard.zendesk.account_field.typed.emit("acme")
    for _ in range(3):
        wizard.page.next_button.click()
    assert wizard.page.progress_label.text() == "4 of 6"
    wizard.page.finish_later_button.click()
    assert wizard.finished == [True]
    assert not wizard.model.is_done
    again = SetupWizardDriver(wizard.house)
    await asyncio.sleep(0.05)
    assert again.page.progress_label.text() == "4 of 6"
    # What was typed, though nobody has signed in with it.
    assert again.zendesk.account_field.text() == "acme"
    for _ in range(2):
        again.page.next_button.click()
    assert again.page.next_button.plain_text() == "Done"
    again.page.next_button.click()
    assert again.finished == [True]
    assert again.model.is_done
    await again.close_page()


async def test_wizard_works_by_keyboard_alone(wizard: SetupWizardDriver, qtbot: QtBot) -> None:
    wizard.window.activateWindow()
    alt = Qt.KeyboardModifier.AltModifier
    for place in range(1, 6):
        qtbot.keyClick(wizard.page, Qt.Key.Key_Right, alt)
        assert wizard.page.progress_label.text() == f"{place + 1} of 6"
        focus = wizard.window.focusWidget()
        assert focus is not None
        # Where nothing may be changed yet, the way on has the keyboard.
        assert wizard.page.cards[place].isAncestorOf(focus) or (
            place == 2 and focus is wizard.page.next_button
        )
    qtbot.keyClick(wizard.page, Qt.Key.Key_Left, alt)
    assert wizard.page.progress_label.text() == "5 of 6"


@pytest.mark.parametrize("width", [368, 760])
@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
async def test_wizard_controls_have_names_and_texts_fit(
    wizard: SetupWizardDriver, theme: ApplicationTheme, width: int, choice: ThemeChoice
) -> None:
    theme.choose(choice)
    wizard.window.resize(width, 800)
    for place in range(6):
        wizard.model.go_to_step(place)
        card = wizard.page.cards[place]
        found = await lasting_faults(lambda card=card: clipped_texts(card))
        assert wizard.window.width() == width
        assert controls_without_name(wizard.page) == []
        assert found == [], f"step {place + 1}"
    theme.choose(ThemeChoice.LIGHT)


async def test_wizard_shown_key_is_hidden_again(wizard: SetupWizardDriver) -> None:
    wizard.model.go_to_step(1)
    await asyncio.sleep(0.05)
    field = wizard.sailthru.key_field
    field.field.setText("abc")
    field.reveal_button.click()
    assert field.is_revealed()
    assert field.reveal_button.accessibleName() == "Hide API key"
    field._timer.setInterval(30)
    field._timer.start()
    await wait_until(lambda: not field.is_revealed())
    field.reveal_button.click()
    wizard.model.go_to_step(2)
    assert not field.is_revealed()


async def test_wizard_agent_key_job_permission_is_tested_and_key_discarded(
    wizard: SetupWizardDriver, sandbox: PageSandbox
) -> None:
    wizard.house.session.change_settings(
        {settings_table.SERVICE_URI.key: sandbox.sailthru["service_uri"]}
    )
    card = wizard.find_card(TeamCard)
    for who, mark in (("agent_", "✓"), ("", "✕")):
        card.key_field.field.setText(sandbox.sailthru[f"{who}api_key"])
        card.secret_field.field.setText(sandbox.sailthru[f"{who}api_secret"])
        card.test_button.click()
        await wait_until(lambda: not wizard.model.team.view().is_busy)
        checks = {check.name: check.symbol for check in wizard.model.team.view().checks}
        assert checks == {
            "Agents' key: user": "✓",
            "Agents' key: list": "✓",
            "Agents' key: job": mark,
        }
    assert await wizard.house.session.connection_config.vault.get(Secret.SAILTHRU_KEY) is None


async def test_wizard_policy_file_has_rules_and_no_key(
    wizard: SetupWizardDriver, sandbox: PageSandbox, tmp_path: object
) -> None:
    wizard.model.zendesk.choose_sign_in_method("none")
    await connect_sailthru(wizard, sandbox)
    text = wizard.model.team.policy_text()
    assert '"permissions.agent.list_remove": false' in text
    for secret in (sandbox.sailthru["api_key"], sandbox.sailthru["api_secret"]):
        assert secret not in text
    path = wizard.house.workspace.folder / "policy.json"
    wizard.model.team.export_policy_file(str(path))
    await wait_until(path.exists)
    assert path.read_text("utf-8") == text


async def test_wizard_unreachable_service_is_named_with_step(wizard: SetupWizardDriver) -> None:
    wizard.house.session.change_settings({settings_table.SERVICE_URI.key: "http://127.0.0.1:9"})
    wizard.model.sailthru.test_and_save_key("k" * 32, "s" * 32, own=True)
    await wait_until(lambda: wizard.model.sailthru.view().error)
    (check,) = wizard.model.sailthru.view().checks
    assert check.name == "Sailthru: connection"
    assert check.symbol == "✕"


async def test_wizard_connects_sell_beside_sailthru(
    wizard: SetupWizardDriver, sandbox: PageSandbox
) -> None:
    card = wizard.page.sell_card
    assert not card.connect_button.isEnabled()
    wizard.model.zendesk.choose_sign_in_method("none")
    await connect_sailthru(wizard, sandbox)
    wizard.model.go_to_step(1)
    assert card.isVisible()
    assert card.connect_button.isEnabled()
    about = sandbox.connection_document["sell"]
    wizard.house.session.change_settings({settings_table.SELL_BASE_URL.key: about["base_url"]})
    card.token_field.field.setText(about["access_token"])
    card.connect_button.click()
    await wait_until(lambda: wizard.house.session.clients.sell is not None)
    await wait_until(lambda: card.disconnect_button.isVisible())
    assert not card.export_button.isVisible()
    assert controls_without_name(wizard.page) == []
