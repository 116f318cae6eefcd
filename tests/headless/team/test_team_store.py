"""The team store itself: what a desk may do there, its versions, and its errors in sentences."""

import queue
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from desktop.kit.errors import AppError
from desktop.model.account import Account
from desktop.model.permission import Actor, Role
from desktop.model.team import ApprovalKind, RevokedLogin
from desktop.model.team_address import TeamAddress
from desktop.store.sqlite_database import load_migrations
from desktop.store.team.enrolment_repository import name_admin
from desktop.store.team.team_database import TeamDatabase
from desktop.store.team.team_errors import DeskRevoked, TeamStoreAway, TeamStoreRefused
from desktop.store.team.team_listener import TeamListener
from desktop.store.team.team_migrations import migrate_team_store, require_usable
from desktop.store.team.team_store import TeamStore, build_team_store
from tests.support.postgres_server import PostgresServer
from tests.support.team_desk import KEY
from tests.support.team_process import ACCOUNT


def test_desk_role_adds_to_the_record_and_changes_nothing(
    open_desk: Callable[[str], TeamStore],
) -> None:
    store = open_desk("d1")
    for statement in (
        "UPDATE audit SET actor = 'Eve'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE team SET key_check = ''",
        "DELETE FROM desk",
        "UPDATE desk SET joined_by = 'Eve'",
        "UPDATE approval_answer SET user_id = '1'",
        "DELETE FROM approval_request",
        "DELETE FROM sync_lease",
        "DROP TABLE audit",
        "CREATE TABLE mine (n int)",
        "INSERT INTO migration (number) VALUES (99)",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
    ):
        with pytest.raises(TeamStoreRefused) as refused:
            store.database.run(lambda c, s=statement: c.execute(s))  # type: ignore[misc]
        assert "lacks a right" in str(refused.value), statement


def test_each_login_writes_in_the_name_of_its_own_desks_alone(
    postgres: PostgresServer, database: str, open_desk: Callable[[str], TeamStore]
) -> None:
    ada, twin = open_desk("ada"), open_desk("twin")
    postgres.execute("CREATE ROLE kim_login LOGIN IN ROLE fairlead_desk")
    kim = build_team_store(postgres.address(database, "kim_login").with_key(KEY), "kim")
    kim.desks.join.blocking("Kim", "Kim", "1", ACCOUNT)
    ada.approvals.ask.blocking(ApprovalKind.LIMIT, "s", {"people": "asked"}, "Ada", 1.0)
    ada.approvals.ask.blocking(ApprovalKind.LIMIT, "t", {"people": "open"}, "Ada", 1.0)
    ada.leases.acquire.blocking("nightly", "p1", "Ada")
    row = (
        "1, 1, 'optout', 'sailthru', 'optout', 0, 'done', 'pc', 'a', '', '', '', '', '', 'h', '',"
        " '', ''"
    )
    columns = (
        "desk, seq, at, kind, service, name, edit, result, computer, account, actor_hash,"
        " values_hash, key_id, prev_hash, actor, hash, mac, person_hash, team_proof"
    )
    statements = (
        f"INSERT INTO audit ({columns}) VALUES ('{{desk}}', {row})",  # noqa: S608 - ours
        "INSERT INTO approval_request VALUES ('r-{desk}', '{desk}', 'limit', '{{}}', 'A', 1, '')",
        "INSERT INTO approval_answer SELECT id, '7604', '{desk}', 'A', '', 1, ''"
        " FROM approval_request WHERE content LIKE '%asked%'",
        "INSERT INTO approval_end (request, desk)"
        " SELECT id, '{desk}' FROM approval_request WHERE content LIKE '%asked%'",
        "INSERT INTO sync_lease (sync, desk, epoch, pinned_by)"
        " VALUES ('of-{desk}', '{desk}', 0, 'A')",
        "UPDATE sync_lease SET desk = '{desk}', epoch = epoch + 1",
    )
    for statement in statements:
        mine = statement.format(desk="ada")
        with pytest.raises(TeamStoreRefused, match="in the name of this desk"):
            kim.database.run(lambda c, s=mine: c.execute(s))  # type: ignore[misc]
        twin.database.run(lambda c, s=mine: c.execute(s))  # type: ignore[misc]
    for statement in (
        "INSERT INTO desk (id, name, joined_by, version, login)"
        " VALUES ('x', 'x', 'x', '1', 'desk')",
        "INSERT INTO desk (id, name, joined_by, version) VALUES ('ada', 'x', 'x', '1')"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        "UPDATE desk SET login = 'kim_login'",
        "INSERT INTO approval_end (request, desk)"
        " SELECT id, 'kim' FROM approval_request WHERE content LIKE '%open%'",
    ):
        with pytest.raises(TeamStoreRefused, match=r"in the name of this desk|lacks a right"):
            kim.database.run(lambda c, s=statement: c.execute(s))  # type: ignore[misc]
    count = kim.database.run(lambda c: c.execute("UPDATE desk SET name = 'gone'").rowcount)
    assert count == 1
    # For itself it takes a sync over, once no run holds it.
    ada.leases.release.blocking("nightly", 2)
    assert kim.leases.take_over.blocking("nightly", "Kim").desk == "kim"
    kim.close()


