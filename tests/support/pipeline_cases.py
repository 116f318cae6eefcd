"""Records, targets and contexts for tests of the sync pipeline, each with as little as it needs."""

from collections.abc import Mapping
from typing import Any

from desktop.model.field_mapping import MappingRow
from desktop.model.json_value import Json
from desktop.model.match_keys import hash_email
from desktop.model.service import Service
from desktop.model.sync import MatchIdentifier, SourceKind, Sync, SyncSource
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.sync_state import SourceCorrection, UnconfirmedIncrement
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.target_kind import make_target_kind
from desktop.sync.source_record import SourceRecord

NOW = 1_800_000_000.0
ZONE = "Europe/Berlin"
ADDRESS = "maria@example.com"
USER_FIELD_TYPES = {"tier": "text", "sid": "text", "from_list": "text"}


def users_sync(*mapping: MappingRow, **parts: Any) -> Sync:
    """A sync from Zendesk users to Sailthru profiles."""
    source = parts.pop("source", SyncSource(SourceKind.ZENDESK_USERS))
    return Sync("to-sailthru", "To Sailthru", source, mapping=mapping, **parts)


def lists_sync(*mapping: MappingRow, **parts: Any) -> Sync:
    """A sync from Sailthru lists to Zendesk users."""
    source = SyncSource(SourceKind.SAILTHRU_LISTS, lists=("Loyal",))
    return Sync("to-zendesk", "To Zendesk", source, mapping=mapping, **parts)


def user_record(id_: str = "7", email: str = ADDRESS, **fields: Any) -> SourceRecord:
    """A Zendesk user as a source record."""
    return SourceRecord(
        Service.ZENDESK,
        id_,
        email or id_,
        email,
        hash_email(email),
        fields={"id": id_, "email": email, **fields},
        updated_at=NOW - 60.0,
    )


def profile_record(id_: str = "sid1", email: str = ADDRESS, **fields: Any) -> SourceRecord:
    """A Sailthru profile as a source record, found on the list Loyal."""
    return SourceRecord(
        Service.SAILTHRU,
        id_,
        email or id_,
        email,
        hash_email(email),
        fields={"sid": id_, **fields},
        list_name="Loyal",
    )


def profile(id_: str = "sid1", **fields: Json) -> TargetRecord:
    """A Sailthru profile as a target; `vars_x` stands for vars.x, `lists_x` for lists.x."""
    return TargetRecord(Service.SAILTHRU, id_, ADDRESS, ADDRESS, dotted(fields))


def user(id_: str = "7", **fields: Json) -> TargetRecord:
    """A Zendesk user as a target; `tags_x` stands for tags.x, `user_fields_x` for user_fields.x."""
    return TargetRecord(Service.ZENDESK, id_, ADDRESS, ADDRESS, dotted(fields))


def dotted(fields: Mapping[str, Json]) -> dict[str, Json]:
    """Field names of a plan from names that Python takes."""
    kinds = ("vars_", "lists_", "tags_", "user_fields_")
    return {
        next((f"{k[:-1]}.{name.removeprefix(k)}" for k in kinds if name.startswith(k)), name): value
        for name, value in fields.items()
    }


def context(sync: Sync, *matched: tuple[SourceRecord, TargetRecord], **known: Any) -> PlanContext:
    """What is known when each of these records was matched with its target by the known pair."""
    defaults: dict[str, Any] = {
        "target_kind": make_target_kind(sync, ZONE, USER_FIELD_TYPES),
        "candidates": {
            record.id: {MatchIdentifier.SID: (target.id,)} for record, target in matched
        },
        "targets": {target.id: target for _, target in matched},
    }
    return PlanContext(sync, NOW, **{**defaults, **known})


def correction(
    source_id: str, field: str, value: Json = None, reason: str = ""
) -> SourceCorrection:
    return SourceCorrection(source_id, field, value, reason, "Ada", NOW)


def increment(
    source_id: str = "7", *, age_s: float = 10.0, old: Json = 1, new: Json = 2, **parts: Any
) -> UnconfirmedIncrement:
    """An increment of vars.tickets that nobody has seen arrive."""
    values = {
        "target_id": "sid1",
        "run_id": 3,
        "job_id": "",
        "changes": (FieldChange("vars.tickets", old, new),),
        "events": ("ticket 2",),
        "is_rollback": False,
    }
    return UnconfirmedIncrement(source_id=source_id, sent_at=NOW - age_s, **{**values, **parts})


def row(*changes: FieldChange, **parts: Any) -> PlanRow:
    """A planned update of the profile sid1."""
    values = {
        "row": 1,
        "fate": PlannedOutcome.UPDATE,
        "source_id": "7",
        "target_id": "sid1",
        "label": ADDRESS,
    }
    return PlanRow(changes=changes, **{**values, **parts})
