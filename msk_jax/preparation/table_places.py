"""The usual places of UK Biobank tables under a data root: which files there are tables, and what is left out."""

import pathlib
from collections.abc import Collection, Iterable, Sequence

from absl import logging

from msk_jax.cohort import table_files
from msk_jax.io import privacy

# All are looked at. Where two tables differ, that of the earlier place counts.
USUAL = ("tables/*", "tabular/*", "phenotypes/*", "ukb*", "*")

# Endings of tables that can't be read here; files of other endings in the data root itself are not tables.
_FOREIGN = (
  *(".xlsx", ".xls", ".ods", ".dta", ".sav", ".sas7bdat", ".rds", ".rdata", ".feather", ".arrow", ".enc", ".enc_ukb"),
  *(f"{suffix}{packed}" for suffix in (".csv", ".tsv", ".tab", ".txt") for packed in (".zip", ".bz2", ".xz", ".zst")),
)


def choose(
  root: pathlib.Path, places: Sequence[Sequence[pathlib.Path]], others: Collection[pathlib.Path]
) -> tuple[pathlib.Path, ...]:
  """Returns the tables among the files of the usual places, by place and name; names what is left out, and why.

  Args:
    root: the data root.
    places: the files at each place, sorted.
    others: files that are something else, such as lists of withdrawals.

  Returns:
    The files with a column of participant ids and one of UK Biobank's; if none has them, all that end as tables do.

  Raises:
    InputError: a file that ends as a table can't be read.
  """
  files = [path for path in dict.fromkeys(path for place in places for path in place) if path not in others]
  candidates = [path for path in files if table_files.is_table_name(path.name)]
  described = {path: table_files.inspect(path) for path in candidates}
  tables = tuple(path for path, table in described.items() if table is not None and table.names)
  if not tables:
    return tuple(candidates)
  empty = [path for path, table in described.items() if table is not None and not table.names]
  left_out = {
    "they have no column `eid`": [path for path in candidates if described[path] is None],
    "they have no column named as UK Biobank's": empty,
    "they can't be read here (save them as CSV, TSV or Parquet)": [path for path in files if _is_foreign(path, root)],
  }
  for why, paths in left_out.items():
    if paths:
      logging.warning("files LEFT OUT, since %s: %s", why, _names(paths, root))
  logging.info("tables: %s", _names(tables, root))
  return tables


def _is_foreign(path: pathlib.Path, root: pathlib.Path) -> bool:
  name = path.name.lower()
  return not table_files.is_table_name(name) and (path.parent != root or name.endswith(_FOREIGN))


def _names(paths: Iterable[pathlib.Path], root: pathlib.Path) -> str:
  return privacy.redact(", ".join(path.relative_to(root).as_posix() for path in paths))
