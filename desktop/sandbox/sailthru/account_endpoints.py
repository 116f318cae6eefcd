"""The endpoints `list` and `settings` of the Sailthru sandbox.

Facts: docs/sailthru.md 2.3.
"""

from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxResponse, json_response
from desktop.sandbox.sailthru.error_responses import sailthru_error, unknown_list_error
from desktop.sandbox.sailthru.profile_serializer import parse_fields
from desktop.sandbox.sailthru.profile_updates import is_on
from desktop.sandbox.sailthru.repository import SailthruRepository, make_list_record
from desktop.sandbox.sailthru.request_parameters import SailthruCall
from desktop.sandbox.sailthru.seed_data import RECORD_TEMPLATES


class AccountEndpoints:
    """Endpoints of the sandbox's Sailthru for lists with their counts, and settings."""

    def __init__(self, repository: SailthruRepository) -> None:
        self.repository = repository

    def get_list(self, call: SailthruCall) -> SandboxResponse:
        """Answer GET /list of the sandbox's Sailthru: all with `name`, or one, then `list`."""
        if not call.text("list") and not call.text("list_id"):
            rows = self.repository.all_lists()
            if call.data.get("primary"):
                rows = [record for record in rows if record["primary"]]
            return json_response({"lists": [self._list_row(record) for record in rows]})
        record = self._find_list(call)
        shown = {
            "list_id": record["list_id"],
            "list": record["name"],
            "create_time": self._created_date(record),
            "send_time": None,
            "count": self.repository.count_list_members(record["name"]),
            "type": record["type"],
            "primary": record["primary"],
        }
        if "vars" in parse_fields(call.data.get("fields")):
            shown |= {"vars": record["vars"], "public_name": record["public_name"]}
        if record["type"] == "smart":
            shown["query"] = record["query"]
        return json_response(shown)

    def post_list(self, call: SailthruCall) -> SandboxResponse:
        """Answer POST /list of the sandbox's Sailthru: create or change a list."""
        data, name = call.data, call.text("list")
        if not name and data.get("list_id"):
            name = self._find_list(call)["name"]
        name = name or call.require("list")
        if "$" in name:
            raise sailthru_error(400, 99, f"Invalid list name: {name}")
        record = self.repository.lists.copy_for_update(name)
        record = record or make_list_record(name, self.repository.state.now())
        if data.get("type") in ("smart", "natural", "normal"):
            record["type"] = "smart" if data["type"] == "smart" else "normal"
        if "primary" in data:
            record["primary"] = bool(is_on(data["primary"]))
        for key, form in (("public_name", str), ("query", dict), ("vars", dict)):
            if data.get(key):
                if not isinstance(data[key], form):
                    raise sailthru_error(400, 99, f"Invalid {key}")
                record[key] = data[key]
        self.repository.save_list(record)
        # Recorded: a list that GET calls "normal" is "natural" in the answer to a POST.
        kind = "smart" if record["type"] == "smart" else "natural"
        return json_response({"list": name, "type": kind, "list_id": record["list_id"]})

    def delete_list(self, call: SailthruCall) -> SandboxResponse:
        """Answer DELETE /list of the sandbox's Sailthru; the profiles of its members stay."""
        name = self._find_list(call)["name"]
        self.repository.remove_list(name)
        return json_response({"list": name, "ok": True})

    def _find_list(self, call: SailthruCall) -> JsonObject:
        name = call.text("list")
        if name:
            record = self.repository.lists.get(name)
        else:
            name = str(call.data.get("list_id"))
            lists = self.repository.all_lists()
            record = next((it for it in lists if it["list_id"] == name), None)
        if record is None:
            raise unknown_list_error(name)
        return record

    def _list_row(self, record: JsonObject) -> JsonObject:
        return {
            "list_id": record["list_id"],
            "name": record["name"],
            **self._counts(record["name"]),
            "create_time": self._created_date(record),
            "type": record["type"],
        }

    def _counts(self, name: str) -> dict[str, Any]:
        count = self.repository.count_list_members(name)
        # Of every list a few addresses cannot be mailed; how many exactly is not computed.
        return {"email_count": count, "valid_count": count - count // 20}

    def _created_date(self, record: JsonObject) -> str:
        return self.repository.state.calendar.format_rfc2822(record["create_time"])

    def get_settings(self, _call: SailthruCall) -> SandboxResponse:
        """Answer GET /settings of the sandbox's Sailthru, the cheapest proof of a key."""
        account, template = self.repository.state.account, RECORD_TEMPLATES["settings"]
        primary = [record["name"] for record in self.repository.all_lists() if record["primary"]]
        features = template["features"] | {"predictions": int(account.predictions)}
        changes = {
            "id": account.account_id,
            "lists_primary": primary,
            "timezone": account.timezone,
            "features": features,
        }
        return json_response(template | changes)
