"""Two desks join one team store: what each did shows at the other, once."""

from collections.abc import Callable

from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers
from tests.support.team_desk import TeamDeskCommand

MakeDesk = Callable[..., TeamDeskCommand]


def test_desk_joins_and_another_sees_what_it_changed(
    make_desk: MakeDesk, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    ada, ben = make_desk("ada"), make_desk("ben", admin="second_admin")
    email = customers.new_email()
    sandbox.create_profile(email)
    ada.ok("edit", email, "--optout", "all", "--reason", "asked", FAIRLEAD_TEAM_DSN="")
    joined = ada.ok("team", "join")
    assert joined["handed_in"] == 1
    ben.ok("team", "join")
    status = ben.ok("team")
    assert [desk["entries"] for desk in status["desks"]] == [1, 0]
    assert status["waiting"] == 0
