"""The endpoints `send` and `blast` of the Sailthru sandbox, as far as they are needed to read.

Facts: docs/sailthru.md 2.5. A send is refused to whom Sailthru may not mail; a campaign skips them.
"""

from desktop.sandbox.http_messages import JsonObject, SandboxResponse, json_response
from desktop.sandbox.sailthru.error_responses import sailthru_error, unknown_list_error
from desktop.sandbox.sailthru.profile_updates import require_valid_email
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.request_parameters import SailthruCall
from desktop.sandbox.sailthru.sent_mail import SentMailLog

_DEFAULT_LIMIT = 20


class MailEndpoints:
    """Endpoints of the sandbox's Sailthru for triggered sends and campaigns."""

    def __init__(self, repository: SailthruRepository, mail: SentMailLog) -> None:
        self.repository = repository
        self.mail = mail

    def get_send(self, call: SailthruCall) -> SandboxResponse:
        """Answer GET /send of the sandbox: one triggered send of the last 90 days."""
        send_id = call.require("send_id")
        found = self.mail.find_send(send_id)
        if found is None:
            raise sailthru_error(404, 12, f"Unknown send_id: {send_id}")
        return json_response(self.show_send(found))

    def post_send(self, call: SailthruCall) -> SandboxResponse:
        """Answer POST /send of the sandbox: send a template to one address."""
        email, template = require_valid_email(call.text("email")), call.require("template")
        profile = self.repository.find_profile("email", email)
        if profile is not None and profile["hardbounce"]:
            raise sailthru_error(403, 35, f"Email {email} is a known hardbounce")
        if profile is not None and profile["optout_email"] == "all":
            raise sailthru_error(403, 32, f"Email {email} has opted out of delivery from client")
        if profile is not None and profile["optout_templates"].get(template) == 0:
            raise sailthru_error(403, 33, f"Email {email} has opted out of template {template}")
        send = self.mail.add_send(email, template)
        return json_response(
            {"send_id": send["send_id"], "email": email, "template": template,
             "status": "unknown", "send_key": None}
        )  # fmt: skip

    def get_blast(self, call: SailthruCall) -> SandboxResponse:
        """Answer GET /blast of the sandbox: one campaign, or those sent, the newest first."""
        if call.text("blast_id"):
            wanted = call.text("blast_id")
            found = next((b for b in self.mail.blasts() if str(b["blast_id"]) == wanted), None)
            if found is None:
                raise sailthru_error(404, 13, f"Unknown blast_id: {wanted}")
            return json_response(self.show_blast(found))
        if call.require("status") != "sent":
            raise sailthru_error(400, 99, "Only sent campaigns are known here")
        rows = self.mail.blasts()
        if call.text("list"):
            rows = [blast for blast in rows if blast["list"] == call.text("list")]
        limit, skip = call.number("limit", _DEFAULT_LIMIT), call.number("skip")
        shown = rows[skip : skip + limit] if limit else rows[skip:]
        return json_response(
            {
                "sent_count": len(self.mail.blasts()),
                "status": "sent",
                "skip": skip,
                "blasts": [self.show_blast(blast) for blast in shown],
                "filtered_count": len(rows),
            }
        )

    def post_blast(self, call: SailthruCall) -> SandboxResponse:
        """Answer POST /blast of the sandbox: a campaign to a list, sent at once."""
        name, list_name = call.require("name"), call.require("list")
        if self.repository.lists.get(list_name) is None:
            raise unknown_list_error(list_name)
        subject, suppressed = call.text("subject") or name, call.text("suppress_list")
        blast = self.mail.add_blast(name, subject, list_name, suppressed)
        return json_response(self.show_blast(blast))

    def show_send(self, send: JsonObject) -> JsonObject:
        """Show a triggered send as the sandbox's Sailthru answers it."""
        calendar = self.repository.state.calendar
        shown = {
            "send_id": send["send_id"],
            "email": send["email"],
            "template": send["template"],
            "status": send["status"],
            "send_time": calendar.format_rfc2822(send["time"]),
            "send_key": None,
        }
        if send["open"] is not None:
            shown["open_time"] = calendar.format_rfc2822(send["open"])
        return shown

    def show_blast(self, blast: JsonObject) -> JsonObject:
        """Show a campaign as the sandbox's Sailthru answers it."""
        at = self.repository.state.calendar.format_rfc2822(blast["time"])
        return {
            "blast_id": blast["blast_id"], "name": blast["name"], "subject": blast["subject"],
            "list": blast["list"], "mode": "email", "status": "sent", "schedule_time": at,
            "start_time": at, "stop_time": at,
        }  # fmt: skip
