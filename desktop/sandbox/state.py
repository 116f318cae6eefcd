"""State that the sandbox services share: account, clock, people, faults, store, counts."""

import math
import sys
from collections import Counter
from dataclasses import dataclass, field

from desktop.sandbox import timestamps
from desktop.sandbox.account_options import SandboxAccount
from desktop.sandbox.command_line import SandboxOptions
from desktop.sandbox.fault_rules import FaultRules
from desktop.sandbox.job_queue import SandboxJobQueue
from desktop.sandbox.key_value_store import KeyValueStore
from desktop.sandbox.people.generated_people import GeneratedPeople
from desktop.sandbox.timestamps import AccountCalendar

# What rate limits say when they are switched off.
UNLIMITED_CALLS = 1_000_000_000


@dataclass
class SandboxState:
    """The shared objects of one sandbox; a reset changes them in place."""

    options: SandboxOptions
    account: SandboxAccount
    store: KeyValueStore
    calendar: AccountCalendar
    generated_people: GeneratedPeople
    fault_rules: FaultRules
    job_queue: SandboxJobQueue
    request_counts: Counter[str] = field(default_factory=Counter)
    rate_limit_factor: float = math.inf
    latency_s: float = 0.0

    def now(self) -> float:
        """Return the sandbox's current Unix time."""
        return timestamps.unix_now()

    def set_account(self, account: SandboxAccount) -> None:
        """Change the sandbox's account options at run time; generated people stay as made."""
        self.account = account
        self.calendar.time_zone = account.timezone


def build_state(options: SandboxOptions) -> SandboxState:
    """Build the sandbox's state; a state file keeps its seed, people and reference time."""
    store = KeyValueStore(options.state_path)
    # The keys are those of state files: a training copy goes on with a newer version.
    stored = store.get("world", "begun") or {
        "anchor": timestamps.unix_now(),
        "seed": options.seed,
        "customers": options.customers,
        "box": options.account.box,
        "profile": options.account.profile,
        "smart": options.account.smart,
        "sell_contacts": options.account.sell_contacts,
        "sell_leads": options.account.sell_leads,
    }
    if (stored["seed"], stored["customers"]) != (options.seed, options.customers):
        sys.stderr.write(
            f"fairlead sandbox: {options.state_path} goes on with {stored['customers']} customers"
            f" of seed {stored['seed']}\n"
        )
    store.put("world", "begun", stored)
    store.commit()
    generated_people = GeneratedPeople(
        seed=stored["seed"],
        size=stored["customers"],
        reference_time=stored["anchor"],
        sync_box_share=stored["box"],
        profile_share=stored["profile"],
        smart_list_share=stored["smart"],
        is_publisher=options.account.customer_type == "publisher",
        has_predictions=options.account.predictions,
        # A state file of before there was a Sell has no such shares.
        sell_contact_share=stored.get("sell_contacts", options.account.sell_contacts),
        sell_lead_share=stored.get("sell_leads", options.account.sell_leads),
    )
    return SandboxState(
        options=options,
        account=options.account,
        store=store,
        calendar=AccountCalendar(stored["anchor"], options.account.timezone),
        generated_people=generated_people,
        fault_rules=FaultRules(list(options.faults)),
        job_queue=SandboxJobQueue(store),
        rate_limit_factor=options.rate_factor,
        latency_s=options.latency_s,
    )
