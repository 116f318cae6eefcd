"""The generated customers: same for the same seed, found without searching, free until asked."""

from collections.abc import Callable

from desktop.sandbox.people.crowd import SLOTS, Crowd
from tests.headless.sandbox.sandbox_client import Sandbox

CROWD = Crowd(
    seed=3,
    size=20_000,
    anchor=1_800_000_000,
    box=0.1,
    profile=0.8,
    smart=0.1,
    publisher=False,
    predictions=True,
)


def test_people_are_found_by_address_and_phone() -> None:
    for index in range(0, 20_000, 997):
        person = CROWD.person(index)
        assert CROWD.by_email(person.email) == index
        if person.phone:
            assert CROWD.by_phone(person.phone) == index
    assert CROWD.by_email("anna.rossi99999999@mail.example") is None
    assert CROWD.by_phone("+15550000000000") is None


def test_names_are_turned_back_into_people() -> None:
    indexes, count = CROWD.named(["anna", "nowak"], prefix=False)
    found = [CROWD.person(index) for index in indexes]
    assert len(found) == count > 0
    assert {person.name for person in found} == {"Anna Nowak"}
    everybody = sum(CROWD.person(index).name == "Anna Nowak" for index in range(20_000))
    assert everybody == count


def test_shares_are_about_as_asked() -> None:
    people = [CROWD.person(index) for index in range(20_000)]
    assert abs(sum(person.boxed for person in people) / 20_000 - 0.1) < 0.01
    assert abs(sum(person.has_profile for person in people) / 20_000 - 0.8) < 0.01


def test_activity_grows_with_the_number_and_every_ticket_slot_is_used() -> None:
    times = [CROWD.active(index) for index in range(20_000)]
    assert times == sorted(times)
    assert times[-1] < CROWD.anchor
    assert CROWD.first_active(times[777]) == 777
    assert max(CROWD.person(index).tickets for index in range(2000)) == SLOTS


def test_the_same_seed_makes_the_same_people(start: Callable[..., Sandbox]) -> None:
    one, two = start("--customers", "50", "--seed", "9"), start("--customers", "50", "--seed", "9")
    assert one.info["sailthru"]["api_key"] == two.info["sailthru"]["api_key"]
    users = [it.zendesk("GET", "users/30000000042").body["user"] for it in (one, two)]
    assert users[0]["email"] == users[1]["email"]
    third = start("--customers", "50", "--seed", "10")
    assert third.zendesk("GET", "users/30000000042").body["user"]["email"] != users[0]["email"]


def test_both_services_know_the_same_person(shared: Sandbox) -> None:
    known = 0
    for index in range(60):
        user = shared.zendesk("GET", f"users/{30_000_000_000 + index}").body["user"]
        answer = shared.sailthru("GET", "user", {"id": user["email"]})
        if answer.status == 200:
            known += 1
            assert answer.body["vars"]["first_name"] == user["name"].split(" ")[0]
            sid = answer.body["keys"]["sid"]
            assert shared.sailthru("GET", "user", {"id": sid}).body == answer.body
    assert known > 30


def test_a_million_people_answer(start: Callable[..., Sandbox]) -> None:
    sandbox = start("--customers", "1000000", "--rate-limits", "off")
    user = sandbox.zendesk("GET", "users/30000999999").body["user"]
    found = sandbox.zendesk("GET", f"users/search?query={user['email']}").body["users"]
    assert [it["id"] for it in found] == [user["id"]]
    page = sandbox.zendesk("GET", "incremental/users/cursor?start_time=1&per_page=1000").body
    assert len(page["users"]) == 1000
    assert page["end_of_stream"] is False
    counts = {it["name"]: it["email_count"] for it in lists(sandbox)}
    assert counts["Newsletter"] > 400_000


def lists(sandbox: Sandbox) -> list[dict[str, object]]:
    body: list[dict[str, object]] = sandbox.sailthru("GET", "list", {}).body["lists"]
    return body
