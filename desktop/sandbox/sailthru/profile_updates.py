"""Writes to a profile of the Sailthru sandbox: keys, vars, lists and opt-outs.

Facts: docs/sailthru.md 2.1 and 5.
"""

import re
from collections.abc import Mapping
from typing import Any

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.sailthru.error_responses import sailthru_error, user_not_found_error
from desktop.sandbox.sailthru.repository import SailthruRepository, make_list_record
from desktop.sandbox.sailthru.seed_data import make_cookie
from desktop.sandbox.sailthru.smart_list_query import as_list

EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")
PROFILE_KEYS = ("sid", "email", "extid", "cookie", "sms", "fb", "twitter")
OPTOUT_LEVELS = ("none", "basic", "blast", "all")
# all > basic > blast > none is inferred from what each level still receives (4.4).
OPTOUT_STRICTNESS = {"none": 0, "valid": 0, "blast": 1, "basic": 2, "all": 3}
LONGEST_VAR_NAME = 32


def read_profile_key(repository: SailthruRepository, data: Mapping[str, Any]) -> tuple[str, str]:
    """Parse key and id of a call to the sandbox's Sailthru; without a key, by the id's form."""
    identifier = data.get("id")
    if identifier is None or identifier == "":
        raise sailthru_error(400, 2, "Missing required parameter: id")
    text = str(identifier).strip()
    key = str(data.get("key") or repository.recognise_key(text))
    account = repository.state.account
    enabled = {"extid": account.extid, "sms": account.sms, "fb": False, "twitter": False}
    if key not in PROFILE_KEYS or not enabled.get(key, True):
        raise sailthru_error(400, 99, f"Invalid key: {key}")
    return key, text


def require_valid_email(email: str) -> str:
    """Lower an address given to the sandbox's Sailthru, or refuse it with error 11."""
    address = email.strip().lower()
    if not EMAIL.fullmatch(address):
        raise sailthru_error(400, 11, f"Invalid email: {email}")
    return address


def find_or_create_profile(repository: SailthruRepository, data: Mapping[str, Any]) -> JsonObject:
    """Find the profile a call names at the sandbox's Sailthru, or make the draft of one."""
    key, value = read_profile_key(repository, data)
    if (draft := _draft_of(repository, key, value)) is not None:
        return draft
    keys = data.get("keys")
    named = str(keys["email"]) if isinstance(keys, dict) and keys.get("email") else ""
    if key == "email":
        return repository.new_profile(require_valid_email(value))
    if key in ("extid", "sms") and named:
        address = require_valid_email(named)
        draft = _draft_of(repository, "email", address) or repository.new_profile(address)
        draft[key] = value
        return draft
    raise user_not_found_error(400, key, value)


def _draft_of(repository: SailthruRepository, key: str, value: str) -> JsonObject | None:
    found = repository.find_profile(key, value)
    return repository.profiles.copy_for_update(found["sid"]) if found else None


def apply_profile_fields(
    repository: SailthruRepository, profile: JsonObject, data: Mapping[str, Any]
) -> None:
    """Apply a call to a draft of the sandbox's profile, all but a change of keys."""
    _edit_vars(profile, data.get("vars"), repository.state.account.longest_text)
    _edit_lists(repository, profile, data.get("lists"))
    optout = data.get("optout_email")
    if optout is not None and optout != "":
        # Only at the top level: inside `keys` it is silently without effect.
        if str(optout) not in (*OPTOUT_LEVELS, "valid"):
            raise sailthru_error(400, 99, f"Invalid optout_email: {optout}")
        profile["optout_email"] = "none" if optout == "valid" else str(optout)
        if optout != "none":
            profile["activity"]["optout_time"] = repository.state.now()
    templates = data.get("optout_templates")
    if isinstance(templates, dict):
        profile["optout_templates"] |= {name: is_on(value) for name, value in templates.items()}
    for name in ("optout_sms_status", "sms_marketing_status", "sms_transactional_status"):
        if data.get(name):
            profile["sms_status"][name] = str(data[name])


