"""The network's settings, and which settings a record leaves out."""

import dataclasses
from typing import Any, Literal

# Records that leave out some settings.
RUN_RECORD = "run_record"  # a run's record holds what determines the result
MODEL_CARD = "model_card"  # a model card holds what predicting needs
_LEFT_OUT_OF = "left_out_of"


def left_out_of(*records: str, default: Any) -> Any:
  """Returns a dataclass field that the named records leave out."""
  return dataclasses.field(default=default, metadata={_LEFT_OUT_OF: records})


def recorded(settings: Any, record: str) -> dict[str, Any]:
  """Returns the settings that a record holds, nested ones as dicts.

  Args:
    settings: a dataclass.
    record: `RUN_RECORD` or `MODEL_CARD`.
  """
  values = {}
  for field in dataclasses.fields(settings):
    if record in field.metadata.get(_LEFT_OUT_OF, ()):
      continue
    value = getattr(settings, field.name)
    values[field.name] = recorded(value, record) if dataclasses.is_dataclass(value) else value
  return values


@dataclasses.dataclass(frozen=True)
class ModelSpec:
  """The network.

  Attributes:
    backbone: a key of `msk_jax.models.backbones.BACKBONES`.
    image_shape: (rows, columns) given to the network; empty for the view's own network size.
    side_nodes: width of the dense layer on sex, ethnicity (and side).
    num_dense_layers: dense layers between the concatenation and the output.
    num_dense_nodes: width of the last of them; each earlier one is four times wider.
    dropout: rate after the concatenation and after a 1024-wide layer.
    l2: weight of the squared kernels of the added dense layers in the loss.
    batch_norm_momentum: what the running statistics keep at each step.
    pretrained: where the backbone's initial weights are: a file (see `msk_jax.weights`), a trained fold's folder, or a
      model's (its fold of the same number); empty for random ones. Records name them by their hash, since files may be
      moved.
    pretrained_other_people: the user vouches that the people whom `pretrained` was trained on are not in this cohort,
      where the program can't see it (`training/earlier_people.py`); the model card says so.
    input_scale: how pixels become the network's input, a key of `msk_jax.models.input_scale.INPUT_SCALES`; empty for
      that of the pretrained weights, or the paper's [0, 1] without any.
    compute_dtype: of the backbone's computation; parameters, statistics and head are always float32.
    remat: whether the backbone's blocks keep only their input for the backward pass: less memory, same numbers.
  """

  backbone: str = "inception_v3"
  image_shape: tuple[int, ...] = ()
  side_nodes: int = 16
  num_dense_layers: int = 1
  num_dense_nodes: int = 1024
  dropout: float = 0.5
  l2: float = 0.1
  batch_norm_momentum: float = 0.99
  pretrained: str = left_out_of(RUN_RECORD, MODEL_CARD, default="")
  pretrained_other_people: bool = left_out_of(RUN_RECORD, MODEL_CARD, default=False)
  input_scale: str = ""
  compute_dtype: Literal["float32", "bfloat16"] = "float32"
  remat: bool = left_out_of(MODEL_CARD, default=False)

  def __post_init__(self) -> None:
    """Refuses values without meaning."""
    if len(self.image_shape) not in (0, 2):
      raise ValueError(f"image_shape is (rows, columns) or empty, got {self.image_shape}.")
    if not 0 <= self.dropout < 1 or not 0 <= self.batch_norm_momentum < 1 or self.l2 < 0:
      raise ValueError("dropout and batch_norm_momentum lie in [0, 1), l2 is not negative.")
    if self.num_dense_layers < 0 or self.num_dense_nodes < 1 or self.side_nodes < 1:
      raise ValueError("num_dense_layers is at least 0, num_dense_nodes and side_nodes at least 1.")
