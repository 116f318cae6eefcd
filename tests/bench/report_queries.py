"""Every report over the store of the data bench: 28 days beside 28, and two years by month."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from desktop.audience.report_definitions import REPORTS
from desktop.audience.report_service import ReportService
from desktop.model.report_period import BucketSize, ReportPeriod
from desktop.store.data_workspace_store import DataStore
from desktop.store.workspace_store import open_store
from tests.bench.report import Figure, median
from tests.support.report_cases import report_service

_REPORT_MS = 300.0
_PHRASES = ("late delivery",)


def ask_reports(data: DataStore, folder: Path, rounds: int) -> Iterator[Figure]:
    """Count each report some times, warm; `folder` gets a workspace's own files."""
    store = open_store(folder)
    try:
        service = report_service(data, store, time.time(), zone="America/New_York")
        today = service.today()
        two_years = ReportPeriod(today - timedelta(days=729), today, service.zone)
        for name in REPORTS:
            usual = service.parse_period(None, None)
            taken = _median_ms(service, name, usual, BucketSize.DAY, rounds)
            yield Figure(f"report {name}: 28 days", taken, "ms", _REPORT_MS)
        taken = _median_ms(service, "tickets-by-agent", two_years, BucketSize.MONTH, rounds)
        yield Figure("report tickets-by-agent: two years by month", taken, "ms")
    finally:
        store.close()


def _median_ms(
    service: ReportService, name: str, period: ReportPeriod, size: BucketSize, rounds: int
) -> float:
    """The median of some warm rounds, in ms of this process's own time: others share the machine.

    A report is counted on the database's thread, so that thread's time alone would miss it.
    """

    async def count() -> list[float]:
        taken = []
        for place in range(rounds + 1):
            began = time.process_time()
            await service.count(name, period, size=size, phrases=_PHRASES)
            if place:
                taken.append((time.process_time() - began) * 1000)
        return taken

    return median(asyncio.run(count()))
