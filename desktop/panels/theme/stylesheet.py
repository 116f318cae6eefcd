"""Style sheet of the application, built from the tokens for each theme and font size."""

import re
from collections.abc import Callable

from desktop.kit.resource_files import resource_path
from desktop.panels.theme.design_tokens import (
    FIGURE_FONT_PX,
    HEADING_FONT_PX,
    MIN_TARGET_SIZE,
    NOTE_FONT_PX,
    RADIUS_CARD,
    RADIUS_CONTROL,
    RADIUS_FIELD,
    SMALL_FONT_PX,
    DesignTokens,
)

# Not `text-align`, which Qt mirrors.
_SIDE = re.compile(r"((?:padding|margin|border)-)(left|right)")
_ScalePx = Callable[[float], str]
_MarkUrl = Callable[[str], str]


def build_stylesheet(tokens: DesignTokens, scale: float, *, mirrored: bool = False) -> str:
    """Build the QApplication's Qt style sheet for one theme and scale.

    `mirrored`: for windows that begin at the right. Qt mirrors no side of a style sheet itself.
    """

    def px(length: float) -> str:
        # Never 0: a border would vanish in a small font.
        return f"{max(round(length * scale), 1)}px"

    def mark(name: str) -> str:
        return f'url("{resource_path("icons", f"mark-{name}-{tokens.scheme}.svg").as_posix()}")'

    rules = (
        _label_rules,
        _container_rules,
        _button_rules,
        _input_rules,
        _check_box_rules,
        _menu_rules,
        _item_view_rules,
    )
    sheet = "\n".join(rule(tokens, px, mark) for rule in rules)
    return _SIDE.sub(_other_side, sheet) if mirrored else sheet


def _other_side(side: re.Match[str]) -> str:
    return f"{side[1]}{'left' if side[2] == 'right' else 'right'}"


def _label_rules(t: DesignTokens, px: _ScalePx, _mark: _MarkUrl) -> str:
    tones = "\n".join(
        f'QLabel[tone="{name}"] {{ color: {t.tone(name)}; }}'
        for name in ("muted", "accent", "ok", "warn", "bad")
    )
    return f"""
QLabel {{ background: transparent; }}
QLabel[variant="small"] {{ font-size: {px(SMALL_FONT_PX)}; }}
QLabel[variant="note"] {{ font-size: {px(NOTE_FONT_PX)}; }}
QLabel[variant="title"], QLabel[variant="strong"] {{ font-weight: 600; }}
QLabel[variant="heading"] {{ font-size: {px(HEADING_FONT_PX)}; font-weight: 600; }}
QLabel[variant="figure"] {{ font-size: {px(FIGURE_FONT_PX)}; font-weight: 500; }}
{tones}
QToolTip {{
    background: {t.toast}; color: {t.toast_text}; border: 1px solid {t.control}; padding: {px(4)};
}}
"""


def _container_rules(t: DesignTokens, px: _ScalePx, _mark: _MarkUrl) -> str:
    return f"""
Card {{
    background: {t.surface}; border: 1px solid {t.line}; border-radius: {px(RADIUS_CARD)};
    margin: 0; padding: 0;
}}
Card[borderless="true"] {{ background: transparent; border-color: transparent; }}
QFrame[ground="raised"] {{ background: {t.raised}; border-radius: {px(RADIUS_CONTROL)}; }}
QFrame[ground="card"] {{
    background: {t.surface}; border: 1px solid {t.line}; border-radius: {px(RADIUS_CARD)};
}}
QFrame[ground="field"] {{
    background: {t.surface}; border: 1px solid {t.control}; border-radius: {px(RADIUS_CONTROL)};
}}
QFrame[ground="accent"] {{ background: {t.accentbg}; border-radius: {px(RADIUS_CONTROL)}; }}
QFrame[ground="warn"] {{ background: {t.warnbg}; border-radius: {px(RADIUS_CONTROL)}; }}
QFrame[ground="bad"] {{ background: {t.badbg}; border-radius: {px(RADIUS_CONTROL)}; }}
QFrame[ground="line"] {{ background: {t.line}; }}
Banner {{ border-radius: {px(RADIUS_CONTROL)}; }}
Banner[tone="info"] {{ background: {t.accentbg}; }}
Banner[tone="warn"] {{ background: {t.warnbg}; }}
Banner[tone="bad"] {{ background: {t.badbg}; }}
Toast {{
    background: {t.toast}; border: 1px solid {t.toast_line}; border-radius: {px(RADIUS_CARD)};
}}
Toast QLabel {{ color: {t.toast_text}; }}
Toast QPushButton[kind="link"] {{ color: {t.toast_link}; font-weight: 600; }}
Toast QPushButton[kind="link"]:focus {{
    border-bottom-color: {t.toast_link}; background: transparent;
}}
NavigationRail {{ background: {t.surface}; border: 0 solid {t.line}; border-right-width: 1px; }}
NavigationRail[compact="true"] {{ border-right-width: 0; border-bottom-width: 1px; }}
StatusBar {{ background: transparent; border: 0 solid {t.line}; border-top-width: 1px; }}
SearchPopup {{
    background: {t.surface}; border: 1px solid {t.control}; border-radius: {px(RADIUS_CARD)};
}}
SearchPopup QListView {{ background: transparent; border: 0; outline: 0; }}
QMainWindow, QDialog, Drawer {{ background: {t.window}; }}
QScrollArea {{ background: transparent; border: 0; }}
"""


