"""Names from outside are shown as typed, and every control has a name and a role."""

import html

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QTextDocument
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QWidget

from desktop.panels.widgets.switch import Switch
from tests.support.window_driver import Key, WindowDriver

PANELS = (
    "Zendesk",
    "Lists",
    "Opt-out",
    "Health",
    "Customer value",
    "Engagement",
    "Tickets",
    "Profile data",
    "Timeline",
)
ACTIONS = ("Undo", "Sync to Sailthru", "Refresh", "Follow Zendesk")
PAGES = ("Customers", "Activity", "Settings")
_UNSPOKEN = (QAccessible.Role.NoRole,)


def nodes(widget: QWidget) -> list[QAccessibleInterface]:
    """Every visible node below a widget, as a screen reader walks it."""
    found: list[QAccessibleInterface] = []
    root = QAccessible.queryAccessibleInterface(widget)
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        if not node.isValid() or node.state().invisible:  # type: ignore[attr-defined]
            continue
        found.append(node)
        if node.role() not in (QAccessible.Role.Table, QAccessible.Role.List):
            children = [node.child(i) for i in range(node.childCount())]
            waiting += [child for child in children if child is not None]
    return found


def unnamed(widget: QWidget) -> list[str]:
    """Stops of the keyboard that would be read out as nothing."""
    found = []
    for node in nodes(widget):
        state = node.state()
        if not state.focusable or state.disabled:  # type: ignore[attr-defined]
            continue
        owner = node.object()
        if not isinstance(owner, QWidget) or owner.isWindow():
            continue
        if owner.focusPolicy() == Qt.FocusPolicy.NoFocus or owner.focusProxy() is not None:
            continue
        if not node.text(QAccessible.Text.Name).strip() or node.role() in _UNSPOKEN:
            found.append(f"{type(owner).__name__} {owner.objectName()!r}")
    return found


async def test_focusable_controls_have_name_and_role_in_every_state(window: WindowDriver) -> None:
    seen = {"start": unnamed(window.view)}
    for text in ("maria@lopez.example", "j.doe@corp.example", "nobody@nowhere.example"):
        await window.look_up(text)
        seen[text] = unnamed(window.view)
    await window.look_up("Alex Kim")
    seen["choice"] = unnamed(window.view)
    await window.look_up("ben@castle.example")
    window.click("Gets everything")
    seen["form"] = unnamed(window.view)
    window.press(Key.Key_Escape)
    window.click("Winback", Switch)
    await window.wait_until(lambda: window.toast_texts)
    seen["toast"] = unnamed(window.view)
    window.sandbox.set_faults("sailthru:* *:503")
    await window.look_up("tom@old.example")
    seen["failed"] = unnamed(window.view)
    await window.look_up("a@@b")
    seen["banner"] = unnamed(window.view)
    window.sandbox.set_faults()
    window.view.resize(392, 860)
    await window.look_up("maria@lopez.example")
    seen["narrow"] = unnamed(window.view)
    for page in ("activity", "settings"):
        window.view.show_page(page)
        await window.wait_until(lambda: True)
        seen[page] = unnamed(window.view)
    assert not {state: names for state, names in seen.items() if names}


