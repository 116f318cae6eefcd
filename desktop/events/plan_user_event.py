"""Plans the events of Zendesk users that track calls become; nobody is created for one."""

from collections.abc import Mapping
from datetime import UTC, datetime

from desktop.events.plan_context import EventPlanContext, FiredAction, name_of, user_reference
from desktop.events.planned_request import NoChange, Planned, PlannedRequest, RequestEffect
from desktop.events.user_matching import UserKeys, UserMatch
from desktop.model.json_value import Json

KEPT_REASON = "Zendesk takes no events of users here; it is saved on this computer"
# Zendesk's own events have this source.
_RESERVED_SOURCE = "zendesk"


async def plan_user_event(fired: FiredAction, context: EventPlanContext) -> list[Planned]:
    """Plan the request of a Track event action for one event."""
    keys = fired.user_keys
    match = await context.find_user(keys)
    if match.problem:
        return [fired.problem(match.problem)]
    if match.is_nobody:
        context.effects.no_user.add(fired.line)
        return [fired.problem(f"no user: Zendesk has nobody for {keys}")]
    source = fired.compiled.action.options.source_name.strip()
    if not source or source.lower() == _RESERVED_SOURCE:
        return [fired.problem(f"the source name “{source}” cannot be used: Zendesk keeps it")]
    who = name_of(match.user, str(keys))
    if match.user is not None and not await context.directory.check_user_events(match.user.id):
        context.effects.kept_events.add(fired.line)
        return [NoChange(fired.line, fired.kind, who, KEPT_REASON)]
    kind = str(fired.mapped.get("type") or fired.event.body.get("event"))
    return [
        PlannedRequest(
            line=fired.line,
            action=fired.kind,
            method="POST",
            path=f"/api/v2/users/{user_reference(match)}/events",
            body={"profile": _profile(source, match, keys), "event": _event(fired, source, kind)},
            effect=RequestEffect.TRACK,
            who=who,
            summary=f"{who}: {kind}",
            found_by=match.found_by,
            user_id=match.user.id if match.user else None,
        )
    ]


def _profile(source: str, match: UserMatch, keys: UserKeys) -> dict[str, Json]:
    """Return the profile of an event: an identifier that the user has in Zendesk already.

    One that Zendesk does not know would become an address of theirs (docs/zendesk.md 9).
    """
    email = match.user.email if match.user is not None else keys.email
    external_id = match.user.external_id if match.user is not None else keys.external_id
    identifier: dict[str, Json] = (
        {"type": "email", "value": email}
        if email
        else {"type": "external_id", "value": external_id}
    )
    return {"source": source, "type": "customer", "identifiers": [identifier]}


def _event(fired: FiredAction, source: str, kind: str) -> dict[str, Json]:
    properties = fired.mapped.get("properties")
    event: dict[str, Json] = {
        "source": source,
        "type": kind,
        "properties": dict(properties) if isinstance(properties, Mapping) else {},
    }
    if isinstance(description := fired.mapped.get("description"), str) and description.strip():
        event["description"] = description.strip()
    created = fired.mapped.get("created_at")
    if isinstance(created, str) and created:
        event["created_at"] = created
    elif fired.event.at is not None:
        moment = datetime.fromtimestamp(fired.event.at, UTC)
        event["created_at"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return event
