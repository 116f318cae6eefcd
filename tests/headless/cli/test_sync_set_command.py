"""`fairlead sync set` and new syncs on the command line."""

import re

from desktop.model.sync_fields import SYNC_FIELDS
from tests.support.cli_command import FairleadCommand
from tests.support.sandbox_servers import SandboxServers

BOX = "zendesk-to-sailthru"


def test_sync_set_help_has_a_line_for_every_field(fairlead: FairleadCommand) -> None:
    text = fairlead("sync", "set", "--help").stdout
    lines = [line.strip() for line in text.splitlines()]
    assert all(any(line.startswith(f"{f.path} ") for line in lines) for f in SYNC_FIELDS)


def test_sync_set_fields_are_stored_or_refused_together(fairlead: FairleadCommand) -> None:
    assert fairlead("sync", "add", "--preset", BOX).exit_code == 0
    given = ("effects.deleted_var=gone", "limits.people=20", "opt_in.attested=on")
    result = fairlead("sync", "set", BOX, *given, "--json")
    assert result.exit_code == 0, result
    assert result.json["fields"] == {
        "effects.deleted_var": "gone",
        "limits.people": 20,
        "opt_in.attested": True,
    }
    wrong = fairlead("sync", "set", BOX, "title=Other", "limits.poeple=1", "--json")
    assert (wrong.exit_code, wrong.json["error"]["hint"]) == (2, "Did you mean “limits.people”?")
    shown = fairlead("sync", "set", BOX, "--json").json["fields"]
    assert (shown["title"], shown["effects.deleted_var"]) == ("Zendesk to Sailthru", "gone")
    assert shown["identity"] == ["sid", "email", "external_id"]
    told = fairlead("audit", "--json").json["rows"]
    (row,) = [one for one in told if one["kind"] == "consent"]
    (limits,) = [one for one in told if one["kind"] == "limits"]
    assert (limits["old"], limits["new"]["percent"]) == ({"people": 200, "percent": 20}, 20)
    assert (row["kind"], row["name"]) == ("consent", BOX)
    assert "consent" in fairlead("audit").stdout


def test_covering_list_is_set_and_shown_with_its_coverage(fairlead: FairleadCommand) -> None:
    assert fairlead("sync", "add", "--preset", BOX).exit_code == 0
    by_itself = fairlead("sync", "plan", BOX, "--json").json["read_by"]
    assert (by_itself["list"], by_itself["chosen"]) == (None, "by itself")
    assert by_itself["note"] == "There are fewer than 500 to read."
    assert fairlead("sync", "set", BOX, "covering_list=Newsletter").exit_code == 0
    shown = fairlead("sync", "plan", BOX, "--json").json["read_by"]
    assert (shown["list"], shown["chosen"]) == ("Newsletter", "by setting")
    assert shown["people"] >= shown["covered"] > 0
    assert shown["people"] >= shown["read_singly"] > 0
    text = fairlead("sync", "plan", BOX).stdout
    # Each plan counts for itself: what was written before may show at the service only now.
    told = re.search(r"“Newsletter” \(as set\): (\d+) of (\d+) people are on it", text)
    assert told is not None, text
    assert int(told[2]) >= int(told[1]) > 0
    assert fairlead("sync", "set", BOX, "covering_list=none").exit_code == 0
    assert fairlead("sync", "plan", BOX, "--json").json["read_by"]["list"] is None
    assert "read one by one. The sync is set to it." in fairlead("sync", "plan", BOX).stdout


def test_sync_set_without_the_right_is_refused(
    fairlead: FairleadCommand, as_agent: FairleadCommand
) -> None:
    assert fairlead("sync", "add", "--preset", BOX).exit_code == 0
    assert as_agent("sync", "set", BOX, "title=Other", "--json").exit_code == 3
    assert fairlead("sync", "set", BOX, "--json").json["fields"]["title"] != "Other"


