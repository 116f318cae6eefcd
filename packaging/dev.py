"""The one door for developers: demo, test, check, bench, docs, package.

Needs nothing but Python >= 3.11: it makes `.venv`, installs the hash-locked dependencies and, on
Debian or Ubuntu, the system packages, then does its job. Further arguments are passed on.
"""

import argparse
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
RUNTIME_LOCK = ROOT / "packaging" / "requirements.lock"
DEV_LOCK = ROOT / "packaging" / "requirements-dev.lock"

# What Qt needs to open a window on a bare Debian 12 (each found missing once).
QT_PACKAGES = [
    "libgl1", "libegl1", "libglib2.0-0", "libdbus-1-3", "libfontconfig1", "libxkbcommon0",
    "libxcb-cursor0", "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0", "libxcb-xkb1",
    "libxkbcommon-x11-0", "fonts-inter", "fonts-noto-core",
]  # fmt: skip
TEST_PACKAGES = [
    "python3-venv", "xvfb", "xauth", "dbus", "gnome-keyring", "at-spi2-core",
    "python3-pyatspi", "gir1.2-atspi-2.0", "xdotool", "systemd", "libfaketime",
]  # fmt: skip
SMOKE_PACKAGES = ["debootstrap", "xvfb"]
# For the Zendesk app; Ubuntu has no Chromium as an ordinary package, and its test is skipped there.
BROWSER_PACKAGES = ["chromium-headless-shell"]
# For the team store; other releases bring another version, and its tests are skipped there.
POSTGRES_PACKAGES = {"12": ["postgresql-15"]}
# Debian's and Ubuntu's newer releases renamed these (64-bit time).
RENAMED = {"libglib2.0-0": "libglib2.0-0t64"}
WITHOUT_QT = ("pyside6-essentials", "shiboken6", "qasync", "pytest-qt")
# Each suite with its environment; what runs without a window must run without Qt.
SUITES: dict[str, tuple[str, Path, Sequence[str]]] = {
    "headless": (".venv-headless", DEV_LOCK, WITHOUT_QT),
    "window": (".venv", DEV_LOCK, ()),
}
OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}
MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - TemporaryDirectory makes a folder in it
MEMORY_DISK_BYTES = 1 << 30


class Stop(Exception):
    """A sentence for the person at the terminal; the script ends with exit code 1."""


def main(arguments: Sequence[str]) -> int:
    """Parse the verb and run it; the exit code is the verb's."""
    parser = argparse.ArgumentParser(prog="packaging/dev.py", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, (_, text) in VERBS.items():
        verbs.add_parser(name, help=text, add_help=False)
    known, rest = parser.parse_known_args(arguments)
    os.chdir(ROOT)
    # Hundreds of short processes would compile the whole program each.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        return VERBS[known.verb][0](rest)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def demo(rest: Sequence[str]) -> int:
    """Open Fairlead on a sandbox of its own; without a display, take pictures instead."""
    system_packages(QT_PACKAGES)
    python = environment(".venv", RUNTIME_LOCK if not dev_installed(".venv") else DEV_LOCK)
    if "--tour" in rest or has_display():
        return run([python, "-m", "desktop", "demo", *rest])
    folder = Path(tempfile.mkdtemp(prefix="fairlead-tour-"))
    print("There is no display here, so Fairlead takes a tour and saves pictures instead.")
    code = run(
        [python, "-m", "desktop", "demo", "--tour", str(folder), *rest],
        env=OFFSCREEN,
    )
    if code == 0:
        print(f"The pictures are in {folder}")
    return code


def test(rest: Sequence[str]) -> int:
    """Check and run every test; a path or pytest option narrows it down."""
    paths = [r for r in rest if r.startswith("tests/")]
    options = [r for r in rest if not r.startswith("tests/")]
    wanted = [s for s in SUITES if not paths or any(p.startswith(f"tests/{s}") for p in paths)]
    if not wanted:
        raise Stop(f"The tests lie in {' and '.join(f'tests/{s}' for s in SUITES)}.")
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor())
        # apt-get and pip wait for the network most of the time: at once, where pip is there.
        more = BROWSER_PACKAGES + POSTGRES_PACKAGES.get(debian_version(), []) if is_debian() else []
        packages = pool.submit(system_packages, [*QT_PACKAGES, *TEST_PACKAGES, *more])
        if importlib.util.find_spec("ensurepip") is None:
            packages.result()
        making = {name: pool.submit(environment, *SUITES[name]) for name in {*wanted, "window"}}
        compiling = pool.submit(compile_program)
        packages.result()

        def run_suite(name: str, into: IO[bytes] | None) -> int:
            chosen = [p for p in paths if p.startswith(f"tests/{name}")]
            python = making[name].result()
            compiling.result()
            return pytest(python, name, chosen, options, into)

        def run_checks(into: IO[bytes] | None) -> int:
            return 0 if rest else checks(making["window"].result(), into)

        # All at once, or a core is idle half of the time. The first says at once what it has to
        # say, the others at their end.
        jobs = [partial(run_suite, name) for name in wanted] + [run_checks]
        told = [None, *(stack.enter_context(tempfile.TemporaryFile()) for _ in jobs[1:])]
        running = [pool.submit(job, into) for job, into in zip(jobs, told, strict=True)]
        codes = []
        for job, into in zip(running, told, strict=True):
            codes.append(job.result())
            if into is not None:
                into.seek(0)
                print(into.read().decode(errors="replace"), end="", flush=True)
    failed = [code for code in codes if code]
    print("All is well." if not failed else "Something failed: see above.")
    return failed[0] if failed else 0


