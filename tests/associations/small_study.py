"""A small workdir for the stage `xwas`: a cohort, an own table of accelerated ageing, own variables with a truth."""

import pathlib

import numpy as np
import pandas as pd

from msk_jax.cohort import fold_table, source
from msk_jax.io import tables
from msk_jax.schemas import cohort_tables

FIRST_ID = 9_000_001


def make(workdir: pathlib.Path, num_people: int = 400, seed: int = 0) -> dict[str, pathlib.Path]:
  """Writes `cohort/` and, beside it, the files that the flags name; returns these by flag."""
  rng = np.random.default_rng(seed)
  eid = pd.array([str(FIRST_ID + i) for i in range(num_people)], dtype="string")
  sex = rng.integers(0, 2, num_people)
  ethnicity = rng.choice([1001, 1, 3, -5], num_people, p=[0.85, 0.05, 0.06, 0.04])
  person = np.repeat(np.arange(num_people), 1 + (rng.random(num_people) < 0.3))
  instance = np.where(np.r_[True, person[1:] != person[:-1]], 0, 1)
  age = rng.uniform(45, 70, num_people)[person] + 5 * instance
  _write(workdir, eid, sex, ethnicity, person, instance, age, rng)
  x = rng.normal(size=(len(person), 8))
  family = person // 2
  x[:, 5] = x[:, 5] > 1.2
  x[:, 6] = 3.0
  shared = rng.normal(size=family.max() + 1)[family]
  y = {
    "hip": 0.8 * x[:, 0] - 0.6 * x[:, 1] + shared + rng.normal(size=len(person)),
    "knee": 0.7 * x[:, 0] + 0.5 * x[:, 2] + shared + rng.normal(size=len(person)),
  }
  x[rng.random(x.shape) < 0.1] = np.nan
  keys = pd.DataFrame({"eid": eid[person], "instance": instance})
  paths = {name: workdir / f"{name}.csv" for name in ("accelerations", "own_table", "kinds")}
  keys.assign(**y).to_csv(paths["accelerations"], index=False)
  own = {f"v{j}": x[:, j] for j in range(8)}
  keys.assign(**own).to_csv(paths["own_table"], index=False)
  lines = ["column,kind,main_category,category,label"]
  for j in range(8):
    main, category = ("biomarkers", "blood") if j < 4 else ("environmental", "diet")
    lines.append(f"v{j},{'binary' if j == 5 else 'continuous'},{main},{category},variable {j}")
  paths["kinds"].write_text("\n".join(lines) + "\n")
  paths["relatedness"] = workdir / "ukb1_rel.dat"
  pairs = [f"{eid[i]} {eid[i + 1]} 0.1 0.01 0.25" for i in range(0, num_people - 1, 2)]
  paths["relatedness"].write_text("ID1 ID2 HetHet IBS0 Kinship\n" + "\n".join(pairs) + "\n")
  return paths


def _write(workdir, eid, sex, ethnicity, person, instance, age, rng) -> None:
  folder = workdir / cohort_tables.FOLDER
  folder.mkdir(parents=True)
  participants = pd.DataFrame({"eid": eid, "sex": sex, "ethnicity": ethnicity})
  tables.write(folder / "participants.parquet", participants, cohort_tables.PARTICIPANTS)
  visits = pd.DataFrame(
    {"eid": eid[person], "instance": instance, "age_years": age, "centre": rng.choice([11010, 11012], len(person))}
  )
  tables.write(folder / "visits.parquet", visits, cohort_tables.VISITS)
  folds = pd.DataFrame({"eid": eid, "fold": rng.integers(0, 10, len(eid))})
  fold_table.write(workdir, fold_table.FoldMap.drawn(folds))
  source.write(workdir, {"kind": "table", "root": ""})
