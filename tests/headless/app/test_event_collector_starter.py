"""An open window starts `fairlead events collect` when there is something to do, and only then."""

import io
from dataclasses import dataclass
from pathlib import Path

from desktop.app.background.event_collector_starter import EventCollectorStarter
from desktop.app.container import WorkspaceServices
from desktop.model.event_source import HOUR_S, EventSourceKind, UnattendedSwitch
from desktop.sync.event_collection import SETTLE_S, FolderCollector, store_stream
from tests.support.clocks import ManualClock
from tests.support.event_cases import as_lines, track


@dataclass
class FakeProcess:
    exit_code: int | None = None


class Starts:
    """Counts what is started; the newest process is `last`."""

    def __init__(self) -> None:
        self.count = 0
        self.last = FakeProcess()

    def __call__(self) -> FakeProcess:
        self.count += 1
        self.last = FakeProcess()
        return self.last


def refuse_errors(error: Exception) -> None:
    raise AssertionError(error)


async def test_a_whole_file_in_a_folder_starts_one_process(
    services: WorkspaceServices, clock: ManualClock, tmp_path: Path
) -> None:
    starts = Starts()
    loop = EventCollectorStarter(services, starts, refuse_errors)
    source = await services.event_sources.add("orders", EventSourceKind.FOLDER, str(tmp_path))
    await loop.run_once()
    file = tmp_path / "a.jsonl"
    file.write_text(as_lines(track("A", "u")), "utf-8")
    await loop.run_once()
    assert starts.count == 0
    clock.advance(SETTLE_S)
    await loop.run_once()
    await loop.run_once()
    # The second look finds the process still at it.
    assert starts.count == 1
    starts.last.exit_code = 0
    await FolderCollector(services.store, clock).collect(source)
    await loop.run_once()
    assert starts.count == 1


async def test_events_start_a_process_only_while_they_may_go_by_themselves(
    services: WorkspaceServices, clock: ManualClock
) -> None:
    starts = Starts()
    loop = EventCollectorStarter(services, starts, refuse_errors)
    shop = await services.event_sources.add("shop", EventSourceKind.PIPE)
    intake = await services.store.event_sources.add_intake(shop.id, "", 0.0)
    lines = as_lines({"type": "page", "userId": "a"}, {"type": "page", "userId": "b"})
    await services.event_sources.set_unattended("shop", UnattendedSwitch(1))
    await store_stream(services.store, intake, io.BytesIO(lines[:1].encode()), clock.now())
    await loop.run_once()
    assert starts.count == 0
    stream = io.BytesIO(lines.encode())
    await store_stream(services.store, intake, stream, clock.now(), is_attended=False)
    await loop.run_once()
    assert starts.count == 1
    starts.last.exit_code = 0
    claimed = await services.store.event_queue.claim(10, clock.now(), unattended=[shop.id])
    await services.store.event_queue.open_events({claimed[0].id: []}, clock.now())
    # The limit of this hour is reached.
    await loop.run_once()
    assert (len(claimed), starts.count) == (1, 1)
    clock.advance(HOUR_S + 1)
    await loop.run_once()
    assert starts.count == 2
