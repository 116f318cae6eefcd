"""A display of one's own, and the real program in processes of its own on it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from tests.support.child_processes import ROOT, die_with_parent


class VirtualDisplay:
    """An X server without a screen; ended by its process id."""

    def __init__(self) -> None:
        told, tells = os.pipe()
        self._process = subprocess.Popen(
            # When its last client has gone it would start anew, and refuse who comes just then.
            [
                "Xvfb",
                "-displayfd",
                str(tells),
                "-screen",
                "0",
                "1400x1000x24",
                "-nolisten",
                "tcp",
                "-noreset",
            ],
            pass_fds=[tells],
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        os.close(tells)
        with os.fdopen(told) as answer:
            self.name = f":{answer.readline().strip()}"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def window_titles(self) -> list[str]:
        """The titles of the program's windows."""
        found = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", "^Fairlead – "],
            env=os.environ | {"DISPLAY": self.name},
            capture_output=True,
            text=True,
            check=False,
        )
        return found.stdout.split()


class FairleadProcess:
    """`fairlead` as a person starts it, on a display and a home."""

    def __init__(self, display: VirtualDisplay, home: Path, document: dict[str, Any]) -> None:
        said, zendesk = document["sailthru"], document["zendesk"]
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("QT_")},
            "DISPLAY": display.name,
            "QT_QPA_PLATFORM": "xcb",
            "FAIRLEAD_HOME": str(home),
            "FAIRLEAD_SAILTHRU_KEY": said["api_key"],
            "FAIRLEAD_SAILTHRU_SECRET": said["api_secret"],
            "FAIRLEAD_ZENDESK_EMAIL": zendesk["email"],
            "FAIRLEAD_ZENDESK_TOKEN": zendesk["api_token"],
        }
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "desktop", *arguments],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
        )
        self._started.append(process)
        return process

    def stop(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait(10)
            if process.stderr is not None:
                process.stderr.close()


def wait_until_true(true: Callable[[], object], within_s: float = 30.0) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, f"never became true: {true}"
        time.sleep(0.05)


def wait_for_window(display: VirtualDisplay, process: subprocess.Popen[str]) -> None:
    """Wait until this process shows the only window, for as long as it lives."""
    while len(display.window_titles()) != 1:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        time.sleep(0.05)


def lookup_requests(requests: list[dict[str, Any]], part: str) -> bool:
    return any(part in unquote_plus(f"{r['path']}?{r['query']}") for r in requests)
