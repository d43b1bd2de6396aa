"""All formats of files that the package reads. A module is imported when one of its formats is wanted."""

import importlib
from collections.abc import Iterator, Mapping, Sequence

from tests.mutants.form import Form

MODULES: Mapping[str, tuple[str, ...]] = {
  "radiographs": ("dicom", "picture", "zip"),
  "raw_tables": ("table.csv", "table.tab", "table.csv.gz", "table.parquet", "withdrawals", "relatives"),
  "own_tables": ("own.labels", "own.measurements", "own.measurements.gz", "own.variables", "phenotypes"),
  "statistics": ("statistics.tsv", "statistics.txt", "statistics.tsv.gz", "genes.gtf"),
  "cohort_tables": ("workdir.parquet", "image_store"),
  "genotypes": ("plink.bed", "plink.bim", "plink.fam", "bgen", "bgen.sample"),
  "weights": ("weights.safetensors", "weights.legacy.h5", "weights.keras3.h5", "weights.keras"),
  "tabular_models": ("model.line", "model.trees", "model.network", "ld_scores"),
  "checkpoint": ("checkpoint",),
  "records": tuple(
    f"record.{name}"
    for name in (
      *("run", "model", "bias", "reference", "result", "ensemble", "plan", "withdrawn", "source", "durable", "trial"),
    )
  ),
  "stages": ("stage.prepare",),
}
NAMES: tuple[str, ...] = tuple(name for names in MODULES.values() for name in names)


def load(wanted: Sequence[str] = NAMES) -> Iterator[Form]:
  """Yields formats by name, in the order of `NAMES`.

  Raises:
    ValueError: there is no format of a name.
  """
  if unknown := set(wanted) - set(NAMES):
    raise ValueError(f"no format {', '.join(sorted(unknown))}; known are {', '.join(NAMES)}")
  for module, names in MODULES.items():
    if any(name in wanted for name in names):
      forms = importlib.import_module(f"{__name__}.{module}").FORMS
      assert tuple(form.name for form in forms) == names
      yield from (form for form in forms if form.name in wanted)
