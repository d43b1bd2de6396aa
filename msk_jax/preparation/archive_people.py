"""Whether archives are of the tables' people: checked before hours of reading them."""

from collections.abc import Collection

from absl import logging

from msk_jax.cohort import application_overlap
from msk_jax.io import errors

_USUAL_SHARE = 0.9


def check(imaged: Collection[str], in_tables: Collection[str]) -> None:
  """Warns where many people with archives are not in the tables.

  Args:
    imaged: whom the archives' names name, without the withdrawn.
    in_tables: everybody of the tables.

  Raises:
    InputError: no archive has a name that is understood, or they are of another application.
  """
  if not imaged:
    raise errors.InputError(
      "no DXA archive is named <eid>_20158_<instance>_<array>.zip, or all are of people who have withdrawn. For the "
      "scalar measurements alone: --config.data.scalars_only=True"
    )
  shared = application_overlap.count(imaged, in_tables)
  counts = f"{shared.num_shared:,} of {shared.num_people:,} people with archives are in the tables"
  if shared.is_foreign:
    raise errors.InputError(
      f"{counts} ({len(in_tables):,} people): the archives are of another application, or the tables are. Every "
      "application has ids of its own. Take both from one application, or bring the ids into one with its bridge file."
    )
  if shared.share < _USUAL_SHARE:
    logging.warning("ONLY %s: are these the right tables? Images of the others are read, but not used", counts)
