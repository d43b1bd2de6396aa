"""What the null study claims: quantities with the values that they have where there is nothing."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import null_pictures, null_shuffled
from msk_jax.training import verdict

_SIDE = 0.025  # of one side of an interval of 95%
_Numbers = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Claim:
  """A quantity with a stated value.

  Attributes:
    name: in the table.
    stated: its value where there is nothing; NaN where nothing is stated and the number is only shown.
    margin: how far from it still counts as it.
    value: from a seed's numbers to the quantity; NaN where it has none.
    is_limit: whether less is as good.
    is_share: whether a seed's number is yes or no, or a share of such answers.
  """

  name: str
  stated: float
  margin: float
  value: Callable[[_Numbers], float]
  is_limit: bool = False
  is_share: bool = False

  def judge(self, seeds: Sequence[_Numbers]) -> list[str]:
    """Returns stated, found, number of seeds, those needed, and whether it is as stated."""
    values = np.array([self.value(seed) for seed in seeds], float)
    values = values[np.isfinite(values)]
    stated = f"{'at most ' if self.is_limit else ''}{self.stated:.4g}"
    if not len(values):
      return ["" if math.isnan(self.stated) else stated, "-", "0", "", "not measured"]
    sd = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    if self.is_share and not sd > 0:  # all alike: the most that the stated share would have
      sd = math.sqrt(self.stated * (1 - self.stated))
    if math.isnan(self.stated):
      error = f" ({sd / math.sqrt(len(values)):.4f})" if math.isfinite(sd) else ""
      return ["", f"{values.mean():.4f}{error}", str(len(values)), "", ""]
    se, mean = sd / math.sqrt(len(values)), float(values.mean())
    over = mean - self.stated if self.is_limit else abs(mean - self.stated)
    if len(values) < 2:
      return [stated, f"{mean:.4f}", str(len(values)), "", "one seed does not say"]
    needed = max(math.ceil((3 * sd / self.margin) ** 2), 2)
    is_within = over <= self.margin * (1 + 1e-9)  # 1 - .95 is not .05 to the last bit
    says = "as stated" if over <= 2 * se else "within the margin" if is_within else "NOT AS STATED"
    return [stated, f"{mean:.4f} ({se:.4f})", str(len(values)), f"{needed:,}", says]


def _mean(values: Sequence[float] | np.ndarray) -> float:
  return float(np.mean(values)) if len(values) else math.nan


def _rows(numbers: _Numbers, name: str, column: int) -> np.ndarray:
  return np.array([row[column] for row in numbers[name]], float)


def _covered(estimates: list[dict[str, Any]]) -> float:
  """Returns the share of intervals that reach zero."""
  known = [each for each in estimates if each["value"] is not None and each["se"] is not None]
  return _mean([null_shuffled.covers_zero(each) for each in known])


def _share(numbers: _Numbers, kind: str) -> float:
  found, tested = numbers["p < .05"][kind]
  return found / tested if tested else math.nan


GENES = (
  Claim("array variants, share of p < .05", 0.05, 0.005, lambda n: _mean(n["p < .05, array"])),
  Claim("imputed variants, share of p < .05", 0.05, 0.005, lambda n: _mean(n["p < .05, imputed"])),
  Claim("genomic inflation (lambda)", 1.0, 0.03, lambda n: _mean(n["lambda"])),
  Claim(
    "studies with a p below .05 / all tests",
    0.05,
    0.05,
    lambda n: n["is any below Bonferroni"],
    is_limit=True,
    is_share=True,
  ),
  Claim("studies with a p < 5e-8", 0.003, 0.05, lambda n: n["hits"] > 0, is_limit=True, is_share=True),
  Claim("studies with a locus", 0.003, 0.05, lambda n: n["loci"] > 0, is_limit=True, is_share=True),
  Claim("h2: intervals of 95% that reach 0", 0.95, 0.05, lambda n: _covered(n["h2"]), is_share=True),
  Claim(
    "h2 that may be used",
    _SIDE,
    0.025,
    lambda n: _mean([not e["reason"] for e in n["h2"]]),
    is_limit=True,
    is_share=True,
  ),
  Claim(
    "genetic correlations that may be used",
    _SIDE,
    0.025,
    lambda n: _mean([not e["reason"] for e in n["rg"]]),
    is_limit=True,
    is_share=True,
  ),
)
VARIABLES = (
  Claim("variables, share of p < .05", 0.05, 0.005, lambda n: _share(n, "all")),
  Claim("of many values", 0.05, 0.005, lambda n: _share(n, "of many values")),
  Claim("of two values, 100 people or more a side", 0.05, 0.005, lambda n: _share(n, "of two values")),
  Claim("of two values, rarer", 0.05, 0.005, lambda n: _share(n, "of two values, rare"), is_limit=True),
  Claim(
    "dimensions with a p below Bonferroni",
    0.05,
    0.05,
    lambda n: _mean(n["is any below Bonferroni"]),
    is_limit=True,
    is_share=True,
  ),
  Claim(
    "dimensions with a false discovery (q < .05)",
    0.05,
    0.05,
    lambda n: _mean(n["is any false discovery"]),
    is_limit=True,
    is_share=True,
  ),
)
PREDICTIONS = (
  Claim("R2 of predictions from X", 0.0, 0.01, lambda n: _mean(_rows(n, "predictions", 0)), is_limit=True),
  Claim(
    "R2 over that of age, sex and ethnicity", 0.0, 0.01, lambda n: _mean(_rows(n, "predictions", 2)), is_limit=True
  ),
  Claim(
    "predictions better than age, sex and ethnicity",
    _SIDE,
    0.025,
    lambda n: _mean(n["is better"]),
    is_limit=True,
    is_share=True,
  ),
)


def _says(kind: str) -> Callable[[_Numbers], float]:
  return lambda n: _mean([each["says"] == kind for each in n["trainings"]])


def _r2_of(*, is_ensemble: bool) -> Callable[[_Numbers], float]:
  return lambda n: _mean(
    [r2 for name, (r2, _) in n["r2"].items() if name.endswith(null_pictures.BACKBONE) != is_ensemble]
  )


def _alike(case: str) -> Callable[[_Numbers], float]:
  """Returns how alike two folds' maps are, by the credibility's table."""

  def value(numbers: _Numbers) -> float:
    wanted = ["two folds", case, "rank correlation, signed"]
    rows = [row for row in numbers["credibility"] if row[:3] == wanted and row[3] is not None]
    return float(rows[0][3]) if rows else math.nan

  return value


NOISE = (
  Claim("trainings that count as learned", _SIDE, 0.025, _says(verdict.LEARNED), is_limit=True, is_share=True),
  Claim("trainings no better than the mean", 0.975, 0.025, _says(verdict.NO_BETTER_THAN_MEAN), is_share=True),
  Claim("R2 of models, all test samples", 0.0, 0.01, _r2_of(is_ensemble=False), is_limit=True),
  Claim("R2 of ensembles, all test samples", 0.0, 0.01, _r2_of(is_ensemble=True), is_limit=True),
  Claim("R2 of the mean of each sex", 0.0, 0.01, lambda n: n["r2 of the mean by sex"], is_limit=True),
  Claim(
    "models that are not said to be noise",
    _SIDE,
    0.025,
    lambda n: _mean(list(n["has age signal"].values())),
    is_limit=True,
    is_share=True,
  ),
  Claim("r of two views' accelerated ageing", 0.0, 0.03, lambda n: _mean(_rows(n, "correlation", 0))),
  Claim(
    "such r beyond two errors",
    0.05,
    0.05,
    lambda n: _mean(np.abs(_rows(n, "correlation", 0)) > 2 * _rows(n, "correlation", 1)),
    is_limit=True,
    is_share=True,
  ),
  Claim("map on the place of the text over its area", math.nan, math.nan, lambda n: n["map on the plate"]),
  Claim("maps of two folds, same person: rank correlation", math.nan, math.nan, _alike("same person")),
  Claim("maps of two folds, other people", math.nan, math.nan, _alike("other people")),
  Claim("r of age and rows of the picture", 0.0, 0.02, lambda n: n["channels"]["rows"]),
  Claim("r of age and order of the files", 0.0, 0.02, lambda n: n["channels"]["order of files"]),
  Claim("r of age and mean grey level", 0.0, 0.02, lambda n: n["brightness"]),
)
CLAIMS = {"genes": GENES, "variables": VARIABLES, "predictions": PREDICTIONS, "noise": NOISE, "text": NOISE}
