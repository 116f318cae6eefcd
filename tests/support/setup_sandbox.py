"""The sandbox of the tests that sign in: it counts requests for tokens."""

from typing import Self

from tests.support.sandbox_process import SandboxProcess


class SetupSandbox(SandboxProcess):
    """A sandbox without generated customers, with rate limits as the services have them."""

    def __init__(self) -> None:
        super().__init__("--customers", "0")

    @property
    def client_id(self) -> str:
        return str(self.connection_document["zendesk"]["oauth_client_id"])

    def count_token_requests(self) -> int:
        """How many requests asked for tokens, whatever became of them."""
        counted = self.control("GET", "requests")["requests"]
        return sum(n for what, n in counted.items() if what.endswith("POST /oauth/tokens"))

    def forget_test(self) -> Self:
        """Forget faults and requests of the test before."""
        self.control("DELETE", "fault")
        self.control("DELETE", "requests")
        return self
