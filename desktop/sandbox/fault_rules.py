"""Fault rules: which requests suffer which fault, as `SERVICE:METHOD PATH-GLOB:KIND[=ARG][@N]`.

SERVICE and METHOD may be `*`; the glob's `*` also crosses slashes and `.json` does not count.
KIND happens at every N-th matching request, without @N at every one. The kinds are in FAULT_KINDS.
"""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from desktop.sandbox.http_messages import SandboxRequest

# kind → (default argument, what it does)
FAULT_KINDS: dict[str, tuple[float, str]] = {
    "429": (2, "over the limit, Retry-After ARG seconds; not applied"),
    "429-bare": (0, "over the limit, plain text and no Retry-After; not applied"),
    "400": (0, "refused; not applied"),
    "401": (0, "credentials refused; not applied"),
    "403": (0, "not permitted; not applied"),
    "404": (0, "not found; not applied"),
    "409": (0, "conflict; not applied"),
    "422": (0, "refused by validation; not applied"),
    "423": (0, "locked; not applied"),
    "500": (0, "server error as JSON; not applied"),
    "502": (0, "bad gateway as HTML; not applied"),
    "503": (0, "unavailable, with Retry-After when ARG is given; not applied"),
    "504": (0, "gateway timeout as HTML; not applied"),
    "500-after": (0, "applied, then a server error"),
    "timeout": (3600, "no answer for ARG seconds, then the connection closes; not applied"),
    "timeout-after": (3600, "applied, then no answer for ARG seconds"),
    "reset": (0, "connection reset; not applied"),
    "reset-after": (0, "applied, then reset before the answer"),
    "slow": (5, "applied; the answer drips over ARG seconds"),
    "truncated": (0, "applied; a complete HTTP answer whose JSON stops half way"),
    "cut": (0, "applied; the connection closes half way through the promised length"),
    "html": (0, "an HTML page with 200, like a captive portal; not applied"),
    "page": (403, "an HTML page of a proxy or gateway with the status ARG; not applied"),
    "proxy-json": (403, "JSON of a proxy, not of the service, with the status ARG; not applied"),
    "wrong-type": (0, "applied; the right body labelled text/plain"),
    "error-200": (9, "HTTP 200 with an `error` field, Sailthru's code ARG; not applied"),
    "stuck-job": (0, "the job made by this request never ends"),
    "failed-job": (0, "the job made by this request fails"),
    "killed-job": (0, "the job made by this request is killed before its first row"),
    "odd-job": (0, "the job made by this request ends with a status that no page names"),
    "late-job": (1, "the job made by this request says completed ARG seconds before it is"),
    "stale": (2, "reads show what was there before writes of the last ARG seconds"),
}

FAULT_SERVICES = ("sailthru", "zendesk", "sell", "*")


@dataclass
class FaultRule:
    """A fault rule of the sandbox and how often it matched."""

    spec: str
    service: str
    method: str
    glob: str
    kind: str
    argument: float
    # Whether the spec says an argument: the default is then not meant.
    given: bool
    # Of every so many matching requests the last is hit.
    every: int
    # Matching requests, and those of them that were hit.
    seen: int = 0
    done: int = 0
    # The rule is spent after so many hits; None is never.
    times: int | None = None

    def matches(self, request: SandboxRequest) -> bool:
        """Count a request that matches the sandbox's fault rule, and say whether it is hit."""
        if self.service not in ("*", request.service) or self.method not in ("*", request.method):
            return False
        path = request.path.removesuffix(".json")
        if not (fnmatchcase(path, self.glob) or fnmatchcase(request.path, self.glob)):
            return False
        if self.times is not None and self.done >= self.times:
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        self.done += 1
        return True


def parse_fault_rule(spec: str, times: int | None = None) -> FaultRule:
    """Parse a fault rule's spec (`--fault`); raises a ValueError that says what is wrong."""
    service, colon, rest = spec.partition(":")
    target, second, kind_text = rest.rpartition(":")
    if not colon or not second or service not in FAULT_SERVICES:
        raise ValueError(f"{spec}: expected SERVICE:METHOD PATH-GLOB:KIND[=ARG][@N]")
    method, _, glob = target.strip().partition(" ")
    if not glob:
        method, glob = ("*", method) if method.startswith(("/", "*")) else (method, "*")
    kind_text, _, every_text = kind_text.partition("@")
    kind, equals, argument_text = kind_text.partition("=")
    if kind not in FAULT_KINDS:
        raise ValueError(f"{spec}: no kind {kind!r}; there are {', '.join(FAULT_KINDS)}")
    try:
        argument = float(argument_text) if equals else FAULT_KINDS[kind][0]
        every = int(every_text or 1)
    except ValueError as error:
        raise ValueError(f"{spec}: ARG and N are numbers") from error
    if every < 1:
        raise ValueError(f"{spec}: N is 1 or more")
    method, glob = method.upper(), glob.strip()
    return FaultRule(spec, service, method, glob, kind, argument, bool(equals), every, times=times)


@dataclass
class FaultRules:
    """The sandbox's fault rules in order; the first that hits a request wins."""

    rules: list[FaultRule] = field(default_factory=list)

    def next_fault(self, request: SandboxRequest) -> FaultRule | None:
        """Return the sandbox's fault rule that hits a request, or None."""
        return next((rule for rule in self.rules if rule.matches(request)), None)
