"""Two desks and the services converge, whatever is drawn.

`python -m tests.faults.two_desks` draws more.
"""

from pathlib import Path

from tests.faults.two_desks import run_two_desks
from tests.support.sandbox_servers import SandboxServers


def test_two_desks_and_the_services_agree_once_everything_is_sent(
    sandbox: SandboxServers, prepared_home: Path, tmp_path: Path
) -> None:
    found = run_two_desks(sandbox, tmp_path, examples=8, steps=20, template=prepared_home)
    # What is drawn is worth drawing: edits were sent, refused, undone, and desks were killed.
    assert found["kills"]
    assert {"optout done", "list done", "email_address done"} <= found.keys()
    assert any(name.endswith("undone") for name in found)
    assert found["refused: not_permitted"]
