"""Predicts the ages of new images: `python -m msk_jax.predict --model=workspace/models/knee/inception_v3 --images=new`.

It reads PNG, JPEG and DICOM files and UK Biobank's DXA archives in a folder. It writes a CSV with the mean over the
trained folds, and beside it a list of refused files. The output holds individual-level data: the ids of the table or
the files' names.
"""

import pathlib

from absl import flags

from msk_jax import stages
from msk_jax.io import console, errors

_STAGE = stages.define("predict")
_MODEL = flags.DEFINE_string(
  "model", None, "A trained model, e.g. workspace/models/knee/inception_v3 (the mean of its folds) or .../fold_3."
)
_IMAGES = flags.DEFINE_string("images", None, "Folder of new images, at any depth.")
_TABLE = flags.DEFINE_string(
  "table", "", "CSV with the column path (within --images), and id, instance, side, sex, ethnicity, age if known."
)
_SEX_VALUES = flags.DEFINE_list(
  "sex_values",
  [],
  "How the table spells sex, if not as words or 0 (female) and 1 (male): 1=male,2=female.",
)
_OUTPUT = flags.DEFINE_string("output", "predictions.csv", "CSV to write; refused files are listed in ..._qc.csv.")
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 64, "Images per step.", lower_bound=1)
_CLEAR_PARTIALS = console.define_clear_partials()


def main(call: stages.Call) -> None:
  """Predicts."""
  if not _MODEL.value or not _IMAGES.value:
    raise errors.InputError("give --model (a trained model's folder) and --images (a folder); --help tells more.")
  from msk_jax.inference import output, run
  from msk_jax.io import leftovers
  from msk_jax.labels import sexes
  from msk_jax.preparation import withdrawn

  model, written = pathlib.Path(_MODEL.value), pathlib.Path(_OUTPUT.value)
  leftovers.clear_outputs([written, output.qc_path(written)], others=_CLEAR_PARTIALS.value)
  workdir = withdrawn.workdir_of(model)
  if workdir is not None and written.resolve().is_relative_to(workdir.resolve()):  # which a purge looks through
    call.keep_from_purges(workdir)
  run.predict_folder(
    run.Request(
      model=model,
      images=pathlib.Path(_IMAGES.value),
      output=written,
      table=pathlib.Path(_TABLE.value) if _TABLE.value else None,
      batch_size=_BATCH_SIZE.value,
      sex_values=sexes.from_flag(_SEX_VALUES.value, "--sex_values"),
      withdrawn=lambda ids: withdrawn.among(workdir, ids, call.withdrawal_lists, confirmed=call.confirms_withdrawals),
    )
  )


if __name__ == "__main__":
  stages.run(_STAGE, main)
