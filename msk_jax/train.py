"""Trains one image model on one split: `python -m msk_jax.train --config=configs/knee.py`.

Without data of your own (MSK_DATA or --config.data.root) a small phantom cohort is made and trained on. The same
command again goes on where an interrupted run stopped, to the same bits.
"""

import pathlib
from collections.abc import Sequence

from absl import flags, logging

from msk_jax.io import console

_CONFIG = console.define_config("configs/knee.py", "What to train, e.g. configs/knee.py:backbone=simple_cnn,fold=3.")
_WORKDIR = flags.DEFINE_string("workdir", "workspace", "Folder for the prepared data and the models.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Throw away data and model of other settings in the workdir.")


def main(argv: Sequence[str]) -> int:
  """Prepares the data if need be, trains, prints the scores; returns the exit status."""
  del argv
  from msk_jax.evaluation import report
  from msk_jax.io import specs
  from msk_jax.preparation import prepared
  from msk_jax.preparation import spec as data_spec
  from msk_jax.training import experiment, network, spec

  values = _CONFIG.value.to_dict()
  data = data_spec.from_mapping(values.pop("data"))
  settings = specs.from_mapping(spec.ExperimentSpec, values, "config")
  workdir = pathlib.Path(_WORKDIR.value)
  if data.kind == "phantom":
    _announce_phantom()
  view = prepared.view_of(data, settings.view)
  network.build_model(settings.model)  # a misspelt backbone shows before minutes of preparing
  prepared.ensure(data, workdir, overwrite=_OVERWRITE.value)
  ended = experiment.run(settings, view, data.kind, workdir, _OVERWRITE.value)
  if ended.result is None:
    logging.warning("%s: run the same command again to go on.", ended.status.value)
    return console.UNFINISHED
  report.print_result(ended.result, ended.folder)
  return 0


def _announce_phantom() -> None:
  from rich import console as rich_console
  from rich import panel

  text = (
    "No data configured: training on a PHANTOM cohort, drawn by this program. The figures below say nothing about "
    "real people.\nFor real data set MSK_DATA=/path/to/ukb, or use configs/folder.py with your own radiographs."
  )
  rich_console.Console(stderr=True).print(panel.Panel(text, title="phantom data", style="bold yellow"))


if __name__ == "__main__":
  console.run(main)
