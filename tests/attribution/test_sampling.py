"""Samples are chosen as published: by sex, age and rate of ageing; nobody twice."""

import numpy as np
import pandas as pd

from msk_jax.attribution import sampling

rng = np.random.default_rng(0)


def draw(n=3000, low=45.0, high=82.0):
  return pd.DataFrame(
    {
      "eid": [str(9_000_000 + i) for i in range(n)],
      "instance": 2,
      "sex": rng.integers(0, 2, n),
      "age_years": rng.uniform(low, high, n),
      "acceleration_years": rng.normal(0, 4, n),
    }
  )


def test_every_cell_has_ten_and_they_are_the_extremes():
  samples = draw()
  choice = sampling.choose(samples, 10)
  chosen = choice.samples
  assert len(chosen) == 180 and not chosen.duplicated(["eid", "instance"]).any()
  assert (chosen.groupby(["sex", "age_group", "rate"]).size() == 10).all() and (choice.cells["chosen"] == 10).all()
  women = samples[samples["sex"] == 0]
  bounds = {
    "young": women["age_years"] <= women["age_years"].min() + 10,
    "middle": (women["age_years"] - women["age_years"].median()).abs() < 5,
    "old": women["age_years"] >= women["age_years"].max() - 10,
  }
  for age_group, is_inside in bounds.items():
    cell = women[is_inside].sort_values("acceleration_years")
    of_cell = chosen[(chosen["sex"] == 0) & (chosen["age_group"] == age_group)].set_index("rate")
    by_rank = {rate: of_cell.loc[rate].sort_values("rank")["eid"].tolist() for rate in sampling.RATES}
    # Their residual is chronological minus biological age: its ten lowest, their accelerated, are our ten highest.
    assert by_rank["accelerated"] == cell["eid"].tolist()[::-1][:10]
    assert by_rank["decelerated"] == cell["eid"].tolist()[:10]
    order = cell["acceleration_years"].abs().sort_values().index
    assert by_rank["normal"] == cell.loc[order, "eid"].tolist()[:10]


def test_the_order_of_the_samples_does_not_matter():
  samples = draw(500)
  chosen = sampling.choose(samples, 4).samples
  pd.testing.assert_frame_equal(chosen, sampling.choose(samples.sample(frac=1, random_state=1), 4).samples)


def test_a_small_cell_is_shared_out_and_counted():
  men = draw(2000).query("sex == 1")
  is_old = men["age_years"] >= men["age_years"].max() - 10
  few = pd.concat([men[~is_old], men[is_old].nlargest(8, "age_years")])
  choice = sampling.choose(few, 10)
  cells = choice.cells
  old = cells[(cells["sex"] == "male") & (cells["age_group"] == "old")]
  assert (old["available"] == 8).all() and (old["chosen"] == 2).all() and (cells["wanted"] == 10).all()
  assert (cells[cells["sex"] == "female"]["chosen"] == 0).all()
  assert not choice.samples.duplicated("eid").any()


def test_people_of_nearly_one_age_are_in_one_group():
  samples = draw(300, 60.0, 68.0)
  choice = sampling.choose(samples, 5)
  assert set(choice.samples["age_group"]) == {"young"} and not choice.samples.duplicated("eid").any()


def test_people_of_unknown_sex_are_counted():
  samples = draw(200)
  samples.loc[:9, "sex"] = -1
  assert sampling.choose(samples, 2).num_unknown_sex == 10
