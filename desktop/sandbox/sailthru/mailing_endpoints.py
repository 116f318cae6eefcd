"""The endpoints `send`, `template`, `blast`, `stats`, `content`, in short (contract 2.5-2.8)."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxResponse, json_response
from desktop.sandbox.sailthru.error_responses import sailthru_error, unknown_list_error
from desktop.sandbox.sailthru.profile_updates import require_valid_email
from desktop.sandbox.sailthru.repository import SailthruRepository

TEMPLATES = ("Welcome", "Order confirmation", "Password reset")
# Receipts and password resets still go to whoever chose "basic" (contract 4.4).
BASIC_TEMPLATES = TEMPLATES[1:]


class MailingEndpoints:
    """What is sent, as far as anybody can read it back."""

    def __init__(self, repository: SailthruRepository) -> None:
        self.repository = repository

    # send

    def post_send(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Send a template to one address or several; not idempotent."""
        template = str(data.get("template") or "")
        if template not in self._templates():
            raise sailthru_error(404, 14, f"Unknown template: {template}")
        emails = [require_valid_email(one) for one in str(data.get("email") or "").split(",")]
        ids = {email: self._send_one(template, email, data) for email in emails}
        if len(ids) > 1:
            return json_response({"sent_count": len(ids), "send_ids": ids, "template": template})
        email, send_id = next(iter(ids.items()))
        return json_response(
            {
                "send_id": send_id,
                "email": email,
                "template": template,
                "status": "unknown",
                "send_key": None,
            }
        )

    def _send_one(self, template: str, email: str, data: Mapping[str, Any]) -> str:
        profile = self.repository.find_profile("email", email)
        if profile is not None and profile["hardbounce"]:
            raise sailthru_error(400, 35, f"Known hardbounce: {email}")
        level = profile["optout_email"] if profile is not None else "none"
        if level == "all" or (level == "basic" and template not in BASIC_TEMPLATES):
            raise sailthru_error(400, 32, f"User has opted out: {email}")
        now = self.repository.state.now()
        number = len(self.repository.records.overrides)
        send_id = blake2b(f"{email} {now} {number}".encode(), digest_size=9).hexdigest()[:16]
        scheduled = str(data.get("schedule_time") or "")
        self.repository.records.put(
            f"send {send_id}",
            {
                "send_id": send_id,
                "email": email,
                "template": template,
                "status": "scheduled" if scheduled else "delivered",
                "send_time": None
                if scheduled
                else self.repository.state.calendar.format_rfc2822(now),
                "schedule_time": scheduled or None,
            },
        )
        return send_id

    def get_send(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Return a send."""
        return json_response(self._find_send(data))

    def delete_send(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Cancel a scheduled send."""
        send = self._find_send(data)
        if send["status"] != "scheduled":
            raise sailthru_error(403, 41, "Unable to delete, already sent")
        self.repository.records.remove(f"send {send['send_id']}")
        return json_response({"send_id": send["send_id"], "ok": True})

    def _find_send(self, data: Mapping[str, Any]) -> JsonObject:
        send_id = data.get("send_id")
        send = self.repository.records.get(f"send {send_id}")
        if send is None:
            raise sailthru_error(404, 12, f"Unknown send_id: {send_id}")
        return send

    # template

    def _templates(self) -> dict[str, JsonObject]:
        found: dict[str, JsonObject] = {
            name: {
                "template_id": f"{number:024x}",
                "name": name,
                "is_basic": name in BASIC_TEMPLATES,
            }
            for number, name in enumerate(TEMPLATES, 1)
        }
        for key, record in self.repository.records.existing_overrides():
            if key.startswith("template "):
                found[record["name"]] = record
        return found

    def get_template(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Return all templates, or one by name."""
        known = self._templates()
        name = data.get("template")
        if not name:
            return json_response({"templates": list(known.values())})
        if name not in known:
            raise sailthru_error(404, 14, f"Unknown template: {name}")
        return json_response(known[str(name)])

    def post_template(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Create or change a template."""
        name = str(data.get("template") or "")
        if not name:
            raise sailthru_error(400, 2, "Missing required parameter: template")
        digest = blake2b(name.encode(), digest_size=12).hexdigest()
        record = {**data, "template_id": digest, "name": name, "is_basic": False}
        self.repository.records.put(f"template {name}", record)
        return json_response(record)

    # blast

    def get_blast(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Return campaigns: there are none."""
        if data.get("blast_id"):
            raise sailthru_error(404, 13, f"Unknown blast_id: {data['blast_id']}")
        return json_response({"blasts": [], "filtered_count": 0})

    # stats

    def get_stats(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Return a list's numbers."""
        if data.get("stat") != "list":
            raise sailthru_error(400, 99, f"Unknown stat: {data.get('stat')}")
        name = str(data.get("list") or "Newsletter")
        record = self.repository.lists.get(name)
        if record is None:
            raise unknown_list_error(name)
        if not record["primary"]:
            # Only primary lists have numbers (contract 2.8).
            raise sailthru_error(400, 99, f"Unable to find stats for {name}")
        count = self.repository.count_list_members(name)
        return json_response(
            {"list": name, "email_count": count, "valid_count": count - count // 20}
        )

    # content

    def get_content(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Return an item, or the newest ones."""
        key = data.get("id") or data.get("url")
        if key:
            item = self.repository.records.get(f"content {key}")
            if item is None:
                raise sailthru_error(404, 99, f"Content not found: {key}")
            return json_response(item)
        asked = str(data.get("items") or 20)
        most = int(asked) if asked.isdigit() else 20
        items = [
            record
            for name, record in self.repository.records.existing_overrides()
            if name.startswith("content ")
        ]
        return json_response({"content": items[::-1][:most]})

    def post_content(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Create or change an item."""
        url = data.get("url") or data.get("id")
        if not url:
            raise sailthru_error(400, 99, "You may not insert a content without url")
        known = self.repository.records.get(f"content {url}") or {}
        item = {**known, **data, "url": url}
        self.repository.records.put(f"content {url}", item)
        return json_response({"content": [item]})
