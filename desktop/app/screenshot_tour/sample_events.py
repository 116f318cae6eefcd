"""The file of events that the screenshot tour simulates, about people of the demo."""

import json

from desktop.model.json_value import Json


def sample_events() -> str:
    """Return JSON lines: identify, group and track calls, a page, and a line that can't be read."""
    events: list[dict[str, Json]] = [
        _identify("u-2041", "priya@nair.example", name="Priya Nair", timezone="Europe/Lisbon"),
        _identify("u-2050", "sam.fox@fox.example", first_name="Sam", last_name="Fox"),
        _identify("", "maria@lopez.example", company={"id": 7001, "remove": True}),
        _identify("u-1204", "tom@old.example", name="Tom Reyes", shoe_size=41, plan="pro"),
        {
            "type": "group",
            "groupId": "nair-clinic",
            "userId": "u-2041",
            "traits": {"name": "Nair Clinic West", "domainNames": ["nair.example"], "arr": 12000},
        },
        _track("Ticket Created", "tom@old.example", subject="Where is my order?", priority="high"),
        _track("Article Read", "dana@okafor.example", title="Geology", course="Intro"),
        _track("Video Played", ""),
        {"type": "page", "userId": "u-2041", "name": "Pricing"},
    ]
    lines = [json.dumps(event) for event in events]
    return "\n".join([*lines, '{"type": "identify", "userId": "u-77', ""])


def sample_delivery() -> str:
    """Return JSON lines that can be delivered: somebody new, and what nobody known has done."""
    events: list[dict[str, Json]] = [
        _identify("u-3001", "ida@holt.example", name="Ida Holt", timezone="Europe/Oslo"),
        {"type": "track", "event": "Article Read", "userId": "u-3001", "properties": {}},
        {"type": "track", "event": "Article Read", "userId": "u-30O1", "properties": {}},
    ]
    return "\n".join(json.dumps(event) for event in events)


def _identify(user_id: str, email: str, **traits: Json) -> dict[str, Json]:
    known = {"name": "Maria Lopez"} if not user_id else {}
    who = {"userId": user_id} if user_id else {"anonymousId": "a-1"}
    return {"type": "identify", **who, "traits": {"email": email, **known, **traits}}


def _track(event: str, email: str, **properties: Json) -> dict[str, Json]:
    given = {"email": email, **properties} if email else properties
    return {"type": "track", "event": event, "userId": "u-771", "properties": given}
