"""Applies a plan by the way its service and its goal take, in the name of a run."""

from collections.abc import Callable
from dataclasses import dataclass, field

from desktop.model.edit import Service
from desktop.model.goal import Goal
from desktop.model.mapping import Operator, origin_of
from desktop.model.run import Run
from desktop.store.hand import Hand
from desktop.sync.tools import Tools
from desktop.writing.apply_sailthru import SailthruApplying
from desktop.writing.apply_zendesk import ZendeskApplying
from desktop.writing.sailthru_target import SailthruTarget
from desktop.writing.standing import LIST, TAG
from desktop.writing.work import Checkpoint, Work
from desktop.writing.zendesk_target import ZendeskTarget


@dataclass(frozen=True)
class Apply:
    """Applying in one run. `on_closed` hears how many rows have ended."""

    tools: Tools
    run: Run
    checkpoint: Checkpoint = field(default=lambda _name: None)
    on_closed: Callable[[int], None] = field(default=lambda _count: None)

    async def plan(self, goal: Goal, plan_id: str) -> None:
        """Send every ticked row. Raises what stops a whole run: it goes on from there later."""
        await (await self._way(goal, plan_id)).apply()

    async def settle(self, plan_id: str) -> None:
        """Find out what became of what an earlier run of this plan was sending when it ended.

        What is known to be written is closed as such, so that no later plan does it once more; the
        rest is as if never sent.
        """
        goal = await self.tools.store.lane.run(self.tools.store.plans.goal_of, plan_id)
        await (await self._way(goal, plan_id)).settle()

    async def _way(self, goal: Goal, plan_id: str) -> SailthruApplying | ZendeskApplying:
        tools = self.tools
        plan = await tools.store.lane.run(tools.store.plans.get, plan_id)
        names = [f"{LIST}{name}" for name in goal.effects.add_to_lists]
        names += [f"{TAG}{tag}" for tag in goal.effects.add_tags]
        hand = Hand(
            self.run.id,
            plan_id,
            goal.name,
            goal.title,
            goal.target,
            self.run.actor,
            frozenset(names),
            counts_touches=goal.pressure is not None,
            takes_back=plan.takes_back,
            sums=frozenset(
                row.target for row in goal.mapping if row.on and row.operator is Operator.SUM
            ),
            origins={row.target: origin_of(row) for row in goal.mapping if row.on},
        )
        work = Work(
            tools.store,
            tools.clock,
            hand,
            self.on_closed,
            tools.job_patience_s,
            self.checkpoint,
        )
        if goal.target is Service.SAILTHRU:
            profiles = SailthruTarget(tools.sailthru.client, tools.sailthru.bulk)
            return SailthruApplying(work, profiles, goal.flows)
        people = ZendeskTarget(tools.zendesk.client, tools.zendesk.bulk)
        return ZendeskApplying(work, people)
