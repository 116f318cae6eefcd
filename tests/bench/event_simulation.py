"""Takes a file of events in and simulates it, in a process of its own: `-m … FILE`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from desktop.events.default_actions import DEFAULT_ACTIONS
from desktop.events.event_intake import read_events
from desktop.events.simulation import SimulationCounts, compile_actions, simulate
from desktop.events.stored_zendesk_directory import StoredZendeskDirectory
from desktop.store.workspace_store import open_store


async def simulate_file(path: Path, folder: Path) -> SimulationCounts:
    """Plan every line against an empty copy of Zendesk; the requests are counted alone."""
    store = open_store(folder)
    try:
        with path.open("rb") as source:
            return await simulate(
                read_events(source),
                compile_actions(DEFAULT_ACTIONS),
                StoredZendeskDirectory(store, None),
                lambda _planned: None,
            )
    finally:
        store.close()


def main() -> int:
    """Simulate the file named on the command line."""
    with tempfile.TemporaryDirectory() as folder:
        counts = asyncio.run(simulate_file(Path(sys.argv[1]), Path(folder)))
    print(counts.intake.valid, counts.requests, dict(counts.actions))
    return 0


if __name__ == "__main__":
    sys.exit(main())
