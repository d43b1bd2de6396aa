"""Files with a network's weights: Keras' three formats and safetensors of our own names, as trees of NumPy arrays.

`train` takes a file as initial weights (`config.model.pretrained`; its hash is in the run record), or the backbone of a
trained fold (`trained/backbone_weights.py`). `convert_weights` turns one format into another. `origins.py` keeps what
weights came from, so that a training can tell whether they have seen its test people.
"""
