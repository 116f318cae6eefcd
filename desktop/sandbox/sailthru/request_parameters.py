"""The parameters of a request: query, form or multipart; then `json`, or PHP-style names."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from python_multipart import FormParser
from python_multipart.multipart import Field, File, parse_options_header

from desktop.sandbox.http_messages import SandboxRequest


@dataclass
class SailthruParameters:
    """Pairs in the order sent, files by name."""

    pairs: list[tuple[str, str]]
    files: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """Return the last value of a name."""
        found = [value for key, value in self.pairs if key == name]
        return found[-1] if found else None

    def request_data(self) -> dict[str, Any]:
        """Return what the call is about; `null`, `{}` and nothing are all empty (contract 1.11)."""
        text = self.get("json")
        if text is None:
            return _parse_php_names([pair for pair in self.pairs if pair[0] not in _ENVELOPE_NAMES])
        data = json.loads(text)
        return data if isinstance(data, dict) else {}


_ENVELOPE_NAMES = ("api_key", "format", "sig")


def parse_parameters(request: SandboxRequest) -> SailthruParameters:
    """Read the parameters from where the method puts them (contract 1.2)."""
    if request.method != "POST":
        return SailthruParameters(_parse_form(request.raw_query))
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return _parse_multipart(request.body, kind)
    return SailthruParameters(_parse_form(request.body.decode("utf-8", "surrogateescape")))


def _parse_form(text: str) -> list[tuple[str, str]]:
    return parse_qsl(
        text, keep_blank_values=True, encoding="utf-8", errors="surrogateescape", separator="&"
    )


def _parse_multipart(body: bytes, kind: str) -> SailthruParameters:
    found = SailthruParameters([])

    def on_field(item: Field) -> None:
        name = (item.field_name or b"").decode("utf-8", "surrogateescape")
        found.pairs.append((name, (item.value or b"").decode("utf-8", "surrogateescape")))

    def on_file(item: File) -> None:
        item.file_object.seek(0)
        name = (item.field_name or b"").decode("utf-8", "surrogateescape")
        found.files[name] = item.file_object.read()
        item.close()

    _, options = parse_options_header(kind)
    parser = FormParser(
        "multipart/form-data", on_field, on_file, boundary=options.get(b"boundary", b"")
    )
    parser.write(body)
    parser.finalize()
    parser.close()
    return found


def _parse_php_names(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Turn `a[b]=1&a[c][]=2` into dictionaries (contract 1.6, legacy calls)."""
    data: dict[str, Any] = {}
    for name, value in pairs:
        path = [part for part in re.split(r"[\[\]]+", name) if part]
        if not path:
            continue
        place = data
        for part in path[:-1]:
            deeper = place.setdefault(part, {})
            if not isinstance(deeper, dict):
                deeper = place[part] = {}
            place = deeper
        place[path[-1]] = value
    return data
