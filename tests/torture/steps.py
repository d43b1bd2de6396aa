"""All commands that are tried: the micro-study, those that make results again, and those on a whole workdir."""

import dataclasses
import pathlib

from msk_jax.simulation import spec as phantom_spec
from tests.torture import micro_study
from tests.torture.micro_study import Step

_LAST = "site"
GIVEN = "{given}"  # in arguments: the folder of files that commands are given
WITHDRAWALS = "w1_20260101.csv"
_GONE = tuple(phantom_spec.FIRST_EID + number for number in (10, 20, 30, 40))

# Settings that make an output again, so that it takes another's place.
_CHANGES = {
  "scalars": ("--config.scalars.seed=1",),
  "ensemble": ("--config.ensemble.seed=1",),
  "evaluate": ("--config.evaluate.seed=1",),
  "ages": ("--config.ages.seed=1", "--config.ages.has_figures=true"),
  "attention": ("--config.attention.samples_per_cell=2",),
  "gwas": ("--config.gwas.transformation=rank_normal",),
  "loci": ("--config.loci.clump.r2=0.2",),
  "release": ("--config.release.citation=Another",),
  "xwas": ("--config.xwas.exposures.missing=out_of_fold",),
  "site": ("--config.site.title=Another",),
}
_SIMULATED = (
  "--config=configs/simulated.py:num_participants=150,scalars=false",
  "--config.simulate_predictions.num_folds=3",
)


def make() -> tuple[Step, ...]:
  """Returns the commands; each stands behind that whose state it starts from."""
  study = micro_study.make_steps()
  by_name = {step.name: step for step in study}
  again = [
    dataclasses.replace(by_name[name], name=f"{name}/again", arguments=(*by_name[name].arguments, *changes), after=name)
    for name, changes in _CHANGES.items()
  ]
  gone = f"{GIVEN}/{WITHDRAWALS}"
  overwritten = dataclasses.replace(
    by_name["train/0"],
    name="train/again",
    arguments=(*by_name["train/0"].arguments, "--config.seed=1", "--overwrite"),
    after="train/0",
  )
  more = (
    overwritten,
    dataclasses.replace(
      by_name["prepare"],
      name="prepare/withdrawn",
      arguments=(*by_name["prepare"].arguments, f"--withdrawn={gone}"),
      after="prepare",
    ),
    Step("purge", "purge", (f"--withdrawals={gone}",), _LAST),
    Step("simulate_predictions", "simulate_predictions", _SIMULATED),
  )
  return (*study, *again, *more)


def write_given(folder: pathlib.Path) -> None:
  """Writes the files that commands are given."""
  folder.mkdir(parents=True, exist_ok=True)
  (folder / WITHDRAWALS).write_text("".join(f"{eid}\r\n" for eid in _GONE))


def arguments_of(step: Step, folder: pathlib.Path) -> tuple[str, ...]:
  """Returns a step's arguments with the folder of given files filled in."""
  return tuple(argument.replace(GIVEN, str(folder)) for argument in step.arguments)
