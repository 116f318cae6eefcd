"""The sandbox in a process of its own, and what the official client reads there."""

import ctypes
import json
import random
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.support.window_workspace import ROOT


class LoggedSandbox:
    """Sailthru and Zendesk in a process of their own; `log` tells every request."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self._log = folder / "requests.jsonl"
        self._flags = ["--customers", "0", "--log", str(self._log), *flags]
        self._process: subprocess.Popen[str] | None = None
        self.port = find_free_ports()
        self._mark = 0
        self.connection_document: dict[str, Any] = {}
        self.start()

    @property
    def sailthru(self) -> dict[str, str]:
        return self.connection_document["sailthru"]

    @property
    def zendesk(self) -> dict[str, str]:
        return self.connection_document["zendesk"]

    def start(self) -> None:
        """Serve, on the same ports each time."""
        command = [sys.executable, "-m", "desktop.sandbox", "--port", str(self.port), *self._flags]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            preexec_fn=die_with_parent,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            self.port = find_free_ports()
            self.start()
            return
        self.connection_document = json.loads(line)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(10)
            if process.stdout is not None:
                process.stdout.close()

    def control(self, method: str, name: str, body: object = None) -> Any:
        """Ask or tell the sandbox itself."""
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.zendesk['base_url']}/sandbox/{name}"
        request = Request(url, data, method=method)  # noqa: S310 - its own loopback address
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read())

    def set_faults(self, *specs: str) -> None:
        """Misbehave in these ways from now on; none of them ends that."""
        self.control("DELETE", "fault")
        if specs:
            self.control("POST", "fault", {"specs": list(specs)})

    def reset(self) -> None:
        """Everything as it was at the start, and the log from here."""
        self.control("POST", "reset")
        self.control("POST", "speed", {"latency_ms": 0})
        self._mark = self._log.stat().st_size if self._log.exists() else 0

    def logged_requests(self) -> list[dict[str, Any]]:
        """What was asked since `fresh`."""
        with self._log.open(encoding="utf-8") as file:
            file.seek(self._mark)
            return [json.loads(line) for line in file]

    def logged_writes(self) -> list[dict[str, Any]]:
        """The requests that change something."""
        return [r for r in self.logged_requests() if r["method"] in ("POST", "PUT", "DELETE")]


def die_with_parent() -> None:
    """In a child before it starts: end when the tests end, however they end."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def find_free_ports() -> int:
    """The first of two neighbouring ports that nobody uses now."""
    while True:
        port = random.randrange(20_000, 32_000, 2)
        try:
            for each in (port, port + 1):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", each))
        except OSError:
            continue
        return port


def read_profile_officially(
    sandbox: LoggedSandbox, sid: str, fields: dict[str, int]
) -> dict[str, Any]:
    from sailthru.sailthru_client import SailthruClient

    said = sandbox.sailthru
    client = SailthruClient(said["api_key"], said["api_secret"], said["service_uri"])
    wanted = fields or {"optout_email": 1, "lists": 1, "vars": 1, "keys": 1}
    answer = client.api_get("user", {"id": sid, "key": "sid", "fields": wanted})
    body: dict[str, Any] = answer.get_body()
    return body
