"""The window over the accessibility bus, from another process: read, typed into, pressed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.child_processes import die_with_parent
from tests.support.virtual_display import FairleadProcess
from tests.support.window_driver import MARIA
from tests.support.window_sandbox import LoggedSandbox, read_profile_officially

_HERE = Path(__file__).parent
_TOM = "5f1c7d02a9be4c3300240012"
# Nothing is started by a name: the desktop's keyring would ask for a password, and hold the keys.
_BUS = """<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
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
/usr/bin/python3 "$1" "$2" "$3" "$0"
code=$?
kill -0 $app || echo "the program had ended" >&2
kill $app $bus
exit $code
"""


def test_screen_reader_user_goes_through_the_agents_journeys(
    program: FairleadProcess, sandbox: LoggedSandbox, tmp_path: Path
) -> None:
    bus = tmp_path / "bus.conf"
    bus.write_text(_BUS)
    environment = program.environment | {
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        "GTK_MODULES": "",
        "XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR", ""),
    }
    environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    reader = str(_HERE / "accessibility_bus_client.py")
    done = subprocess.run(
        [
            *("dbus-run-session", f"--config-file={bus}", "--"),
            *("sh", "-c", _SESSION, sys.executable, reader),
            *(sandbox.zendesk["base_url"], sandbox.basic_auth_headers()["Authorization"]),
        ],
        env=environment,
        cwd=_HERE.parents[2],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
        preexec_fn=die_with_parent,
    )
    if done.returncode:
        # Whole: an assertion would cut what was shown and heard out of its middle.
        pytest.fail(done.stderr[-6000:], pytrace=False)
    journeys = json.loads(done.stdout.splitlines()[-1])
    report = journeys["opt out"]
    assert report["panel"] in ("panel", "grouping")
    assert report["checked"]
    assert report["mark_up"] == []
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
    assert "Opt-out “No marketing e-mail”" in report["confirmed"]
    assert "Opt-out" in report["note"]
    assert "in 10 s" in report["added"]
    comments = sandbox.http(
        "zendesk", "GET", "/api/v2/tickets/48213/comments", None, sandbox.basic_auth_headers()
    ).body["comments"]
    (note,) = [each for each in comments if "Please call back." in each["body"]]
    assert note["public"] is False
    profile = read_profile_officially(sandbox, MARIA, {})
    assert profile["optout_email"] == "basic"
    report = journeys["change address"]
    assert "Zendesk: Free." in report["found"]
    assert "Sailthru: Has it now." in report["done"]
    assert read_profile_officially(sandbox, _TOM, {})["keys"]["email"] == "tom@new.example"
    report = journeys["pause marketing"]
    assert report["group"] == "panel"
    assert report["checked"]
    # The banner once, and not at each second of its countdown.
    assert len(report["paused"]) == 1
    report = journeys["use other profile"]
    assert "Nothing is written to Sailthru" in report["description"]
    report = journeys["work offline"]
    assert "Removed from VIP Offers" in report["queued"]
    assert report["waits"] == "queued until Sailthru is back"
    assert "confirmed" in report["sent"]
    report = journeys["release pause"]
    assert "until the last ticket is solved" in report["banner"]
    assert "Priya Nair" in report["released"]
