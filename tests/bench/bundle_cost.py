"""The bundle's start beside one from source, and its size beside the bundle of a bare window."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.report import Figure, median, ratio_of_medians
from tests.bench.startup_time import BARE_WINDOW_SCRIPT
from tests.bench.timed_process import run_program, run_timed
from tests.support.packaging_scripts import import_packaging_script

_ROUNDS = 10
_FLAG = "--exit-after-first-paint"


def measure(rounds: int) -> list[Figure]:
    """Build both bundles anew and start Fairlead's in turn with the checkout; some two minutes."""
    builder = import_packaging_script("build_bundle")
    size_of = import_packaging_script("build_packages").size_of
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as scratch:
        folder = Path(scratch)
        bundle = builder.build_bundle(folder)
        bare = _build_bare_bundle(folder)
        env = {"QT_QPA_PLATFORM": "offscreen", "FAIRLEAD_HOME": str(folder / "home")}
        from_source, from_bundle = [], []
        for turn in range((rounds or _ROUNDS) + 1):
            source = run_timed(["-m", "desktop", _FLAG], env)
            bundled = run_program([str(bundle / "fairlead"), _FLAG], env)
            if turn:  # the first only warms the disk's cache
                from_source.append(source.wall_ms)
                from_bundle.append(bundled.wall_ms)
        return [
            Figure("from source, wall to exit", median(from_source), "ms"),
            Figure("from the bundle, wall to exit", median(from_bundle), "ms"),
            ratio_of_medians("start, bundle / source", from_bundle, from_source, 1.2),
            Figure("bundle on disk", size_of(bundle) / 1e6, "MB"),
            Figure("bundle of a bare window on disk", size_of(bare) / 1e6, "MB"),
            Figure(
                "bundle above a bare window", (size_of(bundle) - size_of(bare)) / 1e6, "MB", 100
            ),
        ]


def _build_bare_bundle(folder: Path) -> Path:
    script = folder / "bare.py"
    script.write_text(BARE_WINDOW_SCRIPT, encoding="utf-8")
    command = [
        sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR",
        "--distpath", str(folder), "--workpath", str(folder / "build"), "--specpath", str(folder),
        str(script),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return folder / "bare"
