"""Workspaces: names, ids that stay, one Zendesk account each; and the private folders."""

import stat
from pathlib import Path

import pytest

from desktop.kit.errors import InvalidInput, NotFound, StorageError, UserDecisionNeeded
from desktop.settings import settings_table
from desktop.settings.managed_policy import ManagedPolicy
from desktop.settings.paths import AppPaths, find_paths
from desktop.settings.window_state import MAX_TABS, SavedTab, WindowState, WindowStateFile
from desktop.settings.workspace import WorkspaceRegistry, validate_workspace_name


@pytest.mark.usefixtures("default_umask")
def test_home_folder_holds_everything_and_is_private(tmp_path: Path) -> None:
    paths = find_paths({"FAIRLEAD_HOME": str(tmp_path / "a" / "b")})
    paths.create_folders()
    folders = [p for p in (tmp_path / "a").rglob("*") if p.is_dir()] + [tmp_path / "a"]
    assert len(folders) == 7
    assert {stat.S_IMODE(p.stat().st_mode) for p in folders} == {0o700}
    for folder in (paths.config, paths.data, paths.state, paths.cache, paths.logs):
        assert folder.is_relative_to(tmp_path / "a" / "b")


def test_folders_too_open_are_closed_except_given_home(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "workspaces").mkdir(mode=0o755)
    find_paths({"FAIRLEAD_HOME": str(tmp_path)}).create_folders()
    assert stat.S_IMODE((tmp_path / "workspaces").stat().st_mode) == 0o700
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_home_invalid_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    paths = find_paths({"FAIRLEAD_HOME": str(tmp_path / "file")})
    with pytest.raises(StorageError, match="FAIRLEAD_HOME"):
        paths.create_folders()


@pytest.mark.usefixtures("needs_file_modes")
def test_home_read_only_is_explained(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    with pytest.raises(StorageError, match="FAIRLEAD_HOME"):
        find_paths({"FAIRLEAD_HOME": str(home)}).create_folders()


def test_home_default_is_platform_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    paths = find_paths({})
    assert paths.data.name == "fairlead"
    assert paths.workspaces == paths.data / "workspaces"


@pytest.mark.parametrize("name", ["main", "Acme prod", "a", "Größe-2", "x" * 40, "a_b"])
def test_workspace_name_valid(name: str) -> None:
    assert validate_workspace_name(f" {name} ") == name


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", "../x", "a/b", "a\\b", "a:b", ".hidden", "-x", "x" * 41, "CON", "lpt1",
     "a\nb", "a\0b", "a.", "_x", "日" * 41],
)  # fmt: skip
def test_workspace_name_invalid(workspaces: WorkspaceRegistry, name: str) -> None:
    with pytest.raises(InvalidInput):
        workspaces.create(name)
    with pytest.raises(InvalidInput):
        workspaces.open(name)


def test_workspace_id_is_random_and_survives_rename(workspaces: WorkspaceRegistry) -> None:
    first, second = workspaces.create("One", "red"), workspaces.create("Two")
    assert first.id != second.id
    assert first.keyring_service == f"fairlead:{first.id}"
    renamed = workspaces.rename(first, "Three")
    assert renamed.id == first.id
    assert workspaces.names() == ("Three", "Two")
    assert (
        workspaces.settings_file(renamed).load().values.get(settings_table.WORKSPACE_COLOUR)
        == "red"
    )
    assert workspaces.open("three") == renamed


def test_workspace_names_differ_beyond_case(workspaces: WorkspaceRegistry) -> None:
    one = workspaces.create("One")
    with pytest.raises(InvalidInput, match="already"):
        workspaces.create("ONE")
    two = workspaces.create("Two")
    with pytest.raises(InvalidInput, match="already"):
        workspaces.rename(two, "one")
    assert workspaces.rename(one, "ONE").name == "ONE"


def test_workspace_unknown_lists_existing(workspaces: WorkspaceRegistry) -> None:
    workspaces.create("One")
    with pytest.raises(NotFound, match="One"):
        workspaces.open("Two")


def test_workspace_remove_deletes_its_folder_only(
    workspaces: WorkspaceRegistry, paths: AppPaths
) -> None:
    one, two = workspaces.create("One"), workspaces.create("Two")
    (one.folder / "fairlead.db").write_text("x")
    workspaces.remove(one)
    assert workspaces.names() == ("Two",)
    assert list(paths.workspaces.iterdir()) == [two.folder]
    with pytest.raises(NotFound):
        workspaces.remove(one)


def test_workspace_remove_refuses_symlink(
    workspaces: WorkspaceRegistry, paths: AppPaths, tmp_path: Path
) -> None:
    one = workspaces.create("One")
    target = one.folder.rename(tmp_path / "target")
    one.folder.symlink_to(target)
    with pytest.raises(NotFound):
        workspaces.remove(one)
    assert (target / "workspace.json").is_file()


