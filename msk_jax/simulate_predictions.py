"""Simulates predictions of the paper's models: `python -m msk_jax.simulate_predictions --workdir=simulated`.

No image is drawn and nothing is trained: ages, errors and missing images are drawn so that every model has its
published accuracy and accelerated ageing its published correlations. Writes a cohort and `models/<model>/fold_<k>/`
as `train` and `scalars` would, for `ensemble`, `evaluate` and `ages`; the truth lies in `raw/truth/`.
"""

from collections.abc import Sequence

from absl import flags

from msk_jax.io import console

console.define_config("configs/simulated.py", "How many people, which seed, with or without scalar models.")
console.define_workdir("simulated", "Folder for cohort and models; none with other data.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace simulated predictions of other settings.")


def main(argv: Sequence[str]) -> None:
  """Builds the spec and writes the predictions."""
  del argv
  from msk_jax.io import specs
  from msk_jax.simulated_predictions import predictions
  from msk_jax.simulated_predictions import spec as predictions_spec

  spec = specs.from_mapping(
    predictions_spec.SimulatedPredictionsSpec,
    console.config_values(known=specs.names(predictions_spec.SimulatedPredictionsSpec)),
    "config",
  )
  predictions.generate(spec, console.open_workdir(), overwrite=_OVERWRITE.value)


if __name__ == "__main__":
  console.run(main)
