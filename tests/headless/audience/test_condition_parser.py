"""Conditions as text: read, written back the same, and refused with the place."""

import pytest

from desktop.audience.condition_parser import ConditionError, format_expression, parse_expression
from desktop.model.audience_condition import (
    EVERYBODY,
    AudienceCondition,
    AudienceGroup,
    AudienceOperator,
)

O = AudienceOperator  # noqa: E741


def one(field: str, operator: AudienceOperator, value: str | float | None = None) -> AudienceGroup:
    return AudienceGroup((AudienceCondition(field, operator, value),))


READ = [
    ("open_tickets >= 1", one("open_tickets", O.AT_LEAST, 1.0)),
    ("Open_Tickets = 3", one("open_tickets", O.IS, 3.0)),
    ("tickets != 0", one("tickets", O.IS_NOT, 0.0)),
    ("value < 2.5", one("value", O.LESS, 2.5)),
    ("health is Frustrated", one("health", O.IS, "frustrated")),
    ('health is not "happy"', one("health", O.IS_NOT, "happy")),
    ("health is not read", one("health", O.NOT_READ)),
    ("optout is read", one("optout", O.READ)),
    ('optout is "No marketing e-mail"', one("optout", O.IS, "basic")),
    ('optout is "No campaigns (old level)"', one("optout", O.IS, "blast")),
    ("organization is not set", one("organization", O.NOT_SET)),
    ("rating is set", one("rating", O.SET)),
    ('tag is "is set"', one("tag", O.IS, "is set")),
    ("tag is not late_delivery", one("tag", O.IS_NOT, "late_delivery")),
    ("tag is zone:north", one("tag", O.IS, "zone:north")),
    ('list is "VIP Offers, 2026"', one("list", O.IS, "VIP Offers, 2026")),
    ("last_ticket within 30 days", one("last_ticket", O.WITHIN, 30.0)),
    ("last_ticket within 1 day", one("last_ticket", O.WITHIN, 1.0)),
    ("last_ticket older than 90", one("last_ticket", O.OLDER, 90.0)),
    ("created before 2026-01-31", one("created", O.BEFORE, "2026-01-31")),
    ("created after 2026-01-31", one("created", O.AFTER, "2026-01-31")),
    ('text contains "say \\"hi\\" \\\\ twice"', one("text", O.CONTAINS, 'say "hi" \\ twice')),
    ("body does not contain refund*", one("body", O.CONTAINS_NOT, "refund*")),
    ("subject contains 返金", one("subject", O.CONTAINS, "返金")),
    ("name begins with mar", one("name", O.BEGINS, "mar")),
    ("email is maria@lopez.example", one("email", O.IS, "maria@lopez.example")),
    ("phone is +15550100", one("phone", O.IS, "+15550100")),
    ("field.Plan_2 is gold", one("field.Plan_2", O.IS, "gold")),
    ("field.seats >= 10", one("field.seats", O.AT_LEAST, 10.0)),
    ("((tag is vip))", one("tag", O.IS, "vip")),
    ("  ", EVERYBODY),
]


@pytest.mark.parametrize(("text", "wanted"), READ, ids=[text for text, _ in READ])
def test_expression_is_read_and_written_back_the_same(text: str, wanted: AudienceGroup) -> None:
    found = parse_expression(text)
    assert found == wanted
    assert parse_expression(format_expression(found)) == found


def test_groups_nest_and_are_written_back_the_same() -> None:
    text = "tag is vip and (health is frustrated or rating is bad) and open_tickets >= 1"
    found = parse_expression(text)
    assert not found.is_any
    assert [isinstance(item, AudienceGroup) for item in found.items] == [False, True, False]
    assert found.items[1].is_any  # type: ignore[union-attr]
    assert [one.field for one in found.conditions()] == ["tag", "health", "rating", "open_tickets"]
    assert format_expression(found) == text
    assert parse_expression("TAG is vip OR tag is staff").is_any


REFUSED = [
    ("open_tickes > 1", 0, "There is no field “open_tickes”.", "Did you mean open_tickets?"),
    ("tag is vip and", 11, "A condition is missing after “and”.", ""),
    ("tag is vip or tag is x and tag is y", 23, "“and” and “or” mixed.", "Add parentheses"),
    ("tag", 3, "The expression ends where one of", ""),
    ("tag > 3", 4, "“>” does not go with Tag.", "Tag takes “is”"),
    ("health contains bad", 7, "“contains” does not go with Health.", "“is not read”"),
    ("tag is read", 4, "“is read” does not go with Tag.", ""),
    ("health is great", 10, "Health is never “great”.", "neutral, happy, frustrated"),
    ("open_tickets >= many", 16, "“many” is no number.", "open_tickets >= 3"),
    ("created before yesterday", 15, "“yesterday” is no day.", "2026-01-31"),
    ("created before 2026-02-30", 15, "“2026-02-30” is no day.", ""),
    ("last_ticket within soon", 19, "“soon” is no number of days.", "within 30 days"),
    ("last_ticket within 3 weeks", 21, "“weeks” stands where “days” is needed.", ""),
    ('tag is "vip', 7, "A quote is not closed.", ""),
    ("subject contains late parcel", 22, "“parcel” stands where", "in quotes"),
    ("(tag is vip", 11, 'The expression ends where ")" is missing.', ""),
    ("tag is vip)", 10, "“)” stands where", ""),
    ("tag is and", 7, "“and” stands where a value is needed.", ""),
    ('tag is ""', 7, "The value is empty.", "tag is not set"),
    ("field. is x", 0, "There is no field “field.”.", ""),
    ("((((((tag is x))))))", 3, "Too many parentheses", ""),
    ("tag is vip; drop", 12, "“drop” stands where", "in quotes"),
]


@pytest.mark.parametrize(("text", "at", "title", "hint"), REFUSED, ids=[r[0] for r in REFUSED])
def test_expression_that_cannot_be_used_is_refused_with_its_place(
    text: str, at: int, title: str, hint: str
) -> None:
    with pytest.raises(ConditionError) as refused:
        parse_expression(text)
    assert title in refused.value.title
    assert refused.value.position == at
    assert refused.value.message == f"At character {at + 1}."
    assert hint in refused.value.hint
