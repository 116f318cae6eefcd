"""settings.json: whole or not at all, never lost, never widened by damage."""

import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from desktop.kit.errors import BadInput, NotPermitted, StoreKnown
from desktop.model.permission import Permission, Role
from desktop.settings import table
from desktop.settings.file_lock import held_briefly
from desktop.settings.migration import SETTINGS, Migrations
from desktop.settings.policy import Policy
from desktop.settings.rules import rules, value_source
from desktop.settings.values import SettingsFile, Values


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def test_without_a_file_the_defaults_count_and_nothing_is_written(path: Path) -> None:
    loaded = SettingsFile(path).load()
    assert loaded.notice is None
    assert loaded.values.get(table.HEALTH_VAR) == "zendesk_health"
    assert not loaded.values.chosen(table.HEALTH_VAR)
    assert not path.exists()


@pytest.mark.usefixtures("usual_umask")
def test_changes_are_kept_normalised_and_private(path: Path) -> None:
    SettingsFile(path).change({"zendesk.base_url": "acme", "cache.keep_days": 7})
    values = SettingsFile(path).load().values
    assert values.get(table.ZENDESK_BASE_URL) == "https://acme.zendesk.com"
    assert values.get(table.KEEP_DAYS) == 7
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".")] == []


def test_none_takes_a_key_back_to_its_default(path: Path) -> None:
    file = SettingsFile(path)
    file.change({"cache.keep_days": 7})
    assert file.change({"cache.keep_days": None}).get(table.KEEP_DAYS) == 14


def test_unknown_keys_survive(path: Path) -> None:
    path.write_text('{"version": 1, "from_tomorrow": [1], "settings": {"new.key": {"a": 1}}}')
    SettingsFile(path).change({"changes": True})
    kept = json.loads(path.read_text())
    assert kept["from_tomorrow"] == [1]
    assert kept["settings"] == {"new.key": {"a": 1}, "changes": True}