async def test_documented_accessible_names_exist(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    for width in (1280, 392):
        window.view.resize(width, 860)
        await window.pause(0.1)
        by_object = {w.objectName() for w in window.view.findChildren(QWidget)}
        by_object |= {action.objectName() for action in window.view.window_actions.all()}
        spoken = {node.text(QAccessible.Text.Name) for node in nodes(window.view)}
        for name in ("Find a customer", *PANELS, *PAGES, "Follow Zendesk", "Refresh"):
            assert name in by_object, name
            if width == 1280 or name not in ("Customer value",):
                assert name in spoken, name
        for name in ACTIONS:
            assert name in by_object, name


async def test_panels_are_groups_and_controls_have_roles(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    role = QAccessible.Role
    wanted = {
        "Opt-out": (role.Grouping,),
        "Lists": (role.Grouping,),
        "Gets everything": (role.RadioButton,),
        "Newsletter": (role.CheckBox, role.Switch),
        "Find a customer": (role.EditableText,),
    }
    for name, roles in wanted.items():
        widget = next(w for w in window.find_all(name) if not isinstance(w, QLabel))
        node = QAccessible.queryAccessibleInterface(widget)
        assert node is not None
        assert node.role() in roles, (name, node.role())
    state = QAccessible.queryAccessibleInterface(window.find_one("Newsletter", Switch)).state()  # type: ignore[union-attr]
    assert state.checked


async def test_disabled_controls_have_reason(agent_window: WindowDriver) -> None:
    driver = agent_window
    for text in ("maria@lopez.example", "ben@castle.example", "noname@plain.example"):
        await driver.look_up(text)
        silent = [
            (type(w).__name__, w.accessibleName() or w.objectName())
            for w in driver.view.findChildren(QWidget)
            if isinstance(w, QAbstractButton | QComboBox)
            and w.isVisible()
            and not w.isEnabled()
            and not w.accessibleDescription()
        ]
        assert not silent, silent


HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "a < b and c > d",
    "R&D & <b>Sons</b>",
    "Very " * 60 + "Long",
    "<a href='https://evil.example'>here</a>",
)


def shown_tip(widget: QWidget) -> str:
    """What a person would read in the tool tip."""
    tip = widget.toolTip()
    if not tip.startswith("<qt>"):
        return tip
    document = QTextDocument()
    document.setHtml(tip)
    return document.toPlainText()


async def test_hostile_names_are_plain_text(window: WindowDriver) -> None:
    for number, name in enumerate(HOSTILE):
        rename(window, name)
        await window.look_up("html@markup.example")
        window.press(Key.Key_F5)
        await window.is_lookup_finished()
        header = window.view.customers_page._sheet._header  # type: ignore[union-attr]
        assert header._name.full_text() == name
        for label in window.view.findChildren(QLabel):
            assert label.textFormat() is Qt.TextFormat.PlainText
            assert not label.openExternalLinks()
            buddy_eats = label.buddy() is not None and "&" in label.text()
            assert not buddy_eats, label.text()
        for widget in window.view.findChildren(QWidget):
            tip = widget.toolTip()
            assert "<img" not in tip.lower(), tip
            assert "<a href" not in tip.lower(), tip
            if tip.startswith("<qt>"):
                assert html.unescape(tip).count("&amp;") == 0, tip
        for button in window.view.findChildren(QAbstractButton):
            if "&" in button.text():
                assert "&" not in button.text().replace("&&", ""), button.text()
        assert header._name.width() <= window.view.width()
        window.save_screenshot(f"hostile-{number}")
        # In the list under the search field too.
        window.view.top_bar.search_field.take_focus()
        window.type(name[:40])
        popup = window.view.top_bar.search_field.popup()
        assert popup is not None
        rows = [popup.view.model().index(row, 0).data() for row in range(popup.count())]
        assert any(name[:30] in row for row in rows), rows


def rename(driver: WindowDriver, name: str) -> None:
    """Give Zendesk's person and their ticket this name."""
    import base64
    import json
    from urllib.request import Request, urlopen

    zendesk = driver.sandbox.zendesk
    token = base64.b64encode(f"{zendesk['email']}/token:{zendesk['api_token']}".encode()).decode()
    body = json.dumps({"user": {"name": name}}).encode()
    url = f"{zendesk['base_url']}/api/v2/users/7709.json"
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    request = Request(url, body, headers, method="PUT")  # noqa: S310 - its own loopback address
    # Zendesk takes five updates of one user a minute, which several cases in one window exceed.
    driver.sandbox.control("POST", "speed", {"rate_limits": "off"})
    with urlopen(request, timeout=10) as answer:  # noqa: S310
        answer.read()
    driver.sandbox.control("POST", "speed", {"rate_limits": "real"})


async def test_tool_tip_of_cut_name_is_plain_text(window: WindowDriver) -> None:
    rename(window, HOSTILE[0] * 8)
    window.view.resize(392, 860)
    await window.look_up("html@markup.example")
    name = window.view.customers_page._sheet._header._name  # type: ignore[union-attr]
    assert name.toolTip()
    assert shown_tip(name) == HOSTILE[0] * 8
