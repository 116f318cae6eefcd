"""The endpoints `send`, `template`, `blast`, `stats`, `content`, in short (contract 2.5-2.8)."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from desktop.sandbox.call import Answer, Record, said
from desktop.sandbox.sailthru.book import Book
from desktop.sandbox.sailthru.profile_edit import check_email
from desktop.sandbox.sailthru.refusal import refuse, unknown_list

TEMPLATES = ("Welcome", "Order confirmation", "Password reset")
# Receipts and password resets still go to whoever chose "basic" (contract 4.4).
BASIC = TEMPLATES[1:]


class Mailing:
    """What is sent, as far as anybody can read it back."""

    def __init__(self, book: Book) -> None:
        self.book = book

    # send

    def post_send(self, data: Mapping[str, Any]) -> Answer:
        """Send a template to one address or several; not idempotent."""
        template = str(data.get("template") or "")
        if template not in self._templates():
            raise refuse(404, 14, f"Unknown template: {template}")
        emails = [check_email(one) for one in str(data.get("email") or "").split(",")]
        ids = {email: self._send(template, email, data) for email in emails}
        if len(ids) > 1:
            return said({"sent_count": len(ids), "send_ids": ids, "template": template})
        email, send_id = next(iter(ids.items()))
        return said(
            {
                "send_id": send_id,
                "email": email,
                "template": template,
                "status": "unknown",
                "send_key": None,
            }
        )

    def _send(self, template: str, email: str, data: Mapping[str, Any]) -> str:
        profile = self.book.find("email", email)
        if profile is not None and profile["hardbounce"]:
            raise refuse(400, 35, f"Known hardbounce: {email}")
        level = profile["optout_email"] if profile is not None else "none"
        if level == "all" or (level == "basic" and template not in BASIC):
            raise refuse(400, 32, f"User has opted out: {email}")
        now = self.book.world.now()
        number = len(self.book.records.changed)
        send_id = blake2b(f"{email} {now} {number}".encode(), digest_size=9).hexdigest()[:16]
        scheduled = str(data.get("schedule_time") or "")
        self.book.records.put(
            f"send {send_id}",
            {
                "send_id": send_id,
                "email": email,
                "template": template,
                "status": "scheduled" if scheduled else "delivered",
                "send_time": None if scheduled else self.book.world.calendar.rfc2822(now),
                "schedule_time": scheduled or None,
            },
        )
        return send_id

    def get_send(self, data: Mapping[str, Any]) -> Answer:
        """Return a send."""
        return said(self._find_send(data))

    def delete_send(self, data: Mapping[str, Any]) -> Answer:
        """Cancel a scheduled send."""
        send = self._find_send(data)
        if send["status"] != "scheduled":
            raise refuse(403, 41, "Unable to delete, already sent")
        self.book.records.remove(f"send {send['send_id']}")
        return said({"send_id": send["send_id"], "ok": True})

    def _find_send(self, data: Mapping[str, Any]) -> Record:
        send_id = data.get("send_id")
        send = self.book.records.get(f"send {send_id}")
        if send is None:
            raise refuse(404, 12, f"Unknown send_id: {send_id}")
        return send

    # template

    def _templates(self) -> dict[str, Record]:
        found: dict[str, Record] = {
            name: {"template_id": f"{number:024x}", "name": name, "is_basic": name in BASIC}
            for number, name in enumerate(TEMPLATES, 1)
        }
        for key, record in self.book.records.live_changes():
            if key.startswith("template "):
                found[record["name"]] = record
        return found

    def get_template(self, data: Mapping[str, Any]) -> Answer:
        """Return all templates, or one by name."""
        known = self._templates()
        name = data.get("template")
        if not name:
            return said({"templates": list(known.values())})
        if name not in known:
            raise refuse(404, 14, f"Unknown template: {name}")
        return said(known[str(name)])

    def post_template(self, data: Mapping[str, Any]) -> Answer:
        """Create or change a template."""
        name = str(data.get("template") or "")
        if not name:
            raise refuse(400, 2, "Missing required parameter: template")
        digest = blake2b(name.encode(), digest_size=12).hexdigest()
        record = {**data, "template_id": digest, "name": name, "is_basic": False}
        self.book.records.put(f"template {name}", record)
        return said(record)

    # blast

    def get_blast(self, data: Mapping[str, Any]) -> Answer:
        """Return campaigns: there are none."""
        if data.get("blast_id"):
            raise refuse(404, 13, f"Unknown blast_id: {data['blast_id']}")
        return said({"blasts": [], "filtered_count": 0})

    # stats

    def get_stats(self, data: Mapping[str, Any]) -> Answer:
        """Return a list's numbers."""
        if data.get("stat") != "list":
            raise refuse(400, 99, f"Unknown stat: {data.get('stat')}")
        name = str(data.get("list") or "Newsletter")
        record = self.book.lists.get(name)
        if record is None:
            raise unknown_list(name)
        if not record["primary"]:
            # Only primary lists have numbers (contract 2.8).
            raise refuse(400, 99, f"Unable to find stats for {name}")
        count = self.book.count(name)
        return said({"list": name, "email_count": count, "valid_count": count - count // 20})

    # content

    def get_content(self, data: Mapping[str, Any]) -> Answer:
        """Return an item, or the newest ones."""
        key = data.get("id") or data.get("url")
        if key:
            item = self.book.records.get(f"content {key}")
            if item is None:
                raise refuse(404, 99, f"Content not found: {key}")
            return said(item)
        asked = str(data.get("items") or 20)
        most = int(asked) if asked.isdigit() else 20
        items = [
            record
            for name, record in self.book.records.live_changes()
            if name.startswith("content ")
        ]
        return said({"content": items[::-1][:most]})

    def post_content(self, data: Mapping[str, Any]) -> Answer:
        """Create or change an item."""
        url = data.get("url") or data.get("id")
        if not url:
            raise refuse(400, 99, "You may not insert a content without url")
        known = self.book.records.get(f"content {url}") or {}
        item = {**known, **data, "url": url}
        self.book.records.put(f"content {url}", item)
        return said({"content": [item]})
