"""Which acts a workspace's kind asks about once more, and which kind a workspace is."""

import pytest

from desktop.model.run_limit import Limit, exceeded_limits
from desktop.model.workspace_kind import WorkspaceKind, confirmed_over, needs_confirmation
from desktop.settings.effective_workspace_kind import (
    effective_workspace_kind,
    shown_workspace_kind,
)
from desktop.settings.settings_file import SettingsValues

REAL, HERE = "https://acme.zendesk.com", "http://127.0.0.1:5000"
SAILTHRU = "https://api.sailthru.com"


@pytest.mark.parametrize(
    ("kind", "people", "asked"),
    [
        (WorkspaceKind.PRODUCTION, 50, False),
        (WorkspaceKind.PRODUCTION, 51, True),
        (WorkspaceKind.TEST, 51, False),
        (WorkspaceKind.SANDBOX, 1_000_000, False),
    ],
)
def test_workspace_kind_asks_about_more_than_fifty_in_production(
    kind: WorkspaceKind, people: int, asked: bool
) -> None:
    assert needs_confirmation(kind, people) is asked
    found = exceeded_limits(
        Limit(), {"production": people}, 10, confirmed_over=confirmed_over(kind)
    )
    assert [each.code for each in found] == (["production"] if asked else [])


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        ({}, WorkspaceKind.PRODUCTION),
        ({"zendesk.base_url": REAL}, WorkspaceKind.PRODUCTION),
        ({"zendesk.base_url": HERE, "sailthru.service_uri": HERE}, WorkspaceKind.SANDBOX),
        ({"sailthru.service_uri": "http://localhost:5001"}, WorkspaceKind.SANDBOX),
        # One real service is enough.
        ({"zendesk.base_url": HERE, "sailthru.service_uri": SAILTHRU}, WorkspaceKind.PRODUCTION),
        ({"zendesk.base_url": HERE}, WorkspaceKind.PRODUCTION),
        ({"zendesk.base_url": REAL, "sailthru.service_uri": HERE}, WorkspaceKind.PRODUCTION),
        ({"zendesk.base_url": REAL, "workspace.kind": "test"}, WorkspaceKind.TEST),
        (
            {
                "zendesk.base_url": HERE,
                "sailthru.service_uri": HERE,
                "workspace.kind": "production",
            },
            WorkspaceKind.PRODUCTION,
        ),
        # A damaged value counts as the strictest.
        ({"workspace.kind": "playground"}, WorkspaceKind.PRODUCTION),
        ({"workspace.kind": 3}, WorkspaceKind.PRODUCTION),
    ],
)
def test_workspace_kind_is_production_unless_told_or_here(
    stored: dict[str, object], kind: WorkspaceKind
) -> None:
    assert effective_workspace_kind(SettingsValues(stored)) is kind  # type: ignore[arg-type]


def test_workspace_kind_of_workspace_never_set_up_is_not_shown() -> None:
    assert shown_workspace_kind(SettingsValues()) is None
    assert shown_workspace_kind(SettingsValues({"zendesk.base_url": REAL})) is (
        WorkspaceKind.PRODUCTION
    )
