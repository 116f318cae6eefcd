"""What a planned request writes, as it is kept; and numbers that were added to already."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from desktop.events.event_action import ActionKind
from desktop.events.plan_membership import MEMBERSHIPS_PATH
from desktop.events.plan_user import UPDATE_MANY_PATH
from desktop.events.planned_request import (
    NoChange,
    Planned,
    PlannedRequest,
    PlanProblem,
    RequestEffect,
    describe_changes,
)
from desktop.model.field_mapping import MappingOperator
from desktop.model.json_value import Json
from desktop.model.sent_event_request import SentEventRequest, WrittenField
from desktop.model.value_equivalence import equivalent


def write_of(event_id: int, request: PlannedRequest) -> SentEventRequest:
    """Return what is kept of a request before it is sent."""
    record, record_id = _record_of(request)
    return SentEventRequest(
        event_id=event_id,
        action=request.action.value,
        effect=request.effect.value,
        record=record,
        record_id=record_id,
        user_id=request.user_id,
        who=request.who,
        changes=tuple(WrittenField(one.field, one.old, one.new) for one in request.changes),
    )


def _record_of(request: PlannedRequest) -> tuple[str, int | None]:
    if request.path.startswith(MEMBERSHIPS_PATH):
        return "membership", request.organization_id
    if request.effect is RequestEffect.TRACK:
        return "event", None
    if request.action in (ActionKind.CREATE_TICKET, ActionKind.UPDATE_TICKET):
        number = request.path.rpartition("/")[2]
        return "ticket", int(number) if number.isdigit() else None
    if request.action is ActionKind.UPSERT_ORG:
        return "organization", request.organization_id
    return "user", request.user_id


def made_record_id(document: Mapping[str, object]) -> int | None:
    """Return the id of the record that Zendesk's answer shows; None of what has none."""
    for name in ("user", "organization", "ticket"):
        found = document.get(name)
        if isinstance(found, dict) and isinstance(found.get("id"), int):
            return int(found["id"])
    return None


def settle_increments(
    planned: Planned, operators: Mapping[str, MappingOperator], writes: Iterable[SentEventRequest]
) -> Planned:
    """Leave out of an update what an earlier request of the same event has added to a number.

    A number tells nobody what was added to it: an answered request has added, one without an answer
    has where the number is the wanted one, and has not where it is the old one.
    """
    if not isinstance(planned, PlannedRequest) or planned.path != UPDATE_MANY_PATH:
        return planned
    sums = {one.field for one in planned.changes if operators.get(one.field) is MappingOperator.SUM}
    done: set[str] = set()
    for write in writes:
        for field, old, new in write.changes:
            change = next((one for one in planned.changes if one.field == field), None)
            if change is None or field not in sums:
                continue
            if write.is_applied or equivalent(field, new, change.old):
                done.add(field)
            elif not equivalent(field, old, change.old):
                return PlanProblem(
                    planned.line,
                    planned.action,
                    f"{field} may have been added to: it was {old}, {new} was wanted, and it is"
                    f" {change.old} now",
                )
    return _without(planned, done) if done else planned


def _without(request: PlannedRequest, fields: set[str]) -> Planned:
    changes = tuple(one for one in request.changes if one.field not in fields)
    if not changes:
        return NoChange(request.line, request.action, request.who, "nothing to change")
    document: dict[str, Json] = {"id": request.user_id}
    custom: dict[str, Json] = {}
    for one in changes:
        root, _, key = one.field.partition(".")
        if key:
            custom[key] = one.new
        else:
            document[root] = one.new
    if custom:
        document["user_fields"] = custom
    summary = f"{request.who}: {describe_changes(changes)}"
    return replace(request, changes=changes, body={"users": [document]}, summary=summary)