def compile_program() -> None:
    """Compile what every worker of the tests imports: all at once they would compile it each."""
    # What does not compile, its tests tell.
    folders = ["desktop", "tests/support", "tests/faults"]
    run([sys.executable, "-m", "compileall", "-q", *folders], hush=True)


def check(rest: Sequence[str]) -> int:
    """Check formatting, lint, types, layers, names, references, and known vulnerabilities."""
    del rest
    python = environment(".venv", DEV_LOCK)
    # Not part of `test`, whose traffic stays on this computer.
    return checks(python) or run([python, "packaging/audit_dependencies.py"])


def bench(rest: Sequence[str]) -> int:
    """Measure; `bench faults` runs the full counts of the fault tests."""
    system_packages([*QT_PACKAGES, *TEST_PACKAGES])
    python = environment(".venv", DEV_LOCK)
    return run([python, "-m", "tests.bench", *rest])


def docs(rest: Sequence[str]) -> int:
    """Renew the table of packages in `desktop/README.md` from their docstrings."""
    del rest
    return run([sys.executable, "packaging/repository_checks.py", "--write"])


def package(rest: Sequence[str]) -> int:
    """Build what people install into `dist/`; `package smoke` tries the `.deb` in a bare root."""
    system_packages([*QT_PACKAGES, *(SMOKE_PACKAGES if "smoke" in rest else [])])
    return run([environment(".venv", DEV_LOCK), "packaging/build_packages.py", *rest])


def checks(python: str, found: IO[bytes] | None = None) -> int:
    """Run every checker, also after one has failed; returns the first failure's code.

    What they say goes to `found`, or to the terminal.
    """
    tools = Path(python).parent
    where = ["desktop", "packaging", "tests"]
    commands = [
        [str(tools / "ruff"), "format", "--check", "--quiet", *where],
        [str(tools / "ruff"), "check", "--quiet", *where],
        [python, "-m", "mypy"],
        [str(tools / "lint-imports"), "--no-cache"],
        [python, "packaging/repository_checks.py"],
        [python, "packaging/zendesk_app.py"],
    ]
    codes = [run(command, into=found) for command in commands]
    return next((code for code in codes if code), 0)


def pytest(
    python: str,
    suite: str,
    paths: Sequence[str],
    options: Sequence[str],
    into: IO[bytes] | None = None,
) -> int:
    """Run one suite with its own ini; each worker brings its own services.

    What it says goes to `into`, or to the terminal.
    """
    title = f"\n== tests/{suite} ==\n"
    if into is None:
        print(title, end="", flush=True)
    else:
        into.write(title.encode())
        into.flush()
    # On a disk three wait half of the time: each commit of fairlead.db waits for it. No test cuts
    # the power. The folder's name is short: Unix sockets stand in it, whose paths are limited.
    is_in_memory = has_memory_disk()
    command = [
        python, "-m", "pytest", "-q", "-n", "2" if is_in_memory else "3", "--dist", "worksteal",
        "-c", f"tests/{suite}/pytest.ini", "--rootdir", f"tests/{suite}",
        *(paths or [f"tests/{suite}"]), *options,
    ]  # fmt: skip
    if not is_in_memory:
        return run(command, env=OFFSCREEN, into=into)
    with tempfile.TemporaryDirectory(
        prefix="fl-", dir=MEMORY_DISK, ignore_cleanup_errors=True
    ) as folder:
        keep = ["--basetemp", f"{folder}/{suite[0]}", "-o", "tmp_path_retention_policy=failed"]
        return run([*command, *keep], env=OFFSCREEN, into=into)


def has_memory_disk() -> bool:
    """Whether there is a tmpfs with room for the tests' homes; a container's is often too small."""
    return MEMORY_DISK.is_dir() and shutil.disk_usage(MEMORY_DISK).free >= MEMORY_DISK_BYTES


