"""Zendesk's rate limits (contract 12): one account-wide bucket a minute, and buckets of their own.

The windows are clock windows; how Zendesk cuts them is unknown.
"""

import math
import re
from dataclasses import dataclass, field

from desktop.sandbox.account import PLANS
from desktop.sandbox.call import Answer, Call, said
from desktop.sandbox.world import World

_USER_PUT = re.compile(r"/api/v2/users/(\d+)")
_TICKET_PUT = re.compile(r"/api/v2/tickets/(\d+)")
_ORGANIZATION_PUT = re.compile(r"/api/v2/organizations/(\d+)")


@dataclass(frozen=True)
class Bucket:
    """So many calls in so many seconds; `header` is its name in zendesk-ratelimit-*."""

    name: str
    total: int
    window_s: int
    header: str = ""


@dataclass
class Limits:
    """Counts calls and answers 429."""

    world: World
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def check(self, call: Call, path: str) -> tuple[Answer | None, list[tuple[str, str]]]:
        """Count a call; return a refusal when it is one too many, and the headers to send."""
        buckets = [self._account_bucket(), *self._own_buckets(call, path)]
        headers: list[tuple[str, str]] = []
        refusal: Answer | None = None
        for bucket in buckets:
            total = self._total(bucket)
            used, reset = self._use(bucket)
            remaining = max(total - used, 0)
            if bucket.header:
                text = f"total={total}; remaining={remaining}; resets={reset}"
                headers.append((f"zendesk-ratelimit-{bucket.header}", text))
            elif bucket.name == "account":
                headers += [
                    ("x-rate-limit", str(total)),
                    ("x-rate-limit-remaining", str(remaining)),
                    ("ratelimit-limit", str(total)),
                    ("ratelimit-remaining", str(remaining)),
                    ("ratelimit-reset", str(reset)),
                ]
            if used > total and refusal is None:
                refusal = _too_many(reset)
        return refusal, headers

    def _account_bucket(self) -> Bucket:
        return Bucket("account", PLANS[self.world.account.plan], 60)

    def _own_buckets(self, call: Call, path: str) -> list[Bucket]:
        found: list[Bucket] = []
        user = _USER_PUT.fullmatch(path) if call.method == "PUT" else None
        if user or (call.method == "POST" and path == "/api/v2/users/create_or_update"):
            found.append(Bucket("user updates", 1, 1, "create-update-user"))
            if user:
                found.append(Bucket(f"user {user[1]}", 5, 60))
        elif path.startswith("/api/v2/incremental/"):
            high_volume = self.world.account.plan == "enterprise-plus"
            found.append(
                Bucket("incremental", 30 if high_volume else 10, 60, "incremental-exports")
            )
        elif path == "/api/v2/search":
            found.append(Bucket("search", 2500, 60, "search-index"))
        elif path == "/api/v2/search/export":
            found.append(Bucket("search export", 100, 60, "search-export"))
        elif call.method == "PUT" and (ticket := _TICKET_PUT.fullmatch(path)):
            found.append(Bucket(f"ticket {ticket[1]} by {call.actor.user_id}", 30, 600))
            high_volume = self.world.account.plan == "enterprise-plus"
            found.append(
                Bucket("ticket updates", 300 if high_volume else 100, 60, "tickets-update")
            )
        elif call.method == "PUT" and (organization := _ORGANIZATION_PUT.fullmatch(path)):
            found.append(Bucket(f"organization {organization[1]}", 5, 60))
        return found

    def _total(self, bucket: Bucket) -> int:
        factor = self.world.rate_factor
        return 1_000_000_000 if math.isinf(factor) else max(int(bucket.total * factor), 1)

    def _use(self, bucket: Bucket) -> tuple[int, int]:
        now = self.world.now()
        window = int(now // bucket.window_s)
        last, used = self.counts.get(bucket.name, (window, 0))
        used = used + 1 if last == window else 1
        self.counts[bucket.name] = (window, used)
        if len(self.counts) > 10_000:
            self.counts.clear()
        return used, max(math.ceil((window + 1) * bucket.window_s - now), 1)


def _too_many(reset: int) -> Answer:
    return said(
        {
            "error": "APIRateLimitExceeded",
            "description": "Number of allowed API requests per minute exceeded",
        },
        429,
        ("retry-after", str(reset)),
    )
