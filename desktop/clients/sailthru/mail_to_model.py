"""Converts Sailthru's JSON about sent mail to model objects; what it leaves out stays untold.

Which form the last sends come in is unknown: whole records, or ids alone (docs/sailthru.md 2.2).
"""

from collections.abc import Mapping

from desktop.clients.field_parser import FieldParser
from desktop.clients.sailthru.wire_to_model import parse_timestamp
from desktop.model.mail_trail import RecentMail, SentCampaign, SentMail

_TIMES = ("send_time", "start_time", "schedule_time", "time")


def parse_recent_mail(document: Mapping[str, object], parser: FieldParser) -> RecentMail:
    """Parse Sailthru's GET email with the last sends and campaigns of one address."""
    templates = parser.mapping(document.get("templates"), "templates")
    return RecentMail(
        _parse_mails(document.get("recent_sends"), "recent_sends", parser, is_campaign=False),
        _parse_mails(document.get("recent_blasts"), "recent_blasts", parser, is_campaign=True),
        is_hard_bounced=document.get("hardbounce") in (1, True, "1"),
        refused_templates=tuple(name for name, on in templates.items() if on in (0, False, "0")),
    )


def parse_send(document: Mapping[str, object], parser: FieldParser) -> SentMail:
    """Parse Sailthru's GET send: one triggered e-mail."""
    return _parse_mail(document, "send", parser, is_campaign=False)


def parse_campaigns(
    document: Mapping[str, object], parser: FieldParser
) -> tuple[SentCampaign, ...]:
    """Parse Sailthru's GET blast of the sent campaigns; one without an id or list is left out."""
    found = []
    for place, item in enumerate(parser.sequence(document.get("blasts"), "blasts")):
        where = f"blasts[{place}]"
        record = parser.mapping(item, where)
        number, name = _id_of(record, parser, where), parser.text(record.get("list"), where)
        if number and name:
            title = parser.text(record.get("name"), where) or f"Campaign {number}"
            found.append(SentCampaign(number, title, name, _time_of(record, parser, where)))
    return tuple(found)


def _parse_mails(
    value: object, where: str, parser: FieldParser, *, is_campaign: bool
) -> tuple[SentMail, ...] | None:
    if value is None:
        return None
    # PHP writes an empty map as an empty list, and a list with gaps as a map.
    items = list(value.values()) if isinstance(value, dict) else parser.sequence(value, where)
    return tuple(
        _parse_mail(item, f"{where}[{place}]", parser, is_campaign=is_campaign)
        for place, item in enumerate(items)
    )


def _parse_mail(item: object, where: str, parser: FieldParser, *, is_campaign: bool) -> SentMail:
    if isinstance(item, str | int):
        return SentMail(_parse_id(item, parser, where), "", is_campaign=is_campaign)
    record = parser.mapping(item, where)
    name = parser.text(record.get("template") or record.get("name"), where) or ""
    return SentMail(
        _id_of(record, parser, where),
        name or parser.text(record.get("subject"), where) or "",
        _time_of(record, parser, where),
        parser.text(record.get("status"), where) or "" if not is_campaign else "",
        parse_timestamp(record.get("open_time"), f"{where}.open_time", parser),
        is_campaign,
    )


def _id_of(record: Mapping[str, object], parser: FieldParser, where: str) -> str:
    given = record.get("send_id") or record.get("blast_id") or record.get("id")
    return _parse_id(given, parser, where)


def _parse_id(given: object, parser: FieldParser, where: str) -> str:
    # A campaign's is a number, a triggered send's a text.
    return (str(given) if isinstance(given, int) else parser.text(given, where)) or ""


def _time_of(record: Mapping[str, object], parser: FieldParser, where: str) -> float | None:
    given = next((record[name] for name in _TIMES if record.get(name)), None)
    return parse_timestamp(given, f"{where}.time", parser)
