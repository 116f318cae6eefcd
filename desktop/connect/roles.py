"""Who is at work, what the rules are, and who may change them.

Admin is who Zendesk says is one, live; without Zendesk it is the person who set the workspace
up. Not connected means the defaults, and nothing wider.
"""

import os
import sys
from dataclasses import dataclass
from typing import Any, Protocol

from desktop.kit.errors import AppError, AuthLost, NotPermitted
from desktop.model.permission import DEFAULTS, Actor, Role, Rules, Verdict
from desktop.model.person import ZendeskMe
from desktop.settings import table
from desktop.settings.rules import rules
from desktop.settings.setting import Section, Setting
from desktop.settings.state import WindowState
from desktop.settings.values import Values

HONESTY = (
    "These rules guide people. Whoever holds this computer's Sailthru key can go around them; "
    "only a key without the right itself holds."
)


class Whose(Protocol):
    """What knows whose credentials these are: the Zendesk client."""

    async def me(self) -> ZendeskMe:
        """Ask Zendesk."""
        ...


@dataclass(frozen=True)
class AtWork:
    """The person and the rules in force; `live` when Zendesk confirmed the role just now.

    `trouble` is why not, where there was something to ask.
    """

    actor: Actor
    rules: Rules
    live: bool
    trouble: AppError | None = None


async def at_work(values: Values, client: Whose | None, state: WindowState, person: str) -> AtWork:
    """Find out who is at work; `client` is None while nobody is signed in to Zendesk.

    Away from Zendesk the person goes on as an agent under the workspace's rules; signed out,
    under the defaults. Raises NotPermitted when the sign-in is an end user's.
    """
    if values.get(table.ZENDESK_AUTH) == "none" and client is None:
        connected = values.chosen(table.SOLO_PERSON)
        return AtWork(solo_actor(values, person), rules_for(values, connected=connected), True)
    if client is None:
        return AtWork(offline_actor(state), rules_for(values, connected=False), False)
    try:
        actor = actor_from(await client.me())
    except NotPermitted:
        raise
    except AuthLost as error:
        return AtWork(offline_actor(state), rules_for(values, connected=False), False, error)
    except AppError as error:
        return AtWork(offline_actor(state), rules_for(values, connected=True), False, error)
    return AtWork(actor, rules_for(values, connected=True), True)


def actor_from(me: ZendeskMe) -> Actor:
    """Return the person Zendesk says is signed in. NotPermitted for end users."""
    if me.role == "admin":
        return Actor(me.name, Role.ADMIN, me.id)
    if me.role == "agent":
        return Actor(me.name, Role.AGENT, me.id)
    raise NotPermitted(
        "This is not an agent's account.",
        f"Zendesk says that {me.name} is an end user.",
        "Sign in as an agent or an admin.",
    )


def solo_actor(values: Values, person: str) -> Actor:
    """Return the person at work in a workspace without Zendesk; `person` is the computer's name."""
    set_up_by = values.get(table.SOLO_PERSON)
    if set_up_by and set_up_by != person:
        return Actor(person, Role.AGENT)
    return Actor(person, Role(values.get(table.SOLO_ROLE)))


def offline_actor(state: WindowState) -> Actor:
    """Return who was signed in last, as an agent: without Zendesk nobody is known as an admin."""
    return Actor(state.person_name or "You", Role.AGENT, state.person_id)


def rules_for(values: Values, *, connected: bool) -> Rules:
    """Return the rules in force; `connected` says that a sign-in of this workspace exists."""
    own = rules(values)
    if connected:
        return own
    narrowed = {
        role: {
            permission: allowed and own.table[role][permission]
            if values.managed(table.permission_setting(role, permission))
            else allowed
            for permission, allowed in cells.items()
        }
        for role, cells in DEFAULTS.items()
    }
    return Rules(changes=False, table=narrowed, by_policy=own.by_policy)


def may_change(setting: Setting[Any], actor: Actor | None, values: Values) -> Verdict:
    """Whether `actor` (None: nobody is connected) may change this setting here."""
    if values.managed(setting):
        return Verdict(False, "Managed by your organisation.")
    if not setting.admin:
        return Verdict(True)
    if actor is None:
        # What leads to a connection has to be set before there is one.
        if setting.section is Section.PERMISSIONS:
            return Verdict(False, "Connect first: until then permissions stand at their defaults.")
        return Verdict(True)
    if actor.role is Role.ADMIN:
        return Verdict(True)
    return Verdict(False, "Only an admin can change this.")


def computer_person() -> str:
    """Return the name of this computer's account, asked of the system and not the environment."""
    if sys.platform == "win32":
        return os.getlogin()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
