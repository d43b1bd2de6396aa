"""Each record leaves out just the settings that are marked for it."""

import dataclasses

from msk_jax.trained import network_spec
from msk_jax.training import spec


def _left_out(settings, record) -> set[str]:
  return dataclasses.asdict(settings).keys() - network_spec.recorded(settings, record).keys()


def test_records_leave_out_what_is_marked():
  model = network_spec.ModelSpec()
  assert _left_out(model, network_spec.RUN_RECORD) == {"pretrained", "pretrained_other_people"}
  assert _left_out(model, network_spec.MODEL_CARD) == {"pretrained", "pretrained_other_people", "remat"}
  assert _left_out(spec.OptimizationSpec(), network_spec.RUN_RECORD) == {
    "max_epochs",
    "early_stopping_patience",
    "max_hours",
    "checkpoint_every_steps",
    "evaluation_batch_size",
  }
  assert _left_out(spec.InputSpec(), network_spec.RUN_RECORD) == {"threads", "workers", "prefetch"}


def test_nested_settings_are_left_out_too():
  experiment = spec.ExperimentSpec("knee")
  recorded = experiment.trajectory()
  assert list(recorded) == ["view", "fold", "seed", "model", "train", "input"]
  assert "pretrained" not in recorded["model"] and recorded["input"] == {"augment": True}
