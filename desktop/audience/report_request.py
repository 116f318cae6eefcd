"""What a report is asked for, what it is counted from, and what a collector hands back."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from desktop.audience.value_health_findings import ValueHealthNames
from desktop.model.report import ReportFinding, ReportSeries
from desktop.model.report_period import BucketSize, ReportBucket, ReportPeriod
from desktop.store.change_report_repository import ChangeReportRepository
from desktop.store.data_workspace_store import DataStore
from desktop.store.ticket_report_repository import Edges


@dataclass(frozen=True)
class ReportRequest:
    """A report's days, how they are summed, and whether the period before stands beside them.

    `phrases` are what a report of phrases looks for. `may_name_agents`: the person may see who of
    their colleagues did what.
    """

    period: ReportPeriod
    size: BucketSize = BucketSize.DAY
    is_compared: bool = True
    phrases: tuple[str, ...] = ()
    may_name_agents: bool = False

    @cached_property
    def buckets(self) -> tuple[ReportBucket, ...]:
        """The days, weeks or months of the report's period, in order."""
        return self.period.buckets(self.size)

    @cached_property
    def before_buckets(self) -> tuple[ReportBucket, ...]:
        """The report's period before, cut alike; none without a comparison."""
        return self.period.before().buckets_beside(self.buckets) if self.is_compared else ()

    @property
    def edges(self) -> Edges:
        """Begin and end of every bucket of the report, those of the period before first."""
        return [(one.begins_at, one.ends_at) for one in (*self.before_buckets, *self.buckets)]

    @property
    def first_time(self) -> float:
        """When the report's first bucket begins, also of the period before (Unix seconds)."""
        return self.edges[0][0]

    def split(self, values: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return a number for every edge as those of the period, and those of the one before."""
        before = len(self.before_buckets)
        return tuple(values[before:]), tuple(values[:before])


@dataclass(frozen=True)
class ReportSources:
    """Where reports count: everybody's data, and what this computer's Fairlead did."""

    data: DataStore
    changes: ChangeReportRepository
    names: ValueHealthNames


@dataclass(frozen=True)
class CollectedSeries:
    """What a collector counted; the fields are those of a Report."""

    series: tuple[ReportSeries, ...]
    since: float | None = None
    is_since_limiting: bool = False
    people: int | None = None
    notes: tuple[str, ...] = ()
    counted_totals: tuple[int, int] | None = None
    findings: tuple[ReportFinding, ...] = ()
