"""Pictures of noise, with or without the age written into them: what `train` to `attention` say of them.

People, tables and DICOM headers are the phantom's, new ones for each seed. Pixels are blocks of grey levels, each drawn
by itself from one distribution: that of all pixels of drawn pictures together. One for everybody: a person's own would
show age by itself, as bones darken with it. Blocks are about a pixel of the network, as finer noise would be averaged
to grey on the way there. Sizes vary as the phantom's do, at random. What is left of age is in the side inputs: sex
alone tells something by chance, so that the mean of a person's sex is shown beside that of everybody.
"""

import contextlib
import dataclasses
import io
import json
import pathlib
from typing import Any

import cv2
import numpy as np
import pandas as pd

from msk_jax.attribution import run as attention_run
from msk_jax.attribution.spec import AttentionSpec
from msk_jax.biological_age import run as ages_run
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.ensembling import run as ensemble_run
from msk_jax.ensembling.spec import EnsembleSpec
from msk_jax.evaluation import run as evaluate_run
from msk_jax.evaluation.spec import EvaluateSpec
from msk_jax.imaging import store as image_store
from msk_jax.imaging import views
from msk_jax.io import atomic, tables
from msk_jax.predictions import split_folder
from msk_jax.preparation import prepare, withdrawn
from msk_jax.preparation.spec import DataSpec
from msk_jax.schemas import age_tables, attention_credibility_tables, cohort_tables, performance_tables
from msk_jax.scores import metrics
from msk_jax.simulation import cohort, people, randomness
from msk_jax.simulation import spec as phantom_spec
from msk_jax.simulation.files import dxa_files
from msk_jax.simulation.pictures import drawing
from msk_jax.trained import compiler, network_spec
from msk_jax.training import experiment
from msk_jax.training import spec as training_spec

NOISE, TEXT = "noise", "noise with the age as text"
_VIEWS = ("spine/coronal", "knee")  # the first alone with text: knees are mirrored, and so would be their text
BACKBONE = "simple_cnn"
_BLOCK = 12  # pixels of the file
_NUM_DRAWN = 4  # people whose pictures give the distribution of grey levels
_LEVELS = 1001  # quantiles of it
_PLATE = (0.30, 0.58, 0.20, 0.80)  # rows from, to, columns from, to, as shares: around the middle, so flips keep it
_METHOD = "saliency"
_NUM_TRIALS, _NUM_BOOTSTRAPS = 10, 200
_SHAPES = {"spine/coronal": (64, 64), "knee": (64, 52)}


@dataclasses.dataclass(frozen=True)
class Size:
  """How much is done.

  Attributes:
    people: of the phantom.
    folds: all of them are trained.
    epochs: at most.
    images: per epoch.
  """

  people: int = 300
  folds: int = 3
  epochs: int = 10
  images: int = 480


def score(workdir: pathlib.Path, case: str, seed: int, size: Size) -> dict[str, Any]:
  """Makes a seed's data, runs the stages, and returns what they say."""
  root = workdir / "data"
  channels = write_data(root, case, seed, size.people)
  chosen = _VIEWS if case == NOISE else _VIEWS[:1]
  compiler.use_cache(str(workdir.parent / "compiled"))
  with contextlib.redirect_stdout(io.StringIO()):
    prepare.prepare(DataSpec("ukb", str(root.resolve()), num_folds=size.folds, workers=0), workdir)
    gone = withdrawn.of_workdir(workdir)
    for view in chosen:
      for fold in range(size.folds):
        experiment.run(_experiment(view, fold, seed, size), views.VIEWS[view], "ukb", workdir, withdrawn=gone)
    ensemble_run.run(EnsembleSpec(num_trials=_NUM_TRIALS), workdir, gone)
    evaluate_run.evaluate(workdir, EvaluateSpec(_NUM_BOOTSTRAPS, has_figures=False), gone)
    ages_run.make_ages(workdir, AgesSpec(_NUM_BOOTSTRAPS, has_figures=False), gone)
    wanted = AttentionSpec(chosen[0], BACKBONE, (_METHOD,), samples_per_cell=1, triplets_per_cell=0)
    attention_run.make_maps(workdir, wanted, gone)
  return {
    "trainings": [_training(workdir, view, k) for view in chosen for k in range(size.folds)],
    "r2": _performance(workdir),
    "r2 of the mean by sex": _by_sex(workdir, size.folds),
    "channels": channels,
    "brightness": _brightness(workdir, chosen[0]),
    **_ages(workdir),
    **_attention(workdir, f"{chosen[0]}/{BACKBONE}"),
  }


