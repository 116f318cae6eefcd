"""Control of a running sandbox, under /sandbox/ on every port and without sign-in.

The endpoints are listed in this package's docstring.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from desktop.sandbox.call import Answer, Call, said
from desktop.sandbox.fault import parse_fault
from desktop.sandbox.options import rate_factor
from desktop.sandbox.people.cast import CAST
from desktop.sandbox.services import Services


class Control:
    """Answers what is asked below /sandbox/."""

    def __init__(self, services: Services, announcement: Callable[[], dict[str, Any]]) -> None:
        self.services = services
        self.world = services.world
        self.announcement = announcement

    def answer(self, call: Call) -> Answer:
        """Answer one control call."""
        name = call.path.removeprefix("/sandbox/").strip("/")
        handlers: dict[tuple[str, str], Callable[[Call], Answer]] = {
            ("POST", "viewed"): self._viewed,
            ("GET", "fault"): self._faults,
            ("POST", "fault"): self._add_faults,
            ("DELETE", "fault"): self._clear_faults,
            ("GET", "account"): self._account,
            ("POST", "account"): self._switch,
            ("GET", "requests"): self._requests,
            ("DELETE", "requests"): self._forget_requests,
            ("POST", "expire-tokens"): self._expire,
            ("GET", "credentials"): lambda _call: said(self.announcement()),
            ("GET", "people"): self._people,
            ("GET", "tokens"): self._tokens,
            ("POST", "speed"): self._speed,
            ("POST", "reset"): self._reset,
        }
        handler = handlers.get((call.method, name))
        if handler is None:
            return said({"error": f"no {call.method} {call.path}"}, 404)
        try:
            return handler(call)
        except (ValueError, KeyError, TypeError) as error:
            return said({"error": str(error)}, 400)

    def _viewed(self, call: Call) -> Answer:
        ticket = int(call.json()["ticket"])
        if not self.services.zendesk.book.view_ticket(ticket):
            return said({"error": f"no ticket {ticket}"}, 404)
        return said({"viewed": ticket})

    def _faults(self, _call: Call) -> Answer:
        rules = [asdict(rule) for rule in self.world.faults.rules]
        return said({"faults": rules})

    def _add_faults(self, call: Call) -> Answer:
        given = call.json()
        specs = given.get("specs") or [given["spec"]]
        times = given.get("times")
        self.world.faults.rules += [parse_fault(str(spec), times) for spec in specs]
        return self._faults(call)

    def _clear_faults(self, call: Call) -> Answer:
        self.world.faults.rules.clear()
        return self._faults(call)

    def _account(self, _call: Call) -> Answer:
        return said(asdict(self.world.account))

    def _switch(self, call: Call) -> Answer:
        self.world.switch(self.world.account.having_all(call.json()))
        return self._account(call)

    def _requests(self, _call: Call) -> Answer:
        counted = self.world.requests
        return said({"total": counted.total(), "requests": dict(sorted(counted.items()))})

    def _forget_requests(self, call: Call) -> Answer:
        self.world.requests.clear()
        return self._requests(call)

    def _expire(self, _call: Call) -> Answer:
        return said({"expired": self.services.zendesk.book.expire_tokens()})

    def _tokens(self, _call: Call) -> Answer:
        return said(self.services.zendesk.book.count_tokens())

    def _reset(self, _call: Call) -> Answer:
        self.services.reset()
        return said({"reset": True})

    def _people(self, _call: Call) -> Answer:
        return said({"people": [_person(member) for member in CAST]})

    def _speed(self, call: Call) -> Answer:
        given = call.json()
        if "latency_ms" in given:
            self.world.latency_s = float(given["latency_ms"]) / 1000
        if "rate_limits" in given:
            self.world.rate_factor = rate_factor(str(given["rate_limits"]))
        return said({"latency_ms": self.world.latency_s * 1000})


def _person(member: Any) -> dict[str, Any]:
    emails: Iterable[str] = member.emails
    return {
        "zendesk_id": member.id,
        "name": member.name,
        "emails": list(emails),
        "role": member.role,
        "tickets": [story.id for story in member.tickets],
        "sid": member.profile.sid if member.profile else None,
        "sailthru_email": member.profile.email if member.profile else None,
    }
