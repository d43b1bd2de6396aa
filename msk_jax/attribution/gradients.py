"""Maps as gradients of the predicted age: by the picture (saliency) and by a convolutional stage (Grad-RAM).

The gradient is that of the age in years. The authors' versions are those of the training loss, as they wrote them; they
need chronological ages, and their scale is relative.

- `saliency`: d age / d grey level, summed over colours, in years per grey level.
- `patch_saliency`: the same by the brightness of a patch: saliency averaged over a Gaussian. A network's gradient
  changes its sign from pixel to pixel; what is left of it over a patch is where the age depends on what is there.
- `grad_ram`: sum over k of (mean over places of d age / d A_k) A_k, in years per cell of the stage A. The network
  averages the last stage over places: there the sum over all cells is what the stage adds to the age, to first order.
  Of earlier stages it is not, as gradients differ between places. Cells are placed where they look (`placement.py`).
- `published_saliency`: d loss / d grey level, summed over colours, times 255 / the largest size in the picture.
- `published_grad_ram`: absolute value of the sum over k of w_k A_k, upsampled by splines, as share of the largest. w_k
  is the mean gradient of the loss over places, divided by the picture's largest. The authors divide by the batch's,
  which makes no difference to a share of the largest.

A picture's map does not depend on the others of its batch.

Grad-RAM: Selvaraju et al. 2017 (arXiv 1610.02391) for a regression. Saliency: Simonyan et al. 2014 (arXiv 1312.6034).
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import ndimage

from msk_jax.attribution import placement
from msk_jax.attribution.methods import FLAWS, MEANINGS, METHODS, Flaw, Method
from msk_jax.input import standardize
from msk_jax.models import age_model
from msk_jax.trained import compiler, predictor, sharding

LAST_STAGE = age_model.FEATURES
_STABILITY = 1e-7  # the authors', "for numerical stability"
_BRIGHTEST = 255.0
_PATCH_SD = 1 / 20  # of the picture's shorter side
_PRECISION = "highest"  # of products: some accelerators round them to 10 bits otherwise, and signs are lost


@dataclasses.dataclass(frozen=True)
class Maps:
  """Maps of b pictures.

  Attributes:
    values: float32 [b, rows, columns], in the unit of the method.
    age_years: the pictures' predicted ages, float64 [b].
    flaws: [b] a key of `FLAWS`, empty for a map without one.
  """

  values: np.ndarray
  age_years: np.ndarray
  flaws: tuple[Flaw, ...]


class MapProgram:
  """The compiled program that makes one kind of maps with one network, for any of its parameters.

  Attributes:
    method: the kind of maps.
    stage: name of the stage of Grad-RAM.
    shardings: of parameters and batches on the devices.
    step: (variables, pictures [b, h, w, c] float32, side inputs [b, k], target ages z [b]) to maps on the device.
  """

  def __init__(
    self,
    model: age_model.AgeModel,
    method: Method,
    stage: str = LAST_STAGE,
    shardings: sharding.Shardings | None = None,
  ):
    """Builds the program; it is compiled at the first batch of each size.

    Args:
      model: the network.
      method: the kind of maps.
      stage: an intermediate of the backbone (see `stages.py`); by default the last.
      shardings: of parameters and batches on the devices; None: all devices.
    """
    if method not in METHODS:
      raise ValueError(f"no method {method!r}; known are {', '.join(METHODS)}.")
    self.method: Method = method
    self._meaning = MEANINGS[method]
    self.stage = stage
    self.shardings = shardings if shardings is not None else sharding.make()
    self._model = model
    replicated, by_batch = self.shardings.replicated, self.shardings.by_batch
    self.step = jax.jit(
      self._step,
      in_shardings=(replicated, by_batch, by_batch, by_batch),
      out_shardings=replicated,
      compiler_options=compiler.options(),
    )

  def maps(
    self,
    variables: predictor.Variables,
    image_bhwc: np.ndarray,
    side_bk: np.ndarray,
    age: standardize.Standardizer,
    chronological_years: np.ndarray | None = None,
  ) -> Maps:
    """Returns the maps of a batch, which is all that is in memory.

    Args:
      variables: {'params', 'batch_stats'} of the network.
      image_bhwc: uint8 (or grey levels as floats) [b, rows, columns, channels].
      side_bk: float32 [b, k] standardised side inputs.
      age: turns z-scores into years.
      chronological_years: [b]; the published methods need it, others do not read it.

    Raises:
      ValueError: a published method without chronological ages.
    """
    num_images = len(image_bhwc)
    if chronological_years is None:
      if self._meaning.is_published:
        raise ValueError(f"{self.method} is the gradient of a loss: it needs chronological ages")
      chronological_years = np.broadcast_to(age.mean, num_images)
    batch = {
      "image": np.asarray(image_bhwc, np.promote_types(image_bhwc.dtype, np.float32)),
      "side": np.asarray(side_bk),
      "target": age.apply(chronological_years),
    }
    num_devices = self.shardings.mesh.size
    on_devices = self.shardings.to_devices({name: _fill_up(rows, num_devices) for name, rows in batch.items()})
    fetched = jax.device_get(self.step(variables, on_devices["image"], on_devices["side"], on_devices["target"]))
    fetched = {name: np.asarray(rows)[:num_images] for name, rows in fetched.items()}
    values = fetched["map"]
    if self.method == "published_grad_ram":
      values = _upsample_by_splines(values, image_bhwc.shape[1:3])
    elif self.method == "published_saliency":
      values = values * (_BRIGHTEST / _largest(np.abs(values)))
    else:
      values = (_over_patches(values) if self.method == "patch_saliency" else values) * float(age.std)
    is_finite = np.asarray(np.isfinite(values).all(axis=(1, 2)))
    flaws = _find_flaws(fetched, values, is_finite)
    kept = np.where(is_finite[:, None, None], values, 0)
    return Maps(kept.astype(np.float32), age.invert(fetched["age_z"]), flaws)

  def of_fold(self, age: standardize.Standardizer) -> "FoldMaps":
    """Returns the program as a function of a fold's variables, pictures, side inputs and, where needed, ages."""
    return FoldMaps(self, age)

  @jax.default_matmul_precision(_PRECISION)
  def _step(self, variables: Any, image_bhwc: jax.Array, side_bk: jax.Array, target_b: jax.Array) -> dict[str, Any]:
    def output(image_bhwc: jax.Array, shift_bhwc: jax.Array | None) -> tuple[jax.Array, tuple[Any, Any]]:
      shifts = {} if shift_bhwc is None else {self.stage: shift_bhwc}
      age_z_b, out = self._model.apply(variables, image_bhwc, side_bk, train=False, shifts=shifts)
      # At inference the pictures of a batch do not meet, so that one gradient of the sum is each picture's own.
      value = jnp.square(age_z_b - target_b).sum() if self._meaning.is_published else age_z_b.sum()
      return value, (age_z_b, out[self.stage])

    if self._meaning.is_by_stage:
      features = jax.eval_shape(lambda: output(image_bhwc, None)[1][1])
      shift_bhwc = jnp.zeros(features.shape, features.dtype)
      gradient, (age_z_b, features_bhwc) = jax.grad(output, argnums=1, has_aux=True)(image_bhwc, shift_bhwc)
      map_bhw = self._weigh(gradient, features_bhwc, image_bhwc.shape[1:3])
    else:
      gradient, (age_z_b, features_bhwc) = jax.grad(output, argnums=0, has_aux=True)(image_bhwc, None)
      map_bhw = gradient.sum(axis=-1)
    inside = (1, 2, 3)
    return {
      "map": map_bhw,
      "age_z": age_z_b,
      "is_constant": image_bhwc.max(inside) == image_bhwc.min(inside),
      "is_dead": (features_bhwc == 0).all(inside),
      "has_no_gradient": (gradient == 0).all(inside),
    }

  def _weigh(self, gradient_bhwc: jax.Array, features_bhwc: jax.Array, image_shape: tuple[int, ...]) -> jax.Array:
    """Returns the features weighted by their gradient, [b, rows, columns]; as published: [b, h', w']."""
    wide = jnp.promote_types(features_bhwc.dtype, jnp.float32)
    weights_bk = gradient_bhwc.astype(wide).mean(axis=(1, 2))
    if self.method == "published_grad_ram":
      weights_bk = weights_bk / (jnp.abs(weights_bk.max(axis=1, keepdims=True)) + _STABILITY)
    map_bhw = jnp.einsum("bk,bhwk->bhw", weights_bk, features_bhwc.astype(wide))
    if self.method == "published_grad_ram":
      return jnp.abs(map_bhw)
    counts = features_bhwc.shape[1:3]
    rows, columns = (
      jnp.asarray(placement.cells(self._model.backbone_name, size, count).weights(size), wide)
      for size, count in zip(image_shape, counts, strict=True)
    )
    return jnp.einsum("rh,bhw,cw->brc", rows, map_bhw, columns)


