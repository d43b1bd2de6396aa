"""Networks: backbones, side network and head. The only place that imports flax.linen.

What holds:

- The input scale is inside the network (`input_scale.py`): batches carry uint8 pixels, and the scale belongs to the
  weights. A file of weights names its scale. `config.model.input_scale` may say it, but not contradict it.
  `model.json` has the scale that counts.
- `keras_names.py` knows in which order Keras lists a network's layers.
- This package imports jax and flax only.
"""
