"""Model cards: what is on record of each model, in the sections that model cards have.

Source: Mitchell et al., Model Cards for Model Reporting, 2019 (its headings).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.disclosure import variants
from msk_jax.predictions import added_samples, model_names
from msk_jax.report.forms import Form, Section
from msk_jax.report.model_records import ModelRecord

_PATH = re.compile(r"[/~\\]|[A-Za-z]:\\")  # of a machine: it may name its user
_PATH_WITHIN = re.compile(r"['\"][/~\\]")
_DATA = {
  "ukb": "UK Biobank",
  "phantom": "a phantom: people drawn by a program, not real",
  "simulated": "simulated predictions of people drawn by a program; no model was trained",
  "folder": "an own folder of radiographs",
  "table": "an own table",
}
_PRODUCTS = {"sample": "per sample (each visit counts)", "participant": "per participant (visits averaged)"}
_DIGITS = 4  # significant, of numbers in texts
_SMALL = 1e-3  # smaller numbers are written with an exponent


def make_cards(
  records: Mapping[str, ModelRecord], performance: pd.DataFrame | None, groups: pd.DataFrame | None
) -> list[Form]:
  """Returns a card for each model that is on record or has scores, in the models' order.

  Args:
    records: by model.
    performance: schema performance, or None.
    groups: schema performance_groups, or None.
  """
  scored = set() if performance is None else set(performance["model"])
  names = model_names.in_order({*records, *scored})
  files = file_names(names)
  return [
    _card(name, files[name], records.get(name, ModelRecord()), _rows_of(performance, name), _rows_of(groups, name))
    for name in names
  ]


def _card(name: str, file: str, record: ModelRecord, scores: pd.DataFrame, groups: pd.DataFrame) -> Form:
  sections = (
    Section("Model details", _details(name, record)),
    Section(
      "Intended use",
      (
        ("Purpose", "Research on groups: a person's age is predicted; what is left over by age is accelerated ageing."),
        ("Not meant for", "Diagnosis, or decisions about a single person. Nothing here was validated for that."),
        ("Who is meant to use it", None),
      ),
    ),
    Section("Factors", _factors(groups)),
    Section("Metrics and results", _results(record, scores)),
    Section("Evaluation data", _evaluation_data(record, scores)),
    Section("Training data", _training_data(record)),
    Section(f"Results by group{_product_of(groups)}", _by_group(groups)),
    Section("Settings", _listed(record.settings, "No training run is on record.")),
    Section(
      "Ethical considerations", (("Approval, consent", None), ("Risks and harms, and what is done about them", None))
    ),
    Section("Limits", _limits(record, scores)),
  )
  return Form(file, f"Model card: {model_names.label(name)}", _notes(record), sections)


def file_names(models: Sequence[str]) -> dict[str, str]:
  """Returns the names of models' cards: small letters, digits and `_`, each once."""
  names: dict[str, str] = {}
  for model in models:
    name, number = re.sub(r"[^a-z0-9_]+", "_", model.lower()), 1
    while (taken := name if number == 1 else f"{name}_{number}") in names.values():
      number += 1
    names[model] = taken
  return names


def number(value: Any) -> str:
  """Returns a setting or a score as text: no number has seven digits in a row, as participants' ids have."""
  if isinstance(value, list | tuple):
    return ", ".join(map(number, value))
  if isinstance(value, str) and _PATH.match(value):
    return "(a path)"
  if isinstance(value, bool) or not isinstance(value, int | float):
    return "(paths)" if isinstance(value, Mapping) and _PATH_WITHIN.search(str(value)) else str(value)
  if isinstance(value, int):
    return f"{value:,}"
  if value != value:  # NaN
    return "(no value)"
  if 0 < abs(value) < _SMALL:  # 0.0001234 has seven digits in a row
    return np.format_float_scientific(value, precision=_DIGITS - 1, trim="-")
  return f"{value:.{_DIGITS}g}"


def first_weights(record: ModelRecord) -> str:
  """Returns what a network's first weights came from; empty where no training of a network is on record."""
  is_network = any(name.startswith("train.") for name in record.settings)
  return "; ".join(map(number, record.started_from)) or ("random, as far as is on record" if is_network else "")


def data_in_words(kind: str) -> str:
  """Returns whose data they are."""
  return _DATA.get(kind, kind or "not on record")


