"""The endpoint `list` (contract 2.3)."""

from collections.abc import Mapping
from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxResponse, json_response
from desktop.sandbox.sailthru.error_responses import sailthru_error, unknown_list_error
from desktop.sandbox.sailthru.profile_serializer import parse_fields
from desktop.sandbox.sailthru.repository import SailthruRepository, make_list_record


class ListEndpoint:
    """Definitions and counts; members change through user and job."""

    def __init__(self, repository: SailthruRepository) -> None:
        self.repository = repository

    def get(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Return all lists, or one by name or id; the name is `name` there and `list` here."""
        if not data.get("list") and not data.get("list_id"):
            rows = self.repository.all_lists()
            if data.get("primary"):
                rows = [record for record in rows if record["primary"]]
            return json_response({"lists": [self._list_json(record) for record in rows]})
        record = self._find_list(data)
        fields = parse_fields(data.get("fields"))
        shown = {
            "list_id": record["list_id"],
            "list": record["name"],
            "create_time": self._created_date(record),
            "send_time": None,
            "count": self.repository.count_list_members(record["name"]),
            "type": record["type"],
            "primary": record["primary"],
        }
        if "vars" in fields:
            shown |= {"vars": record["vars"], "public_name": record["public_name"]}
        if record["type"] == "smart":
            shown["query"] = record["query"]
        return json_response(shown)

    def post(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Create or change a list; a normal one answers "natural" (contract 2.3, REC)."""
        name = str(data.get("list") or "")
        if not name and data.get("list_id"):
            name = self._find_list(data)["name"]
        if not name:
            raise sailthru_error(400, 2, "Missing required parameter: list")
        if "$" in name:
            raise sailthru_error(400, 99, f"Invalid list name: {name}")
        known = self.repository.lists.copy_for_update(name)
        record = known or make_list_record(name, self.repository.state.now(), kind="normal")
        if data.get("type") in ("smart", "natural", "normal"):
            record["type"] = "smart" if data["type"] == "smart" else "normal"
        if "primary" in data:
            record["primary"] = data["primary"] not in (0, "0", False, None, "")
        for key, form in (("public_name", str), ("query", dict), ("vars", dict)):
            if data.get(key):
                if not isinstance(data[key], form):
                    raise sailthru_error(400, 99, f"Invalid {key}")
                record[key] = data[key]
        self.repository.save_list(record)
        kind = "smart" if record["type"] == "smart" else "natural"
        return json_response({"list": name, "type": kind, "list_id": record["list_id"]})

    def delete(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Delete a list; its members stay."""
        record = self._find_list(data)
        self.repository.remove_list(record["name"])
        return json_response({"list": record["name"], "ok": True})

    def _find_list(self, data: Mapping[str, Any]) -> JsonObject:
        if data.get("list"):
            record = self.repository.lists.get(str(data["list"]))
            if record is None:
                raise unknown_list_error(str(data["list"]))
            return record
        for record in self.repository.all_lists():
            if record["list_id"] == str(data.get("list_id")):
                return record
        raise unknown_list_error(str(data.get("list_id")))

    def _list_json(self, record: JsonObject) -> JsonObject:
        count = self.repository.count_list_members(record["name"])
        return {
            "list_id": record["list_id"],
            "name": record["name"],
            "email_count": count,
            # Of every list a few addresses cannot be mailed; how many exactly is not computed.
            "valid_count": count - count // 20,
            "create_time": self._created_date(record),
            "type": record["type"],
        }

    def _created_date(self, record: JsonObject) -> str:
        return self.repository.state.calendar.format_rfc2822(record["create_time"])
