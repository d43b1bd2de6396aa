"""What is behind each answer: a liability, what it depends on, and how it is read. Depends on seed and name alone."""

import dataclasses
import functools

import numpy as np
from scipy import special

from msk_jax.simulation import latent, randomness
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.exposures import fields as fields_lib
from msk_jax.simulation.exposures.fields import Field

REFERENCE_AGE_YEARS = 60.0
ETHNIC_GROUPS = ("White", "Mixed", "Asian", "Black", "Chinese", "Other", "unknown")
HERITABILITY = 0.5  # of what lasts, besides the planted effects: siblings share half of it
_AGE_SD_DECADES = 0.75
_MISSING_AT_MOST = 0.95
_NUM_DIMENSIONS = len(latent.DIMENSIONS)
_WEEK_DAYS = tuple(map(str, range(8)))


@dataclasses.dataclass(frozen=True)
class Item:
  """One liability: of a field, of one of its possible answers, or of a diagnosis.

  Attributes:
    name: the field's number, with `_` and the code for one of several answers.
    field: whose it is.
    code: the answer or category of diagnoses; empty for the field's only liability.
    correlations: float64 [5], partial correlations of the liability with the latent accelerations.
    lasting: share of the rest of the liability's variance that is the same at every visit.
    age_per_decade: effect of age.
    male: men's difference from women.
    ethnic: float64 [7], effects of ETHNIC_GROUPS; those unknown have none.
    cuts: float64 [k], rising liabilities between ordered answers.
    share_missing: of single answers, on average.
    missing_slope: how the logarithm of that share depends on the liability, given age, sex and ethnicity.
  """

  name: str
  field: Field
  code: str
  correlations: np.ndarray
  lasting: float
  age_per_decade: float
  male: float
  ethnic: np.ndarray
  cuts: np.ndarray
  share_missing: float
  missing_slope: float

  @functools.cached_property
  def loadings(self) -> np.ndarray:
    """Effects of the standardised accelerations, float64 [5], which give `correlations`."""
    return np.linalg.solve(latent.phenotypic_correlation(), self.correlations)

  @property
  def planted_variance(self) -> float:
    """Share of the liability's variance, given age, sex and ethnicity, that the latent accelerations have."""
    return float(self.loadings @ self.correlations)

  @property
  def reliability(self) -> float:
    """Correlation of the liability between two visits, given age, sex and ethnicity."""
    return self.planted_variance + (1 - self.planted_variance) * self.lasting

  @property
  def sd(self) -> float:
    """About the SD of the liability with the effects of age and sex, in units of the SD without."""
    return _sd(self.age_per_decade, self.male)

  def read(self, liability: np.ndarray) -> np.ndarray:
    """Returns the number that stands for a liability: a measurement, a count, or the place among ordered answers."""
    field, standard = self.field, liability / self.sd
    if field.kind == fields_lib.CONTINUOUS:
      return np.maximum(np.round(field.mean + field.sd * standard, field.decimals), 0.0)
    if field.kind == fields_lib.SKEWED:
      spread = np.sqrt(np.log1p((field.sd / field.mean) ** 2))
      return np.round(field.mean * np.exp(spread * standard - spread**2 / 2), field.decimals)
    if field.kind == fields_lib.COUNT:
      return np.floor(np.minimum(np.exp(field.mean + field.sd * standard), 999.0))
    return np.searchsorted(self.cuts, liability, side="left").astype(float)

  def missing_share(self, residual: np.ndarray) -> np.ndarray:
    """Returns the chance that an answer is missing, given the liability's residual on age, sex and ethnicity."""
    slope = self.missing_slope
    return np.minimum(self.share_missing * np.exp(slope * residual - slope**2 / 2), _MISSING_AT_MOST)


@dataclasses.dataclass(frozen=True)
class Plan:
  """All fields and diagnoses of a phantom.

  Attributes:
    fields: in the order chosen; diagnoses are not among them.
    items: a field's number to its liabilities.
    diagnoses: liabilities of diagnoses, by code.
  """

  fields: tuple[Field, ...]
  items: dict[int, tuple[Item, ...]]
  diagnoses: tuple[Item, ...]

  def of_main_category(self, name: str) -> list[Field]:
    """Returns the fields of a main category, by number."""
    return sorted((field for field in self.fields if field.main_category == name), key=lambda field: field.number)


