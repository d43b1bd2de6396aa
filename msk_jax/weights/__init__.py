"""Files with a network's weights: Keras' formats and safetensors, as trees of NumPy arrays."""