def test_all_or_none(path: Path) -> None:
    with pytest.raises(BadInput, match="Keep opened customers"):
        SettingsFile(path).change({"changes": True, "cache.keep_days": "many"})
    with pytest.raises(BadInput, match="no setting"):
        SettingsFile(path).change({"changes": True, "no.such": 1})
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [b'{"version": 1, "settings": {"chan', b"", b"[]", b"\xff\xfe", b'{"version": 1}',
     b'{"settings": {}}', b'{"version": true, "settings": {}}', b"[" * 100_000,
     b'{"version": 1, "settings": NaN}'],
)  # fmt: skip
def test_a_damaged_file_is_kept_aside_and_said(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    loaded = SettingsFile(path).load()
    assert isinstance(loaded.notice, BadInput)
    (aside,) = path.parent.glob("settings.json.broken-*")
    assert aside.read_bytes() == content
    assert aside.name in str(loaded.notice)
    assert loaded.values.get(table.CHANGES) is False
    assert SettingsFile(path).load().notice is None


def test_a_newer_file_is_neither_read_nor_overwritten(path: Path) -> None:
    content = json.dumps({"version": SETTINGS.current + 1, "settings": {}})
    path.write_text(content)
    with pytest.raises(StoreKnown, match="newer Fairlead"):
        SettingsFile(path).load()
    with pytest.raises(StoreKnown, match="newer Fairlead"):
        SettingsFile(path).change({"changes": True})
    assert path.read_text() == content


def test_one_damaged_value_does_not_take_the_others_along(path: Path) -> None:
    settings = {"changes": "yes", "permissions.agent.list_add": "no", "cache.keep_days": "x",
                "sailthru.currency": "EUR"}  # fmt: skip
    path.write_text(json.dumps({"version": 1, "settings": settings}))
    values = SettingsFile(path).load().values
    assert values.get(table.CURRENCY) == "EUR"
    assert values.get(table.KEEP_DAYS) == 14
    # Damage closes, whatever the default of the cell is.
    assert values.get(table.CHANGES) is False
    assert values.get(table.permission_setting(Role.AGENT, Permission.LIST_ADD)) is False
    assert len(values.notices) == 3


def test_the_policy_wins_and_a_managed_setting_cannot_be_changed(path: Path) -> None:
    SettingsFile(path).change({"sailthru.currency": "EUR"})
    file = SettingsFile(path, Policy({"sailthru.currency": "USD"}))
    values = file.load().values
    assert values.get(table.CURRENCY) == "USD"
    assert values.managed(table.CURRENCY)
    with pytest.raises(NotPermitted, match="managed by your organisation"):
        file.change({"sailthru.currency": "EUR"})


@pytest.mark.usefixtures("modes_bind")
def test_a_folder_that_cannot_be_written_is_said(path: Path) -> None:
    path.parent.chmod(0o500)
    with pytest.raises(StoreKnown):
        SettingsFile(path).change({"changes": True})


def test_a_folder_that_is_gone_is_said(path: Path) -> None:
    with pytest.raises(StoreKnown, match="FAIRLEAD_HOME"):
        SettingsFile(path.parent / "gone" / "settings.json").change({"changes": True})


def test_a_lock_that_stays_taken_is_said(path: Path) -> None:
    lock = path.with_name("x.lock")
    with held_briefly(lock), pytest.raises(StoreKnown, match="locked"):  # noqa: SIM117
        with held_briefly(lock, limit_s=0.02):
            pytest.fail("two hold one lock")
    with held_briefly(lock, limit_s=0.02):
        pass


def _add(path: Path, number: int) -> None:
    for step in range(20):
        SettingsFile(path).change({"value.segment_lists": {f"list {number}": 1 + step % 4}})
        SettingsFile(path).change(
            {("sailthru.currency", "optin.link")[number]: ("EUR", "")[number]}
        )


def test_two_processes_lose_nothing_of_each_other(path: Path) -> None:
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


def test_rules_and_value_source_come_from_the_values() -> None:
    values = Values(
        {
            "changes": True,
            "permissions.agent.list_remove": True,
            "sailthru.customer_type": "publisher",
            "value.segment_lists": {"VIP": 4},
        }
    )
    made = rules(values)
    assert made.changes
    assert made.table[Role.AGENT][Permission.LIST_REMOVE]
    assert not made.table[Role.AGENT][Permission.OPT_IN]
    assert not made.by_policy
    source = value_source(values)
    assert [p.var for p in source.predictions] == ["pv_30"]
    assert source.segment_lists == {"VIP": 4}
    own = value_source(
        Values({"value.prediction_vars": [{"var": "x", "unit": "EUR", "horizon_days": 7}]})
    )
    assert [(p.var, p.unit, p.horizon_days) for p in own.predictions] == [("x", "EUR", 7)]


def test_migrations_run_in_order_and_only_what_is_missing() -> None:
    steps = Migrations()

    @steps.to(2)
    def rename(document: dict) -> dict:
        return {**document, "b": document["a"]}

    @steps.to(3)
    def double(document: dict) -> dict:
        return {**document, "b": document["b"] * 2}

    assert steps.current == 3
    assert steps.bring_up({"version": 1, "a": 4}, "x") == {"version": 3, "a": 4, "b": 8}
    assert steps.bring_up({"version": 2, "b": 5}, "x") == {"version": 3, "b": 10}
    assert steps.bring_up({"version": 3, "b": 5}, "x") == {"version": 3, "b": 5}
    with pytest.raises(StoreKnown):
        steps.bring_up({"version": 4}, "x")
    with pytest.raises(ValueError, match="leads to 4"):
        steps.to(6)


# The version a step leads to → the test of it; a step without one fails below.
TESTED_STEPS: dict[int, object] = {}


def test_every_step_of_the_settings_file_has_a_test() -> None:
    assert set(SETTINGS.versions) == set(TESTED_STEPS)
