"""The whole study: models, ensembles, ages, attention, genetics, XWAS, site.

Command: MSK_DATA=/data/ukb python -m msk_jax.study --config=configs/study.py --workdir=/scratch/msk
  python -m msk_jax.study --config=configs/study.py:miniature --workdir=workspace_study --run=local
Arguments: dimensions=all (or e.g. knee+hip), miniature=false (true: a phantom cohort of 240 people, small networks and
  InceptionV3 on knees, three splits).
Hardware: as published, a cluster with GPUs of 16 GB (1,680 GPU hours at most); in miniature two CPU cores.
Expected time: in miniature half an hour.
Expected: site/index.html in the workdir, a page that a browser opens; study/plan.json with all jobs.
"""

import ml_collections

from configs import common
from msk_jax.planning import spec
from msk_jax.predictions import model_names

_MINIATURE_MODELS = (
  *("full_body/figure/simple_cnn", "full_body/skeleton/simple_cnn"),
  *("spine/sagittal/simple_cnn", "spine/coronal/simple_cnn", "hip/simple_cnn"),
  *("knee/simple_cnn", "knee/inception_v3"),
  *("scalars/anthropometry/elastic_net", "scalars/anthropometry/lightgbm"),
  *("scalars/all/elastic_net", "scalars/all/lightgbm"),
)
_MINIATURE_DATA = (
  "--config.data.phantom.num_participants=240",
  "--config.data.phantom.has_images=true",
  "--config.data.phantom.has_genotypes=true",
  "--config.data.phantom.has_exposures=true",
  "--config.data.num_folds=3",
  "--config.data.scalars_only=false",
)
_MINIATURE_ARGUMENTS = {
  spec.DATA: _MINIATURE_DATA,
  "train": ("--config.train.max_epochs=6",),
  "knee/inception_v3": ("--config.train.max_epochs=3",),
  "scalars": ("--config.scalars.num_trials=2", "--config.scalars.permutation_repeats=1"),
}
_MINIATURE_CONFIGS = {
  **{name: "smoke" for name in ("ensemble", "evaluate", "ages", "attention")},
  "gwas": "engine=embedded",
  "xwas": "prediction=quick",
}


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(argument, dimensions="all", miniature=False)
  dimensions = spec.DIMENSIONS if parsed.dimensions == "all" else tuple(parsed.dimensions.split("+"))
  settings = spec.StudySpec(
    dimensions=dimensions,
    models=tuple(name for name in model_names.PAPER_MODELS if not model_names.is_ensemble(name)),
  )
  if parsed.miniature:
    settings = spec.StudySpec(
      data="phantom",
      dimensions=dimensions,
      models=_MINIATURE_MODELS,
      num_folds=3,
      folds_per_job="all",
      config_arguments=_MINIATURE_CONFIGS,
      arguments=_MINIATURE_ARGUMENTS,
    )
  config = common.stage_config("study", settings)
  config.lock()
  return config
