"""Whether Zendesk has what an event adds already: a ticket, a comment, an event of a user.

These have no state that a second plan could compare, so that sending them twice would double them.
"""

from collections.abc import Mapping

from desktop.clients.zendesk.event_calls import ZendeskEventCalls
from desktop.events.event_action import ActionKind
from desktop.events.planned_request import PlannedRequest
from desktop.model.json_value import Json


def may_be_doubled(request: PlannedRequest) -> bool:
    """Whether sending a request twice would leave two of something in Zendesk."""
    if request.action is ActionKind.UPDATE_TICKET:
        return "comment" in _object(request.body, "ticket")
    return request.action in (ActionKind.CREATE_TICKET, ActionKind.TRACK_EVENT)


async def is_applied_already(
    request: PlannedRequest, calls: ZendeskEventCalls, *, is_maybe_sent: bool
) -> bool:
    """Whether Zendesk shows the ticket, comment or event of a request.

    A ticket's stamp and an event are looked for always: another computer may have delivered the
    same file. A comment only where it may have been sent: two events may say the same words.
    """
    if request.action is ActionKind.CREATE_TICKET:
        return bool(await calls.find_tickets(str(_object(request.body, "ticket")["external_id"])))
    if request.action is ActionKind.TRACK_EVENT and request.user_id is not None:
        return await _has_event(request, calls, request.user_id)
    if not is_maybe_sent:
        return False
    ticket_id = int(request.path.rpartition("/")[2])
    body = _object(_object(request.body, "ticket"), "comment")["body"]
    newest = await calls.client.list_newest_comments(ticket_id)
    return any(comment.body == body for comment in newest)


async def _has_event(request: PlannedRequest, calls: ZendeskEventCalls, user_id: int) -> bool:
    wanted = _object(request.body, "event")
    if "created_at" not in wanted:
        # Without a time two events of one kind are not told apart.
        return False
    shown = ("source", "type", "created_at", "properties")
    return any(
        all(found.get(name) == wanted[name] for name in shown)
        for found in await calls.list_user_events(user_id)
    )


def _object(document: Mapping[str, Json] | None, name: str) -> Mapping[str, Json]:
    found = (document or {}).get(name)
    return found if isinstance(found, Mapping) else {}
