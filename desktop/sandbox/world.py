"""What both services share: account, clock, people, faults, storage, the requests seen."""

import math
import sys
from collections import Counter
from dataclasses import dataclass, field

from desktop.sandbox import calendar
from desktop.sandbox.account import Account
from desktop.sandbox.calendar import Calendar
from desktop.sandbox.fault import Faults
from desktop.sandbox.options import Options
from desktop.sandbox.people.crowd import Crowd
from desktop.sandbox.shelf import Shelf
from desktop.sandbox.work import Work


@dataclass
class World:
    """The object graph of one sandbox."""

    options: Options
    account: Account
    shelf: Shelf
    calendar: Calendar
    crowd: Crowd
    faults: Faults
    work: Work
    requests: Counter[str] = field(default_factory=Counter)
    rate_factor: float = math.inf
    latency_s: float = 0.0

    def now(self) -> float:
        """The clock's Unix seconds."""
        return calendar.now()

    def switch(self, account: Account) -> None:
        """Change the account at run time; the crowd's shares stay as they were made."""
        self.account = account
        self.calendar.zone = account.timezone


def build_world(options: Options) -> World:
    """Make the world, continuing a state file's own seed, size and dates."""
    shelf = Shelf(options.state)
    begun = shelf.get("world", "begun") or {
        "anchor": calendar.now(),
        "seed": options.seed,
        "customers": options.customers,
        "box": options.account.box,
        "profile": options.account.profile,
        "smart": options.account.smart,
    }
    if (begun["seed"], begun["customers"]) != (options.seed, options.customers):
        sys.stderr.write(
            f"fairlead sandbox: {options.state} goes on with {begun['customers']} customers"
            f" of seed {begun['seed']}\n"
        )
    shelf.put("world", "begun", begun)
    shelf.commit()
    crowd = Crowd(
        seed=begun["seed"],
        size=begun["customers"],
        anchor=begun["anchor"],
        box=begun["box"],
        profile=begun["profile"],
        smart=begun["smart"],
        publisher=options.account.customer_type == "publisher",
        predictions=options.account.predictions,
    )
    return World(
        options=options,
        account=options.account,
        shelf=shelf,
        calendar=Calendar(begun["anchor"], options.account.timezone),
        crowd=crowd,
        faults=Faults(list(options.faults)),
        work=Work(shelf),
        rate_factor=options.rate_factor,
        latency_s=options.latency_s,
    )
