"""The Reports page by keyboard and mouse: tiles, tables, people, files, states."""

from tests.support.reports_page_driver import ReportsPageDriver


async def test_tiles_say_their_figure_and_the_difference(window: ReportsPageDriver) -> None:
    await window.open_reports()
    texts = window.visible_texts()
    assert "212" in texts
    assert "152 more than before (60)" in texts
    window.save_screenshot("reports")


async def test_look(window: ReportsPageDriver) -> None:
    await window.open_reports()
    window.model.set_phrases("travel insurance")
    await window.wait_until(window.is_counted)
    await window.pause(0.3)
    window.model.choose("opt-outs")
    window.model.set_cursor(26)
    await window.pause(0.3)
    window.save_screenshot("optouts")
    window.window.theme.choose(type(window.window.theme.choice).DARK)
    await window.pause(0.3)
    window.model.choose("satisfaction-by-agent")
    await window.pause(0.2)
    window.save_screenshot("dark")
    window.view.resize(392, 860)
    await window.pause(0.5)
    window.save_screenshot("narrow")
