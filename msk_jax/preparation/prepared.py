"""What `train` asks before it starts: are the data there, and what do their images look like?"""

import pathlib

from msk_jax.imaging import folder_spec, views
from msk_jax.io import errors, run_record
from msk_jax.preparation import cohort_output, damage, prepare
from msk_jax.preparation import spec as data_spec
from msk_jax.schemas import cohort_tables

_KINDS = {"ukb": "UK Biobank data", "phantom": "phantom", "folder": "folder of radiographs", "table": "table"}
_CONFIGS = {"phantom": "knee", "table": "nhanes"}  # of other kinds the config has the kind's name


def ensure(
  spec: data_spec.DataSpec,
  workdir: pathlib.Path | str,
  *,
  view: str | None = None,
  overwrite: bool = False,
  may_prepare: bool = True,
) -> None:
  """Makes sure that the workdir is prepared from these data: on the spot, but for UK Biobank's.

  Reading 100,000 archives takes hours and no accelerator, so that is a stage of its own. Who has withdrawn since then,
  `withdrawn.of_workdir` says.

  Args:
    spec: the data.
    workdir: the workdir.
    view: whose images are read; empty for none, all by default. Others of UK Biobank need not be there.
    overwrite: whether a phantom or folder may take the place of another source's outputs.
    may_prepare: whether a phantom or folder is prepared here; several processes at once must not.

  Raises:
    InputError: the data, which are not to be prepared here, are not, or with other settings; or see `prepare`.
  """
  workdir = pathlib.Path(workdir)
  if spec.kind != "ukb" and may_prepare:
    prepare.prepare(spec, workdir, overwrite=overwrite)
    return
  name = _CONFIGS.get(spec.kind, spec.kind)
  command = f"Run `python -m msk_jax.prepare --config=configs/{name}.py --workdir={workdir}`"
  record = run_record.read(workdir / cohort_tables.FOLDER)
  if record is None:
    raise errors.InputError(f"the workdir {workdir} holds no prepared {_KINDS[spec.kind]}. {command} first.")
  wanted = cohort_output.settings_of(spec, workdir)
  changes = run_record.differences(workdir / cohort_tables.FOLDER, wanted, record["inputs"])
  if changes:
    raise errors.InputError(
      f"the workdir {workdir} was prepared with other settings ({'; '.join(changes)}). {command} again, with the same "
      "--config.data options, or give another --workdir."
    )
  if damaged := damage.find_damaged(workdir, views=None if view is None else [view]):
    others = f" and {len(damaged) - 1} others" if len(damaged) > 1 else ""
    raise errors.InputError(
      f"{damaged[0].relative_to(workdir)}{others} of the workdir {workdir} is missing or damaged. {command} again: it "
      "makes only what is missing."
    )


def view_of(spec: data_spec.DataSpec, name: str) -> views.View:
  """Returns the view of that name that these data have: `folder` for a folder, one of the paper's eight otherwise.

  Raises:
    InputError: the data have no such view, or no images at all.
  """
  if spec.kind == "table" or spec.scalars_only or (spec.kind == "phantom" and not spec.phantom.has_images):
    raise errors.InputError(
      "these data have no images (config.data.kind table, scalars_only or phantom.has_images=False), and this stage "
      "needs them: use a config of images, for example configs/knee.py."
    )
  known = {folder_spec.VIEW: folder_spec.folder_view(spec.folder)} if spec.kind == "folder" else views.VIEWS
  if name not in known:
    raise errors.InputError(
      f"config.view: data of kind {spec.kind} have no view {name!r}; choose one of {', '.join(known)}."
    )
  return known[name]
