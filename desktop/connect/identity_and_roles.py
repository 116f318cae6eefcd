"""Resolves the person at work, their role, the rules in force, and who may change settings.

Admin is who Zendesk says is one, live; without Zendesk it is the person who set the workspace
up. Not connected means the defaults, and nothing wider.
"""

import os
import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Protocol

from desktop.kit.errors import AppError, AuthenticationError, NotPermitted
from desktop.model.permission import (
    DEFAULT_PERMISSIONS,
    Actor,
    Permission,
    PermissionDecision,
    PermissionRules,
    Role,
    check_role,
)
from desktop.model.zendesk_user import SignedInZendeskUser, ZendeskUser
from desktop.settings import settings_table
from desktop.settings.permission_rules import leads_from, permission_rules_from
from desktop.settings.setting_definition import Setting, SettingSection
from desktop.settings.settings_file import SettingsValues
from desktop.settings.window_state import WindowState

# Seconds: as long as customers are kept by default. After it nobody's role is taken for known.
LAST_ROLE_MAX_AGE_S = 14 * 86_400.0

PERMISSIONS_DISCLAIMER = (
    "These rules apply inside Fairlead only. For a hard limit use a restricted Sailthru key."
)


class CurrentUserSource(Protocol):
    """What resolving the role asks of a Zendesk client: `users/me`, whose credentials they are."""

    async def me(self) -> SignedInZendeskUser:
        """Ask `users/me` who is at work, to resolve their role."""
        ...


@dataclass(frozen=True)
class ActiveIdentity:
    """The actor and the permission rules in force; `is_confirmed` by Zendesk just now.

    `error` is why not, where there was something to ask.
    """

    actor: Actor
    rules: PermissionRules
    is_confirmed: bool
    error: AppError | None = None


async def resolve_identity(
    values: SettingsValues,
    client: CurrentUserSource | None,
    state: WindowState,
    person: str,
    *,
    was_in_zendesk: bool,
    now: float,
) -> ActiveIdentity:
    """Resolve the actor of a workspace; `client` is None while nobody is signed in to Zendesk.

    `was_in_zendesk`: somebody was before, in this workspace. `now` is Unix seconds.

    Away from Zendesk the person goes on as an agent under the workspace's rules, and queues edits
    with the role that was confirmed last; signed out, under the defaults. Raises NotPermitted when
    the sign-in is an end user's.
    """
    if values.get(settings_table.ZENDESK_AUTH) == "none" and client is None:
        connected = values.is_set(settings_table.SAILTHRU_ONLY_OWNER)
        return ActiveIdentity(
            sailthru_only_actor(values, person, was_in_zendesk=was_in_zendesk),
            effective_permission_rules(values, connected=connected),
            True,
        )
    if client is None:
        return ActiveIdentity(
            last_known_actor(state), effective_permission_rules(values, connected=False), False
        )
    try:
        actor = actor_from_zendesk_user(await client.me(), leads_from(values))
    except NotPermitted:
        raise
    except AuthenticationError as error:
        return ActiveIdentity(
            last_known_actor(state),
            effective_permission_rules(values, connected=False),
            False,
            error,
        )
    except AppError as error:
        return ActiveIdentity(
            _with_last_role(last_known_actor(state), state, now),
            effective_permission_rules(values, connected=True),
            False,
            error,
        )
    return ActiveIdentity(actor, effective_permission_rules(values, connected=True), True)


def named_lead(actor: Actor, leads: Collection[int]) -> Actor:
    """Return an agent as a lead where an admin has named them, by the ids of the leads."""
    is_lead = actor.role is Role.AGENT and actor.id in leads
    return replace(actor, role=Role.LEAD) if is_lead else actor


