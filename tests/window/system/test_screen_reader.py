"""The window over the accessibility bus, from another process: read, typed into, pressed."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.sandbox_process import die_with_parent
from tests.support.virtual_display import FairleadProcess
from tests.support.window_driver import MARIA
from tests.support.window_sandbox import LoggedSandbox, read_profile_officially

_HERE = Path(__file__).parent
_SESSION = r"""
/usr/libexec/at-spi-bus-launcher --launch-immediately & bus=$!
# Asked for before it has its name, the bus is started a second time: program and reader might
# each be on another one.
for try in $(seq 100); do
    dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus \
        org.freedesktop.DBus.NameHasOwner string:org.a11y.Bus | grep -q "boolean true" && break
    sleep 0.1
done
"$0" -m desktop & app=$!
/usr/bin/python3 "$1" maria@lopez.example
code=$?
kill -0 $app || echo "the program had ended" >&2
kill $app $bus
exit $code
"""


def test_screen_reader_user_opts_customer_out(
    program: FairleadProcess, sandbox: LoggedSandbox
) -> None:
    environment = program.environment | {
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        "GTK_MODULES": "",
        "XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR", ""),
    }
    environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    reader = str(_HERE / "accessibility_bus_client.py")
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", _SESSION, sys.executable, reader],
        env=environment,
        cwd=_HERE.parents[2],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        preexec_fn=die_with_parent,
    )
    assert done.returncode == 0, (done.stdout, done.stderr[-2000:])
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["panel"] in ("panel", "grouping")
    assert report["checked"]
    for name in (
        "Find a customer",
        "Zendesk",
        "Lists",
        "Opt-out",
        "Health",
        "Customer value",
        "Engagement",
        "Tickets",
        "Profile data",
        "Timeline",
        "Refresh",
        "Follow Zendesk",
        "Sync to Sailthru",
        "Customers",
        "Activity",
        "Settings",
    ):
        assert name in report["names"], name
    assert {"radio button", "text"} <= set(report["roles"])
    profile = read_profile_officially(sandbox, MARIA, {})
    assert profile["optout_email"] == "basic"
