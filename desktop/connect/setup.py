"""Setting a workspace up from a document: check against the services, then store.

Credentials that are refused, or a service that cannot be reached, store nothing. A refused
endpoint is reported and does not keep the rest from being stored: agents' keys lack `job`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desktop.clients.sailthru.protocol import Credentials as SailthruKey
from desktop.clients.zendesk.credentials import ApiToken
from desktop.connect import sailthru_check
from desktop.connect.account import forget_sign_in
from desktop.connect.check import Check, Checks, OnCheck, all_well
from desktop.connect.desk import Desk
from desktop.connect.doctor import check_zendesk, not_signed_in
from desktop.connect.reach import reach
from desktop.connect.roles import solo_actor
from desktop.connect.services import SAILTHRU, ZENDESK
from desktop.connect.setup_document import SetupInput, read_document
from desktop.kit.errors import BadInput, NotPermitted
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Role
from desktop.settings import table
from desktop.settings.setting import Setting
from desktop.settings.values import Values
from desktop.vault.secret import Secret

# What leads to a connection has to be set by whoever makes the first one.
_LEADS = (table.SERVICE_URI, table.ZENDESK_BASE_URL)


@dataclass(frozen=True)
class SetupReport:
    """What was checked, whether it was stored, and what was left out of the document."""

    workspace: str
    checks: tuple[Check, ...]
    stored: bool
    unreachable: bool
    actor: Actor | None = None
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it is stored and everything needed works."""
        return self.stored and all_well(self.checks)

    def as_json(self) -> dict[str, Json]:
        """As in `fairlead setup --json`."""
        return {
            "workspace": self.workspace,
            "ok": self.ok,
            "stored": self.stored,
            "role": self.actor.role.value if self.actor else None,
            "checks": [check.as_json() for check in self.checks],
            "notes": list(self.notes),
        }


@dataclass
class _Outcome:
    """What the checks of one set-up have shown so far."""

    refused: bool = False
    unreachable: bool = False
    actor: Actor | None = None

    @property
    def good(self) -> bool:
        return not (self.refused or self.unreachable)


async def run_setup(document: Json, desk: Desk, on_check: OnCheck | None = None) -> SetupReport:
    """Set the desk's workspace up.

    Raises BadInput for a document that cannot be used, NeedsPerson when another workspace has
    the Zendesk account, NoKeyring when there is no place for secrets.
    """
    given = read_document(document)
    file = desk.settings
    before = file.load().values
    settings, notes = _without_managed(given, before)
    _choose_sign_in(given, before, settings)
    values = Values({**before.stored, **settings}, before.policy)
    _require_whole(given, values)
    if values.get(table.ZENDESK_AUTH) != "none":
        base_url = values.get(table.ZENDESK_BASE_URL)
        desk.workspaces.require_free(base_url, but=desk.workspace.name)
    moved = _moved(before, values)
    key, token = await _credentials(given, desk, values, moved=moved)
    checks = Checks(on_check)
    # Who was in charge before decides, not what the document says about itself: leaving Zendesk
    # makes nobody an admin.
    alone = before.get(table.ZENDESK_AUTH) == "none"
    outcome = _Outcome(actor=solo_actor(before, desk.person) if alone else None)
    await _check_zendesk(desk, values, token, checks, outcome, moved=moved)
    if outcome.good:
        await _check_sailthru(desk, values, key, settings, checks, outcome)
    if outcome.good:
        settings, more = _allowed(settings, before, outcome.actor)
        if values.get(table.ZENDESK_AUTH) == "none" and not before.chosen(table.SOLO_PERSON):
            settings.setdefault(table.SOLO_PERSON.key, desk.person)
        notes += more
        await _store_secrets(given, desk, before, values)
        file.change(settings)
    return SetupReport(
        desk.workspace.name,
        checks.done(),
        outcome.good,
        outcome.unreachable,
        outcome.actor,
        (*given.notes, *notes),
    )


def _choose_sign_in(given: SetupInput, before: Values, settings: dict[str, Json]) -> None:
    """Without `zendesk.auth`: a token means token, an account alone means the browser."""
    key = table.ZENDESK_AUTH.key
    if key in given.settings or before.managed(table.ZENDESK_AUTH):
        return
    if Secret.ZENDESK_TOKEN in given.secrets:
        settings[key] = "token"
    elif given.settings.get(table.ZENDESK_BASE_URL.key) and (
        before.get(table.ZENDESK_AUTH) == "none"
    ):
        settings[key] = "oauth"


def _require_whole(given: SetupInput, values: Values) -> None:
    how = values.get(table.ZENDESK_AUTH)
    if how != "none" and not values.get(table.ZENDESK_BASE_URL):
        raise BadInput(
            "“zendesk.base_url” is missing.",
            "It says which Zendesk account to connect.",
            "Add it, such as https://acme.zendesk.com.",
        )
    if Secret.ZENDESK_TOKEN in given.secrets and not values.get(table.ZENDESK_EMAIL):
        raise BadInput("“zendesk.api_token” needs “zendesk.email”, the address of an agent.")


