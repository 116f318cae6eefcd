"""The endpoint `list` (contract 2.3)."""

from collections.abc import Mapping
from typing import Any

from desktop.sandbox.call import Answer, Record, said
from desktop.sandbox.sailthru.book import Book, list_record
from desktop.sandbox.sailthru.refusal import refuse, unknown_list
from desktop.sandbox.sailthru.show import asked_fields


class Lists:
    """Definitions and counts; members change through user and job."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def get(self, data: Mapping[str, Any]) -> Answer:
        """Return all lists, or one by name or id; the name is `name` there and `list` here."""
        if not data.get("list") and not data.get("list_id"):
            rows = self.book.all_lists()
            if data.get("primary"):
                rows = [record for record in rows if record["primary"]]
            return said({"lists": [self._row(record) for record in rows]})
        record = self._find(data)
        fields = asked_fields(data.get("fields"))
        shown = {
            "list_id": record["list_id"],
            "list": record["name"],
            "create_time": self._date(record),
            "send_time": None,
            "count": self.book.count(record["name"]),
            "type": record["type"],
            "primary": record["primary"],
        }
        if "vars" in fields:
            shown |= {"vars": record["vars"], "public_name": record["public_name"]}
        if record["type"] == "smart":
            shown["query"] = record["query"]
        return said(shown)

    def post(self, data: Mapping[str, Any]) -> Answer:
        """Create or change a list; a normal one answers "natural" (contract 2.3, REC)."""
        name = str(data.get("list") or "")
        if not name and data.get("list_id"):
            name = self._find(data)["name"]
        if not name:
            raise refuse(400, 2, "Missing required parameter: list")
        if "$" in name:
            raise refuse(400, 99, f"Invalid list name: {name}")
        known = self.book.lists.draft(name)
        record = known or list_record(name, self.book.world.now(), kind="normal")
        if data.get("type") in ("smart", "natural", "normal"):
            record["type"] = "smart" if data["type"] == "smart" else "normal"
        if "primary" in data:
            record["primary"] = data["primary"] not in (0, "0", False, None, "")
        for key, form in (("public_name", str), ("query", dict), ("vars", dict)):
            if data.get(key):
                if not isinstance(data[key], form):
                    raise refuse(400, 99, f"Invalid {key}")
                record[key] = data[key]
        self.book.save_list(record)
        kind = "smart" if record["type"] == "smart" else "natural"
        return said({"list": name, "type": kind, "list_id": record["list_id"]})

    def delete(self, data: Mapping[str, Any]) -> Answer:
        """Delete a list; its members stay."""
        record = self._find(data)
        self.book.remove_list(record["name"])
        return said({"list": record["name"], "ok": True})

    def _find(self, data: Mapping[str, Any]) -> Record:
        if data.get("list"):
            record = self.book.lists.get(str(data["list"]))
            if record is None:
                raise unknown_list(str(data["list"]))
            return record
        for record in self.book.all_lists():
            if record["list_id"] == str(data.get("list_id")):
                return record
        raise unknown_list(str(data.get("list_id")))

    def _row(self, record: Record) -> Record:
        count = self.book.count(record["name"])
        return {
            "list_id": record["list_id"],
            "name": record["name"],
            "email_count": count,
            # Of every list a few addresses cannot be mailed; how many exactly is not computed.
            "valid_count": count - count // 20,
            "create_time": self._date(record),
            "type": record["type"],
        }

    def _date(self, record: Record) -> str:
        return self.book.world.calendar.rfc2822(record["create_time"])
