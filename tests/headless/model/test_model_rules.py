"""The pure rules: opt-out order, who may what, when values are the same, names, retries, value."""

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.kit.errors import BadInput
from desktop.model.edit import (
    Edit,
    EditKind,
    EditState,
    Intent,
    Service,
    Target,
    needed_permission,
    opts_in,
    same,
    waits_for_undo,
)
from desktop.model.engagement import describe
from desktop.model.health import Health, read_health
from desktop.model.optout import OFFERED, OptOut, loosens
from desktop.model.permission import (
    DEFAULT_RULES,
    DEFAULTS,
    Actor,
    Permission,
    Role,
    Rules,
    check,
)
from desktop.model.person import Identity, ZendeskPerson
from desktop.model.retry import RETRIED_STATUSES, Backoff
from desktop.model.ticket import Ticket, unsolved_first
from desktop.model.value import (
    CustomerType,
    ValueSource,
    default_source,
    read_customer_type,
    read_value,
)
from desktop.model.variable import check_list_name, check_var_name, check_var_value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
P = Permission
ON = Rules(changes=True, table=DEFAULTS)


def intent(kind: EditKind, old: object, new: object) -> Intent:
    return Intent(kind, Target(Service.SAILTHRU, "s", "l"), "n", old, new)  # type: ignore[arg-type]


def test_strictness_is_an_order() -> None:
    order = [OptOut.NONE, OptOut.BLAST, OptOut.BASIC, OptOut.ALL]
    assert sorted(OptOut, key=lambda level: level.strictness) == order
    for (i, old), (j, new) in itertools.product(enumerate(order), repeat=2):
        assert loosens(old, new) == (j < i)
    assert OptOut.BLAST not in OFFERED
    assert all(level.words and level.explanation for level in OptOut)


@pytest.mark.parametrize(
    ("old", "new"), list(itertools.product(["none", "blast", "basic", "all"], repeat=2))
)
def test_only_loosening_needs_the_right_to_opt_in_and_waits(old: str, new: str) -> None:
    wish = intent(EditKind.OPTOUT, old, new)
    looser = OptOut(new).strictness < OptOut(old).strictness
    assert opts_in(wish) == looser == waits_for_undo(wish)
    assert needed_permission(wish) is (P.OPT_IN if looser else P.OPT_OUT)
    assert not opts_in(intent(EditKind.VAR, "all", "none"))


def test_an_opt_out_never_read_counts_as_none() -> None:
    assert not opts_in(intent(EditKind.OPTOUT, None, "none"))


AGENTS = {P.VIEW, P.LIST_ADD, P.OPT_OUT, P.HEALTH}


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("changes", [True, False])
def test_the_permission_matrix(permission: Permission, role: Role, changes: bool) -> None:
    verdict = check(permission, Actor("x", role), Rules(changes=changes, table=DEFAULTS))
    allowed = (changes or permission is P.VIEW) and (role is Role.ADMIN or permission in AGENTS)
    assert verdict.allowed == allowed
    assert bool(verdict.reason) != allowed
    assert permission.words


def test_what_the_table_does_not_say_is_refused() -> None:
    empty = Rules(changes=True, table={Role.ADMIN: {}})
    assert not check(P.VIEW, Actor("x", Role.ADMIN), empty).allowed
    assert not check(P.VIEW, Actor("x", Role.AGENT), empty).allowed
    assert not check(P.OPT_OUT, Actor("x", Role.ADMIN), DEFAULT_RULES).allowed


@pytest.mark.parametrize(
    ("kind", "new", "right"),
    [
        (EditKind.LIST, True, P.LIST_ADD),
        (EditKind.LIST, False, P.LIST_REMOVE),
        (EditKind.HEALTH, "happy", P.HEALTH),
        (EditKind.VAR, 1, P.VARS),
        (EditKind.MARK, True, P.VARS),
        (EditKind.BOX, True, P.VARS),
        (EditKind.CREATE, {}, P.CREATE),
    ],
)
def test_each_kind_asks_for_its_right(kind: EditKind, new: object, right: Permission) -> None:
    wish = intent(kind, None, new)
    assert needed_permission(wish) is right
    assert waits_for_undo(wish) == (kind is EditKind.LIST)


@given(JSON)
def test_a_value_is_the_same_as_itself_after_a_trip_through_json(value: object) -> None:
    assert same(value, json.loads(json.dumps(value)))  # type: ignore[arg-type]


@given(JSON, JSON)
def test_same_goes_both_ways(left: object, right: object) -> None:
    assert same(left, right) == same(right, left)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, True, False), (0, False, False), (1, 1.0, True), (None, False, False), ("1", 1, False),
        ([1], [True], False), ({"a": 1}, {"a": True}, False), ({"a": [0]}, {"a": [0]}, True),
        ([1, 2], [2, 1], False), ({}, [], False), ({"a": None}, {}, False), (None, None, True),
    ],
)  # fmt: skip
def test_true_is_not_one(left: object, right: object, equal: bool) -> None:
    assert same(left, right) == equal  # type: ignore[arg-type]


