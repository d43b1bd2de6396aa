"""Simulates predictions of the paper's models: `python -m msk_jax.simulate_predictions --workdir=simulated`.

No image is drawn and nothing is trained: ages, errors and missing images are drawn so that every model has its
published accuracy and accelerated ageing its published correlations. Writes a cohort and `models/<model>/fold_<k>/`
as `train` and `scalars` would, for `ensemble`, `evaluate` and `ages`; the truth lies in `raw/truth/`.
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from msk_jax.io import console

_CONFIG = console.define_config("configs/simulated.py", "How many people, which seed, with or without scalar models.")
_WORKDIR = flags.DEFINE_string("workdir", "simulated", "Folder for cohort and models; none with other data.")


def main(argv: Sequence[str]) -> None:
  """Builds the spec and writes the predictions."""
  del argv
  from msk_jax.io import specs
  from msk_jax.simulation import predictions, predictions_spec

  spec = specs.from_mapping(predictions_spec.SimulatedPredictionsSpec, _CONFIG.value.to_dict(), "config")
  predictions.generate(spec, pathlib.Path(_WORKDIR.value))


if __name__ == "__main__":
  console.run(main)
