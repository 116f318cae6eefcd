"""The endpoint `user` (contract 2.1) and its old form `email` (2.2)."""

from collections.abc import Mapping
from typing import Any

from desktop.sandbox.call import Answer, Record, said
from desktop.sandbox.sailthru.book import Book
from desktop.sandbox.sailthru.profile_edit import check_email, read_key, write_profile
from desktop.sandbox.sailthru.refusal import refuse, user_not_found
from desktop.sandbox.sailthru.show import asked_fields, show_profile
from desktop.sandbox.sailthru.smart import as_list


class User:
    """Profiles one at a time."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def get(self, data: Mapping[str, Any]) -> Answer:
        """Return a profile; an unknown one is 400/99."""
        key, value = read_key(self.book, data)
        profile = self.book.find(key, value)
        if profile is None:
            raise user_not_found(400, key, value)
        return said(show_profile(self.book, profile, asked_fields(data.get("fields"))))

    def post(self, data: Mapping[str, Any]) -> Answer:
        """Create or update; `fields` are echoed."""
        profile = write_profile(self.book, data)
        fields = asked_fields(data.get("fields"))
        shown = show_profile(self.book, profile, fields) if fields else {}
        return said({**shown, "ok": True})

    def delete(self, data: Mapping[str, Any]) -> Answer:
        """Delete a profile; an unknown one is 404/99."""
        key, value = read_key(self.book, data)
        profile = self.book.find(key, value)
        if profile is None:
            raise user_not_found(404, key, value)
        self.book.profiles.remove(profile["sid"])
        return said({"ok": True})

    def get_email(self, data: Mapping[str, Any]) -> Answer:
        """Return the old view of a profile."""
        email = check_email(str(data.get("email") or ""))
        profile = self.book.find("email", email)
        if profile is None:
            return said(_old_view(email, None, {}))
        dates = {
            name: self.book.world.calendar.rfc2822(joined)
            for name, joined in profile["lists"].items()
        }
        return said(_old_view(email, profile, dates))

    def post_email(self, data: Mapping[str, Any]) -> Answer:
        """Write through the old endpoint, with `change_email` for a new address."""
        if not data.get("email"):
            raise refuse(400, 2, "Missing required parameter: email")
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
        write_profile(self.book, call)
        return said({"ok": True})


def _old_view(email: str, profile: Record | None, dates: Mapping[str, str]) -> Record:
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
