"""What both services share: account, clock, people, faults, storage, the requests seen."""

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
    """The object graph of one sandbox."""

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
        """The clock's Unix seconds."""
        return timestamps.unix_now()

    def set_account(self, account: SandboxAccount) -> None:
        """Change the account at run time; the crowd's shares stay as they were made."""
        self.account = account
        self.calendar.time_zone = account.timezone


def build_state(options: SandboxOptions) -> SandboxState:
    """Make the world, continuing a state file's own seed, size and dates."""
    shelf = KeyValueStore(options.state_path)
    begun = shelf.get("world", "begun") or {
        "anchor": timestamps.unix_now(),
        "seed": options.seed,
        "customers": options.customers,
        "box": options.account.box,
        "profile": options.account.profile,
        "smart": options.account.smart,
    }
    if (begun["seed"], begun["customers"]) != (options.seed, options.customers):
        sys.stderr.write(
            f"fairlead sandbox: {options.state_path} goes on with {begun['customers']} customers"
            f" of seed {begun['seed']}\n"
        )
    shelf.put("world", "begun", begun)
    shelf.commit()
    crowd = GeneratedPeople(
        seed=begun["seed"],
        size=begun["customers"],
        reference_time=begun["anchor"],
        sync_box_share=begun["box"],
        profile_share=begun["profile"],
        smart_list_share=begun["smart"],
        is_publisher=options.account.customer_type == "publisher",
        has_predictions=options.account.predictions,
    )
    return SandboxState(
        options=options,
        account=options.account,
        store=shelf,
        calendar=AccountCalendar(begun["anchor"], options.account.timezone),
        generated_people=crowd,
        fault_rules=FaultRules(list(options.faults)),
        job_queue=SandboxJobQueue(shelf),
        rate_limit_factor=options.rate_factor,
        latency_s=options.latency_s,
    )
