"""Rows keep their places while one thing is open."""

from desktop.viewmodels.frozen_row_order import FrozenRowOrder


def test_order_stays_until_another_owner_and_new_rows_follow() -> None:
    order = FrozenRowOrder()

    def arranged(owner: int, rows: str) -> str:
        return "".join(order.arrange(owner, rows, lambda row: row))

    assert arranged(1, "abc") == "abc"
    assert arranged(1, "cab") == "abc"
    assert arranged(1, "xcab") == "abcx"
    # One that went and came again stands where it stood.
    assert arranged(1, "cx") == "cx"
    assert arranged(1, "bxc") == "bcx"
    assert arranged(2, "bxc") == "bxc"
