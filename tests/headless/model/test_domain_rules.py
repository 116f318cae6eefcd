"""The pure rules: opt-out order, who may what, when values are the same, names, retries, value."""

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.kit.errors import InvalidInput
from desktop.model.customer_health import CustomerHealth, parse_health
from desktop.model.customer_value import (
    CustomerType,
    CustomerValueSource,
    default_value_source,
    parse_customer_type,
    read_customer_value,
)
from desktop.model.edit import (
    Edit,
    EditKind,
    EditRequest,
    EditState,
    EditTarget,
    is_opt_in,
    is_same_json,
    needed_permission,
    waits_for_undo,
)
from desktop.model.engagement_level import describe_engagement
from desktop.model.optout_level import SELECTABLE_LEVELS, OptOutLevel, is_loosening
from desktop.model.permission import (
    DEFAULT_PERMISSIONS,
    Actor,
    Permission,
    PermissionRules,
    Role,
    check_permission,
)
from desktop.model.retry_backoff import ExponentialBackoff
from desktop.model.sailthru_naming_rules import (
    find_list_name,
    validate_list_name,
    validate_var_name,
    validate_var_value,
)
from desktop.model.service import Service
from desktop.model.zendesk_ticket import ZendeskTicket, sort_unsolved_first
from desktop.model.zendesk_user import UserIdentity, ZendeskUser

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
P = Permission
ON = PermissionRules(are_changes_enabled=True, permissions=DEFAULT_PERMISSIONS)


def intent(kind: EditKind, old: object, new: object) -> EditRequest:
    return EditRequest(kind, EditTarget(Service.SAILTHRU, "s", "l"), "n", old, new)  # type: ignore[arg-type]


def test_optout_strictness_is_total_order() -> None:
    order = [OptOutLevel.NONE, OptOutLevel.BLAST, OptOutLevel.BASIC, OptOutLevel.ALL]
    assert sorted(OptOutLevel, key=lambda level: level.strictness) == order
    for (i, old), (j, new) in itertools.product(enumerate(order), repeat=2):
        assert is_loosening(old, new) == (j < i)
    assert OptOutLevel.BLAST not in SELECTABLE_LEVELS
    assert all(level.label and level.explanation for level in OptOutLevel)


@pytest.mark.parametrize(
    ("old", "new"), list(itertools.product(["none", "blast", "basic", "all"], repeat=2))
)
def test_optout_loosening_needs_permission_and_waits(old: str, new: str) -> None:
    wish = intent(EditKind.OPTOUT, old, new)
    looser = OptOutLevel(new).strictness < OptOutLevel(old).strictness
    assert is_opt_in(wish) == looser == waits_for_undo(wish)
    assert needed_permission(wish) is (P.OPT_IN if looser else P.OPT_OUT)
    assert not is_opt_in(intent(EditKind.VAR, "all", "none"))


@pytest.mark.parametrize("new", ["none", "blast", "basic", "all"])
def test_optout_over_level_not_read_may_loosen_unless_all(new: str) -> None:
    wish = intent(EditKind.OPTOUT, None, new)
    may_loosen = new != "all"
    assert is_loosening(None, OptOutLevel(new)) == is_opt_in(wish) == may_loosen
    assert needed_permission(wish) is (P.OPT_IN if may_loosen else P.OPT_OUT)
    # Taking such an edit back leaves what may have been the loosest level.
    assert is_opt_in(intent(EditKind.OPTOUT, new, None)) == (new != "none")


AGENTS = {P.VIEW, P.LIST_ADD, P.OPT_OUT, P.HEALTH, P.CHANGE_EMAIL, P.NOTE, P.PAUSE}
LEADS = AGENTS | {P.LIST_REMOVE, P.OPT_IN, P.VARS, P.TAG, P.TEXTS, P.AUDIENCE}
LEADS |= {P.AGENT_REPORTS, P.TEAM_RECORD}
BY_ROLE = {Role.ADMIN: set(P), Role.LEAD: LEADS, Role.AGENT: AGENTS}


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("changes", [True, False])
def test_permission_matrix(permission: Permission, role: Role, changes: bool) -> None:
    verdict = check_permission(
        permission,
        Actor("x", role),
        PermissionRules(are_changes_enabled=changes, permissions=DEFAULT_PERMISSIONS),
    )
    allowed = (changes or permission is P.VIEW) and permission in BY_ROLE[role]
    assert verdict.is_allowed == allowed
    assert bool(verdict.reason) != allowed
    assert permission.label