def test_code_counts_once_and_its_password_ends_with_it(
    postgres: PostgresServer, database: str, open_desk: Callable[[str], TeamStore]
) -> None:
    code = open_desk("ada").enrolment.invite.blocking("Kim", "Ada")
    store = build_team_store(code, "kim")
    new = replace(code, password="another")
    assert store.enrolment.use_invitation.blocking(new)
    store.close()
    spent = build_team_store(code, "eve")
    with pytest.raises(TeamStoreRefused, match="A code counts once"):
        require_usable(spent.database)
    spent.close()
    kim = build_team_store(new.with_key(KEY), "kim")
    kim.desks.join.blocking("Kim", "Kim", "1", ACCOUNT)
    with pytest.raises(TeamStoreRefused, match="was used before"):
        kim.enrolment.use_invitation.blocking(new)
    with pytest.raises(TeamStoreRefused, match="acts for no admin"):
        kim.enrolment.invite.blocking("Eve", "Kim")
    with pytest.raises(TeamStoreRefused, match="acts for no admin"):
        kim.enrolment.revoke.blocking("ada", "Kim")
    kim.close()


def test_code_of_yesterday_is_refused(
    postgres: PostgresServer, database: str, open_desk: Callable[[str], TeamStore]
) -> None:
    code = open_desk("ada").enrolment.invite.blocking("Kim", "Ada")
    postgres.execute("UPDATE fairlead.invitation SET expires_at = now()", database)
    store = build_team_store(code, "kim")
    with pytest.raises(TeamStoreRefused, match="its time is over"):
        store.enrolment.use_invitation.blocking(None)
    store.close()


def test_revoked_desk_loses_login_session_and_syncs(
    postgres: PostgresServer, database: str, open_desk: Callable[[str], TeamStore]
) -> None:
    ada = open_desk("ada")
    code = ada.enrolment.invite.blocking("Kim", "Ada").with_key(KEY)
    kim = build_team_store(code, "kim")
    kim.desks.join.blocking("Kim", "Kim", "1", ACCOUNT)
    lease = kim.leases.acquire.blocking("nightly", "p1", "Kim")
    assert ada.enrolment.revoke.blocking("kim", "Ada") is RevokedLogin.ENDED
    # Its open session has ended, and no new one begins.
    with pytest.raises(DeskRevoked, match="taken this computer out"):
        kim.leases.renew.blocking("nightly", lease.epoch)
    kim.close()
    taken = ada.leases.take_over.blocking("nightly", "Ada")
    assert (taken.desk, taken.epoch) == ("ada", lease.epoch + 2)
    with pytest.raises(TeamStoreRefused, match="revoked before"):
        ada.enrolment.revoke.blocking("kim", "Ada")


