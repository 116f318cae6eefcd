"""Views of the customer panels, each a pure function of the context: tables of cases."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.clients.service_status import ServiceState, ServiceStatus
from desktop.kit.errors import ServiceError, ServiceUnreachable
from desktop.model.customer_sheet import (
    NO_LIST_HINT,
    AlternateProfile,
    SheetPart,
    SheetPartState,
)
from desktop.model.customer_value import CustomerValueSource, PredictionField
from desktop.model.edit import EditKind, EditState, not_sent_detail
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.marketing_pause import pause_name
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import Role
from desktop.model.profile_field_type import profile_field_type
from desktop.model.sailthru_profile import Purchase, SailthruList
from desktop.model.team import TeamEntry
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import Organization, UserFieldDefinition, UserIdentity
from desktop.store import audit_row
from desktop.viewmodels.customer.customer_value_view import build_customer_value_view
from desktop.viewmodels.customer.engagement_view import build_engagement_view
from desktop.viewmodels.customer.header_view import build_header_view, initials_of, matches_text
from desktop.viewmodels.customer.health_view import build_health_view
from desktop.viewmodels.customer.lists_view import FLOW_WARNING, build_lists_view
from desktop.viewmodels.customer.optout_view import build_optout_view
from desktop.viewmodels.customer.panel_state import PanelStatus, build_panel_state
from desktop.viewmodels.customer.pause_view import build_pause_view
from desktop.viewmodels.customer.profile_data_view import (
    build_profile_data_view,
    format_field_value,
)
from desktop.viewmodels.customer.tickets_view import build_tickets_view
from desktop.viewmodels.customer.timeline_view import build_timeline_view, edit_text
from desktop.viewmodels.customer.zendesk_user_view import build_zendesk_user_view
from desktop.viewmodels.team_entry_text import team_entry_subject
from tests.support.customer_contexts import (
    DAY,
    NOW,
    PROFILE,
    USER,
    make_audit_entry,
    make_context,
    make_edit,
    read_part,
)

UNREACHABLE = ServiceUnreachable("Sailthru cannot be reached.", "No answer", "It is tried again.")
REFUSED = ServiceError("Sailthru refused.", "It said no")
TICKET = ZendeskTicket(5, "Refund", "open", "high", 7, NOW - DAY, NOW - 3600)


@pytest.mark.parametrize(
    ("part", "status", "note", "tone", "text"),
    [
        (SheetPart(), PanelStatus.LOADING, "", "muted", ""),
        (SheetPart(None, SheetPartState.LOADING), PanelStatus.LOADING, "", "muted", ""),
        (SheetPart(None, SheetPartState.ABSENT, NOW), PanelStatus.EMPTY, "", "muted", "None."),
        (
            SheetPart(None, SheetPartState.OFF),
            PanelStatus.UNAVAILABLE,
            "",
            "muted",
            "Sailthru is not connected here.",
        ),
        (
            SheetPart(None, SheetPartState.FAILED, error=REFUSED),
            PanelStatus.UNAVAILABLE,
            "",
            "muted",
            "Not read from Sailthru yet.",
        ),
        (read_part("x"), PanelStatus.READY, "Sailthru · 1 min old", "muted", ""),
        (read_part("x", age=3601), PanelStatus.READY, "Sailthru · 1 h old", "warn", ""),
        (
            replace(read_part("x"), state=SheetPartState.FAILED, error=UNREACHABLE),
            PanelStatus.READY,
            "Sailthru offline · 1 min old",
            "warn",
            "",
        ),
        (
            replace(read_part("x"), state=SheetPartState.FAILED, error=REFUSED),
            PanelStatus.READY,
            "Sailthru not refreshed · 1 min old",
            "warn",
            "",
        ),
        (
            # While it is read again an old age is no warning: the answer is on its way.
            replace(read_part("x", age=7200), state=SheetPartState.LOADING),
            PanelStatus.READY,
            "Sailthru · 2 h old",
            "muted",
            "",
        ),
    ],
)
def test_panel_state_of_a_part(
    part: SheetPart[Any], status: PanelStatus, note: str, tone: str, text: str
) -> None:
    state = build_panel_state(part, "Sailthru", NOW, absent="None.")
    assert (state.status, state.note, state.tone, state.text) == (status, note, tone, text)


def test_panel_state_failure_is_told_whole_by_the_leading_panel_only() -> None:
    part: SheetPart[Any] = SheetPart(None, SheetPartState.FAILED, error=UNREACHABLE)
    state = build_panel_state(part, "Sailthru", NOW, absent="", leads=True)
    assert (state.status, state.text, state.can_retry) == (
        PanelStatus.FAILED,
        "Sailthru cannot be reached.",
        True,
    )
    assert state.hint == "No answer. It is tried again."


@pytest.mark.parametrize(("age", "note"), [(60.0, "member of 2"), (7200.0, "Sailthru · 2 h old")])
def test_panel_state_keeps_an_amber_note(age: float, note: str) -> None:
    state = build_panel_state(read_part("x", age=age), "Sailthru", NOW, absent="")
    assert state.with_note("member of 2").note == note


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Ada Lovelace", "AL"), ("ada@acme.example", "AA"), ("Ada", "A"), ("", "?"), ("- -", "?"),
     ("Ada King Lovelace", "AL"), ("ümit", "Ü")],
)  # fmt: skip
def test_header_initials(name: str, initials: str) -> None:
    assert initials_of(name) == initials


@pytest.mark.parametrize(
    ("parts", "name", "match"),
    [
        ({}, "Ada Lovelace", "Sailthru: same address"),
        ({"user": None}, "ada@acme.example", "Sailthru: same address"),
        (
            {"user": None, "profile": replace(PROFILE, vars={"first_name": "Ada"})},
            "Ada",
            "Sailthru: same address",
        ),
        ({"profile": None}, "Ada Lovelace", "no Sailthru profile"),
        (
            {"sheet": {"is_linked": True}},
            "Ada Lovelace",
            "Sailthru: ada@acme.example, chosen here",
        ),
        (
            {"profile": replace(PROFILE, email="x@y.example"), "sheet": {"matched_by": "x9"}},
            "Ada Lovelace",
            "Sailthru: by x9",
        ),
        (
            {"sheet": {"ticket": TICKET}},
            "Ada Lovelace",
            "Sailthru: same address · from #5 “Refund”, open",
        ),
    ],
)
def test_header_name_and_match(parts: dict[str, Any], name: str, match: str) -> None:
    view = build_header_view(make_context(**parts))
    assert (view.name, view.match_text) == (name, match)


@pytest.mark.parametrize(
    ("parts", "chips"),
    [
        ({}, []),
        ({"profile": replace(PROFILE, engagement="engaged")}, [("Engagement: Engaged", "ok")]),
        ({"profile": replace(PROFILE, engagement="hardbounce")},
         [("Engagement: Hard bounce", "bad")]),
        ({"profile": replace(PROFILE, engagement="brand new")},
         [("Engagement: brand new", "neutral")]),
        ({"user": replace(USER, tags=("vip",))}, [("High value", "info")]),
        ({"user": replace(USER, suspended=True)}, [("Suspended", "bad")]),
        ({"user": replace(USER, active=False)}, [("Deleted", "bad")]),
        ({"user": replace(USER, role="agent")}, [("Agent", "neutral")]),
    ],
)  # fmt: skip
def test_header_chips(parts: dict[str, Any], chips: list[tuple[str, str]]) -> None:
    view = build_header_view(make_context(**parts))
    assert [(chip.text, chip.tone) for chip in view.chips] == chips


@pytest.mark.parametrize(
    ("sheet", "text", "hint"),
    [
        ({"is_complete": False}, "", ""),
        (
            {},
            "Nobody found for “ada@acme.example”.",
            "No match in Zendesk or Sailthru. Check the spelling, or search another way.",
        ),
        (
            {"user": SheetPart(None, SheetPartState.OFF)},
            "Nobody found for “ada@acme.example”.",
            "No match in Sailthru. Check the spelling, or search another way.",
        ),
        (
            {
                "user": SheetPart(None, SheetPartState.OFF),
                "query": LookupQuery(LookupQueryKind.TICKET, "5"),
            },
            "Nobody found for “5”.",
            "This can only be looked up in Zendesk, which is not connected here."
            " Search by e-mail address or Sailthru id.",
        ),
        (
            {
                "user": SheetPart(None, SheetPartState.OFF),
                "profile": SheetPart(None, SheetPartState.OFF),
            },
            "Connect Zendesk or Sailthru first.",
            "Nothing was looked up.",
        ),
        (
            {"profile": SheetPart(None, SheetPartState.FAILED, error=REFUSED)},
            "Sailthru refused.",
            "It said no.",
        ),
        (
            {"pending_edits": (make_edit(EditKind.CREATE, "", {}),)},
            "The profile of ada@acme.example is being created.",
            "",
        ),
    ],
)
def test_header_says_why_nobody_was_found(sheet: dict[str, Any], text: str, hint: str) -> None:
    view = build_header_view(make_context(None, None, sheet=sheet))
    assert (view.not_found_text, view.not_found_hint) == (text, hint)


def test_header_other_profiles_tell_engagement_and_last_open() -> None:
    other = AlternateProfile("x@y.example", "sid2", "active", NOW - 2 * DAY)
    (shown,) = build_header_view(make_context(sheet={"other_profiles": (other,)})).other_profiles
    assert (shown.sid, shown.note) == ("sid2", "Active, opened 2 d ago")


@pytest.mark.parametrize(
    ("parts", "chosen", "disabled"),
    [
        ({}, OptOutLevel.NONE, {}),
        ({"profile": replace(PROFILE, optout=None)}, None, {}),
        (
            {"profile": replace(PROFILE, optout=OptOutLevel.BLAST)},
            OptOutLevel.BLAST,
            {OptOutLevel.BLAST: "An old level: it is shown, and no longer set."},
        ),
        (
            {"profile": replace(PROFILE, optout=OptOutLevel.ALL), "role": Role.AGENT},
            OptOutLevel.ALL,
            {OptOutLevel.NONE: "", OptOutLevel.BASIC: ""},
        ),
    ],
)
def test_optout_levels(
    parts: dict[str, Any], chosen: OptOutLevel | None, disabled: dict[OptOutLevel, str]
) -> None:
    view = build_optout_view(make_context(**parts))
    assert next((lv.level for lv in view.levels if lv.is_chosen), None) is chosen
    refused = {lv.level: lv.disabled_reason for lv in view.levels if lv.disabled_reason}
    assert refused.keys() == disabled.keys()
    for level, reason in disabled.items():
        assert reason in refused[level]


def test_optout_pending_edit_is_shown_as_chosen_with_its_progress() -> None:
    edit = make_edit(EditKind.OPTOUT, "", "all", old="none", state=EditState.SENDING)
    view = build_optout_view(make_context(sheet={"pending_edits": (edit,)}))
    assert view.pending_text == "sending"
    assert [lv.level for lv in view.levels if lv.is_chosen] == [OptOutLevel.ALL]


@pytest.mark.parametrize(
    ("ticket", "first"), [(None, "Customer asked"), (48213, "Customer asked, #48213")]
)
def test_optout_suggests_the_ticket_of_the_context(ticket: int | None, first: str) -> None:
    view = build_optout_view(make_context(ticket=ticket))
    assert (view.reasons[0], view.ticket) == (first, ticket)


@pytest.mark.parametrize(
    ("profile", "audit", "facts"),
    [
        (PROFILE, (), [("Text messages", "not available from Sailthru")]),
        (
            replace(PROFILE, sms={"a": "opt-in"}, engagement="hardbounce"),
            (),
            [
                ("Delivery", "hard bounce: the address does not accept mail"),
                ("Text messages", "opted in, separate"),
            ],
        ),
        (
            replace(PROFILE, optout=OptOutLevel.ALL),
            (make_audit_entry("optout", "", "all", reason="asked"),),
            [("Text messages", "not available from Sailthru"), ("Why", "asked, by Lee")],
        ),
        (
            replace(PROFILE, optout=OptOutLevel.ALL),
            (make_audit_entry("optout", "", "basic"),),
            [
                ("Text messages", "not available from Sailthru"),
                ("Why", "not available from Sailthru"),
            ],
        ),
    ],
)
def test_optout_facts(profile: Any, audit: Any, facts: list[tuple[str, str]]) -> None:
    view = build_optout_view(make_context(profile, audit=audit))
    assert [(row.label, row.note) for row in view.facts] == facts


@pytest.mark.parametrize(
    ("status", "detail", "sentence"),
    [
        (ServiceStatus.OFFLINE, "", "Queued until Sailthru is back."),
        (ServiceStatus.LIVE, not_sent_detail("Changes are off."), "Not sent: Changes are off."),
    ],
)
def test_pause_that_waits_says_why_in_a_sentence(
    status: ServiceStatus, detail: str, sentence: str
) -> None:
    name, until = pause_name("zendesk_paused", "Support - paused"), {"until": "2026-04-12"}
    edit = make_edit(EditKind.PAUSE, name, until, state=EditState.QUEUED, detail=detail)
    states = (ServiceState("Sailthru", status, NOW),)
    context = make_context(sheet={"pending_edits": (edit,)}, service_states=states)
    assert build_pause_view(context).detail == (
        f"{sentence} Only campaigns that leave out the list Support - paused are held back."
    )


def test_lists_members_first_and_smart_lists_last() -> None:
    profile = replace(PROFILE, lists={"News": NOW - DAY, "Smart": None}, smart_lists=("Auto",))
    catalogue = tuple(
        SailthruList(name, name, smart=name in ("Smart", "Auto"))
        for name in ("Zebra", "Ärzte", "alpha", "Beta", "News", "Smart", "Auto")
    )
    view = build_lists_view(make_context(profile, sheet={"lists": read_part(catalogue)}))
    assert [(row.name, row.is_member, row.is_smart) for row in view.rows] == [
        ("News", True, False),
        ("alpha", False, False),
        ("Ärzte", False, False),
        ("Beta", False, False),
        ("Zebra", False, False),
        ("Auto", True, True),
        ("Smart", True, True),
    ]
    assert view.panel_state.note == "member of 1, 2 computed"
    assert view.hint == FLOW_WARNING


def test_lists_of_somebody_on_none_say_what_does_not_see_them() -> None:
    view = build_lists_view(make_context(replace(PROFILE, lists={})))
    assert view.hint.startswith(NO_LIST_HINT)


@pytest.mark.parametrize(
    ("parts", "hint"),
    [({"changes": False}, "off"), ({"role": Role.AGENT}, "may not")],
)
def test_lists_say_why_switches_are_disabled(parts: dict[str, Any], hint: str) -> None:
    profile = replace(PROFILE, lists={"News": None})
    view = build_lists_view(make_context(profile, **parts))
    assert view.rows[0].disabled_reason == view.hint != ""


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AGENT])
def test_lists_waiting_change_can_be_taken_back_by_everybody(role: Role) -> None:
    edit = make_edit(EditKind.LIST, "News", False, old=True)
    profile = replace(PROFILE, lists={"News": NOW - DAY})
    view = build_lists_view(make_context(profile, role=role, sheet={"pending_edits": (edit,)}))
    (row,) = view.rows
    assert (row.is_member, row.is_pending, row.note, row.disabled_reason) == (
        False,
        True,
        "sends in 10 s",
        "",
    )


def test_lists_opted_out_member_is_told_suppressed() -> None:
    profile = replace(PROFILE, lists={"News": None}, optout=OptOutLevel.ALL)
    view = build_lists_view(make_context(profile))
    assert view.suppressed_text == "On 1 list, but suppressed by the opt-out."


@pytest.mark.parametrize(
    ("value", "edits", "audit", "current", "note"),
    [
        (None, (), (), None, "not set"),
        ("weird", (), (), None, "“weird”, unknown here"),
        ("happy", (), (), "happy", ""),
        ("happy", (), (make_audit_entry("health", "health", "happy"),), "happy", "set by Lee, "),
        ("happy", (), (make_audit_entry("health", "health", "neutral"),), "happy",
         "changed elsewhere"),
        ("happy", (make_edit(EditKind.HEALTH, "health", "frustrated"),), (), "frustrated",
         "sends in 10 s"),
    ],
)  # fmt: skip
def test_health_value_and_who_set_it(
    value: str | None, edits: Any, audit: Any, current: str | None, note: str
) -> None:
    profile = replace(PROFILE, vars={"health": value} if value else {})
    view = build_health_view(make_context(profile, sheet={"pending_edits": edits}, audit=audit))
    assert (view.current.value if view.current else None) == current
    assert view.note.startswith(note)


def team_entry(kind: str, name: str = "", **values: Any) -> TeamEntry:
    """What Bo did at his desk."""
    at = values.pop("at", NOW - 30)
    return TeamEntry(
        "bo", "Bo's laptop", 1, at, "Bo Berg", kind, "sailthru", name, values.get("result", "done")
    )


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (audit_row.EVENT_ACTION_KIND, "Action of events saved"),
        (audit_row.EVENT_SWITCH_KIND, "Delivery by itself switched"),
        (audit_row.SELL_EXPORT_KIND, "Export from Sell"),
        (audit_row.DATA_STORE_KIND, "Everybody's data switched"),
        (audit_row.EXPORT_KIND, "People exported"),
    ],
)
def test_what_other_desks_did_without_a_customer_has_a_name(kind: str, subject: str) -> None:
    assert team_entry_subject(team_entry(kind, "App")) == f"{subject}: App"


@pytest.mark.parametrize(
    ("entries", "audit", "note"),
    [
        ((team_entry("health"),), (), "set by Bo Berg at Bo's laptop, "),
        ((team_entry("health"),), (make_audit_entry("health", "health", "sad", at=NOW - 40),),
         "set by Bo Berg at Bo's laptop, "),
        # Ours is the newer one; not sent; something else.
        ((team_entry("health"),), (make_audit_entry("health", "health", "happy", at=NOW - 9),),
         "set by Lee, "),
        ((team_entry("health", result="failed"),), (), ""),
        ((team_entry("list", "News"),), (), ""),
    ],
)  # fmt: skip
def test_health_set_at_another_desk_names_who_set_it(
    entries: tuple[TeamEntry, ...], audit: Any, note: str
) -> None:
    profile = replace(PROFILE, vars={"health": "happy"})
    view = build_health_view(make_context(profile, audit=audit, team_entries=entries))
    assert view.note.startswith(note)
    assert bool(view.note) is bool(note)


def test_timeline_tells_what_other_desks_did_with_their_people() -> None:
    profile = replace(PROFILE, lists={"News": NOW - DAY})
    entries = (team_entry("optout"), team_entry("list", "News", at=NOW - DAY))
    view = build_timeline_view(make_context(profile, team_entries=entries))
    texts = [row.value for row in view.rows]
    assert "Opt-out by Bo Berg at Bo's laptop" in texts
    assert "List: News by Bo Berg at Bo's laptop" in texts
    assert "Joined News, changed elsewhere" not in texts


@pytest.mark.parametrize(("segment", "title"), [(4, "4 of 4"), (1, "1 of 4")])
def test_customer_value_segment(segment: int, title: str) -> None:
    view = build_customer_value_view(make_context(replace(PROFILE, vars={"segment": segment})))
    assert (view.segment, view.title, view.amount_text) == (segment, title, "No number is known")
    assert view.panel_state.note == "1–4, from Sailthru"


SHOP_VALUE = CustomerValueSource(
    "segment",
    (PredictionField("rev_365", "USD", 365),),
    {},
    {2: 50.0, 4: 1000.0},
    high_from=3,
)


@pytest.mark.parametrize(
    ("profile_vars", "tags", "role", "note", "is_on", "reason"),
    [
        ({"segment": 4}, (), Role.ADMIN, "not tagged: on no list, so no sync sees them", False, ""),
        ({"segment": 3}, ("vip",), Role.ADMIN, "", True, ""),
        ({"segment": 2}, ("vip",), Role.ADMIN, "tagged, with a value of 2", True, ""),
        ({"segment": 2}, (), Role.ADMIN, "", False, ""),
        ({}, (), Role.ADMIN, "", False, ""),
        ({"segment": 2}, None, Role.ADMIN, "", False, "Tags of users are switched off"),
        ({"segment": 2}, (), Role.AGENT, "", False, "may not tag customers as high value"),
    ],
)
def test_high_value_switch_says_where_tag_and_value_differ(
    profile_vars: Any, tags: Any, role: Role, note: str, is_on: bool, reason: str
) -> None:
    context = make_context(replace(PROFILE, vars=profile_vars), replace(USER, tags=tags), role=role)
    settings = replace(context.display_settings, value_source=SHOP_VALUE)
    view = build_customer_value_view(replace(context, display_settings=settings)).high_value
    assert view is not None
    assert (view.note, view.is_on) == (note, is_on)
    assert reason in view.disabled_reason
    assert bool(reason) == bool(view.disabled_reason)


def test_high_value_switch_needs_zendesk_user() -> None:
    assert build_customer_value_view(make_context(user=None)).high_value is None
    # Also where the profile, and so the value, is missing.
    assert build_customer_value_view(make_context(profile=None)).high_value is not None


def test_customer_value_explains_thresholds() -> None:
    context = make_context(replace(PROFILE, vars={"rev_365": 1240}))
    settings = replace(context.display_settings, value_source=SHOP_VALUE)
    view = build_customer_value_view(replace(context, display_settings=settings))
    assert view.title == "4 of 4"
    assert view.panel_state.note == "1–4, by your thresholds"
    assert view.explanation == (
        "High value from 3. Segments: 2 from $50, 4 from $1,000 in 365 days"
    )
    assert build_customer_value_view(make_context()).explanation == ""


def test_customer_value_without_predictions_says_why() -> None:
    view = build_customer_value_view(make_context())
    assert (view.panel_state.status, view.panel_state.text) == (PanelStatus.EMPTY, "Not available")
    assert "no prediction for this customer" in view.panel_state.hint


def test_engagement_rows() -> None:
    profile = replace(
        PROFILE,
        engagement="active",
        activity={"open_time": NOW - 7200, "signup_time": NOW - 800 * DAY},
        lifetime={"lifetime_open": 1, "lifetime_click": 2000, "lifetime_purchase": 3},
        purchases=(Purchase(NOW - 2 * DAY, 1999, 1), Purchase(None, 5, 1)),
    )
    view = build_engagement_view(make_context(profile))
    rows = {row.label: (row.value, row.note) for row in view.rows if row.label}
    assert view.panel_state.note == "clicked recently"
    assert rows["Last open"][1] == "2 h"
    assert rows["Last click"] == ("none known", "")
    assert "Last login" not in rows
    assert rows["Last purchase"][1] == "2 d"
    assert "$19.99" in rows["Last purchase"][0]
    assert rows["Signed up"][1] == "2 y"
    assert rows["Lifetime"][0] == "1 open, 2,000 clicks"


@pytest.mark.parametrize(
    ("count", "expanded", "shown", "older"),
    [(3, False, 3, ""), (6, False, 4, "2 older"), (6, True, 6, "")],
)
def test_tickets_older_ones_are_folded(count: int, expanded: bool, shown: int, older: str) -> None:
    tickets = tuple(replace(TICKET, id=n, status="solved") for n in range(count))
    panels = frozenset({"tickets"} if expanded else ())
    view = build_tickets_view(make_context(tickets=tickets, expanded_panels=panels))
    assert (len(view.rows), view.older_text) == (shown, older)
    assert view.all_url == "https://acme.zendesk.com/agent/users/7/requested_tickets"


@pytest.mark.parametrize(
    ("ticket", "state", "state_text", "priority"),
    [
        (TICKET, "open", "Open", "High"),
        (replace(TICKET, status="hold", priority="normal"), "hold", "On hold", ""),
        (replace(TICKET, status="custom", priority=None), "neutral", "Custom", ""),
    ],
)
def test_tickets_state_and_priority(
    ticket: ZendeskTicket, state: str, state_text: str, priority: str
) -> None:
    (row,) = build_tickets_view(make_context(tickets=(ticket,))).rows
    assert (row.state, row.state_text, row.priority) == (state, state_text, priority)


def test_zendesk_user_rows() -> None:
    user = replace(
        USER,
        organization=Organization(1, "Acme"),
        phone="+1",
        identities=(
            UserIdentity(1, "email", "ada@acme.example", primary=True),
            UserIdentity(2, "email", "b@acme.example"),
            UserIdentity(3, "phone_number", "+2"),
        ),
        tags=("a", "b"),
        user_fields={"plan": "gold", "to_sailthru": True, "empty": ""},
    )
    fields = (UserFieldDefinition(1, "plan", "Plan", "text"),)
    context = make_context(user=user, sheet={"user_fields": read_part(fields)})
    assert [(row.label, row.value) for row in build_zendesk_user_view(context).rows] == [
        ("Organisation", "Acme"),
        ("Phone", "+1, +2"),
        ("Other e-mail", "b@acme.example"),
        ("Tags", "a, b"),
        ("Zendesk id", "7"),
        ("Plan", "gold"),
    ]


def test_zendesk_user_switch_names_a_missing_field() -> None:
    view = build_zendesk_user_view(make_context())
    assert view.sync_to_sailthru is not None
    assert "Zendesk has no field “to_sailthru”" in view.sync_to_sailthru.disabled_reason


@pytest.mark.parametrize(("value", "is_on"), [(True, True), (1, True), ("true", True), (0, False)])
def test_zendesk_user_sync_mark(value: Any, is_on: bool) -> None:
    view = build_zendesk_user_view(make_context(replace(PROFILE, vars={"sync": value})))
    assert view.sync_to_zendesk is not None
    assert view.sync_to_zendesk.is_on is is_on


def test_profile_data_order_and_counts() -> None:
    profile = replace(
        PROFILE, vars={"zebra": 1, "last_name": "L", "health": "happy"}, keys={"extid": "9"}
    )
    view = build_profile_data_view(make_context(profile))
    assert [row.name for row in view.rows] == ["last_name", "health", "zebra", "sid", "extid"]
    assert view.total_count == 5
    assert [row.name for row in view.rows if not row.read_only_reason] == ["last_name", "zebra"]
    few = build_profile_data_view(make_context(profile), most=1)
    assert [row.name for row in few.rows] == ["last_name", "sid", "extid"]


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [(None, "no value", "none"), (True, "true", "yes/no"), (3, "3", "number"),
     ("", "(empty)", "text"), ("a\n b", "a b", "text"), ([1, 2], "[1,2]", "list"),
     ({"a": 1}, '{"a":1}', "object")],
)  # fmt: skip
def test_profile_data_value_and_type(value: Any, text: str, kind: str) -> None:
    assert (format_field_value(value), profile_field_type(value)) == (text, kind)


@pytest.mark.parametrize(
    ("kind", "name", "new", "text"),
    [
        ("optout", "", "all", f"Opt-out “{OptOutLevel.ALL.label}”"),
        ("list", "News", True, "Added to News"),
        ("list", "News", False, "Removed from News"),
        ("health", "", None, "Health cleared"),
        ("box", "", True, "Sync to Sailthru on"),
        ("mark", "", False, "Sync to Zendesk off"),
        ("create", "", {}, "Profile created"),
        ("var", "city", None, "city cleared"),
        ("var", "city", "x" * 50, "city = " + "x" * 39 + "…"),
    ],
)
def test_timeline_edit_text(kind: str, name: str, new: Any, text: str) -> None:
    assert edit_text(kind, name, new) == text


def test_timeline_newest_first_and_who_did_it() -> None:
    profile = replace(
        PROFILE, lists={"News": NOW - DAY, "Old": NOW - 9 * DAY}, activity={"optout_time": NOW - 50}
    )
    audit = (
        make_audit_entry("list", "News", True),
        make_audit_entry("optout", "", "all", at=NOW - 40, result="conflict"),
        make_audit_entry("sync", "s", {"vars.a": 1, "lists.Old": 1}, reason="Nightly: run 4"),
        make_audit_entry("bounce_repair", "", {"level": "all", "state": "Given up"}),
    )
    context = make_context(profile, tickets=(TICKET,), audit=audit)
    texts = [row.value for row in build_timeline_view(context).rows]
    assert texts[0].endswith("by Lee: not sent, changed elsewhere")
    assert texts[1] == "Opted out (Sailthru doesn't show by whom)"
    assert "Sync “Nightly”: a, Old by Lee" in texts
    assert "Bounce repair keeping “No e-mail at all”: Given up, by Lee" in texts
    assert "Joined News" in texts
    assert "Joined Old" in texts
    assert "Ticket #5 “Refund”" in texts


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (2, "2 customers match."),
        (20, "20 customers match."),
        (21, "More than 20 customers match. Type more to see fewer."),
    ],
)
def test_matches_are_counted_as_far_as_they_were_read(count: int, text: str) -> None:
    assert matches_text(count) == text
