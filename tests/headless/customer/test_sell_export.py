"""Everything out of Sell: whole and counted, resumed after a kill anywhere, no file overwritten."""

import asyncio
import csv
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from desktop.app.container import WorkspaceServices
from desktop.clients.client_factory import ClientFactory
from desktop.clients.sell.credentials import AccessTokenCredentials
from desktop.clients.transport import HttpTransport
from desktop.customer.sell_export import sell_exporter
from desktop.customer.sell_export.export_folder import MANIFEST, STATE
from desktop.customer.sell_export.export_tables import cell_text, flatten_record, with_fields_by_id
from desktop.customer.sell_export.record_file import PartFile
from desktop.customer.sell_export.sell_exporter import SellExporter, SellExportStep
from desktop.customer.service_clients import ServiceClients
from desktop.kit.errors import (
    AuthenticationError,
    Forbidden,
    InvalidInput,
    NotPermitted,
    StorageError,
)
from desktop.model.permission import PermissionDecision
from desktop.model.sell_record import SellCustomField
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

MakeExporter = Callable[..., SellExporter]


class Killed(BaseException):
    """What stands for a kill: nothing after it runs but what a process's end does too."""


@pytest_asyncio.fixture
async def make_exporter(services: WorkspaceServices, sandbox: SandboxServers) -> Any:
    about = sandbox.connection_document["sell"]
    transport = HttpTransport("Zendesk Sell", about["base_url"])
    sell = ClientFactory(ManualClock()).sell(
        AccessTokenCredentials(about["access_token"]), transport
    )
    clients = replace(services.session.clients, sell=sell)

    def make(**changes: Any) -> SellExporter:
        return replace(
            services.build_sell_exporter(),
            services=changes.pop("services", lambda: clients),
            **changes,
        )

    yield make
    sandbox.control("POST", "account", {"sell_plan": "enterprise"})
    await transport.aclose()


def read_lines(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]


def read_csv(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def witness(sandbox: SandboxServers, method: str, path: str, data: Any = None) -> Any:
    """Write to Sell as somebody else would."""
    token = sandbox.connection_document["sell"]["access_token"]
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "witness", "X-Witness": "1"}
    text = None
    if data is not None:
        headers["Content-Type"], text = "application/json", json.dumps({"data": data})
    answer = sandbox.http("sell", method, path, text, headers)
    assert answer.status in (200, 204), answer
    return answer.body


def list_all(sandbox: SandboxServers, path: str) -> list[Any]:
    page, found = 1, []
    while True:
        body = witness(sandbox, "GET", f"{path}?per_page=100&page={page}&sort_by=id:asc")
        found += [item["data"] for item in body["items"]]
        if "next_page" not in body["meta"]["links"]:
            return found
        page += 1