def test_final_states_and_what_changed_nothing() -> None:
    assert {s for s in EditState if s.final} == {
        EditState.DONE, EditState.CONFLICT, EditState.FAILED, EditState.UNDONE,
    }  # fmt: skip
    edit = Edit("1", intent(EditKind.VAR, 1, 2), EditState.DONE, "a", 1.0, 1.0)
    assert edit.changed_nothing
    assert not replace(edit, tries=1).changed_nothing
    for state in (EditState.FAILED, EditState.CONFLICT):
        assert replace(edit, state=state).changed_nothing
        assert not replace(edit, state=state, tries=1).changed_nothing
        assert not replace(edit, state=state, accepted_at=2.0).changed_nothing
    assert not replace(edit, state=EditState.QUEUED).changed_nothing
    assert set(edit.as_json()) >= {"id", "kind", "target", "old", "new", "state"}


@pytest.mark.parametrize("name", ["city", "a", "x" * 32, "ünïcode", "_a1", "A"])
def test_names_of_vars_that_may_be(name: str) -> None:
    assert check_var_name(name) == name


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "x" * 33, "1a", "a b", "a-b", "a.b", "a$b", "a%b", "a\x00b", "a\nb"]
)
def test_names_of_vars_that_may_not_be(name: str) -> None:
    with pytest.raises(BadInput):
        check_var_name(name)


@pytest.mark.parametrize(
    "value",
    [
        "x" * 100_001, float("inf"), float("-inf"), float("nan"), 2**63, -(2**63) - 1, "\ud800",
        {"a": ["\udfff"]}, {"\ud800": 1}, [[float("inf")]], json.loads("[" * 60 + "]" * 60),
        json.loads("[" * 900 + "]" * 900),
    ],
)  # fmt: skip
def test_values_that_cannot_be_sent(value: object) -> None:
    with pytest.raises(BadInput):
        check_var_value(value)  # type: ignore[arg-type]


@given(JSON)
def test_ordinary_values_can_be_sent(value: object) -> None:
    assert check_var_value(value) == value  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["Newsletter", "a=b", "!! bar/foo", "R&D <b>", "ليلى"])
def test_names_of_lists_that_may_be(name: str) -> None:
    assert check_list_name(name) == name


@pytest.mark.parametrize("name", ["", "  ", "$", "a$b", "a\nb", "a\x1b[2J"])
def test_names_of_lists_that_may_not_be(name: str) -> None:
    with pytest.raises(BadInput):
        check_list_name(name)


@given(st.integers(1, 40), st.floats(0, 0.999), st.none() | st.floats(0, 4000))
def test_a_wait_is_never_shorter_than_the_server_asks(
    attempt: int, jitter: float, asked: float | None
) -> None:
    backoff = Backoff(first_s=0.5, factor=2.0, longest_s=30.0, tries=10)
    wait = backoff.wait(attempt, jitter, asked)
    if attempt >= 10:
        assert wait is None
        return
    assert wait is not None
    assert wait >= (asked or 0.0)
    if asked is None:
        assert 0.25 <= wait <= 30.0


def test_which_statuses_are_tried_again() -> None:
    assert {408, 423, 429, 500, 502, 503, 504, 599} <= RETRIED_STATUSES
    assert not RETRIED_STATUSES & {200, 400, 401, 403, 404, 409, 422, 501}


SHOP = default_source(CustomerType.ECOMMERCE, "EUR")


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
def test_a_value_is_shown_or_not_available_and_never_made_up(
    values: dict[str, object], lists: tuple[str, ...], expected: tuple[object, ...] | None
) -> None:
    source = ValueSource(SHOP.segment_var, SHOP.predictions, {"top": 4, "low": 1})
    found = read_value(source, values, frozenset(lists))  # type: ignore[arg-type]
    shown = (found.segment, found.amount, found.unit, found.horizon_days) if found else None
    assert shown == expected


def test_a_publisher_counts_pages() -> None:
    found = read_value(default_source(CustomerType.PUBLISHER, "EUR"), {"pv_30": 7}, frozenset())
    assert found is not None
    assert (found.amount, found.unit, found.horizon_days) == (7.0, "pageviews", 30)
    assert read_customer_type(" E-Commerce ") is CustomerType.ECOMMERCE
    assert read_customer_type("shop") is None


@pytest.mark.parametrize(
    ("value", "health"),
    [
        ("happy", Health.HAPPY), (" Happy ", Health.HAPPY), ("sad", None), ("", None), (1, None),
        (None, None), (True, None), (["happy"], None),
    ],
)  # fmt: skip
def test_health_is_one_of_three_or_not_set(value: object, health: Health | None) -> None:
    assert read_health(value) is health  # type: ignore[arg-type]
    assert all(h.words for h in Health)


def test_an_unknown_engagement_level_is_shown_as_it_came() -> None:
    assert describe(None) is None
    assert describe("") is None
    known, strange = describe(" Active "), describe("stellar")
    assert known is not None
    assert known[0] == "Active"
    assert strange is not None
    assert strange[0] == "stellar"


def test_addresses_come_once_and_the_first_one_first() -> None:
    person = ZendeskPerson(
        1, "x", " A@x.example ",
        identities=(
            Identity(1, "email", "b@x.example"), Identity(2, "email", "a@X.example"),
            Identity(3, "phone_number", "+1"),
        ),
    )  # fmt: skip
    assert person.emails == ("a@x.example", "b@x.example")
    assert ZendeskPerson(1, "x").emails == ()


def test_unsolved_tickets_come_first() -> None:
    def ticket(number: int, status: str, updated: float | None) -> Ticket:
        return Ticket(number, "s", status, None, 1, None, updated)

    tickets = [ticket(1, "solved", 9.0), ticket(2, "open", None), ticket(3, "hold", 5.0)]
    assert [t.id for t in unsolved_first(tickets)] == [3, 2, 1]
