"""People, visits and errors of simulated predictions: pure functions of spec and seed."""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.cohort import folds as fold_map
from msk_jax.cohort.people import People
from msk_jax.cohort.split_parts import PARTS
from msk_jax.schemas import cohort_tables
from msk_jax.simulated_predictions import error_model, targets
from msk_jax.simulated_predictions import spec as predictions_spec
from msk_jax.simulation import latent, randomness
from msk_jax.simulation import spec as phantom_spec

_FEMALE_SHARE = 0.52
_BRITISH = 1001
_CENTRES = (11025, 11026, 11027)  # field 54: Cheadle, Reading, Newcastle
_YOUNGEST, _AGE_RANGE, _AGE_BETA = 45.0, 36.0, (2.5, 2.4)  # imaging visits: mean 63.4, SD 7.5 years, as the phantom
_YEARS_SINCE_BASELINE = (5.0, 7.5)  # so that nobody was under 37 then
_YEARS_TO_REPEAT = (2.0, 3.5)
# Correlation of the own errors of two trainings of one network on one sample; not published. Ensembles do not depend on
# it: each sample enters them once as validation and once as test.
_TWO_TRAININGS = 0.8


@dataclasses.dataclass(frozen=True)
class Cohort:
  """The cohort's tables (schemas participants, visits, folds); imaging visits are instances 2 and 3."""

  participants: pd.DataFrame
  visits: pd.DataFrame
  folds: pd.DataFrame


@dataclasses.dataclass(frozen=True)
class Draws:
  """Errors of all models, in units of the age's SD.

  Attributes:
    lasting: float64 [people, d], the dimensions' lasting parts.
    errors: float64 [2, n, m], by part (PARTS), sample and model.
    is_present: bool [n, m], whether a sample has what the model sees.
  """

  lasting: np.ndarray
  errors: np.ndarray
  is_present: np.ndarray


def make_cohort(spec: predictions_spec.SimulatedPredictionsSpec) -> Cohort:
  """Returns people, their visits and folds. Each person is independent of how many people there are; folds are not."""
  n = spec.num_participants
  eid = np.array([str(phantom_spec.FIRST_EID + i) for i in range(n)])
  age = _YOUNGEST + _AGE_RANGE * randomness.generator(spec.seed, "simulated age").beta(*_AGE_BETA, n)
  draw = randomness.generator(spec.seed, "simulated person").random((n, 5))
  sex = np.where(draw[:, 0] < _FEMALE_SHARE, cohort_tables.FEMALE, cohort_tables.MALE)
  ages = np.stack(
    [age - _between(draw[:, 1], _YEARS_SINCE_BASELINE), age, age + _between(draw[:, 2], _YEARS_TO_REPEAT)]
  )
  has_visit = np.stack([np.ones(n, bool), np.ones(n, bool), draw[:, 3] < spec.repeat_imaging_fraction])
  visit, person = np.nonzero(has_visit)
  visits = pd.DataFrame(
    {
      "eid": eid[person],
      "instance": np.array([0, 2, 3])[visit],
      "age_years": ages[visit, person],
      "centre": np.array(_CENTRES)[(draw[person, 4] * len(_CENTRES)).astype(int)],
    }
  )
  everybody = fold_map.People(eid, np.ones((n, 1), bool), sex == cohort_tables.MALE, age)
  fold = fold_map.assign(everybody, num_folds=spec.num_folds, seed=spec.seed)
  return Cohort(
    pd.DataFrame({"eid": eid, "sex": sex, "ethnicity": _BRITISH}),
    visits.sort_values(["eid", "instance"], ignore_index=True),
    pd.DataFrame({"eid": eid, "fold": fold}),
  )


def samples_of(cohort: Cohort) -> pd.DataFrame:
  """Returns the imaging visits: eid, instance, age_years, fold; ordered by eid and instance."""
  imaged = cohort.visits[cohort.visits["instance"] > 0]
  fold = cohort.folds["fold"].to_numpy()[People(cohort.folds["eid"]).number_of(imaged["eid"])]
  return imaged[["eid", "instance", "age_years"]].assign(fold=fold).reset_index(drop=True)


def draw(model: error_model.ErrorModel, person: np.ndarray, seed: int, latent_sds: np.ndarray | None = None) -> Draws:
  """Draws the errors of samples.

  Args:
    model: their covariances.
    person: int64 [n], each sample's participant, numbered from 0 without gaps.
    seed: of the spec.
    latent_sds: float64 [people, d], the participants' latent accelerations in units of their SDs; by default the
      lasting parts are drawn.
  """
  n, m = len(person), len(model.models)
  shape = (person.max() + 1, len(model.dimensions))
  covariance, known = model.lasting, np.zeros(shape)
  if latent_sds is not None:
    dimensions = [latent.DIMENSIONS.index(name) for name in model.dimensions]
    correlation = latent.phenotypic_correlation()[np.ix_(dimensions, dimensions)]
    share, covariance = error_model.split_lasting(model, correlation)
    known = latent_sds * np.sqrt(share * np.diag(model.lasting))
  lasting = known + _normal(seed, "simulated lasting", shape) @ _root(covariance).T
  view = _normal(seed, "simulated view", (n, len(model.views))) @ _root(model.view).T
  own = _normal(seed, "simulated own", (n, 3, m)) * np.sqrt(model.own)
  same = np.sqrt(_TWO_TRAININGS) * own[:, 0]
  shared = lasting[person][:, model.dimension_of] + view[:, model.view_of] + same
  errors = np.stack([shared + np.sqrt(1 - _TWO_TRAININGS) * own[:, 1 + part] for part in range(len(PARTS))])
  # A visit that lacks one kind of image tends to lack others: one random number decides on all of its images.
  lot = randomness.generator(seed, "simulated presence").random((n, 2))
  share = np.array([_present_share(model.views[view]) for view in model.view_of])
  is_scalar = np.array([model.views[view].startswith("scalars") for view in model.view_of])
  return Draws(lasting, errors, lot[:, is_scalar.astype(int)] < share)


def predict(model: error_model.ErrorModel, errors: np.ndarray, age_years: np.ndarray) -> np.ndarray:
  """Returns predicted ages [..., n, m], years, from errors [..., n, m] and ages [n]; see `error_model`."""
  mean, sd = age_years.mean(), age_years.std()
  return mean + model.r2 * (age_years[:, None] - mean + sd * errors)


def _present_share(view: str) -> float:
  return targets.PRESENT_SHARE.get(view, targets.PRESENT_SHARE.get(view.split("/", maxsplit=1)[0], 1.0))


def _between(uniform: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
  return bounds[0] + uniform * (bounds[1] - bounds[0])


def _normal(seed: int, purpose: str, shape: tuple[int, ...]) -> np.ndarray:
  return randomness.generator(seed, purpose).standard_normal(shape)


def _root(covariance: np.ndarray) -> np.ndarray:
  """Returns R with R R' = covariance, which may be singular.

  Raises:
    ValueError: it has a negative eigenvalue, so it is not a covariance.
  """
  values, vectors = np.linalg.eigh(covariance)
  if values.min() < -1e-9 * values.max():
    raise ValueError("the published correlations do not fit together: their covariance has a negative eigenvalue")
  return vectors * np.sqrt(np.maximum(values, 0.0))
