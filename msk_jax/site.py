"""Builds the results site: `python -m msk_jax.site --config=configs/site.py --workdir=study`.

Reads the tables that finished stages wrote; writes <workdir>/site: pages that a browser opens by double click on
index.html, without a server or a network, and all their tables as CSV. Nothing in it is of a single person. What did
not run is named with the command that makes it. The same command again does nothing.

--return_to_owner=DIR also writes everybody's ages, with a data dictionary, for the owner of the data: individual-level
data, in a folder outside of the site.
"""

import pathlib

from absl import flags

from msk_jax import stages

_STAGE = stages.define("site")
_RETURN = flags.DEFINE_string(
  "return_to_owner",
  "",
  "Also write a folder for the data's owner: everybody's ages by eid, with a data dictionary. Individual-level data; "
  "never in the folder of the site.",
)


def main(call: stages.Call) -> None:
  """Builds the site."""
  from msk_jax.report import owner_return, run, spec

  settings = call.settings(spec.SiteSpec)
  workdir = call.open_workdir()
  withdrawn = call.find_withdrawn(workdir)
  if _RETURN.value:
    owner_return.make_return(pathlib.Path(_RETURN.value), workdir, withdrawn, settings.contact)
  run.make_site(workdir, settings, withdrawn)


if __name__ == "__main__":
  stages.run(_STAGE, main)
