"""The managed policy: trusted files only, and closed when they cannot be understood."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.model.permission import Actor, Permission, Role, check
from desktop.settings import table
from desktop.settings.paths import HOME_VARIABLE
from desktop.settings.policy import read_policy
from desktop.settings.policy_place import PolicyPlace, system_place
from desktop.settings.rules import rules
from desktop.settings.values import Values

Write = Callable[..., Path]
OPEN = {"changes": True, "permissions": {"agent": {"opt_in": True, "list_remove": True}}}


def allowed(place: PolicyPlace) -> set[Permission]:
    """What an agent may do under this policy when the workspace's own settings allow all."""
    own = {"changes": True, **{row.key: True for row in table.PERMISSIONS.values()}}
    made = rules(Values(own, read_policy(place)))
    agent = Actor("Kim", Role.AGENT)
    return {permission for permission in Permission if check(permission, agent, made).allowed}


def test_no_policy_leaves_the_settings_alone(place: PolicyPlace) -> None:
    policy = read_policy(place)
    assert not policy.active
    assert policy.notices == ()
    assert allowed(place) == set(Permission)


def test_a_policy_fixes_what_it_names(place: PolicyPlace, write_policy: Write) -> None:
    path = write_policy({"permissions": {"agent": {"opt_in": False}}, "sailthru.currency": "eur"})
    policy = read_policy(place)
    assert policy.sources == (path,)
    values = Values({"sailthru.currency": "USD"}, policy)
    assert values.get(table.CURRENCY) == "EUR"
    assert rules(values).by_policy
    assert allowed(place) == set(Permission) - {Permission.OPT_IN}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "",
        {"changes": "no"},
        {"permissions": {"agent": {"opt_in": "no"}}},
        {"permissions": {"agent": {"opt-in": False}}},
        {"permissions": {"agents": {"opt_in": False}}},
        {"permissions": False},
        {"sailthru.service_uri": "http://evil.example"},
        {**OPEN, "cache.keep_days": "x"},
    ],
)
def test_what_is_not_understood_closes(
    place: PolicyPlace, write_policy: Write, content: object
) -> None:
    write_policy(content)
    policy = read_policy(place)
    assert policy.closed
    assert policy.notices
    assert allowed(place) == {Permission.VIEW}


def test_one_broken_file_closes_whatever_the_others_say(
    place: PolicyPlace, write_policy: Write
) -> None:
    write_policy("{", "policies/managed/10.json")
    write_policy(OPEN, "policies/managed/20.json")
    assert allowed(place) == {Permission.VIEW}


def test_a_no_stays_a_later_value_wins(place: PolicyPlace, write_policy: Write) -> None:
    write_policy({"permissions.agent.opt_in": False, "sailthru.currency": "EUR"})
    write_policy({**OPEN, "sailthru.currency": "USD"}, "policies/managed/site.json")
    assert Permission.OPT_IN not in allowed(place)
    assert Values({}, read_policy(place)).get(table.CURRENCY) == "USD"


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_others_may_write_is_ignored_and_reported(
    place: PolicyPlace, write_policy: Write, mode: int
) -> None:
    write_policy({"changes": False}, mode=mode)
    policy = read_policy(place)
    assert not policy.active
    assert "others may write" in policy.notices[0]


def test_a_folder_others_may_write_is_as_bad(
    place: PolicyPlace, write_policy: Write, policy_folder: Path
) -> None:
    write_policy({"changes": False})
    policy_folder.chmod(0o777)
    assert "others may write" in read_policy(place).notices[0]


def test_another_owner_is_ignored_and_reported(policy_folder: Path, write_policy: Write) -> None:
    write_policy(OPEN)
    policy = read_policy(PolicyPlace(policy_folder, frozenset({os.getuid() + 1})))
    assert not policy.active
    assert "does not belong to root" in policy.notices[0]


def test_a_link_to_a_file_of_somebody_else_is_ignored(
    policy_folder: Path, tmp_path: Path, place: PolicyPlace
) -> None:
    elsewhere = tmp_path / "mine.json"
    elsewhere.write_text('{"changes": true}')
    elsewhere.chmod(0o666)
    (policy_folder / "policy.json").symlink_to(elsewhere)
    assert not read_policy(place).active


def test_unknown_keys_are_noted_and_grant_nothing(place: PolicyPlace, write_policy: Write) -> None:
    write_policy({"export.forbidden": True, "window.theme": "dark"})
    policy = read_policy(place)
    assert not policy.active
    assert not policy.closed
    assert len(policy.notices) == 2


@pytest.mark.usefixtures("modes_bind")
def test_a_trusted_file_that_cannot_be_read_closes(place: PolicyPlace, write_policy: Write) -> None:
    write_policy(OPEN, mode=0o000)
    assert allowed(place) == {Permission.VIEW}


def test_a_policy_that_is_a_folder_closes(place: PolicyPlace, policy_folder: Path) -> None:
    (policy_folder / "policy.json").mkdir()
    assert allowed(place) == {Permission.VIEW}


@pytest.mark.parametrize("variable", [HOME_VARIABLE, "XDG_CONFIG_DIRS", "HOME", "PROGRAMDATA"])
def test_the_environment_does_not_move_the_policy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path))
    seen = {str(path) for path in _folders(system_place())}
    assert seen <= {"/etc/fairlead", "/Library/Application Support/Fairlead"}


def _folders(place: PolicyPlace) -> set[Path]:
    return {place._folder}
