"""What a screen reader and its user do, from outside; run by the system's own Python.

Arguments: the address to look up. Prints one JSON line with what was found and done.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pyatspi  # type: ignore[import-not-found]


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
    seen = (
        [(n.getRoleName(), n.name) for n in walk_accessible_tree(window())]
        if window()
        else "no window"
    )
    raise SystemExit(
        f"there is {seen}; never there: {[c.cell_contents for c in find.__closure__ or ()]}"
    )


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


def main(address: str) -> None:
    wait_for_node(window)
    field = wait_for_node(find_named("Find a customer", "text"))
    field.queryEditableText().setTextContents(address)
    wait_for_node(lambda: field.queryText().getText(0, -1) == address)
    press(field, "press", "activate", "setfocus")
    field.queryComponent().grabFocus()
    pyatspi.Registry.generateKeyboardEvent(36, None, pyatspi.KEY_PRESSRELEASE)
    # By its role: its title has the same name, and may be told first while panels change.
    panel = wait_for_node(
        lambda: find_named("Opt-out", "panel")() or find_named("Opt-out", "grouping")()
    )
    radio = wait_for_node(find_named("No marketing e-mail", "radio button"))
    roles = sorted({node.getRoleName() for node in walk_accessible_tree(window())})
    names = sorted({node.name for node in walk_accessible_tree(window()) if node.name})
    press(radio, "press", "toggle", "check")
    button = wait_for_node(find_named("Stop marketing e-mail"))
    press(button, "press", "click")
    wait_for_node(
        lambda: any("Sailthru confirmed" in (n.name or "") for n in walk_accessible_tree(window()))
    )
    checked = wait_for_node(find_named("No marketing e-mail", "radio button"))
    sys.stdout.write(
        json.dumps(
            {
                "panel": panel.getRoleName(),
                "roles": roles,
                "names": names,
                "checked": checked.getState().contains(pyatspi.STATE_CHECKED),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
