"""The managed policy: trusted files only, and closed when they cannot be understood."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.model.permission import SETTABLE_PERMISSIONS, Actor, Permission, Role, check_permission
from desktop.settings import settings_table
from desktop.settings.managed_policy import read_policy
from desktop.settings.paths import HOME_VARIABLE
from desktop.settings.permission_rules import permission_rules_from
from desktop.settings.policy_file_discovery import PolicyFolder, system_policy_folder
from desktop.settings.settings_file import SettingsValues

Write = Callable[..., Path]
OPEN = {"changes": True, "permissions": {"agent": {"opt_in": True, "list_remove": True}}}


def allowed(place: PolicyFolder) -> set[Permission]:
    """What an agent may do under this policy when the workspace's own settings allow all."""
    own = {
        "changes": True,
        **{row.key: True for row in settings_table.PERMISSION_SETTINGS.values()},
    }
    made = permission_rules_from(SettingsValues(own, read_policy(place)))
    agent = Actor("Kim", Role.AGENT)
    return {
        permission
        for permission in SETTABLE_PERMISSIONS
        if check_permission(permission, agent, made).is_allowed
    }


def test_policy_missing_changes_nothing(install_policy: PolicyFolder) -> None:
    policy = read_policy(install_policy)
    assert not policy.is_active
    assert policy.notices == ()
    assert allowed(install_policy) == set(SETTABLE_PERMISSIONS)


def test_policy_fixes_named_settings(install_policy: PolicyFolder, write_policy: Write) -> None:
    path = write_policy({"permissions": {"agent": {"opt_in": False}}, "sailthru.currency": "eur"})
    policy = read_policy(install_policy)
    assert policy.sources == (path,)
    values = SettingsValues({"sailthru.currency": "USD"}, policy)
    assert values.get(settings_table.CURRENCY) == "EUR"
    assert permission_rules_from(values).is_managed
    assert allowed(install_policy) == set(SETTABLE_PERMISSIONS) - {Permission.OPT_IN}


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
def test_policy_invalid_content_fails_closed(
    install_policy: PolicyFolder, write_policy: Write, content: object
) -> None:
    write_policy(content)
    policy = read_policy(install_policy)
    assert policy.is_fail_closed
    assert policy.notices
    assert allowed(install_policy) == {Permission.VIEW}


def test_policy_one_broken_file_fails_closed(
    install_policy: PolicyFolder, write_policy: Write
) -> None:
    write_policy("{", "policies/managed/10.json")
    write_policy(OPEN, "policies/managed/20.json")
    assert allowed(install_policy) == {Permission.VIEW}


def test_policy_deny_stays_and_later_value_wins(
    install_policy: PolicyFolder, write_policy: Write
) -> None:
    write_policy({"permissions.agent.opt_in": False, "sailthru.currency": "EUR"})
    write_policy({**OPEN, "sailthru.currency": "USD"}, "policies/managed/site.json")
    assert Permission.OPT_IN not in allowed(install_policy)
    assert SettingsValues({}, read_policy(install_policy)).get(settings_table.CURRENCY) == "USD"


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_policy_file_writable_by_others_is_ignored_and_reported(
    install_policy: PolicyFolder, write_policy: Write, mode: int
) -> None:
    write_policy({"changes": False}, mode=mode)
    policy = read_policy(install_policy)
    assert not policy.is_active
    assert "others may write" in policy.notices[0]


def test_policy_folder_writable_by_others_is_ignored_and_reported(
    install_policy: PolicyFolder, write_policy: Write, policy_folder: Path
) -> None:
    write_policy({"changes": False})
    policy_folder.chmod(0o777)
    assert "others may write" in read_policy(install_policy).notices[0]


def test_policy_file_of_other_owner_is_ignored_and_reported(
    policy_folder: Path, write_policy: Write
) -> None:
    write_policy(OPEN)
    policy = read_policy(PolicyFolder(policy_folder, frozenset({os.getuid() + 1})))
    assert not policy.is_active
    assert "does not belong to root" in policy.notices[0]


def test_policy_symlink_to_other_owner_is_ignored(
    policy_folder: Path, tmp_path: Path, install_policy: PolicyFolder
) -> None:
    elsewhere = tmp_path / "mine.json"
    elsewhere.write_text('{"changes": true}')
    elsewhere.chmod(0o666)
    (policy_folder / "policy.json").symlink_to(elsewhere)
    assert not read_policy(install_policy).is_active


def test_policy_unknown_keys_are_noted_and_grant_nothing(
    install_policy: PolicyFolder, write_policy: Write
) -> None:
    write_policy({"export.forbidden": True, "window.theme": "dark"})
    policy = read_policy(install_policy)
    assert not policy.is_active
    assert not policy.is_fail_closed
    assert len(policy.notices) == 2


@pytest.mark.usefixtures("needs_file_modes")
def test_policy_unreadable_trusted_file_fails_closed(
    install_policy: PolicyFolder, write_policy: Write
) -> None:
    write_policy(OPEN, mode=0o000)
    assert allowed(install_policy) == {Permission.VIEW}


def test_policy_that_is_folder_fails_closed(
    install_policy: PolicyFolder, policy_folder: Path
) -> None:
    (policy_folder / "policy.json").mkdir()
    assert allowed(install_policy) == {Permission.VIEW}


@pytest.mark.parametrize("variable", [HOME_VARIABLE, "XDG_CONFIG_DIRS", "HOME", "PROGRAMDATA"])
def test_policy_path_ignores_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path))
    seen = {str(path) for path in _folders(system_policy_folder())}
    assert seen <= {"/etc/fairlead", "/Library/Application Support/Fairlead"}


def _folders(place: PolicyFolder) -> set[Path]:
    return {place._folder}


@pytest.mark.parametrize("what", ["file", "folder"])
def test_policy_link_into_a_folder_that_others_may_write_to_is_ignored(
    policy_folder: Path, tmp_path: Path, what: str
) -> None:
    """The target is trusted now, and whoever owns its folder puts another there."""
    shared = tmp_path / "shared"
    shared.mkdir()
    target = shared / "etc"
    target.mkdir(mode=0o755)
    (target / "policy.json").write_text('{"permissions": {"agent": {"opt_in": true}}}')
    (target / "policy.json").chmod(0o644)
    link = policy_folder / "policy.json" if what == "file" else tmp_path / "linked"
    link.symlink_to(target / "policy.json" if what == "file" else target)
    place = policy_folder if what == "file" else link
    folder = PolicyFolder(place, frozenset({os.getuid()}))
    shared.chmod(0o755)
    assert read_policy(folder).is_active
    shared.chmod(0o777)
    policy = read_policy(folder)
    assert not policy.is_active
    assert "others may write there" in policy.notices[0]
