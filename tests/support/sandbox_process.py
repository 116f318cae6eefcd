"""A sandbox in a process of its own: started, told what to do wrong, asked what it saw, ended."""

import base64
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.support.child_processes import ROOT
from tests.support.program_fork_server import ForkedProgram, program_fork_server

ConnectionDocument = dict[str, Any]


class HttpResult(NamedTuple):
    """An answer; `body` is decoded where it is JSON, else bytes; header names are lower case."""

    status: int
    body: Any
    headers: dict[str, str]


class SandboxProcess:
    """Sailthru, Zendesk and Sell until `stop`; `connection_document` is the first line printed.

    `log` is the file of `--log`; `port` (0: any) is the first of three. A killed test run takes the
    process along.
    """

    def __init__(self, *flags: str, log: Path | None = None, port: int = 0) -> None:
        self.log_path = log
        self.port = port
        self._flags = [*flags, *(() if log is None else ("--log", str(log)))]
        self._log_offset = 0  # bytes of the log that are in `_logged`, or were before `reset`
        self._logged: list[dict[str, Any]] = []
        self.connection_document: ConnectionDocument = {}
        self.start()

    def start(self) -> None:
        """Serve; a second time on the same ports, where these were given."""
        port = ["--port", str(self.port)] if self.port else []
        self.process = _start_sandbox([*port, *self._flags])
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the sandbox ended before it served"
        self.connection_document = json.loads(line)

    def stop(self) -> int:
        """End it by SIGTERM; nobody answers on its ports any more. Returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._wait()

    def kill(self) -> int:
        """End it by SIGKILL."""
        self.process.send_signal(signal.SIGKILL)
        return self._wait()

    def _wait(self) -> int:
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            code = self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    @property
    def sailthru_url(self) -> str:
        """The Service URI of its Sailthru."""
        return str(self.connection_document["sailthru"]["service_uri"])

    @property
    def zendesk_url(self) -> str:
        """The address of its Zendesk."""
        return str(self.connection_document["zendesk"]["base_url"])

    @property
    def sell_url(self) -> str:
        """The address of its Zendesk Sell."""
        return str(self.connection_document["sell"]["base_url"])

    @property
    def ports(self) -> tuple[int, int]:
        """The ports of Sailthru and Zendesk, to start others in their place."""
        return urlsplit(self.sailthru_url).port or 0, urlsplit(self.zendesk_url).port or 0

    # Control: see desktop/sandbox/__init__.py.

    def control(self, method: str, name: str, body: object = None) -> Any:
        """Ask or tell the sandbox itself at `/sandbox/NAME`."""
        text = None if body is None else json.dumps(body)
        answer = self.http("zendesk", method, f"/sandbox/{name}", text)
        assert answer.status == 200, answer
        return answer.body

    def add_fault(self, spec: str, times: int | None = 1) -> None:
        """From now on, so many matching requests go wrong (None: all)."""
        self.control("POST", "fault", {"spec": spec, "times": times})

    def set_faults(self, *specs: str) -> None:
        """Misbehave in exactly these ways from now on."""
        self.control("DELETE", "fault")
        if specs:
            self.control("POST", "fault", {"specs": list(specs)})

    def clear_faults(self) -> None:
        """No faults any more, and no latency."""
        self.control("DELETE", "fault")
        self.control("POST", "speed", {"latency_ms": 0})

    def reset(self) -> None:
        """Everything as it was at the start, and `logged_requests` from here."""
        self.control("POST", "reset")
        self.control("POST", "speed", {"latency_ms": 0})
        if self.log_path is not None and self.log_path.exists():
            self._log_offset = self.log_path.stat().st_size
        self._logged = []

    def logged_requests(self) -> list[dict[str, Any]]:
        """Every request since the start, or since `reset`."""
        assert self.log_path is not None
        with self.log_path.open("rb") as file:
            file.seek(self._log_offset)
            # Up to the last line's end: another request may be writing its own just now.
            whole, end, _ = file.read().rpartition(b"\n")
        self._log_offset += len(whole) + len(end)
        # Each line once: a log of a whole session has megabytes, and every test asks.
        self._logged += [json.loads(line) for line in whole.decode(errors="replace").splitlines()]
        return list(self._logged)

    def logged_writes(self) -> list[dict[str, Any]]:
        """The logged requests that change something; a session of Sell's Sync API does not."""
        return [
            r
            for r in self.logged_requests()
            if r["method"] in ("POST", "PUT", "DELETE") and r["path"] != "/v2/sync/start"
        ]

    # HTTP without any client library.

    def http(
        self,
        service: str,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 20,
    ) -> HttpResult:
        """One request to `sailthru`, `zendesk` or `sell`."""
        url = {
            "sailthru": self.sailthru_url,
            "zendesk": self.zendesk_url,
            "sell": self.sell_url,
        }[service]
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        names = {name.lower(): value for name, value in answer.getheaders()}
        is_json = names.get("content-type", "").startswith("application/json") and raw.strip()
        return HttpResult(answer.status, json.loads(raw) if is_json else raw, names)

    def basic_auth_headers(self, who: str = "admin") -> dict[str, str]:
        """Zendesk's sign-in by API token, as the admin or the agent."""
        about = self.connection_document["zendesk"]
        email, token = about["email"], about["api_token"]
        if who == "agent":
            email, token = about["agent_email"], about["agent_api_token"]
        text = base64.b64encode(f"{email}/token:{token}".encode()).decode()
        return {"Authorization": f"Basic {text}"}


def _start_sandbox(flags: Sequence[str]) -> ForkedProgram | subprocess.Popen[str]:
    command = [sys.executable, "-m", "desktop.sandbox", *flags]
    # Each would import itself for half a second, and a test run starts about 200.
    if hasattr(os, "pidfd_open"):
        with open(2, "wb", closefd=False) as errors:
            return program_fork_server().start(command, env=os.environ, stderr=errors)
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


@contextmanager
def running_sandbox(*flags: str, log: Path | None = None) -> Iterator[ConnectionDocument]:
    """The first line of a sandbox that runs as long as the block."""
    sandbox = SandboxProcess(*flags, log=log)
    try:
        yield sandbox.connection_document
    finally:
        sandbox.stop()


def agent_document(document: ConnectionDocument) -> ConnectionDocument:
    """The same document as an agent's: their token, and the agents' Sailthru key."""
    sailthru, zendesk = document["sailthru"], document["zendesk"]
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


def find_free_ports(count: int = 3) -> int:
    """The first of so many neighbours, below those that the system hands out to anybody."""
    # Not the common generator: seeded alike, two runs of the tests would take the same ports.
    for port in random.SystemRandom().sample(range(20_000, 32_000, count), 50):
        try:
            for number in range(port, port + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
    raise AssertionError(f"no {count} free ports")
