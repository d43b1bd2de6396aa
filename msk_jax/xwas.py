"""Variables and accelerated ageing: `python -m msk_jax.xwas --config=configs/xwas.py --workdir=study`.

Reads accelerated ageing that `ages` wrote (or an own table, `--accelerations`), the cohort, and tables of variables;
writes <workdir>/xwas: cleaned variables (individual-level data), and for each variable and dimension the partial
correlation with age, sex and ethnicity held constant, effects in years with errors clustered by family, corrections
for many tests, summaries by category, similarity of the dimensions, paragraphs and figures. Effects are positive for
faster ageing. The same command again does nothing.
"""

import pathlib

from absl import flags

from msk_jax import stages

_STAGE = stages.define("xwas")
_TABLES = flags.DEFINE_multi_string(
  "tables", [], "A table of UK Biobank's fields; may be repeated. By default all under the data root of the cohort."
)
_OWN_TABLE = flags.DEFINE_string(
  "own_table", "", "Own variables (CSV, TSV or Parquet: eid, instance where there are visits, then any columns)."
)
_KINDS = flags.DEFINE_string(
  "kinds",
  "",
  "CSV that says what the columns of --own_table are: column,kind[,main_category,category,label,rules]. Kinds are "
  "continuous, ordinal, binary, one_hot, date, auto (by the values; also for columns without a line) and skip.",
)
_MORE_FIELDS = flags.DEFINE_string(
  "more_fields", "", "CSV of UK Biobank fields beside the catalogue's: field,category."
)
_RELATEDNESS = flags.DEFINE_multi_string(
  "relatedness", [], "A relatedness file (ukb_rel.dat); may be repeated. By default those under the data root."
)
_ACCELERATIONS = flags.DEFINE_string(
  "accelerations", "", "Own table of accelerated ageing (eid, instance where there are visits, columns in years)."
)


def main(call: stages.Call) -> None:
  """Makes the associations."""
  from msk_jax.associations import files, run, spec

  settings = call.settings(spec.XwasSpec)
  workdir = call.open_workdir()

  def path(flag: flags.FlagHolder) -> pathlib.Path | None:
    return pathlib.Path(flag.value) if flag.value else None

  places = files.Places(
    workdir=workdir,
    tables=tuple(map(pathlib.Path, _TABLES.value)),
    relatedness=tuple(map(pathlib.Path, _RELATEDNESS.value)),
    own_table=path(_OWN_TABLE),
    kinds=path(_KINDS),
    more_fields=path(_MORE_FIELDS),
    accelerations=path(_ACCELERATIONS),
  )
  run.make_xwas(places, settings, call.find_withdrawn(workdir))


if __name__ == "__main__":
  stages.run(_STAGE, main)
