"""Merge tags of a customer's fields: Zephyr for Sailthru's e-mails, Liquid for Zendesk's fields.

https://getstarted.meetmarigold.com/engagebysailthru/Content/developers/zephyr-syntax/template-variables.html
"""

import re

from desktop.model.field_catalogue import ZENDESK_USER_FIELDS
from desktop.model.target_record import USER_FIELD_PREFIX

# A name that is anything else would be read as an expression.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What a template means by these is not the customer's var of that name.
_STANDARD_VARIABLES = frozenset(
    {"beacon", "beacon_src", "beacon_ssl", "beacon_src_ssl", "beacon_url", "blast", "content"}
    | {"date", "email", "emailnum", "false", "forward_url", "if", "else", "foreach", "message_id"}
    | {"null", "optout_client_url", "optout_confirm_url", "profile", "public_url", "select"}
    | {"signup_confirm", "template", "true", "view_url"}
)
_KEY_TAGS = {"sid": "{profile.id}", "email": "{email}"}


def zephyr_var_tag(name: str) -> str:
    """Return the Zephyr tag of a Sailthru var, `{zendesk_health}`; "" where Zephyr reads none."""
    if not _NAME.fullmatch(name):
        return ""
    return f"{{profile.vars.{name}}}" if name in _STANDARD_VARIABLES else f"{{{name}}}"


def zephyr_key_tag(name: str) -> str:
    """Return the Zephyr tag of a key of a Sailthru profile, such as `{profile.keys.extid}`."""
    if name in _KEY_TAGS:
        return _KEY_TAGS[name]
    return f"{{profile.keys.{name}}}" if _NAME.fullmatch(name) else ""


def liquid_user_tag(field: str) -> str:
    """Return the Liquid tag of a Zendesk user's field, by its name in a mapping; "" for others.

    `phone` is `{{ phone }}`, `user_fields.plan` is `{{ user_fields.plan }}`.
    """
    own = field.removeprefix(USER_FIELD_PREFIX)
    is_field = own != field and bool(_NAME.fullmatch(own))
    return f"{{{{ {field} }}}}" if is_field or field in ZENDESK_USER_FIELDS else ""


def liquid_field_tag(field: str) -> str:
    """Return the Liquid tag of any field of a mapping, `{{ vars.tier }}`; "" for odd names."""
    is_plain = all(_NAME.fullmatch(part) for part in field.split(".", 1))
    return f"{{{{ {field} }}}}" if is_plain else ""