@dataclasses.dataclass(frozen=True)
class FoldMaps:
  """A program with the scale of ages of one fold: called with variables, pictures and side inputs it gives maps.

  Attributes:
    program: makes the maps.
    age: turns z-scores into years.
  """

  program: MapProgram
  age: standardize.Standardizer

  def __call__(
    self,
    variables: predictor.Variables,
    image_bhwc: np.ndarray,
    side_bk: np.ndarray,
    chronological_years: np.ndarray | None = None,
  ) -> np.ndarray:
    """Returns float32 [b, rows, columns] in the unit of the method, NaN for maps with a flaw; see `MapProgram.maps`."""
    maps = self.program.maps(variables, image_bhwc, side_bk, self.age, chronological_years)
    return without_flawed(maps.values, np.array(maps.flaws) != "")


def without_flawed(values: np.ndarray, is_flawed: np.ndarray) -> np.ndarray:
  """Returns maps, float32 [n, rows, columns], with NaN throughout for those with a flaw, which are not results."""
  return np.where(is_flawed[:, None, None], np.float32("nan"), values).astype(np.float32)


def _fill_up(rows: np.ndarray, num_devices: int) -> np.ndarray:
  """Returns the rows with copies of the first, so that the devices share them evenly."""
  missing = -len(rows) % num_devices
  return np.concatenate([rows, np.repeat(rows[:1], missing, axis=0)]) if missing else rows


