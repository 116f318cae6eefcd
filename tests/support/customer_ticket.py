"""A customer of both services in the sandbox, with one ticket of theirs."""

from typing import Any

from tests.support.sandbox_servers import SandboxServers


class CustomerTicket:
    """A customer of both services with one ticket."""

    def __init__(self, servers: SandboxServers, email: str) -> None:
        self._servers = servers
        self.email = email
        self.sid = servers.create_profile(email)
        self.user_id = servers.create_user(email)
        asked = {"subject": "Too many e-mails", "comment": {"body": "Please stop."}}
        document = {"ticket": {**asked, "requester_id": self.user_id}}
        self.number = int(
            servers.zendesk_request("POST", "/api/v2/tickets", document)[1]["ticket"]["id"]
        )

    @property
    def comments(self) -> list[dict[str, Any]]:
        path = f"/api/v2/tickets/{self.number}/comments"
        found: list[dict[str, Any]] = self._servers.zendesk_request("GET", path)[1]["comments"]
        return found

    def set_status(self, status: str) -> None:
        self._update(status=status)

    def hand_over_to(self, user_id: int) -> None:
        self._update(requester_id=user_id)

    def _update(self, **values: object) -> None:
        path = f"/api/v2/tickets/{self.number}"
        self._servers.zendesk_request("PUT", path, {"ticket": values})
