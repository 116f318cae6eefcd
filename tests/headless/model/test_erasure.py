"""An erasure's rules: what confirms it, whose approvals count, its steps, how far it is."""

from dataclasses import replace

import pytest

from desktop.model.edit import ERASURE_KINDS, Edit, EditKind, EditState, sending_refusal
from desktop.model.email_change import StepState
from desktop.model.erased_people import ErasedPeople, person_keys
from desktop.model.erasure import (
    Erasure,
    ErasureApproval,
    ErasureState,
    ErasureStep,
    ErasureSubject,
    parse_subject,
)
from desktop.model.erasure_steps import build_erasure_requests, erasure_progress, planned_steps
from desktop.model.permission import (
    DEFAULT_PERMISSIONS,
    Actor,
    Permission,
    PermissionRules,
    Role,
    check_permission,
)

SUBJECT = ErasureSubject(
    "maria@lopez.example", "maria@lopez.example", (7701,), ("sid1",), ("maria@lopez.example",),
    ("shop-1",), (48213,),
)  # fmt: skip
RULES = PermissionRules(are_changes_enabled=True, permissions=DEFAULT_PERMISSIONS)
ADMIN, AGENT = Actor("Ada", Role.ADMIN, 1), Actor("Kim", Role.AGENT, 2)


@pytest.mark.parametrize(
    ("typed", "confirms"),
    [
        ("maria@lopez.example", True),
        ("  MARIA@Lopez.Example ", True),
        ("Maria Lopez <maria@lopez.example>", True),
        ("m.lopez@work.example", False),
        ("maria", False),
        ("", False),
        ("7701", False),
    ],
)
def test_erasure_is_confirmed_by_the_address_alone(typed: str, confirms: bool) -> None:
    assert SUBJECT.is_confirmed_by(typed) is confirms


def test_person_without_an_address_is_confirmed_by_the_id() -> None:
    nobody = replace(SUBJECT, confirmation="7701", addresses=())
    assert nobody.is_confirmed_by(" 7701 ")
    assert not nobody.is_confirmed_by("sid1")
    assert nobody.confirmed_key == "zendesk 7701"
    assert replace(nobody, user_ids=(), confirmation="sid1").confirmed_key == "sailthru sid1"
    assert SUBJECT.confirmed_key == "email maria@lopez.example"


def approval(user: str, token: str, *, proven: bool = True) -> ErasureApproval:
    return ErasureApproval(user, f"admin {user}", 1.0, token, proven)


@pytest.mark.parametrize(
    ("approvals", "counts"),
    [
        ((), False),
        ((approval("1", "a"),), False),
        ((approval("1", "a"), approval("2", "b")), True),
        ((approval("1", ""), approval("2", "")), True),
        ((approval("1", "a"), approval("2", "a")), False),
        ((approval("1", "a"), approval("1", "b")), False),
        ((approval("1", "a"), approval("2", "b", proven=False)), False),
    ],
)
def test_two_people_with_a_token_each_approve_an_erasure(
    approvals: tuple[ErasureApproval, ...], counts: bool
) -> None:
    erasure = Erasure("1", SUBJECT, "", ErasureState.REQUESTED, "Ada", 1.0, approvals=approvals)
    assert erasure.is_approved is counts


def test_subject_is_stored_and_read_again() -> None:
    assert parse_subject(SUBJECT.as_json()) == SUBJECT


def test_steps_follow_the_services_order_and_name_what_there_is_alone() -> None:
    kinds = [one.kind for _, one in sorted(build_erasure_requests(SUBJECT).items())]
    assert kinds == list(ERASURE_KINDS)
    in_sailthru = replace(SUBJECT, user_ids=(), tickets=())
    assert [step.step for step in planned_steps(in_sailthru)] == [
        ErasureStep.SUPPRESS, ErasureStep.DELETE_PROFILE, ErasureStep.ERASE_HERE,
    ]  # fmt: skip


def edits(*states: EditState) -> list[Edit]:
    requests = build_erasure_requests(SUBJECT)
    made = [
        Edit(str(place), requests[place], state, "Ada", 1.0, 1.0, updated_at=2.0, erasure="1")
        for place, state in zip(sorted(requests), states, strict=False)
    ]
    return [replace(edit, actor_key="7601") for edit in made]


