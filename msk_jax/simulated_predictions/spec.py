"""Settings of simulated predictions: people, seed, models. Light: configs import it."""

import dataclasses

from msk_jax.simulation import spec as phantom_spec


@dataclasses.dataclass(frozen=True)
class SimulatedPredictionsSpec:
  """Predictions without images or networks. Equal specs give equal numbers.

  Attributes:
    num_participants: people, each with an assessment (instance 0) and an imaging visit (instance 2).
    seed: of all random numbers.
    repeat_imaging_fraction: share of people with a second imaging visit (instance 3). The default gives as many visits
      per person as published: 42,287 of 41,212 people.
    scalars: whether to simulate the 15 scalar models too, at the imaging visits.
    num_folds: folds of participants.
    phantom: a phantom cohort whose people, families, visits and latent accelerations are taken; it is drawn if it is
      not there yet. Its `num_participants` and `seed` count then, not those above.
  """

  num_participants: int = 41_000
  seed: int = 0
  repeat_imaging_fraction: float = 0.026
  scalars: bool = True
  num_folds: int = 10
  phantom: phantom_spec.PhantomSpec | None = None

  def __post_init__(self):
    if not 100 <= self.num_participants <= phantom_spec.MAX_PARTICIPANTS:
      raise ValueError(
        f"num_participants must be in 100..{phantom_spec.MAX_PARTICIPANTS}, got {self.num_participants}."
      )
    if self.phantom is not None and self.phantom.has_images:
      raise ValueError("phantom.has_images: predictions are simulated for a phantom without images alone.")
    if self.seed < 0:
      raise ValueError(f"seed must not be negative, got {self.seed}.")
    if not 0.0 <= self.repeat_imaging_fraction <= 1.0:
      raise ValueError(f"repeat_imaging_fraction is a share in [0, 1], got {self.repeat_imaging_fraction}.")
    if not 3 <= self.num_folds <= 100:
      raise ValueError(f"num_folds must be from 3 to 100, got {self.num_folds}.")
