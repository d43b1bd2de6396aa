"""Table 1 printed."""

import pandas as pd

from msk_jax.io import printing
from msk_jax.shared_release import words

_WIDTH = 150
_NUMBERS = ("people", "SNPs array", "genes", "SNPs imputed", "genes", "h2", "published", "R2")


def show(table_1: pd.DataFrame, folder: str) -> None:
  """Prints Table 1 to standard output, and where the rest is.

  Args:
    table_1: schema release_table_1.
    folder: where the files are.
  """
  printer = printing.printer(_WIDTH)
  printed = printing.make_table("Accelerated ageing: p < 5e-8, heritability, R2 of age", ["dimension"], _NUMBERS)
  for row in table_1.to_dict("records"):
    counts = (row[f"num_{what}_{source}"] for source in ("array", "imputed") for what in ("snps", "genes"))
    printed.add_row(
      words.dimension(row["dimension"]),
      printing.count(row["n"]),
      *map(printing.count, counts),
      printing.with_sd(row["h2"], row["h2_se"], 3, 3),
      printing.number(row["published_h2"], 3),
      printing.with_sd(row["r2"], row["r2_sd"], 3, 3),
    )
  printer.print(printed)
  printing.print_text(printer, f"The release is in {folder}. Read README.md and results.md before it leaves.")
