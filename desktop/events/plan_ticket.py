"""Plans the tickets that track calls create and update in Zendesk."""

from desktop.events.event import Event, identifier_text
from desktop.events.plan_context import (
    EventPlanContext,
    FiredAction,
    name_of,
    user_reference,
    words_of,
)
from desktop.events.planned_request import (
    EventFieldChange,
    NoChange,
    Planned,
    PlannedRequest,
    RequestEffect,
    describe_changes,
)
from desktop.events.user_matching import UserMatch
from desktop.model.field_mapping import MappingOperator
from desktop.model.field_value import as_list
from desktop.model.json_value import Json
from desktop.model.value_conversion import zendesk_tag_from
from desktop.model.zendesk_organization import TicketState

TICKETS_PATH = "/api/v2/tickets"
_CHOICES = {
    "priority": ("low", "normal", "high", "urgent"),
    "status": ("new", "open", "pending", "hold", "solved"),
    "type": ("problem", "incident", "question", "task"),
}


def ticket_stamp(event: Event) -> str:
    """Return the external id of the ticket that an event creates; it is looked for before sending.

    Zendesk forgets an Idempotency-Key after two hours (docs/zendesk.md 4).
    """
    return f"event-{event.message_id}"


async def plan_new_ticket(fired: FiredAction, context: EventPlanContext) -> list[Planned]:
    """Plan the request of a Create ticket action for one event."""
    keys = fired.user_keys
    match = await context.find_user(keys)
    if match.problem:
        return [fired.problem(match.problem)]
    if match.is_nobody:
        context.effects.no_user.add(fired.line)
        return [fired.problem(f"no user: Zendesk has nobody for {keys}")]
    fields, refusal = _ticket_fields(fired)
    if refusal:
        return [fired.problem(refusal)]
    subject = _text(fired.mapped.get("subject"))
    comment = _text(fired.mapped.get("comment")) or subject
    if not comment:
        return [fired.problem("no text: a ticket needs a comment or a subject")]
    is_public = fired.compiled.action.options.public_comment
    ticket: dict[str, Json] = {
        **({"subject": subject} if subject else {}),
        "comment": {"body": comment, "public": is_public},
        **fields,
        "requester_id": user_reference(match),
        "external_id": ticket_stamp(fired.event),
    }
    who = name_of(match.user, "the user of an earlier line")
    return [
        PlannedRequest(
            line=fired.line,
            action=fired.kind,
            method="POST",
            path=TICKETS_PATH,
            body={"ticket": ticket},
            effect=RequestEffect.CREATE,
            who=who,
            summary=f"{who}: new ticket “{(subject or comment)[:60]}”",
            found_by=match.found_by,
            user_id=match.user.id if match.user else None,
            headers={"Idempotency-Key": ticket_stamp(fired.event)},
        )
    ]


async def plan_ticket_update(fired: FiredAction, context: EventPlanContext) -> list[Planned]:
    """Plan the request of an Update ticket action for one event."""
    number = identifier_text(fired.mapped.get("ticket_id")).removeprefix("#")
    external_id = identifier_text(fired.mapped.get("external_id"))
    if not number and not external_id:
        return [fired.problem("no ticket: the event has neither ticket_id nor external_id")]
    ticket = await context.directory.find_ticket(number, external_id)
    if ticket is None:
        return [fired.problem(f"no ticket: Zendesk has no single ticket {number or external_id}")]
    if ticket.status == "closed":
        return [fired.problem(f"ticket {ticket.id} is closed and takes no changes")]
    match = await context.find_user(fired.user_keys)
    if match.problem:
        return [fired.problem(match.problem)]
    # A mistyped number would put one customer's words on another's ticket.
    if match.user is not None and ticket.requester_id not in (None, match.user.id):
        who = name_of(match.user, "")
        return [fired.problem(f"ticket {ticket.id} is not {who}'s but another customer's")]
    fields, refusal = _ticket_fields(fired)
    if refusal:
        return [fired.problem(refusal)]
    return [_plan_update(fired, ticket, match, fields)]


def _plan_update(
    fired: FiredAction, ticket: TicketState, match: UserMatch, fields: dict[str, Json]
) -> Planned:
    who = name_of(match.user, f"ticket {ticket.id}")
    document: dict[str, Json] = {}
    if subject := _text(fired.mapped.get("subject")):
        document["subject"] = subject
    if comment := _text(fired.mapped.get("comment")):
        # Always said: without it a comment is as public as the first one (docs/zendesk.md 4).
        is_public = fired.compiled.action.options.public_comment
        document["comment"] = {"body": comment, "public": is_public}
    tags = fields.pop("tags", None)
    document |= {name: value for name, value in fields.items() if value != _known(ticket, name)}
    if tags:
        joined = _joined_tags(fired, ticket, tags)
        if joined != list(ticket.tags):
            document["tags"] = joined
    left_out = fired.explain_left_out("ticket", document)
    document = fired.leave_out_newer("ticket", document)
    if not document:
        return NoChange(fired.line, fired.kind, who, left_out or "nothing to change")
    changes = tuple(
        EventFieldChange(name, _known(ticket, name), value)
        for name, value in document.items()
        if name != "comment"
    )
    said = ["a comment"] if "comment" in document else []
    words = ", ".join([*said, *([describe_changes(changes)] if changes else [])])
    if ticket.updated_stamp:
        # Refused by Zendesk where somebody changed the ticket meanwhile.
        document |= {"safe_update": True, "updated_stamp": ticket.updated_stamp}
    return PlannedRequest(
        line=fired.line,
        action=fired.kind,
        method="PUT",
        path=f"{TICKETS_PATH}/{ticket.id}",
        body={"ticket": document},
        effect=RequestEffect.UPDATE,
        who=who,
        summary=f"{who}: ticket {ticket.id}: {words}",
        found_by=match.found_by,
        user_id=match.user.id if match.user else None,
        changes=changes,
        warnings=(left_out,) if left_out else (),
    )


def _known(ticket: TicketState, name: str) -> Json:
    if name == "tags":
        return list(ticket.tags)
    return ticket.status if name == "status" else None


def _joined_tags(fired: FiredAction, ticket: TicketState, tags: Json) -> list[Json]:
    """Return a ticket's tags after the update: `tags` replaces the whole set in Zendesk."""
    if fired.compiled.action.operators.get("tags") is MappingOperator.SET:
        return as_list(tags)
    return list(dict.fromkeys([*ticket.tags, *map(str, as_list(tags))]))


def _ticket_fields(fired: FiredAction) -> tuple[dict[str, Json], str]:
    """Return priority, status, type and tags of a ticket event, and why they cannot be used."""
    fields: dict[str, Json] = {}
    for name, choices in _CHOICES.items():
        value = fired.mapped.get(name)
        if value in (None, ""):
            continue
        if not isinstance(value, str) or value.strip().lower() not in choices:
            return {}, f"{name} “{str(value)[:40]}” is none of {', '.join(choices)}"
        fields[name] = value.strip().lower()
    words = words_of(fired.mapped.get("tags"))
    if tags := [tag for one in words if (tag := zendesk_tag_from(one))]:
        fields["tags"] = list(dict.fromkeys(tags))
    return fields, ""


def _text(value: Json) -> str:
    return value.strip() if isinstance(value, str) else ""
