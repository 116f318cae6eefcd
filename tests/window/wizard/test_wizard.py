"""The first start, walked through against the running sandbox."""

import asyncio
import http.client
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.model.permission import Permission, Role
from desktop.panels.theme.theme import Choice, Theme
from desktop.settings import table
from desktop.vault.secret import Secret
from tests.window.at_work import RunningSandbox, until
from tests.window.careful import cut_off, unnamed
from tests.window.wizard.first_start import FirstStart, NoBrowser


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


async def begin(start: FirstStart, sandbox: RunningSandbox, browser: NoBrowser) -> str:
    card = start.zendesk
    card.account.setText(sandbox.zendesk["base_url"])
    card.account.textEdited.emit(card.account.text())
    card.client.setText(sandbox.zendesk["oauth_client_id"])
    card.sign_in.click()
    await until(lambda: browser.opened)
    return start.model.zendesk.view().browser_url


async def connect_sailthru(start: FirstStart, sandbox: RunningSandbox, who: str = "") -> None:
    start.house.live.change({table.SERVICE_URI.key: sandbox.sailthru["service_uri"]})
    card = start.sailthru
    card.key.field.setText(sandbox.sailthru[f"{who}api_key"])
    card.secret.field.setText(sandbox.sailthru[f"{who}api_secret"])
    card.own.setChecked(True)
    card.test.click()
    await until(lambda: not start.model.sailthru.view().busy)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("acme", "→ https://acme.zendesk.com"),
        ("acme.zendesk.com", "→ https://acme.zendesk.com"),
        ("https://acme.zendesk.com/agent/tickets/48213", "→ https://acme.zendesk.com"),
    ],
)
async def test_the_account_is_understood_as_typed(
    start: FirstStart, typed: str, shown: str
) -> None:
    start.model.zendesk.type_account(typed)
    assert start.zendesk._address.text() == shown
    assert start.zendesk._address.isVisible()


async def test_another_host_is_refused_beside_the_field(start: FirstStart) -> None:
    start.model.zendesk.type_account("https://zendesk.evil.example/acme")
    assert "does not end in .zendesk.com" in start.zendesk._account.error_label.text()
    assert start.zendesk._account.error_label.isVisible()


async def test_sign_in_with_the_browser_to_its_end(
    start: FirstStart, sandbox: RunningSandbox, browser: NoBrowser
) -> None:
    url = await begin(start, sandbox, browser)
    assert urlsplit(url).netloc == urlsplit(sandbox.zendesk["base_url"]).netloc
    assert start.zendesk.cancel.isVisible()
    assert await answer_in_browser(url, "allow") == 200
    await until(lambda: start.model.zendesk.signed_in())
    assert start.zendesk._signed_in.text() == "✓ Signed in as Ada Admin, Administrator"
    assert start.house.live.actor.role is Role.ADMIN
    assert start.house.live.values.get(table.ZENDESK_AUTH) == "oauth"
    assert await start.house.live.desk.vault.get(Secret.ZENDESK_REFRESH)


async def test_access_refused_in_the_browser_says_so_and_keeps_nothing(
    start: FirstStart, sandbox: RunningSandbox, browser: NoBrowser
) -> None:
    url = await begin(start, sandbox, browser)
    await answer_in_browser(url, "deny")
    await until(lambda: start.model.zendesk.view().trouble)
    assert start.model.zendesk.view().trouble.title == "You were not signed in."
    assert start.zendesk._banner.isVisible()
    assert start.zendesk.sign_in.isEnabled()
    assert await start.house.live.desk.vault.get(Secret.ZENDESK_REFRESH) is None


async def test_a_sign_in_can_be_cancelled_and_begun_again(
    start: FirstStart, sandbox: RunningSandbox, browser: NoBrowser
) -> None:
    await begin(start, sandbox, browser)
    start.zendesk.cancel.click()
    assert start.zendesk.sign_in.isEnabled()
    assert not start.zendesk.cancel.isVisible()
    await asyncio.sleep(0.2)
    browser.opened.clear()
    url = await begin(start, sandbox, browser)
    await answer_in_browser(url, "allow")
    await until(lambda: start.model.zendesk.signed_in())


