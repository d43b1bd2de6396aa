"""Converts a backbone's weights from one file format to another: `python -m msk_jax.convert_weights`.

Keras' weights (published ImageNet files without top, legacy .h5, .weights.h5, .keras) into safetensors of this package:
  python -m msk_jax.convert_weights --backbone=inception_v3 --input=notop.h5 --output=inception_v3.safetensors
Back, for `model.load_weights` of Keras (ends in .weights.h5, or .h5 for the legacy format):
  python -m msk_jax.convert_weights --backbone=inception_v3 --input=inception_v3.safetensors --output=mine.weights.h5
The backbone of a trained fold, to start other trainings from:
  python -m msk_jax.convert_weights --input=workspace/models/knee/inception_v3/fold_0 --output=knee.safetensors
Training starts from such a file with --config.model.pretrained=FILE. Nothing is downloaded: third_party/README.md
says where published files are.
"""

import pathlib
import sys
from collections.abc import Sequence

from absl import flags

from msk_jax.io import console

_BACKBONE = flags.DEFINE_string("backbone", None, "Network of the weights, e.g. inception_v3; not needed for a fold.")
_INPUT = flags.DEFINE_string("input", None, "File of weights, or folder of a trained fold.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "File to write: .safetensors, .weights.h5 or .h5.", required=True)
_INPUT_SCALE = flags.DEFINE_string(
  "input_scale", "", "Scale of pixels that the weights of a Keras file expect, if not that of Keras' published weights."
)
_CLEAR_PARTIALS = console.define_clear_partials()


def main(argv: Sequence[str]) -> int:
  """Converts the weights, prints what was written, and returns the exit status."""
  del argv
  from msk_jax.io import leftovers
  from msk_jax.weights import conversion

  source, output = pathlib.Path(_INPUT.value), pathlib.Path(_OUTPUT.value)
  leftovers.clear_outputs([output], others=_CLEAR_PARTIALS.value)
  backbone, weights = _read_fold(source) if source.is_dir() else _read_file(source, output)
  conversion.write(output, weights, backbone)
  sys.stdout.write(f"{conversion.report(output, weights, backbone)}\n")
  return 0


def _read_fold(folder: pathlib.Path):
  from msk_jax.io import errors
  from msk_jax.trained import backbone_weights

  backbone, weights = backbone_weights.read(folder)
  if _BACKBONE.value not in (None, backbone):
    raise errors.InputError(f"--backbone={_BACKBONE.value}, but the fold in {folder} is of {backbone}.")
  if _INPUT_SCALE.value not in ("", weights.input_scale):
    raise errors.InputError(
      f"--input_scale={_INPUT_SCALE.value}, but the fold in {folder} was trained with {weights.input_scale}."
    )
  return backbone, weights


def _read_file(path: pathlib.Path, output: pathlib.Path):
  from msk_jax.io import errors
  from msk_jax.weights import conversion

  if _BACKBONE.value is None:
    raise errors.InputError("name the network of the weights, e.g. --backbone=inception_v3.")
  conversion.check_output(output, _BACKBONE.value)
  return _BACKBONE.value, conversion.read(path, _BACKBONE.value, _INPUT_SCALE.value)


if __name__ == "__main__":
  console.run(main)
