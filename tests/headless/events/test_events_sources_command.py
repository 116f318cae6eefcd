"""`fairlead events source` and `collect`: named sources, watched folders, pipes and files."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.event_cases import EventRecords, as_lines, identify, track


def source(fairlead: FairleadCommand, *words: str) -> Any:
    done = fairlead("events", "source", *words, "--json")
    assert done.exit_code == 0, done.stdout + done.stderr
    return done.json.get("sources")


def collect(fairlead: FairleadCommand, *words: str, stdin: str = "") -> Any:
    return fairlead("events", "collect", *words, "--settle", "0", "--json", stdin=stdin)


@pytest.fixture
def folder(fairlead: FairleadCommand, tmp_path: Path) -> Path:
    """A watched folder, of the source `orders`."""
    made = tmp_path / "orders"
    made.mkdir()
    source(fairlead, "add", "orders", "--folder", str(made))
    return made


def taken(result: Any) -> list[dict[str, Any]]:
    (found,) = result.json["folders"]
    return list(found["taken"])


def log_rows(fairlead: FairleadCommand) -> list[dict[str, Any]]:
    return list(fairlead("events", "log", "--json").json["rows"])


def test_sources_are_added_renamed_and_removed(
    fairlead: FairleadCommand, folder: Path, records: EventRecords
) -> None:
    assert [(one["source"], one["kind"]) for one in source(fairlead)] == [("orders", "folder")]
    source(fairlead, "add", "Web shop", "--kind", "pipe")
    name = records.new_name()
    collect(fairlead, "web shop", "-", stdin=as_lines({"type": "page", "userId": name}))
    (folder / "a.jsonl").write_text(as_lines(track("A", "u")), "utf-8")
    collect(fairlead, "orders")
    assert {row["source"] for row in log_rows(fairlead)} == {"Web shop", "orders/a.jsonl"}
    source(fairlead, "rename", "orders", "Orders 2")
    source(fairlead, "rename", "Web shop", "shop")
    assert {row["source"] for row in log_rows(fairlead)} == {"shop", "Orders 2/a.jsonl"}
    assert fairlead("events", "source", "remove", "Orders 2").exit_code == 0
    # Its events stay, and so does its file.
    assert {row["source"] for row in log_rows(fairlead)} == {"shop", "Orders 2/a.jsonl"}
    assert (folder / "a.jsonl").exists()
    assert [one["source"] for one in source(fairlead)] == ["shop"]


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("add", "a=b"), "bad_input"),
    (("add", "a,b"), "bad_input"),
    (("add", "x" * 61), "bad_input"),
    (("add", "ORDERS", "--kind", "pipe"), "conflict"),
    (("add", "b", "--kind", "folder"), "bad_input"),
    (("add", "b", "--folder", "/no/such/folder"), "bad_input"),
    (("add", "b", "--kind", "pipe", "--folder", "/tmp"), "bad_input"),
    (("rename", "nobody", "b"), "not_found"),
    (("rename", "orders"), "bad_input"),
    (("remove", "nobody"), "not_found"),
    (("unattended", "orders"), "bad_input"),
    (("unattended", "orders", "on", "--limit", "0"), "bad_input"),
    (("unattended", "orders", "on", "--limit", "9999999"), "bad_input"),
    (("key", "orders"), "bad_input"),
    (("add",), "bad_input"),
]


def test_what_cannot_be_meant_changes_no_source(fairlead: FairleadCommand, folder: Path) -> None:
    before = source(fairlead)
    for words, code in [*WRONG, (("add", "again", "--folder", str(folder)), "conflict")]:
        answer = fairlead("events", "source", *words, "--json")
        assert answer.json["error"]["code"] == code, (words, answer.stdout)
    assert source(fairlead) == before


def test_agents_change_no_source(as_agent: FairleadCommand, tmp_path: Path) -> None:
    for words in (("add", "a"), ("unattended", "a", "on")):
        answer = as_agent("events", "source", *words, "--json")
        assert answer.exit_code != 0
        assert answer.json["error"]["code"] in ("not_permitted", "not_found")
    assert source(as_agent) == []


def test_a_file_of_a_watched_folder_is_taken_in_once(
    fairlead: FairleadCommand, folder: Path, records: EventRecords
) -> None:
    file = folder / "a.jsonl"
    file.write_text(as_lines(track("A", "u1"), track("B", "u2")), "utf-8")
    assert taken(collect(fairlead)) == [{"file": "a.jsonl", "lines": 2, "stored": 2}]
    assert taken(collect(fairlead)) == []
    # Renamed it is the same file; touched it is read again, and brings nothing new.
    file.rename(folder / "b.jsonl")
    assert taken(collect(fairlead)) == []
    with (folder / "b.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(as_lines(track("C", "u3")))
    assert taken(collect(fairlead)) == [{"file": "b.jsonl", "lines": 3, "stored": 1}]
    assert sorted(row["line"] for row in log_rows(fairlead)) == [1, 2, 3]
    assert (folder / "b.jsonl").exists()


def test_a_file_that_just_came_waits_until_it_looks_the_same(
    fairlead: FairleadCommand, folder: Path
) -> None:
    (folder / "a.jsonl").write_text(as_lines(track("A", "u1")), "utf-8")
    (folder / "b.jsonl.part").write_text(as_lines(track("B", "u2")), "utf-8")
    (folder / "c.csv").write_text("not events", "utf-8")
    os.mkfifo(folder / "d.jsonl")
    (folder / "e.jsonl").symlink_to(folder / "c.csv")
    found = taken(collect(fairlead))
    assert [one["file"] for one in found] == ["a.jsonl"]
    assert {row["source"] for row in log_rows(fairlead)} == {"orders/a.jsonl"}
    (folder / "b.jsonl.part").rename(folder / "b.jsonl")
    assert [one["file"] for one in taken(collect(fairlead))] == ["b.jsonl"]


def test_a_missing_folder_is_told_and_others_go_on(
    fairlead: FairleadCommand, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    source(fairlead, "add", "other", "--folder", str(other))
    (other / "a.jsonl").write_text(as_lines(track("A", "u1")), "utf-8")
    folder.rmdir()
    result = collect(fairlead)
    assert result.exit_code == 3
    by_name = {one["source"]: one for one in result.json["folders"]}
    assert "is not there" in by_name["orders"]["trouble"]
    assert len(by_name["other"]["taken"]) == 1
    assert "is not there" in source(fairlead)[0]["trouble"] + source(fairlead)[1]["trouble"]
    folder.mkdir()
    assert collect(fairlead).exit_code == 0
    assert [one["trouble"] for one in source(fairlead)] == ["", ""]


def test_collect_alone_sends_nothing(
    fairlead: FairleadCommand, folder: Path, records: EventRecords
) -> None:
    email = f"{records.new_name()}@new.example"
    (folder / "a.jsonl").write_text(as_lines(identify(records.new_name(), email)), "utf-8")
    result = collect(fairlead)
    assert (result.json["delivered"], result.json["waiting"]) == ({}, {"orders": 1})
    assert records.find_user(email) is None
    # By a person it is delivered as any other.
    assert fairlead("events", "deliver", "--json").json["totals"]["done"] == 1
    (row,) = log_rows(fairlead)
    assert row["source"] == "orders/a.jsonl"


def test_a_file_delivered_by_name_belongs_to_its_source(
    fairlead: FairleadCommand, tmp_path: Path, records: EventRecords
) -> None:
    source(fairlead, "add", "uploads")
    file = tmp_path / "bad.jsonl"
    file.write_text('{"type":"track"\n', "utf-8")
    assert fairlead("events", "deliver", str(file), "--name", "uploads").exit_code == 3
    (row,) = log_rows(fairlead)
    assert row["source"] == "uploads/bad.jsonl"
    assert source(fairlead)[0]["to_correct"] == 1
    user, email = records.user()
    file.write_text(as_lines(track("Read", "u", email=email)), "utf-8")
    again = fairlead("events", "retry", str(file), "--name", "uploads", "--json")
    assert again.json["retried"] == 1
    assert len(records.user_events(user)) == 1
