"""Permissions by role: one rule for the window, the command line and links.

These rules guide people; whoever holds this computer's Sailthru key can go around them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum


class Role(Enum):
    """The role of the person at work. A marketer is an agent with the permission `runs`.

    A lead is an agent of Zendesk whom an admin named: reports, requests, the team's record.
    """

    ADMIN = "admin"
    LEAD = "lead"
    AGENT = "agent"


class Permission(Enum):
    """A permission: one thing a role may be allowed to do."""

    VIEW = "view"
    LIST_ADD = "list_add"
    LIST_REMOVE = "list_remove"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    HEALTH = "health"
    VARS = "vars"
    CREATE = "create"
    CHANGE_EMAIL = "change_email"
    MERGE = "merge"
    NOTE = "note"
    PAUSE = "pause"
    TAG = "tag"
    TEXTS = "texts"
    BULK = "bulk"
    RUNS = "runs"
    AUDIENCE = "audience"
    EXPORT = "export"
    AGENT_REPORTS = "agent_reports"
    TEAM_RECORD = "team_record"
    EXPORT_SELL = "export_sell"
    PRIVACY = "privacy"

    @property
    def label(self) -> str:
        """The permission as the end of “Your role may …”."""
        return _LABELS[self]


# What may wait for Zendesk by the role it confirmed last: not what lets more e-mail through, nor
# what begins with both services' answers.
_WAITING_PERMISSIONS = frozenset(
    {
        Permission.LIST_ADD,
        Permission.LIST_REMOVE,
        Permission.OPT_OUT,
        Permission.HEALTH,
        Permission.VARS,
        Permission.NOTE,
        Permission.PAUSE,
    }
)

CHANGES_OFF_REASON = "Changes are switched off here. An admin can switch them on in Settings."

NOT_SIGNED_IN_REASON = "Nobody is signed in here, so nothing can be changed. Sign in in Settings."

_LABELS = {
    Permission.VIEW: "look customers up",
    Permission.LIST_ADD: "add customers to lists",
    Permission.LIST_REMOVE: "take customers off lists",
    Permission.OPT_OUT: "opt customers out",
    Permission.OPT_IN: "opt customers back in",
    Permission.HEALTH: "set health",
    Permission.VARS: "change profile data and sync marks",
    Permission.CREATE: "create profiles",
    Permission.CHANGE_EMAIL: "change e-mail addresses",
    Permission.MERGE: "merge two Sailthru profiles",
    Permission.NOTE: "write internal notes on tickets",
    Permission.PAUSE: "pause marketing",
    Permission.TAG: "tag customers as high value",
    Permission.TEXTS: "edit reasons and note templates",
    Permission.BULK: "look up and change many customers at once",
    Permission.RUNS: "run syncs",
    Permission.AUDIENCE: "search everybody in Audience",
    Permission.EXPORT: "export people from Audience to a file",
    Permission.AGENT_REPORTS: "see reports that name agents",
    Permission.TEAM_RECORD: "see what all computers of the team recorded",
    Permission.EXPORT_SELL: "export everything from Zendesk Sell",
    Permission.PRIVACY: "export or erase all that is known of a customer",
}

# No setting gives these to agents, and no policy: nothing undoes them.
ADMIN_PERMISSIONS = frozenset({Permission.PRIVACY})
# Those of the table of settings, which admins give to roles.
SETTABLE_PERMISSIONS = tuple(one for one in Permission if one not in ADMIN_PERMISSIONS)

# What shows customers: nobody has it who may not look customers up.
_SEEING_PERMISSIONS = frozenset(
    {
        Permission.BULK,
        Permission.AUDIENCE,
        Permission.EXPORT,
        Permission.TEAM_RECORD,
        Permission.EXPORT_SELL,
        Permission.PRIVACY,
    }
)

# Agents: removing from lists is off (S0-23), opting back in is off, what creates is off.
_AGENT_PERMISSIONS: Mapping[Permission, bool] = {
    Permission.VIEW: True,
    Permission.LIST_ADD: True,
    Permission.LIST_REMOVE: False,
    Permission.OPT_OUT: True,
    Permission.OPT_IN: False,
    Permission.HEALTH: True,
    Permission.VARS: False,
    Permission.CREATE: False,
    Permission.CHANGE_EMAIL: True,
    # Nothing splits a merged profile again.
    Permission.MERGE: False,
    Permission.NOTE: True,
    Permission.PAUSE: True,
    # A tag reaches their tickets, where triggers act.
    Permission.TAG: False,
    Permission.TEXTS: False,
    # A list that was pasted by mistake reaches thousands.
    Permission.BULK: False,
    Permission.RUNS: False,
    # Everybody's data at once, not the one customer who has written.
    Permission.AUDIENCE: False,
    Permission.EXPORT: False,
    # How somebody's ratings are is for who leads them.
    Permission.AGENT_REPORTS: False,
    Permission.TEAM_RECORD: False,
    # The whole of a customer base in a folder.
    Permission.EXPORT_SELL: False,
    Permission.PRIVACY: False,
}
# What agents ask a lead for, and what a lead answers for. No settings: those are an admin's.
_LEAD_PERMISSIONS = (
    Permission.LIST_REMOVE,
    Permission.OPT_IN,
    Permission.VARS,
    Permission.TAG,
    Permission.TEXTS,
    Permission.AUDIENCE,
    Permission.AGENT_REPORTS,
    Permission.TEAM_RECORD,
)
DEFAULT_PERMISSIONS: Mapping[Role, Mapping[Permission, bool]] = {
    Role.ADMIN: dict.fromkeys(Permission, True),
    Role.LEAD: {**_AGENT_PERMISSIONS, **dict.fromkeys(_LEAD_PERMISSIONS, True)},
    Role.AGENT: _AGENT_PERMISSIONS,
}


@dataclass(frozen=True)
class Actor:
    """The person at work; `id` is the Zendesk user id, None in a Sailthru-only workspace.

    `is_confirmed`: a service or the system has just said so, and no file that the person writes.
    `credential`: the hash of the API token they sign in with; empty for a sign-in by browser.
    `last_role`: what Zendesk said before it was away, `last_role_at` when (Unix seconds); it lets
    edits wait for Zendesk and grants nothing that takes effect.
    """

    name: str
    role: Role
    id: int | None = None
    is_confirmed: bool = True
    credential: str = field(default="", compare=False)
    last_role: Role | None = None
    last_role_at: float = 0.0

    @property
    def key(self) -> str:
        """The actor's key, which nobody can change: the Zendesk user id, else the name.

        Empty while it is not confirmed who that is.
        """
        return self.approver_id if self.is_confirmed else ""

    @property
    def is_confirmed_admin(self) -> bool:
        """Whether a service or the system has just said that this is an admin."""
        return self.role is Role.ADMIN and self.is_confirmed

    @property
    def approver_id(self) -> str:
        """The actor as counted in a limit's approvals: the Zendesk user id, else the name."""
        return str(self.id or self.name)

    @property
    def signature(self) -> str:
        """The actor's name as the audit keeps it."""
        return self.name if self.is_confirmed else f"{self.name} (not confirmed)"


