"""Who is an admin, and that nothing is wider than the defaults without a connection."""

from dataclasses import replace

import pytest

from desktop.connect.identity_and_roles import (
    LAST_ROLE_MAX_AGE_S,
    actor_from_zendesk_user,
    check_setting_change,
    computer_account_name,
    effective_permission_rules,
    last_known_actor,
    resolve_identity,
    sailthru_only_actor,
)
from desktop.kit.errors import AppError, AuthenticationError, NotPermitted, ServiceUnreachable
from desktop.model.permission import (
    DEFAULT_PERMISSIONS,
    SETTABLE_PERMISSIONS,
    Actor,
    Permission,
    PermissionRules,
    Role,
    check_permission,
    check_waiting_edit,
)
from desktop.model.zendesk_user import SignedInZendeskUser
from desktop.settings import settings_table
from desktop.settings.managed_policy import ManagedPolicy
from desktop.settings.settings_file import SettingsValues
from desktop.settings.window_state import WindowState

ADMIN, AGENT = Actor("Ada", Role.ADMIN, 1), Actor("Kim", Role.AGENT, 2)
WIDE = {"changes": True, **{row.key: True for row in settings_table.PERMISSION_SETTINGS.values()}}


def me(role: str) -> SignedInZendeskUser:
    return SignedInZendeskUser(7, "Ada", "ada@acme.example", role)


def test_role_is_read_from_zendesk() -> None:
    assert actor_from_zendesk_user(me("admin")) == Actor("Ada", Role.ADMIN, 7)
    assert actor_from_zendesk_user(me("agent")) == Actor("Ada", Role.AGENT, 7)
    for role in ("end-user", "Admin", "owner", ""):
        with pytest.raises(NotPermitted, match="agent or an admin"):
            actor_from_zendesk_user(me(role))


def test_role_without_zendesk_admin_is_who_set_up() -> None:
    set_up = {"sailthru_only.person": "ada"}
    assert sailthru_only_actor(SettingsValues(set_up), "ada").role is Role.ADMIN
    assert sailthru_only_actor(SettingsValues(set_up), "kim").role is Role.AGENT
    policy = ManagedPolicy({"sailthru_only.role": "agent"})
    assert sailthru_only_actor(SettingsValues(set_up, policy), "ada").role is Role.AGENT
    assert sailthru_only_actor(SettingsValues({"sailthru_only.role": 7}), "ada").role is Role.AGENT


def test_role_offline_is_never_admin() -> None:
    state = WindowState(last_user_name="Ada", last_user_id=7)
    found = last_known_actor(state)
    assert found == Actor("Ada", Role.AGENT, 7, is_confirmed=False)
    assert (found.key, found.signature) == ("", "Ada (not confirmed)")
    assert last_known_actor(WindowState()).name == "You"


class Answering:
    """A Zendesk that answers one thing."""

    def __init__(self, answer: SignedInZendeskUser | AppError) -> None:
        self._answer = answer

    async def me(self) -> SignedInZendeskUser:
        if isinstance(self._answer, AppError):
            raise self._answer
        return self._answer


STATE = WindowState(last_user_name="Ada", last_user_id=7)
NOW = 1_800_000_000.0
CONNECTED = SettingsValues({**WIDE, "zendesk.auth": "oauth"})


async def test_role_online_is_live_zendesk_role() -> None:
    found = await resolve_identity(
        CONNECTED, Answering(me("admin")), STATE, "ada", was_in_zendesk=True, now=NOW
    )
    assert (found.actor.role, found.is_confirmed, found.rules.are_changes_enabled) == (
        Role.ADMIN,
        True,
        True,
    )
    with pytest.raises(NotPermitted):
        await resolve_identity(
            CONNECTED, Answering(me("end-user")), STATE, "ada", was_in_zendesk=True, now=NOW
        )


async def test_role_offline_is_agent_with_workspace_permissions() -> None:
    found = await resolve_identity(
        CONNECTED, Answering(ServiceUnreachable("away")), STATE, "ada", was_in_zendesk=True, now=NOW
    )
    assert (found.actor, found.is_confirmed) == (last_known_actor(STATE), False)
    assert found.rules == effective_permission_rules(CONNECTED, connected=True)
    assert isinstance(found.error, ServiceUnreachable)