def write_data(root: pathlib.Path, case: str, seed: int, num_people: int) -> dict[str, float]:
  """Writes tables and archives; returns the correlations of age with what a file shows beside its pixels."""
  without = phantom_spec.PhantomSpec(
    num_people, seed, imaged_fraction=1.0, flaws=phantom_spec.FlawCounts.none(), has_images=False
  )
  cohort.generate(without, root)
  levels = _grey_levels()
  shown = []
  for person in people.make_people(dataclasses.replace(without, has_images=True)):
    for visit in person.visits:
      if not visit.is_imaged:
        continue
      files = [
        dxa_files.make_file(seed, person, visit, picture, draw(levels, case, seed, person, visit, picture))
        for picture in drawing.PICTURES
        if picture.view in _VIEWS
      ]
      name = dxa_files.zip_name(person.eid, visit.instance)
      path = root / cohort.ZIPS / dxa_files.zip_folder(person.eid) / name
      if not path.exists():
        with atomic.replacing(path) as temporary:
          temporary.write_bytes(dxa_files.pack(files))
      shown.append((person.age_years(visit), files[0].pixels.shape[0], float(person.eid)))
  age, rows, order = np.array(shown).T
  return {"rows": _correlation(age, rows), "order of files": _correlation(age, order), "pictures": len(age)}


def _grey_levels() -> np.ndarray:
  """Returns the quantiles of the grey levels of drawn pictures, all pixels together."""
  drawn = people.make_people(phantom_spec.PhantomSpec(_NUM_DRAWN, imaged_fraction=1.0))
  values = [
    drawing.draw_picture(0, person, person.visits[-1], picture, drawing.AS_DESIGNED).ravel()
    for person in drawn
    for picture in drawing.PICTURES
    if picture.view == "knee"
  ]
  return np.quantile(np.concatenate(values), np.linspace(0, 1, _LEVELS))