@pytest.mark.parametrize(
    ("states", "stopped", "is_ready"),
    [
        ((EditState.QUEUED,) * 4, None, False),
        ((EditState.DONE, EditState.FAILED, EditState.QUEUED), ErasureStep.DELETE_USER, False),
        ((EditState.DONE, EditState.CONFLICT, EditState.QUEUED), ErasureStep.DELETE_USER, False),
        ((EditState.UNDONE, EditState.QUEUED), ErasureStep.CLOSE_TICKETS, False),
        ((EditState.DONE,) * 3 + (EditState.UNKNOWN,), None, False),
        ((EditState.DONE,) * 4, None, True),
    ],
)
def test_erasure_stops_at_a_failed_step_and_ends_after_the_last(
    states: tuple[EditState, ...], stopped: ErasureStep | None, is_ready: bool
) -> None:
    running = Erasure("1", SUBJECT, "", ErasureState.RUNNING, "Ada", 1.0)
    progress = erasure_progress(running, edits(*states))
    found = progress.stopped_at
    assert (found.step if found is not None else None) is stopped
    assert progress.is_ready_to_end is is_ready
    assert progress.steps[-1].state is StepState.WAITING


@pytest.mark.parametrize("kind", ERASURE_KINDS)
def test_deletion_is_sent_by_admins_alone_and_only_as_fairlead_queued_it(kind: EditKind) -> None:
    edit = next(one for one in edits(*(EditState.QUEUED,) * 4) if one.request.kind is kind)
    assert sending_refusal(edit, ADMIN, RULES) == ""
    assert "may not" in sending_refusal(edit, AGENT, RULES)
    assert sending_refusal(edit, None, RULES)
    assert "outside Fairlead" in sending_refusal(
        replace(edit, is_author_proven=False), ADMIN, RULES
    )
    assert "outside Fairlead" in sending_refusal(replace(edit, erasure=None), ADMIN, RULES)
    assert sending_refusal(replace(edit, actor_key=""), ADMIN, RULES)
    off = replace(RULES, are_changes_enabled=False)
    assert "switched off" in sending_refusal(edit, ADMIN, off)


def test_no_setting_lets_agents_or_unconfirmed_admins_erase() -> None:
    wide = {role: dict.fromkeys(Permission, True) for role in Role}
    rules = PermissionRules(are_changes_enabled=True, permissions=wide)
    assert check_permission(Permission.PRIVACY, ADMIN, rules).is_allowed
    assert not check_permission(Permission.PRIVACY, AGENT, rules).is_allowed
    unconfirmed = replace(ADMIN, is_confirmed=False)
    assert not check_permission(Permission.PRIVACY, unconfirmed, rules).is_allowed
    narrow = PermissionRules(are_changes_enabled=True, permissions={})
    assert not check_permission(Permission.PRIVACY, ADMIN, narrow).is_allowed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person_keys(addresses=("Maria@Lopez.Example",)), {"email maria@lopez.example"}),
        (
            person_keys(addresses=("anna@bücher.example",)),
            {"email anna@xn--bcher-kva.example"},
        ),
        (person_keys(user_ids=(7701,)), {"zendesk 7701"}),
        (person_keys(sids=("5E9F",)), {"sailthru 5e9f"}),
        (person_keys(external_ids=("Shop-1",)), {"external shop-1"}),
        (person_keys(addresses=(" ",), sids=("",), external_ids=("",)), set()),
    ],
)
def test_person_is_known_by_normalised_keys(one: frozenset[str], other: set[str]) -> None:
    assert {key for key in one if not key.startswith("md5 ")} == other


def test_erased_person_is_told_by_any_key_and_an_unknown_one_refuses_everybody() -> None:
    known = ErasedPeople(frozenset({"#zendesk 7701"}), (lambda key: f"#{key}",))
    assert known.find_refusal(person_keys(user_ids=(7701,), addresses=("new@x.example",)))
    assert known.find_refusal(person_keys(user_ids=(7702,))) == ""
    unknown = replace(known, hashers=(), has_unknown_key=True)
    assert "can't be checked" in unknown.find_refusal(person_keys(user_ids=(7702,)))
