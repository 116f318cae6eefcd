"""Tells people how a run ended, where its sync says so; telling never changes how it ended."""

import logging

from desktop.app.wiring import House
from desktop.clients.notification import show_notification
from desktop.kit.errors import AppError
from desktop.model.goal import Goal
from desktop.model.run import Run, RunState
from desktop.settings import table
from desktop.sync.notice import Notice, notice_of, wanted

log = logging.getLogger(__name__)


async def tell(house: House, goal: Goal, run: Run) -> Run:
    """Tell whoever wants to know; gives the run, with a sentence more where mail failed."""
    try:
        return await _tell(house, goal, run)
    except AppError as error:
        log.warning("Nobody was told of run %s: %s", run.id, error.title)
    except Exception:
        log.exception("Nobody was told of run %s", run.id)
    return run


async def _tell(house: House, goal: Goal, run: Run) -> Run:
    earlier = (r for r in house.store.runs.of_goal(run.goal, 10) if int(r.id) < int(run.id))
    before = next((r for r in earlier if r.state is not RunState.RUNNING), None)
    if not wanted(goal.notify, run, before):
        return run
    notice = notice_of(
        goal,
        run,
        house.workspace.name,
        house.live.values.get(table.TIMEZONE),
        house.ground.redactor.clean,
    )
    if goal.notify.desktop and not house.ground.demo:
        await show_notification(notice.title, notice.summary, urgent=notice.bad)
    return await _mail(house, goal, run, notice)


async def _mail(house: House, goal: Goal, run: Run, notice: Notice) -> Run:
    if not goal.notify.email:
        return run
    from desktop.clients.smtp import Letter
    from desktop.connect.mail import send_mail

    letter = Letter(goal.notify.email, notice.title, notice.text)
    try:
        await send_mail(house.live.desk, house.live.values, letter)
    except AppError as error:
        log.warning("The e-mail about run %s was not sent: %s", run.id, error)
        sentence = house.ground.redactor.clean(f"No e-mail was sent about it: {error}")
        return house.store.runs.remark(run.id, sentence)
    return run
