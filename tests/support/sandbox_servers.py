"""An independent witness of what the sandbox holds: plain HTTP, nothing of ours."""

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.support.sandbox_process import SandboxProcess


class SandboxServers(SandboxProcess):
    """A sandbox without rate limits, whose records are read and written as somebody else would."""

    def __init__(self, *flags: str, log: Path | None = None) -> None:
        super().__init__("--rate-limits", "off", *flags, log=log)

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

    def close_tickets(self, user_id: int) -> None:
        """Close every ticket of a Zendesk requester."""
        path = f"/api/v2/users/{user_id}/tickets/requested.json"
        for ticket in self._zendesk_request("GET", path)[1]["tickets"]:
            if ticket["status"] != "closed":
                body = {"ticket": {"status": "closed"}}
                status, _ = self._zendesk_request("PUT", f"/api/v2/tickets/{ticket['id']}", body)
                assert status == 200

    def delete_user(self, user_id: int) -> None:
        """Close the tickets of a Zendesk person, then take the person away."""
        self.close_tickets(user_id)
        status, body = self._zendesk_request("DELETE", f"/api/v2/users/{user_id}.json")
        assert status == 200, body

    def count_writes(self, needle: str, *, ours: bool = True) -> int:
        """How many writes of the app (or of anybody) named this sid, id or address."""
        count = 0
        for seen in self.logged_requests():
            if seen["method"] == "GET" or (ours and seen["headers"].get("x-witness")):
                continue
            count += needle in seen["body"] or seen["path"].endswith(f"/{needle}")
        return count

    def zendesk_request(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One request of somebody else's."""
        return self._zendesk_request(method, path, body)

    def sailthru_request(
        self, method: str, body: object, endpoint: str = "user"
    ) -> tuple[int, Any]:
        """One request of somebody else's to an endpoint of Sailthru's."""
        return self._sailthru_user_request(method, body, endpoint)

    def sell_request(
        self, method: str, path: str, data: dict[str, Any] | None = None
    ) -> tuple[int, Any]:
        """One request of somebody else's to Sell; `data` goes out in Sell's envelope."""
        return self._as_witness("sell", method, path, None if data is None else {"data": data})

    def sailthru_lists(self) -> set[str]:
        """The names of the account's lists."""
        status, body = self._sailthru_user_request("GET", {}, "list")
        assert status == 200, body
        return {found["name"] for found in body["lists"]}

    def _sailthru_user_request(
        self, method: str, body: object, endpoint: str = "user"
    ) -> tuple[int, Any]:
        secrets = self.connection_document["sailthru"]
        text = json.dumps(body)
        values = {"api_key": secrets["api_key"], "format": "json", "json": text}
        signed = secrets["api_secret"] + "".join(sorted(values.values()))
        values["sig"] = hashlib.md5(signed.encode(), usedforsecurity=False).hexdigest()
        form = urlencode(values)
        path = f"/{endpoint}" if method == "POST" else f"/{endpoint}?{form}"
        return self._as_witness("sailthru", method, path, form if method == "POST" else None)

    def _zendesk_request(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        return self._as_witness("zendesk", method, path, body)

    def _as_witness(self, service: str, method: str, path: str, body: object) -> tuple[int, Any]:
        headers = {"x-witness": "1"}
        data: str | None = None
        if isinstance(body, str):
            headers["content-type"], data = "application/x-www-form-urlencoded", body
        elif body is not None:
            headers["content-type"], data = "application/json", json.dumps(body)
        if service == "zendesk":
            headers |= self.basic_auth_headers()
        if service == "sell":
            headers["authorization"] = f"Bearer {self.connection_document['sell']['access_token']}"
            headers["user-agent"] = "witness"
        answer = self.http(service, method, path, data, headers)
        return answer.status, answer.body or None
