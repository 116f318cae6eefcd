"""The sandbox in a process of its own, asked about what it saw and told what to do wrong."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[2]


class SetupSandbox:
    """Serves until `stop`; `document` is the first line it printed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "desktop.sandbox", "--port", "0", "--customers", "0"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        self.connection_document: dict[str, Any] = json.loads(self._process.stdout.readline())

    @property
    def zendesk(self) -> str:
        return str(self.connection_document["zendesk"]["base_url"])

    @property
    def sailthru(self) -> str:
        return str(self.connection_document["sailthru"]["service_uri"])

    @property
    def client_id(self) -> str:
        return str(self.connection_document["zendesk"]["oauth_client_id"])

    def agent_document(self) -> dict[str, Any]:
        """The same, for an agent with the agents' Sailthru key."""
        sailthru, zendesk = (
            self.connection_document["sailthru"],
            self.connection_document["zendesk"],
        )
        return {
            "sailthru": {
                "service_uri": sailthru["service_uri"],
                "api_key": sailthru["agent_api_key"],
                "api_secret": sailthru["agent_api_secret"],
            },
            "zendesk": {
                "base_url": zendesk["base_url"],
                "email": zendesk["agent_email"],
                "api_token": zendesk["agent_api_token"],
            },
        }

    def control(self, method: str, name: str, body: object = None) -> Any:
        """Ask or tell the sandbox itself."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.zendesk}/sandbox/{name}", data, method=method)  # noqa: S310
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read())

    def add_fault(self, spec: str, times: int | None = None) -> None:
        self.control("POST", "fault", {"spec": spec, "times": times})

    def count_token_requests(self) -> int:
        """How many requests asked for tokens, whatever became of them."""
        counted = self.control("GET", "requests")["requests"]
        return sum(n for what, n in counted.items() if what.endswith("POST /oauth/tokens"))

    def clear_faults(self) -> Self:
        """Forget faults, requests and switches of the test before."""
        self.control("DELETE", "fault")
        self.control("DELETE", "requests")
        return self

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()
