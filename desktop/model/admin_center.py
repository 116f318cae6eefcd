"""Addresses of Zendesk's Admin Center, where an admin defines fields."""


def user_fields_address(base_url: str) -> str:
    """Return where user fields are defined: Admin Center › People › Configuration › User fields."""
    return f"{base_url.rstrip('/')}/admin/people/configuration/user_fields"


def organization_fields_address(base_url: str) -> str:
    """Return where organisation fields are defined, beside those of users."""
    return f"{base_url.rstrip('/')}/admin/people/configuration/organization_fields"