def test_desk_revoked_beside_another_of_its_login_writes_nothing_more(
    open_desk: Callable[[str], TeamStore],
) -> None:
    ada, twin = open_desk("ada"), open_desk("twin")
    assert ada.enrolment.revoke.blocking("twin", "Ada") is RevokedLogin.SHARED
    with pytest.raises(DeskRevoked, match="Ada has taken"):
        twin.desks.touch.blocking("1")
    with pytest.raises(TeamStoreRefused, match="in the name of this desk"):
        twin.leases.claim_due.blocking("nightly", 1.0, "Kim")


def test_login_answers_as_its_own_admin_alone(
    postgres: PostgresServer, database: str, open_desk: Callable[[str], TeamStore]
) -> None:
    """What whoever holds a login and the team's key can't do: answer in another one's name."""
    ada = open_desk("ada")
    ada.approvals.ask.blocking(ApprovalKind.LIMIT, "s", {"people": "3"}, "Ada", 1.0)
    (asked,) = ada.approvals.list_open.blocking()
    code = ada.enrolment.invite.blocking("Kim", "Ada").with_key(KEY)
    kim = build_team_store(code, "kim")
    kim.desks.join.blocking("Kim", "Kim", "1", ACCOUNT)
    bo = Actor("Bo Berg", Role.ADMIN, 7604)
    with pytest.raises(TeamStoreRefused, match="in the name of this desk"):
        kim.approvals.answer.blocking(asked, bo, 2.0)
    with pytest.raises(TeamStoreRefused, match="in the name of this desk"):
        kim.database.run(lambda c: c.execute("INSERT INTO team_admin VALUES ('desk', '1', NULL)"))
    # Negative control: named by the owner it could.
    owner = TeamDatabase(postgres.address(database, postgres.owner_login))
    assert name_admin(owner, "kim", "7604") == "Kim"
    owner.close()
    kim.approvals.answer.blocking(asked, bo, 2.0)
    (given,) = ada.approvals.get.blocking(asked.id).answers
    assert given.is_proven
    # An answer of a desk that was revoked since does not count.
    ada.enrolment.revoke.blocking("kim", "Ada")
    (given,) = ada.approvals.get.blocking(asked.id).answers
    assert not given.is_proven
    kim.close()


def test_colleague_is_told_until_they_close_the_customer_or_fall_silent(
    postgres: PostgresServer, database: str, open_desk: Callable[[str], TeamStore]
) -> None:
    ada, bo = open_desk("ada"), open_desk("bo")
    bo.presence.set_open.blocking(["7", "A" * 24], "Bo Berg")
    bo.presence.set_open.blocking(["7", "a" * 24], "Bo Berg")
    found = ada.presence.list_others.blocking(["a" * 24, "8"])
    assert [(one.name, one.desk_name) for one in found["a" * 24]] == [("Bo Berg", "Bo")]
    assert bo.presence.list_others.blocking(["7"]) == {}
    (rows,) = postgres.execute("SELECT count(*) FROM fairlead.presence", database)
    assert rows == (2,)
    postgres.execute("UPDATE fairlead.presence SET seen_at = now() - interval '2 min'", database)
    assert ada.presence.list_others.blocking(["7"]) == {}
    bo.presence.set_open.blocking(["7"], "Bo Berg")
    assert list(ada.presence.list_others.blocking(["7", "a" * 24])) == ["7"]
    bo.presence.set_open.blocking([], "Bo Berg")
    assert ada.presence.list_others.blocking(["7"]) == {}


def test_listener_hears_another_desk_and_stops(open_desk: Callable[[str], TeamStore]) -> None:
    ada, bo = open_desk("ada"), open_desk("bo")
    heard: queue.Queue[str] = queue.Queue()
    listener = TeamListener(ada.database)
    thread = threading.Thread(target=listener.listen, args=(heard.put,))
    thread.start()
    assert heard.get(timeout=30) == ""
    bo.presence.set_open.blocking(["7"], "Bo Berg")
    assert heard.get(timeout=30) == "presence"
    listener.stop()
    thread.join(30)
    assert not thread.is_alive()


def test_owner_may_not_work_as_a_desk(postgres: PostgresServer, database: str) -> None:
    owner = TeamDatabase(postgres.address(database, postgres.owner_login))
    with pytest.raises(TeamStoreRefused, match="may change what other desks have recorded"):
        require_usable(owner)
    owner.close()


