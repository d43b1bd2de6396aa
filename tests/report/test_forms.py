"""Model cards and checklists: records fill in what they say, the rest is blank and marked."""

import json
import re

import numpy as np
import pytest

from msk_jax.disclosure import door, site_gate
from msk_jax.disclosure.site_declared import Study
from msk_jax.io import outputs
from msk_jax.report import answers, checklists, declarations, forms, model_cards, model_records, payload, run, sections
from msk_jax.report.spec import SiteSpec
from tests.report import study

_MODEL = "knee/inception_v3"


def _write_model(workdir):
  """Writes two folds of a model that is on record."""
  for fold, num_train in ((0, 823), (1, 826)):
    folder = workdir / "models" / _MODEL / f"fold_{fold}"
    folder.mkdir(parents=True)
    result = {
      "data": "phantom",
      "n_train": num_train,
      "training_age_mean_years": 63.5 + fold,
      "training_age_std_years": 7.4,
      "test": {"mean_predictor_rmse": 7.0 + fold},
      "ending": "patience",
      "verdict": {"test": "learned", "validation": "learned"},
    }
    (folder / "result.json").write_text(json.dumps(result))
  record = {
    "version": 1,
    "stage": "train",
    "inputs": {},
    "results": {},
    "settings": {"train": {"images_per_epoch": 9_000_001, "learning_rate": 3e-4}, "root": "/data"},
  }
  more = {"msk_jax": "0.1.0", "git_revision": "1234567890ab", "packages": {"jax": "0.10.2", "optuna": "not installed"}}
  (workdir / "models" / _MODEL / "fold_0" / "run.json").write_text(json.dumps(record | more))


@pytest.fixture
def workdir(tmp_path):
  study.write(tmp_path)
  _write_model(tmp_path)
  return tmp_path


def test_a_card_says_values_in_use_whose_they_are_and_what_a_model_started_from(workdir):
  fold = workdir / "models" / _MODEL / "fold_0"
  preset = {
    "num_images": 600,
    "backbone": "inception_v3",
    "starts_pretrained": True,
    "values": {"train": {"batch_size": 8, "warmup_steps": 120, "learning_rate": 1e-4}},
    "given": ["train.batch_size"],
    "adapted": ["train.warmup_steps"],
  }
  origin = {"name": "knee/inception_v3/fold_0", "data": "ukb", "people": "disjoint_ids"}
  (fold / "model.json").write_text(json.dumps({"preset": preset, "started_from": [origin]}))
  result = json.loads((fold / "result.json").read_text())
  verdict = {"test": {"says": "learned", "over_mean": {"r2": 0.5}}, "num_bootstraps": 1000}
  limits = {"max_epochs": 20, "early_stopping_patience": 6}
  (fold / "result.json").write_text(json.dumps({**result, "verdict": verdict, "limits": limits}))
  records, _ = model_records.read(workdir)
  (card,) = [each for each in model_cards.make_cards(records, None, None) if each.name == "knee_inception_v3"]
  said = dict(item for section in card.sections for item in section.items)
  assert said["Starting weights"] == "knee/inception_v3/fold_0 (trained on ukb data, people: disjoint ids)"
  assert said["Settings by number of images"] == (
    "for 600 images from trained weights: batch_size 8 (given), warmup_steps 120 (adapted), learning_rate 1e-04"
  )
  assert said["Verdict"] == "learned"
  assert said["Limits of trainings"] == "max_epochs 20, early_stopping_patience 6"


def test_a_card_says_what_is_on_record(workdir):
  records, hashes = model_records.read(workdir)
  assert set(records) == {_MODEL} and len(hashes) == 3
  cards = {card.name: card for card in model_cards.make_cards(records, study.performance(), None)}
  assert len(cards) == len(study.MODELS)
  said = dict(item for section in cards["knee_inception_v3"].sections for item in section.items)
  assert said["Folds"] == "2 test folds"
  assert said["Samples of a fold, rounded down to a multiple of five"] == "820 to 825"
  assert said["Age"] == "mean 64.0 years, SD 7.4 years"
  assert said["RMSE of saying the mean age"] == "7.5 years, mean over folds"
  assert said["Verdict"] == "learned" and said["Endings of trainings"] == "patience"
  assert said["train.images_per_epoch"] == "9,000,001" and said["root"] == "(a path)"
  assert said["Versions"] == "msk_jax 0.1.0, jax 0.10.2"
  assert "R² 0.38 (SD by bootstrap 0.01235), RMSE 7.5 years" in (said["per participant (visits averaged)"] or "")
  assert said["Licence"] is None and said["Program"] == "msk_jax, revision 1234 5678 90ab"
  ensemble = dict(item for section in cards["general"].sections for item in section.items)
  assert ensemble["Folds"] == "10 test folds" and ensemble["Program"] == "not on record"


@pytest.mark.parametrize(
  ("value", "text"),
  [(0.0001234, "1.234e-04"), (-0.00012, "-1.2e-04"), (0.001234, "0.001234"), (0.0, "0"), (9_000_001, "9,000,001")],
)
def test_no_number_looks_like_an_id(value, text):
  assert model_cards.number(value) == text and not door.looks_like_id(text)


