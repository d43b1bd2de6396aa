"""JSON records of a workdir: who made what, trained networks, results, plans, the durable copy."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from msk_jax.cohort import source, withdrawal_memory
from msk_jax.durable import known, store
from msk_jax.ensembling import ensemble_record
from msk_jax.imaging import views
from msk_jax.input import standardize
from msk_jax.io import outputs, run_record
from msk_jax.planning import plan_file, status
from msk_jax.predictions import bias, split_folder, split_settings
from msk_jax.trained import model_card, network_spec, reference
from msk_jax.tuning import trial
from tests.ensembling import workdir as ensembles
from tests.mutants.form import DroppedError, Form, Reading, digest
from tests.mutants.json_changes import OF_JSON
from tests.planning import fake_study

_SETTINGS = {"train": {"seed": 1, "rate": 0.1}}
_INPUTS = {"a": "x" * 64}


def _made_again(value: Any) -> Any:
  """Returns what a reader returned; nothing means that the program makes the record again."""
  if value is None:
    raise DroppedError("not used: what it is of is made again")
  return value


def _make_run(folder: pathlib.Path) -> None:
  (folder / "values.csv").write_text("a\n1\n")
  files = run_record.describe_files(folder, ["values.csv"])
  run_record.write(folder, "ages", _SETTINGS, _INPUTS, results={"rows": 1, outputs.FILES: files})


def _read_run(folder: pathlib.Path) -> Reading:
  record = _made_again(run_record.read(folder))
  output = outputs.Output("ages", folder, _SETTINGS, _INPUTS)
  is_current = outputs.is_up_to_date(output, lambda: outputs.list_damage(folder))
  if not is_current:
    raise DroppedError("made again: " + ("damage" if outputs.list_damage(folder) else "other settings"))
  return Reading(digest({key: value for key, value in record.items() if key != "written"}))


def _make_card(folder: pathlib.Path) -> None:
  card = model_card.ModelCard(
    model="hip/simple_cnn",
    fold=4,
    data="ukb",
    view=dataclasses.replace(views.VIEWS["hip"], bits=12),
    is_padded=False,
    image_shape=(96, 88, 1),
    network=network_spec.ModelSpec("simple_cnn", image_shape=(96, 88), input_scale="imagenet"),
    age=standardize.Standardizer(np.float64(62.1), np.float64(7.3)),
    demographics=standardize.Standardizer(np.linspace(0, 0.6, 24), np.linspace(1, 0.1, 24)),
    fold_map_hash="f" * 64,
    preset={"num_images": 600, "values": {"train": {"learning_rate": 1e-3}}},
  )
  model_card.write(folder, card)


def _read_card(folder: pathlib.Path) -> Reading:
  return Reading(digest(model_card.read(folder)))


def _make_bias(folder: pathlib.Path) -> None:
  bias.write(folder, bias.BiasCorrection(-0.2, 11.0, 500, "in_sample"))


def _read_bias(folder: pathlib.Path) -> Reading:
  return Reading(digest(_made_again(bias.read(folder))))


def _make_reference(folder: pathlib.Path) -> None:
  rng = np.random.default_rng(0)
  people = np.arange(100)
  measures = [reference.fit(rng.normal(size=(500, 8)), rng.normal(size=(100, 8)), people) for _ in range(3)]
  reference.write(folder, reference.Reference(measures[0], measures[1], 500, 3.0, measures[2]))


def _read_reference(folder: pathlib.Path) -> Reading:
  return Reading(digest(_made_again(reference.read(folder))))


def _make_result(folder: pathlib.Path) -> None:
  ensembles.write(folder, models=("knee/one",), num_people=40)
  for path in split_folder.list_finished(split_folder.model_folder(folder, "knee/one")):
    _make_run(path)


def _read_result(folder: pathlib.Path) -> Reading:
  from msk_jax.ensembling import gather

  leaf = gather.read_leaf(folder, "knee/one", gather.Cohort(folder))
  folders = split_folder.list_finished(split_folder.model_folder(folder, "knee/one"))
  results = [split_folder.read_result(path) for path in folders]
  if len(folders) < ensembles.NUM_FOLDS:
    raise DroppedError("not finished: the split counts as missing")
  return Reading(digest(leaf.table, leaf.fold_map_hash, results, split_settings.describe_difference("x", folders)))


def _make_ensemble(folder: pathlib.Path) -> None:
  record = {
    "schema": ensemble_record.SCHEMA,
    "version": ensemble_record.VERSION,
    "model": "knee/ensemble",
    "inputs": [],
  }
  ensemble_record.write(folder, "sample", record)


def _read_ensemble(folder: pathlib.Path) -> Reading:
  return Reading(digest(_made_again(ensemble_record.read(folder, "sample", "knee/ensemble"))))


def _make_plan(folder: pathlib.Path) -> None:
  plan = fake_study.make_plan(folder, {"train": "true", "ages": "true"}, {"ages": ("train",)})
  plan_file.write(dataclasses.replace(plan, workdir=folder))


def _read_plan(folder: pathlib.Path) -> Reading:
  plan = plan_file.read(folder)
  standing = [(each.job.name, each.state, each.reason) for each in status.of(plan)]
  return Reading(digest([job.name for job in plan.jobs], plan.python, plan.models, plan.environment, standing))


def _make_memory(folder: pathlib.Path) -> None:
  withdrawal_memory.remember(folder, ["9000001", "9000002"])


def _read_memory(folder: pathlib.Path) -> Reading:
  if not (folder / "cohort" / withdrawal_memory.FILE_NAME).exists():
    raise DroppedError("there is none: nobody is remembered")
  return Reading(digest(sorted(withdrawal_memory.recall(folder, ["9000001", "9000002", "9000003"]))))


def _make_source(folder: pathlib.Path) -> None:
  source.write(folder, {"kind": "ukb", "root": "/data"})


def _read_source(folder: pathlib.Path) -> Reading:
  return Reading(digest(_made_again(source.read(folder))))


def _make_durable(folder: pathlib.Path) -> None:
  (folder / "work").mkdir()
  (folder / "durable").mkdir()
  path = folder / "work" / "a.txt"
  path.write_text("content")
  digest_of = run_record.hash_file(path)
  known.settle_identity(folder / "work", folder / "durable", is_used=False)
  part = store.Part(folder / "durable", "models")
  part.copy_in(path, digest_of)
  version = part.write(1, {"models/a.txt": store.File(7, digest_of, 5, 0o644)})
  known.write(folder / "work", "models", known.Known(version))


def _read_durable(folder: pathlib.Path) -> Reading:
  known.settle_identity(folder / "work", folder / "durable", is_used=True)
  part = store.Part(folder / "durable", "models")
  newest, before = part.newest(), known.read(folder / "work", "models")
  if not newest.number:
    raise DroppedError("the manifest is passed over: its part counts as never written")
  if not before.version.number:
    raise DroppedError("what was copied last is not known: all is compared again")
  target = folder / "tmp" / "copy"
  is_whole = all(part.copy_out(file, target) for file in newest.files.values())
  target.unlink(missing_ok=True)
  if not is_whole:
    raise DroppedError("the object is passed over: it is not what its hash says")
  return Reading(digest(newest, before))


def _make_trial(folder: pathlib.Path) -> None:
  trial.write_note(folder, trial.Note(trial.NOT_BEGUN, "", 3.0, "d"))


def _read_trial(folder: pathlib.Path) -> Reading:
  return Reading(digest(trial.read_note(folder)))


def _form(
  name: str, make: Callable, read: Callable, targets: tuple[str, ...], share: float = 0.35, **more: Any
) -> Form:
  return Form(f"record.{name}", make, read, targets, OF_JSON, share=share, **more)


FORMS = (
  _form("run", _make_run, _read_run, ("run.json",)),
  _form("model", _make_card, _read_card, ("model.json",)),
  _form("bias", _make_bias, _read_bias, ("*.json",)),
  _form("reference", _make_reference, _read_reference, ("*.json",)),
  # Splits of older programs have no run record; one without a result is not finished.
  _form("result", _make_result, _read_result, ("models/**/result.json", "models/**/run.json"), needs_all=False),
  _form("ensemble", _make_ensemble, _read_ensemble, ("ensembles/**/*.json",)),
  _form("plan", _make_plan, _read_plan, ("**/plan.json",)),
  _form("withdrawn", _make_memory, _read_memory, ("cohort/*.json", ".pseudonym_key")),
  _form("source", _make_source, _read_source, ("cohort/*.json",)),
  # Of a "settled-" file nothing but its name is read.
  _form(
    "durable",
    _make_durable,
    _read_durable,
    ("durable/*.json", "durable/*/manifest-*", "durable/*/objects/*", "work/.durable/*"),
  ),
  _form("trial", _make_trial, _read_trial, ("trial.json",), needs_all=False),  # without one it has not begun
)
