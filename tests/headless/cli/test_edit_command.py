"""`fairlead edit`, `undo`, `outbox` and `audit` end to end, checked by the official client too."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory, create_customer
from tests.support.sandbox_process import find_free_ports
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home


@pytest.fixture
def mail(sandbox: SandboxServers, customers: CustomerFactory) -> str:
    """A customer both services know."""
    email = customers.new_email()
    sandbox.create_profile(
        email, vars={"city": "Lisbon"}, lists={"Newsletter": 1, "a=b": 1, "!! bar/foo": 1}
    )
    sandbox.create_user(email, user_fields={"sync_to_sailthru": False})
    return email


def official(servers: SandboxServers, sid_or_mail: str) -> dict[str, object]:
    """What the official PyPI client reads."""
    from sailthru.sailthru_client import SailthruClient

    credentials = servers.connection_document["sailthru"]
    client = SailthruClient(
        credentials["api_key"], credentials["api_secret"], api_url=credentials["service_uri"]
    )
    key = "email" if "@" in sid_or_mail else "sid"
    fields = {"optout_email": 1, "lists": 1, "vars": 1}
    answer = client.api_get("user", {"id": sid_or_mail, "key": key, "fields": fields})
    assert answer.is_ok()
    return dict(answer.get_body())


@pytest.fixture
def answer_for_none(sandbox: SandboxServers, request: pytest.FixtureRequest) -> Iterator[str]:
    """What Sailthru says of people who refused nothing: a word of its own, null, or no word."""
    sandbox.control("POST", "account", {"optout_none": request.param})
    yield request.param
    sandbox.control("POST", "account", {"optout_none": "none"})


@pytest.mark.parametrize(
    ("answer_for_none", "state"),
    [("marketing", "not known"), ("null", "not read"), ("absent", "not read")],
    indirect=["answer_for_none"],
)
def test_optout_level_not_known_is_shown_and_written_over_by_all_alone(
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    mail: str,
    answer_for_none: str,
    state: str,
) -> None:
    profile = as_agent("lookup", mail, "--json").json["sailthru"]
    assert (profile["optout"], profile["optout_state"]) == (None, state)
    assert f"opt-out   {state}" in as_agent("lookup", mail).stdout
    for level in ("none", "basic"):
        asked = ("--optout", level, "--reason", "asked", "--ticket", "7")
        refused = as_agent("edit", mail, *asked, "--json")
        assert refused.exit_code != 0
        assert "opt customers back in" in refused.json["error"]["message"]
    stopped = as_agent("edit", mail, "--optout", "all", "--reason", "asked", "--json")
    assert stopped.exit_code == 0, stopped.stdout
    (edit,) = stopped.json["edits"]
    assert (edit["old"], edit["new"], edit["state"]) == (None, "all", "done")
    assert official(sandbox, mail)["optout_email"] == "all"


def test_edit_optout_is_read_by_official_client_and_undone(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    result = fairlead("edit", mail, "--optout", "basic", "--reason", "asked by phone", "--json")
    assert result.exit_code == 0, result.stdout
    (edit,) = result.json["edits"]
    assert {k: edit[k] for k in ("kind", "old", "new", "state")} == {
        "kind": "optout", "old": "none", "new": "basic", "state": "done",
    }  # fmt: skip
    assert edit["target"] == sandbox.read_profile(mail)["keys"]["sid"]  # type: ignore[index]
    assert official(sandbox, mail)["optout_email"] == "basic"
    back = fairlead("undo", edit["id"], "--json")
    assert back.exit_code == 0, back.stdout
    assert official(sandbox, mail)["optout_email"] == "none"
    rows = fairlead("outbox", "--json").json["rows"]
    assert [(r["id"], r["state"]) for r in rows] == [("2", "done"), ("1", "undone")]
    again = fairlead("undo", edit["id"], "--json")
    assert again.exit_code == 3
    assert "already undone" in again.json["error"]["title"]
    audit = fairlead("audit", "--customer", mail, "--verify", "--json").json
    assert (audit["verified"], audit["checked"]) == (True, 2)
    assert [r["edit"] for r in audit["rows"]] == ["2", "1"]
    assert audit["rows"][1]["reason"] == "asked by phone"


def test_edit_all_options_at_once_confirms_every_edit(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    words = (
        "edit", mail, "--reason", "wants it", "--ticket", "#48213",
        "--list", "a=b=off", "--list", "!! bar/foo=off", "--list", "VIP Offers=on",
        "--health", "happy", "--sync-to-sailthru", "on", "--sync-to-zendesk", "on",
        "--var", 'city="Porto"', "--var", 'deep={"ß": [1, null, 1.5]}', "--var", "gone=null",
    )  # fmt: skip
    planned = fairlead(*words, "--dry-run", "--json")
    assert planned.exit_code == 0
    assert planned.json["dry_run"] is True
    assert len(planned.json["edits"]) == 9
    assert all(e["id"] is None for e in planned.json["edits"])
    assert set(official(sandbox, mail)["lists"]) == {"Newsletter", "a=b", "!! bar/foo"}  # type: ignore[call-overload]
    result = fairlead(*words, "--json")
    assert result.exit_code == 0, result.stdout
    assert {e["state"] for e in result.json["edits"]} == {"done"}
    assert all(e["ticket"] == 48213 for e in result.json["edits"] if e["id"])
    seen = official(sandbox, mail)
    assert set(seen["lists"]) == {"Newsletter", "VIP Offers"}  # type: ignore[call-overload]
    variables = seen["vars"]
    assert isinstance(variables, dict)
    assert (variables["city"], variables["deep"]) == ("Porto", {"ß": [1, None, 1.5]})
    assert (variables["zendesk_health"], variables["zendesk_sync"]) == ("happy", True)
    # Again: all of it is so already, and nothing is sent.
    sandbox.control("DELETE", "requests")
    again = fairlead(*words, "--json")
    assert again.exit_code == 0
    assert all(e["id"] is None and e["state"] == "done" for e in again.json["edits"])
    requests = sandbox.control("GET", "requests")["requests"]
    assert not [r for r in requests if "POST" in r or "PUT" in r]


def test_edit_opt_in_without_ticket_or_reason_is_refused(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    sandbox.write_profile(mail, optout_email="all")
    words = ("edit", mail, "--optout", "none", "--reason", "asked in the ticket", "--json")
    assert fairlead(*words).exit_code == 2
    assert official(sandbox, mail)["optout_email"] == "all"
    assert fairlead(*words, "--ticket", "48213").exit_code == 0
    assert official(sandbox, mail)["optout_email"] == "none"


def test_edit_create_makes_profile_on_no_list_and_undo_keeps_it(
    fairlead: FairleadCommand, sandbox: SandboxServers, tmp_path: Path
) -> None:
    mail = "fresh.person@create.example"
    sandbox.create_user(mail, name="Fresh von Person")
    result = fairlead("edit", mail, "--create", "--reason", "new customer", "--json")
    assert result.exit_code == 0, result.stdout
    seen = official(sandbox, mail)
    assert seen["vars"] == {"first_name": "Fresh", "last_name": "von Person"}
    assert not seen["lists"]
    # By the account's own rule, and nobody is called by an address.
    for name, rule, expected in (
        ("Ana María Vega", "last_word", {"first_name": "Ana María", "last_name": "Vega"}),
        ("Lopez, Anna", "last_word", {"first_name": "Anna", "last_name": "Lopez"}),
        ("nobody@create.example", "first_space", {}),
    ):
        mail = f"{name.partition(' ')[0].strip(',').partition('@')[0].lower()}@create.example"
        sandbox.create_user(mail, name=name)
        file = tmp_path / "settings.json"
        file.write_text(json.dumps({"names": {"split": rule}}))
        assert fairlead("setup", "--from", str(file), "--json").exit_code == 0
        made = fairlead("edit", mail, "--create", "--reason", "new customer", "--json")
        assert made.exit_code == 0, made.stdout
        assert (official(sandbox, mail)["vars"] or {}) == expected
    back = fairlead("undo", result.json["edits"][0]["id"], "--json")
    assert back.exit_code == 3
    assert "cannot be undone" in back.json["error"]["title"]
    assert fairlead("edit", mail, "--create", "--reason", "again", "--json").exit_code == 2


@pytest.mark.parametrize(
    ("keys", "exit_code"), [("address", 2), ("extid", 2), ("sms", 3)], ids=lambda k: str(k)
)
def test_edit_create_beside_opted_out_profile_is_refused(
    keys: str,
    exit_code: int,
    fairlead: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    new, old = customers.new_email(), customers.new_email()
    ids = {"address": {}, "extid": {"extid": f"crm-{new}"}, "sms": {"sms": "+15553330001"}}[keys]
    sandbox.create_profile(old, keys={"email": old, **ids}, optout_email="all")
    person = sandbox.create_user(new, external_id=f"crm-{new}", phone="+1 555 333 0001")
    if keys == "address":
        identity = {"identity": {"type": "email", "value": old, "verified": True}}
        path = f"/api/v2/users/{person}/identities.json"
        assert sandbox.zendesk_request("POST", path, identity)[0] == 201
    result = fairlead("edit", new, "--create", "--reason", "new customer", "--json")
    assert result.exit_code == exit_code, result.stdout
    assert old in json.dumps(result.json["error"])
    assert sandbox.read_profile(new) is None
    found = fairlead("lookup", new, "--json").json["sailthru"]
    assert (found["email"] if found else None) == (None if keys == "sms" else old)


def test_edit_without_profile_creates_nothing(
    fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    mail = "ghost@nobody.example"
    sandbox.create_user(mail)
    result = fairlead("edit", mail, "--optout", "all", "--reason", "no mail", "--json")
    assert result.exit_code == 2
    nobody = fairlead("edit", "no.one@at.all.example", "--optout", "all", "--reason", "x", "--json")
    assert nobody.exit_code == 3
    assert sandbox.read_profile(mail) is None
    assert sandbox.read_profile("no.one@at.all.example") is None


def test_edit_with_several_matches_changes_nothing(fairlead: FairleadCommand) -> None:
    result = fairlead("edit", "Alex Kim", "--optout", "all", "--reason", "x", "--json")
    assert result.exit_code == 3
    assert "id:7707" in result.json["error"]["message"]


@pytest.mark.parametrize("name", ["zendesk_health", "zendesk_sync"])
def test_edit_var_with_a_right_of_its_own_is_refused(
    name: str, fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    result = fairlead("edit", mail, "--var", f'{name}="x"', "--reason", "r", "--json")
    assert result.exit_code == 2, result.stdout
    assert name in result.json["error"]["title"]
    assert name not in (official(sandbox, mail)["vars"] or {})


def test_undo_after_change_elsewhere_is_conflict(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    fairlead("edit", mail, "--var", 'city="Porto"', "--reason", "moved")
    sandbox.write_profile(mail, vars={"city": "Faro"})
    back = fairlead("undo", "1", "--json")
    assert back.exit_code == 3
    assert back.json["edits"][0]["state"] == "conflict"
    assert official(sandbox, mail)["vars"]["city"] == "Faro"  # type: ignore[index]


def test_edit_as_agent_allows_optout_and_refuses_opt_in_and_permission_changes(
    as_agent: FairleadCommand, fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    refused = [
        ("--optout", "none", "--ticket", "48213"),
        ("--list", "Newsletter=off"),
        ("--var", 'city="1"'),
        ("--sync-to-sailthru", "on"),
    ]
    assert (
        fairlead("edit", mail, "--optout", "all", "--reason", "customer", "--json").exit_code == 0
    )
    for words in refused:
        result = as_agent("edit", mail, *words, "--reason", "r", "--json")
        assert result.exit_code == 3, result.stdout
        assert result.json["error"]["code"] == "not_permitted"
    # Not even by taking back what an admin did.
    assert as_agent("undo", "1", "--json").exit_code == 3
    sandbox.write_profile(mail, optout_email="none")
    own = as_agent("edit", mail, "--optout", "basic", "--reason", "asked", "--json")
    assert own.exit_code == 0
    # One's own stricter level of today needs no further right.
    assert as_agent("undo", own.json["edits"][0]["id"], "--json").exit_code == 0
    assert official(sandbox, mail)["optout_email"] == "none"


def test_edit_offline_is_queued_and_delivered_once_online(tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    first = SandboxServers("--customers", "0", "--state", state, "--port", str(find_free_ports()))
    port = first.ports[0]
    try:
        create_workspace_home(tmp_path / "home", first.connection_document)
        fairlead = FairleadCommand(tmp_path / "home", first.connection_document, keyring=False)
        agent = FairleadCommand(
            tmp_path / "home", first.connection_document, keyring=False, agent=True
        )
        subject = create_customer(first, "opt-out", "wait@offline.example")
        assert fairlead("lookup", subject.email, "--json").exit_code == 0
    finally:
        first.stop()
    kept = fairlead("lookup", subject.email, "--json")
    assert kept.exit_code == 4
    assert kept.json["sailthru"]["sid"] == subject.key
    assert kept.json["age_s"]["sailthru"] > 0
    assert kept.json["errors"]["sailthru"]["code"] == "offline"
    unknown = fairlead("edit", "never@seen.example", "--optout", "all", "--reason", "x", "--json")
    assert unknown.exit_code == 4
    result = fairlead("edit", subject.email, "--optout", "basic", "--reason", "asked", "--json")
    assert (result.exit_code, result.json["edits"][0]["state"]) == (4, "queued")
    # An edit to what still stands there takes the waiting one back instead of being ignored.
    back = fairlead("edit", subject.email, "--optout", "none", "--reason", "no", "--json")
    assert (back.exit_code, back.json["edits"][0]["state"]) == (0, "undone")
    result = fairlead("edit", subject.email, "--optout", "all", "--reason", "asked", "--json")
    assert result.json["edits"][0]["state"] == "queued"
    waiting = result.json["edits"][0]["id"]
    assert fairlead("outbox", "deliver", "--json").exit_code == 4
    second = SandboxServers("--customers", "0", "--state", state, "--port", str(port))
    try:
        # Somebody without the right to opt in cannot keep it from being sent.
        first_row = fairlead("outbox", "--json").json["rows"][0]
        assert first_row["state"] == "queued"
        retried = fairlead("outbox", "retry", waiting, "--json")
        assert retried.exit_code == 0, retried.stdout
        profile = second.read_profile(subject.key)
        assert profile is not None
        assert profile["optout_email"] == "all"
        assert agent("outbox", "discard", waiting, "--json").exit_code == 3
        assert fairlead("audit", "--verify", "--json").json["verified"] is True
    finally:
        second.stop()


def test_outbox_two_deliverers_send_each_row_once(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory, home: Path
) -> None:
    from desktop.store.workspace_store import open_store

    # What anybody may change: the rows are queued without the keyring's key.
    subjects = [customers.new_customer("health") for _ in range(40)]
    store = open_store(home / "workspaces" / "main")
    requests = [s.make_edit() for s in subjects]
    store.outbox.enqueue.blocking(requests, "Ada", 1.0, [0.0] * 40, actor_key="1")
    store.close()
    both = [fairlead.start("outbox", "deliver", "--json") for _ in range(2)]
    for process in both:
        with process:
            assert process.stdout is not None
            # One document, and no error beside it.
            assert json.loads(process.stdout.read())
    assert [sandbox.count_writes(s.key) for s in subjects] == [1] * 40
    store = open_store(home / "workspaces" / "main")
    try:
        assert store.outbox.count_open.blocking() == 0
        rows = store.audit.list_entries.blocking()
        assert len(rows) == len({r.edit for r in rows}) == 40
        assert {r.result for r in rows} == {"done"}
        assert store.audit.verify_chain.blocking().first_broken_seq is None
    finally:
        store.close()


@pytest.mark.parametrize("command", ["edit", "lookup", "audit"])
def test_link_of_another_account_is_refused_by_every_command(
    command: str, fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    link = "https://other-company.zendesk.com/agent/tickets/48213"
    words = {
        "edit": ("edit", link, "--optout", "all", "--reason", "asked"),
        "lookup": ("lookup", link),
        "audit": ("audit", "--customer", link),
    }[command]
    before = sandbox.read_profile("maria@lopez.example")
    result = fairlead(*words, "--json")
    assert result.exit_code == 3, result.stdout
    told = result.json["error"]
    assert "other-company.zendesk.com" in told["title"]
    assert sandbox.connection_document["zendesk"]["base_url"].split("//")[1] in told["message"]
    assert sandbox.read_profile("maria@lopez.example") == before


@pytest.mark.parametrize(
    "pasted", ["mailto:{}?subject=Hi", "'{}'", "Darcy <{}>;", "\u202a{}\u202c"]
)
def test_create_from_pasted_address_makes_no_second_spelling(
    pasted: str, fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    local, _, domain = customers.new_email().partition("@")
    typed = pasted.format(f"{local}.o’neill@{domain}")
    words = ("edit", typed, "--create", "--reason", "asked", "--json")
    result = fairlead(*words)
    assert result.exit_code == 0, result.stdout
    assert result.json["edits"][0]["target"] == f"{local}.o'neill@{domain}"
    assert official(sandbox, f"{local}.o'neill@{domain}")
    assert fairlead(*words).exit_code != 0


def test_create_under_unreachable_address_is_refused(fairlead: FairleadCommand) -> None:
    result = fairlead("edit", "jo@lind", "--create", "--reason", "asked", "--json")
    assert result.exit_code != 0
    assert "mail can reach" in result.json["error"]["title"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Sale\u00a0day", "Sale day"),
        ("Team 👩\u200d🚀", "Team 👩\u200d🚀"),
        ("علی\u200cرضا", "علی\u200cرضا"),
    ],
)
def test_list_made_a_second_ago_is_found(
    name: str,
    typed: str,
    fairlead: FairleadCommand,
    sandbox: SandboxServers,
    mail: str,
    customers: CustomerFactory,
) -> None:
    # The account's lists are kept for five minutes now.
    assert fairlead("lookup", mail).exit_code == 0
    sandbox.create_profile(customers.new_email(), lists={name: 1})
    words = ("edit", mail, "--reason", "asked", "--json", "--list")
    result = fairlead(*words, f"{typed}=on")
    assert result.exit_code == 0, result.stdout
    assert result.json["edits"][0]["name"] == name
    assert name in official(sandbox, mail)["lists"]  # type: ignore[operator]
    assert fairlead(*words, "No such list=on").exit_code != 0


def test_outbox_after_changes_were_switched_off_says_why_it_is_not_sent(
    fairlead: FairleadCommand, sandbox: SandboxServers, mail: str
) -> None:
    assert fairlead("lookup", mail).exit_code == 0
    sandbox.add_fault("sailthru:* *:503", times=None)
    queued = fairlead("edit", mail, "--health", "happy", "--reason", "x", "--json")
    assert queued.exit_code == 4, queued.stdout
    sandbox.clear_faults()
    file = fairlead.home / "off.json"
    file.write_text('{"changes": false}')
    assert fairlead("setup", "--from", str(file), "--json").exit_code == 0
    (row,) = fairlead("outbox", "--json").json["rows"]
    assert "switched off" in row["not_sent"]
    assert row["not_sent"] in row["detail"]
    fairlead("outbox", "deliver", "--json")
    # Asked for it waits for no time.
    fairlead("outbox", "retry", row["id"], "--json")
    assert "zendesk_health" not in official(sandbox, mail)["vars"]  # type: ignore[operator]


def test_edit_that_service_cuts_off_is_done_and_says_what_is_kept(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email, vars={"note": "old"})
    sandbox.control("POST", "account", {"longest_text": 6})
    try:
        result = fairlead("edit", email, "--var", 'note="a long note"', "--reason", "x", "--json")
    finally:
        sandbox.control("POST", "account", {"longest_text": 0})
    (edit,) = result.json["edits"]
    assert (result.exit_code, edit["state"]) == (0, "done"), edit
    assert edit["detail"] == "Sailthru confirmed, and keeps it as a long"
    assert (sandbox.read_profile(email) or {})["vars"]["note"] == "a long"
