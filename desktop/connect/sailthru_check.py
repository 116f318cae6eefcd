"""What this workspace's Sailthru key can do; names each endpoint that is refused."""

from desktop.clients.sailthru.client import Endpoint, SailthruClient
from desktop.connect.check import Check, Checks, failed
from desktop.connect.letters import ask_for_endpoints
from desktop.kit.errors import AppError, Forbidden
from desktop.model.profile import SailthruAccount
from desktop.settings import table
from desktop.settings.values import Values

ENDPOINTS: tuple[Endpoint, ...] = ("user", "list", "job")


async def check_sign_in(
    client: SailthruClient, checks: Checks
) -> tuple[bool, SailthruAccount | None]:
    """Whether key and secret are right, and the account where the key may read it."""
    try:
        account = await client.settings()
    except Forbidden:
        checks.add(Check("Sailthru: key", True, "Key and secret are right."))
        checks.add(
            Check(
                "Sailthru: settings",
                False,
                "The key may not read the account's settings, so its time zone cannot be compared.",
                "Fairlead works without; ask Sailthru to allow “settings” if you like.",
                needed=False,
                letter=ask_for_endpoints(("settings",)),
            )
        )
        return True, None
    except AppError as error:
        checks.add(failed("Sailthru: key", error))
        return False, None
    number = f" Account {account.account_id}." if account.account_id else ""
    checks.add(Check("Sailthru: key", True, f"Key and secret are right.{number}"))
    return True, account


async def check_endpoints(client: SailthruClient, checks: Checks, *, runs: bool) -> None:
    """Probe user, list and job; `runs` says that the person needs `job` for syncs."""
    refused: list[str] = []
    for endpoint in ENDPOINTS:
        needed = endpoint != "job" or runs
        try:
            await client.probe(endpoint)
        except Forbidden:
            refused.append(endpoint)
            checks.add(_refused(endpoint, refused, needed=needed))
        except AppError as error:
            checks.add(failed(f"Sailthru: {endpoint}", error, needed=needed))
        else:
            checks.add(Check(f"Sailthru: {endpoint}", True, "Allowed for this key."))


def _refused(endpoint: str, refused: list[str], *, needed: bool) -> Check:
    if not needed:
        return Check(
            f"Sailthru: {endpoint}",
            False,
            f"Sailthru refuses “{endpoint}” to this key, as it should for agents.",
            "Only scheduled syncs need it.",
            needed=False,
        )
    return Check(
        f"Sailthru: {endpoint}",
        False,
        f"Sailthru refuses “{endpoint}” to this key.",
        f"Ask Sailthru to enable {', '.join(f'“{name}”' for name in refused)}; "
        "the text to send is ready to copy.",
        letter=ask_for_endpoints(refused),
    )


def check_account(account: SailthruAccount, values: Values, checks: Checks) -> None:
    """Compare the time zone with the setting, and say whether predictions are on."""
    ours = values.get(table.TIMEZONE)
    if account.timezone is None:
        checks.add(
            Check(
                "Sailthru: time zone",
                True,
                f"Sailthru does not say its own; the setting is {ours}.",
                needed=False,
            )
        )
    elif account.timezone == ours:
        checks.add(Check("Sailthru: time zone", True, f"{ours}, as in Sailthru."))
    else:
        checks.add(
            Check(
                "Sailthru: time zone",
                False,
                f"The setting is {ours}, but the Sailthru account uses {account.timezone}.",
                f"Set the time zone to {account.timezone}; dates would be a day off at times.",
                needed=False,
            )
        )
    checks.add(_predictions(account.predictions))


def _predictions(on: bool | None) -> Check:
    name = "Sailthru: predictions"
    if on:
        return Check(name, True, "Prediction Manager is on.", needed=False)
    detail = "Sailthru does not say whether Prediction Manager is on."
    if on is False:
        detail = "Prediction Manager is off: customer value is “not available”."
    return Check(name, on is None, detail, needed=False)


async def check_smart_list(client: SailthruClient, values: Values, checks: Checks) -> None:
    """Whether the smart list of the marked customers exists, and is smart."""
    name = values.get(table.SMART_LIST)
    title = "Sailthru: smart list"
    try:
        found = next((one for one in await client.list_lists() if one.name == name), None)
    except AppError as error:
        checks.add(failed(title, error, needed=False))
        return
    mark = values.get(table.MARK_VAR)
    if found is None:
        checks.add(
            Check(
                title,
                False,
                f"There is no list “{name}” yet.",
                f"In Sailthru make a smart list “{name}” of users whose var {mark} is true. "
                "Only the sync from Sailthru to Zendesk needs it.",
                needed=False,
            )
        )
    elif not found.smart:
        checks.add(
            Check(
                title,
                False,
                f"“{name}” is an ordinary list: marking a customer does not put them on it.",
                f"Make it a smart list over var {mark}, or name another list in Settings › Names.",
                needed=False,
            )
        )
    else:
        count = "" if found.count is None else f" {found.count:,} users, counted nightly."
        checks.add(Check(title, True, f"“{name}” is there.{count}", needed=False))