def product_in_words(product: Any) -> str:
  """Returns a sample definition in words."""
  return _PRODUCTS.get(str(product), str(product))


def _notes(record: ModelRecord) -> list[str]:
  notes = ["Filled in by the program from its run records."]
  return notes + (["**Not real people.**"] if record.data in ("phantom", "simulated") else [])


def _rows_of(table: pd.DataFrame | None, name: str) -> pd.DataFrame:
  return pd.DataFrame() if table is None else table[table["model"] == name]


def _details(name: str, record: ModelRecord) -> list[tuple[str, str | None]]:
  kind = "ensemble: a linear combination of models" if model_names.is_ensemble(name) else name.rpartition("/")[2]
  versions = ", ".join(f"{package} {version}" for package, version in record.versions.items())
  return [
    ("Name", name),
    ("Kind", kind),
    ("Output", "age at the visit, in years"),
    ("Starting weights", first_weights(record) or "none on record"),
    ("Settings by number of images", "; ".join(map(_preset, record.presets)) or "none: all settings were given"),
    ("Program", f"msk_jax, revision {_grouped(record.revision)}" if record.revision else "not on record"),
    ("Versions", versions or "not on record"),
    ("Who made it and answers for it", None),
    ("Licence", None),
  ]


def _preset(preset: Mapping[str, Any]) -> str:
  """Returns the settings in use of a model that left some open, and which of them the user gave."""
  notes = {name: f" ({word})" for word in ("given", "adapted") for name in preset.get(word, ())}
  listed = [
    f"{name} {number(value)}{notes.get(f'{section}.{name}', '')}"
    for section, values in preset["values"].items()
    for name, value in values.items()
  ]
  start = "trained" if preset.get("starts_pretrained") else "random"
  return f"for {number(preset['num_images'])} images from {start} weights: {', '.join(listed)}"


def _factors(groups: pd.DataFrame) -> list[tuple[str, str | None]]:
  kinds = [kind for kind in dict.fromkeys(groups["kind"]) if kind != "fold"] if len(groups) else []
  return [
    ("Groups that were looked at", ", ".join(map(str, kinds)).replace("_", " ") or "none"),
    ("Groups that matter and were not looked at", None),
    ("Scanners, sites and protocols", None),
  ]


def _results(record: ModelRecord, scores: pd.DataFrame) -> list[tuple[str, str | None]]:
  items: list[tuple[str, str | None]] = []
  for row in scores.to_dict("records"):
    spread = f" (SD by bootstrap {number(row['r2_sd_bootstrap'])})" if pd.notna(row["r2_sd_bootstrap"]) else ""
    items.append(
      (
        product_in_words(row["product"]),
        f"R² {number(row['r2'])}{spread}, RMSE {number(row['rmse'])} years, mean absolute error {number(row['mae'])} "
        f"years, Pearson's r {number(row['pearson_r'])}",
      )
    )
  plain = [
    fold["test"]["mean_predictor_rmse"] for fold in record.results if "mean_predictor_rmse" in fold.get("test", {})
  ]
  if plain:
    items.append(("RMSE of saying the mean age", f"{number(sum(plain) / len(plain))} years, mean over folds"))
  verdicts = sorted({text for fold in record.results if (text := _test_verdict(fold))})
  endings = sorted({str(fold["ending"]) for fold in record.results if fold.get("ending")})
  limits = sorted({_limits_in_words(fold["limits"]) for fold in record.results if fold.get("limits")})
  facts = (("Verdict", verdicts), ("Endings of trainings", endings), ("Limits of trainings", limits))
  items += [(name, "; ".join(values)) for name, values in facts if values]
  return items or [("Scores", "not on record: `python -m msk_jax.evaluate` was not run")]


def _limits_in_words(limits: Mapping[str, Any]) -> str:
  return ", ".join(f"{name} {number(value)}" for name, value in limits.items())


def _test_verdict(fold: Mapping[str, Any]) -> str:
  """Returns whether a fold's model has learned, by its test samples; empty where nothing says it."""
  of_test = (fold.get("verdict") or {}).get("test", "")
  return str(of_test.get("says", "") if isinstance(of_test, Mapping) else of_test)


