"""Reads the document of `fairlead setup`: what `fairlead sandbox` prints, plus settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.kit.errors import BadInput
from desktop.model.json_value import Json
from desktop.settings import table
from desktop.settings.flatten import flatten
from desktop.vault.secret import Secret, clean

# Keys of the sandbox's line that are not for this set-up: they belong to other people.
_OTHERS = frozenset({
    "agent_api_key", "agent_api_secret", "agent_email", "agent_api_token",
    "second_admin_email", "second_admin_api_token",
})  # fmt: skip
_SHORT = {
    "customer_type": table.CUSTOMER_TYPE.key,
    "timezone": table.TIMEZONE.key,
    "currency": table.CURRENCY.key,
    "zendesk.account": table.ZENDESK_BASE_URL.key,
}
_SECRETS = {
    "sailthru.api_key": Secret.SAILTHRU_KEY,
    "sailthru.api_secret": Secret.SAILTHRU_SECRET,
    "zendesk.api_token": Secret.ZENDESK_TOKEN,
    "mail.password": Secret.SMTP_PASSWORD,
}


@dataclass(frozen=True)
class SetupInput:
    """Settings by their keys, checked; secrets; and sentences about what was left out."""

    settings: Mapping[str, Json]
    secrets: Mapping[Secret, str] = field(repr=False)
    notes: tuple[str, ...] = ()


def read_document(document: Json) -> SetupInput:
    """Check types and values. Raises BadInput that names the key."""
    if not isinstance(document, Mapping):
        raise BadInput(
            "The set-up must be a JSON object.",
            "It is what `fairlead sandbox` prints, or the same with your own keys.",
        )
    for section in ("sailthru", "zendesk"):
        if section in document and not isinstance(document[section], Mapping):
            raise BadInput(f"“{section}” in the set-up must be an object.")
    settings: dict[str, Json] = {}
    secrets: dict[Secret, str] = {}
    notes: list[str] = []
    for found, value in flatten(document):
        key = _SHORT.get(found, found)
        if found in _SECRETS:
            secrets[_SECRETS[found]] = _secret(found, value)
        elif key in table.BY_KEY:
            settings[key] = _setting(found, key, value)
        elif key.rpartition(".")[2] in _OTHERS or key == "sell":
            continue
        elif key.split(".")[0] == "sell":
            notes.append(f"“{key}” is not used yet: Zendesk Sell is not connected here.")
        elif key.startswith("permissions"):
            raise BadInput(f"“{key}” in the set-up is not a permission.")
        else:
            notes.append(f"“{key}” is not known and was left out.")
    _check_pair(secrets)
    return SetupInput(settings, secrets, tuple(notes))


def _secret(key: str, value: Json) -> str:
    if not isinstance(value, str):
        raise BadInput(f"“{key}” in the set-up must be a text.")
    try:
        return clean(_SECRETS[key], value)
    except BadInput as error:
        raise BadInput(f"“{key}” in the set-up cannot be used.", error.title, error.hint) from error


def _setting(found: str, key: str, value: Json) -> Json:
    try:
        return table.BY_KEY[key].checked(value)
    except BadInput as error:
        raise BadInput(
            f"“{found}” in the set-up cannot be used.", error.message, error.hint
        ) from error


def _check_pair(secrets: Mapping[Secret, str]) -> None:
    one = (Secret.SAILTHRU_KEY in secrets, Secret.SAILTHRU_SECRET in secrets)
    if any(one) and not all(one):
        raise BadInput("“sailthru.api_key” and “sailthru.api_secret” go together.")
