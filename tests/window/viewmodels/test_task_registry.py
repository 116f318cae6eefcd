"""Named tasks: replaced, started once, forgotten with their last step, reported and closed."""

import asyncio

from desktop.kit.errors import InternalError, StorageError
from desktop.viewmodels.task_registry import TaskRegistry
from tests.window.viewmodels.error_recorder import ErrorRecorder


async def test_task_started_once_while_it_runs() -> None:
    registry, done, gate = TaskRegistry(ErrorRecorder()), [], asyncio.Event()

    async def work(name: str) -> None:
        await gate.wait()
        done.append(name)

    registry.start_once("save", work("first"))
    registry.start_once("save", work("second"))
    gate.set()
    await registry.wait_for_prefix("save")
    assert done == ["first"]
    registry.start_once("save", work("third"))
    await registry.wait_for_prefix("save")
    assert done == ["first", "third"]


async def test_task_of_same_name_replaces_older() -> None:
    registry, done = TaskRegistry(ErrorRecorder()), []

    async def work(name: str) -> None:
        await asyncio.sleep(0)
        done.append(name)

    registry.start("read", work("older"))
    registry.start("read", work("newer"))
    await registry.wait_for_prefix("read")
    assert done == ["newer"]


async def test_task_may_be_started_again_from_its_last_step() -> None:
    registry, seen = TaskRegistry(ErrorRecorder()), []

    async def work() -> None:
        asyncio.get_running_loop().call_soon(lambda: seen.append(registry.is_running("read")))

    registry.start("read", work())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert seen == [False]


async def test_task_errors_are_reported() -> None:
    errors = ErrorRecorder()
    registry = TaskRegistry(errors)

    async def fail() -> None:
        raise StorageError("The disk is full.")

    async def crash() -> None:
        raise ZeroDivisionError

    registry.start("one", fail())
    registry.start("two", crash())
    await registry.wait_for_prefix("")
    assert [type(error) for error in errors.errors] == [StorageError, InternalError]


async def test_task_started_after_closing_does_not_run() -> None:
    registry, done = TaskRegistry(ErrorRecorder()), []

    async def work() -> None:
        done.append(1)
        await asyncio.sleep(3600)

    registry.start("long", work())
    await registry.close()
    registry.start("late", work())
    await asyncio.sleep(0)
    assert done == [1]
