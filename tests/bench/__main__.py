"""`packaging/dev.py bench [WHAT …]`: each kind of `KINDS`, the quick ones by default, or all."""

import argparse
import compileall
import importlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench.report import Figure, format_table

KINDS = (
    "start", "lookup", "opening", "tabs", "palette", "stalls", "sync", "bulk", "data", "bundle",
    "events", "team", "sell", "soak",
    "faults",
)  # fmt: skip
_MODULES = {
    "start": "tests.bench.startup_time",
    "lookup": "tests.bench.lookup_time",
    "opening": "tests.bench.opening_time",
    "tabs": "tests.bench.customer_tabs",
    "palette": "tests.bench.palette_time",
    "stalls": "tests.bench.window_stalls",
    "sync": "tests.bench.sync_cost",
    "bulk": "tests.bench.bulk_paste",
    "bundle": "tests.bench.bundle_cost",
    "data": "tests.bench.everybody_data",
    "events": "tests.bench.event_delivery",
    "team": "tests.bench.team_record",
    "soak": "tests.bench.soak",
    "sell": "tests.bench.sell_alignment",
    "faults": "tests.bench.fault_tests",
}
QUICK = ("start", "lookup", "opening", "tabs", "stalls")


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for, print it, and return 0 also where an aim was missed."""
    parser = argparse.ArgumentParser(prog="packaging/dev.py bench", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*KINDS, "all", []], default=[])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help="how often each")
    parser.add_argument("--state", type=Path, metavar="FILE", help="where faults go on from")
    parser.add_argument("--scale", type=float, default=1.0, help="the share of faults and rows")
    parser.add_argument("--lines", type=int, metavar="N", help="how many lines of events")
    options = parser.parse_args(arguments)
    asked = KINDS if "all" in options.what else tuple(options.what) or QUICK
    # A window must find its modules compiled, as an installed one does: also one in this process.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    compileall.compile_dir(Path(__file__).parents[2] / "desktop", quiet=1)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.platform()}")
    rows: list[Figure] = []
    for kind in KINDS:
        if kind not in asked:
            continue
        more = {"scale": options.scale} if kind in ("data", "faults", "stalls", "team") else {}
        if kind == "events" and options.lines:
            more["lines"] = options.lines
        if kind == "faults":
            more["state"] = options.state
        found = importlib.import_module(_MODULES[kind]).measure(options.rounds, **more)
        print(f"\n{kind}\n{format_table(found)}", flush=True)
        rows += found
    missed = [row for row in rows if row.is_aim_reached is False]
    print(f"\n{len(missed)} aims missed." if missed else "\nEvery aim was reached.")
    if options.json is not None:
        options.json.write_text(
            json.dumps([row.as_json() for row in rows], indent=2), encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
