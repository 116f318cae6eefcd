"""`fairlead doctor` and “Test connection”: every connection and permission, one check each."""

from dataclasses import dataclass

from desktop.clients.zendesk.credentials import Credentials
from desktop.connect import sailthru_check, zendesk_check
from desktop.connect.check import Check, Checks, OnCheck, all_well, failed
from desktop.connect.desk import Desk
from desktop.connect.letters import ask_for_key, ask_for_oauth_client
from desktop.connect.reach import reach
from desktop.connect.roles import rules_for, solo_actor
from desktop.connect.services import SAILTHRU, ZENDESK, Services
from desktop.connect.tokens import TokenKeeper
from desktop.kit.errors import AppError, NoKeyring
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Permission
from desktop.settings import table
from desktop.settings.values import Values


@dataclass(frozen=True)
class Report:
    """All checks; `ok` when everything needed works. `actor` is who is at work, if known."""

    checks: tuple[Check, ...]
    actor: Actor | None = None

    @property
    def ok(self) -> bool:
        """Whether everything needed works."""
        return all_well(self.checks)

    def as_json(self) -> dict[str, Json]:
        """As in `fairlead doctor --json`."""
        return {"ok": self.ok, "checks": [check.as_json() for check in self.checks]}


async def examine(desk: Desk, on_check: OnCheck | None = None) -> Report:
    """Test all of one workspace; raises nothing that belongs into a check."""
    checks = Checks(on_check)
    values = _check_settings(desk, checks)
    if values is None or not await _check_keyring(desk, checks):
        return Report(checks.done())
    services = desk.services(values)
    actor = await _examine_zendesk(desk, values, services, checks)
    await _examine_sailthru(desk, values, services, checks, actor)
    return Report(checks.done(), actor)


def _check_settings(desk: Desk, checks: Checks) -> Values | None:
    try:
        loaded = desk.settings.load()
    except AppError as error:
        checks.add(failed("Settings", error))
        return None
    if loaded.notice is not None:
        checks.add(failed("Settings", loaded.notice))
    for notice in loaded.values.notices:
        checks.add(Check("Settings", False, notice, "Set it again in Settings.", needed=False))
    policy = loaded.values.policy
    if policy.active or policy.notices:
        names = ", ".join(str(path) for path in policy.sources)
        detail = f"Managed by your organisation: {names}." if names else "A policy is ignored."
        checks.add(
            Check("Policy", not policy.notices, detail, " ".join(policy.notices), policy.closed)
        )
    return loaded.values


async def _check_keyring(desk: Desk, checks: Checks) -> bool:
    try:
        await desk.sailthru_key()
    except NoKeyring as error:
        checks.add(failed("Keyring", error))
        return False
    checks.add(Check("Keyring", True, "The keys can be read."))
    return True


async def _examine_zendesk(
    desk: Desk, values: Values, services: Services, checks: Checks
) -> Actor | None:
    base_url = values.get(table.ZENDESK_BASE_URL)
    if values.get(table.ZENDESK_AUTH) == "none" and not desk.overrides.zendesk_token:
        checks.add(
            Check(ZENDESK, True, "Not connected: this workspace is Sailthru only.", needed=False)
        )
        return solo_actor(values, desk.person)
    if not base_url:
        checks.add(Check(ZENDESK, False, "No account is set.", "Enter it in Settings › Zendesk."))
        return None
    if not await reach(ZENDESK, base_url, services, desk.clock, checks):
        return None
    async with services.transport(ZENDESK, base_url) as transport:
        try:
            credentials = await desk.zendesk_credentials(values, transport)
        except AppError as error:
            checks.add(failed("Zendesk: sign-in", error))
            return None
        if credentials is None:
            checks.add(not_signed_in(values))
            return None
        actor = await check_zendesk(services, base_url, credentials, values, checks)
        if isinstance(credentials, TokenKeeper):
            await zendesk_check.check_scopes(transport, credentials, desk.clock, checks)
        else:
            zendesk_check.check_token_end(desk.clock, checks)
    return actor


async def check_zendesk(
    services: Services, base_url: str, credentials: Credentials, values: Values, checks: Checks
) -> Actor | None:
    """Sign-in, role and field of a Zendesk account that can be reached."""
    async with services.zendesk(base_url, credentials) as client:
        actor = await zendesk_check.check_person(client, checks)
        if actor is not None:
            await zendesk_check.check_box(client, values, checks)
        return actor


def not_signed_in(values: Values) -> Check:
    """Say that the sign-in is still to come."""
    if values.get(table.ZENDESK_AUTH) == "oauth" and not values.get(table.ZENDESK_CLIENT_ID):
        return Check(
            "Zendesk: sign-in",
            False,
            "There is no OAuth client to sign in with.",
            "Ask a Zendesk admin for one; the text to send is ready to copy.",
            letter=ask_for_oauth_client(),
        )
    return Check(
        "Zendesk: sign-in",
        False,
        "Nobody is signed in.",
        "Open Fairlead and sign in to Zendesk under Settings › Connections.",
    )


async def _examine_sailthru(
    desk: Desk, values: Values, services: Services, checks: Checks, actor: Actor | None
) -> None:
    uri = values.get(table.SERVICE_URI)
    key = await desk.sailthru_key()
    if key is None:
        checks.add(
            Check(
                "Sailthru: key",
                False,
                "There is no key and secret yet.",
                "In Sailthru: Settings › Setup › API and Postbacks, behind the lock; or ask "
                "Sailthru for a key of its own, the text to send is ready to copy.",
                letter=ask_for_key(),
            )
        )
        return
    if not await reach(SAILTHRU, uri, services, desk.clock, checks):
        return
    if not values.get(table.DEDICATED_KEY):
        checks.add(
            Check(
                "Sailthru: own key",
                False,
                "Nobody has confirmed that this key is only for Fairlead.",
                "Do not use the main account key: it cannot be withdrawn alone.",
                needed=False,
                letter=ask_for_key(),
            )
        )
    async with services.sailthru(uri, key) as client:
        let_in, account = await sailthru_check.check_sign_in(client, checks)
        if not let_in:
            return
        await sailthru_check.check_endpoints(client, checks, runs=_may_run(values, actor))
        if account is not None:
            sailthru_check.check_account(account, values, checks)
        await sailthru_check.check_smart_list(client, values, checks)


def _may_run(values: Values, actor: Actor | None) -> bool:
    # Nobody known: ask for all, so that an admin's first test is complete.
    if actor is None:
        return True
    return rules_for(values, connected=True).table[actor.role][Permission.RUNS]
