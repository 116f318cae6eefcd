"""What a screen reader and its user do, from outside; run by the system's own Python.

Arguments: the address of the sandbox's Zendesk and its Authorization header, and the program's
Python. The agent's journeys follow each other in one window, and one's undo time runs while the
next is gone. Prints one JSON line with what was found, done and heard, by journey.
"""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pyatspi  # type: ignore[import-not-found]
from gi.repository import GLib  # type: ignore[import-not-found]

Report = dict[str, Any]
# Until the status bar says that both services are away; they come back while the edit waits.
_OFFLINE_S = 4
heard: list[str] = []


def walk_accessible_tree(node: Any, depth: int = 0) -> Iterator[Any]:
    yield node
    if depth < 40:
        for index in range(node.childCount):
            child = node.getChildAtIndex(index)
            if child is not None:
                yield from walk_accessible_tree(child, depth + 1)


def window() -> Any:
    desktop = pyatspi.Registry.getDesktop(0)
    for index in range(desktop.childCount):
        app = desktop.getChildAtIndex(index)
        if app is not None and app.childCount and "airlead" in (app.name or ""):
            return app
    return None


def wait_for_node(find: Callable[[], Any], within_s: float = 40) -> Any:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            found = find()
        except Exception:  # noqa: BLE001 - a node that has gone while it was read
            found = None
        if found:
            return found
        time.sleep(0.1)
    sought = [cell.cell_contents for cell in find.__closure__ or ()]
    shown = [text for text in shown_texts() if text]
    raise SystemExit(f"shown: {shown}; heard: {heard}; never there: {sought}")


def find_named(name: str, role: str | None = None) -> Callable[[], Any]:
    def find() -> Any:
        for node in walk_accessible_tree(window()):
            showing = node.getState().contains(pyatspi.STATE_SHOWING)
            if node.name == name and showing and role in (None, node.getRoleName()):
                return node
        return None

    return find


def press(node: Any, *names: str) -> None:
    actions = node.queryAction()
    offered = [actions.getName(index) for index in range(actions.nActions)]
    wanted = next(index for index, name in enumerate(offered) if name.lower() in names)
    actions.doAction(wanted)


def is_in_state(node: Any, state: Any) -> bool:
    return bool(node.getState().contains(state))


def shown_texts() -> list[str]:
    texts = []
    for node in walk_accessible_tree(window()):
        if is_in_state(node, pyatspi.STATE_SHOWING):
            texts += [node.name or "", node.description or ""]
    return texts


def wait_for_text(part: str) -> str:
    found = wait_for_node(lambda: [text for text in shown_texts() if part in text])
    return str(found[0])


def listen() -> None:
    """Take in what was announced since: the bus tells it to whoever turns the loop."""
    context = GLib.MainContext.default()
    while context.iteration(False):
        pass


def wait_until_heard(part: str) -> str:
    def find() -> str | None:
        listen()
        return next((said for said in heard if part in said), None)

    return str(wait_for_node(find))


def count_announcements(part: str) -> int:
    listen()
    return sum(part in said for said in heard)


def request(method: str, url: str, body: object = None, authorization: str = "") -> None:
    """Ask the sandbox, as another program would."""
    asked = urllib.request.Request(  # noqa: S310 - the test's own loopback address
        url,
        data=json.dumps(body).encode() if body is not None else None,
        method=method,
        headers={"Content-Type": "application/json", "Authorization": authorization},
    )
    urllib.request.urlopen(asked).close()  # noqa: S310


def look_up(text: str) -> None:
    field = wait_for_node(find_named("Find a customer", "text"))
    field.queryEditableText().setTextContents(text)
    wait_for_node(lambda: field.queryText().getText(0, -1) == text)
    press(field, "press", "activate", "setfocus")
    field.queryComponent().grabFocus()
    pyatspi.Registry.generateKeyboardEvent(36, None, pyatspi.KEY_PRESSRELEASE)


def opt_out() -> Report:
    """AG1: the level is chosen, the service confirms it, and a note for colleagues is added."""
    look_up("#48213")
    # By its role: its title has the same name, and may be told first while panels change.
    panel = wait_for_node(
        lambda: find_named("Opt-out", "panel")() or find_named("Opt-out", "grouping")()
    )
    radio = wait_for_node(find_named("No marketing e-mail", "radio button"))
    roles = sorted({node.getRoleName() for node in walk_accessible_tree(window())})
    names = sorted({node.name for node in walk_accessible_tree(window()) if node.name})
    press(radio, "press", "toggle", "check")
    press(wait_for_node(find_named("Stop marketing e-mail")), "press", "click")
    confirmed = wait_until_heard("Sailthru confirmed")
    checked = wait_for_node(find_named("No marketing e-mail", "radio button"))
    press(wait_for_node(find_named("Add note to #48213")), "press", "click")
    field = wait_for_node(find_named("Note to colleagues", "text"))
    # What was changed stands there already.
    note = wait_for_node(lambda: field.queryText().getText(0, -1))
    field.queryEditableText().setTextContents(f"{note} Please call back.")
    press(wait_for_node(find_named("Add internal note")), "press", "click")
    return {
        "confirmed": confirmed,
        "note": note,
        "added": wait_until_heard("note to colleagues on #48213"),
        "panel": panel.getRoleName(),
        "roles": roles,
        "names": names,
        "checked": is_in_state(checked, pyatspi.STATE_CHECKED),
        # Mark-up is for the eyes: Qt would read a tool tip out as it is written.
        "mark_up": [text for text in shown_texts() if "<qt>" in text],
    }


