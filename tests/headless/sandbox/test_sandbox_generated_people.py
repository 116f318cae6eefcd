"""Generated people of the sandbox: same for the same seed, found without searching."""

from collections.abc import Callable

import pytest

from desktop.sandbox.people.generated_people import TICKET_SLOTS, GeneratedPeople
from tests.support.sandbox_client import SandboxClient

CROWD = GeneratedPeople(
    seed=3,
    size=20_000,
    reference_time=1_800_000_000,
    sync_box_share=0.1,
    profile_share=0.8,
    smart_list_share=0.1,
    is_publisher=False,
    has_predictions=True,
)


def test_generated_people_are_found_by_email_and_phone() -> None:
    for index in range(0, 20_000, 997):
        person = CROWD.person(index)
        assert CROWD.index_by_email(person.email) == index
        if person.phone:
            assert CROWD.index_by_phone(person.phone) == index
    assert CROWD.index_by_email("anna.rossi99999999@mail.example") is None
    assert CROWD.index_by_phone("+15550000000000") is None


def test_generated_people_are_found_by_name() -> None:
    indexes, count = CROWD.indexes_by_name(["anna", "nowak"], prefix=False)
    found = [CROWD.person(index) for index in indexes]
    assert len(found) == count > 0
    assert {person.name for person in found} == {"Anna Nowak"}
    everybody = sum(CROWD.person(index).name == "Anna Nowak" for index in range(20_000))
    assert everybody == count


def test_generated_shares_match_options() -> None:
    people = [CROWD.person(index) for index in range(20_000)]
    assert abs(sum(person.has_sync_box for person in people) / 20_000 - 0.1) < 0.01
    assert abs(sum(person.has_profile for person in people) / 20_000 - 0.8) < 0.01


def test_generated_activity_increases_and_fills_ticket_slots() -> None:
    times = [CROWD.last_active_at(index) for index in range(20_000)]
    assert times == sorted(times)
    assert times[-1] < CROWD.reference_time
    assert CROWD.first_index_active_since(times[777]) == 777
    assert max(CROWD.person(index).ticket_count for index in range(2000)) == TICKET_SLOTS


def test_generated_people_same_seed_are_equal(start_sandbox: Callable[..., SandboxClient]) -> None:
    one, two = (
        start_sandbox("--customers", "50", "--seed", "9"),
        start_sandbox("--customers", "50", "--seed", "9"),
    )
    assert (
        one.connection_document["sailthru"]["api_key"]
        == two.connection_document["sailthru"]["api_key"]
    )
    users = [it.zendesk("GET", "users/30000000042").body["user"] for it in (one, two)]
    assert users[0]["email"] == users[1]["email"]
    third = start_sandbox("--customers", "50", "--seed", "10")
    assert third.zendesk("GET", "users/30000000042").body["user"]["email"] != users[0]["email"]


def test_generated_person_is_same_in_both_services(read_only_sandbox: SandboxClient) -> None:
    known = 0
    for index in range(60):
        user = read_only_sandbox.zendesk("GET", f"users/{30_000_000_000 + index}").body["user"]
        answer = read_only_sandbox.sailthru("GET", "user", {"id": user["email"]})
        if answer.status == 200:
            known += 1
            assert answer.body["vars"]["first_name"] == user["name"].split(" ")[0]
            sid = answer.body["keys"]["sid"]
            assert read_only_sandbox.sailthru("GET", "user", {"id": sid}).body == answer.body
    assert known > 30


def test_generated_million_people_respond(start_sandbox: Callable[..., SandboxClient]) -> None:
    sandbox = start_sandbox("--customers", "1000000", "--rate-limits", "off")
    user = sandbox.zendesk("GET", "users/30000999999").body["user"]
    found = sandbox.zendesk("GET", f"users/search?query={user['email']}").body["users"]
    assert [it["id"] for it in found] == [user["id"]]
    page = sandbox.zendesk("GET", "incremental/users/cursor?start_time=1&per_page=1000").body
    assert len(page["users"]) == 1000
    assert page["end_of_stream"] is False
    counts = {it["name"]: it["email_count"] for it in lists(sandbox)}
    assert counts["Newsletter"] > 400_000


@pytest.mark.parametrize("customers", [0, 7, 2000])
def test_list_counts_are_whole_numbers_of_people(
    customers: int, start_sandbox: Callable[..., SandboxClient]
) -> None:
    sandbox = start_sandbox("--customers", str(customers), "--rate-limits", "off")
    for row in lists(sandbox):
        one = sandbox.sailthru("GET", "list", {"list": row["name"]}).body
        for count in (row["email_count"], row["valid_count"], one["count"]):
            assert type(count) is int, row
            # The fixture people are fewer than a hundred and fifty.
            assert 0 <= count <= customers + 150, row


def lists(sandbox: SandboxClient) -> list[dict[str, object]]:
    body: list[dict[str, object]] = sandbox.sailthru("GET", "list", {}).body["lists"]
    return body
