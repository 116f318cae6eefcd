"""Control API of a running sandbox, under /sandbox/ on every port and without sign-in.

The endpoints are listed in this package's docstring.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from desktop.sandbox.command_line import parse_rate_factor
from desktop.sandbox.fault_rules import parse_fault_rule
from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxHttpError,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.people.fixture_people import FIXTURE_PEOPLE, FixturePerson
from desktop.sandbox.services import SandboxServices

_LONGEST_NETWORK_LOSS_S = 600.0


class ControlApi:
    """Handles the sandbox's requests below /sandbox/; neither logged nor hit by faults."""

    def __init__(self, services: SandboxServices, connection_document: JsonObject) -> None:
        self.services = services
        self.state = services.state
        # What breaks every connection for so many seconds; the server sets it.
        self.lose_network: Callable[[float], None] = lambda _seconds: None
        # (method, name) → from the JSON of the body to the JSON of the answer
        self._handlers: dict[tuple[str, str], Callable[[Any], JsonObject]] = {
            ("POST", "viewed"): self._view_ticket,
            ("POST", "network"): self._lose_network,
            ("POST", "mail-status"): self._set_mail_status,
            ("GET", "fault"): self._list_faults,
            ("POST", "fault"): self._add_faults,
            ("DELETE", "fault"): self._clear_faults,
            ("GET", "account"): lambda _given: asdict(self.state.account),
            ("POST", "account"): self._set_account_options,
            ("GET", "requests"): self._count_requests,
            ("DELETE", "requests"): self._clear_request_counts,
            ("POST", "expire-tokens"): self._expire_tokens,
            ("GET", "credentials"): lambda _given: connection_document,
            ("GET", "people"): lambda _given: {"people": [*map(_person_json, FIXTURE_PEOPLE)]},
            ("GET", "tokens"): lambda _given: services.zendesk.repository.count_tokens(),
            ("GET", "mails"): lambda _given: {
                "mails": services.zendesk.repository.verification_mails
            },
            ("POST", "speed"): self._set_speed,
            ("POST", "reset"): self._reset,
        }

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Answer one control request of the sandbox; an unreadable body is a 400."""
        name = request.path.removeprefix("/sandbox/").strip("/")
        handler = self._handlers.get((request.method, name))
        if handler is None:
            return json_response({"error": f"no {request.method} {request.path}"}, 404)
        try:
            return json_response(handler(request.json()))
        except SandboxHttpError as refused:
            return refused.response
        except (ValueError, KeyError, TypeError) as error:
            return json_response({"error": str(error)}, 400)

    def _view_ticket(self, given: Any) -> JsonObject:
        ticket = int(given["ticket"])
        if not self.services.zendesk.repository.view_ticket(ticket):
            raise SandboxHttpError(json_response({"error": f"no ticket {ticket}"}, 404))
        return {"viewed": ticket}

    def _set_mail_status(self, given: Any) -> JsonObject:
        repository = self.services.sailthru.repository
        found = repository.find_profile("email", str(given["email"]).lower())
        if found is None:
            raise SandboxHttpError(json_response({"error": "no such profile"}, 404))
        status = {"valid": False, "hardbounce": True}[given["status"]]
        profile = {**found, "hardbounce": status}
        if not status:
            # Set by hand it is one choice: who is valid is not opted out any more.
            profile["optout_email"] = "none"
        repository.save_profile(profile)
        return {"email": profile["email"], "hardbounce": status}

    def _lose_network(self, given: Any) -> JsonObject:
        seconds = float(given["off_s"])
        if not 0 < seconds <= _LONGEST_NETWORK_LOSS_S:
            raise ValueError(f"off_s: more than 0 and at most {_LONGEST_NETWORK_LOSS_S:.0f}")
        self.lose_network(seconds)
        return {"off_s": seconds}

    def _list_faults(self, _given: Any) -> JsonObject:
        return {"faults": [asdict(rule) for rule in self.state.fault_rules.rules]}

    def _add_faults(self, given: Any) -> JsonObject:
        specs = given.get("specs") or [given["spec"]]
        times = given.get("times")
        self.state.fault_rules.rules += [parse_fault_rule(str(spec), times) for spec in specs]
        return self._list_faults(given)

    def _clear_faults(self, given: Any) -> JsonObject:
        self.state.fault_rules.rules.clear()
        return self._list_faults(given)

    def _set_account_options(self, given: Any) -> JsonObject:
        self.state.set_account(self.state.account.with_options(given))
        return asdict(self.state.account)

    def _count_requests(self, _given: Any) -> JsonObject:
        counts = self.state.request_counts
        return {"total": counts.total(), "requests": dict(sorted(counts.items()))}

    def _clear_request_counts(self, given: Any) -> JsonObject:
        self.state.request_counts.clear()
        return self._count_requests(given)

    def _expire_tokens(self, _given: Any) -> JsonObject:
        repositories = (self.services.zendesk.repository, self.services.sell.repository)
        return {"expired": sum(repository.expire_tokens() for repository in repositories)}

    def _reset(self, _given: Any) -> JsonObject:
        self.services.reset()
        return {"reset": True}

    def _set_speed(self, given: Any) -> JsonObject:
        if "latency_ms" in given:
            self.state.latency_s = float(given["latency_ms"]) / 1000
        if "rate_limits" in given:
            self.state.rate_limit_factor = parse_rate_factor(str(given["rate_limits"]))
        return {"latency_ms": self.state.latency_s * 1000}


def _person_json(person: FixturePerson) -> JsonObject:
    return {
        "zendesk_id": person.id,
        "name": person.name,
        "emails": list(person.emails),
        "role": person.role,
        "tickets": [ticket.id for ticket in person.tickets],
        "sid": person.profile.sid if person.profile else None,
        "sailthru_email": person.profile.email if person.profile else None,
    }
