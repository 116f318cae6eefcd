"""What this workspace's Sailthru key can do; names each endpoint that is refused."""

from desktop.clients.sailthru.client import SailthruClient, SailthruEndpoint
from desktop.connect.connection_check import CheckCollector, ConnectionCheck, failed_check
from desktop.connect.support_texts import request_endpoints_text
from desktop.kit.errors import AppError, Forbidden
from desktop.model.sailthru_profile import SailthruAccount
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues

CHECKED_ENDPOINTS: tuple[SailthruEndpoint, ...] = ("user", "list", "job")


async def check_sailthru_sign_in(
    client: SailthruClient, checks: CheckCollector
) -> tuple[bool, SailthruAccount | None]:
    """Whether key and secret are right, and the account where the key may read it."""
    try:
        account = await client.get_account()
    except Forbidden:
        checks.add(ConnectionCheck("Sailthru: key", True, "Key and secret are right."))
        checks.add(
            ConnectionCheck(
                "Sailthru: settings",
                False,
                "The key may not read the account's settings, so its time zone cannot be compared.",
                "Fairlead works without; ask Sailthru to allow “settings” if you like.",
                is_needed=False,
                support_text=request_endpoints_text(("settings",)),
            )
        )
        return True, None
    except AppError as error:
        checks.add(failed_check("Sailthru: key", error))
        return False, None
    number = f" Account {account.account_id}." if account.account_id else ""
    checks.add(ConnectionCheck("Sailthru: key", True, f"Key and secret are right.{number}"))
    return True, account


async def check_endpoints(client: SailthruClient, checks: CheckCollector, *, runs: bool) -> None:
    """Probe user, list and job; `runs` says that the person needs `job` for syncs."""
    refused: list[str] = []
    for endpoint in CHECKED_ENDPOINTS:
        needed = endpoint != "job" or runs
        try:
            await client.probe_endpoint(endpoint)
        except Forbidden:
            refused.append(endpoint)
            checks.add(_refused_endpoint_check(endpoint, refused, needed=needed))
        except AppError as error:
            checks.add(failed_check(f"Sailthru: {endpoint}", error, is_needed=needed))
        else:
            checks.add(ConnectionCheck(f"Sailthru: {endpoint}", True, "Allowed for this key."))


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


def check_account_settings(
    account: SailthruAccount, values: SettingsValues, checks: CheckCollector
) -> None:
    """Compare the time zone with the setting, and say whether predictions are on."""
    ours = values.get(settings_table.TIMEZONE)
    if account.timezone is None:
        checks.add(
            ConnectionCheck(
                "Sailthru: time zone",
                True,
                f"Sailthru does not say its own; the setting is {ours}.",
                is_needed=False,
            )
        )
    elif account.timezone == ours:
        checks.add(ConnectionCheck("Sailthru: time zone", True, f"{ours}, as in Sailthru."))
    else:
        checks.add(
            ConnectionCheck(
                "Sailthru: time zone",
                False,
                f"The setting is {ours}, but the Sailthru account uses {account.timezone}.",
                f"Set the time zone to {account.timezone}; dates would be a day off at times.",
                is_needed=False,
            )
        )
    checks.add(_predictions_check(account.predictions))


def _predictions_check(on: bool | None) -> ConnectionCheck:
    name = "Sailthru: predictions"
    if on:
        return ConnectionCheck(name, True, "Prediction Manager is on.", is_needed=False)
    detail = "Sailthru does not say whether Prediction Manager is on."
    if on is False:
        detail = "Prediction Manager is off: customer value is “not available”."
    return ConnectionCheck(name, on is None, detail, is_needed=False)


async def check_smart_list(
    client: SailthruClient, values: SettingsValues, checks: CheckCollector
) -> None:
    """Whether the smart list of the marked customers exists, and is smart."""
    name = values.get(settings_table.SYNC_SMART_LIST)
    title = "Sailthru: smart list"
    try:
        found = next((one for one in await client.list_lists() if one.name == name), None)
    except AppError as error:
        checks.add(failed_check(title, error, is_needed=False))
        return
    mark = values.get(settings_table.SYNC_MARK_VAR)
    if found is None:
        checks.add(
            ConnectionCheck(
                title,
                False,
                f"There is no list “{name}” yet.",
                f"In Sailthru make a smart list “{name}” of users whose var {mark} is true. "
                "Only the sync from Sailthru to Zendesk needs it.",
                is_needed=False,
            )
        )
    elif not found.smart:
        checks.add(
            ConnectionCheck(
                title,
                False,
                f"“{name}” is an ordinary list: marking a customer does not put them on it.",
                f"Make it a smart list over var {mark}, or name another list in Settings › Names.",
                is_needed=False,
            )
        )
    else:
        count = "" if found.count is None else f" {found.count:,} users, counted nightly."
        checks.add(ConnectionCheck(title, True, f"“{name}” is there.{count}", is_needed=False))
