"""The classifier's shapes, dtypes, probabilities, and errors about its last layer; parity is in test_keras_parity."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from msk_jax.models import imagenet_classifier

CLASSIFIER = imagenet_classifier.ImagenetClassifier
KERAS_COUNT = 23_851_784  # `count_params()` of Keras' InceptionV3 with its top: trained and moving ones


def abstract(name: str, **options):
  classifier, image = CLASSIFIER(name, **options), jax.ShapeDtypeStruct((2, 96, 96, 3), jnp.float32)
  variables = jax.eval_shape(lambda x: classifier.init(jax.random.key(0), x, train=False), image)
  return variables, jax.eval_shape(lambda v, x: classifier.apply(v, x, train=False), variables, image)


def test_the_count_is_the_published_one():
  variables, (probabilities, out) = abstract("inception_v3")
  assert sum(leaf.size for leaf in jax.tree.leaves(variables)) == KERAS_COUNT
  assert probabilities.shape == out["logits_bk"].shape == (2, 1000)


def test_the_top_computes_in_float32_behind_a_bfloat16_backbone():
  _, (probabilities, out) = abstract("simple_cnn", dtype=jnp.bfloat16, num_classes=5)
  assert out["pre_pool_bhwc"].dtype == jnp.bfloat16
  assert out["pooled_bk"].dtype == probabilities.dtype == jnp.float32


def test_probabilities_are_the_softmax_of_the_pooled_features():
  rng = np.random.default_rng(0)
  shapes, _ = abstract("simple_cnn", num_classes=5)
  variables = jax.tree.map(lambda leaf: rng.uniform(0.0, 0.5, leaf.shape).astype(np.float32), shapes)
  image = rng.uniform(-1, 1, (2, 96, 80, 3)).astype(np.float32)
  apply = jax.jit(lambda v, x: CLASSIFIER("simple_cnn", num_classes=5).apply(v, x, train=False))
  features = np.asarray(apply(variables, image)[1]["pre_pool_bhwc"])
  top = variables["params"]["predictions"]
  top["kernel"] /= features.max()  # so that no probability is 0 or 1
  probabilities, out = apply(variables, image)
  np.testing.assert_allclose(out["pooled_bk"], features.mean((1, 2)), rtol=1e-5)
  odds = np.exp(features.mean((1, 2)) @ top["kernel"] + top["bias"])
  np.testing.assert_allclose(probabilities, odds / odds.sum(1, keepdims=True), rtol=1e-4)
  assert 1e-3 < probabilities.min() < probabilities.max() < 0.999


def test_a_file_without_top_or_for_other_classes_is_refused():
  variables, _ = abstract("inception_v3")
  for name, arrays in (
    ("conv2d_93", [np.zeros((1, 1, 2048, 192))]),
    ("predictions", [np.zeros((2048, 5)), np.zeros(5)]),
  ):
    with pytest.raises(ValueError, match=f"layer {name} does not fit .* with its top"):
      imagenet_classifier.import_weights("inception_v3", [(name, arrays)], variables)
