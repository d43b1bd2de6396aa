"""The convolutional stage that Grad-RAM looks at.

The published choice is the last: InceptionV3 `mixed10`, InceptionResNetV2 `conv_7b_ac`; here also ConvNeXt-Tiny `norm`,
EfficientNetV2-S `top`, the small network `conv_4`, and of a fork's backbone whatever its features are called. A small
picture leaves it few cells, one at worst: then a map can't say where, and an earlier stage is taken.
"""

import dataclasses

import jax
import jax.numpy as jnp

from msk_jax.models import age_model

AUTO, LAST = "auto", "last"
FEWEST_CELLS = 4  # along each axis; the smallest of the paper's views leaves InceptionV3 four


@dataclasses.dataclass(frozen=True)
class Stage:
  """A stage of a network.

  Attributes:
    key: its name for `gradients.MapProgram`.
    name: its name as Keras calls it.
    cells: (rows, columns) of its maps.
    is_last: whether it is the last.
  """

  key: str
  name: str
  cells: tuple[int, int]
  is_last: bool


def list_stages(model: age_model.AgeModel, image_shape: tuple[int, int, int], num_side_inputs: int) -> list[Stage]:
  """Returns the stages of a network, in order, the last with the key `pre_pool_bhwc`.

  Args:
    model: the network.
    image_shape: (rows, columns, channels) of the pictures.
    num_side_inputs: columns of the side inputs.
  """
  stages: list[Stage] = []

  def run(image_bhwc: jax.Array, side_bk: jax.Array) -> jax.Array:
    (age_z_b, out), _ = model.init_with_output(jax.random.key(0), image_bhwc, side_bk, train=False)
    features = out.pop(age_model.FEATURES)
    cells = {name: value.shape[1:3] for name, value in out.items() if value.ndim == 4 and value is not features}
    stages.extend(Stage(name, name, size, is_last=False) for name, size in cells.items())
    last = next((name for name, value in out.items() if value is features), "features")
    stages.append(Stage(age_model.FEATURES, last, features.shape[1:3], is_last=True))
    return age_z_b

  jax.eval_shape(run, jnp.zeros((1, *image_shape)), jnp.zeros((1, num_side_inputs)))
  return stages


def choose(stages: list[Stage], wanted: str) -> Stage:
  """Returns the stage that is wanted.

  Args:
    stages: from `list_stages`.
    wanted: a stage's name; `last`; or `auto` for the last that has at least `FEWEST_CELLS` rows and columns of cells.

  Raises:
    ValueError: there is no such stage.
  """
  by_name = {stage.name: stage for stage in stages}
  if wanted == LAST:
    return stages[-1]
  if wanted == AUTO:
    fine = [stage for stage in stages if min(stage.cells) >= FEWEST_CELLS]
    return fine[-1] if fine else stages[-1]
  if wanted not in by_name:
    raise ValueError(f"there is no stage {wanted!r}; there are {AUTO}, {LAST}, {', '.join(by_name)}.")
  return by_name[wanted]
