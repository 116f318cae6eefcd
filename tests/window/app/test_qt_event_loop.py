"""The loop that Qt and asyncio share: everything runs, in its order, and Qt is never kept out."""

import asyncio
import contextvars
from typing import Any

import pytest
from PySide6.QtCore import QTimer


async def test_event_loop_ready_callbacks_run_in_order_without_cancelled() -> None:
    loop, seen = asyncio.get_running_loop(), []
    loop.call_soon(seen.append, 1)
    cancelled = loop.call_soon(seen.append, 2)
    loop.call_soon(lambda: loop.call_soon(seen.append, 4))
    loop.call_soon(seen.append, 3)
    cancelled.cancel()
    await asyncio.sleep(0.01)
    assert seen == [1, 3, 4]


async def test_event_loop_endless_callbacks_let_qt_run() -> None:
    loop = asyncio.get_running_loop()
    beats, runs = [0], [0]
    timer = QTimer()
    timer.setInterval(5)

    def on_beat() -> None:
        beats[0] += 1

    def again() -> None:
        runs[0] += 1
        if beats[0] < 5:
            loop.call_soon(again)

    timer.timeout.connect(on_beat)
    timer.start()
    again()
    while beats[0] < 5:
        await asyncio.sleep(0.01)
        assert runs[0] < 10_000_000
    timer.stop()
    assert runs[0] > 5


async def test_event_loop_failing_callback_does_not_stop_others() -> None:
    loop, seen, errors = asyncio.get_running_loop(), [], []

    def hear(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        errors.append(context["exception"])

    before = loop.get_exception_handler()
    loop.set_exception_handler(hear)
    loop.call_soon(lambda: 1 / 0)
    loop.call_soon(seen.append, "after")
    await asyncio.sleep(0.01)
    loop.set_exception_handler(before)
    assert seen == ["after"]
    assert isinstance(errors[0], ZeroDivisionError)


async def test_event_loop_other_threads_and_contexts_work() -> None:
    loop = asyncio.get_running_loop()
    where: contextvars.ContextVar[str] = contextvars.ContextVar("where", default="nowhere")
    context = contextvars.copy_context()
    context.run(where.set, "inside")
    heard: asyncio.Future[str] = loop.create_future()
    loop.call_soon(lambda: heard.set_result(where.get()), context=context)
    assert await heard == "inside"
    answer: asyncio.Future[int] = loop.create_future()
    await asyncio.to_thread(loop.call_soon_threadsafe, answer.set_result, 7)
    assert await asyncio.wait_for(answer, 5) == 7


async def test_event_loop_coroutine_function_as_callback_is_refused() -> None:
    async def work() -> None: ...

    with pytest.raises(TypeError):
        asyncio.get_running_loop().call_soon(work)
