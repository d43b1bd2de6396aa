"""What the stages prepare, ages, scalars and attention leave, with numbers that are known: for `study.write`."""

import pathlib
from collections.abc import Collection

import numpy as np
import pandas as pd

from msk_jax.cohort import scalar_tables
from msk_jax.io import run_record, tables
from msk_jax.schemas import (
  age_tables,
  attention_credibility_tables,
  attention_tables,
  cohort_tables,
  importance_tables,
)
from tests.report import genetic_study

NUM_PEOPLE = 600
_MAPS, _CELLS = "maps/grad_ram.npy", "maps/cells.parquet"
NETWORK = "knee/inception_v3"
LACK = "a network that knows nothing of age: its slope is planted"
GROUPS = (  # sex, age group, rate, people
  ("all", "all", "all", 60),
  ("female", "all", "all", 30),
  ("male", "all", "all", 30),
  ("all", "all", "accelerated", 30),
  ("all", "all", "decelerated", 30),
)
_FIRST_EID = 9_100_000


def eids() -> list[str]:
  """Returns the people's ids."""
  return [str(_FIRST_EID + number) for number in range(NUM_PEOPLE)]


def write_cohort(folder: pathlib.Path) -> None:
  """Writes people, one visit each, and a scalar set; men are taller, and everybody is 1 cm smaller in ten years."""
  rng = np.random.default_rng(0)
  sex = np.arange(NUM_PEOPLE) % 2
  age = rng.uniform(45, 80, NUM_PEOPLE)
  people = pd.DataFrame({"eid": eids(), "sex": sex, "ethnicity": 1001})
  visits = pd.DataFrame({"eid": eids(), "instance": 2, "age_years": age, "centre": 11_025})
  tables.write(folder / "participants.parquet", people, cohort_tables.PARTICIPANTS)
  tables.write(folder / "visits.parquet", visits, cohort_tables.VISITS)
  height = 165 + 12 * sex - 0.1 * (age - 60) + rng.normal(0, 3, NUM_PEOPLE)
  weight = 75 + rng.normal(0, 10, NUM_PEOPLE)
  measured = pd.DataFrame({"eid": eids(), "instance": 2, "standing_height_cm": height, "weight_kg": weight})
  scalar_tables.write(folder, "anthropometry", measured)


def write_ages(folder: pathlib.Path, models: dict[str, str], without_signal: Collection[str] = ()) -> None:
  """Writes ages of models that stand for dimensions, accelerated ageing from -3 to 3 years, and what is said of them.

  Args:
    folder: of the stage.
    models: dimension to model.
    without_signal: dimensions whose ages are noise.
  """
  acceleration = np.linspace(-3, 3, NUM_PEOPLE)
  ages = pd.DataFrame(
    {
      "eid": eids(),
      "instance": 2,
      "fold": 0,
      "age_years": 60.0,
      "predicted_age_years": 60.0,
      "biological_age_years": 60.0 + acceleration,
      "acceleration_years": acceleration,
    }
  )
  summary, dimensions = [], []
  for product in ("sample", "participant"):
    for dimension, model in models.items():
      tables.write(folder / product / f"{model}.parquet", ages, age_tables.AGES)
      summary.append(
        genetic_study.row(
          age_tables.SUMMARY,
          product=product,
          model=model,
          n=NUM_PEOPLE,
          bias_slope=-0.2,
          bias_at_60_years=0.5,
          acceleration_sd_years=1.73,
          warning="its predictions do not rise with age" if dimension in without_signal else "",
        )
      )
      dimensions.append({"product": product, "dimension": dimension, "model": model})
  tables.write(folder / "summary.parquet", pd.DataFrame(summary), age_tables.SUMMARY)
  tables.write(folder / "dimensions.parquet", pd.DataFrame(dimensions), age_tables.DIMENSIONS)


