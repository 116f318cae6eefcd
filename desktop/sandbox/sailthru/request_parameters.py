"""Parameters of a request to the Sailthru sandbox: query, form, multipart, `json`.

Facts: docs/sailthru.md 1.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from python_multipart import FormParser
from python_multipart.multipart import Field, File, parse_options_header

from desktop.sandbox.http_messages import SandboxRequest
from desktop.sandbox.sailthru.error_responses import sailthru_error

_ENVELOPE_NAMES = ("api_key", "format", "sig")


@dataclass(frozen=True)
class SailthruCall:
    """A call to an endpoint of the sandbox's Sailthru: its data, files, HTTP request."""

    data: Mapping[str, Any]
    files: Mapping[str, bytes]
    request: SandboxRequest

    def text(self, name: str) -> str:
        """Return a parameter of a call to the sandbox's Sailthru as text, empty without one."""
        return str(self.data.get(name) or "")

    def number(self, name: str, unset: int = 0) -> int:
        """Return a whole-number parameter of a call; `unset` without one, error 99 for others."""
        if name not in self.data:
            return unset
        try:
            return max(0, int(self.data[name] or 0))
        except (TypeError, ValueError) as error:
            raise sailthru_error(400, 99, f"Invalid value for {name}") from error

    def require(self, name: str) -> str:
        """Return a text parameter of a call to the sandbox's Sailthru; error 2 without one."""
        if not self.text(name):
            raise sailthru_error(400, 2, f"Missing required parameter: {name}")
        return self.text(name)


@dataclass
class SailthruParameters:
    """Pairs of names and values sent to the sandbox's Sailthru, in order, and files."""

    pairs: list[tuple[str, str]]
    files: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """Return the last value of a parameter sent to the sandbox's Sailthru."""
        found = [value for key, value in self.pairs if key == name]
        return found[-1] if found else None

    def request_data(self) -> dict[str, Any]:
        """Return the data of a call to the sandbox's Sailthru; `null` and a list are empty.

        Raises a ValueError when `json` is no JSON.
        """
        text = self.get("json")
        if text is None:
            return _parse_php_names([pair for pair in self.pairs if pair[0] not in _ENVELOPE_NAMES])
        data = json.loads(text)
        return data if isinstance(data, dict) else {}


def parse_parameters(request: SandboxRequest) -> SailthruParameters:
    """Parse the parameters of a request to the sandbox's Sailthru, by its method."""
    if request.method != "POST":
        return SailthruParameters(_parse_form(request.raw_query))
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return _parse_multipart(request.body, kind)
    return SailthruParameters(_parse_form(_decode(request.body)))


def _decode(raw: bytes | None) -> str:
    # Surrogates keep bytes that are no UTF-8: the signature is over the bytes as sent.
    return (raw or b"").decode("utf-8", "surrogateescape")


def _parse_form(text: str) -> list[tuple[str, str]]:
    return parse_qsl(
        text, keep_blank_values=True, encoding="utf-8", errors="surrogateescape", separator="&"
    )


def _parse_multipart(body: bytes, kind: str) -> SailthruParameters:
    found = SailthruParameters([])

    def on_field(item: Field) -> None:
        found.pairs.append((_decode(item.field_name), _decode(item.value)))

    def on_file(item: File) -> None:
        item.file_object.seek(0)
        found.files[_decode(item.field_name)] = item.file_object.read()
        item.close()

    _, options = parse_options_header(kind)
    boundary = options.get(b"boundary", b"")
    parser = FormParser("multipart/form-data", on_field, on_file, boundary=boundary)
    parser.write(body)
    parser.finalize()
    parser.close()
    return found


def _parse_php_names(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Parse PHP's `a[b]=1&a[c][]=2` to dictionaries, as calls to the sandbox without `json`."""
    data: dict[str, Any] = {}
    for name, value in pairs:
        path = [part for part in re.split(r"[\[\]]+", name) if part]
        if not path:
            continue
        place = data
        for part in path[:-1]:
            if not isinstance(place.get(part), dict):
                place[part] = {}
            place = place[part]
        place[path[-1]] = value
    return data
