"""`fairlead why`: who opted a customer out, as far as it can be known."""

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


@pytest.fixture
def mail(sandbox: SandboxServers, customers: CustomerFactory) -> str:
    email = customers.new_email()
    sandbox.create_profile(email, lists={"Newsletter": 1})
    sandbox.create_user(email)
    return email


def test_why_names_who_set_the_level_here_and_why(fairlead: FairleadCommand, mail: str) -> None:
    fairlead("edit", mail, "--list", "Newsletter=off", "--reason", "too many", "--ticket", "7")
    fairlead("edit", mail, "--optout", "basic", "--reason", "asked on the phone")
    found = fairlead("why", mail, "--json")
    assert found.exit_code == 0, found.stdout
    assert found.json["level"] == "basic"
    assert "Ada Admin set it in Fairlead" in found.json["answer"]
    newest, older = found.json["causes"][:2]
    assert (newest["who"], newest["source"]) == ("Ada Admin", "Fairlead")
    assert "asked on the phone" in newest["what"]
    assert "Taken off the list Newsletter" in older["what"]
    assert "(#7)" in older["what"]
    assert "Not known:" in fairlead("why", mail).stdout


def test_why_says_that_a_level_set_elsewhere_has_no_known_author(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    fairlead("edit", mail, "--optout", "basic", "--reason", "asked on the phone")
    sandbox.write_profile(mail, optout_email="all")
    found = fairlead("why", mail, "--json").json
    assert found["level"] == "all"
    assert "set it in Fairlead" not in found["answer"]
    assert any("unsubscribe links" in sentence for sentence in found["unknown"])


def test_why_of_a_level_set_again_elsewhere_names_nobody_of_before(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    fairlead("edit", mail, "--optout", "basic", "--reason", "asked on the phone")
    fairlead("edit", mail, "--optout", "none", "--reason", "asked again", "--ticket", "7")
    sandbox.write_profile(mail, optout_email="basic")
    found = fairlead("why", mail, "--json").json
    assert found["level"] == "basic"
    assert "set it in Fairlead" not in found["answer"]


def test_why_of_somebody_not_opted_out_says_so(fairlead: FairleadCommand, mail: str) -> None:
    found = fairlead("why", mail, "--json").json
    assert found["level"] == "none"
    assert "not opted out" in found["answer"]


def test_why_names_the_ticket_that_asked(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    user = fairlead("lookup", mail, "--json").json["zendesk"]["id"]
    asked = {"subject": "Please unsubscribe me", "comment": {"body": "Stop."}, "requester_id": user}
    sandbox.zendesk_request("POST", "/api/v2/tickets", {"ticket": asked})
    sandbox.write_profile(mail, optout_email="basic")
    found = fairlead("why", mail, "--json").json
    assert any(
        "Please unsubscribe me" in cause["what"] and cause["source"] == "Zendesk"
        for cause in found["causes"]
    )


def test_why_of_nobody_needs_a_person(fairlead: FairleadCommand) -> None:
    nobody = fairlead("why", "nobody@nowhere.example", "--json")
    assert nobody.exit_code == 3