def draw(
  levels: np.ndarray, case: str, seed: int, person: people.Person, visit: people.Visit, picture: drawing.Picture
) -> np.ndarray:
  """Returns a picture of noise, uint8 [h, w].

  Args:
    levels: grey levels, each as likely as any other.
    case: `NOISE` or `TEXT`.
    seed: of the noise.
    person: whose age may be written into it.
    visit: when.
    picture: its place and usual size.
  """
  rng = randomness.generator(seed, "null study", person.eid, visit.instance, picture.protocol)
  rows = picture.shape[0] + int(np.clip(rng.normal(), -2, 2) * picture.row_jitter)
  columns = picture.shape[1]
  blocks = levels[rng.integers(0, len(levels), (-(-rows // _BLOCK), -(-columns // _BLOCK)))].astype(np.uint8)
  pixels = np.repeat(np.repeat(blocks, _BLOCK, axis=0), _BLOCK, axis=1)[:rows, :columns].copy()
  if case == TEXT:
    on_plate = plate(rows, columns)
    pixels[on_plate] = _write(str(int(person.age_years(visit))), pixels[on_plate].shape)
  return pixels


def plate(rows: int, columns: int) -> tuple[slice, slice]:
  """Returns where the text is in a picture of a size; in the middle, so that turned-over pictures keep it there."""
  top, bottom, left, right = _PLATE
  return slice(round(top * rows), round(bottom * rows)), slice(round(left * columns), round(right * columns))


def _write(text: str, shape: tuple[int, int]) -> np.ndarray:
  """Returns white text on black that fills the shape."""
  font, thickness = cv2.FONT_HERSHEY_SIMPLEX, 20
  (width, height), _ = cv2.getTextSize(text, font, 6.0, thickness)
  written = np.zeros((height + 2 * thickness, width + 2 * thickness), np.uint8)
  cv2.putText(written, text, (thickness, height + thickness), font, 6.0, 255, thickness)
  return cv2.resize(written, shape[::-1], interpolation=cv2.INTER_AREA)


def _experiment(view: str, fold: int, seed: int, size: Size) -> training_spec.ExperimentSpec:
  """Returns a training that a phantom's pictures suffice for, on small pictures."""
  model = network_spec.ModelSpec(
    BACKBONE, image_shape=_SHAPES[view], num_dense_nodes=64, dropout=0.2, l2=1e-4, batch_norm_momentum=0.95
  )
  train = training_spec.OptimizationSpec(
    batch_size=16,
    learning_rate=1e-3,
    warmup_steps=20,
    exact_statistics_images=128,
    mean_keep=0.95,
    images_per_epoch=size.images,
    max_epochs=size.epochs,
    plateau_patience=2,
  )
  return training_spec.ExperimentSpec(view, fold, seed, model, train)


def _training(workdir: pathlib.Path, view: str, k: int) -> dict[str, Any]:
  """Returns what a training says of its test samples."""
  folder = split_folder.path_of(workdir, f"{view}/{BACKBONE}", k)
  result = json.loads((folder / split_folder.RESULT_NAME).read_text(encoding="utf-8"))
  verdict = result["verdict"]["test"]
  return {"model": view, "says": verdict["says"], "r2": result["test"]["r2"], **verdict["over_mean"]}


def _performance(workdir: pathlib.Path) -> dict[str, list[float]]:
  """Returns R2 of all test samples and its standard error by bootstrap, of models and ensembles."""
  table = tables.read(workdir / "performance" / "performance.parquet", performance_tables.PERFORMANCE)
  rows = table[table["product"] == "sample"].to_dict("records")
  return {str(row["model"]): [float(row["r2"]), float(row["r2_sd_bootstrap"])] for row in rows}


def _by_sex(workdir: pathlib.Path, num_folds: int) -> float:
  """Returns R2 of predicting the training samples' mean age of a person's sex."""
  folder = workdir / cohort_tables.FOLDER
  table = tables.read(folder / "visits.parquet", cohort_tables.VISITS)
  table = table[table["instance"] >= 2].merge(
    tables.read(folder / "participants.parquet", cohort_tables.PARTICIPANTS), on="eid"
  )
  table = table.merge(tables.read(folder / "folds.parquet", cohort_tables.FOLDS), on="eid")
  predicted = pd.Series(np.nan, index=table.index)
  for k in range(num_folds):
    training = table[~table["fold"].isin([k, (k - 1) % num_folds])]
    own = table["fold"] == k
    predicted[own] = table.loc[own, "sex"].map(training.groupby("sex")["age_years"].mean())
  return float(metrics.r2(table["age_years"].to_numpy(), predicted.to_numpy()))


def _brightness(workdir: pathlib.Path, view: str) -> float:
  """Returns the correlation of stored pictures' mean grey level with age."""
  index, images = _stored(workdir, view)
  visits = tables.read(workdir / cohort_tables.FOLDER / "visits.parquet", cohort_tables.VISITS)
  joined = index.merge(visits, on=["eid", "instance"], how="left")
  return _correlation(joined["age_years"].to_numpy(float), images.mean(axis=(1, 2)))


def _stored(workdir: pathlib.Path, view: str) -> tuple[pd.DataFrame, np.ndarray]:
  folder = workdir / "images" / view
  index = pd.read_parquet(folder / image_store.INDEX_NAME)
  shards = {
    number: np.load(folder / image_store.shard_name(number), mmap_mode="r") for number in index["shard"].unique()
  }
  return index, np.stack([shards[shard][row] for shard, row in zip(index["shard"], index["row"], strict=True)])


def _ages(workdir: pathlib.Path) -> dict[str, Any]:
  """Returns models that are said to know nothing of age, and correlations of accelerated ageing."""
  folder = workdir / "ages"
  summary = tables.read(folder / "summary.parquet", age_tables.SUMMARY)
  own = summary[summary["product"] == "sample"]
  pairs = tables.read(folder / "correlations.parquet", age_tables.CORRELATIONS)
  leaves = [f"{view}/{BACKBONE}" for view in _VIEWS]
  is_pair = (pairs["product"] == "sample") & pairs["model_1"].isin(leaves) & pairs["model_2"].isin(leaves)
  return {
    "has age signal": {
      str(row["model"]): row["warning"] == "" and row["refused"] == "" for row in own.to_dict("records")
    },
    "correlation": [[float(row["r"]), float(row["sd"])] for row in pairs[is_pair].to_dict("records")],
  }


def _attention(workdir: pathlib.Path, model: str) -> dict[str, Any]:
  """Returns the share of the maps on the text's plate over the plate's share of the picture, and credibility."""
  folder = workdir / "attention" / model
  maps = np.abs(np.load(folder / "maps" / f"{_METHOD}.npy"))
  on_plate = plate(*maps.shape[1:])
  share = maps[:, *on_plate].sum(axis=(1, 2)) / np.maximum(maps.sum(axis=(1, 2)), 1e-30)
  area = maps[0][on_plate].size / maps[0].size
  path = folder / "credibility" / "credibility.parquet"
  table = tables.read(path, attention_credibility_tables.CREDIBILITY)
  names = ("check", "case", "measure", "value", "low", "high", "reason")
  listed = [[row[name] for name in names] for row in table.to_dict("records")]
  checks = [[None if isinstance(each, float) and not np.isfinite(each) else each for each in row] for row in listed]
  return {"map on the plate": float(share.mean() / area), "credibility": checks}


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
  return float(np.corrcoef(one, other)[0, 1]) if np.ptp(other) > 0 else 0.0
