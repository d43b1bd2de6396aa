"""The truth of X variables: what coding leaves of planted correlations, nulls, repeats, relatives, attenuation."""

import dataclasses

import numpy as np
import pytest

from msk_jax.simulation import latent, people, spec
from msk_jax.simulation.exposures import answers, diagnoses, fields, items, measured, people_arrays, retention

_SEED = 11
_SPEC = spec.PhantomSpec(people_arrays.BLOCK, seed=_SEED, has_images=False, repeat_imaging_fraction=0.6)
_EXPOSURES = spec.ExposuresSpec(num_variables=200, share_planted=0.7)
_MISSING = ("", "-1", "-3", "-11", "-13")


@pytest.fixture(scope="module")
def persons() -> list[people.Person]:
  return people.make_people(_SPEC)


@pytest.fixture(scope="module")
def block(persons) -> people_arrays.Block:
  (block,) = people_arrays.blocks(persons)
  return block


@pytest.fixture(scope="module")
def plan() -> items.Plan:
  return items.plan(_SEED, _EXPOSURES)


@dataclasses.dataclass(frozen=True)
class _Observed:
  """A variable as its table holds it.

  Attributes:
    variable: its name and liability.
    values: float64 [n, 4], as cleaned; NaN where missing.
    residual: float64 [n, 4], the liability's.
  """

  variable: retention.Variable
  values: np.ndarray
  residual: np.ndarray


def _value_of(answer: answers.Answers, variable: retention.Variable) -> np.ndarray:
  first = answer.texts[..., 0]
  values = np.full(first.shape, np.nan)
  is_there = ~np.isin(first, _MISSING)
  if variable.code:
    values[is_there] = answer.has((variable.code,))[is_there]
  else:
    values[is_there] = np.where(first[is_there] == "-10", "0", first[is_there]).astype(float)
  return values


@pytest.fixture(scope="module")
def observed(block, plan) -> list[_Observed]:
  interview = answers.Interview(_SEED, plan, block, missingness=2.0)
  result = []
  for field in plan.fields:
    answer = interview.ask(field)
    for item in plan.items[field.number]:
      residual, _ = block.draw(_SEED, item)
      for variable in retention.variables_of(item):
        result.append(_Observed(variable, _value_of(answer, variable), residual))
  has = _diagnosed(block, plan)
  for place, item in enumerate(plan.diagnoses):
    residual, _ = block.draw(_SEED, item)
    (variable,) = retention.variables_of(item)
    result.append(_Observed(variable, has[..., place], residual))
  return result


def _diagnosed(block: people_arrays.Block, plan: items.Plan) -> np.ndarray:
  """Returns whether a person has each diagnosis at a visit, from its date, float64 [n, 4, k]; NaN without a visit."""
  drawn = diagnoses.draw(_SEED, plan, block)
  days = np.rint(np.nan_to_num(block.age_years) * people.DAYS_PER_YEAR).astype("timedelta64[D]")
  visits = block.birth[:, None] + days
  has = np.zeros((*block.age_years.shape, len(plan.diagnoses)))
  has[drawn.rows, :, drawn.codes] = drawn.dates[:, None] <= visits[drawn.rows]
  has[~block.was_there] = np.nan
  return has


def _residuals(block: people_arrays.Block, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
  person, instance = np.nonzero(rows)
  groups = np.eye(len(items.ETHNIC_GROUPS))[block.group[person]][:, 1:]
  design = np.column_stack([np.ones(len(person)), block.age_years[person, instance], block.sex[person], groups])
  return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]


def _rows(block: people_arrays.Block, each: _Observed) -> np.ndarray:
  return retention.Reference(block).visits(each.variable.item.field) & ~np.isnan(each.values)


def _unit(variable: retention.Variable) -> retention.Variable:
  """Returns a variable whose liability has a tiny correlation with one dimension: its truth is the retention."""
  correlations = np.zeros(5)
  correlations[0] = 1e-6
  return dataclasses.replace(variable, item=dataclasses.replace(variable.item, correlations=correlations))


