"""A job of a study: one call of one stage."""

import dataclasses
from collections.abc import Mapping

from msk_jax.planning.resources import Resources


@dataclasses.dataclass(frozen=True)
class Job:
  """One call of a stage.

  Attributes:
    name: `<stage>/<what>`, e.g. `train/knee.inception_v3.fold_0`; a path below the folder of markers.
    stage: the stage.
    arguments: of the command line, without the workdir.
    after: names of the jobs that have to be done before.
    resources: what it needs of a machine.
    counts: what it does, for the summary: kinds of units (`splits`, `GWAS`) to their numbers.
    identity: hash of what determines its results: stage, config and other arguments.
  """

  name: str
  stage: str
  arguments: tuple[str, ...]
  after: tuple[str, ...]
  resources: Resources
  counts: Mapping[str, int] = dataclasses.field(default_factory=dict)
  identity: str = ""
