"""Checks a Zendesk Sell token: whose it is, what the plan includes, and when Sell ends."""

from datetime import UTC, datetime

from desktop.clients.sell.change_feed import SellChangeFeed
from desktop.clients.sell.client import SellClient
from desktop.connect.connection_check import CheckCollector, ConnectionCheck
from desktop.connect.oauth_token_manager import signed_out_error
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, Forbidden
from desktop.kit.text import format_long_day
from desktop.model.sell_record import SELL_END
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues

_TITLE = Service.SELL.title
# Half a year before the end it is time to take everything out.
_WARNED_DAYS = 180
# A device of the Sync API for this check alone: a sync's own one takes what is queued for it.
_PROBE_DEVICE = "0a4e6f0e-5b1c-4d8f-9a57-3f1b8f6f2c11"


async def check_sell_account(client: SellClient, clock: Clock, checks: CheckCollector) -> bool:
    """Check a Sell token and what its plan includes; False where Sell refuses the token.

    What a plan lacks is said with what that costs, and is no fault.
    """
    days_left = (SELL_END - datetime.fromtimestamp(clock.now(), UTC).date()).days
    try:
        me, account = await client.me(), await client.account()
    except AppError as error:
        if days_left < 0:
            checks.report(
                f"{_TITLE}: token",
                False,
                f"Zendesk ended Sell on {format_long_day(SELL_END)} and deletes its data."
                f" {error.title}",
                "Disconnect it in Settings.",
            )
        else:
            checks.report_error(f"{_TITLE}: token", error)
        return False
    checks.report(f"{_TITLE}: token", True, f"{me.name}, {me.role} of {account.name}.")
    await _check_core(client, checks)
    await _check_changes(client, checks)
    await _check_plan(client, checks)
    _check_end(days_left, checks)
    return True


def no_sell_credentials_check(values: SettingsValues) -> ConnectionCheck:
    """Return the failed check of a workspace that has no sign-in to Sell, with how to get one."""
    if values.get(settings_table.SELL_AUTH) == "oauth":
        error = signed_out_error(Service.SELL)
        return ConnectionCheck(f"{_TITLE}: sign-in", False, error.title, error.hint)
    return ConnectionCheck(
        f"{_TITLE}: token",
        False,
        "There is no access token on this computer.",
        "In Sell: Settings › Integrations › OAuth › Access Tokens; an admin makes it.",
    )


async def _check_core(client: SellClient, checks: CheckCollector) -> None:
    name = f"{_TITLE}: contacts and leads"
    try:
        await client.read_page("/v2/contacts", 1)
        await client.read_page("/v2/leads", 1)
    except AppError as error:
        checks.report_error(name, error)
    else:
        checks.report(name, True, "They can be read (Core API).")


async def _check_changes(client: SellClient, checks: CheckCollector) -> None:
    """Check the Sync API by starting a session, of which nothing is taken."""
    name = f"{_TITLE}: changes"
    try:
        await SellChangeFeed(client, _PROBE_DEVICE).start()
    except Forbidden:
        checks.report(
            name,
            False,
            "The plan or the token has no Sync API: syncs read Sell's lists instead, and see once a"
            " day who was deleted.",
            "The Sync API comes with the Growth plan.",
            is_needed=False,
        )
    except AppError as error:
        checks.report_error(name, error, is_needed=False)
    else:
        checks.report(name, True, "Sell tells what changes (Sync API).")


async def _check_plan(client: SellClient, checks: CheckCollector) -> None:
    name = f"{_TITLE}: products"
    try:
        await client.check_products()
    except Forbidden:
        cost = "The plan has no products: the export leaves them out."
        checks.report(name, False, cost, "They need the Enterprise plan.", is_needed=False)
    except AppError as error:
        checks.report_error(name, error, is_needed=False)
    else:
        checks.report(name, True, "They can be read.")


def _check_end(days_left: int, checks: CheckCollector) -> None:
    checks.report(
        f"{_TITLE}: end",
        days_left > _WARNED_DAYS,
        f"Zendesk ends Sell on {format_long_day(SELL_END)} and deletes its data"
        f" ({days_left:,} days from now).",
        "Export everything before: fairlead sell export DIR.",
        is_needed=False,
    )