def test_permission_missing_entry_is_refused() -> None:
    empty = PermissionRules(are_changes_enabled=True, permissions={Role.ADMIN: {}})
    assert not check_permission(P.VIEW, Actor("x", Role.ADMIN), empty).is_allowed
    assert not check_permission(P.VIEW, Actor("x", Role.AGENT), empty).is_allowed
    switched_off = PermissionRules(are_changes_enabled=False, permissions=DEFAULT_PERMISSIONS)
    assert not check_permission(P.OPT_OUT, Actor("x", Role.ADMIN), switched_off).is_allowed


@pytest.mark.parametrize(
    ("kind", "new", "right"),
    [
        (EditKind.LIST, True, P.LIST_ADD),
        (EditKind.LIST, False, P.LIST_REMOVE),
        (EditKind.HEALTH, "happy", P.HEALTH),
        (EditKind.VAR, 1, P.VARS),
        (EditKind.SYNC_MARK, True, P.VARS),
        (EditKind.SYNC_CHECKBOX, True, P.VARS),
        (EditKind.CREATE, {}, P.CREATE),
    ],
)
def test_edit_kind_requires_permission(kind: EditKind, new: object, right: Permission) -> None:
    wish = intent(kind, None, new)
    assert needed_permission(wish) is right
    assert waits_for_undo(wish) == (kind is EditKind.LIST)


@given(JSON)
def test_value_equality_survives_json(value: object) -> None:
    assert is_same_json(value, json.loads(json.dumps(value)))  # type: ignore[arg-type]


@given(JSON, JSON)
def test_value_equality_is_symmetric(left: object, right: object) -> None:
    assert is_same_json(left, right) == is_same_json(right, left)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, True, False), (0, False, False), (1, 1.0, True), (None, False, False), ("1", 1, False),
        ([1], [True], False), ({"a": 1}, {"a": True}, False), ({"a": [0]}, {"a": [0]}, True),
        ([1, 2], [2, 1], False), ({}, [], False), ({"a": None}, {}, False), (None, None, True),
    ],
)  # fmt: skip
def test_value_true_differs_from_one(left: object, right: object, equal: bool) -> None:
    assert is_same_json(left, right) == equal  # type: ignore[arg-type]


def test_edit_final_states_and_unchanged_states() -> None:
    assert {s for s in EditState if s.is_final} == {
        EditState.DONE, EditState.CONFLICT, EditState.FAILED, EditState.UNDONE,
    }  # fmt: skip
    edit = Edit("1", intent(EditKind.VAR, 1, 2), EditState.DONE, "a", 1.0, 1.0)
    assert edit.has_changed_nothing
    assert not replace(edit, tries=1).has_changed_nothing
    for state in (EditState.FAILED, EditState.CONFLICT):
        assert replace(edit, state=state).has_changed_nothing
        assert not replace(edit, state=state, tries=1).has_changed_nothing
        assert not replace(edit, state=state, accepted_at=2.0).has_changed_nothing
    assert not replace(edit, state=EditState.QUEUED).has_changed_nothing
    assert set(edit.as_json()) >= {"id", "kind", "target", "old", "new", "state"}


@pytest.mark.parametrize("name", ["city", "a", "x" * 32, "ünïcode", "_a1", "A"])
def test_var_name_valid(name: str) -> None:
    assert validate_var_name(name) == name


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "x" * 33, "1a", "a b", "a-b", "a.b", "a$b", "a%b", "a\x00b", "a\nb"]
)
def test_var_name_invalid(name: str) -> None:
    with pytest.raises(InvalidInput):
        validate_var_name(name)


