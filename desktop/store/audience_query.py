"""Compiles conditions on people to SQL over `data.db`; values are parameters, names are ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from types import MappingProxyType
from zoneinfo import ZoneInfo

from desktop.kit.text import fold_text
from desktop.model.audience_condition import (
    CUSTOM_PREFIX,
    AudienceCondition,
    AudienceFieldKind,
    AudienceGroup,
    AudienceOperator,
)
from desktop.model.cjk_bigrams import character_pairs, has_paired_script, without_paired_script
from desktop.model.email_address import parse_email
from desktop.model.field_value import parse_number
from desktop.model.match_keys import MIN_PHONE_DIGITS, phone_match_key
from desktop.model.service import Service

_O = AudienceOperator
_DAY_S = 86_400.0

# A column of `person p` for each field that is one.
_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        # An export of lists tells who of Sailthru's is known: “alone” is as far as it was read.
        "known_in": "CASE WHEN p.id < 0 THEN 'sailthru' WHEN p.sid IS NULL THEN 'zendesk'"
        " ELSE 'both' END",
        "name": "p.sort_name",
        "email": "p.email",
        "phone": "p.phone",
        "external_id": "p.external_id",
        "organization": "p.organization_sort",
        "locale": "p.locale",
        "created": "p.created_at",
        "tickets": "p.ticket_count",
        "open_tickets": "p.open_count",
        "last_ticket": "p.last_ticket_at",
        "last_ticket_status": "p.last_ticket_status",
        "rating": "p.last_rating",
        "rated": "p.last_rating_at",
        "health": "p.health",
        "value": "p.value_segment",
        "predicted": "p.value_amount",
        "engagement": "p.engagement",
        "optout": "p.optout",
        "last_open": "p.last_open_at",
        "last_click": "p.last_click_at",
    }
)
# Texts that are not set are empty.
# The digits of a phone number without leading zeros, as `phone_match_key` gives those of a text.
_PHONE_DIGITS = reduce(
    lambda column, sign: f"replace({column}, '{sign}', '')", " +-()./\u00a0\u2011", "p.phone"
)
_PHONE_DIGITS = f"ltrim({_PHONE_DIGITS}, '0')"
_TEXT_COLUMNS = frozenset(("name", "email", "phone", "external_id", "organization", "locale"))
# Folded as names are searched; the others are compared in lower case.
_FOLDED = frozenset(("name", "organization"))
# The people of whom one of a field's values is `?`.
_HAVING: Mapping[str, str] = MappingProxyType(
    {
        "tag": "SELECT x.person_id FROM person_tag x WHERE x.tag_id ="
        " (SELECT id FROM tag WHERE name = ?)",
        "ticket_tag": "SELECT x.requester FROM ticket_tag x WHERE x.tag_id ="
        " (SELECT id FROM tag WHERE name = ?)",
        "ticket_status": "SELECT t.requester FROM ticket t WHERE t.status = ?",
        "ticket_priority": "SELECT t.requester FROM ticket t WHERE t.priority = ?"
        " AND t.status <> 'deleted'",
        "ticket_channel": "SELECT t.requester FROM ticket t WHERE t.channel = ?"
        " AND t.status <> 'deleted'",
        "assignee": "SELECT t.requester FROM ticket t WHERE t.status <> 'deleted'"
        " AND t.assignee IN (SELECT id FROM person WHERE role <> 'end-user' AND"
        " (sort_name = ?1 OR email = ?1 OR CAST(id AS TEXT) = ?1))",
    }
)
# Whether somebody is on a list is one look for each person: a list may have nearly everybody.
_ON_LIST = (
    "EXISTS (SELECT 1 FROM list_member m WHERE m.sid = p.sid AND m.list_id ="
    " (SELECT id FROM mailing_list WHERE name = ?))"
)
_ON_ANY_LIST = "EXISTS (SELECT 1 FROM list_member m WHERE m.sid = p.sid)"
# Those of whom one of a field's values is anything.
_HAVING_ANY: Mapping[str, str] = MappingProxyType(
    {
        "tag": "SELECT x.person_id FROM person_tag x",
        "ticket_tag": "SELECT x.requester FROM ticket_tag x",
        "ticket_status": "SELECT t.requester FROM ticket t WHERE t.status <> 'deleted'",
        "ticket_priority": "SELECT t.requester FROM ticket t WHERE t.priority <> ''"
        " AND t.status <> 'deleted'",
        "ticket_channel": "SELECT t.requester FROM ticket t WHERE t.channel <> ''"
        " AND t.status <> 'deleted'",
        "assignee": "SELECT t.requester FROM ticket t WHERE t.assignee IS NOT NULL"
        " AND t.status <> 'deleted'",
    }
)
_PHRASE_COLUMNS = MappingProxyType({"text": "subject body tags", "subject": "subject",
                                    "body": "body"})  # fmt: skip
_SIGNS = MappingProxyType({_O.LESS: "<", _O.AT_MOST: "<=", _O.MORE: ">", _O.AT_LEAST: ">="})
_IS_READ = "p.sid IS NOT NULL"
# Nobody without a value fits these, so that nobody is left who was not read.
_TRUE_OF_VALUES_ALONE = frozenset((*_SIGNS, _O.IS, _O.WITHIN, _O.OLDER, _O.BEFORE, _O.AFTER))


@dataclass(frozen=True)
class AudienceSql:
    """A condition over `person p` in SQL, with its parameters in order."""

    text: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True)
class QueryMoment:
    """When and where a query is asked: `now` in Unix seconds, days in the account's `zone`."""

    now: float
    zone: ZoneInfo

    def day_start(self, day: str, days_later: int = 0) -> float:
        """Return when a day `YYYY-MM-DD` begins in the account's zone, or one days later."""
        moment = datetime.fromisoformat(day) + timedelta(days=days_later)
        return moment.replace(tzinfo=self.zone).timestamp()