def environment(name: str, lock: Path, leave_out: Sequence[str] = ()) -> str:
    """Make or bring up to date a virtual environment; returns its Python."""
    folder = ROOT / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = fingerprint(lock, leave_out)
    stamp = folder / "fairlead-stamp"
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return str(python)
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        raise Stop(
            f"Fairlead needs Python 3.11, 3.12 or 3.13; this is {platform.python_version()}."
            f" Start this script with one of those, e.g. python3.12 packaging/dev.py"
        )
    print(f"Setting up {name} (once, a minute or so) ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    except (subprocess.CalledProcessError, OSError) as error:
        raise Stop(
            "Python cannot make a virtual environment here. On Debian or Ubuntu:"
            " sudo apt-get install python3-venv"
        ) from error
    with tempfile.TemporaryDirectory() as scratch:
        chosen = Path(scratch) / "requirements.txt"
        chosen.write_text(without(lock.read_text(encoding="utf-8"), leave_out), encoding="utf-8")
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
        # What is imported is compiled then; most never is.
        hashed = ["--no-compile", "--require-hashes", "--no-deps", "-r", str(chosen)]
        if run([*pip, *hashed]):
            raise Stop("The dependencies could not be installed: see above.")
    # The checkout itself, without building anything: a path file does.
    site = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    (Path(site) / "fairlead.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    if os.name != "nt":
        command = python.parent / "fairlead"
        command.write_text(
            f"#!{python}\nimport sys\nfrom desktop.__main__ import main\nsys.exit(main())\n",
            encoding="utf-8",
        )
        command.chmod(0o755)
    stamp.write_text(wanted)
    return str(python)


def dev_installed(name: str) -> bool:
    """Whether the environment already holds the developer's tools: then they stay."""
    stamp = ROOT / name / "fairlead-stamp"
    return stamp.exists() and stamp.read_text() == fingerprint(DEV_LOCK, ())


def fingerprint(lock: Path, leave_out: Sequence[str]) -> str:
    """Changes when the lock, this script, the Python or the place changes."""
    parts = [lock.read_bytes(), " ".join(leave_out).encode(), sys.version.encode(), bytes(ROOT)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def without(lock: str, names: Sequence[str]) -> str:
    """The lock file less some packages (a block begins at the margin and goes on indented)."""
    blocks = re.split(r"(?m)^(?=\S)", lock)
    return "".join(b for b in blocks if b.partition("==")[0].strip().lower() not in names)


def system_packages(names: Sequence[str]) -> None:
    """On Debian and Ubuntu see to the packages; elsewhere the system has its own ways."""
    if not Path("/etc/debian_version").exists() or shutil.which("dpkg-query") is None:
        return
    # Debian's own Python comes without ensurepip, which a virtual environment needs.
    base = [] if importlib.util.find_spec("ensurepip") else ["python3-venv"]
    missing = [name for name in (*base, *names) if not installed(name)]
    if not missing:
        return
    if os.geteuid() != 0:
        raise Stop(
            "Some system packages are missing. Install them, then start this again:\n"
            f"  sudo apt-get install --no-install-recommends {' '.join(missing)}"
        )
    print(f"Installing system packages: {' '.join(missing)}", flush=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], env=quiet)
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    if run([*install, *missing], env=quiet, hush=True):
        raise Stop(f"apt-get could not install: {' '.join(missing)}")


def is_debian() -> bool:
    """Whether this is Debian itself, not a system made from it."""
    about = Path("/etc/os-release")
    return about.exists() and "ID=debian" in about.read_text(encoding="utf-8").splitlines()


def debian_version() -> str:
    """Return the release of this Debian or a system made from it, such as "12"; "" if none."""
    about = Path("/etc/os-release")
    lines = about.read_text(encoding="utf-8").splitlines() if about.exists() else []
    found = [line.partition("=")[2].strip('"') for line in lines if line.startswith("VERSION_ID=")]
    return found[0] if found else ""


def installed(name: str) -> bool:
    """Whether dpkg has the package, under its old or its new name."""
    for candidate in (name, RENAMED.get(name, name)):
        answer = subprocess.run(
            ["dpkg-query", "-W", "-f=${Status}", candidate],
            capture_output=True,
            text=True,
            check=False,
        )
        if "install ok installed" in answer.stdout:
            return True
    return False


def has_display() -> bool:
    """Whether a window can be opened for somebody to see."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run(
    command: Sequence[str],
    *,
    env: dict[str, str] | None = None,
    hush: bool = False,
    into: IO[bytes] | None = None,
) -> int:
    """Run a command to its end and return its exit code; `into` takes all that it says."""
    output = subprocess.DEVNULL if hush else into
    errors = subprocess.STDOUT if into else None
    merged = {**os.environ, **(env or {})}
    return subprocess.run(command, env=merged, stdout=output, stderr=errors, check=False).returncode


VERBS = {
    "demo": (demo, "open Fairlead on a sandbox of its own"),
    "test": (test, "check everything and run all tests"),
    "check": (check, "formatting, lint, types, layers, names, references, vulnerabilities"),
    "bench": (bench, "measure speed and memory; `bench faults` for the long fault tests"),
    "docs": (docs, "renew the table of packages in desktop/README.md"),
    "package": (
        package,
        "build the wheel, the Zendesk app, the bundle and this system's installer",
    ),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
