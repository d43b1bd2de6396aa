"""What one call of the training loop works with."""

import dataclasses
from collections.abc import Callable

from msk_jax.trained import checkpoints, predictor
from msk_jax.training import metrics_log, spec, state, step_clock
from msk_jax.training.data import Data, sharing_of
from msk_jax.training.program import Program


@dataclasses.dataclass(frozen=True)
class Session:
  """What one call of the training loop works with.

  Attributes:
    program: the compiled functions.
    experiment: the settings.
    data: what is read.
    latest: checkpoints to resume from.
    best: checkpoints of the best epoch and of the one that was the best before.
    log: of metrics.
    clock: of the steps.
    saved: called after each checkpoint.
  """

  program: Program
  experiment: spec.ExperimentSpec
  data: Data
  latest: checkpoints.Checkpoints
  best: checkpoints.Checkpoints
  log: metrics_log.MetricsLog
  clock: step_clock.StepClock
  saved: Callable[[], None]

  def save(self, number: int, current: state.TrainState) -> None:
    """Writes a checkpoint of step `number` to resume from."""
    self.latest.save(number, current)
    self.saved()


def stored_samples(
  data: Data, experiment: spec.ExperimentSpec, before_batch: Callable[[], None] = lambda: None
) -> predictor.StoredSamples:
  """Returns the samples of a training as the predict program takes them.

  Args:
    data: what is read.
    experiment: the settings.
    before_batch: called before each batch; may raise to end the reading.
  """
  settings = experiment.train
  return predictor.StoredSamples(
    data.inputs, data.scaler, settings.evaluation_batch_size, sharing_of(experiment.input), before_batch
  )
