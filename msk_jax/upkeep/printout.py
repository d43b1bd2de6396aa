"""What a check and a purge print."""

import functools
import itertools
import pathlib
from collections.abc import Sequence

from msk_jax.io import printing
from msk_jax.predictions import trained_with_withdrawn
from msk_jax.upkeep import remedies
from msk_jax.upkeep.findings import Finding
from msk_jax.upkeep.purge import Purged

_SHOWN = 5  # places of one problem with one remedy
_WIDTH = 100


def print_findings(workdir: pathlib.Path, findings: Sequence[Finding], seconds: float) -> None:
  """Prints findings, those of one problem and remedy together."""
  output = printing.printer(_WIDTH)
  _print_groups(output, findings)
  verdict = f"{len(findings):,} findings" if findings else "sound: nothing is wrong"
  printing.print_text(output, f"{workdir}: {verdict} ({seconds:.1f} seconds)", wraps=False)


def print_purged(workdir: pathlib.Path, purged: Purged) -> None:
  """Prints what a purge did, and what is to be run again."""
  output = printing.printer(_WIDTH)
  say = functools.partial(printing.print_text, output, wraps=False)
  if purged.num_listed:
    say(f"The lists given name {purged.num_listed:,} people.")
  say(
    f"{purged.num_people:,} withdrawn people were in {workdir}: {len(purged.changed):,} files lost their rows, "
    f"{purged.num_pictures:,} pictures are dropped."
  )
  for folder in purged.removed:
    say(f"{folder}/ is removed, as its rows can't be told apart.")
    say(f"  -> {remedies.run_again(folder, workdir)}")
  if purged.models:
    names = list(dict.fromkeys(model for model, *_ in purged.models))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    say(f"Models trained with withdrawn people stay: {', '.join(names[:_SHOWN])}{more}.")
    say(f"  -> {trained_with_withdrawn.FILE_NAME} lists their splits")
  for name in purged.unread:
    say(f"NOT PURGED: {name} is damaged or not a table of a stage, and may hold people who have withdrawn.")
    say(f"  -> {remedies.remove_and_run(name, workdir)}; or remove their rows from a file of your own")
  if purged.outdated:
    say("Out of date, as they were made with these people or from what has changed:")
    _print_groups(output, sorted(purged.outdated))


def _print_groups(output, findings: Sequence[Finding]) -> None:
  groups = [
    (problem, remedy, [each.place for each in group])
    for (problem, remedy), group in itertools.groupby(findings, lambda each: (each.problem, each.remedy))
  ]
  for problem, remedy, places in groups:
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    printing.print_text(output, f"{', '.join(places[:_SHOWN])}{more}: {problem}.", wraps=False)
    printing.print_text(output, f"  -> {remedy}", wraps=False)
