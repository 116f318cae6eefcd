"""The endpoint `user` of the Sailthru sandbox, and its older form `email`.

Facts: docs/sailthru.md 2.1.
"""

from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxResponse, json_response
from desktop.sandbox.sailthru.error_responses import user_not_found_error
from desktop.sandbox.sailthru.mail_endpoints import MailEndpoints
from desktop.sandbox.sailthru.profile_serializer import parse_fields, serialize_profile
from desktop.sandbox.sailthru.profile_updates import (
    read_profile_key,
    require_valid_email,
    write_profile,
)
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.request_parameters import SailthruCall
from desktop.sandbox.sailthru.seed_data import make_profile_record
from desktop.sandbox.sailthru.sent_mail import SentMailLog
from desktop.sandbox.sailthru.smart_list_query import as_list


class UserEndpoints:
    """The endpoint of the sandbox's Sailthru for single profiles."""

    def __init__(
        self, repository: SailthruRepository, mail: MailEndpoints, sent: SentMailLog
    ) -> None:
        self.repository = repository
        self._mail = mail
        self._sent = sent

    def get(self, call: SailthruCall) -> SandboxResponse:
        """Answer GET /user of the sandbox's Sailthru; unknown is a 400 with code 99."""
        key, value = read_profile_key(self.repository, call.data)
        profile = self.repository.find_profile(key, value)
        if profile is None:
            raise user_not_found_error(400, key, value)
        fields = parse_fields(call.data.get("fields"))
        return json_response(serialize_profile(self.repository, profile, fields))

    def post(self, call: SailthruCall) -> SandboxResponse:
        """Answer POST /user of the sandbox: create or update a profile, show its `fields`."""
        profile = write_profile(self.repository, call.data)
        fields = parse_fields(call.data.get("fields"))
        shown = serialize_profile(self.repository, profile, fields) if fields else {}
        return json_response({**shown, "ok": True})

    def delete(self, call: SailthruCall) -> SandboxResponse:
        """Answer DELETE /user of the sandbox's Sailthru; unknown is a 404 with code 99."""
        key, value = read_profile_key(self.repository, call.data)
        profile = self.repository.find_profile(key, value)
        if profile is None:
            raise user_not_found_error(404, key, value)
        self.repository.profiles.remove(profile["sid"])
        return json_response({"ok": True})

    def get_email(self, call: SailthruCall) -> SandboxResponse:
        """Answer GET /email of the sandbox's Sailthru: the older view, also of an unknown one."""
        email = require_valid_email(call.text("email"))
        found = self.repository.find_profile("email", email)
        profile = found or make_profile_record("", email, 0.0)
        calendar = self.repository.state.calendar
        return json_response(
            {
                **self._recent_mail(call, profile, email),
                "email": email,
                "verified": int(found is not None),
                "optout": profile["optout_email"],
                # PHP writes an empty map as an empty list.
                "vars": profile["vars"] or [],
                "lists": dict.fromkeys(profile["lists"], 1),
                "templates": profile["optout_templates"],
                "lists_signup": {
                    name: calendar.format_rfc2822(joined)
                    for name, joined in profile["lists"].items()
                },
                "hardbounce": int(profile["hardbounce"]),
                "profile_id": profile["sid"],
            }
        )

    def _recent_mail(self, call: SailthruCall, profile: JsonObject, email: str) -> JsonObject:
        """Show the newest sends and campaigns that a call asks for; their form is unknown.

        The account option `recent_mail` says which form: whole records, ids alone, or nothing.
        """
        form = self.repository.state.account.recent_mail
        shown: JsonObject = {}
        sends, blasts = call.number("recent_sends"), call.number("recent_blasts")
        if form == "absent":
            return shown
        if sends:
            found = self._sent.sends_to(email)[:sends]
            shown["recent_sends"] = [
                one["send_id"] if form == "ids" else self._mail.show_send(one) for one in found
            ]
        if blasts:
            got = self._sent.blasts_to(profile)[:blasts]
            shown["recent_blasts"] = [
                one["blast_id"] if form == "ids" else self._mail.show_blast(one) for one in got
            ]
        return shown

    def post_email(self, call: SailthruCall) -> SandboxResponse:
        """Answer POST /email of the sandbox; `change_email` is the address before a change."""
        email, data, old_email = call.require("email"), call.data, call.data.get("change_email")
        lists = data.get("lists")
        update: dict[str, Any] = {
            "id": old_email or email,
            "key": "email",
            "vars": data.get("vars") or {},
            "lists": lists if isinstance(lists, dict) else {name: 1 for name in as_list(lists)},
        }
        if data.get("optout"):
            update["optout_email"] = data["optout"]
        if old_email:
            update |= {"keys": {"email": email}, "keysconflict": "merge"}
        write_profile(self.repository, update)
        return json_response({"ok": True})
