"""Where the networks look: saliency and Grad-RAM maps, overlays, mean maps, and whether they can be believed.

Command: python -m msk_jax.attention --config=configs/attention.py:view=knee --workdir=/scratch/msk
Arguments: view=knee (as it is called under images/, e.g. full_body/figure, or folder), backbone=best (on validation) or
  a name, methods=all|gradients|published, stage=auto|last|<name>, samples_per_cell=10, smoke.
Hardware: any CPU or GPU; memory for one batch of pictures through the network, 2 GB at a batch of 8.
Expected time: two free cores make 60 to 120 maps a second with InceptionV3 at 96x80 pixels; time grows with pixels and
  maps, of which a view has 540, of pairs 1,080. The checks of credibility make up to 624 more per kind of maps, of a
  phantom 784. The log says how many there are before the first, then speed and time left.
Expected: attention/<model>/maps with one NPY file per kind of maps and pictures.parquet; attention/<model>/overlays;
  attention/<model>/group_means and credibility, which may be shared.
"""

import ml_collections

from configs import common
from msk_jax.attribution import methods, spec
from msk_jax.io import config_files

_METHODS = {
  "all": methods.METHODS,
  "gradients": tuple(name for name in methods.METHODS if name not in methods.PUBLISHED),
  "published": methods.PUBLISHED,
}


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments.

  Raises:
    ArgumentError: an unknown argument, or a value that is not of the type or not known.
  """
  defaults = spec.AttentionSpec()
  parsed = common.parse_argument(
    argument,
    view=defaults.view,
    backbone=defaults.backbone,
    methods="gradients",
    stage=defaults.stage,
    samples_per_cell=defaults.samples_per_cell,
    smoke=False,
  )
  if parsed.methods not in _METHODS:
    raise config_files.ArgumentError(f"methods is one of {', '.join(_METHODS)}, got {parsed.methods!r}.")
  settings = spec.AttentionSpec(
    view=parsed.view,
    backbone=parsed.backbone,
    methods=_METHODS[parsed.methods],
    stage=parsed.stage,
    samples_per_cell=1 if parsed.smoke else parsed.samples_per_cell,
  )
  config = common.stage_config("attention", settings)
  config.lock()
  return config
