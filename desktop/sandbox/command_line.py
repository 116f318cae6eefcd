"""Command line of `python -m desktop.sandbox`: its flags, parsed and checked."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop.sandbox.account_options import SandboxAccount
from desktop.sandbox.fault_rules import FaultRule, parse_fault_rule


@dataclass(frozen=True)
class SandboxOptions:
    """The parsed flags of the sandbox's command line."""

    port: int
    customers: int
    seed: int
    latency_s: float
    rate_factor: float
    account: SandboxAccount
    faults: tuple[FaultRule, ...]
    state_path: Path | None
    log_path: Path | None
    until_eof: bool


def parse_rate_factor(text: str) -> float:
    """Parse the sandbox's `--rate-limits`: `real`, `off` or `xN`, as a factor; off is infinite."""
    if text == "real":
        return 1.0
    if text == "off":
        return math.inf
    if text.startswith("x"):
        factor = float(text[1:])
        if factor > 0:
            return factor
    raise argparse.ArgumentTypeError("is real, off or xN, for example x10 or x0.1")


def _fault_argument(text: str) -> FaultRule:
    try:
        return parse_fault_rule(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _account_argument(text: str) -> SandboxAccount:
    try:
        return SandboxAccount().with_options_text(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def parse_options(argv: Sequence[str]) -> SandboxOptions:
    """Parse the sandbox's flags; wrong usage ends the process with exit code 2."""
    parser = argparse.ArgumentParser(
        prog="fairlead sandbox",
        description="Serve an imitation of Sailthru, Zendesk Support and Zendesk Sell on this computer.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=int, default=0, metavar="N")
    parser.add_argument("--customers", type=int, default=500, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--latency-ms", type=float, default=0.0, metavar="N")
    parser.add_argument("--rate-limits", type=parse_rate_factor, default=1.0, metavar="real|off|xN")
    parser.add_argument(
        "--account", type=_account_argument, default=SandboxAccount(), metavar="KEY=VALUE,…"
    )
    parser.add_argument(
        "--fault", type=_fault_argument, action="append", nargs="+", default=[], metavar="SPEC"
    )
    parser.add_argument("--state", type=Path, metavar="FILE")
    parser.add_argument("--log", type=Path, metavar="FILE")
    parser.add_argument(
        "--until-eof", action="store_true", help="end when standard input is closed"
    )
    parsed = parser.parse_args(argv)
    if parsed.customers < 0:
        parser.error("--customers is 0 or more")
    return SandboxOptions(
        port=parsed.port,
        customers=parsed.customers,
        seed=parsed.seed,
        latency_s=parsed.latency_ms / 1000,
        rate_factor=parsed.rate_limits,
        account=parsed.account,
        faults=tuple(fault for group in parsed.fault for fault in group),
        state_path=parsed.state,
        log_path=parsed.log,
        until_eof=parsed.until_eof,
    )