def _button_rules(t: DesignTokens, px: _ScalePx, _mark: _MarkUrl) -> str:
    # Without `outline` Fusion draws a box of its own over the words of what has the keyboard.
    return f"""
QPushButton, QCheckBox, QRadioButton, QComboBox, QTabBar {{ outline: 0; }}
QPushButton {{
    background: {t.surface}; color: {t.text}; border: 1px solid {t.control};
    border-radius: {px(RADIUS_CONTROL)}; padding: 0 {px(13)}; min-height: {px(MIN_TARGET_SIZE + 2)};
    font-weight: 500;
}}
QPushButton:hover {{ background: {t.raised}; }}
QPushButton:pressed {{ background: {t.accentbg}; }}
QPushButton:focus {{
    border: 2px solid {t.accent}; padding: 0 {px(12)}; min-height: {px(MIN_TARGET_SIZE)};
}}
QPushButton:disabled {{ background: {t.raised}; color: {t.muted}; border-color: {t.raised}; }}
QPushButton[kind="primary"] {{
    background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; font-weight: 600;
}}
QPushButton[kind="primary"]:hover {{ background: {t.accent_hover}; }}
QPushButton[kind="primary"]:focus {{ border: 2px solid {t.text}; }}
QPushButton[kind="primary"]:disabled {{
    background: {t.raised}; color: {t.muted}; border-color: {t.raised};
}}
QPushButton[kind="danger"] {{
    background: {t.bad}; color: {t.on_bad}; border-color: {t.bad}; font-weight: 600;
}}
QPushButton[kind="danger"]:focus {{ border: 2px solid {t.text}; }}
QPushButton[kind="danger"]:disabled {{
    background: {t.raised}; color: {t.muted}; border-color: {t.raised};
}}
QPushButton[kind="quiet"] {{ background: transparent; border-color: transparent; }}
QPushButton[kind="quiet"]:hover {{ background: {t.raised}; }}
QPushButton[kind="quiet"]:focus {{ border-color: {t.accent}; }}
QPushButton[kind="icon"] {{
    background: transparent; border-color: transparent; padding: 0;
    min-width: {px(MIN_TARGET_SIZE + 2)};
}}
QPushButton[kind="icon"]:hover, QPushButton[kind="icon"]:checked {{ background: {t.raised}; }}
QPushButton[kind="icon"]:focus {{
    border-color: {t.accent}; padding: 0; min-width: {px(MIN_TARGET_SIZE)};
}}
QPushButton[kind="link"] {{
    background: transparent; color: {t.accent}; border: 0 solid transparent; padding: 0;
    border-bottom: 2px solid transparent; border-top: 2px solid transparent;
    border-radius: 0; min-height: {px(MIN_TARGET_SIZE - 4)}; font-weight: 400; text-align: left;
}}
QPushButton[kind="link"]:hover {{ text-decoration: underline; }}
QPushButton[kind="link"]:focus {{
    border-bottom-color: {t.accent}; background: {t.accentbg}; padding: 0;
    min-height: {px(MIN_TARGET_SIZE - 4)};
}}
QPushButton[kind="link"]:disabled {{ color: {t.muted}; }}
QPushButton[kind="fold"] {{
    background: transparent; border: 2px solid transparent; padding: 0; font-weight: 600;
    text-align: left; min-height: {px(MIN_TARGET_SIZE - 4)}; border-radius: {px(4)};
}}
QPushButton[kind="fold"]:focus {{
    border-color: {t.accent}; padding: 0; min-height: {px(MIN_TARGET_SIZE - 4)};
}}
"""


