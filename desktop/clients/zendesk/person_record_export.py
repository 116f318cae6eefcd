"""Reads everything Zendesk tells of one user, as it says it: for an export of a person's data."""

from collections.abc import AsyncIterator, Mapping

from desktop.clients.field_parser import FieldParser
from desktop.clients.service_errors import unexpected_response_error
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.cursor_pagination import PAGE_SIZE, PageLoopDetector, next_cursor
from desktop.clients.zendesk.protocol import build_request
from desktop.model.json_value import Json
from desktop.model.service import Service

_USER = "/api/v2/users/{id}"
_MAX_PAGES = 100


class ZendeskRecordExport:
    """Reads a Zendesk user's records whole: user, identities, organisations, tickets, comments."""

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client

    async def read_user(self, user_id: int) -> dict[str, Json]:
        """Read a Zendesk user with identities and organisations, as the answer says. NotFound."""
        request = build_request(
            "GET", _USER, ids={"id": user_id}, query=(("include", "identities,organizations"),)
        )
        return await self._client.send(
            request, lambda document, parser: parser.json_map(document, "user")
        )

    async def iter_tickets(self, user_id: int) -> AsyncIterator[dict[str, Json]]:
        """Yield each ticket that a Zendesk user requested, with its comments under `comments`.

        Zendesk leaves tickets that it has archived out of some lists (docs/zendesk.md 14).
        """
        tickets = self._iter_records(f"{_USER}/tickets/requested", user_id, "tickets")
        async for ticket in tickets:
            comments = self._iter_records(
                "/api/v2/tickets/{id}/comments", int(str(ticket["id"])), "comments"
            )
            yield {**ticket, "comments": [comment async for comment in comments]}

    async def _iter_records(
        self, template: str, record_id: int, name: str
    ) -> AsyncIterator[dict[str, Json]]:
        """Yield the records of a Zendesk list as they are. Raises ServiceError without a list."""
        cursor: str | None = None
        detector = PageLoopDetector(
            max_empty_pages=0, max_pages=_MAX_PAGES, remembers_all_rows=True
        )
        while True:
            query = [("page[size]", str(PAGE_SIZE))]
            if cursor is not None:
                query.append(("page[after]", cursor))
            request = build_request("GET", template, ids={"id": record_id}, query=query)
            records, following = await self._client.send(
                request,
                lambda found, parser: (_records_of(found, name, parser), next_cursor(found)),
            )
            rows = frozenset(str(record.get("id")) for record in records)
            detector.check_page(cursor, rows, following, is_last=following is None)
            for record in records:
                yield record
            if following is None:
                return
            cursor = following


def _records_of(
    document: Mapping[str, object], name: str, parser: FieldParser
) -> list[dict[str, Json]]:
    found = document.get(name)
    if not isinstance(found, list):
        # An answer without its list would look like somebody without tickets.
        raise unexpected_response_error(Service.ZENDESK)
    return [parser.json_map(one, f"{name}[{place}]") for place, one in enumerate(found)]
