"""Zendesk's rate limits (contract 12): one account-wide bucket a minute, and buckets of their own.

The windows are clock windows; how Zendesk cuts them is unknown.
"""

import math
import re
from dataclasses import dataclass, field

from desktop.sandbox.account_options import CALLS_A_MINUTE_BY_PLAN
from desktop.sandbox.http_messages import SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.state import UNLIMITED_CALLS, SandboxState

_USER_PUT = re.compile(r"/api/v2/users/(\d+)")
_TICKET_PUT = re.compile(r"/api/v2/tickets/(\d+)")
_ORGANIZATION_PUT = re.compile(r"/api/v2/organizations/(\d+)")


@dataclass(frozen=True)
class RateLimitBucket:
    """So many calls in so many seconds; `header` is its name in zendesk-ratelimit-*."""

    name: str
    total: int
    window_s: int
    header: str = ""


@dataclass
class ZendeskRateLimits:
    """Counts calls and answers 429."""

    state: SandboxState
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def check(
        self, request: SandboxRequest, path: str
    ) -> tuple[SandboxResponse | None, list[tuple[str, str]]]:
        """Count a call; return a refusal when it is one too many, and the headers to send."""
        buckets = [self._account_bucket(), *self._endpoint_buckets(request, path)]
        headers: list[tuple[str, str]] = []
        refusal: SandboxResponse | None = None
        for bucket in buckets:
            total = self._scaled_total(bucket)
            used, reset = self._count_call(bucket)
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
                refusal = _rate_limit_response(reset)
        return refusal, headers

    def _account_bucket(self) -> RateLimitBucket:
        return RateLimitBucket("account", CALLS_A_MINUTE_BY_PLAN[self.state.account.plan], 60)

    def _endpoint_buckets(self, request: SandboxRequest, path: str) -> list[RateLimitBucket]:
        found: list[RateLimitBucket] = []
        user = _USER_PUT.fullmatch(path) if request.method == "PUT" else None
        if user or (request.method == "POST" and path == "/api/v2/users/create_or_update"):
            found.append(RateLimitBucket("user updates", 1, 1, "create-update-user"))
            if user:
                found.append(RateLimitBucket(f"user {user[1]}", 5, 60))
        elif path.startswith("/api/v2/incremental/"):
            high_volume = self.state.account.plan == "enterprise-plus"
            found.append(
                RateLimitBucket("incremental", 30 if high_volume else 10, 60, "incremental-exports")
            )
        elif path == "/api/v2/search":
            found.append(RateLimitBucket("search", 2500, 60, "search-index"))
        elif path == "/api/v2/search/export":
            found.append(RateLimitBucket("search export", 100, 60, "search-export"))
        elif request.method == "PUT" and (ticket := _TICKET_PUT.fullmatch(path)):
            found.append(RateLimitBucket(f"ticket {ticket[1]} by {request.actor.user_id}", 30, 600))
            high_volume = self.state.account.plan == "enterprise-plus"
            found.append(
                RateLimitBucket("ticket updates", 300 if high_volume else 100, 60, "tickets-update")
            )
        elif request.method == "PUT" and (organization := _ORGANIZATION_PUT.fullmatch(path)):
            found.append(RateLimitBucket(f"organization {organization[1]}", 5, 60))
        return found

    def _scaled_total(self, bucket: RateLimitBucket) -> int:
        factor = self.state.rate_limit_factor
        return UNLIMITED_CALLS if math.isinf(factor) else max(int(bucket.total * factor), 1)

    def _count_call(self, bucket: RateLimitBucket) -> tuple[int, int]:
        now = self.state.now()
        window = int(now // bucket.window_s)
        last, used = self.counts.get(bucket.name, (window, 0))
        used = used + 1 if last == window else 1
        self.counts[bucket.name] = (window, used)
        if len(self.counts) > 10_000:
            self.counts.clear()
        return used, max(math.ceil((window + 1) * bucket.window_s - now), 1)


def _rate_limit_response(reset: int) -> SandboxResponse:
    return json_response(
        {
            "error": "APIRateLimitExceeded",
            "description": "Number of allowed API requests per minute exceeded",
        },
        429,
        ("retry-after", str(reset)),
    )