def test_retention_is_the_partial_correlation_of_what_is_observed_with_the_liability(block, plan, observed):
  """Without the noise of the accelerations: over the same people, by kind of variable, conditional or not."""
  deviations: dict[str, list[float]] = {}
  reference = retention.Reference(block)
  for each in observed:
    rows, field = _rows(block, each), each.variable.item.field
    if rows.sum() < 400 or np.ptp(each.values[rows]) == 0:
      continue
    x, e = (_residuals(block, rows, values[rows]) for values in (each.values, each.residual))
    if min((x > x.mean()).sum(), (x < x.mean()).sum()) < 40:
      continue
    parent = retention.parent_of(plan, field)
    expected = retention.latent_correlations(_unit(each.variable), parent, reference)[0, 0] / 1e-6
    kept = np.corrcoef(x, e)[0, 1] * e.std()  # selection shrinks the liability's SD
    size = len(np.unique(np.nonzero(rows)[0]))
    deviations.setdefault(field.kind, []).append((kept - expected) * np.sqrt(size))
  assert set(deviations) == {
    *(fields.CONTINUOUS, fields.SKEWED, fields.COUNT, fields.WEEK),
    *(fields.ORDINAL, fields.NOMINAL, fields.MULTI, fields.DIAGNOSIS),
  }
  for kind, values in deviations.items():
    spread = max(float(np.std(values)), 0.05)
    assert abs(np.mean(values)) < 4 * spread / np.sqrt(len(values)) + 0.15, kind
    assert np.abs(values).max() < 5, kind


def test_coding_costs_what_theory_says(block):
  field = fields.Field(1, "environmental", "diet", fields.ORDINAL, codes=("0", "1"))
  item = dataclasses.replace(_plain_item(field), cuts=np.array([0.0]))
  (variable,) = retention.variables_of(item)
  r = retention.latent_correlations(_unit(variable), None, retention.Reference(block))[0, 0] / 1e-6
  assert r == pytest.approx(np.sqrt(2 / np.pi), abs=0.003)  # median split: .798
  item = _plain_item(fields.Field(1, "environmental", "diet", fields.CONTINUOUS, mean=100.0, sd=10.0, decimals=3))
  (variable,) = retention.variables_of(item)
  r = retention.latent_correlations(_unit(variable), None, retention.Reference(block))[0, 0] / 1e-6
  assert r == pytest.approx(1.0, abs=1e-4)


def _plain_item(field: fields.Field) -> items.Item:
  return items.Item(
    name="1",
    field=field,
    code="",
    correlations=np.zeros(5),
    lasting=0.7,
    age_per_decade=0.0,
    male=0.0,
    ethnic=np.zeros(len(items.ETHNIC_GROUPS)),
    cuts=np.zeros(0),
    share_missing=0.02,
    missing_slope=0.0,
  )


def test_planted_correlations_are_recovered_and_nulls_are_null(block, plan, observed):
  """Deviations from the truth have the size of their Monte-Carlo errors, planted ones and nulls alike."""
  reference, planted, null, truths, estimates = retention.Reference(block), [], [], [], []
  for each in observed:
    rows, item = _rows(block, each), each.variable.item
    x = _residuals(block, rows, each.values[rows]) if rows.sum() > 400 else np.zeros(1)
    if min((x > x.mean()).sum(), (x < x.mean()).sum()) < 40:
      continue
    person = np.nonzero(rows)[0]
    z = np.column_stack([_residuals(block, rows, block.sds[person, d]) for d in range(5)])
    r = x @ z / np.sqrt((x @ x) * (z * z).sum(axis=0))
    expected = retention.latent_correlations(each.variable, retention.parent_of(plan, item.field), reference)[0]
    deviation = (r - expected) * np.sqrt(len(np.unique(person)))
    is_null = item.correlations == 0
    assert (expected[is_null] == 0).all()
    planted.extend(deviation[~is_null])
    null.extend(deviation[is_null])
    truths.extend(expected[~is_null])
    estimates.extend(r[~is_null])
  assert len(planted) > 300 and len(null) > 500
  # A visit's repeats count once here, so the spread is a little under that of independent samples.
  assert np.std(planted) == pytest.approx(1.0, abs=0.15) and np.std(null) == pytest.approx(1.0, abs=0.15)
  slope = np.dot(truths, estimates) / np.dot(truths, truths)
  assert slope == pytest.approx(1.0, abs=4 / np.sqrt(people_arrays.BLOCK * np.dot(truths, truths)))


def test_liabilities_have_variance_1_and_repeat_as_recorded(block, plan):
  planted = [item for of_field in plan.items.values() for item in of_field if item.correlations.any()][:60]
  ratios = []
  for item in planted:
    residual, _ = block.draw(_SEED, item)
    assert residual.std() == pytest.approx(1.0, abs=0.05)
    ratios.append(np.corrcoef(residual[:, 2], residual[:, 3])[0, 1] - item.reliability)
  assert np.mean(ratios) == pytest.approx(0.0, abs=4 * 0.6 / np.sqrt(60 * people_arrays.BLOCK))


def test_relatives_are_alike(block, persons, plan):
  siblings = [(i, j) for i, j in _pairs(persons) if persons[i].kinship == 0.25]
  first, second = np.array(siblings).T
  products = []
  for item in [item for of_field in plan.items.values() for item in of_field][:150]:
    residual, _ = block.draw(_SEED, item)
    products.append(np.mean(residual[first, 0] * residual[second, 0]) - 0.5 * items.HERITABILITY * item.lasting)
  assert np.mean(products) == pytest.approx(0.0, abs=4 / np.sqrt(len(first) * 150))


