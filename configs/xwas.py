"""Association of accelerated ageing with thousands of variables (XWAS).

Command: python -m msk_jax.xwas --config=configs/xwas.py --workdir=study
Arguments: product=sample|participant, missing=observed|out_of_fold|paper, diagnoses=dated|any_visit,
  paper=false (true: as published: values filled from other visits, diagnoses at all visits), precision=double|single,
  sensitivity=true, prediction=no (yes: also predicts accelerated ageing from each category, which takes days at full
  size; quick: from each of the six main categories by elastic nets).
Hardware: any CPU; 4 GB of memory for 500,000 people, however many variables.
Expected time: 50,000 samples x 7,000 variables x 6 dimensions: 20 seconds of tests on one core, twice that with
  sensitivity columns, and the reading of the tables.
Expected: xwas/ with variables, associations, summaries, similarity of dimensions, paragraphs and figures; UK Biobank,
  published: biomarkers of hip and knee correlate on average .461, clinical phenotypes .784.
"""

import ml_collections

from configs import common
from msk_jax.associations import exposure_spec, spec
from msk_jax.associations.prediction.spec import PredictionSpec
from msk_jax.io import config_files

_PREDICTION = {
  "no": PredictionSpec(),
  "yes": PredictionSpec(is_on=True),
  "quick": PredictionSpec(is_on=True, level="main_category", algorithms=("elastic_net",), most_variables=1_000),
}


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(
    argument,
    product="sample",
    missing="observed",
    diagnoses="dated",
    paper=False,
    precision="double",
    sensitivity=True,
    prediction="no",
  )
  if parsed.prediction not in _PREDICTION:
    raise config_files.ArgumentError(
      f"config argument prediction is {', '.join(_PREDICTION)}, got {parsed.prediction!r}."
    )
  exposures = exposure_spec.ExposureSpec(
    missing="paper" if parsed.paper else parsed.missing,
    diagnoses="any_visit" if parsed.paper else parsed.diagnoses,
  )
  settings = spec.XwasSpec(
    product=parsed.product,
    precision=parsed.precision,
    sensitivity=spec.OPTIONAL_COVARIATES if parsed.sensitivity else (),
    exposures=exposures,
    prediction=_PREDICTION[parsed.prediction],
  )
  config = common.stage_config("xwas", settings)
  config.lock()
  return config
