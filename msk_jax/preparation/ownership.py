"""Which data a workdir is for: where they are, and what happens to another source's outputs."""

import pathlib
import shutil

from absl import logging

from msk_jax.cohort import source as source_file
from msk_jax.io import errors
from msk_jax.preparation import spec as data_spec
from msk_jax.schemas import cohort_tables

_OUTPUTS = (cohort_tables.FOLDER, "images", "qc")


def root_of(spec: data_spec.DataSpec, workdir: pathlib.Path) -> pathlib.Path:
  """Returns the folder that holds the raw data, absolute.

  Raises:
    InputError: none is named.
  """
  if spec.kind == "phantom":
    return (workdir / "raw").resolve()
  if not spec.root:
    raise errors.InputError(
      f"no data root: data of kind {spec.kind!r} need the folder that holds them. Give --config.data.root=/path, or "
      "set the environment variable MSK_DATA."
    )
  return pathlib.Path(spec.root).expanduser().resolve()


def source_of(spec: data_spec.DataSpec, workdir: pathlib.Path) -> dict[str, str]:
  """Returns kind and root of the data; the phantom's root is the workdir itself, which may be moved: it is empty."""
  return {"kind": spec.kind, "root": "" if spec.kind == "phantom" else str(root_of(spec, workdir))}


def check(spec: data_spec.DataSpec, workdir: pathlib.Path, overwrite: bool) -> None:
  """Makes sure that the workdir holds no other source's outputs.

  Args:
    spec: the data.
    workdir: the workdir.
    overwrite: whether another source's outputs may be thrown away.

  Raises:
    InputError: it holds another source's.
  """
  prepared_from, source = source_file.read(workdir), source_of(spec, workdir)
  if prepared_from is not None and prepared_from != source and not overwrite:
    old, new = (f"kind {s['kind']}" + (f" from {s['root']}" if s["root"] else "") for s in (prepared_from, source))
    raise errors.InputError(
      f"the workdir {workdir} holds data of {old}; this call is for {new}. Give another --workdir, or --overwrite to "
      "throw the old away."
    )


def check_no_images(spec: data_spec.DataSpec, workdir: pathlib.Path, overwrite: bool) -> None:
  """Makes sure that there are no images of an earlier call where none are wanted: nobody would keep them up to date.

  Args:
    spec: the data.
    workdir: the workdir.
    overwrite: whether such images are removed.

  Raises:
    InputError: there are, and they may not be removed.
  """
  images = workdir / "images"
  if not spec.scalars_only or not images.exists():
    return
  if not overwrite:
    raise errors.InputError(
      f"the workdir {workdir} holds images, and config.data.scalars_only leaves them unread. Leave that option out, "
      "give another --workdir, or --overwrite to throw the images away."
    )
  logging.info("--overwrite: removing the images")
  shutil.rmtree(images)


def take_over(spec: data_spec.DataSpec, workdir: pathlib.Path) -> None:
  """Removes another source's outputs, now that the new data are known to be there, and says whose come."""
  prepared_from, source = source_file.read(workdir), source_of(spec, workdir)
  if prepared_from is not None and prepared_from != source:
    logging.info("--overwrite: removing what was prepared from data of kind %s", prepared_from["kind"])
    for name in _OUTPUTS:
      shutil.rmtree(workdir / name, ignore_errors=True)
  source_file.write(workdir, source)
