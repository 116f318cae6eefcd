"""What it costs to align the contacts of Zendesk Sell: memory, processor and time a contact."""

import json

from desktop.sync.sync_presets import SELL_CONTACTS_TO_SAILTHRU
from tests.bench.report import Figure
from tests.bench.sync_session import CommandCost, run_sync_session

CONTACT_COUNT = 100_000
# Whoever would change is read one by one, before the preview and before the write: of a hundred
# thousand an hour of the sandbox's work, which is not what is measured here.
ALIGNED_COUNT = 10_000
# Everybody generated is a contact, and has a profile that lacks what Sell knows.
_ACCOUNT = "sell_contacts=100%,sell_leads=0%,profile=100%,smart=100%,bulk_import=on"
_FEW = [{"field": "email", "test": "has", "value": "99@studio.example"}]
# A run's bucket of Sell.
_CALLS_A_SECOND = 6.0


def measure(
    rounds: int, *, contacts: int = CONTACT_COUNT, aligned: int = ALIGNED_COUNT
) -> list[Figure]:
    """A preview of all contacts and its writing; then all of Sell read for a preview of some.

    Each of ten times as many as before. `rounds`, when given, is the number of contacts instead.
    """
    if rounds:
        contacts, aligned = rounds, max(10, rounds // 10)
    rows: list[Figure] = []
    small, large = _align(aligned // 10), _align(aligned)
    for what, less, more in zip(("preview", "written"), small, large, strict=True):
        rows += _compare(what, less, more, aligned)
    (less, _), (more, calls) = _read_all(contacts // 10), _read_all(contacts)
    rows += _compare("all of Sell read", less, more, contacts)
    bucket_s = calls / _CALLS_A_SECOND
    note = f"{calls:,} calls of Sell at {_CALLS_A_SECOND:.0f} a second: {bucket_s:.0f} s"
    ratio = more.wall_s / bucket_s
    return [*rows, Figure("all of Sell read: beside the bucket", ratio, "×", note=note)]


def _compare(what: str, less: CommandCost, more: CommandCost, many: int) -> list[Figure]:
    note = f"{less.rss_mib:.0f} MiB at {many // 10:,}, {more.rss_mib:.0f} MiB at {many:,} contacts"
    each_ms = 1000 * more.cpu_s / many
    return [
        Figure(f"{what}: memory, many to few", more.rss_mib / less.rss_mib, "×", 1.2, note=note),
        Figure(f"{what}: processor a contact", each_ms, "ms", note=f"{more.wall_s:.0f} s in all"),
    ]


def _align(contacts: int) -> tuple[CommandCost, CommandCost]:
    """Preview all contacts, and write exactly that."""
    name = SELL_CONTACTS_TO_SAILTHRU
    with run_sync_session(contacts, account=_ACCOUNT, sell=True) as stage:
        stage.run_command("sync", "add", "--preset", name)
        stage.run_command("sync", "set", name, "limits.people=1000000", "limits.percent=100")
        stage.run_command("sync", "on", name, "--create")
        plan = stage.run_command("sync", "plan", name, "--full")
        planned = plan.output["totals"]["update"]
        if planned < contacts / 2:
            raise RuntimeError(f"{planned} of {contacts} would change: {plan.output}")
        written = stage.run_command("sync", "run", name, "--plan", plan.output["plan"])
        done = written.output["totals"]["updated"]
        if done < planned:
            raise RuntimeError(f"{done} of {planned} were written: {written.output}")
    return plan, written


def _read_all(contacts: int) -> tuple[CommandCost, int]:
    """Read all of Sell by the Sync API, and preview about one contact in a thousand.

    Returns what the preview cost, and how many calls of Sell it made.
    """
    name = SELL_CONTACTS_TO_SAILTHRU
    with run_sync_session(contacts, account=_ACCOUNT, sell=True) as stage:
        stage.run_command("sync", "add", "--preset", name)
        stage.run_command("sync", "set", name, f"source.where={json.dumps(_FEW)}")
        stage.run_command("sync", "on", name, "--create")
        stage.new_requests()
        plan = stage.run_command("sync", "plan", name, "--full")
        if plan.output["read"] < contacts:
            raise RuntimeError(f"{plan.output['read']} of {contacts} were read: {plan.output}")
        asked = stage.new_requests()
    return plan, sum(count for kind, count in asked.items() if " /v2/" in kind)
