"""A second admin approves from his own desk; what counts, and what doesn't."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from desktop.app.container import WorkspaceServices
from desktop.app.run_notifications import run_and_notify
from desktop.app.team_approvals import TeamApprovals
from desktop.kit.errors import ConflictError, InvalidInput, NotPermitted
from desktop.model.permission import Actor, Role
from desktop.model.run_limit import Limit
from desktop.model.sync import Sync, SyncEffects
from desktop.model.sync_run import Run, RunState
from desktop.model.team import ApprovalKind, describe_approval_request
from desktop.store.team.team_store import TeamStore
from desktop.sync.sync_runner import RunRequest
from tests.support.edit_cases import CustomerFactory
from tests.support.erasure_cases import Person
from tests.support.postgres_server import PostgresServer
from tests.support.sandbox_servers import SandboxServers
from tests.support.sync_cases import (
    ATTESTED,
    TO_SAILTHRU_BY_POSTS,
    create_customers,
    save_preset,
)
from tests.support.team_desk import TeamDeskCommand

# Bo Berg, the sandbox's second admin.
_BO = 7604
BO = str(_BO)
MakeDesk = Callable[..., TeamDeskCommand]


@pytest.fixture
def two_admins(make_desk: MakeDesk) -> tuple[TeamDeskCommand, TeamDeskCommand]:
    """Ada's and Bo's: two admins, two computers, one team."""
    ada, bo = make_desk("ada"), make_desk("bo", admin="second_admin")
    ada.ok("team", "join")
    bo.ok("team", "join")
    return ada, bo


@pytest.fixture
def person(
    two_admins: tuple[TeamDeskCommand, TeamDeskCommand],
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> Person:
    return Person(sandbox, two_admins[0].command, customers.new_email())


def ask(ada: TeamDeskCommand, person: Person) -> str:
    """Ada requests the erasure; the id under which the others see it."""
    done = ada("privacy", "erase", person.email, "--confirm", person.email, "--close-tickets")
    assert done.exit_code == 3, done
    (request,) = ada.ok("team", "approvals")["requests"]
    return str(request["id"])


def approve(desk: TeamDeskCommand, request: str, typed: str) -> Any:
    return desk("team", "approve", request, "--confirm", typed, "--json")


def test_erasure_is_approved_at_another_desk_and_goes_on_at_the_first(
    two_admins: tuple[TeamDeskCommand, TeamDeskCommand],
    person: Person,
    sandbox: SandboxServers,
    postgres: PostgresServer,
    database: str,
) -> None:
    ada, bo = two_admins
    request = ask(ada, person)
    (shown,) = bo.ok("team", "approvals")["requests"]
    assert (shown["id"], shown["asked_by"], shown["kind"]) == (request, "Ada Admin", "erasure")
    # Neither who asked, nor somebody who does not know whom it is about.
    assert approve(ada, request, person.email).json["error"]["code"] == "not_permitted"
    assert approve(bo, request, "another@shop.example").json["error"]["code"] == "bad_input"
    ((dump,),) = postgres.execute(
        "SELECT string_agg(r::text, ' ') FROM fairlead.approval_request r", database
    )
    assert person.email not in str(dump)
    before = ada("privacy", "erase", person.email, "--confirm", person.email, "--json")
    assert (before.exit_code, before.json["state"]) == (3, "requested")

    assert approve(bo, request, person.email.upper()).exit_code == 0
    after = ada("privacy", "erase", person.email, "--confirm", person.email, "--json")
    assert (after.exit_code, after.json["state"]) == (0, "done"), after.stdout
    assert [one["by"] for one in after.json["approvals"]] == ["Ada Admin", "Bo Berg"]
    assert sandbox.read_profile(person.sid) is None
    assert bo.ok("team", "approvals")["requests"] == []


def test_answer_of_somebody_who_is_no_admin_any_more_does_not_count(
    two_admins: tuple[TeamDeskCommand, TeamDeskCommand], person: Person, sandbox: SandboxServers
) -> None:
    ada, bo = two_admins
    assert approve(bo, ask(ada, person), person.email).exit_code == 0
    sandbox.write_user(_BO, role="agent")
    try:
        done = ada("privacy", "erase", person.email, "--confirm", person.email, "--json")
    finally:
        sandbox.write_user(_BO, role="admin")
    assert (done.exit_code, done.json["state"]) == (3, "requested"), done.stdout
    assert sandbox.read_profile(person.sid) is not None
    # The answer itself stands, and is asked about again.
    done = ada("privacy", "erase", person.email, "--confirm", person.email, "--json")
    assert (done.exit_code, done.json["state"]) == (0, "done"), done.stdout


# What the database's owner, or somebody without the team's key, could write there.
FORGERIES = {
    "an answer without the team's key": (
        "INSERT INTO approval_answer SELECT id, '9', desk, 'Eve', '', 1.0, 'made up'"
        " FROM approval_request"
    ),
    "an answer moved to another admin": "UPDATE approval_answer SET user_id = '9'",
    "an answer moved to another desk": "UPDATE approval_answer SET desk = 'ada'",
    "another credential": "UPDATE approval_answer SET credential = 'x'",
    "an answer to another question": (
        "UPDATE approval_request SET content = replace(content, '38', '3800')"
    ),
    "an answer to another desk's question": "UPDATE approval_request SET desk = 'bo'",
}


@pytest.mark.parametrize("statement", FORGERIES.values(), ids=FORGERIES)
def test_forged_answer_is_not_proven(
    open_desk: Callable[[str], TeamStore], postgres: PostgresServer, database: str, statement: str
) -> None:
    ada, bo = open_desk("ada"), open_desk("bo")
    content = {"limit": "starts", "people": 38}
    request = ada.approvals.ask.blocking(ApprovalKind.LIMIT, "7 starts", content, "Ada", 1.0)
    (asked,) = bo.approvals.list_open.blocking()
    bo.approvals.answer.blocking(asked, Actor("Bo", Role.ADMIN, _BO, credential="c"), 2.0)
    (given,) = ada.approvals.get.blocking(request).answers
    assert (given.user_id, given.name, given.credential, given.is_proven) == (BO, "Bo", "c", True)
    postgres.execute(f"SET search_path TO fairlead; {statement}", database)
    found = ada.approvals.get.blocking(request)
    proven = [one.user_id for one in found.answers if one.is_proven]
    assert proven == ([BO] if "INSERT" in statement else [])
    assert found.is_proven is ("UPDATE approval_request" not in statement)


def test_request_is_there_once_and_ends_once(open_desk: Callable[[str], TeamStore]) -> None:
    ada, bo = open_desk("ada"), open_desk("bo")
    for _ in range(2):
        request = ada.approvals.ask.blocking(ApprovalKind.LIMIT, "7", {}, "Ada", 1.0)
    (asked,) = bo.approvals.list_open.blocking()
    assert bo.approvals.list_own.blocking() == ()
    ada.approvals.end.blocking(request)
    ada.approvals.end.blocking(request)
    with pytest.raises(ConflictError, match="not asked for any more"):
        bo.approvals.answer.blocking(asked, Actor("Bo", Role.ADMIN, _BO), 2.0)
    assert bo.approvals.list_open.blocking() == ()


def joining(sync: Sync) -> Sync:
    """Everybody joins a list and is created; one may."""
    effects = SyncEffects(create_missing=True, add_to_lists=("Fresh",), remove_when_gone=True)
    return replace(sync, effects=effects, opt_in=ATTESTED, limits=Limit(people=1, percent=0))


async def run_with(house: WorkspaceServices, sync: Sync, **asked: Any) -> Run:
    return await run_and_notify(house, sync, RunRequest(sync.name, "Ada Admin", **asked))


@pytest_asyncio.fixture
async def held_run(desks: list[WorkspaceServices], sync_sandbox: SandboxServers) -> Run:
    """A run at the first desk that Ada has let pass, and that waits for a second admin."""
    create_customers(sync_sandbox, 3, unknown=3)
    sync = save_preset(desks[0], TO_SAILTHRU_BY_POSTS, joining)
    run = await run_with(desks[0], sync)
    assert run.state is RunState.WAITING, run
    allowed = ("starts", "joins")
    ada = str(desks[0].session.actor.id)
    run = await run_with(
        desks[0], sync, resume_run_id=run.id, allowed_limits=allowed, approver_id=ada
    )
    assert run.state is RunState.WAITING, run
    return run


async def answer_as_bo(house: WorkspaceServices) -> None:
    store = await house.team.open()
    assert store is not None
    (asked,) = store.approvals.list_open.blocking()
    bo = Actor("Bo Berg", Role.ADMIN, _BO, credential="another token")
    store.approvals.answer.blocking(asked, bo, 2.0)


async def test_limit_passes_by_an_approval_from_another_desk(
    desks: list[WorkspaceServices], held_run: Run
) -> None:
    ada, other = desks
    assert await TeamApprovals(ada).exchange() == 0
    (asked,) = await TeamApprovals(other).list_open()
    assert describe_approval_request(asked).endswith(
        "3 people would start getting marketing e-mail; your limit is 1 a run."
    )
    # Ada is at work at both: it takes another admin. And who approves says for how many.
    for typed, error in (("3", NotPermitted), ("2", InvalidInput)):
        with pytest.raises(error):
            await TeamApprovals(other).answer(asked.id, typed)
    await answer_as_bo(other)
    sync = ada.store.syncs.get.blocking(held_run.sync)
    done = await run_with(ada, sync, resume_run_id=held_run.id)
    assert (done.state, done.totals["created"]) == (RunState.DONE, 3)
    assert await TeamApprovals(other).list_open() == ()
    entries = ada.store.audit.list_entries.blocking()
    assert [one.actor for one in entries if one.kind == "approval" and "Bo" in one.actor] == [
        "Bo Berg"
    ]


async def test_approval_is_for_the_rows_that_were_asked_about(
    desks: list[WorkspaceServices], held_run: Run
) -> None:
    ada, other = desks
    await TeamApprovals(ada).exchange()
    await answer_as_bo(other)
    assert held_run.plan is not None
    ada.store.plans.set_rows_ticked.blocking(held_run.plan, [1], on=False)
    sync = ada.store.syncs.get.blocking(held_run.sync)
    still = await run_with(ada, sync, resume_run_id=held_run.id)
    assert still.state is RunState.WAITING
    # What is left is asked about anew.
    (asked,) = await TeamApprovals(other).list_open()
    assert (asked.content["people"], asked.answers) == (2, ())


async def test_answer_of_somebody_who_lost_the_role_is_not_taken_in(
    desks: list[WorkspaceServices], held_run: Run, sync_sandbox: SandboxServers
) -> None:
    ada, other = desks
    await TeamApprovals(ada).exchange()
    await answer_as_bo(other)
    sync_sandbox.write_user(_BO, role="agent")
    assert await TeamApprovals(ada).exchange() == 0
    sync_sandbox.write_user(_BO, role="admin")
    assert await TeamApprovals(ada).exchange() == 1


async def test_approval_of_somebody_who_lost_the_role_since_stops_the_run(
    desks: list[WorkspaceServices], held_run: Run, sync_sandbox: SandboxServers
) -> None:
    ada, other = desks
    await TeamApprovals(ada).exchange()
    await answer_as_bo(other)
    assert await TeamApprovals(ada).exchange() == 1
    sync = ada.store.syncs.get.blocking(held_run.sync)
    sync_sandbox.write_user(_BO, role="agent")
    with pytest.raises(NotPermitted, match="Bo Berg is no admin any more"):
        await run_with(ada, sync, resume_run_id=held_run.id)
    sync_sandbox.write_user(_BO, role="admin")
    assert (await run_with(ada, sync, resume_run_id=held_run.id)).state is RunState.DONE


def test_undo_of_a_part_of_a_batch_is_approved_at_another_desk(
    two_admins: tuple[TeamDeskCommand, TeamDeskCommand],
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    ada, bo = two_admins
    emails = [customers.new_email() for _ in range(2)]
    sids = [sandbox.create_profile(one, lists={"Newsletter": 1}) for one in emails]
    pasted = "\n".join(emails)
    made = ada("bulk", "-", "--optout", "basic", "--reason", "old list", "--json",
               stdin=pasted).json  # fmt: skip
    part = ("undo", "--batch", made["batch"], "--only", "-", "--note", "they read it", "--json")
    asked = ada(*part, stdin=pasted)
    assert asked.exit_code == 3, asked.stdout
    (shown,) = bo.ok("team", "approvals")["requests"]
    assert shown["content"]["people"] == 2
    assert "they read it" in shown["content"]["message"]
    # Nobody of whom it is stands in the question.
    assert not any(email in str(shown) for email in (*emails, *sids))
    assert approve(ada, shown["id"], "2").json["error"]["code"] == "not_permitted"
    assert approve(bo, shown["id"], "3").json["error"]["code"] == "bad_input"
    assert approve(bo, shown["id"], "2").exit_code == 0
    done = ada("undo", "--batch", asked.json["batch"], "--json")
    assert done.exit_code == 0, done.stdout
    assert [one["by"] for one in done.json["approvals"]] == ["Ada Admin", "Bo Berg"]
    found = [sandbox.read_profile(sid) for sid in sids]
    assert [one["optout_email"] for one in found if one is not None] == ["none", "none"]
    assert bo.ok("team", "approvals")["requests"] == []
