"""The panel Zendesk Sell: shown where Sell is connected, on its own, and hidden elsewhere."""

from desktop.app.background.reconnect import retry_lost_connections
from desktop.connect.workspace_setup import set_up_workspace
from desktop.panels.customer.email_change_drawer import EmailChangeDrawer
from desktop.panels.customer.sell_panel import SellPanel
from tests.support.window_driver import CTRL, SHIFT, Key, WindowDriver


async def connect_sell(window: WindowDriver) -> None:
    """Connect Sell as an admin does, and sign in once more."""
    sell = {"sell": window.sandbox.connection_document["sell"]}
    report = await set_up_workspace(sell, window.house.session.connection_config)
    assert report.is_ok, report.checks
    await window.house.session.connect()


def read_maria_officially(window: WindowDriver) -> str:
    """The address of Maria's contact, by the vendor's own client."""
    import basecrm

    about = window.sandbox.connection_document["sell"]
    client = basecrm.Client(access_token=about["access_token"], base_url=about["base_url"])
    return str(client.contacts.retrieve(2101)["email"])


async def test_sheet_shows_contact_and_deals_of_sell(window: WindowDriver) -> None:
    await connect_sell(window)
    await window.look_up("maria@lopez.example")
    panel = window.find_one("Zendesk Sell", SellPanel)
    await window.wait_until(lambda: "Restaurant chairs" in window.visible_texts(panel))
    texts = window.visible_texts(panel)
    for words in (
        "Maria Lopez",
        "current customer",
        "Owner Ada Admin",
        "Restaurant chairs · Quote",
        "€12,400.50",
    ):
        assert words in texts
    assert "Zendesk ends Sell on 31 August 2027." in texts
    window.save_screenshot("sell-panel")


async def test_sell_that_refuses_leaves_the_other_panels(window: WindowDriver) -> None:
    await connect_sell(window)
    window.sandbox.control("POST", "account", {"sell_user": "off"})
    await window.look_up("maria@lopez.example")
    panel = window.find_one("Zendesk Sell", SellPanel)
    await window.wait_until(
        lambda: "Zendesk Sell refused the access token." in window.visible_texts(panel)
    )
    assert "Quote this to Zendesk" in window.visible_texts(panel)
    assert "Too many emails" in window.visible_texts()
    # Nor does it keep an address from being changed.
    window.press(Key.Key_E, CTRL | SHIFT)
    window.type("maria@third.example")
    drawer = window.view.findChildren(EmailChangeDrawer)[0]
    await window.wait_until(lambda: drawer.change_button.isEnabled())
    texts = window.visible_texts(drawer)
    assert "Later" in texts
    assert "Its contact or lead keeps maria@lopez.example for now" in texts
    window.save_screenshot("change-email-without-sell")
    steps = window.window.make_drawer_models().email_change.view().steps
    assert [one.state for one in steps if one.service == "Zendesk Sell"] == ["Waiting"], steps
    # What Sell still has to get is told after a restart too, and done by itself.
    window.press(Key.Key_Return, CTRL)
    model = window.window.make_drawer_models().email_change
    await window.wait_until(lambda: model.view().is_finished, within_s=20)
    assert model.view().steps_note == "Done, except in Zendesk Sell"
    await window.reopen_window()
    await window.look_up("maria@third.example")
    await window.wait_for_text("Zendesk Sell may still have the old address.")
    window.save_screenshot("change-email-left-in-sell")
    window.sandbox.control("POST", "account", {"sell_user": "on"})
    # A refused token is not tried again before the next sign-in.
    await window.house.session.connect()
    (made,) = await window.house.address_watch.check_all()
    progress_of = window.house.store.email_changes.get_progress.blocking
    await window.wait_until(
        lambda: progress_of(made.change.id).change.ended_at is not None, within_s=20
    )
    assert read_maria_officially(window) == "maria@third.example"
    await window.wait_until(lambda: "may still have" not in window.visible_texts())
    # Or somebody lets Sell's address be: of every change that Sell has not heard of.
    house = window.house
    assert len({made.change.id, progress_of("1").change.id}) == 2
    house.store.fairlead_db.write(
        lambda c: c.execute("UPDATE email_change SET verification = '{\"waits_for_sell\":true}'")
    )
    await window.reopen_window()
    await window.look_up("maria@third.example")
    await window.wait_for_text("Zendesk Sell may still have the old address.")
    window.click("Leave it")
    await window.wait_until(lambda: "may still have" not in window.visible_texts())
    await window.wait_until(
        lambda: not window.house.store.email_changes.list_waiting_for_sell.blocking(9)
    )


async def test_sell_panel_is_hidden_where_sell_is_not_connected(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    assert not window.find_all("Zendesk Sell", SellPanel)
    assert "Sell" not in window.visible_texts()


async def test_sell_that_is_back_is_noticed_without_a_customer(window: WindowDriver) -> None:
    def says(words: str) -> bool:
        return words in window.view.status_bar.item("Zendesk Sell").accessibleName()

    await connect_sell(window)
    window.sandbox.set_faults("sell:* *:reset")
    await window.look_up("maria@lopez.example")
    await window.wait_until(lambda: says("slow"))
    await retry_lost_connections(window.house.session)
    assert says("slow")
    window.sandbox.clear_faults()
    await retry_lost_connections(window.house.session)
    await window.wait_until(lambda: says("live"))
