"""A person of both sandbox services whom `fairlead privacy erase` may erase, and two admins."""

from tests.support.cli_command import CommandResult, FairleadCommand
from tests.support.sandbox_servers import SandboxServers


class Person:
    """Somebody whom both services know, with a closed ticket, and two admins who may erase them."""

    def __init__(self, servers: SandboxServers, fairlead: FairleadCommand, email: str) -> None:
        self._servers, self._fairlead = servers, fairlead
        self.email = email
        self.sid = servers.create_profile(
            email, vars={"city": "Lisbon <b>"}, lists={"Newsletter": 1}
        )
        self.user_id = servers.create_user(email, external_id=f"shop-{email}")
        self.ticket = self.create_ticket()
        servers.close_tickets(self.user_id)

    def create_ticket(self) -> int:
        """A ticket of theirs that is not closed."""
        ticket = {
            "subject": "<script>alert(1)</script>",
            "comment": {"body": "my <img src=x> order"},
            "requester_id": self.user_id,
        }
        answer = self._servers.zendesk_request("POST", "/api/v2/tickets.json", {"ticket": ticket})
        return int(answer[1]["ticket"]["id"])

    def erase(
        self, *words: str, by_second: bool = False, confirm: str = "", **environ: str
    ) -> CommandResult:
        """Run the command as the first or the second admin."""
        document = self._servers.connection_document["zendesk"]
        second = {
            "FAIRLEAD_ZENDESK_EMAIL": document["second_admin_email"],
            "FAIRLEAD_ZENDESK_TOKEN": document["second_admin_api_token"],
        }
        given = ("privacy", "erase", self.email, "--confirm", confirm or self.email, "--json")
        return self._fairlead(*given, *words, **(second if by_second else {}), **environ)

    @property
    def zendesk_name(self) -> str:
        return str(self._servers.read_user(self.user_id)["name"])

    @property
    def is_in_sailthru(self) -> bool:
        return self._servers.read_profile(self.sid) is not None
