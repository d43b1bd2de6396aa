"""Notes that a finished training had people who have withdrawn, before they leave the list of its samples."""

from collections.abc import Collection

from msk_jax.cohort import fold_memory, fold_table
from msk_jax.predictions import trained_with_withdrawn
from msk_jax.training import trained_samples
from msk_jax.training.command import Call
from msk_jax.training.job import Job


def note(call: Call, job: Job, withdrawn: Collection[str]) -> None:
  """Lists the training among those of people who have withdrawn, if it had any of these.

  Args:
    call: the call; trainings outside of its workdir's `models/` and `tuning/` are not listed.
    job: the training, whose samples still name these people.
    withdrawn: ids.
  """
  folder = job.folder.parent
  is_here = folder.is_relative_to(call.workdir)
  model = trained_with_withdrawn.name_of(folder.relative_to(call.workdir).as_posix()) if is_here else ""
  theirs = trained_samples.people(job.folder).intersection(withdrawn)
  if not theirs or not model:
    return
  num_folds, in_folds = _folds_of(call, job, sorted(theirs))
  rows = trained_with_withdrawn.rows_of(model, job.experiment.fold, num_folds, in_folds)
  trained_with_withdrawn.note(call.workdir, rows)


def _folds_of(call: Call, job: Job, people: list[str]) -> tuple[int, set[int]]:
  """Returns the number of folds, and those of people, who may have left the map."""
  folds, memory = fold_table.read(call.workdir), fold_memory.read(call.workdir)
  samples = job.loaded.data.inputs.examples
  known = dict(zip(samples.eid.tolist(), samples.fold.tolist(), strict=True))
  if memory is not None and memory.name == folds.name:
    recalled = zip(people, memory.recall(people).tolist(), strict=True)
    known |= {eid: fold for eid, fold in recalled if fold >= 0}
  return folds.num_folds, {known.get(eid, trained_with_withdrawn.UNKNOWN) for eid in people}
