"""Rate limits of the Zendesk sandbox: an account-wide bucket, and some of endpoints.

Facts: docs/zendesk.md 12. The windows are clock windows; how Zendesk cuts them is unknown.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from desktop.sandbox.account_options import CALLS_A_MINUTE_BY_PLAN
from desktop.sandbox.http_messages import SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.state import UNLIMITED_CALLS, SandboxState

_RECORD_PUT = re.compile(r"/api/v2/(users|tickets|organizations)/(\d+)")
# Buckets of single records pile up: from here on all counts begin anew.
_MAX_BUCKETS = 10_000


@dataclass(frozen=True)
class RateLimitBucket:
    """A rate limit of the sandbox's Zendesk; `header` is its name in zendesk-ratelimit-*."""

    name: str
    total: int
    window_s: int
    header: str = ""


@dataclass
class ZendeskRateLimits:
    """Counts requests to the sandbox's Zendesk and refuses too many with a 429."""

    state: SandboxState
    # Bucket name → the number of the window and the calls in it.
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def check(
        self, request: SandboxRequest, path: str
    ) -> tuple[SandboxResponse | None, list[tuple[str, str]]]:
        """Count a request to the sandbox's Zendesk; return a refusal or None, and headers."""
        account = RateLimitBucket("account", CALLS_A_MINUTE_BY_PLAN[self.state.account.plan], 60)
        headers: list[tuple[str, str]] = []
        refusal: SandboxResponse | None = None
        for bucket in (account, *self._endpoint_buckets(request, path)):
            total = self._scaled_total(bucket)
            used, reset = self._count_call(bucket)
            remaining = max(total - used, 0)
            if bucket.header:
                text = f"total={total}; remaining={remaining}; resets={reset}"
                headers.append((f"zendesk-ratelimit-{bucket.header}", text))
            elif bucket is account:
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

    def _endpoint_buckets(self, request: SandboxRequest, path: str) -> Iterator[RateLimitBucket]:
        # The plan stands in for the High Volume add-on, which raises these two.
        has_high_volume = self.state.account.plan == "enterprise-plus"
        put = _RECORD_PUT.fullmatch(path) if request.method == "PUT" else None
        kind, record_id = put.groups() if put else ("", "")
        is_upsert = request.method == "POST" and path == "/api/v2/users/create_or_update"
        if kind == "users" or is_upsert:
            yield RateLimitBucket("user updates", 1, 1, "create-update-user")
        if kind == "users":
            yield RateLimitBucket(f"user {record_id}", 5, 60)
        elif kind == "tickets":
            by_agent = f"ticket {record_id} by {request.actor.user_id}"
            yield RateLimitBucket(by_agent, 30, 600)
            total = 300 if has_high_volume else 100
            yield RateLimitBucket("ticket updates", total, 60, "tickets-update")
        elif kind == "organizations":
            yield RateLimitBucket(f"organization {record_id}", 5, 60)
        elif path.startswith("/api/v2/incremental/"):
            total = 30 if has_high_volume else 10
            yield RateLimitBucket("incremental", total, 60, "incremental-exports")
        elif request.method == "DELETE" and path.startswith("/api/v2/deleted_users/"):
            yield RateLimitBucket("permanent deletions", 700, 600, "permanent-user-deletion")
        elif path == "/api/v2/search":
            yield RateLimitBucket("search", 2500, 60, "search-index")
        elif path == "/api/v2/search/export":
            yield RateLimitBucket("search export", 100, 60, "search-export")

    def _scaled_total(self, bucket: RateLimitBucket) -> int:
        factor = self.state.rate_limit_factor
        return UNLIMITED_CALLS if math.isinf(factor) else max(int(bucket.total * factor), 1)

    def _count_call(self, bucket: RateLimitBucket) -> tuple[int, int]:
        """Return the calls in a sandbox rate limit's window and the seconds until it ends."""
        now = self.state.now()
        window = int(now // bucket.window_s)
        last, used = self.counts.get(bucket.name, (window, 0))
        used = used + 1 if last == window else 1
        self.counts[bucket.name] = (window, used)
        if len(self.counts) > _MAX_BUCKETS:
            self.counts.clear()
        return used, max(math.ceil((window + 1) * bucket.window_s - now), 1)


def _rate_limit_response(reset: int) -> SandboxResponse:
    description = "Number of allowed API requests per minute exceeded"
    body = {"error": "APIRateLimitExceeded", "description": description}
    return json_response(body, 429, ("retry-after", str(reset)))