def compile_group(
    group: AudienceGroup,
    moment: QueryMoment,
    *,
    is_counted: bool = False,
    is_page_of_many: bool = False,
) -> AudienceSql:
    """Compile conditions to SQL that is true of the people they pick; of everybody if none.

    `is_counted`: nothing but their ids is asked. `is_page_of_many`: people are looked at one after
    another until a page is full, which is soon.
    """
    conditions = tuple(group.conditions())
    if is_counted:
        # What asks for their id alone needs no row of theirs beside the index of the other.
        conditions = tuple(one for one in conditions if not _asks_id_alone(one))
    is_alone = len(conditions) == 1
    return _compile_group(group, moment, is_alone=is_alone, is_page_of_many=is_page_of_many)


def _compile_group(
    group: AudienceGroup, moment: QueryMoment, *, is_alone: bool, is_page_of_many: bool
) -> AudienceSql:
    if group.is_everybody:
        return AudienceSql("1")
    how = {"is_alone": is_alone, "is_page_of_many": is_page_of_many}
    parts = [
        _compile_group(item, moment, **how)
        if isinstance(item, AudienceGroup)
        else compile_condition(item, moment, **how)
        for item in group.items
    ]
    joiner = " OR " if group.is_any else " AND "
    text = joiner.join(f"({part.text})" for part in parts)
    return AudienceSql(text, tuple(value for part in parts for value in part.values))


def compile_condition(
    condition: AudienceCondition,
    moment: QueryMoment,
    *,
    is_alone: bool = True,
    is_page_of_many: bool = False,
) -> AudienceSql:
    """Compile one condition. What Sailthru was not read of somebody fits none but “is not read”.

    `is_alone`: no other condition is asked with it, so that a range of values may be looked up in
    its index. Beside others a range holds too many: reading the table is several times faster.
    """
    if condition.operator is _O.NOT_READ:
        return AudienceSql(_not_read(condition.field))
    if condition.operator is _O.READ:
        return AudienceSql(f"NOT ({_not_read(condition.field)})")
    field = condition.definition
    if field.kind is AudienceFieldKind.PHRASE:
        found = _compile_phrase(condition, is_page_of_many=is_page_of_many)
    elif field.kind is AudienceFieldKind.CUSTOM:
        found = _compile_custom(condition)
    elif condition.field == "ticket_created":
        found = _compile_ticket_time(condition, moment)
    elif field.kind is AudienceFieldKind.SET:
        found = _compile_set(condition)
    elif field.kind is AudienceFieldKind.DATE:
        found = _compile_date(_ranged(_COLUMNS[condition.field], is_alone), condition, moment)
    else:
        found = _compile_column(condition, is_alone=is_alone)
    if field.service is Service.SAILTHRU and condition.operator not in _TRUE_OF_VALUES_ALONE:
        return AudienceSql(f"NOT ({_not_read(condition.field)}) AND ({found.text})", found.values)
    return found


