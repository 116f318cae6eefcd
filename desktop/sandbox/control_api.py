"""Control of a running sandbox, under /sandbox/ on every port and without sign-in.

The endpoints are listed in this package's docstring.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from desktop.sandbox.command_line import parse_rate_factor
from desktop.sandbox.fault_rules import parse_fault_rule
from desktop.sandbox.http_messages import SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.people.fixture_people import FIXTURE_PEOPLE
from desktop.sandbox.services import SandboxServices


class ControlApi:
    """Answers what is asked below /sandbox/."""

    def __init__(
        self, services: SandboxServices, connection_document: Callable[[], dict[str, Any]]
    ) -> None:
        self.services = services
        self.state = services.state
        self.connection_document = connection_document

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Answer one control call."""
        name = request.path.removeprefix("/sandbox/").strip("/")
        handlers: dict[tuple[str, str], Callable[[SandboxRequest], SandboxResponse]] = {
            ("POST", "viewed"): self._view_ticket,
            ("GET", "fault"): self._list_faults,
            ("POST", "fault"): self._add_faults,
            ("DELETE", "fault"): self._clear_faults,
            ("GET", "account"): self._get_account_options,
            ("POST", "account"): self._set_account_options,
            ("GET", "requests"): self._count_requests,
            ("DELETE", "requests"): self._clear_request_counts,
            ("POST", "expire-tokens"): self._expire_tokens,
            ("GET", "credentials"): lambda _call: json_response(self.connection_document()),
            ("GET", "people"): self._list_fixture_people,
            ("GET", "tokens"): self._count_tokens,
            ("POST", "speed"): self._set_speed,
            ("POST", "reset"): self._reset,
        }
        handler = handlers.get((request.method, name))
        if handler is None:
            return json_response({"error": f"no {request.method} {request.path}"}, 404)
        try:
            return handler(request)
        except (ValueError, KeyError, TypeError) as error:
            return json_response({"error": str(error)}, 400)

    def _view_ticket(self, request: SandboxRequest) -> SandboxResponse:
        ticket = int(request.json()["ticket"])
        if not self.services.zendesk.repository.view_ticket(ticket):
            return json_response({"error": f"no ticket {ticket}"}, 404)
        return json_response({"viewed": ticket})

    def _list_faults(self, _request: SandboxRequest) -> SandboxResponse:
        rules = [asdict(rule) for rule in self.state.fault_rules.rules]
        return json_response({"faults": rules})

    def _add_faults(self, request: SandboxRequest) -> SandboxResponse:
        given = request.json()
        specs = given.get("specs") or [given["spec"]]
        times = given.get("times")
        self.state.fault_rules.rules += [parse_fault_rule(str(spec), times) for spec in specs]
        return self._list_faults(request)

    def _clear_faults(self, request: SandboxRequest) -> SandboxResponse:
        self.state.fault_rules.rules.clear()
        return self._list_faults(request)

    def _get_account_options(self, _request: SandboxRequest) -> SandboxResponse:
        return json_response(asdict(self.state.account))

    def _set_account_options(self, request: SandboxRequest) -> SandboxResponse:
        self.state.set_account(self.state.account.with_options(request.json()))
        return self._get_account_options(request)

    def _count_requests(self, _request: SandboxRequest) -> SandboxResponse:
        counted = self.state.request_counts
        return json_response({"total": counted.total(), "requests": dict(sorted(counted.items()))})

    def _clear_request_counts(self, request: SandboxRequest) -> SandboxResponse:
        self.state.request_counts.clear()
        return self._count_requests(request)

    def _expire_tokens(self, _request: SandboxRequest) -> SandboxResponse:
        return json_response({"expired": self.services.zendesk.repository.expire_tokens()})

    def _count_tokens(self, _request: SandboxRequest) -> SandboxResponse:
        return json_response(self.services.zendesk.repository.count_tokens())

    def _reset(self, _request: SandboxRequest) -> SandboxResponse:
        self.services.reset()
        return json_response({"reset": True})

    def _list_fixture_people(self, _request: SandboxRequest) -> SandboxResponse:
        return json_response({"people": [_person_json(member) for member in FIXTURE_PEOPLE]})

    def _set_speed(self, request: SandboxRequest) -> SandboxResponse:
        given = request.json()
        if "latency_ms" in given:
            self.state.latency_s = float(given["latency_ms"]) / 1000
        if "rate_limits" in given:
            self.state.rate_limit_factor = parse_rate_factor(str(given["rate_limits"]))
        return json_response({"latency_ms": self.state.latency_s * 1000})


def _person_json(member: Any) -> dict[str, Any]:
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
