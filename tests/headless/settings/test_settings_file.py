"""settings.json: whole or not at all, never lost, never widened by damage."""

import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from desktop.kit.errors import InvalidInput, NotPermitted, StorageError
from desktop.model.json_value import Json
from desktop.model.permission import Permission, Role
from desktop.settings import settings_table
from desktop.settings.file_lock import hold_lock_blocking
from desktop.settings.managed_policy import ManagedPolicy
from desktop.settings.permission_rules import customer_value_source_from, permission_rules_from
from desktop.settings.settings_file import SettingsFile, SettingsValues
from desktop.settings.settings_migration import SETTINGS_MIGRATIONS, DocumentMigrations


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def test_settings_without_file_are_defaults(path: Path) -> None:
    loaded = SettingsFile(path).load()
    assert loaded.notice is None
    assert loaded.values.get(settings_table.HEALTH_VAR) == "zendesk_health"
    assert not loaded.values.is_set(settings_table.HEALTH_VAR)
    assert not path.exists()


@pytest.mark.usefixtures("default_umask")
def test_settings_change_is_stored_normalised_and_private(path: Path) -> None:
    SettingsFile(path).change({"zendesk.base_url": "acme", "cache.keep_days": 7})
    values = SettingsFile(path).load().values
    assert values.get(settings_table.ZENDESK_BASE_URL) == "https://acme.zendesk.com"
    assert values.get(settings_table.CACHE_DAYS) == 7
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".")] == []


def test_settings_none_resets_to_default(path: Path) -> None:
    file = SettingsFile(path)
    file.change({"cache.keep_days": 7})
    assert file.change({"cache.keep_days": None}).get(settings_table.CACHE_DAYS) == 14


def test_settings_unknown_keys_are_preserved(path: Path) -> None:
    path.write_text('{"version": 1, "from_tomorrow": [1], "settings": {"new.key": {"a": 1}}}')
    SettingsFile(path).change({"changes": True})
    kept = json.loads(path.read_text())
    assert kept["from_tomorrow"] == [1]
    assert kept["settings"] == {"new.key": {"a": 1}, "changes": True}


