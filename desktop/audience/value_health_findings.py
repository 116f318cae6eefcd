"""What is found of health and value as they stand now: who they are, whom a tag or list lacks.

The conditions of a finding are those of Audience, so that its number is the one Audience shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.audience.condition_parser import format_expression
from desktop.kit.text import format_count
from desktop.model.audience_condition import (
    EVERYBODY,
    AudienceCondition,
    AudienceGroup,
    AudienceOperator,
)
from desktop.model.customer_health import CustomerHealth
from desktop.model.customer_value import HIGHEST_SEGMENT
from desktop.model.report import FindingAction, ReportFinding
from desktop.store.audience_people_repository import AudiencePeopleRepository
from desktop.store.audience_query import QueryMoment

_O = AudienceOperator
NOT_SET = "not_set"
HEALTH_ORDER = (CustomerHealth.FRUSTRATED, CustomerHealth.NEUTRAL, CustomerHealth.HAPPY)


@dataclass(frozen=True)
class ValueHealthNames:
    """What the account calls high value, and by which tag and list it acts on value and health.

    `thresholds` says in words where each segment begins.
    """

    high_from: int = HIGHEST_SEGMENT
    highvalue_tag: str = "sailthru_highvalue"
    suppression_list: str = "Support - suppressed"
    thresholds: str = ""


def key_of_segment(segment: int) -> str:
    """Return the key of a value segment's series in the report of values."""
    return f"segment_{segment}"


def find_conditions(report: str, series_key: str) -> AudienceGroup | None:
    """Return the conditions of whom a category of a report counts now; None: no such report.

    Without a category: of everybody whose health or value is set.
    """
    if report not in ("health", "value"):
        return None
    if not series_key:
        return _all(AudienceCondition(report, _O.SET))
    if series_key == NOT_SET:
        return _all(AudienceCondition(report, _O.NOT_SET))
    if report == "health":
        return _all(AudienceCondition("health", _O.IS, series_key))
    segment = next(n for n in range(1, HIGHEST_SEGMENT + 1) if key_of_segment(n) == series_key)
    return _all(AudienceCondition("value", _O.IS, float(segment)))


_IN_BOTH = AudienceCondition("known_in", _O.IS, "both")


async def find_health_findings(
    people: AudiencePeopleRepository, moment: QueryMoment, names: ValueHealthNames
) -> tuple[ReportFinding, ...]:
    """Return how many people stand at each health, and who of the frustrated is not suppressed."""
    found = []
    for health in HEALTH_ORDER:
        group = find_conditions("health", health.value) or EVERYBODY
        count = await people.count(group, moment)
        who = format_count(count, "person is", "people are")
        found.append(_finding(f"{who} {health.label} now.", count, group))
    frustrated = AudienceCondition("health", _O.IS, CustomerHealth.FRUSTRATED.value)
    # Who is known to Sailthru alone has no address here by which to be put on a list.
    off_list = AudienceCondition("list", _O.IS_NOT, names.suppression_list)
    group = _all(frustrated, _IN_BOTH, off_list)
    count = await people.count(group, moment)
    if count:
        who = format_count(count, "frustrated person is", "frustrated people are")
        text = f"{who} not on the suppression list “{names.suppression_list}”."
        found.append(
            ReportFinding(text, FindingAction.SUPPRESS, "Put them on it…", format_expression(group))
        )
    return tuple(found)


async def find_value_findings(
    people: AudiencePeopleRepository, moment: QueryMoment, names: ValueHealthNames
) -> tuple[ReportFinding, ...]:
    """Return who would gain or lose the tag of high value, and of whom that cannot be told."""
    tag, high = names.highvalue_tag, float(names.high_from)
    has_tag, has_none = (AudienceCondition("tag", sign, tag) for sign in (_O.IS, _O.IS_NOT))
    unknown = AudienceGroup(
        (AudienceCondition("value", _O.NOT_SET), AudienceCondition("value", _O.NOT_READ)),
        is_any=True,
    )
    cases = (
        (
            AudienceGroup((AudienceCondition("value", _O.AT_LEAST, high), has_none, _IN_BOTH)),
            ("person would gain", "people would gain"),
            f"the tag “{tag}”: value {names.high_from} or more, and not tagged.",
        ),
        (
            AudienceGroup((AudienceCondition("value", _O.LESS, high), has_tag)),
            ("person would lose", "people would lose"),
            f"the tag, where the sync takes it off again: value below {names.high_from}.",
        ),
        (
            AudienceGroup((has_tag, unknown)),
            ("person has", "people have"),
            "the tag, and no value is known: it stays.",
        ),
    )
    found = []
    for group, nouns, rest in cases:
        count = await people.count(group, moment)
        found.append(_finding(f"{format_count(count, *nouns)} {rest}", count, group))
    return tuple(found)


def describe_moves(
    what: str, moves: Mapping[tuple[str | int | None, str | int | None], int]
) -> str:
    """Say how often readings in a period rose and fell; "" where none did."""
    order: tuple[object, ...] = tuple(one.value for one in HEALTH_ORDER)
    better, worse = "better", "worse"
    if what == "value":
        order = tuple(range(1, HIGHEST_SEGMENT + 1))
        better, worse = "higher", "lower"
    risen = fallen = 0
    for (was, now), count in moves.items():
        if was not in order or now not in order:
            continue
        step = order.index(now) - order.index(was)
        risen += count if step > 0 else 0
        fallen += count if step < 0 else 0
    if not risen and not fallen:
        return ""
    rose = format_count(risen, "reading was", "readings were")
    return f"In these days {rose} {better} than the one before, and {fallen:,} {worse}."


def _all(*conditions: AudienceCondition) -> AudienceGroup:
    return AudienceGroup(conditions)


def _finding(text: str, count: int, group: AudienceGroup) -> ReportFinding:
    if not count:
        return ReportFinding(text)
    return ReportFinding(
        text, FindingAction.AUDIENCE, f"Show the {count:,}" if count > 1 else "Show them",
        format_expression(group),
    )  # fmt: skip
