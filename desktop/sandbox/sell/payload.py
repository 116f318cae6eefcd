"""Payloads sent to the Sell sandbox: the envelope, the attributes in it, and every problem."""

import json
from collections.abc import Mapping
from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxRequest
from desktop.sandbox.sell.attribute_types import WrongValue, check_custom_value, convert_value
from desktop.sandbox.sell.error_responses import AttributeProblem, field_errors, request_error
from desktop.sandbox.sell.record_kinds import UNIQUE_NAMES, SellKind
from desktop.sandbox.sell.repository import SellRepository

# Attribute → the kind whose id it is.
_REFERENCES = {
    "contact_id": "contact",
    "parent_organization_id": "contact",
    "owner_id": "user",
    "deal_id": "deal",
    "product_id": "product",
    "stage_id": "stage",
    "lead_id": "lead",
}


def parse_json_body(request: SandboxRequest) -> Any:
    """Parse the JSON of a request to the sandbox's Sell; raises its 400."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise request_error("invalid_header", "Content-Type must be application/json")
    try:
        return json.loads(request.body)
    except ValueError:
        raise request_error("invalid_payload") from None


def data_in_body(request: SandboxRequest) -> JsonObject:
    """Return what stands under `data` in a request to the sandbox's Sell; raises its errors."""
    body = parse_json_body(request)
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise request_error("incorrect_payload", "an object is expected under data")
    return data


class PayloadReader:
    """Puts the attributes of a payload into a record of the sandbox's Sell, or names problems."""

    def __init__(self, repository: SellRepository) -> None:
        self.repository = repository

    def apply(self, kind: SellKind, data: JsonObject, record: JsonObject) -> None:
        """Change `record` by a payload of the sandbox's Sell; raises one 422 of all problems.

        An attribute that is not sent stays as it is; `tags` that are sent replace all.
        """
        problems: list[AttributeProblem] = []
        is_new = record["_version"] == 0
        for name, value in data.items():
            attribute_type = kind.attributes.get(name)
            pointer = f"/data/{name}"
            if attribute_type is None:
                problems.append(AttributeProblem(pointer, "unknown", f"{name} is not known"))
                continue
            if name == "custom_fields" and isinstance(value, dict):
                problems += self._merge_custom_fields(kind, value, record)
                continue
            try:
                kept = convert_value(attribute_type, value, kind.choices.get(name, ()))
            except WrongValue as wrong:
                problems.append(AttributeProblem(pointer, wrong.code, str(wrong)))
                continue
            if name == "is_organization" and not is_new and kept != record[name]:
                problems.append(
                    AttributeProblem(pointer, "incorrect_value", "can't be changed after creation")
                )
                continue
            if (reason := self._reference_problem(name, kept)) is not None:
                problems.append(AttributeProblem(pointer, "incorrect_value", reason))
            record[name] = kept
        named = {problem.pointer for problem in problems}
        missing = self._missing(kind, data, record, is_new=is_new)
        problems += [problem for problem in missing if problem.pointer not in named]
        problems += self._duplicates(kind, record)
        if problems:
            raise field_errors(kind.name, problems)

    def _merge_custom_fields(
        self, kind: SellKind, values: Mapping[str, Any], record: JsonObject
    ) -> list[AttributeProblem]:
        definitions = {
            found["name"]: found for found in self.repository.custom_fields(kind.custom_fields)
        }
        problems: list[AttributeProblem] = []
        for name, value in values.items():
            pointer = f"/data/custom_fields/{name}"
            if name not in definitions:
                problems.append(AttributeProblem(pointer, "unknown", f"no custom field {name}"))
                continue
            try:
                check_custom_value(definitions[name], value)
            except WrongValue as wrong:
                problems.append(AttributeProblem(pointer, wrong.code, str(wrong)))
                continue
            if value is None:
                record["custom_fields"].pop(name, None)
            else:
                record["custom_fields"][name] = value
        return problems

    def _reference_problem(self, name: str, value: Any) -> str | None:
        kind = _REFERENCES.get(name)
        if kind is None or value is None or self.repository.existing(kind, value) is not None:
            return None
        return f"there is no {kind} {value}"

    def _missing(
        self, kind: SellKind, data: JsonObject, record: JsonObject, *, is_new: bool
    ) -> list[AttributeProblem]:
        required: tuple[tuple[str, ...], ...] = tuple((name,) for name in kind.required)
        if kind.name == "contact":
            required = (("name",),) if record["is_organization"] else (("last_name",),)
        elif kind.name == "lead":
            required = (("last_name", "organization_name"),)
        problems = []
        for names in required:
            if any(record[name] not in (None, "") for name in names):
                continue
            code = "missing" if is_new and not any(name in data for name in names) else "blank"
            problems.append(AttributeProblem(f"/data/{names[0]}", code, f"{names[0]} is required"))
        return problems

    def _duplicates(self, kind: SellKind, record: JsonObject) -> list[AttributeProblem]:
        if kind.name not in UNIQUE_NAMES:
            return []
        for other_id in self.repository.ids(kind.name):
            other = self.repository.existing(kind.name, other_id)
            if other is None or other_id == record["id"]:
                continue
            same_type = other.get("resource_type") == record.get("resource_type")
            if same_type and other["name"] == record["name"]:
                return [AttributeProblem("/data/name", "already_exists", "name must be unique")]
        return []
