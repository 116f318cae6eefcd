"""kill -9 while a sync with Zendesk Sell runs: at its writes, and around what it acknowledges.

Sell has no idempotency key, an address is not unique there, and a queue's item is not told again
once it was acknowledged: what is done twice makes a second contact, what is lost is never heard of.
"""

import asyncio
import shutil
import time
from pathlib import Path
from urllib.parse import quote

from desktop.model.sell_lists import CONTACTS_LIST
from desktop.model.sync_run import RunState
from desktop.settings.workspace import WorkspaceRegistry
from desktop.store.workspace_store import open_store
from desktop.sync.sync_presets import SAILTHRU_TO_SELL_CONTACTS, SELL_CONTACTS_TO_SAILTHRU
from tests.faults.edit_crashes import APPLIED_UNANSWERED, CrashCounts
from tests.faults.sync_run_crashes import RunCrashHarness
from tests.support import sell_cases, sync_cases
from tests.support.workspace_home import (
    WORKSPACE_NAME,
    create_workspace_home,
    make_app_context,
    open_workspace_services,
)

_WRITE_CHECKPOINTS = (
    "extracted", "planned", "claimed", "read", "sending", "answered", "accepted", "read back",
    "closed", "settled", "marked", APPLIED_UNANSWERED,
)  # fmt: skip
QUEUE_CHECKPOINTS = ("sell saved", "sell acknowledged")
SELL_RUN_CASES = (
    *((SAILTHRU_TO_SELL_CONTACTS, point) for point in (*QUEUE_CHECKPOINTS, *_WRITE_CHECKPOINTS)),
    *((SELL_CONTACTS_TO_SAILTHRU, point) for point in QUEUE_CHECKPOINTS),
)
# What a run of the whole suite does of them.
SAMPLED_CASES = (
    (SAILTHRU_TO_SELL_CONTACTS, APPLIED_UNANSWERED),
    (SELL_CONTACTS_TO_SAILTHRU, "sell acknowledged"),
)
_NEW_PEOPLE = 2


class SellRunCrashes:
    """Cases over a crash harness's sandbox and forge, in homes that are connected to Sell."""

    def __init__(self, harness: RunCrashHarness) -> None:
        self._servers = harness.servers
        self._fork_server = harness.fork_server
        self._folder = harness.folder
        self._template = harness.folder / "sell-template"
        document = self._servers.connection_document
        create_workspace_home(self._template, document, sell=document["sell"])
        asyncio.run(self._save_presets())
        self._made = 0

    async def _save_presets(self) -> None:
        async with open_workspace_services(
            self._template, self._servers.connection_document, connect=False
        ) as house:
            attested = sync_cases.ATTESTED
            sell_cases.save_sell_preset(house, SELL_CONTACTS_TO_SAILTHRU, opt_in=attested)
            sell_cases.save_sell_preset(house, SAILTHRU_TO_SELL_CONTACTS)

    def kill(self, name: str, point: str) -> CrashCounts:
        """One kill at a point, then another run by a fresh process, as the clock begins it."""
        self._made += 1
        home = self._folder / f"sell-home{self._made}"
        shutil.copytree(self._template, home)
        sync_cases.reset_sandbox(self._servers)
        emails = self._create_people(name)
        try:
            ended = self._kill_at(home, name, point, emails)
            if ended != -9:
                return CrashCounts(1, lost=1, problems=[f"{name} at {point}: not killed ({ended})"])
            self._fork_server.run_task("sync", **self._task_arguments(home, name))
            return self._check(home, name, point, emails)
        finally:
            shutil.rmtree(home)

    def _create_people(self, name: str) -> list[str]:
        """Make two people whom the target lacks, and one whom it has with another status."""
        emails = [f"s{self._made}-{n}@{sync_cases.DOMAIN}" for n in range(_NEW_PEOPLE + 1)]
        known = {"first_name": "Ada", "last_name": "Lovelace", "sell_customer_status": "past"}
        is_to_sell = name == SAILTHRU_TO_SELL_CONTACTS
        for email in emails if is_to_sell else emails[-1:]:
            self._servers.create_profile(email, vars=known, lists={CONTACTS_LIST: 1})
        for email in emails[-1:] if is_to_sell else emails:
            sell_cases.create_sell_person(self._servers, "contact", email)
        return emails

    def _kill_at(self, home: Path, name: str, point: str, emails: list[str]) -> int:
        given = self._task_arguments(home, name)
        if point != APPLIED_UNANSWERED:
            return self._fork_server.run_task("sync", die_at=point, **given)
        self._servers.add_fault("sell:POST /v2/contacts:timeout-after=30")
        trigger = home / "kill"
        self._fork_server.start_task("sync", kill_when=str(trigger), **given)
        until = time.monotonic() + 15
        while not self._contacts(emails[0]) and time.monotonic() < until:
            time.sleep(0.03)
        trigger.touch()
        ended = self._fork_server.wait_for_exit_code()
        self._servers.clear_faults()
        return ended

    def _check(self, home: Path, name: str, point: str, emails: list[str]) -> CrashCounts:
        """Check that everybody is there once with the values, and that the audit tells it once."""
        tally = CrashCounts(1)
        context = make_app_context(home, self._servers.connection_document)
        workspaces = WorkspaceRegistry(context.paths, context.policy, context.clock)
        store = open_store(workspaces.open(WORKSPACE_NAME).folder)
        try:
            run = store.runs.list_runs.blocking(name)[0]
            told = sync_cases.count_audit_rows(store, name)
        finally:
            store.close()
        found = [] if run.state is RunState.DONE else [f"{run.state.value}: {run.error}"]
        for email in emails:
            people = self._contacts(email)
            profile = self._servers.read_profile(email)
            in_sailthru = (profile or {"vars": {}})["vars"].get("sell_customer_status")
            status = "past" if name == SAILTHRU_TO_SELL_CONTACTS else "current"
            if len(people) > 1:
                tally.doubled += 1
                found.append(f"{email}: {len(people)} contacts")
            elif [one["customer_status"] for one in people] != [status] or in_sailthru != status:
                tally.lost += 1
                found.append(f"{email}: {people}, {in_sailthru}")
        if len(told) != len(emails) or any(times > 1 for times in told.values()):
            tally.doubled += 1
            found.append(f"told: {dict(told)}")
        tally.problems += [f"{name} at {point}: {trouble}" for trouble in found]
        return tally

    def _contacts(self, email: str) -> list[dict[str, object]]:
        _, body = self._servers.sell_request("GET", f"/v2/contacts?email={quote(email)}")
        return [item["data"] for item in body["items"]]

    def _task_arguments(self, home: Path, name: str) -> dict[str, object]:
        return {"home": str(home), "document": self._servers.connection_document, "goal": name}
