"""Fitted models of tables: a line as JSON, trees as LightGBM's text, a network as safetensors. And LD scores."""

import pathlib

import numpy as np

from msk_jax.genetics.ld_scores import scores
from msk_jax.tabular import algorithm, boosting, linear
from msk_jax.tabular.mlp import fitted_model
from tests.mutants.form import Form, Reading, digest
from tests.mutants.json_changes import OF_JSON
from tests.tabular import scalar_cohort

_LINE, _TREES = linear.ElasticNet(), boosting.LightGbm(threads=1)
_FEW_TREES = {"n_estimators": 5, "min_child_samples": 10, "num_leaves": 7, "colsample_bytree": 0.6, "subsample": 0.5}


def _maker(chosen: algorithm.Algorithm, setting: dict[str, float]):
  def make(folder: pathlib.Path) -> None:
    model = chosen.fit(scalar_cohort.samples(), [algorithm.Trial((0, 1, 2), setting, 0)])[0]
    model.to_file(folder / f"model{chosen.suffix}")

  return make


def _reader(chosen: algorithm.Algorithm):
  def read(folder: pathlib.Path) -> Reading:
    samples = scalar_cohort.samples()
    model = chosen.from_file(folder / f"model{chosen.suffix}")
    return Reading(digest(model.names, np.asarray(model.predict(samples.features_np[:50]))))

  return read


def _make_network(folder: pathlib.Path) -> None:
  rng = np.random.default_rng(0)
  layers = [(rng.normal(size=size).astype(np.float32), np.zeros(size[1], np.float32)) for size in ((3, 8), (8, 1))]
  model = fitted_model.MlpModel(("a", "b", "c"), np.zeros(3), np.ones(3), 55.0, tuple(layers), {"width": 8})
  model.to_file(folder / "model.safetensors")


def _read_network(folder: pathlib.Path) -> Reading:
  model = fitted_model.from_file(folder / "model.safetensors")
  values = model.predict(np.random.default_rng(1).normal(size=(20, len(model.names))))
  return Reading(digest(model.names, model.setting, values))


def _make_scores(folder: pathlib.Path) -> None:
  rows = [f"rs{100 + i}\t{1 + i % 22}\t{5000 + 100 * i}\t{1 + i / 7:.3f}" for i in range(80)]
  (folder / "scores.tsv").write_text("\n".join(["SNP\tCHR\tBP\tL2", *rows]) + "\n")


def _read_scores(folder: pathlib.Path) -> Reading:
  found = scores.from_file(folder / "scores.tsv", 0)
  return Reading(digest(found.table), {"variants": len(found.table)})


FORMS = (
  Form("model.line", _maker(_LINE, {"alpha": 0.05, "l1_ratio": 0.5}), _reader(_LINE), ("*.json",), OF_JSON, share=0.4),
  Form(
    "model.trees", _maker(_TREES, _FEW_TREES), _reader(_TREES), ("model*",), is_text=True, share=0.8, is_checked=True
  ),
  Form("model.network", _make_network, _read_network, ("model*",), share=0.4, is_checked=True),
  Form("ld_scores", _make_scores, _read_scores, ("scores.tsv",), is_text=True, share=0.6),
)
