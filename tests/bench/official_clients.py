"""The services' own clients, used one call after another for what a sheet shows."""

import base64
import os
import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

from tests.bench.window_session import ConnectionDocument


def measure_round_trip(said: ConnectionDocument) -> float:
    """Milliseconds of one request on an open connection, with nothing of ours around it."""
    zendesk = said["zendesk"]
    host = zendesk["base_url"].removeprefix("http://")
    signed = base64.b64encode(f"{zendesk['email']}/token:{zendesk['api_token']}".encode())
    headers = {"Authorization": f"Basic {signed.decode()}"}
    connection = HTTPConnection(host, timeout=20)
    took = 0.0
    try:
        for _ in range(2):  # the first one opens the connection
            begun = time.perf_counter()
            connection.request("GET", "/api/v2/users/me.json", headers=headers)
            connection.getresponse().read()
            took = (time.perf_counter() - begun) * 1000
    finally:
        connection.close()
    return took


def make_official_lookup(said: ConnectionDocument) -> Callable[[str], float]:
    """A function that reads one customer with them and returns the milliseconds it took."""
    from sailthru.sailthru_client import SailthruClient
    from zenpy import Zenpy

    zendesk, sailthru = said["zendesk"], said["sailthru"]
    os.environ["ZENPY_FORCE_SCHEME"] = "http"
    os.environ["ZENPY_FORCE_NETLOC"] = zendesk["base_url"].removeprefix("http://")
    one = Zenpy(
        subdomain="acme", email=zendesk["email"], token=zendesk["api_token"], disable_cache=True
    )
    other = SailthruClient(sailthru["api_key"], sailthru["api_secret"], sailthru["service_uri"])

    def look_up(address: str) -> float:
        begun = time.perf_counter()
        profile = _profile(other, address)
        assert "error" not in profile or profile["error"] == 99, profile
        other.api_get("list", {})
        _read_result(one.user_fields())
        for person in _read_result(one.users.search(query=f"email:{address}")):
            _read_result(one.users.requested(person.id))
            _read_result(one.users.identities(person.id))
            if person.organization_id:
                one.organizations(id=person.organization_id)
        return (time.perf_counter() - begun) * 1000

    return look_up


def _profile(client: Any, address: str) -> dict[str, Any]:
    parts = ("keys", "vars", "lists", "engagement", "activity", "optout_email", "device")
    wanted = {"id": address, "key": "email", "fields": dict.fromkeys(parts, 1)}
    found: dict[str, Any] = client.api_get("user", wanted).get_body()
    return found


def _read_result(result: Any) -> list[Any]:
    return list(result)
