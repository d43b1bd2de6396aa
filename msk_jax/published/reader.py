"""Reads the published numbers: performance, correlations, heritability, Table 1, named genes, associations, the text's.

Models have this package's names. Hips and knees have one part more in the authors' names (`MRI`); here they are
`hip/...` and `knee/...`. SDs of performance and of phenotypic correlations are the authors' bootstrap SDs, those of
heritability and genetic correlations are BOLT-REML's standard errors.
"""

import csv
import dataclasses
import functools
import importlib.resources
import math

DIMENSIONS = ("full_body", "spine", "hip", "knee", "scalars")  # `general` is their ensemble


@dataclasses.dataclass(frozen=True)
class Performance:
  """What is published of one model and product; NaN where a number is not.

  Attributes:
    n: samples or participants.
    r2: coefficient of determination on the test folds.
    r2_sd: its SD.
    rmse_years: root mean squared error on the test folds.
    rmse_sd_years: its SD.
    source: where the numbers are from.
  """

  n: float = math.nan
  r2: float = math.nan
  r2_sd: float = math.nan
  rmse_years: float = math.nan
  rmse_sd_years: float = math.nan
  source: str = ""


@dataclasses.dataclass(frozen=True)
class Correlation:
  """A correlation of accelerated ageing and its SD; NaN where they are not published."""

  r: float = math.nan
  r_sd: float = math.nan
  source: str = ""


@dataclasses.dataclass(frozen=True)
class Heritability:
  """A dimension's heritability (BOLT-REML), a share of 1, and its standard error."""

  h2: float
  h2_sd: float
  source: str


@dataclasses.dataclass(frozen=True)
class Gwas:
  """A row of Table 1, with two digits less than `Heritability` and `Performance` have.

  Attributes:
    num_people: the GWAS' sample size.
    num_snps: associated SNPs.
    num_genes: genes in or near which they are.
    h2: heritability, a share of 1.
    h2_sd: its standard error.
    r2: of the age prediction.
    r2_sd: its SD.
    source: where the numbers are from.
  """

  num_people: int
  num_snps: int
  num_genes: int
  h2: float
  h2_sd: float
  r2: float
  r2_sd: float
  source: str


@dataclasses.dataclass(frozen=True)
class ProseNumber:
  """A number of the paper's text.

  Attributes:
    name: in words.
    statistic: `r2`, `rmse`, `h2`, `phenotypic`, `genetic`, `mean_phenotypic` or `mean_genetic`.
    groups: the models, or for genetics the dimensions, that it is of. A mean over pairs is over all pairs in one group,
      or over all pairs between two.
    value: the number, a share of 1 where the text has percent; years for `rmse`.
    sd: what stands after ±; NaN where nothing does.
    sd_kind: what `sd` is: `bootstrap`, `standard error`, or the `sample` (ddof 1) or `population` SD over pairs.
    num_pairs: how many pairs a mean is over; NaN for others.
    source: where the number is from.
  """

  name: str
  statistic: str
  groups: tuple[tuple[str, ...], ...]
  value: float
  sd: float
  sd_kind: str
  num_pairs: float
  source: str


@dataclasses.dataclass(frozen=True)
class NamedLocus:
  """A gene that the paper's text names among the results of its GWASs.

  Attributes:
    dimension: whose GWAS; empty where the text does not say.
    gene: its name there (GENCODE 19 has the same).
    later_name: its name since, empty if that is the same.
    linked_to: what the text links the gene to.
    source: where the text names it.
  """

  dimension: str
  gene: str
  later_name: str
  linked_to: str
  source: str


@dataclasses.dataclass(frozen=True)
class Comparison:
  """A score of the paper or of an earlier predictor, NaN where the text has no number, and what the text says of it."""

  value: float
  sd: float
  claim: str
  source: str


@dataclasses.dataclass(frozen=True)
class SampleSize:
  """How many `people` or `samples` (participants at a visit)."""

  n: int
  unit: str
  source: str


@functools.cache
def performance() -> dict[tuple[str, str], Performance]:
  """Returns performance by (model, product), product `sample` or `participant`."""
  return {
    (row["model"], row["product"]): Performance(
      n=_number(row["n"]),
      r2=_number(row["r2"]),
      r2_sd=_number(row["r2_sd"]),
      rmse_years=_number(row["rmse_years"]),
      rmse_sd_years=_number(row["rmse_sd_years"]),
      source=row["source"],
    )
    for row in read_rows("performance.csv")
  }


@functools.cache
def models() -> tuple[str, ...]:
  """Returns the names of the paper's 31 models, without ensembles."""
  return tuple(name for name, _ in performance() if name.rpartition("/")[2] not in ("general", "ensemble"))


@functools.cache
def phenotypic_correlations() -> dict[frozenset[str], Correlation]:
  """Returns correlations of accelerated ageing, per sample, by the pair of models."""
  return {
    frozenset((row["model_1"], row["model_2"])): Correlation(_number(row["r"]), _number(row["r_sd"]), row["source"])
    for row in read_rows("phenotypic_correlations.csv")
  }


