"""Can maps of attention be believed? On the phantom's test pictures, where it is known what shows ageing.

Needs a workdir with a trained network of a phantom (`python -m msk_jax.train`). Of each kind of maps: area under the
precision-recall curve over prevalence against masks of drawn ageing, beside edges, centre blob, brightness and chance;
rank correlation with the maps of networks whose upper layers are shuffled, over several shuffles; correlation of the
sum inside the mask with the planted acceleration; seconds and peak memory by number of pictures. `--log FILE` keeps
finished kinds of maps.
"""

import argparse
import dataclasses
import pathlib
import resource
import sys
import time
from typing import Any

import numpy as np

from benchmarks import report, seed_log
from msk_jax.attribution import gradients, networks, stages
from msk_jax.attribution.credibility import checks, drawn_ageing, randomisation, table, unselected
from msk_jax.attribution.credibility import run as credibility_run
from msk_jax.attribution.methods import BY_STAGE, Method
from msk_jax.models import module_order

_COUNTS = (32, 64, 128)  # pictures by which time and memory grow
_NUM_STAGES = 3
_NUM_SHUFFLES = 32
_RANDOMISED = 24  # pictures

_Case = tuple[Method, str]  # kind of maps, stage


@dataclasses.dataclass(frozen=True)
class _Bench:
  """The network, its test pictures and what was drawn in them."""

  network: networks.Network
  fold: int
  pictures: checks.Pictures
  truth: drawn_ageing.Drawn
  batch_size: int


def _open(workdir: pathlib.Path, model: str, num_pictures: int, batch_size: int) -> _Bench:
  """Opens the first trained fold and takes test pictures as they come."""
  opened = networks.open_network(workdir, model)
  fold = min(opened.folds)
  network = dataclasses.replace(opened, folds={fold: opened.folds[fold]})
  chosen = unselected.choose(network, num_pictures)
  pictures = unselected.load(network, chosen)
  truth = drawn_ageing.draw(workdir, network.card.view.name, chosen.keys, pictures.image)
  return _Bench(network, fold, pictures.take(truth.rows), truth, batch_size)


def _score(bench: _Bench, case: _Case) -> dict[str, Any]:
  """Returns the rows of one kind of maps, and its seconds and memory."""
  method, wanted = case
  network, card = bench.network, bench.network.card
  listed = stages.list_stages(network.model, card.image_shape, card.num_side_inputs)
  stage = stages.choose(listed, wanted)
  program = gradients.MapProgram(network.model, method, stage.key, network.shardings)
  maker = checks.Maker(program.of_fold(network.folds[bench.fold].card.age), bench.batch_size)
  name = method if method not in BY_STAGE else f"{method} {stage.name} {stage.cells[0]}x{stage.cells[1]}"
  kind = checks.Kind(name)
  variables = network.read_variables(bench.fold)
  maker.maps(variables, bench.pictures.take(slice(bench.batch_size)))  # compiles
  speed, maps = [], np.empty(0)
  for count in sorted({min(count, len(bench.pictures.image)) for count in _COUNTS} | {len(bench.pictures.image)}):
    start = time.perf_counter()
    maps = maker.maps(variables, bench.pictures.take(slice(count)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    speed.append({"pictures": count, "seconds": time.perf_counter() - start, "peak_gib": peak})
  rows = checks.locate(kind, maps, bench.pictures, bench.truth.masks)
  rows += checks.correlate_sums(kind, maps, bench.truth.masks, bench.truth.acceleration, bench.pictures)
  parts = module_order.backbone_parts(network.model, card.image_shape, card.num_side_inputs)
  cascades = (randomisation.cascade(variables, parts, _NUM_STAGES, number) for number in range(_NUM_SHUFFLES))
  rows += checks.compare_randomised(kind, maker, bench.pictures.take(slice(_RANDOMISED)), cascades, variables)
  values = [(row.check, row.case, row.measure, dataclasses.asdict(row.estimate)) for row in rows if row.estimate]
  return {"name": name, "rows": values, "speed": speed}


def _tables(scores: list[dict[str, Any]]) -> list[report.Table]:
  """Returns a table per check, a column per kind of maps."""
  made = []
  for check in (table.AGEING, table.SUMS, table.WEIGHTS):
    keys = [(case, measure) for own, case, measure, _ in scores[0]["rows"] if own == check]
    lines = []
    for key in keys:
      line = [" ".join(key)]
      for score in scores:
        estimates = [
          estimate for own, case, measure, estimate in score["rows"] if (own, case, measure) == (check, *key)
        ]
        line += [f"{e['value']:.2f} ({e['low']:.2f} to {e['high']:.2f}; {e['num_people']})" for e in estimates] or ["-"]
      lines.append(line)
    columns = [check, *(score["name"] for score in scores)]
    made.append(report.Table(f"{check}: value (95%; people)", columns, lines))
  lines = [_line(score["name"], part) for score in scores for part in score["speed"]]
  columns = ["maps", "pictures", "s", "maps/s", "peak of the process, GiB"]
  return [*made, report.Table("time and memory, one batch at a time", columns, lines)]


def _line(name: str, part: dict[str, float]) -> list[str]:
  count, seconds = part["pictures"], part["seconds"]
  return [name, f"{count}", f"{seconds:.1f}", f"{count / seconds:.1f}", f"{part['peak_gib']:.2f}"]


def main() -> None:
  """Runs the benchmark as the command line says."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--workdir", type=pathlib.Path, required=True, help="holds a phantom and a trained network")
  parser.add_argument("--model", default="knee/inception_v3")
  parser.add_argument("--pictures", type=int, default=160)
  parser.add_argument("--batch_size", type=int, default=16)
  parser.add_argument("--stages", nargs="+", default=["auto", "last"], help="of Grad-RAM")
  parser.add_argument("--quick", action="store_true", help="16 pictures, saliency alone")
  parser.add_argument("--log", type=pathlib.Path, help="keeps finished kinds of maps, so that a call resumes")
  report.add_flags(parser)
  args = parser.parse_args()
  bench = _open(args.workdir, args.model, 16 if args.quick else args.pictures, args.batch_size)
  wanted: list[_Case] = [("saliency", "last")]
  if not args.quick:
    wanted.append(("patch_saliency", "last"))
    for stage in args.stages:
      wanted.append(("grad_ram", stage))
  of = (
    f"{args.workdir.resolve()} {args.model} {len(bench.pictures.image)} pictures, {_NUM_SHUFFLES} shuffles of "
    f"{_RANDOMISED}, version {credibility_run.VERSION}"
  )
  cases: dict[str, _Case] = {f"{of}: {method} {stage}": (method, stage) for method, stage in wanted}
  done = seed_log.read(args.log)
  seed_log.complete(cases, lambda case: _score(bench, case), args.log, done)
  scores = [done[key] for key in cases]
  machine = report.machine()
  notes = [
    f"{args.model}, split {bench.fold}: {len(bench.pictures.image)} test pictures, {bench.truth.num_other} others"
  ]
  tables = _tables(scores)
  sys.stdout.write(report.describe(machine) + "\n")
  report.show(tables, notes)
  report.write(args, machine, tables, notes, scores)


if __name__ == "__main__":
  main()
