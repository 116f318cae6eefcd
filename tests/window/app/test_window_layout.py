"""Scale, font size, theme: nothing is cut, nothing overlaps, everything can be read."""

import sys
import time

from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QScrollArea, QWidget

from desktop.panels.theme.application_theme import ThemeChoice
from desktop.panels.theme.current_theme import current_tokens
from desktop.panels.widgets.label import ElidedLabel
from tests.support.window_driver import Key, WindowDriver
from tests.support.window_workspace import lasting_faults, wait_until


def cut(driver: WindowDriver) -> list[str]:
    """Texts that have less space than they need, and no way to be read whole."""
    found = []
    for widget in driver.view.findChildren(QWidget):
        if not widget.isVisible() or not isinstance(widget, QLabel | QAbstractButton):
            continue
        need = widget.minimumSizeHint()
        if isinstance(widget, QAbstractButton) and widget.toolTip():
            continue
        if isinstance(widget, QLabel) and not widget.text():
            continue
        if isinstance(widget, ElidedLabel):
            whole = widget.text() == widget.full_text() or widget.toolTip()
            if not whole:
                found.append(f"{widget.full_text()!r} is cut without a tool tip")
        elif isinstance(widget, QLabel) and widget.wordWrap():
            high = widget.heightForWidth(widget.width())
            if widget.height() < high:
                found.append(f"{widget.text()!r} has {widget.height()} of {high} px")
        elif widget.width() < need.width() or widget.height() < widget.fontMetrics().height():
            name = widget.text() or widget.accessibleName()
            found.append(f"{type(widget).__name__} {name!r}: {widget.size()} < {need}")
    return found


def overlapping(parent: QWidget) -> list[str]:
    """Brothers that stand on each other."""
    found = []
    for box in [parent, *parent.findChildren(QWidget)]:
        if not box.isVisible() or box.layout() is None:
            continue
        kids = [
            k
            for k in box.children()
            if isinstance(k, QWidget) and k.isVisible() and box.layout().indexOf(k) >= 0
        ]
        for i, one in enumerate(kids):
            for other in kids[i + 1 :]:
                if one.geometry().intersects(other.geometry()):
                    found.append(f"{one} on {other}")  # noqa: PERF401 - three loops read better
    return found


async def test_texts_are_not_cut_at_any_width(window: WindowDriver) -> None:
    for size in [(1280, 820), (1024, 640), (800, 700), (392, 860)]:
        window.view.resize(*size)
        for text in ("#48213", "countess@outer-isles.example", "j.doe@corp.example"):
            await window.look_up(text)
            await window.wait_until(lambda: not window.sheet.tasks.is_running("audit"))
            found = await lasting_faults(lambda: [*cut(window), *overlapping(window.view)])
            assert not found, "\n".join([f"{text} {size}", *found])
            window.save_screenshot(f"{size[0]}-{text.strip('#').split('@')[0]}")
    assert window.view.minimumSize().width() <= 392


async def test_double_font_size_is_not_cut_and_scrolls(window: WindowDriver) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = app.font()
    large = app.font()
    large.setPointSizeF(before.pointSizeF() * 2)
    app.setFont(large)
    try:
        await window.reopen_window()
        for width in (1280, 760):
            window.view.resize(width, 820)
            await window.look_up("#48213")
            await window.wait_until(lambda: not window.sheet.tasks.is_running("audit"))
            window.save_screenshot(f"font-200-{width}")
            assert not await lasting_faults(lambda: [*cut(window), *overlapping(window.view)])
        areas = [a for a in window.view.findChildren(QScrollArea) if a.isVisible()]
        assert any(a.verticalScrollBar().maximum() > 0 for a in areas)
    finally:
        await window.close_window()
        app.setFont(before)


def contrast(one: str, other: str) -> float:
    def light(name: str) -> float:
        parts = [int(name[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        line = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * line[0] + 0.7152 * line[1] + 0.0722 * line[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


async def test_theme_changes_at_run_time(window: WindowDriver) -> None:
    await window.look_up("#48213")
    for choice in (ThemeChoice.DARK, ThemeChoice.LIGHT, ThemeChoice.DARK):
        window.window.theme.choose(choice)
        await wait_until(
            lambda choice=choice: current_tokens().dark is (choice is ThemeChoice.DARK)
        )
        roles = QPalette.ColorRole
        app_palette = QApplication.palette()
        for text, background in (
            (roles.WindowText, roles.Window),
            (roles.Text, roles.Base),
            (roles.ButtonText, roles.Button),
            (roles.HighlightedText, roles.Highlight),
            (roles.PlaceholderText, roles.Base),
            (roles.Link, roles.Base),
        ):
            pair = [app_palette.color(role).name() for role in (text, background)]
            assert contrast(*pair) >= 4.5, (choice, text, background, pair)
        image: QImage = window.view.grab().toImage()
        corner = image.pixelColor(image.width() - 4, image.height() // 2).lightness()
        assert (corner < 100) is (choice is ThemeChoice.DARK)
        window.save_screenshot(f"theme-{choice.value}")
    window.window.theme.choose(ThemeChoice.LIGHT)


async def test_click_targets_are_large_enough(window: WindowDriver) -> None:
    await window.look_up("#48213")
    small = [
        (type(b).__name__, b.accessibleName() or b.text(), b.width(), b.height())
        for b in window.view.findChildren(QAbstractButton)
        if b.isVisible() and (b.width() < 24 or b.height() < 24)
    ]
    assert not small


async def test_profile_with_5000_fields_reports_worst_gap(window: WindowDriver) -> None:
    """Reported, not judged: how long the window was deaf while a huge profile came and came."""
    import asyncio

    worst, beating = 0.0, True

    async def beat() -> None:
        nonlocal worst
        while beating:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            worst = max(worst, time.perf_counter() - before - 0.01)

    heart = asyncio.create_task(beat())
    for _ in range(5):
        await window.look_up("vera@archive.example")
        window.press(Key.Key_F5)
        await window.is_lookup_finished()
    beating = False
    await heart
    assert "Vera Archer" in window.visible_texts()
    sys.stdout.write(f"\nworst gap {worst * 1000:.0f} ms\n")
