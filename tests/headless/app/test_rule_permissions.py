"""By whose rights a rule looks people up: asked when it is saved, and again when it runs."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from desktop.app.rule_permissions import require_rule_permissions
from desktop.kit.errors import NotFound, NotPermitted
from desktop.model.audience_segment import SavedSegment
from desktop.model.permission import Actor, Permission, PermissionDecision, Role
from desktop.model.sync import SourceKind, SyncSource
from tests.support.fresh_store import open_fresh_store

LEE = Actor("Lee", Role.AGENT, 7602)


@pytest.mark.parametrize(
    ("rights", "segment", "refusal"),
    [
        ({Permission.AUDIENCE}, "", ""),
        ({Permission.AUDIENCE}, "vip", ""),
        ({Permission.AUDIENCE, Permission.AGENT_REPORTS}, "agents", ""),
        ({Permission.AUDIENCE}, "agents", "Lee is behind this rule"),
        (set(), "", "Lee is behind this rule"),
    ],
)
def test_rule_runs_by_the_rights_of_who_switched_it_on(
    tmp_path: Path, rights: set[Permission], segment: str, refusal: str
) -> None:
    store = open_fresh_store(tmp_path)
    for name, where in (("vip", "tag is vip"), ("agents", 'assignee is "Ada"')):
        store.segments.save.blocking(SavedSegment(name, where, 1.0, "Ada"))

    def check(right: Permission, actor: Actor) -> PermissionDecision:
        return PermissionDecision(actor is LEE and right in rights, "No.")

    services = cast(
        Any, SimpleNamespace(store=store, current_settings=SimpleNamespace(check_role=check))
    )
    source = SyncSource(SourceKind.RULE, segment=segment)
    try:
        if refusal:
            with pytest.raises(NotPermitted, match=refusal):
                require_rule_permissions(services, source, LEE)
        else:
            require_rule_permissions(services, source, LEE)
        # Nobody knows who has switched it on: nobody's rights are behind it.
        with pytest.raises(NotPermitted, match="not certain"):
            require_rule_permissions(services, source, None)
        with pytest.raises(NotFound):
            require_rule_permissions(services, SyncSource(SourceKind.RULE, segment="gone"), LEE)
    finally:
        store.close()
