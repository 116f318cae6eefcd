"""Converts Zendesk's JSON to what the data workspace keeps: tickets, organisations, ratings."""

from collections.abc import Mapping

from desktop.clients.field_parser import FieldParser
from desktop.clients.zendesk.wire_structs import (
    WireKeptOrganization,
    WireKeptTicket,
    WireMetricSet,
    WireSatisfactionRating,
)
from desktop.clients.zendesk.wire_to_model import parse_exported_ticket, parse_many
from desktop.model.kept_ticket import (
    MAX_BODY_LENGTH,
    KeptOrganization,
    KeptTicket,
    SatisfactionRating,
)


def parse_kept_tickets(
    document: Mapping[str, object], parser: FieldParser
) -> tuple[KeptTicket, ...]:
    """Parse a page of Zendesk's ticket export with the times of its metric sets."""
    solved = _parse_solved_times(document, parser)

    def parse(item: object, parser: FieldParser, where: str) -> KeptTicket | None:
        if (found := parse_exported_ticket(item, parser, where)) is None:
            return None
        assert isinstance(item, dict)  # noqa: S101 - parse_exported_ticket takes nothing else
        wire = parser.struct(item, WireKeptTicket, where)
        rating = parser.mapping(wire.satisfaction_rating, f"{where}.satisfaction_rating")
        via = parser.mapping(wire.via, f"{where}.via")
        score = parser.text(rating.get("score"), f"{where}.satisfaction_rating.score") or ""
        return KeptTicket(
            **vars(found),
            description=(parser.text(wire.description, f"{where}.description") or "")[
                :MAX_BODY_LENGTH
            ],
            organization_id=parser.identifier(wire.organization_id, f"{where}.organization_id"),
            group_id=parser.identifier(wire.group_id, f"{where}.group_id"),
            channel=str(via.get("channel") or ""),
            rating=_base_score(score),
            solved_at=solved.get(found.id) if found.is_solved else None,
        )

    return parse_many(document, "tickets", parse, parser)


def _parse_solved_times(document: Mapping[str, object], parser: FieldParser) -> Mapping[int, float]:
    """Parse when each ticket was solved last, from the sideload `metric_sets`.

    support.zendesk.com, community post 4984355661466: the export takes this sideload.
    """
    found: dict[int, float] = {}
    for place, item in enumerate(parser.sequence(document.get("metric_sets"), "metric_sets")):
        where = f"metric_sets[{place}]"
        wire = parser.struct(parser.mapping(item, where), WireMetricSet, where)
        ticket_id = parser.identifier(wire.ticket_id, f"{where}.ticket_id")
        at = parser.iso_time(wire.solved_at, f"{where}.solved_at")
        if ticket_id is not None and at is not None:
            found[ticket_id] = at
    return found


def _base_score(score: str) -> str:
    """Return a rating's score without the suffix of one with a comment; "" for none."""
    plain = score.removesuffix("_with_comment").removesuffix("_without_comment")
    return "" if plain == "unoffered" else plain


def parse_kept_organization(
    item: object, parser: FieldParser, where: str
) -> KeptOrganization | None:
    """Parse one organisation of Zendesk's incremental export; None without an id."""
    if (record := parser.record(item, WireKeptOrganization, where)) is None:
        return None
    wire, organization_id = record
    return KeptOrganization(
        id=organization_id,
        name=parser.text(wire.name, f"{where}.name") or "",
        external_id=parser.text(wire.external_id, f"{where}.external_id") or "",
        domain_names=parser.texts(wire.domain_names, f"{where}.domain_names"),
        tags=parser.texts(wire.tags, f"{where}.tags"),
        created_at=parser.iso_time(wire.created_at, f"{where}.created_at"),
        updated_at=parser.iso_time(wire.updated_at, f"{where}.updated_at"),
        deleted_at=parser.iso_time(wire.deleted_at, f"{where}.deleted_at"),
    )


def parse_satisfaction_rating(
    item: object, parser: FieldParser, where: str
) -> SatisfactionRating | None:
    """Parse one satisfaction rating of Zendesk; None where it names no ticket or requester."""
    if (record := parser.record(item, WireSatisfactionRating, where)) is None:
        return None
    wire, rating_id = record
    ticket_id = parser.identifier(wire.ticket_id, f"{where}.ticket_id")
    requester_id = parser.identifier(wire.requester_id, f"{where}.requester_id")
    if ticket_id is None or requester_id is None:
        return None
    created_at = parser.iso_time(wire.created_at, f"{where}.created_at") or 0.0
    return SatisfactionRating(
        id=rating_id,
        ticket_id=ticket_id,
        requester_id=requester_id,
        score=_base_score(parser.text(wire.score, f"{where}.score") or ""),
        assignee_id=parser.identifier(wire.assignee_id, f"{where}.assignee_id"),
        comment=(parser.text(wire.comment, f"{where}.comment") or "")[:MAX_BODY_LENGTH],
        reason=parser.text(wire.reason, f"{where}.reason") or "",
        created_at=created_at,
        updated_at=parser.iso_time(wire.updated_at, f"{where}.updated_at") or created_at,
    )
