"""Checks a Zendesk Sell token: whose it is, what the plan includes, and when Sell ends."""

from datetime import UTC, datetime
from uuid import UUID

from desktop.clients.sell.change_feed import SellChangeFeed
from desktop.clients.sell.client import SellClient
from desktop.connect.connection_check import CheckCollector
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, Forbidden
from desktop.model.sell_record import SELL_END
from desktop.model.service import Service

_TITLE = Service.SELL.title
# Of the probe alone: it acknowledges nothing, so no computer misses anything by it.
_PROBE_DEVICE = str(UUID(int=0))
# Half a year before the end it is time to take everything out.
_WARNED_DAYS = 180


async def check_sell_account(client: SellClient, clock: Clock, checks: CheckCollector) -> bool:
    """Check a Sell token and what its plan includes; False where Sell refuses the token.

    A missing Sync API or missing products are said with what they cost, and are no fault.
    """
    days_left = (SELL_END - datetime.fromtimestamp(clock.now(), UTC).date()).days
    try:
        me, account = await client.me(), await client.account()
    except AppError as error:
        if days_left < 0:
            checks.report(
                f"{_TITLE}: token",
                False,
                f"Zendesk ended Sell on {SELL_END.isoformat()} and deletes its data. {error.title}",
                "Disconnect it in Settings.",
            )
        else:
            checks.report_error(f"{_TITLE}: token", error)
        return False
    checks.report(f"{_TITLE}: token", True, f"{me.name}, {me.role} of {account.name}.")
    await _check_core(client, checks)
    await _check_plan(client, checks)
    _check_end(days_left, checks)
    return True


async def _check_core(client: SellClient, checks: CheckCollector) -> None:
    name = f"{_TITLE}: contacts and leads"
    try:
        await client.read_page("/v2/contacts", 1)
        await client.read_page("/v2/leads", 1)
    except AppError as error:
        checks.report_error(name, error)
    else:
        checks.report(name, True, "They can be read (Core API).")


async def _check_plan(client: SellClient, checks: CheckCollector) -> None:
    missing = {
        "changes": (
            SellChangeFeed(client, _PROBE_DEVICE).check,
            "Changes are told by Sell (Sync API).",
            "The plan has no Sync API: changes are found by asking what was updated, and deletions"
            " only once a day.",
            "It begins with the Growth plan.",
        ),
        "products": (
            client.check_products,
            "They can be read.",
            "The plan has no products: they are neither synced nor exported.",
            "They need the Enterprise plan.",
        ),
    }
    for name, (ask, there, cost, hint) in missing.items():
        try:
            await ask()
        except Forbidden:
            checks.report(f"{_TITLE}: {name}", False, cost, hint, is_needed=False)
        except AppError as error:
            checks.report_error(f"{_TITLE}: {name}", error, is_needed=False)
        else:
            checks.report(f"{_TITLE}: {name}", True, there)


def _check_end(days_left: int, checks: CheckCollector) -> None:
    checks.report(
        f"{_TITLE}: end",
        days_left > _WARNED_DAYS,
        f"Zendesk ends Sell on {SELL_END.isoformat()} and deletes its data"
        f" ({days_left:,} days from now).",
        "Export everything before: fairlead sell export DIR.",
        is_needed=False,
    )