@pytest.mark.parametrize(
    "value",
    [
        "x" * 100_001, float("inf"), float("-inf"), float("nan"), 2**63, -(2**63) - 1, "\ud800",
        {"a": ["\udfff"]}, {"\ud800": 1}, [[float("inf")]], json.loads("[" * 60 + "]" * 60),
        json.loads("[" * 900 + "]" * 900),
    ],
)  # fmt: skip
def test_json_value_not_sendable(value: object) -> None:
    with pytest.raises(InvalidInput):
        validate_var_value(value)  # type: ignore[arg-type]


@given(JSON)
def test_json_value_sendable(value: object) -> None:
    assert validate_var_value(value) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    [
        "Newsletter",
        "a=b",
        "!! bar/foo",
        "R&D <b>",
        "ليلى",
        "VIP\u00a0Offers",
        "Team 👩\u200d🚀",
        "علی\u200cرضا",
        "New \U0001fae8",
        "Soft\u00adhyphen",
        "\u200eLTR",
    ],
)
def test_list_name_valid(name: str) -> None:
    assert validate_list_name(name) == name


@pytest.mark.parametrize(
    ("typed", "names", "found"),
    [
        ("VIP Offers", ("VIP\u00a0Offers", "VIP"), "VIP\u00a0Offers"),
        ("VIP Offers", ("VIP\u00a0Offers", "VIP Offers"), "VIP Offers"),
        ("VIP Offers", ("VIP\u00a0Offers", "VIP\u2009Offers"), None),
        ("vip offers", ("VIP\u00a0Offers",), None),
        ("Cafe\u0301", ("Caf\u00e9",), "Caf\u00e9"),
        ("VIP", (), None),
        ("“VIP Offers”", ("VIP Offers",), "VIP Offers"),
        ("'VIP Offers'", ("VIP Offers", "'VIP Offers'"), "'VIP Offers'"),
        ("VIP Offers", ("VIP Offers\u200b", "VIP"), "VIP Offers\u200b"),
        ("\u200eVIP Offers", ("VIP Offers",), "VIP Offers"),
        ("Support – paused", ("Support - paused",), "Support - paused"),
        ('Kunden "Gold"', ("Kunden „Gold“",), "Kunden „Gold“"),
        ("VIP Offers (1,234)", ("VIP Offers",), None),
    ],
)
def test_list_name_typed_finds_the_one_meant(
    typed: str, names: tuple[str, ...], found: str | None
) -> None:
    assert find_list_name(typed, names) == found


@pytest.mark.parametrize("name", ["", "  ", "$", "a$b", "a\nb", "a\x1b[2J", "a\u2028b", "a\ud800"])
def test_list_name_invalid(name: str) -> None:
    with pytest.raises(InvalidInput):
        validate_list_name(name)


@given(st.integers(1, 40), st.floats(0, 0.999), st.none() | st.floats(0, 4000))
def test_retry_wait_is_at_least_retry_after(
    attempt: int, jitter: float, asked: float | None
) -> None:
    backoff = ExponentialBackoff(first_delay_s=0.5, factor=2.0, max_delay_s=30.0, max_attempts=10)
    wait = backoff.delay_s(attempt, jitter, asked)
    if attempt >= 10:
        assert wait is None
        return
    assert wait is not None
    assert wait >= (asked or 0.0)
    if asked is None:
        assert 0.25 <= wait <= 30.0


SHOP = default_value_source(CustomerType.ECOMMERCE, "EUR")


@pytest.mark.parametrize(
    ("values", "lists", "expected"),
    [
        ({"customer_value": 4, "rev_365": 1240}, (), (4, 1240.0, "EUR", 365)),
        ({"customer_value": "3", "rev_30": "12.5"}, (), (3, 12.5, "EUR", 30)),
        ({"rev_365": 0}, (), (None, 0.0, "EUR", 365)),
        ({"customer_value": 0}, (), None),
        ({"customer_value": 5}, (), None),
        ({"customer_value": 2.5}, (), None),
        ({"customer_value": True}, (), None),
        ({"rev_365": "NaN"}, (), None),
        ({"rev_365": "inf"}, (), None),
        ({"rev_365": 1e300}, (), None),
        ({"rev_365": [1]}, (), None),
        ({}, (), None),
        ({}, ("top",), (4, None, None, None)),
        ({"customer_value": 1}, ("top",), (1, None, None, None)),
    ],
)
def test_customer_value_is_shown_or_unavailable(
    values: dict[str, object], lists: tuple[str, ...], expected: tuple[object, ...] | None
) -> None:
    source = CustomerValueSource(SHOP.segment_var, SHOP.predictions, {"top": 4, "low": 1})
    found = read_customer_value(source, values, frozenset(lists))  # type: ignore[arg-type]
    shown = (found.segment, found.amount, found.unit, found.horizon_days) if found else None
    assert shown == expected


