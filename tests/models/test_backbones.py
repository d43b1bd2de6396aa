"""What every backbone promises: shapes, intermediates, modes, dtypes, errors."""

import jax
import jax.numpy as jnp
import pytest

from msk_jax.models import backbones

CHANNELS = {
  "inception_v3": 2048,
  "inception_resnet_v2": 1536,
  "convnext_tiny": 768,
  "efficientnet_v2_s": 1280,
  "simple_cnn": 128,
}
COUNTS = {
  "inception_v3": 21_768_352,
  "inception_resnet_v2": 54_276_192,
  "convnext_tiny": 27_820_128,
  "efficientnet_v2_s": 20_177_488,
  "simple_cnn": 189_696,
}
INTERMEDIATES = {
  "inception_v3": {"stem"} | {f"mixed{i}" for i in range(11)},
  "inception_resnet_v2": {"stem", "mixed_5b", "mixed_6a", "mixed_7a", "block8_10", "conv_7b_ac"}
  | {f"block35_{i}_ac" for i in range(1, 11)}
  | {f"block17_{i}_ac" for i in range(1, 21)}
  | {f"block8_{i}_ac" for i in range(1, 10)},
  "convnext_tiny": {"stem", "norm"}
  | {f"stage_{stage}_block_{i}" for stage, depth in enumerate((3, 3, 9, 3)) for i in range(depth)},
  "efficientnet_v2_s": {"stem", "top"}
  | {
    f"block{stage}{letter}"
    for stage, depth in enumerate((2, 4, 4, 6, 9, 15), start=1)
    for letter in "abcdefghijklmno"[:depth]
  },
  "simple_cnn": {f"conv_{i}" for i in range(5)},
}


def abstract(name: str, train: bool, image_shape=(2, 96, 80, 3), **options):
  backbone = backbones.make_backbone(name, **options)
  image = jax.ShapeDtypeStruct(image_shape, jnp.float32)
  variables = jax.eval_shape(lambda x: backbone.init(jax.random.key(0), x, train=False), image)
  rngs = {"dropout": jax.random.key(1)}
  apply = lambda v, x: backbone.apply(v, x, train=train, mutable=["batch_stats"], rngs=rngs)  # noqa: E731
  (features, out), updated = jax.eval_shape(apply, variables, image)
  return variables, features, out, updated


def test_the_pinned_backbones_are_known():
  assert set(CHANNELS) == set(COUNTS) == set(INTERMEDIATES) <= set(backbones.BACKBONES)


@pytest.mark.parametrize(
  "name, dtype",
  [(name, jnp.bfloat16) for name in backbones.BACKBONES]
  + [("simple_cnn", jnp.float32), ("convnext_tiny", jnp.float32)],
)
def test_shapes_names_and_dtypes(name, dtype):
  """Whatever is in the dictionary keeps the promises; those that ship have these channels, names and counts."""
  variables, features, out, updated = abstract(name, train=True, dtype=dtype)
  assert features.shape[0] == 2 and features.ndim == 4 and features.dtype == dtype
  assert {leaf.dtype for leaf in jax.tree.leaves((variables, updated))} == {jnp.dtype(jnp.float32)}
  assert (features.shape, features.dtype) in {(value.shape, value.dtype) for value in out.values()}
  if name in CHANNELS:
    assert features.shape[-1] == CHANNELS[name]
    assert set(out) == INTERMEDIATES[name]
    assert bool(updated) is (name != "convnext_tiny")  # which has no batch statistics
    assert sum(leaf.size for leaf in jax.tree.leaves(variables["params"])) == COUNTS[name]


@pytest.mark.parametrize("name, px", [("inception_v3", 75), ("simple_cnn", 32), ("convnext_tiny", 32)])
def test_the_smallest_image_works_and_a_smaller_one_is_refused(name, px):
  _, features, _, _ = abstract(name, train=False, image_shape=(1, px, px, 3))
  assert min(features.shape) == 1
  with pytest.raises(ValueError, match=f"at least {px}x{px}"):
    abstract(name, train=False, image_shape=(1, px, px - 1, 3))


def test_unknown_backbone_is_refused_with_the_known_names():
  with pytest.raises(
    ValueError, match="convnext_tiny, efficientnet_v2_s, inception_resnet_v2, inception_v3, simple_cnn"
  ):
    backbones.make_backbone("resnet")
