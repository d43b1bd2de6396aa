"""Where the networks look: `python -m msk_jax.attention --config=configs/attention.py --workdir=workspace`.

Takes the best network of a view, chosen on validation, and samples of two sexes, three age groups and three rates of
ageing. Each picture goes through the network that did not train on it. Writes <workdir>/attention/<model>: saliency and
Grad-RAM maps, a table of their pictures, overlays, mean maps of groups, and how far the maps can be believed. Positive
years make older; maps as published have sizes alone. The same command again does nothing. Maps and overlays are
individual-level data; the mean maps and the table of credibility may be shared.
"""

from absl import flags

from msk_jax import stages

_STAGE = stages.define("attention")
_WITH_IMAGES = flags.DEFINE_bool(
  "with_images", False, "Draw overlays of real people too: individual-level data. A phantom's are always drawn."
)
_COMPILATION_CACHE = flags.DEFINE_string(
  "compilation_cache", "~/.cache/msk_jax", "Folder of compiled programs, for fast later starts; empty for none."
)


def main(call: stages.Call) -> None:
  """Makes the maps."""
  from msk_jax.attribution import run, spec
  from msk_jax.trained import compiler

  settings = call.settings(spec.AttentionSpec)
  workdir = call.open_workdir(is_tied=False)
  call.tie(workdir, folders=call.folders_of("ukb", settings.view))  # it prepares no data, whosever they are
  compiler.use_cache(_COMPILATION_CACHE.value)
  run.make_maps(workdir, settings, call.find_withdrawn(workdir), with_images=_WITH_IMAGES.value)


if __name__ == "__main__":
  stages.run(_STAGE, main)
