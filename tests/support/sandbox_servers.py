"""A sandbox process and an independent witness of what it holds: plain HTTP, nothing of ours."""

import base64
import hashlib
import http.client
import json
import random
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parents[2]


def find_free_ports(count: int = 2) -> int:
    """The first of so many neighbours, below those that the system hands out to anybody."""
    for port in random.sample(range(20_000, 32_000, count), 50):
        try:
            for number in range(port, port + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
    raise AssertionError(f"no {count} free ports")


class SandboxServers:
    """Both services until `stop`; `document` is the first line they printed."""

    def __init__(self, *flags: str, log: Path | None = None) -> None:
        self._log = log
        command = [sys.executable, "-m", "desktop.sandbox", "--rate-limits", "off", *flags]
        if log is not None:
            command += ["--log", str(log)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._process.stdout is not None
        self.connection_document: dict[str, Any] = json.loads(self._process.stdout.readline())

    def stop(self) -> None:
        """End them; nobody answers on their ports any more."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    @property
    def ports(self) -> tuple[int, int]:
        """The ports of Sailthru and Zendesk, to start others in their place."""
        uri, url = (
            self.connection_document["sailthru"]["service_uri"],
            self.connection_document["zendesk"]["base_url"],
        )
        return urlsplit(uri).port or 0, urlsplit(url).port or 0

    # Control.

    def control(self, method: str, name: str, body: object = None) -> Any:
        """Tell the sandbox itself."""
        return self._http("zendesk", method, f"/sandbox/{name}", body)[1]

    def add_fault(self, spec: str, times: int | None = 1) -> None:
        """From now on, so many matching requests go wrong."""
        self.control("POST", "fault", {"spec": spec, "times": times})

    def clear_faults(self) -> None:
        """No faults any more, and no latency."""
        self.control("DELETE", "fault")
        self.control("POST", "speed", {"latency_ms": 0})

    # Witness.

    def read_profile(self, key: str) -> dict[str, Any] | None:
        """A Sailthru profile by sid or address, or None."""
        kind = "email" if "@" in key else "sid"
        fields = {"keys": 1, "vars": 1, "lists": 1, "optout_email": 1}
        status, body = self._sailthru_user_request(
            "GET", {"id": key, "key": kind, "fields": fields}
        )
        return body if status == 200 else None

    def write_profile(self, key: str, **values: Any) -> None:
        """Write to Sailthru as somebody else would."""
        kind = "email" if "@" in key else "sid"
        status, body = self._sailthru_user_request("POST", {"id": key, "key": kind, **values})
        assert status == 200, body

    def delete_profile(self, sid: str) -> None:
        """Take a profile away."""
        status, body = self._sailthru_user_request("DELETE", {"id": sid, "key": "sid"})
        assert status == 200, body

    def create_profile(self, email: str, **values: Any) -> str:
        """Make a profile; gives its sid."""
        self.write_profile(email, **values)
        found = self.read_profile(email)
        assert found is not None
        return str(found["keys"]["sid"])

    def create_user(self, email: str, **fields: Any) -> int:
        """Make a Zendesk person; gives the id."""
        user = {"name": email.partition("@")[0], "email": email, **fields}
        status, body = self._zendesk_request("POST", "/api/v2/users.json", {"user": user})
        assert status == 201, body
        return int(body["user"]["id"])

    def read_user(self, user_id: int) -> dict[str, Any]:
        """A Zendesk person."""
        status, body = self._zendesk_request("GET", f"/api/v2/users/{user_id}.json")
        assert status == 200, body
        return dict(body["user"])

    def write_user(self, user_id: int, **values: Any) -> None:
        """Write to Zendesk as somebody else would."""
        status, body = self._zendesk_request(
            "PUT", f"/api/v2/users/{user_id}.json", {"user": values}
        )
        assert status == 200, body

    def count_writes(self, needle: str, *, ours: bool = True) -> int:
        """How many writes of the app (or of anybody) named this sid, id or address."""
        count = 0
        for seen in self.request_log():
            if seen["method"] == "GET" or (ours and seen["headers"].get("x-witness")):
                continue
            count += needle in seen["body"] or seen["path"].endswith(f"/{needle}")
        return count

    def request_log(self) -> list[dict[str, Any]]:
        """Every request so far."""
        assert self._log is not None
        # Up to the last line's end: another request may be writing its own just now.
        whole = self._log.read_text(encoding="utf-8", errors="replace").rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def zendesk_request(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One request of somebody else's."""
        return self._zendesk_request(method, path, body)

    def _sailthru_user_request(self, method: str, body: object) -> tuple[int, Any]:
        secrets = self.connection_document["sailthru"]
        text = json.dumps(body)
        values = {"api_key": secrets["api_key"], "format": "json", "json": text}
        signed = secrets["api_secret"] + "".join(sorted(values.values()))
        values["sig"] = hashlib.md5(signed.encode(), usedforsecurity=False).hexdigest()
        form = urlencode(values)
        path = "/user" if method == "POST" else f"/user?{form}"
        return self._http("sailthru", method, path, form if method == "POST" else None)

    def _zendesk_request(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        return self._http("zendesk", method, path, body)

    def _http(self, service: str, method: str, path: str, body: object) -> tuple[int, Any]:
        url = urlsplit(
            self.connection_document["sailthru"]["service_uri"]
            if service == "sailthru"
            else self.connection_document["zendesk"]["base_url"]
        )
        headers = {"x-witness": "1"}
        data: str | None = None
        if isinstance(body, str):
            headers["content-type"], data = "application/x-www-form-urlencoded", body
        elif body is not None:
            headers["content-type"], data = "application/json", json.dumps(body)
        if service == "zendesk":
            told = self.connection_document["zendesk"]
            pair = f"{told['email']}/token:{told['api_token']}".encode()
            headers["authorization"] = "Basic " + base64.b64encode(pair).decode()
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text.strip() else None
