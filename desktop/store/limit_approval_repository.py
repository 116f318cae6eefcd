"""The table `limit_approval`: who allowed a plan to exceed a limit, for which rows."""

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from desktop.kit.errors import ConflictError
from desktop.kit.text import format_count
from desktop.model.json_value import Json, canonical_json
from desktop.model.run_limit import PRODUCTION, is_approval_valid
from desktop.model.service import Service
from desktop.store import audit_row
from desktop.store.audit_verification import find_proven_entry
from desktop.store.database_call import database_call
from desktop.store.plan_row_table import parse_plan_id
from desktop.store.plan_table import select_plan
from desktop.store.repository import Repository
from desktop.store.ticked_rows_query import count_ticked_people

_ROW_HASH_BYTES = 8


@dataclass(frozen=True)
class LimitApproval:
    """A row of `limit_approval`: an admin lets a plan exceed one limit, for `people` shown.

    `people` is None where a version that kept no counts stored it. `credential` names the API token
    it was given with, by its hash; empty: a sign-in by browser. `is_in_force`: the audit tells the
    same, and every row that is over the limit now was so then.
    """

    limit_code: str
    user_id: str
    name: str
    approved_at: float
    people: int | None = None
    credential: str = ""
    is_in_force: bool = False

    def covers(self, people: int) -> bool:
        """Whether the stored approval of a limit lets so many people of its plan pass."""
        return self.is_in_force and is_approval_valid(self.people, people)

    @property
    def words(self) -> str:
        """Say who approved which limit, as stored for a plan: for how many people."""
        many = (
            "" if self.people is None else f" for {format_count(self.people, 'person', 'people')}"
        )
        return f"{self.name} allowed {self.limit_code}{many}."

    def as_json(self) -> dict[str, Json]:
        """The stored approval of a limit as JSON, an object of `approvals`."""
        return {
            "limit": self.limit_code,
            "by": self.name,
            "user_id": self.user_id,
            "at": self.approved_at,
            "people": self.people,
        }


class LimitApprovalRepository(Repository):
    """The table `limit_approval`; an approval counts while the audit tells the same."""

    @database_call
    def add(
        self,
        plan_id: str,
        breach: str,
        person: str,
        name: str,
        now: float,
        *,
        people: int | None = None,
        credential: str = "",
        rows_hash: str | None = None,
    ) -> None:
        """Insert an admin's approval of a plan's limit, for the people they saw; twice counts once.

        `people` None: for as many as are ticked at this moment. It is for the rows that are ticked
        now, and for no others in their place. `credential` as in `LimitApproval`. Raises
        ConflictError where these are not the rows of `rows_hash`, which the admin was asked about.
        """

        def act(connection: sqlite3.Connection) -> None:
            seen = people
            if seen is None:
                seen = count_ticked_people(connection, plan_id).get(breach, 0)
            rows = b"".join(sorted(_hash_ticked_rows(connection, plan_id, breach)))
            if rows_hash is not None and hashlib.sha256(rows).hexdigest() != rows_hash:
                raise ConflictError(
                    "The plan was changed since the approval was asked for.",
                    "Nothing was approved.",
                    "It is asked for once more.",
                )
            plan = select_plan(connection, plan_id)
            seq = audit_row.append_limit_approval(
                connection,
                at=now,
                actor=name,
                user_id=person,
                service=Service(plan["service"]),
                sync=plan["sync"],
                plan_id=plan_id,
                limit=breach,
                people=seen,
                rows_hash=hashlib.sha256(rows).hexdigest(),
                credential=credential,
            )
            connection.execute(
                "INSERT OR REPLACE INTO limit_approval (plan, limit_code, user_id, name,"
                " approved_at, people, rows, credential, audit_seq)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (int(plan_id), breach, person, name, now, seen, rows, credential, seq),
            )

        self._database.write(act)

    @database_call
    def hash_rows(self, plan_id: str, breach: str) -> str:
        """Hash the plan's ticked rows that are over a limit: what an approval of it is for."""
        return self._database.read(
            lambda c: hashlib.sha256(
                b"".join(sorted(_hash_ticked_rows(c, plan_id, breach)))
            ).hexdigest()
        )

    @database_call
    def list_of_plan(self, plan_id: str) -> tuple[LimitApproval, ...]:
        """Select a plan's limit approvals, the first one first."""
        return self._database.read(lambda c: self.select_within(c, plan_id))

    @database_call
    def list_of_plans(self, plan_ids: Iterable[str]) -> dict[str, tuple[LimitApproval, ...]]:
        """Select the limit approvals of several plans, by the plan's id."""
        wanted = tuple(plan_ids)
        return self._database.read(lambda c: {p: self.select_within(c, p) for p in wanted})

    def select_within(
        self, connection: sqlite3.Connection, plan_id: str
    ) -> tuple[LimitApproval, ...]:
        """Return a plan's limit approvals, the first one first, in the caller's transaction."""
        ticked: dict[str, set[bytes]] = {}
        found = []
        for row in connection.execute(
            "SELECT * FROM limit_approval WHERE plan = ? ORDER BY approved_at, user_id",
            (parse_plan_id(plan_id),),
        ).fetchall():
            code = row["limit_code"]
            is_in_force = self._is_proven(connection, row)
            if is_in_force:
                if code not in ticked:
                    ticked[code] = _hash_ticked_rows(connection, plan_id, code)
                is_in_force = ticked[code] <= _split_hashes(row["rows"])
            found.append(
                LimitApproval(
                    code,
                    row["user_id"],
                    row["name"],
                    row["approved_at"],
                    row["people"],
                    row["credential"],
                    is_in_force,
                )
            )
        return tuple(found)

    def _is_proven(self, connection: sqlite3.Connection, approval: sqlite3.Row) -> bool:
        """Whether the audit tells the same of a limit's approval as its row does."""
        if approval["people"] is None:
            return False
        signer = self._database.audit_signer
        entry = find_proven_entry(connection, approval["audit_seq"], signer)
        said = audit_row.approval_content(
            str(approval["plan"]),
            approval["limit_code"],
            approval["user_id"],
            approval["people"],
            hashlib.sha256(approval["rows"]).hexdigest(),
            approval["credential"],
        )
        return (
            entry is not None
            and entry["kind"] == "approval"
            and entry["actor"] == approval["name"]
            and entry["new"] == canonical_json(said)
        )


def _hash_ticked_rows(connection: sqlite3.Connection, plan_id: str, code: str) -> set[bytes]:
    """Hash a plan's ticked rows with a consequence, for their approval: who, what changes.

    For `PRODUCTION` all that write.
    """
    return {
        hashlib.sha256("\0".join(map(str, row)).encode()).digest()[:_ROW_HASH_BYTES]
        for row in connection.execute(
            "SELECT r.row, r.fate, r.source, r.target, r.changes FROM plan_row r WHERE r.plan = ?1"
            " AND r.ticked AND (?2 = ?3 AND r.fate IN ('create', 'update') OR r.row IN"
            " (SELECT row FROM plan_consequence WHERE plan = ?1 AND consequence = ?2))",
            (parse_plan_id(plan_id), code, PRODUCTION),
        )
    }


def _split_hashes(rows: bytes) -> set[bytes]:
    return {rows[at : at + _ROW_HASH_BYTES] for at in range(0, len(rows), _ROW_HASH_BYTES)}