def test_a_card_says_which_sample_definition_its_groups_are_of_and_what_has_no_score():
  groups = study.groups().assign(rmse=np.nan, mean_error_years=np.nan)
  card = model_cards.make_cards({}, study.performance().assign(calibration_slope=0.7), groups)[0]
  text = card.to_markdown()
  assert "## Results by group, per sample (each visit counts)" in text
  assert "- **sex: female**: no scores: fewer than thirty people" in text and "nan" not in text
  assert (
    "- **Calibration slope 0.7, per sample (each visit counts)**: 1 is ideal; below 1 predictions differ too much"
    in text
  )


def test_the_best_score_says_its_sample_definition():
  given = answers.make_answers(sections.Data({"performance": study.performance()}, False))
  assert "the highest R² is 0.88 (general, per participant (visits averaged), RMSE 2.5 years)" in given["performance"]


def test_as_many_settings_as_there_are_people_are_no_people(tmp_path):
  form = forms.Form("a", "A form", [], [forms.Section("Settings", [(f"s{each}", str(each)) for each in range(60)])])
  value = {"cards": [form.to_json()] * 60, "checklists": []}
  [declared] = declarations.of_documents(["model_cards"])
  gate = site_gate.Gate(tmp_path, Study(frozenset({60})), declarations.CODEC)
  assert gate.check_json(value, declared.things)[0] == []
  assert len(gate.check_json(value)[0]) > 0


def test_blank_answers_are_marked():
  form = forms.Form("a", "A form", ["A note."], [forms.Section("Part", [("Said", "yes"), ("Not said", None)])])
  assert form.num_blank() == 1
  assert form.to_markdown().splitlines()[-2:] == ["- **Said**: yes", f"- ☐ **Not said**: _{forms.BLANK}_"]
  assert form.to_json()["sections"] == [{"title": "Part", "items": [["Said", "yes"], ["Not said", None]]}]


def test_checklists_have_all_items_of_their_guidelines():
  lists = {each.name: each for each in checklists.make_checklists({"n": "many"})}
  numbers = {
    name: [re.sub(r"\D.*", "", item) for section in each.sections for item, _ in section.items]
    for name, each in lists.items()
  }
  assert {name: sorted(set(map(int, values))) for name, values in numbers.items()} == {
    "tripod_ai": list(range(1, 28)),
    "strega": list(range(1, 23)),
    "claim": list(range(1, 43)),
  }
  said = dict(item for section in lists["claim"].sections for item in section.items)
  assert said["19 size"] == "many" and said["42 funding"] is None


def test_cards_and_checklists_are_on_the_site(workdir):
  site = run.make_site(workdir, SiteSpec())
  _, value = payload.decode((site / "data" / "model_cards.js").read_text())
  assert {form["name"] for form in value["cards"]} == {path.stem for path in (site / "model_cards").iterdir()}
  text = (site / "checklists" / "tripod_ai.md").read_text()
  assert "- **10 sample size**: sample: up to 1,302 people; participant: up to 1,302 people" in text
  assert "- ☐ **17 ethics**" in text and not door.looks_like_id(text)
  assert "- **26 limits**: the people are drawn by a program" in text


def test_every_answer_is_asked_for_and_can_be_given(workdir):
  from msk_jax.report import inputs

  pages = sections.all_pages()
  page = next(page for page in pages if page.name == "model_cards")
  given = answers.make_answers(inputs.read(workdir, pages).data_of(page))
  assert set(given) <= checklists.names_of_answers() | {"predictions"}


@pytest.mark.parametrize(
  "value", ["/home/jane/a.csv", "~/a", "C:\\jane", ["/home/jane/a.csv"], {"tables": ["/jane/a"]}]
)
def test_paths_of_a_machine_do_not_leave(value):
  assert "jane" not in model_cards.number(value) and "path" in model_cards.number(value)
  assert model_cards.number("knee/inception_v3") == "knee/inception_v3"


def test_cards_of_names_that_differ_in_signs_have_files_of_their_own():
  names = ["knee/inception_v3", "knee/inception-v3", "Knee/inception v3"]
  assert len(set(model_cards.file_names(names).values())) == 3


def test_a_model_is_what_all_its_folds_say(tmp_path):
  for fold, rate in ((0, 0.1), (1, 0.2)):
    folder = tmp_path / "models" / "knee" / "one" / f"fold_{fold}"
    folder.mkdir(parents=True)
    (folder / "result.json").write_text('{"data": "phantom"}')
    outputs.finish(outputs.Output("train", folder, {"fold": fold, "train": {"rate": rate, "seed": 3}}), {})
  records, hashes = model_records.read(tmp_path)
  assert records["knee/one"].settings == {"train.rate": "differs between folds: 0.1; 0.2", "train.seed": 3}
  assert {"models/knee/one/fold_0/run.json", "models/knee/one/fold_1/run.json"} <= hashes.keys()