def _asks_id_alone(condition: AudienceCondition) -> bool:
    kind = condition.definition.kind
    is_set = kind is AudienceFieldKind.SET and condition.field != "list"
    return is_set or kind in (AudienceFieldKind.PHRASE, AudienceFieldKind.CUSTOM)


def not_read_sql(condition: AudienceCondition) -> str | None:
    """Return SQL that is true of the people whose value of the field was not read; None: of all."""
    is_told = condition.definition.service is Service.SAILTHRU
    return _not_read(condition.field) if is_told else None


def phrase_query(text: str, columns: str) -> str:
    """Return the full-text query for words in a row; a star at the end asks for beginnings.

    `columns` are those of the index, with blanks between. Chinese, Japanese and Korean are asked
    for by their pairs, of any column. "" where no letter is left.
    """
    is_prefix = text.rstrip().endswith("*")
    parts = []
    plain = " ".join(re.findall(r"\w+", without_paired_script(text)))
    if plain:
        parts.append(f'{{{columns}}} : "{plain}"{"*" if is_prefix else ""}')
    if has_paired_script(text):
        pairs = character_pairs(text)
        # One character alone is the beginning of its pairs.
        parts.append(f'{{pairs}} : "{pairs}"{"*" if len(pairs) == 1 else ""}')
    return " AND ".join(parts)


def _not_read(field: str) -> str:
    # An export tells no opt-out level, whoever was read.
    return "p.optout IS NULL" if field == "optout" else f"NOT ({_IS_READ})"


def _ranged(column: str, is_alone: bool) -> str:
    """Return a column for a range: with a plus SQLite looks it up in no index."""
    return column if is_alone else f"+{column}"


def _compile_column(condition: AudienceCondition, *, is_alone: bool) -> AudienceSql:
    name, operator, value = condition.field, condition.operator, condition.value
    column = _COLUMNS[name]
    if operator in (_O.SET, _O.NOT_SET):
        is_set = (
            f"coalesce({column}, '') <> ''" if name in _TEXT_COLUMNS else f"{column} IS NOT NULL"
        )
        return AudienceSql(is_set if operator is _O.SET else f"NOT ({is_set})")
    if operator in _SIGNS:
        return AudienceSql(f"{_ranged(column, is_alone)} {_SIGNS[operator]} ?", (value,))
    if name in _TEXT_COLUMNS:
        return _compile_text(column, condition, is_folded=name in _FOLDED)
    sign = "=" if operator is _O.IS else "IS NOT"
    return AudienceSql(f"{column} {sign} ?", (value,))


def _compile_text(column: str, condition: AudienceCondition, *, is_folded: bool) -> AudienceSql:
    operator, value = condition.operator, str(condition.value)
    wanted = fold_text(value) if is_folded else value.casefold()
    if condition.field == "email" and operator in (_O.IS, _O.IS_NOT):
        wanted = parse_email(value) or wanted
    elif condition.field == "phone" and operator in (_O.IS, _O.IS_NOT) and phone_match_key(value):
        return _compile_phone(phone_match_key(value), is_wanted=operator is _O.IS)
    if not is_folded and condition.field not in ("email",):
        column = f"lower({column})"
    if operator in (_O.IS, _O.IS_NOT):
        sign = "=" if operator is _O.IS else "IS NOT"
        return AudienceSql(f"{column} {sign} ?", (wanted,))
    if operator is _O.BEGINS:
        # A range of the index, where LIKE would read everybody.
        return AudienceSql(f"{column} >= ? AND {column} < ?", (wanted, f"{wanted}\U0010ffff"))
    found = f"instr(coalesce({column}, ''), ?) > 0"
    return AudienceSql(found if operator is _O.CONTAINS else f"NOT ({found})", (wanted,))


def _compile_phone(digits: str, *, is_wanted: bool) -> AudienceSql:
    """As `match_keys.is_same_phone`: one of the two may lack the country code."""
    own = _PHONE_DIGITS
    same = (
        f"coalesce(length({own}) >= {MIN_PHONE_DIGITS} AND"
        f" (substr({own}, -length(?)) = ? OR substr(?, -length({own})) = {own}), 0)"
    )
    return AudienceSql(same if is_wanted else f"NOT {same}", (digits,) * 3)


