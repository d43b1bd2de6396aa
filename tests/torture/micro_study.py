"""A study in which every stage takes seconds: a phantom of 150 people, 13 of them with pictures, in three folds.

Its results mean nothing. Tests that want to know what stages do to files use it, and those of a study's whole chain.
"""

import dataclasses
import pathlib
from collections.abc import Mapping

from tests import compiling

NUM_FOLDS = 3
_PHANTOM = {
  "num_participants": "150",
  "has_images": "true",
  "imaged_fraction": "0.08",
  "has_genotypes": "true",
  "genotypes.num_array_variants": "2000",
  "genotypes.num_array_variants_on_x": "100",
  "genotypes.num_causal_variants": "100",
  "genotypes.num_variants_per_gene": "20",
  "genotypes.num_reference_people": "500",
  "has_exposures": "true",
  "exposures.num_variables": "60",
}
_IMPORTED = ("attribution", "gwas_loci", "shared_release", "associations", "report")
MODULES = (
  *(f"msk_jax.{name}.run" for name in _IMPORTED),
  *("msk_jax.upkeep.purge", "msk_jax.upkeep.check", "msk_jax.genetics.embedded.engine"),
)  # what `command_server` imports, so that no stage need do so


@dataclasses.dataclass(frozen=True)
class Step:
  """A command of the study.

  Attributes:
    name: `<stage>`, or `<stage>/<what>`.
    stage: the stage.
    arguments: of the command line, but for the workdir.
    after: the step that leaves the workdir as this one finds it; empty for an empty workdir.
  """

  name: str
  stage: str
  arguments: tuple[str, ...] = ()
  after: str = ""


def phantom_arguments(prefix: str, changes: Mapping[str, str] | None = None) -> tuple[str, ...]:
  """Returns the flags of the phantom.

  Args:
    prefix: `config.phantom`, or `config.data.phantom` of the stages that have a section `data`.
    changes: fields of `simulation.spec.PhantomSpec` that are to have other values.
  """
  return tuple(f"--{prefix}.{name}={value}" for name, value in {**_PHANTOM, **(changes or {})}.items())


def make_steps(changes: Mapping[str, str] | None = None) -> tuple[Step, ...]:
  """Returns the study's commands in their order, each after the one before it.

  Args:
    changes: see `phantom_arguments`.
  """
  data = (
    *phantom_arguments("config.data.phantom", changes),
    f"--config.data.num_folds={NUM_FOLDS}",
    "--config.data.workers=0",
  )
  folds = range(NUM_FOLDS)
  knee = "--config=configs/knee.py:smoke,preset=phantom,backbone=simple_cnn,fold="
  calls = (
    ("phantom", ("--workers=0", *phantom_arguments("config.phantom", changes))),
    ("prepare", ("--config=configs/knee.py:preset=phantom", *data)),
    *((f"train/{k}", (f"{knee}{k}", *data)) for k in folds),
    (
      "scalars",
      (
        "--config=configs/scalars.py:smoke,preset=phantom",
        "--config.data.scalars_only=false",
        "--config.scalars.sets=('anthropometry','hand_grip')",
        "--config.scalars.algorithms=('elastic_net','lightgbm')",
        *data,
      ),
    ),
    ("ensemble", ("--config=configs/ensemble.py:smoke",)),
    ("evaluate", ("--config=configs/evaluate.py:smoke", "--config.evaluate.has_figures=false")),
    ("ages", ("--config=configs/ages.py:smoke", "--config.ages.has_figures=false")),
    ("attention", ("--config=configs/attention.py:view=knee,smoke",)),
    ("gwas", ("--config=configs/gwas.py:engine=embedded",)),
    ("loci", ("--config.loci.has_figures=false",)),
    ("release", ()),
    ("xwas", ("--config=configs/xwas.py:prediction=quick", "--config.xwas.has_figures=false")),
    ("site", ()),
    ("check", ()),
  )
  names = ("", *(name for name, _ in calls))
  return tuple(
    Step(name, name.partition("/")[0], arguments, before)
    for (name, arguments), before in zip(calls, names, strict=False)
  )


def variables(folder: pathlib.Path) -> dict[str, str]:
  """Returns variables of the commands' environment: compiled programs and fonts are kept in a folder."""
  return {
    **compiling.VARIABLES,
    "JAX_PLATFORMS": "cpu",
    "JAX_NUM_CPU_DEVICES": "1",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
    "MPLCONFIGDIR": str(folder / "fonts"),
    "MPLBACKEND": "agg",
  }
