"""The Sailthru endpoints `send`, `template`, `blast` and `content`; no mail leaves the sandbox.

Facts: docs/sailthru.md 2.5.
"""

from hashlib import blake2b
from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxResponse, json_response
from desktop.sandbox.sailthru.error_responses import sailthru_error
from desktop.sandbox.sailthru.profile_updates import require_valid_email
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.request_parameters import SailthruCall

TEMPLATES = ("Welcome", "Order confirmation", "Password reset")
# Receipts and password resets still go to those who opted out with "basic".
BASIC_TEMPLATES = TEMPLATES[1:]
DEFAULT_CONTENT_ITEMS = 20


class MailingEndpoints:
    """Sends, templates and content, kept only as far as they can be read back."""

    def __init__(self, repository: SailthruRepository) -> None:
        self.repository = repository

    def _records(self, kind: str) -> list[JsonObject]:
        records = self.repository.records.existing_overrides()
        return [record for key, record in records if key.startswith(f"{kind} ")]

    def post_send(self, call: SailthruCall) -> SandboxResponse:
        """Send a template to one address or several; a repeated call sends again."""
        template = call.text("template")
        if template not in self._templates():
            raise sailthru_error(404, 14, f"Unknown template: {template}")
        emails = [require_valid_email(one) for one in call.text("email").split(",")]
        schedule = call.text("schedule_time")
        ids = {email: self._send_one(template, email, schedule) for email in emails}
        if len(ids) > 1:
            return json_response({"sent_count": len(ids), "send_ids": ids, "template": template})
        email, send_id = next(iter(ids.items()))
        answer = {"send_id": send_id, "email": email, "template": template}
        return json_response({**answer, "status": "unknown", "send_key": None})

    def _send_one(self, template: str, email: str, schedule: str) -> str:
        profile = self.repository.find_profile("email", email)
        if profile is not None and profile["hardbounce"]:
            raise sailthru_error(400, 35, f"Known hardbounce: {email}")
        level = profile["optout_email"] if profile is not None else "none"
        if level == "all" or (level == "basic" and template not in BASIC_TEMPLATES):
            raise sailthru_error(400, 32, f"User has opted out: {email}")
        now, number = self.repository.state.now(), len(self.repository.records.overrides)
        send_id = blake2b(f"{email} {now} {number}".encode(), digest_size=9).hexdigest()[:16]
        sent = None if schedule else self.repository.state.calendar.format_rfc2822(now)
        send = {
            "send_id": send_id,
            "email": email,
            "template": template,
            "status": "scheduled" if schedule else "delivered",
            "send_time": sent,
            "schedule_time": schedule or None,
        }
        self.repository.records.put(f"send {send_id}", send)
        return send_id

    def get_send(self, call: SailthruCall) -> SandboxResponse:
        """Return a send by its id."""
        return json_response(self._find_send(call))

    def delete_send(self, call: SailthruCall) -> SandboxResponse:
        """Cancel a scheduled send."""
        send = self._find_send(call)
        if send["status"] != "scheduled":
            raise sailthru_error(403, 41, "Unable to delete, already sent")
        self.repository.records.remove(f"send {send['send_id']}")
        return json_response({"send_id": send["send_id"], "ok": True})

    def _find_send(self, call: SailthruCall) -> JsonObject:
        send_id: Any = call.data.get("send_id")
        send = self.repository.records.get(f"send {send_id}")
        if send is None:
            raise sailthru_error(404, 12, f"Unknown send_id: {send_id}")
        return send

    def _templates(self) -> dict[str, JsonObject]:
        built_in = {
            name: {
                "template_id": f"{number:024x}",
                "name": name,
                "is_basic": name in BASIC_TEMPLATES,
            }
            for number, name in enumerate(TEMPLATES, 1)
        }
        return built_in | {record["name"]: record for record in self._records("template")}

    def get_template(self, call: SailthruCall) -> SandboxResponse:
        """Return all templates, or one by name."""
        templates, name = self._templates(), call.text("template")
        if not name:
            return json_response({"templates": list(templates.values())})
        if name not in templates:
            raise sailthru_error(404, 14, f"Unknown template: {name}")
        return json_response(templates[name])

    def post_template(self, call: SailthruCall) -> SandboxResponse:
        """Create or change a template."""
        name = call.require("template")
        digest = blake2b(name.encode(), digest_size=12).hexdigest()
        record = {**call.data, "template_id": digest, "name": name, "is_basic": False}
        self.repository.records.put(f"template {name}", record)
        return json_response(record)

    def get_blast(self, call: SailthruCall) -> SandboxResponse:
        """Return no campaigns: the account has none."""
        if call.data.get("blast_id"):
            raise sailthru_error(404, 13, f"Unknown blast_id: {call.data['blast_id']}")
        return json_response({"blasts": [], "filtered_count": 0})

    def get_content(self, call: SailthruCall) -> SandboxResponse:
        """Return a content item by id or address, or the newest ones."""
        if key := call.data.get("id") or call.data.get("url"):
            item = self.repository.records.get(f"content {key}")
            if item is None:
                raise sailthru_error(404, 99, f"Content not found: {key}")
            return json_response(item)
        asked = call.text("items")
        most = int(asked) if asked.isdigit() else DEFAULT_CONTENT_ITEMS
        return json_response({"content": self._records("content")[::-1][:most]})

    def post_content(self, call: SailthruCall) -> SandboxResponse:
        """Create or change a content item."""
        url = call.data.get("url") or call.data.get("id")
        if not url:
            raise sailthru_error(400, 99, "You may not insert a content without url")
        known = self.repository.records.get(f"content {url}") or {}
        item = {**known, **call.data, "url": url}
        self.repository.records.put(f"content {url}", item)
        return json_response({"content": [item]})