def _edit_vars(profile: JsonObject, values: Any, longest_text: int) -> None:
    if not isinstance(values, dict):
        return
    for name, value in values.items():
        if len(name) > LONGEST_VAR_NAME:
            raise sailthru_error(400, 99, f"Var name too long: {name}")
        if re.match(r"\d", name):
            raise sailthru_error(400, 99, f"Invalid var name: {name}")
        # Names lose % - . $ and get underscores for blanks; null is kept as null.
        clean = re.sub(r"[%\-.$]", "", name).replace(" ", "_")
        is_cut = longest_text and isinstance(value, str)
        profile["vars"][clean] = value[:longest_text] if is_cut else value


def is_on(value: Any) -> int:
    """Return 1 for what PHP, in the sandbox's Sailthru, takes for true, else 0."""
    return 0 if value in (0, "0", False, None, "") else 1


def _edit_lists(repository: SailthruRepository, profile: JsonObject, given: Any) -> None:
    wanted = given if isinstance(given, dict) else {name: 1 for name in as_list(given)}
    for raw_name, value in wanted.items():
        name = str(raw_name)
        record = repository.lists.get(name)
        if record is not None and record["type"] == "smart":
            # What Sailthru does here is unknown: refused or ignored, by the account's option.
            if repository.state.account.smart_list_refused:
                raise sailthru_error(400, 99, f"Cannot add users to smart list: {name}")
            continue
        if not is_on(value):
            profile["lists"].pop(name, None)
            continue
        if "$" in name or not name.strip():
            raise sailthru_error(400, 99, f"Invalid list name: {name}")
        now = repository.state.now()
        if record is None:
            repository.save_list(make_list_record(name, now))
        if not repository.is_list_member(name, profile):
            # Recorded: sending 1 again keeps the time of the first joining.
            profile["lists"][name] = now


def apply_key_changes(
    repository: SailthruRepository, profile: JsonObject, data: Mapping[str, Any]
) -> JsonObject | None:
    """Apply new keys to a draft of the sandbox's profile; return a merged one, to be removed."""
    keys = data.get("keys")
    if not isinstance(keys, dict):
        return None
    loser = None
    merging = str(data.get("keysconflict") or "error") == "merge"
    for name in ("email", "extid", "sms"):
        if name not in keys or (name != "email" and not getattr(repository.state.account, name)):
            continue
        value = str(keys[name] or "").strip()
        if name == "email":
            value = require_valid_email(value)
        owner = repository.find_profile(name, value) if value else None
        if owner is not None and owner["sid"] != profile["sid"]:
            if not merging:
                # Code and status are unknown; the vendor's table has 409 for broken rules.
                raise sailthru_error(409, 99, f"User already exists with {name}: {value}")
            merge_profiles(profile, owner)
            loser = owner
        profile[name] = value or None
    profile["cookie"] = make_cookie(profile["sid"], profile["email"])
    return loser


def merge_profiles(profile: JsonObject, other: JsonObject) -> None:
    """Merge another of the sandbox's profiles into a draft: own values, strictest opt-out."""
    profile["vars"] = {**other["vars"], **profile["vars"]}
    for name, joined in other["lists"].items():
        profile["lists"][name] = min(joined, profile["lists"].get(name, joined))
    for name in ("purchases", "purchase_incomplete"):
        profile[name] = [*profile[name], *other[name]]
    for name, value in other["lifetime"].items():
        profile["lifetime"][name] = profile["lifetime"].get(name, 0) + value
    for name, at in other["activity"].items():
        earliest = name in ("create_time", "signup_time")
        choose = min if earliest else max
        profile["activity"][name] = choose(at, profile["activity"].get(name, at))
    levels = (profile["optout_email"], other["optout_email"])
    profile["optout_email"] = max(levels, key=lambda level: OPTOUT_STRICTNESS.get(level, 0))
    for name in ("extid", "sms"):
        profile[name] = profile[name] or other[name]


def write_profile(repository: SailthruRepository, data: Mapping[str, Any]) -> JsonObject:
    """Create or update a profile of the sandbox's Sailthru and return it."""
    profile = find_or_create_profile(repository, data)
    loser = apply_key_changes(repository, profile, data)
    apply_profile_fields(repository, profile, data)
    if loser is not None:
        repository.profiles.remove(loser["sid"])
    repository.save_profile(profile)
    return profile
