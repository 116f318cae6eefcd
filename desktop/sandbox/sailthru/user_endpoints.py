"""The endpoint `user` (contract 2.1) and its old form `email` (2.2)."""

from collections.abc import Mapping
from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxResponse, json_response
from desktop.sandbox.sailthru.error_responses import sailthru_error, user_not_found_error
from desktop.sandbox.sailthru.profile_serializer import parse_fields, serialize_profile
from desktop.sandbox.sailthru.profile_updates import (
    read_profile_key,
    require_valid_email,
    write_profile,
)
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.smart_list_query import as_list


class UserEndpoints:
    """Profiles one at a time."""

    def __init__(self, repository: SailthruRepository) -> None:
        self.repository = repository

    def get(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Return a profile; an unknown one is 400/99."""
        key, value = read_profile_key(self.repository, data)
        profile = self.repository.find_profile(key, value)
        if profile is None:
            raise user_not_found_error(400, key, value)
        return json_response(
            serialize_profile(self.repository, profile, parse_fields(data.get("fields")))
        )

    def post(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Create or update; `fields` are echoed."""
        profile = write_profile(self.repository, data)
        fields = parse_fields(data.get("fields"))
        shown = serialize_profile(self.repository, profile, fields) if fields else {}
        return json_response({**shown, "ok": True})

    def delete(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Delete a profile; an unknown one is 404/99."""
        key, value = read_profile_key(self.repository, data)
        profile = self.repository.find_profile(key, value)
        if profile is None:
            raise user_not_found_error(404, key, value)
        self.repository.profiles.remove(profile["sid"])
        return json_response({"ok": True})

    def get_email(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Return the old view of a profile."""
        email = require_valid_email(str(data.get("email") or ""))
        profile = self.repository.find_profile("email", email)
        if profile is None:
            return json_response(_email_endpoint_json(email, None, {}))
        dates = {
            name: self.repository.state.calendar.format_rfc2822(joined)
            for name, joined in profile["lists"].items()
        }
        return json_response(_email_endpoint_json(email, profile, dates))

    def post_email(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Write through the old endpoint, with `change_email` for a new address."""
        if not data.get("email"):
            raise sailthru_error(400, 2, "Missing required parameter: email")
        lists = data.get("lists")
        call: dict[str, Any] = {
            "id": data.get("change_email") or data["email"],
            "key": "email",
            "vars": data.get("vars") or {},
            "lists": lists if isinstance(lists, dict) else {name: 1 for name in as_list(lists)},
        }
        if data.get("optout"):
            call["optout_email"] = data["optout"]
        if data.get("change_email"):
            call |= {"keys": {"email": data["email"]}, "keysconflict": "merge"}
        write_profile(self.repository, call)
        return json_response({"ok": True})


def _email_endpoint_json(
    email: str, profile: JsonObject | None, dates: Mapping[str, str]
) -> JsonObject:
    return {
        "email": email,
        "verified": 1 if profile else 0,
        "optout": profile["optout_email"] if profile else "none",
        # The old endpoint shows no vars as an empty list (contract 2.1).
        "vars": (profile["vars"] or []) if profile else [],
        "lists": dict.fromkeys(dates, 1),
        "templates": profile["optout_templates"] if profile else {},
        "lists_signup": dict(dates),
        "hardbounce": int(profile["hardbounce"]) if profile else 0,
        "profile_id": profile["sid"] if profile else "",
    }
