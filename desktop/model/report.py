"""A report: counts by category and by day, week or month, beside the period before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from desktop.model.report_period import BucketSize, ReportBucket, ReportPeriod

# Below this many ratings a share says little, and is drawn and said as such.
FEW_RATINGS = 50


class ReportForm(Enum):
    """The form of a report: counts, how things stood at the end, or shares."""

    # Things that happened: a bucket's values are summed.
    COUNT = "count"
    # What stood at the end: of a bucket, the period and the one before.
    STATE = "state"
    # So many of so many: good ones of all ratings.
    SHARE = "share"


@dataclass(frozen=True)
class ReportSeries:
    """One category of a report, with a value for each bucket; `before_values` for the one before.

    `of_values` are those that `values` are a part of, in a report of shares alone. `detail` says
    more of the category, `numbers` what else is counted of it in the whole period.
    """

    key: str
    label: str
    values: tuple[int, ...]
    before_values: tuple[int, ...]
    of_values: tuple[int, ...] = ()
    before_of_values: tuple[int, ...] = ()
    detail: str = ""
    numbers: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


class FindingAction(Enum):
    """What can be done about a finding; NONE: it only says something."""

    NONE = "none"
    # List the people of the series `target`.
    PEOPLE = "people"
    # Show the page Activity with the changes that hold the words `target`.
    ACTIVITY = "activity"
    # Show the page Audience with the people whom the expression `target` picks.
    AUDIENCE = "audience"
    # Take those whom `target` picks to Many at once, to be put on the suppression list.
    SUPPRESS = "suppress"
    # Give those of the batch `target` who had opened an e-mail back what stood before.
    UNDO = "undo"


@dataclass(frozen=True)
class ReportFinding:
    """Something that stands out in a report, as a sentence, with the one next step."""

    text: str
    action: FindingAction = FindingAction.NONE
    label: str = ""
    target: str = ""


@dataclass(frozen=True)
class Report:
    """A report as it was counted. Times are Unix seconds.

    `buckets` and `before_buckets` are pairs, in order; without a comparison the latter are none.
    `since` is when the earliest was known that the report could count: what lies before is not
    known where `is_since_limiting`, else there was nothing. `read_at` is the age of the source.
    `reading` says how far the source is read where that is not to its end, in some words.
    `frozen_before`: what had not changed since then was dropped from this computer, so that days
    before it keep the numbers they had. `people`: how many different customers; None: not known.
    `notes` are sentences.
    """

    name: str
    form: ReportForm
    period: ReportPeriod
    size: BucketSize
    buckets: tuple[ReportBucket, ...]
    before_buckets: tuple[ReportBucket, ...]
    series: tuple[ReportSeries, ...]
    source: str
    since: float | None = None
    is_since_limiting: bool = False
    read_at: float | None = None
    reading: str = ""
    people: int | None = None
    frozen_before: float | None = None
    notes: tuple[str, ...] = ()
    findings: tuple[ReportFinding, ...] = ()
    # The series that add up to the total; the others are counts of something else beside it.
    is_total_of_all: bool = True
    # The numbers of the period and of the one before, where categories overlap.
    counted_totals: tuple[int, int] | None = None

    @property
    def is_compared(self) -> bool:
        """Whether the report was also counted for the period before."""
        return bool(self.before_buckets)

    @property
    def total_series(self) -> tuple[ReportSeries, ...]:
        """The categories that add up to the total: all, or the first one."""
        return self.series if self.is_total_of_all else self.series[:1]

    @property
    def total(self) -> int:
        """The report's number of the whole period: of shares, of how many."""
        if self.counted_totals is not None:
            return self.counted_totals[0]
        return sum(self.count_of(one) for one in self.total_series)

    @property
    def before_total(self) -> int | None:
        """The number of the period before; None without a comparison, or where it is not known."""
        if not self.is_compared or self.is_before_unknown:
            return None
        if self.counted_totals is not None:
            return self.counted_totals[1]
        return sum(self.count_before(one) or 0 for one in self.total_series)

    @property
    def is_before_unknown(self) -> bool:
        """Whether the period before lies before anything could be known, wholly or in part."""
        return self.is_partly_unknown(self.before_buckets)

    def is_partly_unknown(self, buckets: Sequence[ReportBucket]) -> bool:
        """Whether the first of these buckets begins before the report could know anything."""
        if not self.is_since_limiting or not buckets:
            return False
        return self.since is None or self.since > buckets[0].begins_at

    def is_frozen(self, bucket: ReportBucket) -> bool:
        """Whether a bucket's numbers stand as they were when its rows were dropped here."""
        return self.frozen_before is not None and bucket.begins_at < self.frozen_before

    def count_of(self, series: ReportSeries) -> int:
        """A category's number of the whole period; of a share, of how many."""
        return self._sum(series.of_values if self.form is ReportForm.SHARE else series.values)

    def count_before(self, series: ReportSeries) -> int | None:
        """Count a series of the report over the period before; None where it is not known."""
        if not self.is_compared or self.is_before_unknown:
            return None
        is_share = self.form is ReportForm.SHARE
        return self._sum(series.before_of_values if is_share else series.before_values)

    def _sum(self, values: Sequence[int]) -> int:
        if self.form is ReportForm.STATE:
            return values[-1] if values else 0
        return sum(values)


def round_shares(counts: Sequence[int]) -> tuple[int, ...]:
    """Return each count's share of their sum as whole per cents that add up to 100.

    All are 0 where the sum is. What rounding down leaves goes to the largest remainders.
    """
    total = sum(counts)
    if total <= 0:
        return (0,) * len(counts)
    shares = [count * 100 // total for count in counts]
    left = 100 - sum(shares)
    by_remainder = sorted(range(len(counts)), key=lambda n: (-(counts[n] * 100 % total), n))
    for place in by_remainder[:left]:
        shares[place] += 1
    return tuple(shares)


def percent_of(part: int, whole: int) -> int | None:
    """Return a part of a whole in per cent, rounded half up; None of nothing."""
    return (part * 200 + whole) // (whole * 2) if whole else None
