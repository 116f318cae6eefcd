"""How long a start takes, beside a bare window and one that only imports the same modules."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.report import Figure, median, ratio_of_medians
from tests.bench.timed_process import ROOT, ProcessCost, run_timed, start_virtual_screen
from tests.bench.window_session import run_sandbox, set_up_workspace

_ROUNDS = 15
_FLAG = "--exit-after-first-paint"

BARE_WINDOW_SCRIPT = """
import sys
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication(sys.argv[:1])
window = QMainWindow()
window.resize(1280, 820)
window.show()
window.repaint()
app.processEvents()
"""

# Modules in the order in which the app itself imports them before its first paint.
_SAME_IMPORTS_SCRIPT = """
import importlib, json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    names = json.load(file)
for name in names:
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # made up by PySide6 itself while it is imported
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication(sys.argv[:1])
window = QMainWindow()
window.resize(1280, 820)
window.show()
window.repaint()
app.processEvents()
"""

_LIST_IMPORTS_SCRIPT = f"""
import json, sys
before = set(sys.modules)
from desktop.app.cli import run_command
code = run_command([{_FLAG!r}])
made = [n for n, m in sys.modules.items() if n not in before and getattr(m, "__spec__", None)]
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(made, file)
sys.exit(code)
"""


# The same start, ended when the loop has turned once instead of at the first paint.
_ONE_TURN_SCRIPT = """
import asyncio, sys
from desktop.app import cli
from desktop.app.startup import async_main
async def one_turn(*_given):
    await asyncio.sleep(0)
    return 0
async_main.run_until_closed = one_turn
sys.exit(cli.run_command([]))
"""


@dataclass
class _StartTimes:
    """Times and memory of one kind of start."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    rss: list[float] = field(default_factory=list)

    def add(self, ran: ProcessCost) -> None:
        self.wall.append(ran.wall_ms)
        self.cpu.append(ran.cpu_ms)
        self.rss.append(ran.rss_mib)


def measure(rounds: int) -> list[Figure]:
    """Offscreen, and on a virtual screen where there is one."""
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as scratch:
        folder = Path(scratch)
        with run_sandbox() as sandbox:
            set_up_workspace(folder / "home", sandbox)
        names = folder / "modules.json"
        _list_imported_modules(names, folder)
        rows = _measure_platform(
            "offscreen", {"QT_QPA_PLATFORM": "offscreen"}, folder, names, rounds
        )
        with start_virtual_screen() as display:
            if display is not None:
                env = {"QT_QPA_PLATFORM": "xcb", "DISPLAY": display}
                rows += _measure_platform("xcb", env, folder, names, rounds)
    return rows


def _list_imported_modules(names: Path, folder: Path) -> None:
    env = {"QT_QPA_PLATFORM": "offscreen", "FAIRLEAD_HOME": str(folder / "home")}
    run_timed(["-c", _LIST_IMPORTS_SCRIPT, str(names)], env)
    heavy = {"httpx", "keyring"} & set(json.loads(names.read_text(encoding="utf-8")))
    if heavy:
        print(f"  imported before the first paint: {', '.join(sorted(heavy))}")


def _measure_platform(
    name: str, env: dict[str, str], folder: Path, names: Path, rounds: int
) -> list[Figure]:
    runs = {key: _StartTimes() for key in ("bare", "same", "set up", "fresh", "turned")}
    for turn in range((rounds or _ROUNDS) + 1):
        fresh = folder / f"fresh-{name}-{turn}"
        ran = {
            "bare": run_timed(["-c", BARE_WINDOW_SCRIPT], env),
            "same": run_timed(["-c", _SAME_IMPORTS_SCRIPT, str(names)], env),
            "set up": run_timed(
                ["-m", "desktop", _FLAG], {**env, "FAIRLEAD_HOME": str(folder / "home")}
            ),
            "fresh": run_timed(["-m", "desktop", _FLAG], {**env, "FAIRLEAD_HOME": str(fresh)}),
            "turned": run_timed(
                ["-c", _ONE_TURN_SCRIPT], {**env, "FAIRLEAD_HOME": str(folder / "home")}
            ),
        }
        if turn:  # the first turn only compiles modules and warms the disk's cache
            for key, each in ran.items():
                runs[key].add(each)
    bare, same, ours, fresh_runs, turned = runs.values()
    return [
        Figure(f"{name}: bare window, wall to exit", median(bare.wall), "ms"),
        Figure(f"{name}: window with the same imports", median(same.wall), "ms"),
        Figure(f"{name}: fairlead, set up", median(ours.wall), "ms"),
        Figure(f"{name}: fairlead, first start", median(fresh_runs.wall), "ms"),
        ratio_of_medians(f"{name}: fairlead / same imports", ours.wall, same.wall, 1.25),
        ratio_of_medians(f"{name}: fairlead / bare", ours.wall, bare.wall, 2.0),
        ratio_of_medians(f"{name}: first start / bare", fresh_runs.wall, bare.wall, 2.0),
        # Painted it stands, but what is typed waits for the loop; closing it is counted here too.
        ratio_of_medians(f"{name}: until the loop has turned / bare", turned.wall, bare.wall, None),
        # Beside other work on the same cores, processor time tells more than the clock.
        ratio_of_medians(
            f"{name}: processor time, fairlead / same imports", ours.cpu, same.cpu, None
        ),
        ratio_of_medians(f"{name}: processor time, fairlead / bare", ours.cpu, bare.cpu, None),
        Figure(f"{name}: memory of the bare window", median(bare.rss), "MiB"),
        Figure(f"{name}: memory of fairlead", median(ours.rss), "MiB"),
        ratio_of_medians(f"{name}: memory, fairlead / bare", ours.rss, bare.rss, 2.0),
    ]


def print_import_times() -> str:
    """Where the imports before the first paint go, for a look by hand."""
    command = [sys.executable, "-X", "importtime", "-m", "desktop", _FLAG]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