def test_workspace_last_opened_is_reopened(workspaces: WorkspaceRegistry) -> None:
    assert workspaces.current_name() == "main"
    workspaces.create("A")
    b = workspaces.create("B")
    assert workspaces.current_name() == "A"
    workspaces.set_current("B")
    assert workspaces.current_name() == "B"
    workspaces.rename(b, "C")
    assert workspaces.current_name() == "C"
    workspaces.remove(workspaces.open("C"))
    assert workspaces.current_name() == "A"


def test_workspace_damaged_identity_gets_new_id(workspaces: WorkspaceRegistry) -> None:
    one = workspaces.create("One", "red")
    (one.folder / "workspace.json").write_text('{"id": "../../x"}')
    again = workspaces.open("One")
    assert again.id not in (one.id, "../../x")
    assert workspaces.open("One").id == again.id
    assert (
        workspaces.settings_file(again).load().values.get(settings_table.WORKSPACE_COLOUR) == "red"
    )
    assert len(list(one.folder.glob("workspace.json.broken-*"))) == 1


def test_zendesk_account_belongs_to_one_workspace(workspaces: WorkspaceRegistry) -> None:
    one, two = workspaces.create("One"), workspaces.create("Two")
    workspaces.settings_file(one).change({"zendesk.base_url": "acme"})
    with pytest.raises(
        UserDecisionNeeded, match="acme is already connected in the workspace “One”"
    ):
        workspaces.require_account_unused("https://acme.zendesk.com", but=two.name)
    workspaces.require_account_unused("https://acme.zendesk.com", but=one.name)
    workspaces.require_account_unused("https://other.zendesk.com", but=two.name)
    workspaces.require_account_unused("", but=two.name)


def test_policy_account_belongs_to_signed_in_workspace(paths: AppPaths) -> None:
    policy = ManagedPolicy({"zendesk.base_url": "https://acme.zendesk.com"})
    workspaces = WorkspaceRegistry(paths, policy)
    one, two = workspaces.create("One"), workspaces.create("Two")
    workspaces.require_account_unused("https://acme.zendesk.com", but=two.name)
    workspaces.settings_file(one).change({"zendesk.auth": "oauth"})
    with pytest.raises(UserDecisionNeeded, match="“One”"):
        workspaces.require_account_unused("https://acme.zendesk.com", but=two.name)


def test_window_state_is_remembered(tmp_path: Path) -> None:
    file = WindowStateFile(tmp_path / "state.json")
    state = WindowState(
        geometry=b"\x00geo",
        layout=b"lay",
        page="Sync",
        rail_pages=frozenset({"customers", "sync"}),
        table_headers={"plan": b"\xff"},
        dismissed_hints=frozenset({"hint"}),
        last_user_name="Kim",
        last_user_id=7,
        tabs=(
            SavedTab("id:7701", is_pinned=True),
            SavedTab(f"sid:{'5e' * 12}", is_following=True, is_current=True),
        ),
    )
    file.write(state)
    assert file.read() == state
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "null", '{"geometry": 5, "headers": [1], "seen": {"a": 1}, "page": ["x"]}',
     '{"geometry": "%%%", "headers": {"a": 1, "b": "é"}, "person_id": true, "page": "a\\nb"}',
     '{"geometry": "' + "A" * 20_000 + '"}',
     '{"tabs": [1, null, {"query": "maria@lopez.example"}, {"query": "id:1 2"}, {"query": 7}]}'],
)  # fmt: skip
def test_window_state_invalid_is_empty(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)
    assert WindowStateFile(tmp_path / "state.json").read() == WindowState()


def test_window_state_tabs_of_erased_customers_are_dropped(tmp_path: Path) -> None:
    file, sid = WindowStateFile(tmp_path / "state.json"), "5e" * 12
    tabs = (SavedTab("id:1", is_pinned=True), SavedTab("id:2"), SavedTab(f"sid:{sid}"))
    file.write(WindowState(page="sync", tabs=tabs))
    file.drop_tabs({"2", sid, "999"})
    assert file.read() == WindowState(page="sync", tabs=tabs[:1])
    file.drop_tabs()
    assert file.read() == WindowState(page="sync")


def test_window_state_tabs_are_limited_and_single(tmp_path: Path) -> None:
    file = WindowStateFile(tmp_path / "state.json")
    file.write(WindowState(tabs=tuple(SavedTab(f"id:{n // 2}") for n in range(2 * MAX_TABS))))
    assert [tab.query for tab in file.read().tabs] == [f"id:{n}" for n in range(MAX_TABS // 2)]


def test_window_state_write_failure_is_no_error(tmp_path: Path) -> None:
    WindowStateFile(tmp_path / "gone" / "state.json").write(WindowState())
    assert not (tmp_path / "gone").exists()
