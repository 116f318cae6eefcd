"""Writing many users in jobs (contract 3, Bulk)."""

from desktop.sandbox.call import Answer, Call, Record
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.jobs import Jobs, Row
from desktop.sandbox.zendesk.refusal import forbidden, not_found
from desktop.sandbox.zendesk.rights import require_admin, require_agent
from desktop.sandbox.zendesk.user_edit import deleted_user
from desktop.sandbox.zendesk.user_writes import UserWrites, given_user


class UserBulk:
    """/users/*_many."""

    def __init__(self, book: Book, users: UserWrites, jobs: Jobs) -> None:
        self.book = book
        self.users = users
        self.jobs = jobs

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("POST", "/api/v2/users/create_many", self.create)
        router.add("POST", "/api/v2/users/create_or_update_many", self.create_or_update)
        router.add("PUT", "/api/v2/users/update_many", self.update)
        router.add("DELETE", "/api/v2/users/destroy_many", self.delete)

    def create(self, call: Call) -> Answer:
        """Create up to a hundred."""
        self._require_import(call)
        rows = self.jobs.rows(call, "users")
        return self.jobs.answer(call, self.jobs.start(call, "user", "create", rows))

    def create_or_update(self, call: Call) -> Answer:
        """Create or update up to a hundred."""
        self._require_import(call)
        rows = self.jobs.rows(call, "users")
        return self.jobs.answer(call, self.jobs.start(call, "user", "create_or_update", rows))

    def update(self, call: Call) -> Answer:
        """Change up to a hundred: the same for all, or each its own."""
        require_agent(call)
        if "ids" in call.query or "external_ids" in call.query:
            same = given_user(call)
            name = "ids" if "ids" in call.query else "external_ids"
            key = "id" if name == "ids" else "external_id"
            values = [value for value in call.query[name].split(",") if value]
            rows = [{**same, key: value} for value in values[:100]]
        else:
            rows = self.jobs.rows(call, "users")
        return self.jobs.answer(call, self.jobs.start(call, "user", "update", rows))

    def delete(self, call: Call) -> Answer:
        """Delete up to a hundred; administrators only."""
        require_admin(call)
        rows: list[Record] = [{"id": int(number)} for number in self.jobs.ids(call)]
        return self.jobs.answer(call, self.jobs.start(call, "user", "delete", rows))

    def do_row(self, call: Call, action: str, given: Record) -> Row:
        """Do one row of a job."""
        if action == "create":
            return {"id": self.users.make(call, given)["id"], "status": "Created"}
        if action == "create_or_update":
            user, created = self.users.upsert(call, given)
            done = {"id": user["id"], "status": "Created" if created else "Updated"}
            external = {"external_id": user["external_id"]} if user["external_id"] else {}
            return {**done, **external, "email": user["email"]}
        user_id = self._row_user(given)
        if action == "delete":
            user_draft = self.book.users.draft(user_id)
            if user_draft is None or not user_draft["active"]:
                raise not_found()
            self.book.save_user(deleted_user(self.book, user_draft))
            return {"id": user_id, "action": "delete", "success": True, "status": "Deleted"}
        changes = {key: value for key, value in given.items() if key != "id"}
        self.users.change(call, user_id, changes)
        return {"id": user_id, "action": "update", "success": True, "status": "Updated"}

    def _row_user(self, given: Record) -> int:
        if "id" in given:
            return int(given["id"])
        user = self.book.user_by_external_id(str(given.get("external_id") or ""))
        if user is None:
            raise not_found()
        return int(user["id"])

    def _require_import(self, call: Call) -> None:
        require_agent(call)
        if not self.book.world.account.bulk_import:
            # Off until the account's owner asks Zendesk for it (contract 0.3).
            raise forbidden("Bulk user import is not enabled for this account.")
