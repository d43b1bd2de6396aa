"""Whether the inputs of a release are of one analysis: results of different ones do not go side by side."""

import pathlib

from msk_jax.genetics import input_hashes
from msk_jax.io import errors, run_record
from msk_jax.shared_release import inputs


def check(workdir: pathlib.Path, read: inputs.Inputs) -> None:
  """Refuses inputs that are not of one analysis, as far as the run records tell.

  The GWAS must be of the ages that are there, the loci of the GWAS that is there, performance and ages of the same
  predictions.

  Raises:
    InputError: what has changed, and which stage to run again.
  """
  if read.dimensions is not None:
    _require_ages(workdir, read)
  if read.loci is not None:
    made_from = _inputs_of(workdir / inputs.LOCI).get(inputs.GWAS)
    if made_from != run_record.hash_file(read.gwas.folder / run_record.FILE_NAME):
      raise _other(workdir / inputs.LOCI, "the GWAS that is there", inputs.LOCI)
  if read.performance is not None and read.dimensions is not None:
    first, second = (_inputs_of(workdir / stage) for stage in (inputs.PERFORMANCE, inputs.AGES))
    if differing := [name for name in {**first, **second} if first.get(name) != second.get(name)]:
      raise errors.InputError(
        f"performance/ and ages/ are of different predictions or people ({differing[0]} differs): run "
        "`python -m msk_jax.evaluate` and `python -m msk_jax.ages` again, then `python -m msk_jax.gwas`."
      )


def _require_ages(workdir: pathlib.Path, read: inputs.Inputs) -> None:
  """Refuses a GWAS of other ages than there are now."""
  models = dict.fromkeys(str(model) for model in read.traits["model"] if model)
  for path in (workdir / inputs.AGES / "participant" / f"{model}.parquet" for model in models):
    if path.exists() and not set(input_hashes.of_files([path]).values()) & set(read.gwas.inputs.values()):
      raise _other(read.gwas.folder, "the ages that are there", inputs.GWAS)


def _inputs_of(folder: pathlib.Path) -> dict[str, str]:
  record = run_record.read(folder)
  return record["inputs"] if record else {}


def _other(folder: pathlib.Path, what: str, stage: str) -> errors.InputError:
  return errors.InputError(f"{folder} is not of {what}: run `python -m msk_jax.{stage}` again.")