def plan(seed: int, spec: spec_lib.ExposuresSpec) -> Plan:
  """Chooses the fields and draws what is behind them."""
  chosen, codes = fields_lib.choose(spec.num_variables)
  items = {field.number: tuple(_draw(seed, spec, field, code) for code in _codes(field)) for field in chosen}
  diagnoses = [_draw(seed, spec, _diagnosis_field(code), code) for code in sorted(codes)]
  return Plan(chosen, items, tuple(diagnoses))


def options(field: Field) -> tuple[str, ...]:
  """Returns the ordered answers of a field of kind `ordinal`, `nominal` or `week`."""
  return _WEEK_DAYS if field.kind == fields_lib.WEEK else field.codes


def _codes(field: Field) -> tuple[str, ...]:
  return field.codes if field.kind == fields_lib.MULTI else ("",)


def _diagnosis_field(code: str) -> Field:
  category = f"medical_diagnoses_{code[0]}"
  return Field(fields_lib.DIAGNOSES, fields_lib.DISEASES, category, fields_lib.DIAGNOSIS, codes=(code,))


def _draw(seed: int, spec: spec_lib.ExposuresSpec, field: Field, code: str) -> Item:
  name = f"{field.number}_{code}" if code else str(field.number)
  rng = randomness.generator(seed, "exposure", name)
  is_diagnosis = field.kind == fields_lib.DIAGNOSIS
  age, male = rng.normal(0.0, 0.35), rng.normal(0.0, 0.3)
  if is_diagnosis:
    age = rng.uniform(0.3, 0.6)  # rising, so that the liability crosses its cut once: at the onset
  lasting = 1.0 if is_diagnosis else rng.uniform(0.5, 0.85)
  ethnic = np.append(0.0, rng.normal(0.0, 0.25, len(ETHNIC_GROUPS) - 1))
  ethnic[-1] = 0.0
  cuts = _draw_cuts(rng, field) * _sd(age, male)
  share_missing, slope = np.exp(rng.uniform(np.log(0.005), np.log(0.05))), rng.choice([0.0, 0.0, -0.3, 0.3])
  if is_diagnosis or field.kind == fields_lib.MULTI:
    share_missing, slope = 0.0, 0.0  # several answers are missing together
  return Item(
    name=name,
    field=field,
    code=code,
    correlations=_draw_correlations(rng, spec),
    lasting=lasting,
    age_per_decade=age,
    male=male,
    ethnic=ethnic,
    cuts=cuts,
    share_missing=float(spec.missingness * share_missing),
    missing_slope=float(slope),
  )


def _draw_correlations(rng: np.random.Generator, spec: spec_lib.ExposuresSpec) -> np.ndarray:
  """Returns the planted partial correlations, float64 [5]: of some dimensions, mostly of one sign; or zeros."""
  is_planted, sign = rng.random() < spec.share_planted, rng.choice([-1.0, 1.0])
  number = rng.choice([1, 2, 3, 5], p=[0.5, 0.2, 0.15, 0.15])
  size = np.exp(rng.uniform(np.log(spec.smallest_correlation), np.log(spec.largest_correlation), _NUM_DIMENSIONS))
  flips = np.where(rng.random(_NUM_DIMENSIONS) < 0.15, -1.0, 1.0)
  is_chosen = rng.permutation(_NUM_DIMENSIONS) < number
  return is_planted * is_chosen * sign * flips * size


def _draw_cuts(rng: np.random.Generator, field: Field) -> np.ndarray:
  """Returns the cuts between ordered answers in units of the liability's SD."""
  if field.kind == fields_lib.DIAGNOSIS:
    shares = _rare(rng, 0.004, 0.12)
  elif field.kind == fields_lib.MULTI:
    shares = _rare(rng, 0.03, 0.5)
  elif len(options(field)) == 2:
    shares = _rare(rng, 0.06, 0.6)
  elif options(field):
    shares = rng.gamma(2.0, size=len(options(field))) + 0.4
    shares = shares / shares.sum()
  else:
    return np.zeros(0)
  return special.ndtri(np.cumsum(shares)[:-1])


def _rare(rng: np.random.Generator, least: float, most: float) -> np.ndarray:
  share = np.exp(rng.uniform(np.log(least), np.log(most)))
  return np.array([1 - share, share])


def _sd(age_per_decade: float, male: float) -> float:
  return float(np.sqrt(1 + (_AGE_SD_DECADES * age_per_decade) ** 2 + (male / 2) ** 2))