async def _credentials(
    given: SetupInput, desk: Desk, values: Values, *, moved: bool
) -> tuple[SailthruKey | None, ApiToken | None]:
    # What the document leaves out may be in the vault, or in the environment.
    secrets = given.secrets
    key = secrets.get(Secret.SAILTHRU_KEY) or await desk.vault.get(Secret.SAILTHRU_KEY)
    secret = secrets.get(Secret.SAILTHRU_SECRET) or await desk.vault.get(Secret.SAILTHRU_SECRET)
    sailthru = SailthruKey(key, secret) if key and secret else None
    zendesk = None
    if values.get(table.ZENDESK_AUTH) == "token":
        token = secrets.get(Secret.ZENDESK_TOKEN)
        if token is None and not moved:
            token = await desk.vault.get(Secret.ZENDESK_TOKEN)
        if token is None:
            raise BadInput(
                "“zendesk.api_token” is missing.",
                "The sign-in is set to “token”, and none is kept for this workspace.",
                "Add it, or set “zendesk.auth” to “oauth”.",
            )
        zendesk = ApiToken(values.get(table.ZENDESK_EMAIL), token)
    if sailthru is None and values.get(table.ZENDESK_AUTH) == "none":
        raise BadInput(
            "The set-up names no service.",
            "It needs “sailthru” with api_key and api_secret, or “zendesk” with base_url.",
            "See `fairlead setup --help`.",
        )
    return sailthru, zendesk


async def _check_zendesk(
    desk: Desk,
    values: Values,
    token: ApiToken | None,
    checks: Checks,
    outcome: _Outcome,
    *,
    moved: bool,
) -> None:
    base_url = values.get(table.ZENDESK_BASE_URL)
    if values.get(table.ZENDESK_AUTH) == "none" or not base_url:
        return
    outcome.actor = None
    services = desk.services(values)
    if not await reach(ZENDESK, base_url, services, desk.clock, checks):
        outcome.unreachable = True
        return
    if token is not None:
        outcome.actor = await check_zendesk(services, base_url, token, values, checks)
        outcome.refused = outcome.actor is None
        return
    async with services.transport(ZENDESK, base_url) as transport:
        credentials = None if moved else await desk.zendesk_credentials(values, transport)
        if credentials is None:
            checks.add(not_signed_in(values))
            return
        outcome.actor = await check_zendesk(services, base_url, credentials, values, checks)


async def _check_sailthru(
    desk: Desk,
    values: Values,
    key: SailthruKey | None,
    settings: dict[str, Json],
    checks: Checks,
    outcome: _Outcome,
) -> None:
    if key is None:
        return
    services = desk.services(values)
    uri = values.get(table.SERVICE_URI)
    if not await reach(SAILTHRU, uri, services, desk.clock, checks):
        outcome.unreachable = True
        return
    async with services.sailthru(uri, key) as client:
        let_in, account = await sailthru_check.check_sign_in(client, checks)
        if not let_in:
            outcome.refused = True
            return
        runs = outcome.actor is None or outcome.actor.role is Role.ADMIN
        await sailthru_check.check_endpoints(client, checks, runs=runs)
        if account is not None:
            if account.timezone and not values.chosen(table.TIMEZONE):
                # Nobody chose one: the account's own is right (S2-13).
                values = _with_timezone(values, account.timezone, settings)
            sailthru_check.check_account(account, values, checks)
        await sailthru_check.check_smart_list(client, values, checks)


def _with_timezone(values: Values, timezone: str, settings: dict[str, Json]) -> Values:
    try:
        settings[table.TIMEZONE.key] = table.TIMEZONE.checked(timezone)
    except BadInput:
        # A zone this computer does not know; the comparison that follows says so.
        return values
    return Values({**values.stored, **settings}, values.policy)


def _without_managed(given: SetupInput, before: Values) -> tuple[dict[str, Json], tuple[str, ...]]:
    kept, notes = {}, []
    for key, value in given.settings.items():
        if before.managed(table.BY_KEY[key]):
            notes.append(f"“{key}” is managed by your organisation and was left out.")
        else:
            kept[key] = value
    return kept, tuple(notes)


def _allowed(
    settings: Mapping[str, Json], before: Values, actor: Actor | None
) -> tuple[dict[str, Json], tuple[str, ...]]:
    """Leave out what only admins may change; who is no admin changes nothing of it.

    Raises NotPermitted when a connected workspace would be led to another account: leaving that
    out would keep credentials that were checked against something else.
    """
    if actor is not None and actor.role is Role.ADMIN:
        return dict(settings), ()
    connected = bool(before.get(table.ZENDESK_BASE_URL)) or before.chosen(table.SOLO_PERSON)
    kept, notes = {}, []
    for key, value in settings.items():
        row = table.BY_KEY[key]
        if not row.admin:
            kept[key] = value
        elif row in _LEADS:
            if connected and actor is not None and not _already(row, value, before):
                raise NotPermitted(
                    "This workspace is connected to another account.",
                    f"Only an admin can change “{key}”.",
                    "Set up a workspace of its own with `--workspace NAME`.",
                )
            kept[key] = value
        elif not _already(row, value, before):
            notes.append(f"“{key}” needs an admin and was not changed.")
    return kept, tuple(notes)


def _already(row: Setting[Any], value: Json, before: Values) -> bool:
    return bool(row.dump(before.get(row)) == value)


def _moved(before: Values, values: Values) -> bool:
    old = before.get(table.ZENDESK_BASE_URL)
    return bool(old) and old != values.get(table.ZENDESK_BASE_URL)


async def _store_secrets(given: SetupInput, desk: Desk, before: Values, values: Values) -> None:
    if _moved(before, values):
        await forget_sign_in(desk.vault)
    for secret, value in given.secrets.items():
        # What the environment gives needs no keyring, and a server may have none.
        if await desk.vault.get(secret) != value:
            await desk.vault.set(secret, value)
