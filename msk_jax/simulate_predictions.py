"""Simulates predictions of the paper's models: `python -m msk_jax.simulate_predictions --workdir=simulated`.

No image is drawn and nothing is trained: ages, errors and missing images are drawn so that every model has its
published accuracy and accelerated ageing its published correlations. Writes a cohort and `models/<model>/fold_<k>/`
as `train` and `scalars` would, for `ensemble`, `evaluate` and `ages`; the truth is in `raw/truth/`.
"""

from msk_jax import stages

_STAGE = stages.define("simulate_predictions")


def main(call: stages.Call) -> None:
  """Writes the predictions."""
  from msk_jax.simulated_predictions import predictions, spec

  settings = call.settings(spec.SimulatedPredictionsSpec)
  predictions.generate(settings, call.open_workdir(), overwrite=call.overwrite)


if __name__ == "__main__":
  stages.run(_STAGE, main)