@functools.cache
def genetic_correlations() -> dict[frozenset[str], Correlation]:
  """Returns genetic correlations of accelerated ageing by the pair of dimensions (`general` is one)."""
  return {
    frozenset((row["dimension_1"], row["dimension_2"])): Correlation(
      _number(row["r"]), _number(row["r_sd"]), row["source"]
    )
    for row in read_rows("genetic_correlations.csv")
  }


@functools.cache
def xwas_shares() -> dict[tuple[str, str, str, str], float]:
  """Returns shares of variables associated, by (dimension, main category, category, direction)."""
  return {
    (row["dimension"], row["main_category"], row["category"], row["direction"]): float(row["share"])
    for row in read_rows("xwas_shares.csv")
  }


@functools.cache
def xwas_leading() -> dict[tuple[str, str, str, str, int], tuple[str, float]]:
  """Returns label and partial correlation (positive: faster ageing) of a category's strongest variables.

  Keys are (dimension, main category, category, direction, rank).
  """
  return {
    (row["dimension"], row["main_category"], row["category"], row["direction"], int(row["rank"])): (
      row["label"],
      float(row["r"]),
    )
    for row in read_rows("xwas_leading.csv")
  }


@functools.cache
def xwas_similarity() -> dict[str, tuple[float, float]]:
  """Returns mean and SD of the correlations of dimensions' associations, over pairs, by main category."""
  return {row["main_category"]: (float(row["mean"]), float(row["sd"])) for row in read_rows("xwas_similarity.csv")}


@functools.cache
def xwas_prediction() -> dict[tuple[str, str, str], tuple[float, float]]:
  """Returns R2 and samples of predictions of accelerated ageing by (dimension, category, algorithm)."""
  return {
    (row["dimension"], row["category"], row["algorithm"]): (float(row["r2"]), float(row["num_samples"]))
    for row in read_rows("xwas_prediction.csv")
  }


@functools.cache
def heritabilities() -> dict[str, Heritability]:
  """Returns heritabilities of accelerated ageing by dimension (`general` is one)."""
  return {
    row["dimension"]: Heritability(float(row["h2"]), float(row["h2_sd"]), row["source"])
    for row in read_rows("heritability.csv")
  }


@functools.cache
def table_1() -> dict[str, Gwas]:
  """Returns the paper's Table 1, the summary of the GWASs, by dimension (`general` is one)."""
  return {
    row["dimension"]: Gwas(
      num_people=int(row["num_people"]),
      num_snps=int(row["num_snps"]),
      num_genes=int(row["num_genes"]),
      h2=float(row["h2"]),
      h2_sd=float(row["h2_sd"]),
      r2=float(row["r2"]),
      r2_sd=float(row["r2_sd"]),
      source=row["source"],
    )
    for row in read_rows("table_1.csv")
  }


@functools.cache
def prose_numbers() -> dict[str, ProseNumber]:
  """Returns the numbers of the paper's text on performance, heritability and correlations, by name."""
  return {
    row["name"]: ProseNumber(
      name=row["name"],
      statistic=row["statistic"],
      groups=tuple(tuple(group.split()) for group in row["models"].split(":")),
      value=float(row["value"]),
      sd=_number(row["sd"]),
      sd_kind=row["sd_kind"],
      num_pairs=_number(row["num_pairs"]),
      source=row["source"],
    )
    for row in read_rows("prose_numbers.csv")
  }


@functools.cache
def named_loci() -> dict[tuple[str, str], NamedLocus]:
  """Returns the genes that the paper's text names, by dimension (may be empty) and gene."""
  return {(row["dimension"], row["gene"]): NamedLocus(**row) for row in read_rows("named_loci.csv")}


@functools.cache
def sample_sizes() -> dict[str, SampleSize]:
  """Returns sample sizes by name: people and visits, and samples with a value by scalar feature."""
  return {row["name"]: SampleSize(int(row["n"]), row["unit"], row["source"]) for row in read_rows("sample_sizes.csv")}


@functools.cache
def literature() -> dict[tuple[str, str, str], Comparison]:
  """Returns how the paper's text compares its age predictions with the literature, by (dimension, whose, statistic).

  `whose` is `paper` or `literature`, the statistic `r2` or `rmse`.
  """
  return {
    (row["dimension"], row["whose"], row["statistic"]): Comparison(
      _number(row["value"]), _number(row["sd"]), row["claim"], row["source"]
    )
    for row in read_rows("literature.csv")
  }


@functools.cache
def importance_agreement() -> dict[tuple[str, str], float]:
  """Returns Pearson's correlations of all scalars' importances by pair of algorithms; `univariate` is one."""
  return {(row["first"], row["second"]): float(row["pearson"]) for row in read_rows("importance_agreement.csv")}


def read_rows(file_name: str) -> list[dict[str, str]]:
  """Returns the rows of a table of published numbers, text by column.

  Args:
    file_name: a CSV of this package, e.g. `performance.csv`.
  """
  path = importlib.resources.files("msk_jax.published") / file_name
  return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def _number(text: str) -> float:
  """Returns a cell's number, NaN where nothing is published."""
  return float(text) if text else math.nan
