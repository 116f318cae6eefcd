"""The sandbox of the window's tests, and what Sailthru's official client reads there."""

from pathlib import Path
from typing import Any

from tests.support.sandbox_process import SandboxProcess, find_free_ports


class PageSandbox(SandboxProcess):
    """Sailthru and Zendesk for the tests of one page."""

    def __init__(self, *flags: str, log: Path | None = None, port: int = 0) -> None:
        super().__init__("--customers", "0", *flags, log=log, port=port)

    @property
    def sailthru(self) -> dict[str, str]:
        return self.connection_document["sailthru"]

    @property
    def zendesk(self) -> dict[str, str]:
        return self.connection_document["zendesk"]


class LoggedSandbox(PageSandbox):
    """On ports that stay the same when it is started again; each request is logged."""

    def __init__(self, folder: Path, *flags: str) -> None:
        super().__init__(*flags, log=folder / "requests.jsonl", port=find_free_ports())


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


def write_profile_officially(sandbox: PageSandbox, sid: str, **values: Any) -> None:
    """Write to a profile as the vendor's own client does."""
    from sailthru.sailthru_client import SailthruClient

    secrets = sandbox.sailthru
    client = SailthruClient(secrets["api_key"], secrets["api_secret"], secrets["service_uri"])
    assert client.api_post("user", {"id": sid, "key": "sid", **values}).is_ok()