def change_address() -> Report:
    """AG2: the address is set as a whole, as dictation does; the check says what it has found."""
    look_up("#48240")
    wait_for_text("Please use tom@new.example")
    press(wait_for_node(find_named("Change e-mail")), "press", "click")
    field = wait_for_node(find_named("New e-mail address", "text"))
    field.queryEditableText().setTextContents("tom@new.example")
    found = wait_until_heard("Another profile")
    press(wait_for_node(find_named("Merge", "radio button")), "press", "toggle", "check")
    save = wait_for_node(find_named("Save the new e-mail address"))
    wait_for_node(lambda: is_in_state(save, pyatspi.STATE_ENABLED))
    press(save, "press", "click")
    done = wait_until_heard("Sailthru: Has it now")
    press(wait_for_node(find_named("Close Change e-mail")), "press", "click")
    return {"found": found, "done": done}


def pause_marketing() -> Report:
    """AG3: a frustrated customer is marked, and is to get no campaigns for a while."""
    look_up("#48302")
    wait_for_text("Priya Nair")
    group = wait_for_node(find_named("Health", "panel"))
    press(wait_for_node(find_named("Frustrated", "radio button")), "press", "toggle", "check")
    wait_until_heard("health set to Frustrated")
    press(wait_for_node(find_named("Pause marketing")), "press", "click")
    wait_until_heard("arketing pauses until")
    # The countdown goes on once, whichever of its seconds was read first: it is not told again.
    countdown = wait_for_text("Sends in ")
    wait_for_node(lambda: countdown not in shown_texts())
    listen()
    checked = wait_for_node(find_named("Frustrated", "radio button"))
    return {
        "group": group.getRoleName(),
        "checked": is_in_state(checked, pyatspi.STATE_CHECKED),
        "paused": [said for said in heard if "arketing pauses until" in said],
    }


def release_pause(sandbox: str, authorization: str, python: str) -> Report:
    """AG3, the next day: the last ticket is solved, and the pause is released by itself."""
    wait_until_heard("Marketing paused until")
    look_up("#48302")
    banner = wait_until_heard("Marketing is paused until")
    wait_for_node(find_named("End pause"))
    solved = {"ticket": {"status": "solved"}}
    request("PUT", f"{sandbox}/api/v2/tickets/48302", solved, authorization)
    # What the window itself does every few minutes.
    command = [python, "-m", "desktop", "pause", "--release"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    released = wait_until_heard("no longer paused")
    wait_for_node(lambda: not find_named("End pause")() and window())
    return {"banner": banner, "released": released}


def use_other_profile() -> Report:
    """AG4: the profile at another address of the customer is used."""
    look_up("j.doe@corp.example")
    use = wait_for_node(find_named("Use the profile of jdoe@home.example"))
    description = use.description
    press(use, "press", "click")
    return {"description": description, "used": wait_for_text("jdoe@home.example, chosen here")}


def work_offline(sandbox: str) -> Report:
    """AG5: both services go away, a list is taken away, and the removal waits and is sent."""
    look_up("dana@okafor.example")
    wait_for_text("Dana Okafor")
    wait_for_node(find_named("VIP Offers", "check box"))
    request("POST", f"{sandbox}/sandbox/network", {"off_s": _OFFLINE_S})
    press(wait_for_node(find_named("Refresh")), "press", "click")
    away = wait_until_heard("can't be reached")
    press(wait_for_node(find_named("VIP Offers", "check box")), "press", "toggle", "check")
    queued = wait_until_heard("queued until Sailthru is back")
    box = wait_for_node(find_named("VIP Offers", "check box"))
    waits = box.description
    # The network is back: the window asks again by itself, and sends.
    sent = wait_until_heard("Removed from VIP Offers: Sailthru confirmed")
    return {"away": away, "queued": queued, "waits": waits, "sent": sent}


def main(sandbox: str, authorization: str, python: str) -> None:
    pyatspi.Registry.registerEventListener(
        lambda event: heard.append(str(event.any_data)), "object:announcement"
    )
    wait_for_node(window)
    report = {
        "opt out": opt_out(),
        "change address": change_address(),
        "pause marketing": pause_marketing(),
        "work offline": work_offline(sandbox),
        "use other profile": use_other_profile(),
        "release pause": release_pause(sandbox, authorization, python),
    }
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
