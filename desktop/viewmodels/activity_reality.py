"""What stands at a service now, for a conflict: asked live, else as kept with its age."""

from desktop.kit.errors import AppError, NotFound
from desktop.model.edit import Edit, EditKind, Service
from desktop.model.overlay import said
from desktop.model.query import Query, QueryKind
from desktop.model.sheet import Part
from desktop.store.store import Store
from desktop.viewmodels import moment
from desktop.viewmodels.activity_detail import Reality
from desktop.viewmodels.office import Office
from desktop.writing.port import Port, SailthruPort, ZendeskPort


async def reality_of(edit: Edit, office: Office, store: Store, now: float) -> Reality:
    """Read the value a conflict is about; never raises for what a service says."""
    port = _port(edit, office)
    trouble = "" if port is not None else "The service is not connected."
    if port is not None:
        try:
            reading = await port.read(edit.intent)
        except NotFound as gone:
            return Reality(words=f"{gone.title} Nothing can be applied.")
        except AppError as error:
            trouble = error.title
        else:
            return Reality(reading.value, known=True, words="Read just now.")
    kept = await store.lane.run(_kept, edit, store)
    if kept is None:
        return Reality(words=f"{trouble} What stands there now is not known here.")
    value, read_at = kept
    age = moment.age(read_at, now)
    return Reality(value.value, known=True, words=f"{trouble} Shown as read {age}.", stale=True)


def _port(edit: Edit, office: Office) -> Port | None:
    services = office.services
    if edit.intent.target.service is Service.SAILTHRU:
        return SailthruPort(services.sailthru) if services.sailthru is not None else None
    return ZendeskPort(services.zendesk) if services.zendesk is not None else None


def _kept(edit: Edit, store: Store) -> tuple[Reality, float] | None:
    intent = edit.intent
    if intent.kind is EditKind.CREATE:
        return None
    sailthru = intent.target.service is Service.SAILTHRU
    kind = QueryKind.SID if sailthru else QueryKind.ZENDESK_ID
    sheet = store.reader.sheet(Query(kind, intent.target.id))
    part: Part[object] = sheet.profile if sailthru else sheet.person  # type: ignore[assignment]
    if part.value is None or part.read_at is None:
        return None
    return Reality(said(sheet, intent.kind, intent.name)), part.read_at