def test_sync_add_makes_blank_syncs_and_copies(fairlead: FairleadCommand) -> None:
    for kind in ("zendesk_users", "zendesk_tickets", "sailthru_lists"):
        made = fairlead("sync", "add", "--from", kind, "--title", f"My {kind}", "--json")
        assert (made.exit_code, made.json["on"]) == (0, False), made
    copy = fairlead("sync", "add", "--copy", "my-zendesk-users", "--title", "Second", "--json")
    assert (copy.exit_code, copy.json["sync"]) == (0, "second")
    for words in (
        ("--from", "zendesk_users"),
        ("--copy", "second"),
        ("--copy", "second", "--preset", BOX),
        ("--preset", BOX, "--title", "Mine"),
        (),
    ):
        assert fairlead("sync", "add", *words).exit_code == 2, words


def test_sync_set_name_split_is_stored_exported_and_checked(fairlead: FairleadCommand) -> None:
    assert fairlead("sync", "add", "--preset", BOX).exit_code == 0
    assert fairlead("sync", "set", BOX, "name_split=last_word").exit_code == 0
    assert 'name_split = "last_word"' in fairlead("sync", "export", "-", BOX).stdout
    wrong = fairlead("sync", "set", BOX, "name_split=middle", "--json")
    assert wrong.exit_code == 2
    assert fairlead("sync", "set", BOX, "--json").json["fields"]["name_split"] == "last_word"


def test_sync_on_refuses_lists_that_nobody_can_join(
    fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    smart = "zendesk-sync-smart"
    assert fairlead("sync", "add", "--preset", BOX).exit_code == 0
    assert fairlead("sync", "set", BOX, "effects.add_to_lists=Newsleter").exit_code == 0
    typo = fairlead("sync", "on", BOX, "--json")
    assert typo.exit_code == 3
    assert "Did you mean “Newsletter”?" in typo.json["error"]["title"]
    assert "Newsleter" not in sandbox.sailthru_lists()
    # A row of the mapping names a list just as well.
    listed = '[{"source": "true", "target": "lists.%s", "type": "text"}]'
    lists = ("effects.add_to_lists=Newsletter", f"mapping={listed % smart}")
    assert fairlead("sync", "add", "--preset", "sailthru-to-zendesk", "--create").exit_code == 0
    assert smart in sandbox.sailthru_lists()
    assert fairlead("sync", "set", BOX, *lists).exit_code == 0
    refused = fairlead("sync", "on", BOX, "--create", "--json")
    assert refused.exit_code == 3
    assert "is a smart list" in refused.json["error"]["title"]
    # Said to create it: it is there, and the sync is on.
    rows = f"mapping={listed % 'Brand new'}"
    assert fairlead("sync", "set", BOX, rows).exit_code == 0
    assert fairlead("sync", "on", BOX, "--create", "--json").json["on"] is True
    assert "Brand new" in sandbox.sailthru_lists()


def test_sync_on_refuses_user_fields_that_nobody_has(fairlead: FairleadCommand) -> None:
    assert fairlead("sync", "add", "--from", "zendesk_tickets", "--title", "Mine").exit_code == 0
    row = '[{"source": "user_fields.sync_to_sailtru", "target": "vars.box"}]'
    condition = '[{"field": "user_fields.sync_to_sailtru", "test": "is", "value": true}]'
    good = '[{"source": "last_ticket_id", "target": "vars.last"}]'
    for given in ((f"mapping={row}",), (f"mapping={good}", f"source.where={condition}")):
        assert fairlead("sync", "set", "mine", *given).exit_code == 0
        refused = fairlead("sync", "on", "mine", "--create", "--json")
        assert refused.exit_code == 3
        assert "Did you mean “sync_to_sailthru”?" in refused.json["error"]["title"]
    assert fairlead("sync", "set", "mine", "source.where=[]").exit_code == 0
    assert fairlead("sync", "on", "mine", "--json").json["on"] is True


def test_sync_list_tells_favourite_labels_and_description(fairlead: FairleadCommand) -> None:
    assert fairlead("sync", "add", "--preset", BOX).exit_code == 0
    values = ("favourite=on", "labels=daily,support", "description=Who ticked it")
    assert fairlead("sync", "set", BOX, *values).exit_code == 0
    (listed,) = fairlead("sync", "list", "--json").json["syncs"]
    assert (listed["favourite"], listed["labels"]) == (True, ["daily", "support"])
    assert listed["description"] == "Who ticked it"
