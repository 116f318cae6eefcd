"""Checks what a Sailthru API key may do, and the account's time zone and named lists."""

from collections.abc import Callable

from desktop.clients.sailthru.client import SailthruClient, SailthruEndpoint
from desktop.connect.connection_check import CheckCollector, ConnectionCheck
from desktop.connect.support_request_texts import request_endpoints_text
from desktop.kit.errors import AppError, Forbidden
from desktop.model.sailthru_profile import SailthruAccount, SailthruList
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues

_CHECKED_ENDPOINTS: tuple[SailthruEndpoint, ...] = ("user", "list", "job")
_SMART_LIST_TITLE = "Sailthru: smart list"
_PAUSE_LIST_TITLE = "Sailthru: pause list"


async def check_sailthru_key(
    client: SailthruClient,
    values: SettingsValues,
    checks: CheckCollector,
    *,
    needs_jobs: bool,
    on_account: Callable[[SailthruAccount], SettingsValues] | None = None,
) -> bool:
    """Check a Sailthru key, its endpoints, the account's settings and the named lists.

    Returns False when Sailthru refuses the key. `needs_jobs`: the person runs syncs, so that a
    refused `job` endpoint is a fault. `on_account` may return other values to compare with.
    """
    is_accepted, account = await _check_sign_in(client, checks)
    if not is_accepted:
        return False
    await _check_endpoints(client, checks, needs_jobs=needs_jobs)
    if account is not None:
        if on_account is not None:
            values = on_account(account)
        _check_account_settings(account, values, checks)
    await _check_lists(client, values, checks)
    return True


async def probe_error(client: SailthruClient, endpoint: SailthruEndpoint) -> AppError | None:
    """Return the error with which Sailthru refuses an endpoint to the key; None: it is allowed."""
    try:
        await client.probe_endpoint(endpoint)
    except AppError as error:
        return error
    return None


async def _check_sign_in(
    client: SailthruClient, checks: CheckCollector
) -> tuple[bool, SailthruAccount | None]:
    """Check that Sailthru accepts key and secret; return the account if the key may read it."""
    try:
        account = await client.get_account()
    except Forbidden:
        checks.report("Sailthru: key", True, "Key and secret are right.")
        checks.report(
            "Sailthru: settings",
            False,
            "The key may not read the account's settings, so its time zone cannot be compared.",
            "Fairlead works without; ask Sailthru to allow “settings” if you like.",
            is_needed=False,
            support_text=request_endpoints_text(("settings",)),
        )
        return True, None
    except AppError as error:
        checks.report_error("Sailthru: key", error)
        return False, None
    number = f" Account {account.account_id}." if account.account_id else ""
    checks.report("Sailthru: key", True, f"Key and secret are right.{number}")
    return True, account


async def _check_endpoints(
    client: SailthruClient, checks: CheckCollector, *, needs_jobs: bool
) -> None:
    refused: list[str] = []
    for endpoint in _CHECKED_ENDPOINTS:
        is_needed = endpoint != "job" or needs_jobs
        error = await probe_error(client, endpoint)
        if error is None:
            checks.report(f"Sailthru: {endpoint}", True, "Allowed for this key.")
        elif isinstance(error, Forbidden):
            # The text to send names all endpoints refused so far.
            refused.append(endpoint)
            checks.add(_refused_endpoint_check(endpoint, refused, needed=is_needed))
        else:
            checks.report_error(f"Sailthru: {endpoint}", error, is_needed=is_needed)


def _refused_endpoint_check(endpoint: str, refused: list[str], *, needed: bool) -> ConnectionCheck:
    if not needed:
        return ConnectionCheck(
            f"Sailthru: {endpoint}",
            False,
            f"Sailthru refuses “{endpoint}” to this key, as it should for agents.",
            "Only scheduled syncs need it.",
            is_needed=False,
        )
    return ConnectionCheck(
        f"Sailthru: {endpoint}",
        False,
        f"Sailthru refuses “{endpoint}” to this key.",
        f"Ask Sailthru to enable {', '.join(f'“{name}”' for name in refused)}; "
        "the text to send is ready to copy.",
        support_text=request_endpoints_text(refused),
    )


