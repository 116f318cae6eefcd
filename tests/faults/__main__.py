"""`python -m tests.faults [--state FILE]`: the full counts, resumable, as a table.

Named points × kinds × 50 and 500 random kills; foreign changes × 10; each step of an agent's work
(a change of address, a note, a pause, a batch) × 50, and each fault of a service × 10; the
controls; 1,000 damaged files of each kind. The same of runs: `--only run`. `--scale 0.02` does a
fiftieth of it.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import Any

from tests.faults.agent_work import (
    answer_work_with_fault,
    kill_work,
    work_faults,
    work_kills,
)
from tests.faults.edit_crashes import (
    APPLIED_UNANSWERED,
    CrashCounts,
    EditCrashHarness,
    changed_elsewhere_cases,
    checkpoint_cases,
)
from tests.faults.file_damage import DamageCounts, make_sample_workspace, start_with_damaged_file
from tests.faults.sell_run_crashes import SELL_RUN_CASES, SellRunCrashes
from tests.faults.sync_run_crashes import CHECKPOINTS_AFTER_SENDING, RunCrashHarness, all_run_cases
from tests.support.sync_cases import ALL_PRESETS

Step = tuple[str, Callable[[EditCrashHarness], CrashCounts]]
RunStep = tuple[str, Callable[[RunCrashHarness], CrashCounts]]


def main(argv: list[str]) -> int:
    """Run what is not done yet; 0 when nothing was lost, doubled, overwritten or emptied."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--state", type=Path, help="where to keep what is done (and resume from)")
    parser.add_argument("--scale", type=float, default=1.0, help="the share of the full counts")
    parser.add_argument(
        "--only", default="", help="named, random, foreign, control, run … or damage"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    done = CompletedSteps(options.state)
    with tempfile.TemporaryDirectory(prefix="fairlead-faults-") as folder:
        run_edit_crash_steps(Path(folder), options, done)
        run_sync_crash_steps(Path(folder), options, done)
        for name in ("fairlead.db", "mirror.db"):
            run_file_damage_steps(Path(folder), name, options, done)
    return _report(done)


class CompletedSteps:
    """What was counted so far; a step that is in the file is not done again."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.steps: dict[str, dict[str, Any]] = {}
        if path is not None and path.exists():
            self.steps = json.loads(path.read_text(encoding="utf-8"))

    def __contains__(self, step: str) -> bool:
        return step in self.steps

    def add(self, step: str, counted: CrashCounts | DamageCounts) -> None:
        self.steps[step] = asdict(counted)
        if self._path is not None:
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps(self.steps), encoding="utf-8")
            fresh.replace(self._path)


def edit_crash_steps(scale: float, seed: int) -> Iterator[Step]:
    harness = EditCrashHarness
    for turn in range(max(1, round(50 * scale))):
        for kind, point in checkpoint_cases():
            step = partial(harness.kill_at_checkpoint, kind=kind, point=point)
            yield f"named/{kind}/{point}/{turn}", step
    for turn in range(max(1, round(500 * scale))):
        rng = random.Random(f"{seed}/{turn}")
        yield f"random/{turn}", partial(harness.kill_at_random, rng=rng)
    for turn in range(max(1, round(50 * scale))):
        for name, point, passed in work_kills():
            step = partial(kill_work, name=name, point=point, turn=passed)
            yield f"work {name}/{point}/{passed}/{turn}", step
    for turn in range(max(1, round(10 * scale))):
        for name, write, fault in work_faults():
            step = partial(answer_work_with_fault, name=name, write=write, fault=fault)
            yield f"fault {name}/{write.replace('/', ' ')}/{fault}/{turn}", step
    for turn in range(max(1, round(10 * scale))):
        for kind, point in changed_elsewhere_cases():
            step = partial(harness.kill_then_change_elsewhere, kind=kind, point=point)
            yield f"foreign/{kind}/{point}/{turn}", step
        yield (
            f"control: resent unread/{turn}",
            lambda edits: edits.kill_then_change_elsewhere(
                "opt-out", APPLIED_UNANSWERED, naive=True
            ),
        )
        yield (
            f"control: no claims/{turn}",
            lambda edits: CrashCounts(10, doubled=edits.send_without_claims(10)),
        )


def sync_run_crash_steps(scale: float, seed: int) -> Iterator[RunStep]:
    """Turn by turn, so that what is done after an hour holds something of everything."""
    rounds = max(1, round(50 * scale))
    for turn in range(rounds):
        yield from _killed_runs(turn)
        for number in range(turn * 10, turn * 10 + 10):
            rng = random.Random(f"{seed}/{number}")
            yield f"run random/{number}", partial(RunCrashHarness.kill_at_random, rng=rng)
        if turn % 5 < 2:
            yield from _shared_runs(turn)


def _killed_runs(turn: int) -> Iterator[RunStep]:
    kill = RunCrashHarness.kill_at_checkpoint
    for name, point in all_run_cases():
        yield f"run named/{name}/{point}/{turn}", partial(kill, name=name, point=point)
        if point in CHECKPOINTS_AFTER_SENDING:
            begun_anew = partial(kill, name=name, point=point, resume=False)
            yield f"run begun anew/{name}/{point}/{turn}", begun_anew
            changed = partial(RunCrashHarness.kill_then_change_elsewhere, name=name, point=point)
            yield f"run foreign/{name}/{point}/{turn}", changed
    for name, point in SELL_RUN_CASES:
        step = partial(_kill_with_sell, name=name, point=point)
        yield f"run with Sell/{name}/{point}/{turn}", step
    for point in CHECKPOINTS_AFTER_SENDING:
        step = partial(RunCrashHarness.kill_then_count_increments, point=point)
        yield f"run summed/{point}/{turn}", step


@cache
def _sell_crashes(harness: RunCrashHarness) -> SellRunCrashes:
    return SellRunCrashes(harness)


def _kill_with_sell(harness: RunCrashHarness, name: str, point: str) -> CrashCounts:
    return _sell_crashes(harness).kill(name, point)


def _shared_runs(turn: int) -> Iterator[RunStep]:
    harness = RunCrashHarness
    for name in ALL_PRESETS:
        yield f"run two homes/{name}/{turn}", partial(harness.run_on_two_computers, name=name)
        asleep = partial(harness.suspend_at_checkpoint, name=name, point="claimed")
        yield f"run asleep/{name}/{turn}", asleep
        unread = partial(
            harness.kill_then_change_elsewhere, name=name, point=APPLIED_UNANSWERED, naive=True
        )
        yield f"run control: resent unread/{name}/{turn}", unread
    added = partial(harness.kill_then_count_increments, point=APPLIED_UNANSWERED, naive=True)
    yield f"run control: added again/{turn}", added


def run_sync_crash_steps(folder: Path, options: argparse.Namespace, done: CompletedSteps) -> None:
    every = sync_run_crash_steps(options.scale, options.seed)
    waiting = [s for s in every if s[0].startswith(options.only) and s[0] not in done]
    for start in range(0, len(waiting), 50):
        yard = RunCrashHarness(folder / f"runs{start}")
        try:
            for name, act in waiting[start : start + 50]:
                done.add(name, act(yard))
        finally:
            yard.close()
        _say(f"{min(start + 50, len(waiting)):>6} of {len(waiting)} killed runs")


def run_edit_crash_steps(folder: Path, options: argparse.Namespace, done: CompletedSteps) -> None:
    # A new yard now and then: the request log and the files stay small.
    every = edit_crash_steps(options.scale, options.seed)
    waiting = [s for s in every if s[0].startswith(options.only) and s[0] not in done]
    for start in range(0, len(waiting), 100):
        yard = EditCrashHarness(folder / f"yard{start}")
        try:
            for name, act in waiting[start : start + 100]:
                done.add(name, act(yard))
        finally:
            yard.close()
        _say(f"{min(start + 100, len(waiting)):>6} of {len(waiting)} kills")


def run_file_damage_steps(
    folder: Path, name: str, options: argparse.Namespace, done: CompletedSteps
) -> None:
    step = f"damage/{name}"
    if step in done or not step.startswith(options.only):
        return
    sample, rng, outcome = (
        make_sample_workspace(folder / f"sample-{name}"),
        random.Random(1),
        DamageCounts(),
    )
    for _ in range(max(20, round(1000 * options.scale))):
        start_with_damaged_file(sample, folder / "work", name, rng, outcome)
    done.add(step, outcome)
    _say(f"{outcome.tried:>6} damaged copies of {name}")


def _report(done: CompletedSteps) -> int:
    bad = 0
    _say(f"{'':<24}{'kills':>8}{'wanted':>8}{'lost':>8}{'doubled':>9}{'overwritten':>13}")
    groups = dict.fromkeys(s.split("/")[0] for s in done.steps if not s.startswith("damage/"))
    for group in groups:
        total = CrashCounts()
        for step, counted in done.steps.items():
            if step.split("/")[0] == group:
                total.add(CrashCounts(**counted))
        _say(
            f"{group:<24}{total.kills:>8}{total.wanted:>8}{total.lost:>8}{total.doubled:>9}"
            f"{total.overwritten:>13}"
        )
        wrong = total.lost + total.doubled + total.overwritten
        if "control" in group:
            # A control that shows nothing means that the tests are blind.
            bad += wrong == 0
        else:
            bad += wrong
            for trouble in total.problems:
                _say(f"  {trouble}")
    for step, counted in done.steps.items():
        if step.startswith("damage/"):
            found = DamageCounts(**counted)
            wrong_ones = [*found.crashed, *found.emptied, *found.touched]
            bad += len(wrong_ones)
            _say(
                f"{step:<24}{found.tried:>8} damaged: {found.refused} refused,"
                f" {found.rebuilt} rebuilt, {found.unharmed} unharmed,"
                f" {len(found.crashed)} crashed, {len(found.emptied)} emptied"
            )
            for trouble in wrong_ones:
                _say(f"  {trouble}")
    return 1 if bad else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the table is what it is for


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
