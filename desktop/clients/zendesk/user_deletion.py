"""Deletes Zendesk users: first as Zendesk calls it, then for good, which no admin can take back."""

from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.protocol import build_request
from desktop.kit.errors import NotFound

_USER = "/api/v2/users/{id}"
_DELETED_USER = "/api/v2/deleted_users/{id}"
# How Zendesk calls everybody of whom it has deleted the personal data (docs/zendesk.md 14).
GONE_NAME = "Permanently Deleted User"


class ZendeskDeletionClient:
    """Deletes users of one Zendesk account, and reads who is deleted."""

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client

    async def delete_user(self, user_id: int) -> None:
        """Delete a Zendesk user, who stays among the deleted ones.

        Raises ValuesRejected for a requester of a ticket that is not closed, NotFound, Forbidden.
        """
        request = build_request("DELETE", _USER, ids={"id": user_id})
        await self._client.send(request, lambda _document, _parser: None)

    async def delete_user_for_good(self, user_id: int) -> None:
        """Delete for good the personal data of a Zendesk user who is deleted already.

        Raises NotFound for one who is not, and for one of whom nothing is left.
        """
        request = build_request("DELETE", _DELETED_USER, ids={"id": user_id})
        await self._client.send(request, lambda _document, _parser: None)

    async def is_deleted(self, user_id: int) -> bool:
        """Whether Zendesk has deleted a user, for now or for good; a stranger counts as deleted."""
        try:
            user = await self._client.show_user(user_id)
        except NotFound:
            return True
        return not user.active

    async def is_gone(self, user_id: int) -> bool:
        """Whether no personal data of a deleted user is left in Zendesk.

        Zendesk shows who is deleted for now alone; of the others at most a common name, which it
        may give them only after a while.
        """
        request = build_request("GET", _DELETED_USER, ids={"id": user_id})
        try:
            document = await self._client.send(request, lambda found, _parser: found)
        except NotFound:
            return await self.is_deleted(user_id)
        user = document.get("deleted_user")
        return isinstance(user, dict) and user.get("name") == GONE_NAME and not user.get("email")