def _evaluation_data(record: ModelRecord, scores: pd.DataFrame) -> list[tuple[str, str | None]]:
  people = {product_in_words(row["product"]): row for row in scores.to_dict("records")}
  return [
    ("Data", data_in_words(record.data)),
    *((f"People, {words}", number(int(row["num_people"]))) for words, row in people.items()),
    ("Folds", _folds(record, scores)),
    ("Separation", "participants, and families where kinship is known, are in one fold; a test fold trained nothing"),
    ("External validation", "none on record"),
    ("Why these people", None),
  ]


def _folds(record: ModelRecord, scores: pd.DataFrame) -> str:
  num_folds = len(record.results) or (int(scores["num_folds"].max()) if len(scores) else 0)
  return f"{num_folds} test fold{'' if num_folds == 1 else 's'}" if num_folds else "not on record"


def _training_data(record: ModelRecord) -> list[tuple[str, str | None]]:
  counts = [int(fold["n_train"]) for fold in record.results if "n_train" in fold]
  items: list[tuple[str, str | None]] = [("Data", data_in_words(record.data))]
  if counts:
    least, most = variants.round_people(pd.Series([min(counts), max(counts)])).tolist()
    items.append(("Samples of a fold, rounded down to a multiple of five", f"{number(least)} to {number(most)}"))
  if added := _added(record):
    items.append(("Samples that were added after the training", added))
  ages = [
    (fold["training_age_mean_years"], fold["training_age_std_years"]) for fold in record.results if _has_ages(fold)
  ]
  if ages:
    mean, spread = (sum(values) / len(values) for values in zip(*ages, strict=True))
    items.append(("Age", f"mean {mean:.1f} years, SD {spread:.1f} years"))
  return [*items, ("How people were recruited, and who is missing", None)]


def _added(record: ModelRecord) -> str:
  """Returns how many samples the training did not have, of the fold that lacks most; empty where they are few."""
  num, share = max(map(added_samples.of_result, record.results), default=(0, 0.0))
  rounded = int(variants.round_people(pd.Series([num]))[0])
  if not rounded:
    return ""
  return (
    f"{number(rounded)} and more, about {share:.0%} of the data, for the fold that lacks most: its model did not learn "
    "from them, and does not predict them"
  )


def _has_ages(fold: Mapping[str, Any]) -> bool:
  return "training_age_mean_years" in fold and "training_age_std_years" in fold


def _by_group(groups: pd.DataFrame) -> list[tuple[str, str | None]]:
  rows = groups[groups["product"] == groups["product"].iloc[0]].to_dict("records") if len(groups) else []
  return [
    (
      f"{str(row['kind']).replace('_', ' ')}: {row['group']}",
      "no scores: fewer than thirty people"
      if pd.isna(row["rmse"])
      else f"RMSE {number(row['rmse'])} years, mean error {number(row['mean_error_years'])} years",
    )
    for row in rows
  ] or [("Groups", "not on record")]


def _product_of(groups: pd.DataFrame) -> str:
  """Returns of which sample definition `_by_group` says scores."""
  return f", {product_in_words(groups['product'].iloc[0])}" if len(groups) else ""


def _listed(values: Mapping[str, Any], otherwise: str) -> Sequence[tuple[str, str | None]]:
  return [(key, number(value)) for key, value in sorted(values.items())] or [("Settings", otherwise)]


def _limits(record: ModelRecord, scores: pd.DataFrame) -> list[tuple[str, str | None]]:
  items: list[tuple[str, str | None]] = []
  if record.data in ("phantom", "simulated"):
    items.append(("Not real people", "the results show the form of a study and say nothing about people"))
  slopes = scores["calibration_slope"].dropna() if len(scores) else pd.Series(dtype=float)
  if len(slopes):
    text = (
      "1 is ideal; below 1 predictions differ too much between people, above 1 too little. Old people are predicted "
      "too young and young people too old; accelerated ageing is corrected for that, the ages here are not"
    )
    product = product_in_words(scores.loc[slopes.index[0], "product"])
    items.append((f"Calibration slope {number(float(slopes.iloc[0]))}, {product}", text))
  items.append(("Other people and scanners", "no result is on record for people other than these"))
  return [*items, ("What else a user must know", None)]


def _grouped(revision: str) -> str:
  """Returns a revision in groups of four letters, which can't look like a participant's id."""
  return " ".join(revision[start : start + 4] for start in range(0, len(revision), 4))