def write_importances(folder: pathlib.Path) -> None:
  """Writes the importances of a set by two algorithms."""
  rows = [
    genetic_study.row(
      importance_tables.OF_SET,
      algorithm=algorithm,
      measure=measure,
      feature=feature,
      mean=mean,
      sd_folds=0.01,
      num_folds=10,
    )
    for algorithm, measure in (("elastic_net", "coefficient"), ("lightgbm", "gain"), ("lightgbm", "splits"))
    for feature, mean in (("standing_height_cm", -0.5), ("weight_kg", 0.2), ("sex", 0.1))
  ]
  tables.write(folder / "importances.parquet", pd.DataFrame(rows), importance_tables.OF_SET)
  agreement = genetic_study.row(
    importance_tables.AGREEMENT, first="elastic_net", second="lightgbm", pearson=0.7, spearman=0.5, num_features=3
  )
  tables.write(folder / "importance_agreement.parquet", pd.DataFrame([agreement]), importance_tables.AGREEMENT)


def write_attention(folder: pathlib.Path, finish) -> None:
  """Writes mean maps of a network, bright where older, their checks, and a picture of a person.

  Args:
    folder: of the network.
    finish: called with the name of a part, its inputs and further results, after its files are there.
  """
  write_maps(folder, 0.0)
  finish("maps", {})
  inputs = hash_maps(folder)
  rows = [
    genetic_study.row(
      attention_credibility_tables.GROUPS,
      sex=sex,
      age_group=age_group,
      rate=rate,
      num_people=people,
      lowest=-1.0,
      highest=1.0,
      mean=0.0,
      unit="years per cell",
      sign="older",
    )
    for sex, age_group, rate, people in GROUPS
  ]
  across, down = np.meshgrid(np.linspace(-1, 1, 30), np.linspace(-1, 1, 40))
  maps = np.stack([across * (1 + number) / len(GROUPS) for number in range(len(GROUPS))]).astype(np.float32)
  part = folder / "group_means"
  for method in ("saliency", "grad_ram"):
    tables.write(part / f"{method}.parquet", pd.DataFrame(rows), attention_credibility_tables.GROUPS)
    np.savez_compressed(part / f"{method}.npz", maps=maps, template=(1 - down**2).astype(np.float32))
  registered = {
    "lack": LACK,
    "correlation_before": 0.8,
    "correlation_after": 0.9,
    "dice_before": 0.85,
    "dice_after": 0.95,
  }
  finish("group_means", inputs, registered)
  check = genetic_study.row(
    attention_credibility_tables.CREDIBILITY,
    method="grad_ram",
    check="two folds",
    case="map",
    measure="correlation",
    value=0.6,
    low=0.5,
    high=0.7,
    num_people=60,
    num_shuffles=3,
    remark="of one stage alone",
  )
  tables.write(
    folder / "credibility" / "credibility.parquet",
    pd.DataFrame([check]),
    attention_credibility_tables.CREDIBILITY,
  )
  finish("credibility", inputs)
  write_person(folder / "overlays" / "female_old_right.png")
  finish("overlays", inputs)


def write_maps(folder: pathlib.Path, value: float) -> None:
  """Writes the maps of a picture, which have one value."""
  path = folder / _MAPS
  path.parent.mkdir(parents=True, exist_ok=True)
  np.save(path, np.full((1, 4, 3), value, np.float32))
  cell = genetic_study.row(attention_tables.CELLS, sex="female", age_group="old", rate="normal", wanted=10, chosen=10)
  tables.write(folder / _CELLS, pd.DataFrame([cell]), attention_tables.CELLS)


def hash_maps(folder: pathlib.Path) -> dict[str, str]:
  """Returns what results that are made of the maps say that they read."""
  return {f"attention/{NETWORK}/{name}": run_record.hash_file(folder / name) for name in (_MAPS, _CELLS)}


def write_person(path: pathlib.Path) -> None:
  """Writes a picture, as overlays are."""
  import cv2

  path.parent.mkdir(parents=True, exist_ok=True)
  cv2.imwrite(str(path), np.full((40, 60, 3), 200, np.uint8))