def _compile_date(column: str, condition: AudienceCondition, moment: QueryMoment) -> AudienceSql:
    operator, value = condition.operator, condition.value
    if operator in (_O.SET, _O.NOT_SET):
        return AudienceSql(f"{column} IS {'NOT ' if operator is _O.SET else ''}NULL")
    if operator in (_O.WITHIN, _O.OLDER):
        # To the minute, so that a count can be remembered for that long.
        since = (moment.now - float(value or 0) * _DAY_S) // 60 * 60
        return AudienceSql(f"{column} {'>=' if operator is _O.WITHIN else '<'} ?", (since,))
    if operator is _O.BEFORE:
        return AudienceSql(f"{column} < ?", (moment.day_start(str(value)),))
    # After a day is from the next one on.
    return AudienceSql(f"{column} >= ?", (moment.day_start(str(value), 1),))


def _compile_ticket_time(condition: AudienceCondition, moment: QueryMoment) -> AudienceSql:
    operator = condition.operator
    if operator in (_O.SET, _O.NOT_SET):
        return AudienceSql(f"p.ticket_count {'>' if operator is _O.SET else '='} 0")
    found = _compile_date("t.created_at", condition, moment)
    return AudienceSql(
        "p.id IN (SELECT t.requester FROM ticket t"  # noqa: S608 - compiled from names of ours
        f" WHERE {found.text} AND t.status <> 'deleted')",
        found.values,
    )


def _compile_set(condition: AudienceCondition) -> AudienceSql:
    name, operator = condition.field, condition.operator
    if name == "list":
        is_any = operator in (_O.SET, _O.NOT_SET)
        found = _ON_ANY_LIST if is_any else _ON_LIST
        text = found if operator in (_O.SET, _O.IS) else f"NOT {found}"
        return AudienceSql(text, () if is_any else (str(condition.value),))
    if operator in (_O.SET, _O.NOT_SET):
        sign = "IN" if operator is _O.SET else "NOT IN"
        return AudienceSql(f"p.id {sign} ({_HAVING_ANY[name]})")
    value = str(condition.value)
    if name == "assignee":
        value = fold_text(value)
    sign = "IN" if operator is _O.IS else "NOT IN"
    having = _HAVING[name].replace("?1", "?")
    return AudienceSql(f"p.id {sign} ({having})", (value,) * having.count("?"))


def _compile_phrase(condition: AudienceCondition, *, is_page_of_many: bool) -> AudienceSql:
    query = phrase_query(str(condition.value), _PHRASE_COLUMNS[condition.field])
    is_wanted = condition.operator is _O.CONTAINS
    if not query:
        return AudienceSql("0" if is_wanted else "1")
    if is_page_of_many:
        # Whose tickets they are is looked up of the people on the page alone; the plus keeps each
        # look from beginning with all the tickets that say it.
        found = (
            "EXISTS (SELECT 1 FROM ticket t WHERE t.requester = p.id AND +t.id IN"
            " (SELECT rowid FROM ticket_search WHERE ticket_search MATCH ?))"
        )
    else:
        found = (
            "p.id IN (SELECT t.requester FROM ticket_search s CROSS JOIN ticket t"
            " ON t.id = s.rowid WHERE ticket_search MATCH ?)"
        )
    return AudienceSql(found if is_wanted else f"NOT {found}", (query,))


def _compile_custom(condition: AudienceCondition) -> AudienceSql:
    key, operator = condition.field.removeprefix(CUSTOM_PREFIX), condition.operator
    having = "SELECT f.person_id FROM person_field f WHERE f.field = ?"
    if operator in (_O.SET, _O.NOT_SET):
        return AudienceSql(f"p.id {'IN' if operator is _O.SET else 'NOT IN'} ({having})", (key,))
    if operator in _SIGNS:
        test, value = f"f.number {_SIGNS[operator]} ?", condition.value
    elif operator in (_O.CONTAINS, _O.CONTAINS_NOT):
        test, value = "instr(f.text, ?) > 0", fold_text(str(condition.value))
    else:
        number = parse_number(condition.value)
        test, value = "f.text = ?", fold_text(str(condition.value))
        if number is not None:
            test, value = "f.number = ?", float(number)
    sign = "NOT IN" if operator in (_O.IS_NOT, _O.CONTAINS_NOT) else "IN"
    return AudienceSql(f"p.id {sign} ({having} AND {test})", (key, value))
