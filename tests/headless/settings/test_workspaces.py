"""Workspaces: names, ids that stay, one Zendesk account each; and the private folders."""

import stat
from pathlib import Path

import pytest

from desktop.kit.errors import BadInput, NeedsPerson, NotFound, StoreKnown
from desktop.settings import table
from desktop.settings.paths import Paths, find_paths
from desktop.settings.policy import Policy
from desktop.settings.state import StateFile, WindowState
from desktop.settings.workspace import Workspaces, checked_name


@pytest.mark.usefixtures("usual_umask")
def test_home_holds_everything_and_only_its_owner_may_look(tmp_path: Path) -> None:
    paths = find_paths({"FAIRLEAD_HOME": str(tmp_path / "a" / "b")})
    paths.prepare()
    folders = [p for p in (tmp_path / "a").rglob("*") if p.is_dir()] + [tmp_path / "a"]
    assert len(folders) == 7
    assert {stat.S_IMODE(p.stat().st_mode) for p in folders} == {0o700}
    for folder in (paths.config, paths.data, paths.state, paths.cache, paths.logs):
        assert folder.is_relative_to(tmp_path / "a" / "b")


def test_open_folders_are_closed_but_a_given_home_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "workspaces").mkdir(mode=0o755)
    find_paths({"FAIRLEAD_HOME": str(tmp_path)}).prepare()
    assert stat.S_IMODE((tmp_path / "workspaces").stat().st_mode) == 0o700
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_home_that_cannot_be_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    paths = find_paths({"FAIRLEAD_HOME": str(tmp_path / "file")})
    with pytest.raises(StoreKnown, match="FAIRLEAD_HOME"):
        paths.prepare()


@pytest.mark.usefixtures("modes_bind")
def test_a_read_only_home_is_explained(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    with pytest.raises(StoreKnown, match="FAIRLEAD_HOME"):
        find_paths({"FAIRLEAD_HOME": str(home)}).prepare()


def test_without_home_the_platform_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    paths = find_paths({})
    assert paths.data.name == "fairlead"
    assert paths.workspaces == paths.data / "workspaces"


@pytest.mark.parametrize("name", ["main", "Acme prod", "a", "Größe-2", "x" * 40, "a_b"])
def test_good_names(name: str) -> None:
    assert checked_name(f" {name} ") == name


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", "../x", "a/b", "a\\b", "a:b", ".hidden", "-x", "x" * 41, "CON", "lpt1",
     "a\nb", "a\0b", "a.", "_x", "日" * 41],
)  # fmt: skip
def test_bad_names(workspaces: Workspaces, name: str) -> None:
    with pytest.raises(BadInput):
        workspaces.create(name)
    with pytest.raises(BadInput):
        workspaces.open(name)


def test_the_id_is_random_and_survives_a_new_name(workspaces: Workspaces) -> None:
    first, second = workspaces.create("One", "red"), workspaces.create("Two")
    assert first.id != second.id
    assert first.keyring_service == f"fairlead:{first.id}"
    renamed = workspaces.rename(first, "Three")
    assert renamed.id == first.id
    assert workspaces.names() == ("Three", "Two")
    assert workspaces.settings(renamed).load().values.get(table.COLOUR) == "red"
    assert workspaces.open("three") == renamed


def test_names_differ_in_more_than_case(workspaces: Workspaces) -> None:
    one = workspaces.create("One")
    with pytest.raises(BadInput, match="already"):
        workspaces.create("ONE")
    two = workspaces.create("Two")
    with pytest.raises(BadInput, match="already"):
        workspaces.rename(two, "one")
    assert workspaces.rename(one, "ONE").name == "ONE"


def test_a_missing_one_says_which_there_are(workspaces: Workspaces) -> None:
    workspaces.create("One")
    with pytest.raises(NotFound, match="One"):
        workspaces.open("Two")


def test_removing_removes_the_folder_and_nothing_else(workspaces: Workspaces, paths: Paths) -> None:
    one, two = workspaces.create("One"), workspaces.create("Two")
    (one.folder / "fairlead.db").write_text("x")
    workspaces.remove(one)
    assert workspaces.names() == ("Two",)
    assert list(paths.workspaces.iterdir()) == [two.folder]
    with pytest.raises(NotFound):
        workspaces.remove(one)


def test_a_link_is_never_removed_through(
    workspaces: Workspaces, paths: Paths, tmp_path: Path
) -> None:
    one = workspaces.create("One")
    target = one.folder.rename(tmp_path / "target")
    one.folder.symlink_to(target)
    with pytest.raises(NotFound):
        workspaces.remove(one)
    assert (target / "workspace.json").is_file()


def test_the_last_one_opens_again(workspaces: Workspaces) -> None:
    assert workspaces.current() == "main"
    workspaces.create("A")
    b = workspaces.create("B")
    assert workspaces.current() == "A"
    workspaces.remember("B")
    assert workspaces.current() == "B"
    workspaces.rename(b, "C")
    assert workspaces.current() == "C"
    workspaces.remove(workspaces.open("C"))
    assert workspaces.current() == "A"


def test_a_damaged_identity_gets_a_new_id_and_keeps_the_rest(workspaces: Workspaces) -> None:
    one = workspaces.create("One", "red")
    (one.folder / "workspace.json").write_text('{"id": "../../x"}')
    again = workspaces.open("One")
    assert again.id not in (one.id, "../../x")
    assert workspaces.open("One").id == again.id
    assert workspaces.settings(again).load().values.get(table.COLOUR) == "red"
    assert len(list(one.folder.glob("workspace.json.broken-*"))) == 1


def test_one_zendesk_account_belongs_to_one_workspace(workspaces: Workspaces) -> None:
    one, two = workspaces.create("One"), workspaces.create("Two")
    workspaces.settings(one).change({"zendesk.base_url": "acme"})
    with pytest.raises(NeedsPerson, match="acme is already connected in the workspace “One”"):
        workspaces.require_free("https://acme.zendesk.com", but=two.name)
    workspaces.require_free("https://acme.zendesk.com", but=one.name)
    workspaces.require_free("https://other.zendesk.com", but=two.name)
    workspaces.require_free("", but=two.name)


def test_an_account_of_the_policy_belongs_to_who_is_signed_in(paths: Paths) -> None:
    policy = Policy({"zendesk.base_url": "https://acme.zendesk.com"})
    workspaces = Workspaces(paths, policy)
    one, two = workspaces.create("One"), workspaces.create("Two")
    workspaces.require_free("https://acme.zendesk.com", but=two.name)
    workspaces.settings(one).change({"zendesk.auth": "oauth"})
    with pytest.raises(NeedsPerson, match="“One”"):
        workspaces.require_free("https://acme.zendesk.com", but=two.name)


def test_the_window_remembers(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")
    state = WindowState(
        b"\x00geo", b"lay", "Sync", {"plan": b"\xff"}, frozenset({"hint"}), "Kim", 7
    )
    file.write(state)
    assert file.read() == state
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "null", '{"geometry": 5, "headers": [1], "seen": {"a": 1}, "page": ["x"]}',
     '{"geometry": "%%%", "headers": {"a": 1, "b": "é"}, "person_id": true, "page": "a\\nb"}',
     '{"geometry": "' + "A" * 20_000 + '"}'],
)  # fmt: skip
def test_an_odd_state_is_an_empty_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)
    assert StateFile(tmp_path / "state.json").read() == WindowState()


def test_a_state_that_cannot_be_saved_is_no_error(tmp_path: Path) -> None:
    StateFile(tmp_path / "gone" / "state.json").write(WindowState())
    assert not (tmp_path / "gone").exists()