def _input_rules(t: DesignTokens, px: _ScalePx, mark: _MarkUrl) -> str:
    return f"""
QLineEdit, QPlainTextEdit, QSpinBox, QDateEdit, QDateTimeEdit, QComboBox {{
    background: {t.surface}; color: {t.text}; border: 1px solid {t.control};
    border-radius: {px(RADIUS_FIELD)}; padding: 0 {px(9)}; min-height: {px(MIN_TARGET_SIZE + 2)};
    selection-background-color: {t.accent}; selection-color: {t.on_accent};
}}
QPlainTextEdit {{ padding: {px(5)}; }}
QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDateEdit:focus,
QDateTimeEdit:focus, QComboBox:focus {{
    border: 2px solid {t.accent}; padding: 0 {px(8)}; min-height: {px(MIN_TARGET_SIZE)};
}}
QPlainTextEdit:focus {{ padding: {px(4)}; }}
QLineEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled, QSpinBox:disabled {{
    background: {t.raised}; color: {t.muted}; border-color: {t.line};
}}
QSpinBox QLineEdit, QDateEdit QLineEdit, QDateTimeEdit QLineEdit,
QComboBox QLineEdit {{ border: 0; padding: 0; min-height: 0; background: transparent; }}
QSpinBox, QDateEdit {{ padding-right: {px(22)}; }}
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"] {{ border: 2px solid {t.bad}; }}
SearchField {{ min-height: {px(28)}; }}
SearchField:focus {{ min-height: {px(26)}; }}
QComboBox {{ padding-right: {px(26)}; }}
QComboBox:focus {{ padding-right: {px(25)}; }}
QComboBox::drop-down {{ border: 0; width: {px(26)}; }}
QComboBox::down-arrow {{ image: {mark("down")}; width: {px(14)}; height: {px(14)}; }}
QComboBox QAbstractItemView {{
    background: {t.surface}; border: 1px solid {t.control}; padding: {px(4)};
    selection-background-color: {t.accentbg}; selection-color: {t.text}; outline: 0;
}}
QSpinBox::up-button, QSpinBox::down-button, QDateEdit::up-button, QDateEdit::down-button {{
    border: 0; width: {px(20)}; background: transparent;
}}
QSpinBox::up-arrow, QDateEdit::up-arrow {{
    image: {mark("up")}; width: {px(11)}; height: {px(11)};
}}
QSpinBox::down-arrow, QDateEdit::down-arrow {{
    image: {mark("down")}; width: {px(11)}; height: {px(11)};
}}
"""


def _check_box_rules(t: DesignTokens, px: _ScalePx, mark: _MarkUrl) -> str:
    return f"""
QCheckBox, QRadioButton {{
    spacing: {px(8)}; min-height: {px(MIN_TARGET_SIZE)}; background: transparent;
}}
QCheckBox::indicator, QTableView::indicator, QListView::indicator, QTreeView::indicator {{
    width: {px(14)}; height: {px(14)}; border: 1px solid {t.control};
    border-radius: {px(4)}; background: {t.surface};
}}
QCheckBox::indicator:checked, QTableView::indicator:checked, QListView::indicator:checked,
QTreeView::indicator:checked {{
    background: {t.accent}; border-color: {t.accent}; image: {mark("check")};
}}
QCheckBox::indicator:indeterminate, QTableView::indicator:indeterminate {{
    background: {t.accent}; border-color: {t.accent}; image: {mark("partial")};
}}
QCheckBox:disabled {{ color: {t.muted}; }}
QCheckBox::indicator:disabled {{ background: {t.raised}; border-color: {t.control}; }}
QCheckBox::indicator:focus {{ border: 2px solid {t.accent}; width: {px(12)}; height: {px(12)}; }}
QCheckBox::indicator:checked:focus {{ border-color: {t.text}; }}
.QProgressBar {{
    background: {t.raised}; border: 0; border-radius: {px(3)}; max-height: {px(6)};
    min-height: {px(6)};
}}
.QProgressBar::chunk {{ background: {t.accent}; border-radius: {px(3)}; }}
"""