@dataclass(frozen=True)
class PermissionRules:
    """The permission rules: changes switch and table by role; `is_managed` by a policy.

    `outside_notice` says which settings were edited outside Fairlead and do not count.
    `is_signed_in`: false where changes are off only because no sign-in stands.
    `are_changes_unproven`: changes are on in the settings, and the keyring that proves who switched
    them on cannot be read now.
    """

    are_changes_enabled: bool
    permissions: Mapping[Role, Mapping[Permission, bool]]
    is_managed: bool = False
    is_signed_in: bool = True
    outside_notice: str = ""
    are_changes_unproven: bool = False


@dataclass(frozen=True)
class PermissionDecision:
    """Whether a permission is given, and if not, the reason as a sentence."""

    is_allowed: bool
    reason: str = ""


def check_permission(
    permission: Permission, actor: Actor, rules: PermissionRules
) -> PermissionDecision:
    """Decide whether `actor` may use a permission under these rules."""
    # The switch stops every change at once, whatever the table allows. An opt-out is not held up
    # by a keyring that is locked.
    is_stopped = permission is not Permission.VIEW and not rules.are_changes_enabled
    if is_stopped and not (rules.are_changes_unproven and permission is Permission.OPT_OUT):
        reason = CHANGES_OFF_REASON if rules.is_signed_in else NOT_SIGNED_IN_REASON
        return PermissionDecision(False, f"{reason} {rules.outside_notice}".rstrip())
    return check_role(permission, actor, rules)


def check_waiting_edit(
    permission: Permission, actor: Actor, rules: PermissionRules
) -> PermissionDecision:
    """Decide whether `actor` may queue an edit whose right is asked again before it is sent.

    While Zendesk is away the role that it confirmed last counts as well.
    """
    decision = check_permission(permission, actor, rules)
    is_known = actor.is_confirmed or actor.last_role is None
    if decision.is_allowed or is_known or permission not in _WAITING_PERMISSIONS:
        return decision
    role = actor.last_role or actor.role
    return check_permission(permission, replace(actor, role=role), rules)


def check_role(permission: Permission, actor: Actor, rules: PermissionRules) -> PermissionDecision:
    """Decide by the permissions table alone, also while changes are switched off."""
    given = rules.permissions.get(actor.role, {})
    if permission in _SEEING_PERMISSIONS and not given.get(Permission.VIEW, False):
        permission = Permission.VIEW
    allowed = given.get(permission, False)
    if permission in ADMIN_PERMISSIONS:
        allowed = allowed and actor.is_confirmed_admin
    if allowed:
        return PermissionDecision(True)
    reason = f"Your role ({actor.role.value}) may not {permission.label}. Ask an admin."
    if not actor.is_confirmed:
        # An admin is known as one only by what Zendesk says at this connection.
        reason = (
            f"Zendesk has not said who you are, so whether you may {permission.label} can't be"
            " checked. You can once it has."
        )
    return PermissionDecision(False, f"{reason} {rules.outside_notice}".rstrip())
