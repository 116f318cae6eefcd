"""Addresses of Zendesk's Admin Center, where an admin defines fields, and who may do so.

The menu is Zendesk's, as its help tells it
(https://support.zendesk.com/hc/en-us/articles/4408822051866); the addresses are those that open it.
"""

from desktop.model.permission import Actor


def field_creation_refusal(actor: Actor) -> str:
    """Say why the actor may not have user fields created in Zendesk, or ""."""
    return "" if actor.is_confirmed_admin else "Only admins create fields in Zendesk."


def user_fields_address(base_url: str) -> str:
    """Return where user fields are defined: Admin Center › People › Configuration › User fields.

    "" where no account is known.
    """
    if not base_url:
        return ""
    return f"{base_url.rstrip('/')}/admin/people/configuration/user_fields"


def organization_fields_address(base_url: str) -> str:
    """Return where organisation fields are defined, beside those of users."""
    return f"{base_url.rstrip('/')}/admin/people/configuration/organization_fields"
