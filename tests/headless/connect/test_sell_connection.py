"""Connecting Zendesk Sell: optional, its own switch and token, what a plan leaves out, its end."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.disconnect import disconnect_sell, disconnect_workspace
from desktop.connect.doctor import DoctorReport, run_doctor
from desktop.connect.workspace_setup import SetupReport, set_up_workspace
from desktop.kit.clock import SystemClock
from desktop.kit.errors import InvalidInput
from desktop.kit.text import format_long_day
from desktop.model.sell_record import SELL_END
from desktop.settings import settings_table
from desktop.settings.service_address import SELL_ADDRESS
from desktop.settings.settings_file import SettingsValues
from desktop.vault.bound_secrets import SecretForOtherHost
from desktop.vault.environment_vault import EnvironmentVault, read_environment_secrets
from desktop.vault.secret import Secret
from tests.support.sandbox_process import agent_document
from tests.support.setup_sandbox import SetupSandbox

DAY_S = 86_400


class Shifted(SystemClock):
    def __init__(self, by_s: float) -> None:
        self._by_s = by_s

    def now(self) -> float:
        return super().now() + self._by_s


def values_of(desk: ConnectionConfig) -> SettingsValues:
    return desk.settings_file.load().values


def checks_of(report: SetupReport | DoctorReport) -> dict[str, Any]:
    return {
        check.name.removeprefix("Zendesk Sell: "): check
        for check in report.checks
        if check.name.startswith("Zendesk Sell")
    }


async def test_setup_connects_sell_and_binds_its_token(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    report = await set_up_workspace(sandbox.connection_document, desk)
    assert report.is_ok, report.checks
    checks = checks_of(report)
    assert checks["token"].detail == "Ada Admin, admin of Acme Stores."
    assert {name for name, check in checks.items() if check.is_ok} >= {
        "token",
        "contacts and leads",
        "changes",
        "products",
    }
    assert format_long_day(SELL_END) in checks["end"].detail
    values = values_of(desk)
    assert values.get(settings_table.SELL_ENABLED)
    token = sandbox.connection_document["sell"]["access_token"]
    assert await desk.sell_token(values) == token
    assert await desk.vault.get(Secret.SELL_HOST) == sandbox.sell_url
    assert token not in desk.workspace.settings_path.read_text()


async def test_workspace_without_sell_says_nothing_of_it(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    document = {k: v for k, v in sandbox.connection_document.items() if k != "sell"}
    assert not checks_of(await set_up_workspace(document, desk))
    assert not checks_of(await run_doctor(desk))
    assert await desk.sell_token(values_of(desk)) is None


@pytest.mark.parametrize(
    ("plan", "costs"),
    [
        ("professional", {"products": "The plan has no products: the export leaves them out."}),
        (
            "team",
            {
                "products": "The plan has no products: the export leaves them out.",
                "changes": "The plan or the token has no Sync API: syncs read Sell's lists instead,"
                " and see once a day who was deleted.",
            },
        ),
    ],
)
async def test_missing_part_of_a_plan_is_said_with_its_cost(
    sandbox: SetupSandbox, desk: ConnectionConfig, plan: str, costs: dict[str, str]
) -> None:
    sandbox.control("POST", "account", {"sell_plan": plan})
    report = await set_up_workspace(sandbox.connection_document, desk)
    assert report.is_ok
    missing = {name: one for name, one in checks_of(report).items() if not one.is_ok}
    assert {name: one.detail for name, one in missing.items()} == costs
    assert not any(one.is_needed for one in missing.values())


@pytest.mark.parametrize("account", [{"sell_user": "off"}, {"sell_retired": "on"}, {"sell": "off"}])
async def test_refused_sell_token_is_not_stored_and_the_rest_is(
    sandbox: SetupSandbox, desk: ConnectionConfig, account: dict[str, str]
) -> None:
    sandbox.control("POST", "account", account)
    report = await set_up_workspace(sandbox.connection_document, desk)
    assert report.is_stored
    assert not report.is_ok
    assert await desk.vault.get(Secret.SELL_TOKEN) is None
    assert not values_of(desk).get(settings_table.SELL_ENABLED)
    assert values_of(desk).get(settings_table.ZENDESK_BASE_URL) == sandbox.zendesk_url


async def test_doctor_tests_sell(sandbox: SetupSandbox, desk: ConnectionConfig) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    assert checks_of(await run_doctor(desk))["token"].is_ok
    sandbox.control("POST", "account", {"sell_user": "off"})
    report = await run_doctor(desk)
    assert not report.is_ok
    assert "access token" in checks_of(report)["token"].detail
    assert "Quote this to Zendesk" in checks_of(report)["token"].detail


@pytest.mark.parametrize(("days", "is_ok"), [(-400, True), (-100, False), (-1, False)])
async def test_doctor_names_the_end_of_sell(
    sandbox: SetupSandbox, desk: ConnectionConfig, days: int, is_ok: bool
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    end_s = (SELL_END.toordinal() - 719_163) * DAY_S
    clock = Shifted(end_s + days * DAY_S - SystemClock().now())
    check = checks_of(await run_doctor(replace(desk, clock=clock)))["end"]
    assert check.is_ok is is_ok
    assert "fairlead sell export" in check.hint


async def test_doctor_after_the_end_says_why_the_token_is_refused(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    sandbox.control("POST", "account", {"sell_retired": "on"})
    end_s = (SELL_END.toordinal() - 719_163) * DAY_S
    clock = Shifted(end_s + 3 * DAY_S - SystemClock().now())
    check = checks_of(await run_doctor(replace(desk, clock=clock)))["token"]
    assert "ended Sell on 31 August 2027" in check.detail
    assert "Disconnect" in check.hint


async def test_agent_may_not_connect_sell_later(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    admin = {k: v for k, v in sandbox.connection_document.items() if k != "sell"}
    await set_up_workspace(admin, desk)
    agent = {**agent_document(sandbox.connection_document)}
    await set_up_workspace(agent, desk)
    report = await set_up_workspace({**agent, "sell": sandbox.connection_document["sell"]}, desk)
    assert any("sell.enabled" in note for note in report.notes)
    assert not values_of(desk).get(settings_table.SELL_ENABLED)
    assert await desk.vault.get(Secret.SELL_TOKEN) is None


async def test_first_connection_by_an_agent_takes_sell_along(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    agent = agent_document(sandbox.connection_document)
    document = {**agent, "sell": sandbox.connection_document["sell"]}
    assert (await set_up_workspace(document, desk)).is_ok
    assert await desk.sell_token(values_of(desk))


async def test_sell_token_is_not_sent_to_another_address(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    path = desk.workspace.settings_path
    path.write_text(path.read_text().replace(sandbox.sell_url, "http://127.0.0.1:9"))
    with pytest.raises(SecretForOtherHost):
        await desk.sell_token(values_of(desk))


async def test_switch_edited_in_the_file_does_not_count(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    await disconnect_sell(desk)
    await desk.vault.set(Secret.SELL_TOKEN, "x" * 64)
    desk.settings_file.load()
    path = desk.workspace.settings_path
    text = path.read_text()
    path.write_text(
        text.replace("{", '{"sell": {"enabled": true},', 1)
        if '"sell"' not in text
        else text.replace('"sell": {', '"sell": {"enabled": true, ', 1)
    )
    assert not values_of(desk).get(settings_table.SELL_ENABLED)


async def test_environment_token_goes_to_the_address_that_was_set(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    given = read_environment_secrets({"FAIRLEAD_SELL_TOKEN": "t" * 64})
    server = replace(desk, vault=EnvironmentVault(desk.vault, given), environment_secrets=given)
    await server.seal.load()
    values = server.settings_file.load().values
    assert await server.sell_token(values) == "t" * 64
    server.require_account_of(values, None)
    elsewhere = values.with_changes({settings_table.SELL_BASE_URL.key: "http://127.0.0.1:9"})
    with pytest.raises(SecretForOtherHost):
        server.require_account_of(elsewhere, None)


async def test_an_agents_set_up_leads_the_environments_token_nowhere_else(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    given = read_environment_secrets({"FAIRLEAD_SELL_TOKEN": "t" * 64})
    server = replace(desk, vault=EnvironmentVault(desk.vault, given), environment_secrets=given)
    asked = []

    async def hear(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(writer.get_extra_info("peername"))
        writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        sell = {"base_url": f"http://127.0.0.1:{port}"}
        agent = {**agent_document(sandbox.connection_document), "sell": sell}
        report = await set_up_workspace(agent, server)
        # Nor does a token of their own say where Sell is.
        agent["sell"] |= {"access_token": sandbox.connection_document["sell"]["access_token"]}
        await set_up_workspace(agent, desk)
        # Nor an address that was edited in the file, whoever sets up.
        path = desk.workspace.settings_path
        path.write_text(path.read_text().replace(sandbox.sell_url, f"http://127.0.0.1:{port}"))
        admin = {k: v for k, v in sandbox.connection_document.items() if k != "sell"}
        await set_up_workspace(admin, server)
    assert asked == []
    assert any("sell.base_url" in note for note in report.notes)


async def test_disconnecting_sell_leaves_the_others(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    await disconnect_sell(desk)
    assert await desk.vault.get(Secret.SELL_TOKEN) is None
    assert not values_of(desk).get(settings_table.SELL_ENABLED)
    report = await run_doctor(desk)
    assert report.is_ok
    assert not checks_of(report)


async def test_disconnecting_all_forgets_sell(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    await disconnect_workspace(desk)
    assert await desk.vault.get(Secret.SELL_TOKEN) is None
    assert not values_of(desk).get(settings_table.SELL_ENABLED)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://api.getbase.com/", SELL_ADDRESS),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("https://api.getbase.com.evil.example", None),
        ("http://api.getbase.com", None),
        ("https://api.getbase.com/v2", None),
        ("", None),
        (5, None),
    ],
)
def test_sell_address_is_the_one_of_all_accounts(given: Any, expected: str | None) -> None:
    setting = settings_table.SELL_BASE_URL
    if expected is None:
        with pytest.raises(InvalidInput):
            setting.validate(given)
    else:
        assert setting.validate(given) == expected