@pytest.mark.parametrize(
    ("values", "lists", "segment", "is_ours"),
    [
        ({"rev_365": 1240}, (), 4, True),
        ({"rev_365": 1000}, (), 4, True),
        ({"rev_365": 999.99}, (), 3, True),
        ({"rev_365": 0}, (), 1, True),
        # What Sailthru tells wins, by var or by list.
        ({"rev_365": 1240, "customer_value": 2}, (), 2, False),
        ({"rev_365": 1240}, ("low",), 1, False),
        # Another horizon is not compared with thresholds of 365 days.
        ({"rev_30": 1240}, (), None, False),
        ({"rev_365": None, "rev_30": 1240}, (), None, False),
    ],
)
def test_customer_value_segment_by_thresholds(
    values: dict[str, object], lists: tuple[str, ...], segment: int | None, is_ours: bool
) -> None:
    thresholds = {2: 50.0, 3: 200.0, 4: 1000.0}
    source = CustomerValueSource(SHOP.segment_var, SHOP.predictions, {"low": 1}, thresholds)
    found = read_customer_value(source, values, frozenset(lists))  # type: ignore[arg-type]
    assert found is not None
    assert (found.segment, found.is_by_thresholds) == (segment, is_ours)


def test_customer_value_publisher_counts_pages() -> None:
    found = read_customer_value(
        default_value_source(CustomerType.PUBLISHER, "EUR"), {"pv_30": 7}, frozenset()
    )
    assert found is not None
    assert (found.amount, found.unit, found.horizon_days) == (7.0, "pageviews", 30)
    assert parse_customer_type(" E-Commerce ") is CustomerType.ECOMMERCE
    assert parse_customer_type("shop") is None


@pytest.mark.parametrize(
    ("value", "health"),
    [
        ("happy", CustomerHealth.HAPPY), (" Happy ", CustomerHealth.HAPPY), ("sad", None),
        ("", None), (1, None),
        (None, None), (True, None), (["happy"], None),
    ],
)  # fmt: skip
def test_health_has_three_values_or_none(value: object, health: CustomerHealth | None) -> None:
    assert parse_health(value) is health  # type: ignore[arg-type]
    assert all(h.label for h in CustomerHealth)


def test_engagement_unknown_level_is_shown_verbatim() -> None:
    assert describe_engagement(None) is None
    assert describe_engagement("") is None
    known, strange = describe_engagement(" Active "), describe_engagement("stellar")
    assert known is not None
    assert known[0] == "Active"
    assert strange is not None
    assert strange[0] == "stellar"


def test_emails_are_unique_with_primary_first() -> None:
    person = ZendeskUser(
        1, "x", " A@x.example ",
        identities=(
            UserIdentity(1, "email", "b@x.example"), UserIdentity(2, "email", "a@X.example"),
            UserIdentity(3, "phone_number", "+1"),
        ),
    )  # fmt: skip
    assert person.emails == ("a@x.example", "b@x.example")
    assert ZendeskUser(1, "x").emails == ()


def test_tickets_unsolved_come_first() -> None:
    def ticket(number: int, status: str, updated: float | None) -> ZendeskTicket:
        return ZendeskTicket(number, "s", status, None, 1, None, updated)

    tickets = [ticket(1, "solved", 9.0), ticket(2, "open", None), ticket(3, "hold", 5.0)]
    assert [t.id for t in sort_unsolved_first(tickets)] == [3, 2, 1]
