"""Customer value: Prediction Manager's segment 1–4 with its predicted number and horizon.

No source shows the API returning predictions, so where they are read from is a setting
(docs/sailthru.md 4.2); what is not there is "not available", never 0 or 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from desktop.model.field_value import parse_number
from desktop.model.json_value import Json

_MAX_AMOUNT = 10**15
HIGHEST_SEGMENT = 4


class CustomerType(Enum):
    """The business of the Sailthru account: ecommerce or publisher."""

    ECOMMERCE = "ecommerce"
    PUBLISHER = "publisher"


def parse_customer_type(text: str) -> CustomerType | None:
    """Parse the customer type, tolerating case, space and hyphen (`Ecommerce `)."""
    # The original Zendesk app let people type it: “Ecommerce ”, “E-Commerce” (S0-19).
    squeezed = text.strip().lower().replace("-", "").replace(" ", "")
    return next((kind for kind in CustomerType if kind.value == squeezed), None)


@dataclass(frozen=True)
class PredictionField:
    """The Sailthru var of one predicted number, with its unit and its horizon in days."""

    var: str
    unit: str
    horizon_days: int


@dataclass(frozen=True)
class CustomerValueSource:
    """The vars and lists that segment and predicted number are read from, best first.

    `segment_lists` maps a list's name to the segment its members belong to. `thresholds` maps a
    segment to the least amount of the first prediction that belongs to it: asked where neither var
    nor list tells one. From the segment `high_from` on a customer counts as one of high value.
    """

    segment_var: str
    predictions: tuple[PredictionField, ...]
    segment_lists: Mapping[str, int]
    thresholds: Mapping[int, float] = field(default_factory=dict)
    high_from: int = HIGHEST_SEGMENT

    @property
    def vars(self) -> frozenset[str]:
        """The names of the vars that customer value is read from."""
        return frozenset((self.segment_var, *(each.var for each in self.predictions))) - {""}


@dataclass(frozen=True)
class CustomerValue:
    """A customer's segment 1–4 and predicted amount; `unit` is USD, EUR … or pageviews.

    `is_by_thresholds`: Sailthru told no segment, and the amount was compared with the settings'.
    """

    segment: int | None
    amount: float | None
    unit: str | None
    horizon_days: int | None
    is_by_thresholds: bool = False


def default_value_source(kind: CustomerType, currency: str) -> CustomerValueSource:
    """Return the usual source of customer value: revenue for shops, pageviews for publishers."""
    predictions: tuple[PredictionField, ...]
    if kind is CustomerType.PUBLISHER:
        predictions = (PredictionField("pv_30", "pageviews", 30),)
    else:
        predictions = (
            PredictionField("rev_365", currency, 365),
            PredictionField("rev_30", currency, 30),
        )
    return CustomerValueSource("customer_value", predictions, {})


def read_customer_value(
    source: CustomerValueSource, variables: Mapping[str, Json], lists: frozenset[str]
) -> CustomerValue | None:
    """Read customer value from a profile's vars and lists; None without segment and number."""
    segment = _segment(source, variables, lists)
    for place, prediction in enumerate(source.predictions):
        amount = _number(variables.get(prediction.var))
        if amount is not None:
            # The thresholds are of the first prediction: another has another unit or horizon.
            is_ours = segment is None and place == 0 and bool(source.thresholds)
            if is_ours:
                reached = [rank for rank, least in source.thresholds.items() if amount >= least]
                segment = max(reached, default=1)
            return CustomerValue(
                segment, amount, prediction.unit, prediction.horizon_days, is_by_thresholds=is_ours
            )
    return CustomerValue(segment, None, None, None) if segment is not None else None


def _segment(
    source: CustomerValueSource, variables: Mapping[str, Json], lists: frozenset[str]
) -> int | None:
    number = _number(variables.get(source.segment_var))
    # A var may hold anything; another number is not a segment.
    if number is not None and number in (1, 2, 3, 4):
        return int(number)
    by_list = [rank for name, rank in source.segment_lists.items() if name in lists]
    # On the lists of several segments: the highest counts.
    return max(by_list, default=None)


def _number(value: Json) -> float | None:
    number = parse_number(value)
    # No customer is worth a quadrillion: such a number is something else, or a mistake.
    return float(number) if number is not None and abs(number) < _MAX_AMOUNT else None
