"""A sandbox as a process of its own, and small raw clients for it; no library in between."""

import base64
import hashlib
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]


class HttpResult(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


def sailthru_signature(secret: str, *values: str) -> str:
    return hashlib.md5(
        (secret + "".join(sorted(values))).encode(), usedforsecurity=False
    ).hexdigest()


class SandboxClient:
    """A running sandbox."""

    def __init__(self, *flags: str) -> None:
        started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "desktop.sandbox", *flags],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.connection_document: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.start_s = time.monotonic() - started

    def stop(self) -> int:
        self.process.terminate()
        return self._end()

    def kill(self) -> int:
        self.process.kill()
        return self._end()

    def _end(self) -> int:
        code = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def http(
        self,
        service: str,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 20,
    ) -> HttpResult:
        where = self.connection_document["zendesk"]["base_url"]
        if service == "sailthru":
            where = self.connection_document["sailthru"]["service_uri"]
        connection = http.client.HTTPConnection(where.removeprefix("http://"), timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        names = {name.lower(): value for name, value in answer.getheaders()}
        kind = names.get("content-type", "")
        parsed: Any = raw
        if kind.startswith("application/json") and raw:
            parsed = json.loads(raw)
        return HttpResult(answer.status, parsed, names)

    def basic_auth_headers(self, who: str = "admin") -> dict[str, str]:
        about = self.connection_document["zendesk"]
        email, token = about["email"], about["api_token"]
        if who == "agent":
            email, token = about["agent_email"], about["agent_api_token"]
        text = base64.b64encode(f"{email}/token:{token}".encode()).decode()
        return {"Authorization": f"Basic {text}"}

    def zendesk(
        self,
        method: str,
        path: str,
        body: Any = None,
        who: str = "admin",
        headers: dict[str, str] | None = None,
        timeout: float = 20,
    ) -> HttpResult:
        sent = {
            **self.basic_auth_headers(who),
            "Content-Type": "application/json",
            **(headers or {}),
        }
        text = None if body is None else json.dumps(body)
        return self.http("zendesk", method, f"/api/v2/{path}", text, sent, timeout)

    def sailthru(
        self, method: str, endpoint: str, data: Any, who: str = "", text: str | None = None
    ) -> HttpResult:
        about = self.connection_document["sailthru"]
        key, secret = about[f"{who}api_key"], about[f"{who}api_secret"]
        text = json.dumps(data) if text is None else text
        form = urlencode(
            {
                "api_key": key,
                "format": "json",
                "json": text,
                "sig": sailthru_signature(secret, key, "json", text),
            }
        )
        if method == "POST":
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return self.http("sailthru", method, f"/{endpoint}", form, kind)
        return self.http("sailthru", method, f"/{endpoint}?{form}")

    def control(self, method: str, name: str, body: Any = None) -> Any:
        text = None if body is None else json.dumps(body)
        answer = self.http("zendesk", method, f"/sandbox/{name}", text)
        assert answer.status == 200, answer
        return answer.body

    def add_fault(self, spec: str, times: int | None = None) -> None:
        self.control("POST", "fault", {"spec": spec, "times": times})

    def wait_for_zendesk_job(self, job_id: str) -> dict[str, Any]:
        def done() -> dict[str, Any] | None:
            job = self.zendesk("GET", f"job_statuses/{job_id}.json").body["job_status"]
            return job if job["status"] in ("completed", "failed") else None

        return wait_until(done)

    def wait_for_sailthru_job(self, job_id: str) -> dict[str, Any]:
        def done() -> dict[str, Any] | None:
            job = self.sailthru("GET", "job", {"job_id": job_id}).body
            return job if job["status"] != "pending" else None

        return wait_until(done)


def wait_until(ask: Callable[[], dict[str, Any] | None], seconds: float = 10) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (answer := ask()) is not None:
            return answer
        time.sleep(0.02)
    raise AssertionError("it did not end in time")
