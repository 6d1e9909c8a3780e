"""What ends a step of a policy, and where its time stands still: both must be able to happen."""

from collections.abc import Iterator

from config.defaults import shipped_versions
from config.draft import Draft, Entry
from config.lookup import FOLLOW_UP
from config.models import Policy, Step
from config.problems import Problem

LEADS_TO: dict[str, tuple[str, ...]] = {
    "taken": ("take", "assign", "reply", "answered", "send"),
    "waiting": ("later",),
}
"""A state in which time may stand still, and the actions that lead to it; a test holds it to the lifecycles."""
_SOME = 'write until = ["reply", "answered", "send", "done"]'


def check_endings(entry: Entry[Policy], index: int, step: Step, follow_up: set[str]) -> Iterator[Problem]:
    """Check `until` and `pause` of a step.

    Args:
        entry: The policy.
        index: Of the step.
        step: The step.
        follow_up: Names of the steps that run beside it once a resubmission is set.
    """
    if step.pause and not step.until:
        what = "does nothing without until: whatever leads there or away again ends the step"
        yield entry.problem(("step", index, "pause"), what, _SOME)
        return
    for state in step.pause:
        if set(LEADS_TO[state]) <= set(step.until):
            what = f"'{state}' does nothing: until ends the step already by what leads there"
            yield entry.problem(("step", index, "pause"), what)
    if entry.path[1] != FOLLOW_UP and step.until and "later" not in step.until and step.name in follow_up:
        what = f"'{step.name}' is a step of {FOLLOW_UP} too, and both may run at once as later does not end it"
        yield entry.problem(("step", index, "name"), what, "give it another name")


def follow_up_steps(draft: Draft) -> set[str]:
    """Name the steps of the follow-up: the admin's own, else those of all shipped versions."""
    own = [entry.model for entry in draft.policies if entry.path[1] == FOLLOW_UP]
    found = own or [version.policy[FOLLOW_UP] for version in shipped_versions().values()]
    return {step.name for policy in found for step in policy.step}
