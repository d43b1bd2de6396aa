"""What variables are made from, and whose they are."""

import dataclasses
import pathlib

import pandas as pd


@dataclasses.dataclass(frozen=True)
class Inputs:
  """What variables are made from.

  Attributes:
    tables: UK Biobank tables in any spelling.
    scalars: the cohort's folder of scalar sets; its measurements are taken as the models got them. None: not made.
    own_table: a table of own variables with `eid` and, where there are visits, `instance`.
    own_kinds: CSV of its columns' kinds: `column,kind[,main_category,category,label,rules]`.
    more_fields: CSV of fields beside the catalogue's: `field,category[,...]` with any of the catalogue's columns.
  """

  tables: tuple[pathlib.Path, ...] = ()
  scalars: pathlib.Path | None = None
  own_table: pathlib.Path | None = None
  own_kinds: pathlib.Path | None = None
  more_fields: pathlib.Path | None = None


@dataclasses.dataclass(frozen=True)
class Cohort:
  """Whose variables are made.

  Attributes:
    samples: `eid`, `instance`: the rows of the output, in their order.
    visits: schema visits; used where missing values are filled from other visits.
    participants: schema participants.
    folds: schema folds; may be None unless slopes are taken out of fold.
    num_folds: of the map; 0 for one more than the highest in `folds`.
  """

  samples: pd.DataFrame
  visits: pd.DataFrame
  participants: pd.DataFrame
  folds: pd.DataFrame | None = None
  num_folds: int = 0