def actor_from_zendesk_user(
    me: SignedInZendeskUser | ZendeskUser, leads: Collection[int] = ()
) -> Actor:
    """Resolve a Zendesk user's role, as an actor. Raises NotPermitted for end users.

    `leads` are the ids of agents whom an admin has named; without them each is an agent.
    """
    if me.role == "admin":
        return Actor(me.name, Role.ADMIN, me.id)
    if me.role == "agent":
        return named_lead(Actor(me.name, Role.AGENT, me.id), leads)
    raise NotPermitted(
        "This is not an agent's account.",
        f"Zendesk says that {me.name} is an end user.",
        "Sign in as an agent or an admin.",
    )


def sailthru_only_actor(
    values: SettingsValues, person: str, *, was_in_zendesk: bool = False
) -> Actor:
    """Return the actor of a workspace without Zendesk, by computer account.

    `was_in_zendesk`: somebody was signed in to Zendesk here before. Then nobody is an admin, or
    an agent would become one by leaving Zendesk.
    """
    set_up_by = values.get(settings_table.SAILTHRU_ONLY_OWNER)
    if was_in_zendesk or set_up_by != person:
        return Actor(person, Role.AGENT)
    return Actor(person, Role(values.get(settings_table.SAILTHRU_ONLY_ROLE)))


def last_known_actor(state: WindowState) -> Actor:
    """Return who was signed in last, with an agent's role: offline nobody is known as admin."""
    return Actor(state.last_user_name or "You", Role.AGENT, state.last_user_id, is_confirmed=False)


def _with_last_role(actor: Actor, state: WindowState, now: float) -> Actor:
    """Add the role that Zendesk confirmed last, unless that is too long ago or in the future."""
    is_recent = 0.0 <= now - state.last_user_at <= LAST_ROLE_MAX_AGE_S
    roles = {role.value: role for role in Role}
    if not is_recent or state.last_user_role not in roles:
        return actor
    return replace(actor, last_role=roles[state.last_user_role], last_role_at=state.last_user_at)


def effective_permission_rules(values: SettingsValues, *, connected: bool) -> PermissionRules:
    """Return the permission rules in force; `connected` says that this workspace has a sign-in."""
    own = permission_rules_from(values)
    if connected:
        return own
    # The defaults cannot be widened here; what an admin or the policy took away stays away.
    narrowed = {
        role: {
            permission: allowed and own.permissions[role][permission]
            for permission, allowed in cells.items()
        }
        for role, cells in DEFAULT_PERMISSIONS.items()
    }
    is_off = not (own.are_changes_enabled or own.are_changes_unproven)
    return replace(own, are_changes_enabled=False, permissions=narrowed, is_signed_in=is_off)


def check_setting_change(
    setting: Setting[Any], actor: Actor | None, values: SettingsValues
) -> PermissionDecision:
    """Decide whether `actor` (None: nobody is connected) may change a setting of the workspace."""
    if values.is_managed(setting):
        return PermissionDecision(False, "Managed by your organisation.")
    if setting.permission is not None:
        return _check_permission_for_setting(setting.permission, actor, values)
    if not setting.is_admin_only:
        return PermissionDecision(True)
    if actor is None:
        # What leads to a connection has to be set before there is one.
        if setting.section is SettingSection.PERMISSIONS:
            return PermissionDecision(
                False, "Connect first: until then permissions stand at their defaults."
            )
        return PermissionDecision(True)
    if actor.role is Role.ADMIN:
        return PermissionDecision(True)
    return PermissionDecision(False, "Only an admin can change this.")


def _check_permission_for_setting(
    permission: Permission, actor: Actor | None, values: SettingsValues
) -> PermissionDecision:
    """Decide by the permissions table, also while changes are off: nothing is written by it."""
    if actor is None or not actor.is_confirmed:
        return PermissionDecision(False, "Connect first: it is not known who you are.")
    rules = effective_permission_rules(values, connected=True)
    return check_role(permission, actor, rules)


def computer_account_name() -> str:
    """Return the computer account of who is at work, asked of the system, not the environment."""
    if sys.platform == "win32":
        return os.getlogin()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