def _menu_rules(t: DesignTokens, px: _ScalePx, _mark: _MarkUrl) -> str:
    return f"""
QMenu {{
    background: {t.surface}; border: 1px solid {t.control}; padding: {px(4)};
}}
QMenu::item {{ padding: {px(5)} {px(14)}; border-radius: {px(4)}; }}
QMenu::item:selected {{ background: {t.accentbg}; color: {t.text}; }}
QMenu::item:disabled {{ color: {t.muted}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: {px(4)} {px(6)}; }}
QScrollBar:vertical {{ background: transparent; width: {px(12)}; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: {px(12)}; margin: 0; }}
QScrollBar::handle {{ background: {t.control}; border-radius: {px(3)}; margin: {px(3)}; }}
QScrollBar::handle:vertical {{ min-height: {px(32)}; }}
QScrollBar::handle:horizontal {{ min-width: {px(32)}; }}
QScrollBar::handle:hover {{ background: {t.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSplitter::handle {{ background: {t.line}; }}
"""


def _item_view_rules(t: DesignTokens, px: _ScalePx, _mark: _MarkUrl) -> str:
    return f"""
QTableView, QTreeView, QListView {{
    background: {t.surface}; alternate-background-color: {t.raised}; color: {t.text};
    border: 0; gridline-color: {t.line};
    selection-background-color: {t.accentbg}; selection-color: {t.text};
}}
QTableView:focus, QTreeView:focus {{ border: 2px solid {t.accent}; border-radius: {px(4)}; }}
QTableView::item {{ padding: 0 {px(6)}; }}
QListView[sections="true"] {{ background: transparent; outline: 0; }}
QListView[sections="true"]::item {{
    padding: 0 {px(9)}; border: 2px solid transparent; border-radius: {px(RADIUS_CONTROL)};
}}
QListView[sections="true"]::item:hover {{ background: {t.raised}; }}
QListView[sections="true"]::item:selected {{ background: {t.accentbg}; color: {t.text}; }}
QListView[sections="true"]:focus::item:selected {{ border-color: {t.accent}; }}
QTextBrowser {{
    background: {t.surface}; color: {t.text}; border: 1px solid {t.line};
    border-radius: {px(RADIUS_CARD)};
    selection-background-color: {t.accent}; selection-color: {t.on_accent};
}}
QTextBrowser:focus {{ border: 2px solid {t.accent}; }}
QHeaderView {{ background: {t.surface}; }}
QHeaderView::section {{
    background: {t.surface}; color: {t.muted}; border: 0; border-bottom: 1px solid {t.line};
    padding: {px(4)} {px(6)}; font-size: {px(SMALL_FONT_PX)}; text-align: left;
}}
QTabBar::tab {{
    background: transparent; color: {t.muted}; padding: {px(5)} {px(2)}; margin-right: {px(20)};
    border: 0 solid transparent; border-bottom: 2px solid transparent;
}}
QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.accent}; font-weight: 600; }}
QTabBar::tab:focus {{ border-bottom-color: {t.text}; }}
QTabBar[kind="customers"]::tab {{
    padding: {px(2)} {px(8)}; margin-right: {px(2)}; min-height: {px(MIN_TARGET_SIZE + 2)};
    min-width: {px(70)}; max-width: {px(240)};
    border: 1px solid transparent; border-bottom: 2px solid {t.line};
    border-top-left-radius: {px(RADIUS_CONTROL)}; border-top-right-radius: {px(RADIUS_CONTROL)};
}}
QTabBar[kind="customers"]::tab:hover {{ background: {t.raised}; color: {t.text}; }}
QTabBar[kind="customers"]::tab:selected {{
    background: {t.surface}; border-color: {t.line}; border-bottom-color: {t.accent};
}}
QTabBar[kind="customers"]::tear {{ width: 0; border: 0; }}
QTabBar[kind="customers"]::scroller {{ width: {px(2 * MIN_TARGET_SIZE)}; }}
QTabBar[kind="customers"] QToolButton {{
    background: {t.window}; border: 0; border-radius: {px(RADIUS_CONTROL)};
}}
QTabBar[kind="customers"] QToolButton:hover {{ background: {t.raised}; }}
QTabBar[kind="customers"]::tab:focus {{ border-bottom-color: {t.text}; }}
QTabWidget::pane {{ border: 0; }}
QTabBar {{ qproperty-drawBase: 0; }}
"""
