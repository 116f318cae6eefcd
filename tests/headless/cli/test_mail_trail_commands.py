"""“Did the mail go out?” by `why` and `lookup --mail`, as far as Sailthru tells."""

from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


@pytest.fixture
def mail(sandbox: SandboxServers, customers: CustomerFactory) -> str:
    email = customers.new_email()
    sandbox.create_profile(email, lists={list_of(email): 1})
    sandbox.create_user(email)
    return email


@pytest.fixture
def tells(sandbox: SandboxServers) -> Any:
    """Say how much the account tells of the last mails; all, once the test is over."""
    yield lambda form: sandbox.control("POST", "account", {"recent_mail": form})
    sandbox.control("POST", "account", {"recent_mail": "full"})


def list_of(email: str) -> str:
    """A list of the customer's own: what other tests send goes elsewhere."""
    return f"Of {email}"


def send_campaign(servers: SandboxServers, email: str, name: str, **more: Any) -> None:
    status, body = servers.sailthru_request(
        "POST", {"name": name, "list": list_of(email), **more}, "blast"
    )
    assert status == 200, body


def outcomes(fairlead: FairleadCommand, email: str) -> dict[str, str]:
    """What became of the mails sent by this test; the sandbox's own campaigns are older."""
    found = fairlead("lookup", email, "--mail", "--json")
    assert found.exit_code == 0, found.stdout
    return {one["name"]: one["outcome"] for one in found.json["mail"]["entries"]}


@pytest.mark.parametrize("form", ["full", "ids"])
def test_sends_and_campaigns_are_told_with_what_became_of_them(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str, tells: Any, form: str
) -> None:
    tells(form)
    name = f"Picks {form}"
    sandbox.sailthru_request("POST", {"email": mail, "template": "Receipt"}, "send")
    send_campaign(sandbox, mail, name)
    assert outcomes(fairlead, mail) == {"Receipt": "sent", name: "sent"}
    found = fairlead("why", mail, "--json").json["mail"]
    assert {one["kind"] for one in found["entries"]} == {"triggered", "campaign"}
    assert f"campaign {name}  sent" in fairlead("why", mail).stdout


def test_single_e_mail_that_they_unsubscribed_from_is_named(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    sandbox.write_profile(mail, optout_templates={"Price alert": 0})
    found = fairlead("why", mail, "--json").json["mail"]
    assert found["refused_templates"] == ["Price alert"]
    assert "the single e-mail “Price alert”" in fairlead("why", mail).stdout


def test_campaign_held_back_by_an_optout_says_so(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    sandbox.write_profile(mail, optout_email="basic")
    send_campaign(sandbox, mail, "Held back")
    (entry,) = fairlead("why", mail, "--json").json["mail"]["entries"]
    assert (entry["name"], entry["outcome"]) == ("Held back", "suppressed")
    assert "No marketing e-mail" in entry["reason"]


def test_campaign_held_back_by_a_pause_or_a_bounce_says_so(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    assert fairlead("pause", mail).exit_code == 0
    send_campaign(sandbox, mail, "While paused", suppress_list="Support - paused")
    (entry,) = fairlead("why", mail, "--json").json["mail"]["entries"]
    assert "paused" in entry["reason"]
    fairlead("pause", mail, "--end")
    sandbox.control("POST", "mail-status", {"email": mail, "status": "hardbounce"})
    send_campaign(sandbox, mail, "After the bounce")
    newest = fairlead("why", mail, "--json").json["mail"]["entries"][0]
    assert newest["name"] == "After the bounce"
    assert "bounced for good" in newest["reason"]


def test_account_that_tells_nothing_is_said_to(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str, tells: Any
) -> None:
    tells("absent")
    found = fairlead("lookup", mail, "--mail", "--json").json["mail"]
    assert any("does not tell the last triggered" in one for one in found["unknown"])
    assert any("which campaigns they got" in one for one in found["unknown"])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("sailthru:GET /blast:403", "may not read campaigns"),
        ("sailthru:GET /email:403", "does not tell the last triggered"),
        ("sailthru:GET /send:404", ""),
    ],
)
def test_key_that_may_not_read_mail_degrades_with_a_sentence(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str, tells: Any, fault: str, said: str
) -> None:
    tells("ids")
    sandbox.sailthru_request("POST", {"email": mail, "template": "Receipt"}, "send")
    sandbox.add_fault(fault, times=None)
    found = fairlead("why", mail, "--json")
    assert found.exit_code == 0, found.stdout
    assert any(said in one for one in found.json["mail"]["unknown"])


def test_lookup_asks_for_no_mail_unless_told_to(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    before = len(sandbox.logged_requests())
    assert fairlead("lookup", mail, "--json").json["mail"] is None
    paths = {seen["path"] for seen in sandbox.logged_requests()[before:]}
    assert not paths & {"/email", "/blast", "/send"}
