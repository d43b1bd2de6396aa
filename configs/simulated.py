"""Simulated predictions of the paper's 31 models, as accurate and as correlated as published.

Command: python -m msk_jax.simulate_predictions --config=configs/simulated.py --workdir=simulated
  python -m msk_jax.simulate_predictions --config=configs/simulated.py:genotypes=true --workdir=study
  python -m msk_jax.simulate_predictions --config=configs/simulated.py:exposures=true --workdir=study
Arguments: num_participants=41000 (6000 with genotypes or X variables), seed=0, scalars=true (false for the 16 image
  models alone), phantom=false (true: the people, families and latent accelerations of a phantom cohort without images),
  genotypes=false (true: such a phantom, with genotypes; for ages -> genes without days of training), exposures=false
  (true: such a phantom, with X variables), small=false (true: 4,000 variants instead of 21,000, and 120 X variables
  instead of 600).
Hardware: any CPU.
Expected time: about twenty seconds; two minutes with genotypes.
Expected: 42,000 samples; R2 of the best full-body model .81, of hip and knee about .66, of all scalars .25.
"""

import ml_collections

from configs import common
from msk_jax.simulated_predictions import spec
from msk_jax.simulation import spec as phantom_spec

_AS_PUBLISHED, _WITH_GENOTYPES_OR_EXPOSURES = 41_000, 6_000  # people


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(
    argument, num_participants=0, seed=0, scalars=True, phantom=False, genotypes=False, exposures=False, small=False
  )
  has_more = parsed.genotypes or parsed.exposures
  num_participants = parsed.num_participants or (_WITH_GENOTYPES_OR_EXPOSURES if has_more else _AS_PUBLISHED)
  people = None
  if parsed.phantom or has_more:
    people = phantom_spec.PhantomSpec(
      num_participants,
      parsed.seed,
      has_images=False,
      has_genotypes=parsed.genotypes,
      genotypes=phantom_spec.GenotypesSpec.small() if parsed.small else phantom_spec.GenotypesSpec(),
      has_exposures=parsed.exposures,
      exposures=phantom_spec.ExposuresSpec.small() if parsed.small else phantom_spec.ExposuresSpec(),
    )
  settings = spec.SimulatedPredictionsSpec(num_participants, parsed.seed, scalars=parsed.scalars, phantom=people)
  config = common.stage_config("simulate_predictions", settings)
  config.lock()
  return config
