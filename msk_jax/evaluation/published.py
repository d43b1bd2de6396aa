"""The published performance, to stand beside the reproduction's.

Sources: `paper`, Results and Figure 2 of Le Goallec et al., medRxiv 2021.06.14.21258896; `website`, tables in the
history of the repository of their web site (Deep-Learning-and-Aging/Website). SDs are the authors' bootstrap SDs. Hips
and knees had one model name more in their tree; ours are `hip/...` and `knee/...`.
"""

import csv
import dataclasses
import functools
import importlib.resources
import math

import pandas as pd

FILE_NAME = "published_performance.csv"


@dataclasses.dataclass(frozen=True)
class Published:
  """What is published of one model and product; NaN where a number is not.

  Attributes:
    n: samples or participants.
    r2: coefficient of determination on the test folds.
    r2_sd: its bootstrap SD.
    rmse_years: root mean squared error on the test folds.
    rmse_sd_years: its bootstrap SD.
    source: `paper`, `website` or both.
  """

  n: float = math.nan
  r2: float = math.nan
  r2_sd: float = math.nan
  rmse_years: float = math.nan
  rmse_sd_years: float = math.nan
  source: str = ""


def read_rows(package: str, file_name: str) -> list[dict[str, str]]:
  """Returns the rows of a table of published numbers, by column; see `number` for its cells.

  Args:
    package: that the table lies in, e.g. `msk_jax.evaluation`.
    file_name: a CSV.
  """
  path = importlib.resources.files(package) / file_name
  return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def number(text: str) -> float:
  """Returns a cell's number, NaN where nothing is published."""
  return float(text) if text else math.nan


@functools.cache
def performance() -> dict[tuple[str, str], Published]:
  """Returns what is published, by (model, product) in this package's names."""
  found = {}
  for row in read_rows("msk_jax.evaluation", FILE_NAME):
    key = row.pop("model"), row.pop("product")
    source = row.pop("source")
    found[key] = Published(**{name: number(text) for name, text in row.items()}, source=source)
  return found


def of(model: str, product: str) -> Published:
  """Returns what is published of a model, all NaN if nothing is."""
  return performance().get((model, product), Published())


def without(table: pd.DataFrame) -> pd.DataFrame:
  """Returns a table with nothing in its columns `published_...`: for data that the published numbers are not of."""
  result = table.copy()
  for name in map(str, table):
    if name.startswith("published_"):
      result[name] = math.nan
  return result