def test_migrations_are_applied_once_and_a_newer_store_is_refused(
    postgres: PostgresServer, database: str
) -> None:
    newest = load_migrations("team")[-1][0]
    owner = TeamDatabase(postgres.address(database, postgres.owner_login))
    assert migrate_team_store(owner) == (newest, newest)
    insert = f"INSERT INTO fairlead.migration (number) VALUES ({newest + 1})"  # noqa: S608 - ours
    postgres.execute(insert, database)
    desk = TeamDatabase(postgres.address(database))
    for act, on in ((migrate_team_store, owner), (require_usable, desk)):
        with pytest.raises(TeamStoreRefused, match="newer Fairlead"):
            act(on)
    owner.close()
    desk.close()


def test_other_account_and_wrong_key_do_not_join(
    postgres: PostgresServer, database: str, open_desk: Callable[[str], TeamStore]
) -> None:
    open_desk("d1")
    other = build_team_store(postgres.address(database).with_key(KEY), "d2")
    elsewhere = Account("https://two.zendesk.com/", "", "https://api.sailthru.com")
    with pytest.raises(AppError, match="works with another account"):
        other.desks.join.blocking("d2", "Ben", "1", elsewhere)
    other.close()
    stranger = build_team_store(postgres.address(database).with_key("00" * 32), "d3")
    with pytest.raises(AppError, match="key of the team"):
        stranger.desks.join.blocking("d3", "Eve", "1", ACCOUNT)
    with pytest.raises(AppError, match="another team's store"):
        stranger.desks.require_team.blocking("not this one", ACCOUNT)
    stranger.close()


def test_errors_of_the_connection_are_sentences(postgres: PostgresServer, database: str) -> None:
    cases = [
        (TeamAddress("127.0.0.1", database, "desk", port=1), TeamStoreAway, "can't be reached"),
        (postgres.address("nowhere"), TeamStoreRefused, "no database “nowhere”"),
        (postgres.address(database, "nobody"), TeamStoreRefused, "sign-in as nobody"),
        (postgres.address("postgres"), TeamStoreRefused, "is no team store yet"),
        # Not this computer by its name, so TLS is asked for, which this server does not offer.
        (
            TeamAddress("127.1", database, "desk", "pw", postgres.port),
            TeamStoreRefused,
            "does not offer TLS",
        ),
    ]
    for address, kind, said in cases:
        store = TeamDatabase(address)
        with pytest.raises(kind) as raised:
            require_usable(store)
        assert said in str(raised.value)
        assert "pw" not in str(raised.value)
        store.close()


def test_what_is_acknowledged_outlives_a_crash_of_the_server(
    postgres: PostgresServer, database: str, open_desk: Callable[[str], TeamStore]
) -> None:
    assert postgres.execute("SHOW synchronous_commit", database) == [("off",)]
    shown = open_desk("d1").database.run(
        lambda c: c.execute("SELECT current_setting('synchronous_commit') AS said").fetchone()
    )
    assert shown == {"said": "on"}


def test_connection_that_was_cut_is_opened_again(
    postgres: PostgresServer, database: str, open_desk: Callable[[str], TeamStore]
) -> None:
    store = open_desk("d1")
    # Waits until it is gone (ms): one that is just going would still take the next question.
    cut = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database()"
    )
    cut += " AND pid <> pg_backend_pid()"
    assert len(store.desks.list_all.blocking()) == 1
    assert postgres.execute(cut, database) == [(True,)]
    assert len(store.desks.list_all.blocking()) == 1


def test_variables_of_libpq_lead_nowhere_else(
    postgres: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("PGHOSTADDR", "192.0.2.1"), ("PGPORT", "1"), ("PGOPTIONS", "-c nothing=1"),
        ("PGSSLMODE", "require"), ("PGUSER", "nobody"), ("PGDATABASE", "nowhere"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    store = TeamDatabase(postgres.address(database))
    require_usable(store)
    store.close()