def _pairs(persons: list[people.Person]) -> list[tuple[int, int]]:
  rows = {person.eid: row for row, person in enumerate(persons)}
  return [(rows[first], rows[second]) for first, second, _ in people.kinship_pairs(persons)]


def test_missing_not_at_random_depends_on_the_liability(block, plan):
  item = next(each for (each, *_) in plan.items.values() if each.missing_slope > 0 and each.field.kind != fields.MULTI)
  item = dataclasses.replace(item, share_missing=0.2)
  altered = dataclasses.replace(plan, items={**plan.items, item.field.number: (item,)})
  interview = answers.Interview(_SEED, altered, block, missingness=1.0)
  answer = interview.ask(item.field)
  residual, _ = block.draw(_SEED, item)
  lost = residual[answer.is_asked & ~answer.is_observed].mean()
  kept = residual[answer.is_asked & answer.is_observed].mean()
  assert lost - kept > 0.1


def test_nobody_to_average_over_gives_no_truth(persons):
  (tiny,) = people_arrays.blocks([dataclasses.replace(persons[0], visits=persons[0].visits[:1])])
  field = fields.Field(1, "biomarkers", "heart_function", fields.CONTINUOUS, instances=(2, 3))
  (variable,) = retention.variables_of(_plain_item(field))
  assert np.isnan(retention.latent_correlations(variable, None, retention.Reference(tiny))).all()


def test_attenuation_turns_latent_correlations_into_measured_ones():
  rng = np.random.default_rng(0)
  n, r = 40_000, latent.phenotypic_correlation()
  z = rng.standard_normal((n, 5)) @ np.linalg.cholesky(r).T
  covariates = rng.standard_normal((n, 2))
  knee = latent.DIMENSIONS.index("knee")
  y = 0.6 * z[:, knee] + 0.8 * rng.standard_normal(n) + covariates @ np.array([1.0, 2.0])
  k = measured.attenuation(y, z * latent.SD_YEARS, covariates)
  expected = np.zeros(5)
  expected[knee] = 0.6
  np.testing.assert_allclose(k, expected, atol=4 * 0.8 / np.sqrt(n) * 1.6)
  general = z.mean(axis=1) + rng.standard_normal(n)
  of_general = measured.attenuation(general, z * latent.SD_YEARS, covariates)
  effect = 0.1 * z[:, knee] + np.sqrt(0.99) * rng.standard_normal(n)
  of_latent = 0.1 * r[knee]
  assert np.corrcoef(effect, general)[0, 1] == pytest.approx(of_general @ of_latent, abs=4 / np.sqrt(n))


@pytest.mark.parametrize(
  ("sizes", "value", "message"),
  [((10, 9, 10), 1.0, "fit together"), ((20, 20, 20), np.nan, "finite"), ((6, 6, 6), 1.0, "samples")],
)
def test_what_says_nothing_of_attenuation_is_refused(sizes, value, message):
  y, z, c = np.arange(sizes[0], dtype=float), np.ones((sizes[1], 2)), np.ones((sizes[2], 2))
  z[0, 0] = value
  with pytest.raises(ValueError, match=message):
    measured.attenuation(y, z, c)


def test_values_of_those_not_asked_count_in_the_filled_truth(block, plan):
  """Sums over people: a filled answer goes with its own liability and with that of the question before."""
  interview, reference = answers.Interview(_SEED, plan, block, missingness=0.0), retention.Reference(block)
  deviations = []
  for field in plan.fields:
    if field.parent is None or field.parent.fill is None:
      continue
    (item,) = plan.items[field.number]
    (variable,) = retention.variables_of(item)
    parent = retention.parent_of(plan, field)
    answer, before = interview.ask(field), interview.ask(next(f for f in plan.fields if f.number == field.parent.field))
    values = _value_of(answer, variable)
    values[before.is_observed & ~answer.is_asked] = field.parent.fill
    rows = reference.visits(field) & ~np.isnan(values)
    x = _residuals(block, rows, values[rows])
    for own, other in ((1e-6, 0.0), (0.0, 1e-6)):
      unit = dataclasses.replace(variable, item=dataclasses.replace(item, correlations=np.full(5, own)))
      leading = dataclasses.replace(parent, correlations=np.full(5, other))
      expected = retention.latent_correlations(unit, leading, reference)[1, 0] / 1e-6
      residual, _ = block.draw(_SEED, item if own else parent)
      deviations.append(np.mean(x * residual[rows]) / x.std() - expected)
  assert len(deviations) >= 6
  assert np.abs(deviations).max() < 4.5 / np.sqrt(people_arrays.BLOCK)