async def test_export_holds_everything_with_checksums(
    make_exporter: MakeExporter, sandbox: SandboxServers, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    result = await make_exporter().export(folder)
    assert result.is_complete
    manifest = json.loads((folder / MANIFEST).read_text())
    for name in ("contacts", "leads", "deals", "notes", "tasks", "products", "users", "tags"):
        expected = list_all(sandbox, f"/v2/{name}")
        got = read_lines(folder, name)
        without = [{k: v for k, v in one.items() if k != "custom_fields_by_id"} for one in got]
        assert without == expected, name
        assert manifest["tables"][name]["rows"] == len(expected) == len(read_csv(folder, name))
        assert manifest["tables"][name]["verified"]
    listed = {entry["name"] for table in manifest["tables"].values() for entry in table["files"]}
    for table in manifest["tables"].values():
        for entry in table["files"]:
            content = (folder / entry["name"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == entry["sha256"]
            assert len(content) == entry["bytes"]
    # Nothing else is left behind, and nobody else may read it.
    assert {path.name for path in folder.iterdir()} == listed | {MANIFEST}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert manifest["account"]["name"] == "Acme Stores"
    assert manifest["sell_ends"] == "2027-08-31"


async def test_export_names_custom_fields_by_id_and_name(
    make_exporter: MakeExporter, tmp_path: Path
) -> None:
    await make_exporter().export(tmp_path / "out", with_links=False)
    maria = next(one for one in read_lines(tmp_path / "out", "contacts") if one["id"] == 2101)
    assert maria["custom_fields_by_id"]["4101"] == maria["custom_fields"]["Newsletter consent"]
    row = next(one for one in read_csv(tmp_path / "out", "contacts") if one["id"] == "2101")
    assert row["custom field 4102: Loyalty points"] == "'420" or (
        row["custom field 4102: Loyalty points"] == "420"
    )
    assert row["billing_address.city"] == "Lisbon"
    fields = read_lines(tmp_path / "out", "custom_fields")
    assert {"resource": "contact", "id": 4101, "name": "Newsletter consent", "type": "list"} in (
        fields
    )


async def test_export_runs_no_formula_in_a_spreadsheet(
    make_exporter: MakeExporter, tmp_path: Path
) -> None:
    await make_exporter().export(tmp_path / "out", with_links=False)
    row = next(one for one in read_csv(tmp_path / "out", "contacts") if one["id"] == "2114")
    assert row["first_name"] == "'=cmd()"
    assert row["description"] == "'@SUM(1+1)"
    note = next(one for one in read_csv(tmp_path / "out", "notes") if one["id"] == "5702")
    assert note["content"].startswith("'=HYPERLINK")
    # What a program reads is as it was.
    kept = next(one for one in read_lines(tmp_path / "out", "contacts") if one["id"] == 2114)
    assert kept["first_name"] == "=cmd()"


async def test_export_links_by_the_one_matcher(make_exporter: MakeExporter, tmp_path: Path) -> None:
    await make_exporter().export(tmp_path / "out")
    links = {
        (one["sell_type"], one["sell_id"]): one for one in read_lines(tmp_path / "out", "links")
    }
    maria = links["contact", 2101]
    assert (maria["zendesk_user_id"], maria["sailthru_sid"]) == (7701, "5e9f3c1b2a4d6e8f00713401")
    # Zendesk's primary address is another; Sailthru knows the second one.
    jordan = links["lead", 2502]
    assert (jordan["zendesk_user_id"], jordan["sailthru_sid"]) == (7781, "5dc2b1e77a0f4499007781aa")
    # Known to Sailthru only.
    assert links["lead", 2501]["zendesk_user_id"] is None
    assert links["lead", 2501]["sailthru_sid"] == "5b3de40177aa4c22007799ff"
    assert links["contact", 2111]["result"] == "missing"
    assert "no e-mail" in links["contact", 2116]["detail"]
    assert links["contact", 2104]["zendesk_user_id"] == links["contact", 2106]["zendesk_user_id"]


@pytest.mark.parametrize(
    ("point", "number"),
    [
        *[(point, number) for point in ("page written", "page") for number in (1, 2, 3, 7)],
        *[(point, number) for point in ("files", "table") for number in (1, 2, 9)],
        *[("links", number) for number in (1, 2)],
    ],
)
async def test_export_killed_anywhere_goes_on(
    make_exporter: MakeExporter, sandbox: SandboxServers, tmp_path: Path, point: str, number: int
) -> None:
    reached: Counter[str] = Counter()

    def kill(name: str) -> None:
        reached[name] += 1
        if name == point and reached[name] == number:
            raise Killed

    folder = tmp_path / "out"
    try:
        await make_exporter(checkpoint=kill).export(folder)
    except Killed:
        assert not (folder / MANIFEST).exists()
        assert (folder / STATE).exists()
    else:
        raise AssertionError(f"{point} comes fewer than {number} times")
    result = await make_exporter().export(folder)
    assert result.is_complete
    for name in ("contacts", "leads", "notes"):
        ids = [one["id"] for one in read_lines(folder, name)]
        assert ids == [one["id"] for one in list_all(sandbox, f"/v2/{name}")]


async def test_finished_lists_are_not_read_again(
    make_exporter: MakeExporter, sandbox: SandboxServers, tmp_path: Path
) -> None:
    def kill(name: str) -> None:
        if name == "links":
            raise Killed

    with pytest.raises(Killed):
        await make_exporter(checkpoint=kill).export(tmp_path / "out")
    before = len(sandbox.logged_requests())
    await make_exporter().export(tmp_path / "out")
    after = sandbox.logged_requests()[before:]
    paths = {one["path"] for one in after if one["service"] == "sell"}
    assert "/v2/contacts" not in paths


@pytest.fixture
def many(sandbox: SandboxServers) -> Iterator[list[int]]:
    """So many contacts that they are on two pages; taken away again."""
    made = [
        witness(sandbox, "POST", "/v2/contacts", {"last_name": f"Shift {n}"})["data"]["id"]
        for n in range(120)
    ]
    yield made
    there = {one["id"] for one in list_all(sandbox, "/v2/contacts")}
    for contact_id in there.intersection(made):
        witness(sandbox, "DELETE", f"/v2/contacts/{contact_id}")


async def test_export_of_a_list_that_changes_meanwhile_is_whole(
    make_exporter: MakeExporter, sandbox: SandboxServers, tmp_path: Path, many: list[int]
) -> None:
    done: list[str] = []

    def change(step: SellExportStep) -> None:
        if step.table == "contacts" and not done:
            # After the first page: what is deleted here moves a record over the page's edge.
            done.append("changed")
            for gone in many[:3]:
                witness(sandbox, "DELETE", f"/v2/contacts/{gone}")
            witness(sandbox, "PUT", f"/v2/contacts/{many[10]}", {"title": "Moved"})
            late = witness(sandbox, "POST", "/v2/contacts", {"last_name": "Late"})
            many.append(late["data"]["id"])

    result = await make_exporter(on_step=change).export(tmp_path / "out", with_links=False)
    assert done
    assert result.is_complete
    exported = {one["id"]: one for one in read_lines(tmp_path / "out", "contacts")}
    there = {one["id"]: one for one in list_all(sandbox, "/v2/contacts")}
    assert exported.keys() == there.keys()
    assert exported[many[10]]["title"] == "Moved"


async def test_list_that_never_rests_is_said_not_to_be_verified(
    make_exporter: MakeExporter, sandbox: SandboxServers, tmp_path: Path, many: list[int]
) -> None:
    seen: list[int] = []

    def change(step: SellExportStep) -> None:
        if step.table == "contacts":
            witness(sandbox, "PUT", f"/v2/contacts/{many[-1]}", {"title": f"Restless {len(seen)}"})
            seen.append(step.records)

    result = await make_exporter(on_step=change).export(tmp_path / "out", with_links=False)
    assert not result.is_complete
    tables: Any = result.manifest["tables"]
    assert not tables["contacts"]["verified"]
    assert tables["deals"]["verified"]


@pytest.mark.parametrize("name", ["contacts.csv", "links.jsonl", MANIFEST])
async def test_foreign_file_is_never_overwritten(
    make_exporter: MakeExporter, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / name).write_text("mine")
    with pytest.raises(InvalidInput):
        await make_exporter().export(folder)
    assert (folder / name).read_text() == "mine"
    assert [path.name for path in folder.iterdir()] == [name]


async def test_file_that_comes_meanwhile_is_never_overwritten(
    make_exporter: MakeExporter, tmp_path: Path
) -> None:
    folder = tmp_path / "out"

    def put(step: SellExportStep) -> None:
        if step.table == "contacts":
            (folder / "contacts.jsonl").write_text("mine")

    with pytest.raises(StorageError):
        await make_exporter(on_step=put).export(folder)
    assert (folder / "contacts.jsonl").read_text() == "mine"
    (folder / "contacts.jsonl").unlink()
    assert (await make_exporter().export(folder)).is_complete


async def test_file_changed_before_the_end_is_noticed(
    make_exporter: MakeExporter, tmp_path: Path
) -> None:
    folder = tmp_path / "out"

    def change(step: SellExportStep) -> None:
        if step.table == "leads":
            (folder / "users.csv").write_text("mine")

    with pytest.raises(StorageError, match=r"users\.csv"):
        await make_exporter(on_step=change).export(folder, with_links=False)
    (folder / "users.csv").unlink()
    with pytest.raises(StorageError, match="no longer there"):
        await make_exporter().export(folder, with_links=False)
    assert (await make_exporter().export(folder, with_links=False)).is_complete


async def test_finished_export_is_not_begun_again(
    make_exporter: MakeExporter, tmp_path: Path
) -> None:
    await make_exporter().export(tmp_path / "out", with_links=False)
    with pytest.raises(InvalidInput, match="finished export"):
        await make_exporter().export(tmp_path / "out", with_links=False)


async def test_unfinished_export_of_another_account_is_left(
    make_exporter: MakeExporter, tmp_path: Path
) -> None:
    def kill(_name: str) -> None:
        raise Killed

    folder = tmp_path / "out"
    with pytest.raises(Killed):
        await make_exporter(checkpoint=kill).export(folder)
    state = json.loads((folder / STATE).read_text())
    (folder / STATE).write_text(json.dumps(state | {"account": 5}))
    with pytest.raises(InvalidInput, match="another Sell account"):
        await make_exporter().export(folder)


@pytest.mark.parametrize(
    ("plan", "table", "words"),
    [("team", "products", "products"), ("enterprise", "products", "")],
)
async def test_part_that_the_plan_lacks_is_noted(
    make_exporter: MakeExporter,
    sandbox: SandboxServers,
    tmp_path: Path,
    plan: str,
    table: str,
    words: str,
) -> None:
    sandbox.control("POST", "account", {"sell_plan": plan})
    result = await make_exporter().export(tmp_path / "out", with_links=False)
    assert result.is_complete
    tables: Any = result.manifest["tables"]
    assert (words in tables[table].get("note", "")) is True
    assert bool(tables[table]["files"]) is not bool(words)


async def test_refused_list_that_is_needed_stops_the_export(
    make_exporter: MakeExporter, sandbox: SandboxServers, tmp_path: Path
) -> None:
    sandbox.add_fault("sell:GET /v2/leads:403", None)
    with pytest.raises(Forbidden):
        await make_exporter().export(tmp_path / "out", with_links=False)
    sandbox.clear_faults()
    assert (await make_exporter().export(tmp_path / "out", with_links=False)).is_complete


async def test_export_needs_the_right_also_later(
    make_exporter: MakeExporter, tmp_path: Path
) -> None:
    asked: list[int] = []

    def permit(*_: object) -> PermissionDecision:
        asked.append(1)
        return PermissionDecision(len(asked) < 4, "Your role may not.")

    with pytest.raises(NotPermitted):
        await make_exporter(permit=permit).export(tmp_path / "out")
    assert len(asked) == 4
    assert not (tmp_path / "out" / MANIFEST).exists()


async def test_export_is_in_the_record_of_changes(
    make_exporter: MakeExporter, services: WorkspaceServices, tmp_path: Path
) -> None:
    await make_exporter().export(tmp_path / "out", with_links=False)
    entries = await services.store.audit.list_entries(limit=2)
    assert [(one.kind, one.name) for one in entries] == [
        ("sell_export", "finished"),
        ("sell_export", "begun"),
    ]
    assert entries[0].actor == services.session.actor.signature
    assert isinstance(entries[0].new, dict)
    assert entries[0].new["deals"] == len(read_lines(tmp_path / "out", "deals"))
    assert str(tmp_path / "out") in entries[0].detail
    assert (await services.store.audit.verify_chain()).is_whole


async def test_cancelled_export_goes_on(make_exporter: MakeExporter, tmp_path: Path) -> None:
    def cancel(step: SellExportStep) -> None:
        if step.table == "leads":
            task.cancel()

    task = asyncio.ensure_future(make_exporter(on_step=cancel).export(tmp_path / "out"))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await make_exporter().export(tmp_path / "out")).is_complete


async def test_export_without_sell_says_how_to_connect(
    make_exporter: MakeExporter, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="not connected"):
        await make_exporter(services=lambda: ServiceClients(None, None)).export(tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (5, "5"),
        ("a", "a"),
        (["a", "b"], "a; b"),
        ([{"amount": "1.50"}], '[{"amount": "1.50"}]'),
        ([], ""),
    ],
)
def test_cell_text(value: Any, text: str) -> None:
    assert cell_text(value) == text


def test_renamed_field_keeps_its_id() -> None:
    fields = (SellCustomField(7, "New name"),)
    record: dict[str, Any] = {"id": 1, "custom_fields": {"New name": "x", "Unknown": "y"}}
    assert with_fields_by_id(record, fields)["custom_fields_by_id"] == {"7": "x"}
    assert flatten_record(record, fields) == {
        "id": "1",
        "custom field 7: New name": "x",
        "custom field: Unknown": "y",
    }


def test_half_a_line_of_a_killed_process_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "part"
    part = PartFile(path, 0)
    assert part.append([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]) == 2
    length = part.length
    part.close()
    with path.open("ab") as file:
        file.write(b'{"id":3,"na')
    part = PartFile(path, length)
    assert part.append([{"id": 2, "name": "b"}, {"id": 1, "name": "c"}]) == 1
    part.drop([2])
    assert list(part.records()) == [{"id": 1, "name": "c"}]
    part.close()


@pytest.mark.parametrize(
    "kind", ["429", "500", "502", "503", "504", "reset", "html", "truncated", "cut", "proxy-json"]
)
async def test_trouble_that_passes_is_waited_out(
    make_exporter: MakeExporter, sandbox: SandboxServers, tmp_path: Path, kind: str
) -> None:
    sandbox.add_fault(f"sell:GET /v2/leads:{kind}", 2)
    result = await make_exporter().export(tmp_path / "out", with_links=False)
    assert result.is_complete
    expected = list_all(sandbox, "/v2/leads")
    assert [one["id"] for one in read_lines(tmp_path / "out", "leads")] == [
        one["id"] for one in expected
    ]


async def test_token_that_ends_in_the_middle_stops_the_export_and_it_goes_on(
    make_exporter: MakeExporter, sandbox: SandboxServers, tmp_path: Path
) -> None:
    sandbox.add_fault("sell:GET /v2/deals:401", None)
    with pytest.raises(AuthenticationError):
        await make_exporter().export(tmp_path / "out", with_links=False)
    assert read_lines(tmp_path / "out", "contacts")
    sandbox.clear_faults()
    exporter = make_exporter()
    client = exporter.services().sell
    assert client is not None
    client.pipeline.status_tracker.reset_refusal()
    assert (await exporter.export(tmp_path / "out", with_links=False)).is_complete


async def test_file_that_opens_after_the_export_was_stopped_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on, closed = threading.Event(), threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    class SlowPart(PartFile):
        def __init__(self, path: Path, length: int, key: str = "id") -> None:
            begun.set()
            goes_on.wait(10)
            super().__init__(path, length, key)

        def close(self) -> None:
            super().close()
            loop.call_soon_threadsafe(closed.set)

    monkeypatch.setattr(sell_exporter, "PartFile", SlowPart)

    async def read() -> None:
        async with sell_exporter._opened(tmp_path / "leads", 0):
            raise AssertionError("it was stopped before")

    reading = asyncio.create_task(read())
    await asyncio.to_thread(begun.wait, 10)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    goes_on.set()
    await asyncio.wait_for(closed.wait(), 10)
