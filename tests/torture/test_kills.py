"""Commands are killed at seeded moments and run again: a dozen of the trials of `python -m tests.torture`."""

import dataclasses

import pytest

from tests.torture import draws, micro_study, steps, trials

pytestmark = pytest.mark.slow

_NUM_IN_MAKE_TEST, _NUM_KILLS, _SEED = 2, 12, 22
_SMALL = {"num_participants": "60", "imaged_fraction": "0.05", "has_genotypes": "false", "has_exposures": "false"}
_ONE_MODEL = ("--config.scalars.sets=('hand_grip',)", "--config.scalars.algorithms=('elastic_net',)")
_AFTER = {
  "phantom": "",
  "prepare": "phantom",
  "scalars": "prepare",
  "simulate_predictions": "",
  "ensemble": "simulate_predictions",
  "ages": "ensemble",
}


def _make_steps() -> list[micro_study.Step]:
  """Returns the commands that are tried: those that need no network."""
  smaller = {step.name: step for step in micro_study.make_steps(_SMALL)}
  all_steps = {step.name: step for step in steps.make()} | smaller
  return [
    dataclasses.replace(
      all_steps[name], after=after, arguments=(*all_steps[name].arguments, *(_ONE_MODEL if name == "scalars" else ()))
    )
    for name, after in _AFTER.items()
  ]


@pytest.fixture(scope="module")
def harness(tmp_path_factory) -> trials.Harness:
  return trials.Harness(tmp_path_factory.mktemp("torture"), _make_steps())


@pytest.mark.parametrize(
  "number",
  [
    pytest.param(number, marks=[pytest.mark.gate] if number >= _NUM_IN_MAKE_TEST else [])
    for number in range(_NUM_KILLS)
  ],
)
def test_a_killed_command_is_finished_by_the_same_command(number, harness):
  plan = draws.draw(_SEED, number, list(_AFTER), list(draws.KILLS))
  result = harness.try_out(plan)
  assert result["faults"] == [], (plan, result)
  begun = draws.trouble(plan, plan.share, harness.make_state(plan.step), {})
  may_end_first = "kill_at_operation" not in begun  # the same work takes less of a processor's time at another moment
  assert result["ended"][0] in ((-9, 0) if may_end_first else (-9,)) and result["ended"][-1] == 0