@pytest.mark.parametrize(
    ("role", "age_s", "expected"),
    [
        ("admin", 60.0, Role.ADMIN),
        ("admin", LAST_ROLE_MAX_AGE_S, Role.ADMIN),
        ("admin", LAST_ROLE_MAX_AGE_S + 1, None),
        ("admin", -60.0, None),
        ("owner", 60.0, None),
        ("", 60.0, None),
    ],
)
async def test_role_offline_of_last_time_lets_edits_wait_and_no_more(
    role: str, age_s: float, expected: Role | None
) -> None:
    state = replace(STATE, last_user_role=role, last_user_at=NOW - age_s)
    away = Answering(ServiceUnreachable("away"))
    actor = (
        await resolve_identity(CONNECTED, away, state, "ada", was_in_zendesk=True, now=NOW)
    ).actor
    assert (actor.role, actor.is_confirmed, actor.last_role) == (Role.AGENT, False, expected)
    rules = PermissionRules(are_changes_enabled=True, permissions=DEFAULT_PERMISSIONS)
    assert not check_permission(Permission.LIST_REMOVE, actor, rules).is_allowed
    waits = check_waiting_edit(Permission.LIST_REMOVE, actor, rules)
    assert waits.is_allowed is (expected is Role.ADMIN)
    for loosens in (Permission.OPT_IN, Permission.MERGE, Permission.CREATE, Permission.RUNS):
        assert not check_waiting_edit(loosens, actor, rules).is_allowed
    off = replace(rules, are_changes_enabled=False)
    assert not check_waiting_edit(Permission.LIST_REMOVE, actor, off).is_allowed
    refused = Answering(AuthenticationError("gone"))
    found = await resolve_identity(CONNECTED, refused, state, "ada", was_in_zendesk=True, now=NOW)
    assert found.actor.last_role is None


@pytest.mark.parametrize("client", [None, Answering(AuthenticationError("gone"))])
async def test_role_signed_out_has_default_permissions(client: Answering | None) -> None:
    found = await resolve_identity(CONNECTED, client, STATE, "ada", was_in_zendesk=True, now=NOW)
    assert found.actor.role is Role.AGENT
    assert found.rules == effective_permission_rules(CONNECTED, connected=False)
    assert not found.rules.are_changes_enabled


async def test_role_sailthru_only_workspace() -> None:
    before = await resolve_identity(
        SettingsValues(WIDE), None, WindowState(), "ada", was_in_zendesk=False, now=NOW
    )
    assert (before.actor.role, before.rules.are_changes_enabled) == (Role.AGENT, False)
    set_up = SettingsValues({**WIDE, "sailthru_only.person": "ada"})
    left = await resolve_identity(set_up, None, STATE, "ada", was_in_zendesk=True, now=NOW)
    assert left.actor.role is Role.AGENT, "somebody was signed in to Zendesk here before"
    after = await resolve_identity(
        set_up, None, WindowState(), "ada", was_in_zendesk=False, now=NOW
    )
    assert (after.actor.role, after.rules.are_changes_enabled) == (Role.ADMIN, True)


def test_permissions_connected_come_from_settings() -> None:
    made = effective_permission_rules(SettingsValues(WIDE), connected=True)
    assert all(
        check_permission(permission, AGENT, made).is_allowed for permission in SETTABLE_PERMISSIONS
    )
    assert not check_permission(Permission.PRIVACY, AGENT, made).is_allowed


def test_permissions_not_connected_are_defaults_and_read_only() -> None:
    made = effective_permission_rules(SettingsValues(WIDE), connected=False)
    assert not made.are_changes_enabled
    assert made.permissions == {role: dict(cells) for role, cells in DEFAULT_PERMISSIONS.items()}
    closed = ManagedPolicy({"permissions.agent.view": False, "permissions.agent.opt_in": True})
    narrowed = effective_permission_rules(SettingsValues(WIDE, closed), connected=False)
    assert not narrowed.permissions[Role.AGENT][Permission.VIEW]
    assert not narrowed.permissions[Role.AGENT][Permission.OPT_IN]


def test_setting_change_permission_by_role() -> None:
    values = SettingsValues({}, ManagedPolicy({"sailthru.currency": "USD"}))
    assert check_setting_change(settings_table.WINDOW_THEME, AGENT, values).is_allowed
    assert not check_setting_change(settings_table.CHANGES_ENABLED, AGENT, values).is_allowed
    assert check_setting_change(settings_table.CHANGES_ENABLED, ADMIN, values).is_allowed
    assert not check_setting_change(settings_table.CURRENCY, ADMIN, values).is_allowed
    assert "organisation" in check_setting_change(settings_table.CURRENCY, ADMIN, values).reason


def test_setting_change_before_connecting_allows_account_only() -> None:
    values = SettingsValues()
    assert check_setting_change(settings_table.ZENDESK_BASE_URL, None, values).is_allowed
    for row in (
        settings_table.CHANGES_ENABLED,
        *settings_table.PERMISSION_SETTINGS.values(),
        settings_table.SAILTHRU_ONLY_ROLE,
    ):
        assert not check_setting_change(row, None, values).is_allowed


def test_environment_credentials_do_not_set_role(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = computer_account_name()
    for name in ("USER", "LOGNAME", "USERNAME", "LNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert computer_account_name() == before != "somebody-else"
