"""Builds the one-folder bundle of Fairlead with PyInstaller, and starts it once."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Libraries of Windows that Python's own modules name; PyInstaller looks for them on every system.
WINDOWS_LIBRARIES = ("ole32", "shell32", "user32", "kernel32", "advapi32", "dwmapi")

# Modules that PyInstaller's hooks ask for, and that psycopg 3.3 and importlib_resources 7 have no
# more.
GONE_MODULES = ("psycopg_binary._uuid", "importlib_resources.trees")


def build_bundle(into: Path) -> Path:
    """Build `into/fairlead/` and return it. Raises RuntimeError where a library is missing."""
    command = [
        sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN",
        "--distpath", str(into), "--workpath", str(ROOT / "build" / "bundle"),
        str(ROOT / "packaging" / "fairlead.spec"),
    ]  # fmt: skip
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if built.returncode:
        raise RuntimeError(f"PyInstaller failed:\n{built.stderr[-4000:]}")
    missing = [line for line in built.stderr.splitlines() if is_missing_library(line)]
    if missing:
        raise RuntimeError("The bundle would lack libraries:\n" + "\n".join(missing))
    return into / "fairlead"


def is_missing_library(line: str) -> bool:
    """Whether a line of PyInstaller's log names a library or module that the bundle would lack."""
    if "WARNING" not in line or ("not found" not in line and "not resolve" not in line):
        return False
    if any(name in line for name in GONE_MODULES):
        return False
    return not any(f"Library {name}" in line for name in WINDOWS_LIBRARIES)


def start_bundle(program: Path) -> None:
    """Start an installed bundle: its version, a window offscreen, a look-up on its own sandbox.

    Raises RuntimeError with what was said where one of them fails.
    """
    with tempfile.TemporaryDirectory(prefix="fl-") as home:
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("FAIRLEAD_", "PYTHON"))},
            "FAIRLEAD_HOME": home, "QT_QPA_PLATFORM": "offscreen",
        }  # fmt: skip

        def run(*arguments: str, text: str | None = None, **more: str) -> str:
            done = subprocess.run(
                [str(program), *arguments], env=environment | more, input=text,
                capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            if done.returncode:
                said = f"{done.stdout}\n{done.stderr}"[-2000:]
                raise RuntimeError(f"{program} {' '.join(arguments)}: {done.returncode}\n{said}")
            return done.stdout

        run("--version")
        run("--exit-after-first-paint")
        sandbox = subprocess.Popen(
            [str(program), "sandbox", "--customers", "5"],
            env=environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            keys = json.loads(sandbox.stdout.readline() if sandbox.stdout else "{}")
            # From the environment, as on a server: a build machine has no keyring.
            secrets = {
                "FAIRLEAD_SAILTHRU_KEY": keys["sailthru"].pop("api_key"),
                "FAIRLEAD_SAILTHRU_SECRET": keys["sailthru"].pop("api_secret"),
                "FAIRLEAD_ZENDESK_EMAIL": keys["zendesk"].pop("email"),
                "FAIRLEAD_ZENDESK_TOKEN": keys["zendesk"].pop("api_token"),
            }
            run("setup", "--from", "-", text=json.dumps(keys), **secrets)
            sheet = json.loads(run("lookup", "maria@lopez.example", "--json", **secrets))
            if not sheet["zendesk"] or not sheet["sailthru"]:
                raise RuntimeError("The bundle's look-up found nobody on its sandbox.")
        finally:
            sandbox.terminate()
            sandbox.wait(10)


if __name__ == "__main__":
    start_bundle(build_bundle(ROOT / "dist") / "fairlead")