def test_settings_write_is_all_or_nothing(path: Path) -> None:
    with pytest.raises(InvalidInput, match="Keep opened customers"):
        SettingsFile(path).change({"changes": True, "cache.keep_days": "many"})
    with pytest.raises(InvalidInput, match="no setting"):
        SettingsFile(path).change({"changes": True, "no.such": 1})
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [b'{"version": 1, "settings": {"chan', b"", b"[]", b"\xff\xfe", b'{"version": 1}',
     b'{"settings": {}}', b'{"version": true, "settings": {}}', b"[" * 100_000,
     b'{"version": 1, "settings": NaN}'],
)  # fmt: skip
def test_settings_damaged_file_is_backed_up_and_reported(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    loaded = SettingsFile(path).load()
    assert isinstance(loaded.notice, InvalidInput)
    (aside,) = path.parent.glob("settings.json.broken-*")
    assert aside.read_bytes() == content
    assert aside.name in str(loaded.notice)
    assert loaded.values.get(settings_table.CHANGES_ENABLED) is False
    assert SettingsFile(path).load().notice is None


def test_settings_newer_file_is_not_read_or_overwritten(path: Path) -> None:
    content = json.dumps({"version": SETTINGS_MIGRATIONS.current_version + 1, "settings": {}})
    path.write_text(content)
    with pytest.raises(StorageError, match="newer Fairlead"):
        SettingsFile(path).load()
    with pytest.raises(StorageError, match="newer Fairlead"):
        SettingsFile(path).change({"changes": True})
    assert path.read_text() == content


def test_settings_one_damaged_value_keeps_others(path: Path) -> None:
    settings = {"changes": "yes", "permissions.agent.list_add": "no", "cache.keep_days": "x",
                "sailthru.currency": "EUR"}  # fmt: skip
    path.write_text(json.dumps({"version": 1, "settings": settings}))
    values = SettingsFile(path).load().values
    assert values.get(settings_table.CURRENCY) == "EUR"
    assert values.get(settings_table.CACHE_DAYS) == 14
    # Damage closes, whatever the default of the cell is.
    assert values.get(settings_table.CHANGES_ENABLED) is False
    assert values.get(settings_table.PERMISSION_SETTINGS[Role.AGENT, Permission.LIST_ADD]) is False
    assert len(values.notices) == 3


def test_settings_policy_wins_and_managed_is_read_only(path: Path) -> None:
    SettingsFile(path).change({"sailthru.currency": "EUR"})
    file = SettingsFile(path, ManagedPolicy({"sailthru.currency": "USD"}))
    values = file.load().values
    assert values.get(settings_table.CURRENCY) == "USD"
    assert values.is_managed(settings_table.CURRENCY)
    with pytest.raises(NotPermitted, match="managed by your organisation"):
        file.change({"sailthru.currency": "EUR"})


@pytest.mark.usefixtures("needs_file_modes")
def test_settings_folder_read_only_is_reported(path: Path) -> None:
    path.parent.chmod(0o500)
    with pytest.raises(StorageError):
        SettingsFile(path).change({"changes": True})


def test_settings_folder_missing_is_reported(path: Path) -> None:
    with pytest.raises(StorageError, match="FAIRLEAD_HOME"):
        SettingsFile(path.parent / "gone" / "settings.json").change({"changes": True})


def test_settings_lock_held_is_reported(path: Path) -> None:
    lock = path.with_name("x.lock")
    with hold_lock_blocking(lock), pytest.raises(StorageError, match="locked"):  # noqa: SIM117
        with hold_lock_blocking(lock, limit_s=0.02):
            pytest.fail("two hold one lock")
    with hold_lock_blocking(lock, limit_s=0.02):
        pass


def _add(path: Path, number: int) -> None:
    for step in range(20):
        SettingsFile(path).change({"value.segment_lists": {f"list {number}": 1 + step % 4}})
        SettingsFile(path).change(
            {("sailthru.currency", "optin.link")[number]: ("EUR", "")[number]}
        )


def test_settings_two_processes_lose_no_change(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_add, args=(path, number)) for number in (0, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert [worker.exitcode for worker in workers] == [0, 0]
    kept = json.loads(path.read_text())["settings"]
    assert kept["sailthru.currency"] == "EUR"
    assert kept["optin.link"] == ""


def test_settings_provide_permissions_and_customer_value_source() -> None:
    values = SettingsValues(
        {
            "changes": True,
            "permissions.agent.list_remove": True,
            "sailthru.customer_type": "publisher",
            "value.segment_lists": {"VIP": 4},
        }
    )
    made = permission_rules_from(values)
    assert made.are_changes_enabled
    assert made.permissions[Role.AGENT][Permission.LIST_REMOVE]
    assert not made.permissions[Role.AGENT][Permission.OPT_IN]
    assert not made.is_managed
    source = customer_value_source_from(values)
    assert [p.var for p in source.predictions] == ["pv_30"]
    assert source.segment_lists == {"VIP": 4}
    own = customer_value_source_from(
        SettingsValues({"value.prediction_vars": [{"var": "x", "unit": "EUR", "horizon_days": 7}]})
    )
    assert [(p.var, p.unit, p.horizon_days) for p in own.predictions] == [("x", "EUR", 7)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"3": 200, "4": 200}, "higher number"),
        ({"2": 300, "3": 200}, "higher number"),
        ({"1": 0}, "not a segment from 2 to 4"),
        ({"5": 10}, "not a segment from 2 to 4"),
        ({"4": -1}, "not a number of 0 or more"),
        ({"4": True}, "not a number of 0 or more"),
        ({"4": "1000"}, "not a number of 0 or more"),
        ({"4": float("nan")}, "not a number of 0 or more"),
        ([], "an object of segments"),
    ],
)
def test_value_thresholds_that_do_not_rise_are_refused(given: Json, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        settings_table.VALUE_THRESHOLDS.validate(given)


def test_value_thresholds_are_read_in_order() -> None:
    stored = settings_table.VALUE_THRESHOLDS.validate({"4": 1000, "2": 50})
    assert stored == {"2": 50.0, "4": 1000.0}
    source = customer_value_source_from(
        SettingsValues({"value.thresholds": stored, "value.high_from": 3})
    )
    assert (dict(source.thresholds), source.high_from) == ({2: 50.0, 4: 1000.0}, 3)


def test_settings_migrations_run_in_order_once() -> None:
    steps = DocumentMigrations()

    @steps.register_step(2)
    def rename(document: dict) -> dict:
        return {**document, "b": document["a"]}

    @steps.register_step(3)
    def double(document: dict) -> dict:
        return {**document, "b": document["b"] * 2}

    assert steps.current_version == 3
    assert steps.migrate({"version": 1, "a": 4}, "x") == {"version": 3, "a": 4, "b": 8}
    assert steps.migrate({"version": 2, "b": 5}, "x") == {"version": 3, "b": 10}
    assert steps.migrate({"version": 3, "b": 5}, "x") == {"version": 3, "b": 5}
    with pytest.raises(StorageError):
        steps.migrate({"version": 4}, "x")
    with pytest.raises(ValueError, match="leads to 4"):
        steps.register_step(6)


# The version a step leads to → the test of it; a step without one fails below.
TESTED_STEPS: dict[int, object] = {}


def test_settings_every_migration_has_test() -> None:
    assert set(SETTINGS_MIGRATIONS.registered_versions) == set(TESTED_STEPS)
