"""A file of events for the bench: what Segment's libraries send, of so many people."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PEOPLE_SHARE = 4
# One of the kinds of `_event`, which are counted to 20.
_IDENTIFY = 1


def write_event_file(path: Path, lines: int) -> Path:
    """Write so many lines: identify, track, group and page calls of a quarter as many people."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(event) + "\n" for event in make_events(lines))
    return path


def make_events(lines: int) -> Iterator[dict[str, Any]]:
    """Yield the events, the same each time; who they are of is identified first."""
    people = max(1, lines // _PEOPLE_SHARE)
    for number in range(lines):
        person = number * 7919 % people
        kind = _IDENTIFY if number < people else number % 20
        yield {**_event(number, person, kind), "messageId": f"m-{number}", **_times(number)}


def _event(number: int, person: int, kind: int) -> dict[str, Any]:
    user, email = f"shop-{person}", f"person{person}@events.example"
    if kind < 9:
        company = {"company": {"id": f"c-{person % 500}", "name": "Acme"}} if kind == 0 else {}
        traits = {
            "email": email,
            "first_name": "Maria",
            "last_name": f"Lopez {person}",
            "phone": f"+1555{person:07d}",
            "plan": ("free", "pro")[person % 2],
            "timezone": "Europe/Berlin",
            **company,
        }
        return {"type": "identify", "userId": user, "traits": traits}
    if kind < 16:
        properties = {"email": email, "title": f"Article {number % 97}", "seconds": number % 600}
        return {"type": "track", "userId": user, "event": "Article Read", "properties": properties}
    if kind == 16:
        properties = {"email": email, "subject": "Help", "comment": f"It broke ({number})"}
        return {
            "type": "track",
            "userId": user,
            "event": "Ticket Created",
            "properties": properties,
        }
    if kind == 17:
        group = f"c-{person % 500}"
        return {"type": "group", "userId": user, "groupId": group, "traits": {"name": group}}
    return {"type": "page", "userId": user, "name": "Docs", "properties": {"path": "/docs"}}


def _times(number: int) -> dict[str, Any]:
    second = f"{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
    return {"timestamp": f"2026-11-29T{second}.120Z", "context": {"library": {"name": "bench"}}}
