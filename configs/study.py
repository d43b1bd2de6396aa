"""The whole study: models, ensembles, ages, attention, genetics, XWAS, site.

Command: MSK_DATA=/data/ukb python -m msk_jax.study --config=configs/study.py --workdir=/scratch/msk
  python -m msk_jax.study --config=configs/study.py:miniature --workdir=workspace_study --run=local
Arguments: dimensions=all (or e.g. knee+hip), genotypes= (folder of the genotype files), miniature=false (true: a
  phantom cohort of 240 people, small networks and InceptionV3 on knees, three splits).
Hardware: as published, a cluster with GPUs of 16 GB (1,700 GPU hours at most); in miniature two CPU cores.
Expected time: in miniature half an hour.
Expected: site/index.html in the workdir, a page that a browser opens; study/plan.json with all jobs.
"""

import ml_collections

from configs import common
from msk_jax.planning import spec
from msk_jax.planning.resources import DEFAULTS, Resources
from msk_jax.predictions import model_names

_MINIATURE_MODELS = (
  *("full_body/figure/simple_cnn", "full_body/skeleton/simple_cnn"),
  *("spine/sagittal/simple_cnn", "spine/coronal/simple_cnn", "hip/simple_cnn"),
  *("knee/simple_cnn", "knee/inception_v3"),
  *("scalars/anthropometry/elastic_net", "scalars/anthropometry/lightgbm"),
  *("scalars/all/elastic_net", "scalars/all/lightgbm"),
)
_MINIATURE_ARGUMENTS = {
  "train": ("--config.train.max_epochs=6",),
  "knee/inception_v3": ("--config.train.max_epochs=2",),
  "scalars": ("--config.scalars.num_trials=2", "--config.scalars.permutation_repeats=1"),
  "attention": ("--config.attention.samples_per_cell=6",),  # fewer people have no mean map
}
_MINIATURE_CONFIGS = {
  **{name: "smoke" for name in ("ensemble", "evaluate", "ages", "attention")},
  "gwas": "engine=embedded",
  "xwas": "prediction=quick",
}
_PUBLISHED_CONFIGS = {"gwas": "num_threads=10", "release": "imputed=ukb"}
_SMALL = Resources(cores=1, memory_gb=4, minutes=60)


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(argument, dimensions="all", genotypes="", miniature=False)
  dimensions = spec.DIMENSIONS if parsed.dimensions == "all" else tuple(parsed.dimensions.split("+"))
  published = tuple(name for name in model_names.PAPER_MODELS if not model_names.is_ensemble(name))
  arguments = _MINIATURE_ARGUMENTS if parsed.miniature else {}
  configs = _MINIATURE_CONFIGS if parsed.miniature else _PUBLISHED_CONFIGS
  resources = dict.fromkeys(DEFAULTS, _SMALL) if parsed.miniature else dict(DEFAULTS)
  settings = spec.StudySpec(
    data="phantom" if parsed.miniature else "ukb",
    num_participants=240,
    genotypes=parsed.genotypes,
    dimensions=dimensions,
    models=_MINIATURE_MODELS if parsed.miniature else published,
    num_folds=3 if parsed.miniature else 10,
    folds_per_job="all" if parsed.miniature else "one",
    config_arguments={name: configs.get(name, "") for name in spec.PLANNED_STAGES},
    arguments={**dict.fromkeys((spec.DATA, *spec.PLANNED_STAGES), ()), **arguments},
    resources=resources,
  )
  config = common.stage_config("study", settings)
  config.lock()
  return config
