"""The sandbox's /brands: the account's brands and their hosts.

Facts: docs/zendesk.md 14 and developer.zendesk.com, "Brands".
"""

from collections.abc import Sequence

from desktop.sandbox.http_messages import JsonObject, SandboxRequest
from desktop.sandbox.zendesk.rest_resource import ResourceDescription, RestResource

# The account itself, and a second brand with an address of its own at Zendesk and at home.
_BRANDS = (
    (7501, "Acme", "acme", None, True),
    (7502, "Acme Outdoor", "acme-outdoor", "help.acme-outdoor.example", False),
)


class BrandResource(RestResource):
    """Brands of the sandbox's Zendesk; nobody can write one there."""

    description = ResourceDescription(name="brand", plural="brands", actions="index")

    def rows(self, request: SandboxRequest) -> Sequence[JsonObject]:
        """Return the sandbox's brands; only admins see where a brand's host is mapped to."""
        return [
            {
                "id": brand_id,
                "name": name,
                "subdomain": subdomain,
                "brand_url": f"https://{subdomain}.zendesk.com",
                "host_mapping": mapped if request.actor.is_admin else None,
                "active": True,
                "default": is_default,
                "is_deleted": False,
                "has_help_center": True,
            }
            for brand_id, name, subdomain, mapped, is_default in _BRANDS
        ]