async def test_the_token_is_the_second_way_and_its_end_is_said(
    start: FirstStart, sandbox: RunningSandbox
) -> None:
    card = start.zendesk
    card.way.segment("token").click()
    assert "2027-04-30" in card._way_note.text()
    start.model.zendesk.type_account(sandbox.zendesk["base_url"])
    card.email.setText(sandbox.zendesk["email"])
    card.token.field.setText("wrong" * 8)
    card.use_token.click()
    await until(lambda: start.model.zendesk.view().trouble)
    assert start.house.live.desk.settings.load().values.get(table.ZENDESK_AUTH) == "none"
    assert await start.house.live.desk.vault.get(Secret.ZENDESK_TOKEN) is None
    card.token.field.setText(sandbox.zendesk["api_token"])
    card.use_token.click()
    await until(lambda: start.model.zendesk.signed_in())
    assert card.token.text() == ""


async def test_an_agents_key_is_kept_and_job_is_named_with_a_letter(
    start: FirstStart, sandbox: RunningSandbox
) -> None:
    start.model.zendesk.choose_way("none")
    await connect_sailthru(start, sandbox, "agent_")
    checks = {check.name: check for check in start.model.sailthru.view().checks}
    assert checks["Sailthru: user"].mark == "✓"
    assert checks["Sailthru: list"].mark == "✓"
    assert checks["Sailthru: job"].mark == "✕"
    line = next(x for x in start.sailthru.checks.lines if x.check.name == "Sailthru: job")
    line.letter.copy.click()
    assert "- job" in QApplication.clipboard().text()
    assert sandbox.sailthru["agent_api_key"] not in QApplication.clipboard().text()
    assert start.sailthru.key.text() == ""
    assert await start.house.live.desk.vault.get(Secret.SAILTHRU_KEY)


async def test_a_key_nobody_vouches_for_is_not_even_tried(
    start: FirstStart, sandbox: RunningSandbox
) -> None:
    sandbox.control("DELETE", "requests")
    start.house.live.change({table.SERVICE_URI.key: sandbox.sailthru["service_uri"]})
    start.model.sailthru.test("k" * 32, "s" * 32, own=False)
    await until(lambda: start.model.sailthru.view().trouble)
    assert "only for Fairlead" in start.model.sailthru.view().trouble.title
    assert sandbox.control("GET", "requests")["total"] == 0


async def test_a_wrong_key_is_not_kept(start: FirstStart, sandbox: RunningSandbox) -> None:
    start.house.live.change({table.SERVICE_URI.key: sandbox.sailthru["service_uri"]})
    start.model.sailthru.test("k" * 32, "s" * 32, own=True)
    await until(lambda: start.model.sailthru.view().trouble)
    assert start.model.sailthru.view().trouble.title == "The key was not kept."
    assert await start.house.live.desk.vault.get(Secret.SAILTHRU_KEY) is None


async def test_permissions_wait_for_a_connection_and_changes_are_off_until_switched_on(
    start: FirstStart, sandbox: RunningSandbox
) -> None:
    card = start.page.cards[2]
    assert not card.changes.isEnabled()
    assert "Connect first" in card._why_not.text()
    start.model.zendesk.choose_way("none")
    await connect_sailthru(start, sandbox)
    assert card.changes.isEnabled()
    assert not card.changes.isChecked()
    card.changes.click()
    assert start.house.live.values.get(table.CHANGES) is True
    removal = card.switches[Role.AGENT, Permission.LIST_REMOVE]
    assert not removal.isChecked()
    removal.click()
    cell = table.permission_setting(Role.AGENT, Permission.LIST_REMOVE)
    assert start.house.live.values.get(cell) is True
    assert "On: people here" in start.model.summary()[2].words


