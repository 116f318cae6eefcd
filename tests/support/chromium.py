"""A headless Chromium driven over its DevTools pipe; no page of it leaves loopback."""

import fcntl
import itertools
import json
import os
import select
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
_TIMEOUT_S = 15.0


def find_chromium() -> str:
    """The Chromium here; skips the test where the system has none as a package."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    about = Path("/etc/os-release")
    is_debian = about.exists() and "\nID=debian" in about.read_text(encoding="utf-8")
    # There `packaging/dev.py test` installs it: a test that is skipped there would go unseen.
    assert not is_debian, "Install chromium-headless-shell, or run packaging/dev.py test."
    pytest.skip("No Chromium is installed, and only Debian has it as an ordinary package.")


class ChromiumPage:
    """One page or frame: evaluates JavaScript there and presses keys."""

    def __init__(self, browser: "HeadlessChromium", session: str) -> None:
        self._browser, self._session = browser, session

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.send(method, params, self._session)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, a promise's once it is kept; as if somebody had clicked."""
        answer = self.send(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true; fails by name when it does not become so."""
        until = time.monotonic() + _TIMEOUT_S
        while not self.evaluate(expression):
            assert time.monotonic() < until, f"never became true: {expression}"
            time.sleep(0.02)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press and release a key where the keyboard is."""
        for kind in ("keyDown", "keyUp"):
            typed = {"text": text} if text and kind == "keyDown" else {}
            self.send(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **typed
            )


class HeadlessChromium:
    """The browser's process; `close` ends it."""

    def __init__(self, profile: Path, port: int) -> None:
        """Every host name leads to the TLS server on this loopback `port`."""
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        program = find_chromium()
        arguments = [
            program,
            "--headless",
            "--no-sandbox",  # the tests may run as root, and load nothing but their own pages
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--site-per-process",  # as on a desktop: the frame of another site is a page apart
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            f"--host-resolver-rules=MAP * 127.0.0.1:{port}",
            "--ignore-certificate-errors",
        ]
        # Chromium reads its pipe from descriptor 3 and writes to 4, and ends when that is closed.
        high = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in (to_browser, from_browser)]
        self._pid = os.posix_spawn(
            program,
            arguments,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, high[0], 3),
                (os.POSIX_SPAWN_DUP2, high[1], 4),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )
        for each in (*high, to_browser, from_browser):
            os.close(each)
        self._ids = itertools.count(1)
        self._buffer = b""
        self.events: list[dict[str, Any]] = []

    def open_page(self, url: str) -> ChromiumPage:
        """Open a page, and attach to each frame in it as it comes."""
        target = self.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        found = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})
        page = ChromiumPage(self, found["sessionId"])
        page.send(
            "Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True
        )
        page.send("Page.navigate", url=url)
        return page

    def find_frame(self, url_part: str) -> ChromiumPage:
        """The frame that loads an address of another site with this in it, once it is loaded."""
        loaded = f"location.href.includes({url_part!r}) && document.readyState === 'complete'"
        until = time.monotonic() + _TIMEOUT_S
        while time.monotonic() < until:
            for event in self.events:
                params = event["params"]
                is_frame = params.get("targetInfo", {}).get("type") == "iframe"
                if event["method"] == "Target.attachedToTarget" and is_frame:
                    frame = ChromiumPage(self, params["sessionId"])
                    if frame.evaluate(loaded):
                        return frame
            # An answer brings the events that came before it.
            self.send("Target.getTargets", {})
            time.sleep(0.02)
        raise AssertionError(f"no frame came with {url_part}")

    def send(self, method: str, params: dict[str, Any], session: str = "") -> dict[str, Any]:
        """Send one command and return its answer; events that come before it are kept."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                found: dict[str, Any] = answer["result"]
                return found
            if "method" in answer:
                self.events.append(answer)

    def close(self) -> None:
        """End the browser."""
        os.close(self._write)
        os.kill(self._pid, signal.SIGTERM)
        os.waitpid(self._pid, 0)
        os.close(self._read)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], _TIMEOUT_S)
            assert ready, "Chromium does not answer"
            chunk = os.read(self._read, 1 << 16)
            assert chunk, "Chromium has ended"
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(line)
        return found