def _check_account_settings(
    account: SailthruAccount, values: SettingsValues, checks: CheckCollector
) -> None:
    """Check the Sailthru account's time zone against the setting; report on predictions."""
    ours = values.get(settings_table.TIMEZONE)
    if account.timezone is None:
        checks.report(
            "Sailthru: time zone",
            True,
            f"Sailthru doesn't show the account's; the setting is {ours}.",
            is_needed=False,
        )
    elif account.timezone == ours:
        checks.report("Sailthru: time zone", True, f"{ours}, as in Sailthru.")
    else:
        checks.report(
            "Sailthru: time zone",
            False,
            f"The setting is {ours}, but the Sailthru account uses {account.timezone}.",
            f"Set the time zone to {account.timezone}; dates would be a day off at times.",
            is_needed=False,
        )
    checks.add(_predictions_check(account.predictions))


def _predictions_check(on: bool | None) -> ConnectionCheck:
    name = "Sailthru: predictions"
    if on:
        return ConnectionCheck(name, True, "Prediction Manager is on.", is_needed=False)
    detail = "Sailthru doesn't show whether Prediction Manager is on."
    if on is False:
        detail = "Prediction Manager is off: customer value is “not available”."
    return ConnectionCheck(name, on is None, detail, is_needed=False)


async def _check_lists(
    client: SailthruClient, values: SettingsValues, checks: CheckCollector
) -> None:
    """Check the lists that the settings name: marked customers' (smart), paused customers'."""
    try:
        lists = {one.name: one for one in await client.list_lists()}
    except AppError as error:
        checks.report_error(_SMART_LIST_TITLE, error, is_needed=False)
        checks.report_error(_PAUSE_LIST_TITLE, error, is_needed=False)
        return
    name = values.get(settings_table.SYNC_SMART_LIST)
    _check_smart_list(lists.get(name), name, values.get(settings_table.SYNC_MARK_VAR), checks)
    paused = values.get(settings_table.PAUSED_LIST)
    _check_pause_list(lists.get(paused), paused, checks)


def _check_smart_list(
    found: SailthruList | None, name: str, mark: str, checks: CheckCollector
) -> None:
    """Check that Sailthru has the smart list of marked customers, and that it is smart."""
    if found is None:
        checks.report(
            _SMART_LIST_TITLE,
            False,
            f"There is no list “{name}” yet.",
            f"In Sailthru make a smart list “{name}” of users whose var {mark} is true. "
            "Only the sync from Sailthru to Zendesk needs it.",
            is_needed=False,
        )
    elif not found.smart:
        checks.report(
            _SMART_LIST_TITLE,
            False,
            f"“{name}” is an ordinary list: marking a customer does not put them on it.",
            f"Make it a smart list over var {mark}, or name another list in Settings › Names.",
            is_needed=False,
        )
    else:
        detail = f"“{name}” is there.{_count_text(found)}"
        checks.report(_SMART_LIST_TITLE, True, detail, is_needed=False)


def _check_pause_list(found: SailthruList | None, name: str, checks: CheckCollector) -> None:
    """Check that paused customers can be put on their list; a smart one takes nobody by hand."""
    if found is None:
        checks.report(
            _PAUSE_LIST_TITLE,
            True,
            f"The first pause makes the list “{name}”.",
            "Then leave it out of every campaign that a pause is to hold back.",
            is_needed=False,
        )
    elif found.smart:
        checks.report(
            _PAUSE_LIST_TITLE,
            False,
            f"“{name}” is a smart list: nobody can be put on it, so no pause takes effect.",
            "Make it an ordinary list, or name another list in Settings › Names.",
            is_needed=False,
        )
    else:
        checks.report(
            _PAUSE_LIST_TITLE,
            True,
            f"“{name}” is there.{_count_text(found)}",
            "Fairlead cannot see whether your campaigns leave it out.",
            is_needed=False,
        )


def _count_text(found: SailthruList) -> str:
    return "" if found.count is None else f" {found.count:,} users, counted nightly."
