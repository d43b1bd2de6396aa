"""Files with a network's weights: Keras' three formats and safetensors of our own names, as trees of NumPy arrays.

`train` takes a file as initial weights (`config.model.pretrained`; its hash is in the run record). `convert_weights`
turns one format into another.
"""
