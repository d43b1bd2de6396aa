"""Settings of predictions: what the config's argument turns on, what is refused, what is said before the start."""

import pytest

from configs import xwas
from msk_jax.associations.prediction import cost
from msk_jax.associations.prediction.model_files import COVARIATES_ALONE, ModelName
from msk_jax.associations.prediction.spec import PredictionSpec
from msk_jax.io import config_files


def test_predictions_are_off_unless_they_are_asked_for():
  settings = {name: xwas.get_config(f"prediction={name}").xwas.prediction for name in ("no", "yes", "quick")}
  assert not xwas.get_config().xwas.prediction.is_on and not settings["no"].is_on
  assert settings["yes"].is_on and settings["yes"].level == "category"
  assert settings["yes"].algorithms == ("elastic_net", "lightgbm", "mlp") and settings["yes"].num_trials == 30
  assert settings["quick"].level == "main_category" and settings["quick"].algorithms == ("elastic_net",)
  with pytest.raises(config_files.ArgumentError, match="no, yes, quick"):
    xwas.get_config("prediction=maybe")


@pytest.mark.parametrize(
  "changes",
  [{"algorithms": ()}, {"algorithms": ("forest",)}, {"num_trials": 0}, {"fewest_rarer": 4}, {"fewest_people": 1}],
)
def test_impossible_settings_are_refused(changes):
  with pytest.raises(ValueError, match=f"{next(iter(changes))}.*got"):
    PredictionSpec(**changes)


def test_cost_is_models_times_splits_times_trials_times_inner_folds():
  names = [ModelName("biomarkers", c, "hip", a) for c in "ab" for a in (COVARIATES_ALONE, "lightgbm")]
  lines = cost.describe(names, 6, 10, PredictionSpec(num_trials=30))
  assert lines[0].endswith("4 models x 10 splits") and "2 of 6 models are finished" in lines[1]
  assert any(
    "2 models x 10 splits x (30 trials x 9 inner folds + 1)" in line and "5,420 fits" in line for line in lines
  )
