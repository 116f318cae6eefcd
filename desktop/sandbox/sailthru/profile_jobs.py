"""The jobs import and update of the Sailthru sandbox, which write many profiles.

Facts: docs/sailthru.md 2.4.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from desktop.sandbox.http_messages import JsonObject, SandboxHttpError
from desktop.sandbox.sailthru.background_jobs import JobKind, SailthruJobs
from desktop.sandbox.sailthru.error_responses import sailthru_error
from desktop.sandbox.sailthru.profile_updates import write_profile
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.smart_list_query import matches_query

# Rows written before requests get their turn again.
ROWS_PER_STEP = 100


@dataclass(frozen=True)
class ProfileJobs:
    """The jobs of the sandbox's Sailthru that change profiles: names and steps."""

    repository: SailthruRepository
    jobs: SailthruJobs

    def job_kinds(self) -> dict[str, JobKind]:
        """Return the profile jobs of the sandbox's Sailthru by the parameter `job`."""
        return {
            "import": (lambda call: f"List Import: {call.require('list')}", self._run_import),
            "update": (lambda _call: "Bulk Update", self._run_update),
        }

    def _run_import(self, job_id: str) -> Iterator[None]:
        data, text = self.jobs.job_payload(job_id)
        rows = _parse_import_rows(text if text is not None else str(data.get("emails") or ""))
        lists = {str(data["list"]): 1}
        yield from self._write_rows(job_id, ({**row, "lists": lists} for row in rows))

    def _run_update(self, job_id: str) -> Iterator[None]:
        data, text = self.jobs.job_payload(job_id)
        given = data.get("update")
        common: JsonObject = dict(given) if isinstance(given, dict) else {}
        if "optout" in common:
            common["optout_email"] = common.pop("optout")
        rows: Iterable[JsonObject]
        if text is not None:
            rows = (_parse_line(line) for line in text.splitlines() if line.strip())
        elif data.get("emails"):
            rows = _parse_import_rows(str(data["emails"]))
        elif isinstance(data.get("query"), dict):
            # The members are settled before the first write, which may change who matches.
            query, now = data["query"], self.repository.state.now()
            profiles = self.repository.all_profiles()
            found = [profile for profile in profiles if matches_query(query, profile, now)]
            rows = [{"id": profile["sid"], "key": "sid"} for profile in found]
        else:
            # A url would have to be fetched; the sandbox calls nobody.
            raise sailthru_error(400, 99, "Exactly one of emails, url, file and query is required")
        yield from self._write_rows(job_id, (_merge_row(row, common) for row in rows))

    def _write_rows(self, job_id: str, rows: Iterable[JsonObject]) -> Iterator[None]:
        """Write a sandbox job's rows like user POSTs; a bad row is skipped without a word."""
        job = self.repository.jobs.get(job_id) or {}
        done = int(job["_done"])
        left = islice(rows, done, None)
        while batch := list(islice(left, ROWS_PER_STEP)):
            for row in batch:
                if row.get("key") == "sid" and not self.repository.state.account.job_sid:
                    continue
                try:
                    write_profile(self.repository, row)
                except (SandboxHttpError, TypeError, ValueError, AttributeError):
                    continue
            done += len(batch)
            # Rows and progress are committed together, so that kill -9 repeats nothing.
            self.jobs.update_job(job_id, _done=done)
            yield


def _parse_line(line: str) -> JsonObject:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    if not isinstance(row, dict):
        return {}
    if "id" not in row and row.get("email"):
        # The Ruby client's example has {"email": …} instead of id and key.
        row = {**row, "id": row["email"], "key": "email"}
    return row


def _merge_row(row: JsonObject, common: JsonObject) -> JsonObject:
    """Add the values common to a sandbox job's rows; the row's own win."""
    joined = {**common, **row}
    for key in ("vars", "lists"):
        own, shared = row.get(key), common.get(key)
        if isinstance(shared, dict):
            joined[key] = {**shared, **(own if isinstance(own, dict) else {})}
    return joined


def _parse_import_rows(text: str) -> Iterator[JsonObject]:
    """Parse the sandbox's import job: CSV with `email` in its header, or bare addresses."""
    lines = list(csv.reader(io.StringIO(text)))
    header = [cell.strip().lower() for cell in lines[0]] if lines else []
    if "email" not in header:
        for cell in (cell.strip() for cells in lines for cell in cells):
            if cell:
                yield {"id": cell, "key": "email"}
        return
    place = header.index("email")
    for cells in lines[1:]:
        if len(cells) > place and cells[place].strip():
            values = dict(zip(header, cells, strict=False))
            for name in ("", "email", "signup_date"):
                values.pop(name, None)
            yield {"id": cells[place].strip(), "key": "email", "vars": values}
