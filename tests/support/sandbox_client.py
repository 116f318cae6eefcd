"""Small raw clients of a sandbox process; no library in between."""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.support.sandbox_process import HttpResult, SandboxProcess


def sailthru_signature(secret: str, *values: str) -> str:
    return hashlib.md5(
        (secret + "".join(sorted(values))).encode(), usedforsecurity=False
    ).hexdigest()


class SandboxClient(SandboxProcess):
    """A running sandbox, and how long it took to serve."""

    def __init__(self, *flags: str) -> None:
        started = time.monotonic()
        super().__init__(*flags)
        self.start_s = time.monotonic() - started

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

    def sell(
        self,
        method: str,
        path: str,
        data: Any = None,
        headers: dict[str, str] | None = None,
    ) -> HttpResult:
        """One request to Sell; `data` is put into its envelope."""
        token = self.connection_document["sell"]["access_token"]
        sent = {"User-Agent": "raw", "Authorization": f"Bearer {token}", **(headers or {})}
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        text = None if data is None else json.dumps({"data": data})
        return self.http("sell", method, path, text, sent)

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
