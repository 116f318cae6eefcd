"""Who applies a plan, and what their writes are to the tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.edit import Service


@dataclass(frozen=True)
class Hand:
    """Who applies what: it is the same for all rows of a run.

    `takes_back`: it is the way back of an earlier run. `origins`: the source's field by target's;
    `sums`: the target's fields that are added to.
    """

    run: str
    plan: str
    goal: str
    title: str
    service: Service
    actor: str
    lists_and_tags: frozenset[str] = field(default_factory=frozenset)
    counts_touches: bool = False
    takes_back: bool = False
    origins: Mapping[str, str] = field(default_factory=dict)
    sums: frozenset[str] = field(default_factory=frozenset)