def _over_patches(values: np.ndarray) -> np.ndarray:
  """Returns each map's means over Gaussian patches; beyond the edges it is 0, as there is no picture."""
  sd = _PATCH_SD * min(values.shape[1:])
  return ndimage.gaussian_filter(values, (0, sd, sd), mode="constant")


def _upsample_by_splines(values: np.ndarray, image_shape: tuple[int, ...]) -> np.ndarray:
  """Returns maps in the picture's size as the authors made them: cubic splines, below 0 cut off, the largest 1."""
  factors = (1, *(size / count for size, count in zip(image_shape, values.shape[1:], strict=True)))
  upsampled = np.maximum(ndimage.zoom(values, factors), 0)
  return upsampled / _largest(upsampled)


def _largest(values: np.ndarray) -> np.ndarray:
  """Returns the largest value of each map, [b, 1, 1]; 1 where it is 0."""
  largest = values.max(axis=(1, 2), keepdims=True)
  return np.where(largest == 0, 1, largest)


def _find_flaws(fetched: dict[str, np.ndarray], values: np.ndarray, is_finite: np.ndarray) -> tuple[Flaw, ...]:
  """Returns the first flaw of each map, in the order of `FLAWS`."""
  checks = {
    "not_finite": ~is_finite | ~np.isfinite(fetched["age_z"]),
    "constant_picture": fetched["is_constant"],
    "dead_stage": fetched["is_dead"],
    "no_gradient": fetched["has_no_gradient"],
    "zero_map": (values == 0).all(axis=(1, 2)),
  }
  flaws = np.select([checks[name] for name in FLAWS], list(FLAWS), default="")
  return tuple(flaws.tolist())