async def test_it_can_be_left_and_taken_up_where_it_was(start: FirstStart) -> None:
    for _ in range(3):
        start.page.next.click()
    assert start.page.progress.text() == "4 of 6"
    start.page.later.click()
    assert start.finished == [True]
    assert not start.model.done
    again = FirstStart(start.house)
    await asyncio.sleep(0.05)
    assert again.page.progress.text() == "4 of 6"
    for _ in range(2):
        again.page.next.click()
    assert again.page.next.plain_text() == "Done"
    again.page.next.click()
    assert again.finished == [True]
    assert again.model.done
    await again.leave()


async def test_the_keyboard_alone_goes_through_it(start: FirstStart, qtbot: QtBot) -> None:
    start.window.activateWindow()
    alt = Qt.KeyboardModifier.AltModifier
    for place in range(1, 6):
        qtbot.keyClick(start.page, Qt.Key.Key_Right, alt)
        assert start.page.progress.text() == f"{place + 1} of 6"
        focus = start.window.focusWidget()
        assert focus is not None
        # Where nothing may be changed yet, the way on has the keyboard.
        assert start.page.cards[place].isAncestorOf(focus) or (
            place == 2 and focus is start.page.next
        )
    qtbot.keyClick(start.page, Qt.Key.Key_Left, alt)
    assert start.page.progress.text() == "5 of 6"


@pytest.mark.parametrize("width", [368, 760])
@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK])
async def test_every_step_names_its_controls_and_cuts_no_text(
    start: FirstStart, theme: Theme, width: int, choice: Choice
) -> None:
    theme.choose(choice)
    start.window.resize(width, 800)
    for place in range(6):
        start.model.go(place)
        await asyncio.sleep(0.05)
        assert start.window.width() == width
        assert unnamed(start.page) == []
        assert cut_off(start.page.cards[place]) == [], f"step {place + 1}"
    theme.choose(Choice.LIGHT)


async def test_a_shown_key_hides_again_by_itself(start: FirstStart) -> None:
    start.model.go(1)
    await asyncio.sleep(0.05)
    field = start.sailthru.key
    field.field.setText("abc")
    field.reveal.click()
    assert field.is_revealed()
    assert field.reveal.accessibleName() == "Hide API key"
    field._timer.setInterval(30)
    field._timer.start()
    await until(lambda: not field.is_revealed())
    field.reveal.click()
    start.model.go(2)
    assert not field.is_revealed()


async def test_an_agents_key_is_tested_for_job_and_forgotten(
    start: FirstStart, sandbox: RunningSandbox
) -> None:
    start.house.live.change({table.SERVICE_URI.key: sandbox.sailthru["service_uri"]})
    card = start.page.cards[4]
    for who, mark in (("agent_", "✓"), ("", "✕")):
        card.key.field.setText(sandbox.sailthru[f"{who}api_key"])
        card.secret.field.setText(sandbox.sailthru[f"{who}api_secret"])
        card.test.click()
        await until(lambda: not start.model.team.view().busy)
        checks = {check.name: check.mark for check in start.model.team.view().checks}
        assert checks == {
            "Agents' key: user": "✓",
            "Agents' key: list": "✓",
            "Agents' key: job": mark,
        }
    assert await start.house.live.desk.vault.get(Secret.SAILTHRU_KEY) is None


async def test_the_policy_file_holds_rules_and_no_key(
    start: FirstStart, sandbox: RunningSandbox, tmp_path: object
) -> None:
    start.model.zendesk.choose_way("none")
    await connect_sailthru(start, sandbox)
    text = start.model.team.policy_text()
    assert '"permissions.agent.list_remove": false' in text
    for secret in (sandbox.sailthru["api_key"], sandbox.sailthru["api_secret"]):
        assert secret not in text
    path = start.house.workspace.folder / "policy.json"
    start.model.team.export(str(path))
    await until(path.exists)
    assert path.read_text("utf-8") == text


async def test_an_unreachable_service_is_named_with_its_step(start: FirstStart) -> None:
    start.house.live.change({table.SERVICE_URI.key: "http://127.0.0.1:9"})
    start.model.sailthru.test("k" * 32, "s" * 32, own=True)
    await until(lambda: start.model.sailthru.view().trouble)
    (check,) = start.model.sailthru.view().checks
    assert check.name == "Sailthru: connection"
    assert check.mark == "✕"
