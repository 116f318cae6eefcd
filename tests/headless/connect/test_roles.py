"""Who is an admin, and that nothing is wider than the defaults without a connection."""

import pytest

from desktop.connect.roles import (
    actor_from,
    at_work,
    computer_person,
    may_change,
    offline_actor,
    rules_for,
    solo_actor,
)
from desktop.kit.errors import AppError, AuthLost, NotPermitted, Offline
from desktop.model.permission import DEFAULTS, Actor, Permission, Role, check
from desktop.model.person import ZendeskMe
from desktop.settings import table
from desktop.settings.policy import Policy
from desktop.settings.state import WindowState
from desktop.settings.values import Values

ADMIN, AGENT = Actor("Ada", Role.ADMIN, 1), Actor("Kim", Role.AGENT, 2)
WIDE = {"changes": True, **{row.key: True for row in table.PERMISSIONS.values()}}


def me(role: str) -> ZendeskMe:
    return ZendeskMe(7, "Ada", "ada@acme.example", role)


def test_zendesk_says_who_is_an_admin() -> None:
    assert actor_from(me("admin")) == Actor("Ada", Role.ADMIN, 7)
    assert actor_from(me("agent")) == Actor("Ada", Role.AGENT, 7)
    for role in ("end-user", "Admin", "owner", ""):
        with pytest.raises(NotPermitted, match="agent or an admin"):
            actor_from(me(role))


def test_without_zendesk_it_is_who_set_it_up() -> None:
    set_up = {"sailthru_only.person": "ada"}
    assert solo_actor(Values(set_up), "ada").role is Role.ADMIN
    assert solo_actor(Values(set_up), "kim").role is Role.AGENT
    policy = Policy({"sailthru_only.role": "agent"})
    assert solo_actor(Values(set_up, policy), "ada").role is Role.AGENT
    assert solo_actor(Values({"sailthru_only.role": 7}), "ada").role is Role.AGENT


def test_offline_nobody_is_an_admin() -> None:
    state = WindowState(person_name="Ada", person_id=7)
    assert offline_actor(state) == Actor("Ada", Role.AGENT, 7)
    assert offline_actor(WindowState()).name == "You"


class Answering:
    """A Zendesk that answers one thing."""

    def __init__(self, answer: ZendeskMe | AppError) -> None:
        self._answer = answer

    async def me(self) -> ZendeskMe:
        if isinstance(self._answer, AppError):
            raise self._answer
        return self._answer


STATE = WindowState(person_name="Ada", person_id=7)
CONNECTED = Values({**WIDE, "zendesk.auth": "oauth"})


async def test_at_work_live() -> None:
    found = await at_work(CONNECTED, Answering(me("admin")), STATE, "ada")
    assert (found.actor.role, found.live, found.rules.changes) == (Role.ADMIN, True, True)
    with pytest.raises(NotPermitted):
        await at_work(CONNECTED, Answering(me("end-user")), STATE, "ada")


async def test_at_work_offline_is_an_agent_under_the_workspaces_rules() -> None:
    found = await at_work(CONNECTED, Answering(Offline("away")), STATE, "ada")
    assert (found.actor, found.live) == (Actor("Ada", Role.AGENT, 7), False)
    assert found.rules == rules_for(CONNECTED, connected=True)
    assert isinstance(found.trouble, Offline)


@pytest.mark.parametrize("client", [None, Answering(AuthLost("gone"))])
async def test_at_work_signed_out_is_under_the_defaults(client: Answering | None) -> None:
    found = await at_work(CONNECTED, client, STATE, "ada")
    assert found.actor.role is Role.AGENT
    assert found.rules == rules_for(CONNECTED, connected=False)
    assert not found.rules.changes


async def test_at_work_without_zendesk() -> None:
    before = await at_work(Values(WIDE), None, STATE, "ada")
    assert not before.rules.changes
    set_up = Values({**WIDE, "sailthru_only.person": "ada"})
    after = await at_work(set_up, None, STATE, "ada")
    assert (after.actor.role, after.rules.changes) == (Role.ADMIN, True)


def test_connected_the_settings_count() -> None:
    made = rules_for(Values(WIDE), connected=True)
    assert all(check(permission, AGENT, made).allowed for permission in Permission)


def test_not_connected_means_the_defaults_and_changes_off() -> None:
    made = rules_for(Values(WIDE), connected=False)
    assert not made.changes
    assert made.table == {role: dict(cells) for role, cells in DEFAULTS.items()}
    closed = Policy({"permissions.agent.view": False, "permissions.agent.opt_in": True})
    narrowed = rules_for(Values(WIDE, closed), connected=False)
    assert not narrowed.table[Role.AGENT][Permission.VIEW]
    assert not narrowed.table[Role.AGENT][Permission.OPT_IN]


def test_who_may_change_a_setting() -> None:
    values = Values({}, Policy({"sailthru.currency": "USD"}))
    assert may_change(table.THEME, AGENT, values).allowed
    assert not may_change(table.CHANGES, AGENT, values).allowed
    assert may_change(table.CHANGES, ADMIN, values).allowed
    assert not may_change(table.CURRENCY, ADMIN, values).allowed
    assert "organisation" in may_change(table.CURRENCY, ADMIN, values).reason


def test_before_connecting_the_account_may_be_set_and_permissions_may_not() -> None:
    values = Values()
    assert may_change(table.ZENDESK_BASE_URL, None, values).allowed
    for row in (table.CHANGES, *table.PERMISSIONS.values(), table.SOLO_ROLE):
        assert not may_change(row, None, values).allowed


def test_the_environment_does_not_say_who_is_at_the_computer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = computer_person()
    for name in ("USER", "LOGNAME", "USERNAME", "LNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert computer_person() == before != "somebody-else"
