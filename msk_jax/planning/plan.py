"""Which jobs a study has, and which waits for which: made from the table of stages."""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

from msk_jax.io import errors
from msk_jax.planning import checking, job_config, resources, spec
from msk_jax.planning.jobs import Job
from msk_jax.stage_table import STAGES, Stage

_SCALARS = "scalars"
_ALL = "all"
_PHANTOM_PREPARED_BY = "configs/knee.py"  # any config of an image model has the section `data` of a phantom
_WITH_GENOTYPES = ("gwas", "loci")
_TRAITS_OF_EVERYTHING = 1  # the dimension `general`


def make(settings: spec.StudySpec) -> list[Job]:
  """Returns the jobs, each after those that it waits for.

  Raises:
    InputError: a config can't be read, has no such argument or key, or a stage would refuse it or its flags.
  """
  jobs: list[Job] = []
  before = _stages_before()
  for stage in STAGES:
    if stage.name in settings.stages:
      names = tuple(job.name for job in jobs if job.stage in before[stage.name])
      _check_given(stage, settings)
      of_stage = _jobs_of(stage, settings, names)
      jobs += [dataclasses.replace(job, identity=_identity_of(stage, job, settings)) for job in of_stage]
  return jobs


def _identity_of(stage: Stage, job: Job, settings: spec.StudySpec) -> str:
  try:
    return job_config.identity_of(stage, job.arguments)
  except errors.InputError as error:
    raise _refused(job.name, error, settings, stage) from error


def _check_given(stage: Stage, settings: spec.StudySpec) -> None:
  """Checks the arguments that the study's config gives to a stage, once for all its jobs."""
  given = [settings.arguments.get(stage.name, ())]
  if "data" in stage.sections:
    given.append(settings.arguments.get(spec.DATA, ()))
  if stage.name == "train":
    given += [settings.arguments.get(model, ()) for model in settings.chosen_models()]
  try:
    checking.check_given(stage, [each for arguments in given for each in arguments])
  except errors.InputError as error:
    raise _refused(stage.name, error, settings, stage) from error


def _refused(name: str, error: errors.InputError, settings: spec.StudySpec, stage: Stage) -> errors.InputError:
  """Returns the error with the keys of the study's config that the job's settings may come from."""
  keys = [stage.name, *((spec.DATA,) if "data" in stage.sections else ())]
  keys += [model for model in settings.arguments if name.startswith(f"{stage.name}/{_dotted(model)}")]
  given = {f"config.study.arguments.{key}": " ".join(settings.arguments.get(key, ())) for key in keys}
  given[f"config.study.config_arguments.{stage.name}"] = settings.config_arguments.get(stage.name, "")
  shown = "; ".join(f"{key} = {value}" for key, value in given.items() if value)
  return errors.InputError(f"{name} would be refused: {error}{f' The study gives {shown}.' if shown else ''}")


def _stages_before() -> dict[str, set[str]]:
  """Returns for each stage those whose outputs reach it, also by way of stages that a study leaves out."""
  before: dict[str, set[str]] = {}
  for stage in STAGES:
    feeding = [each.name for each in STAGES if each.name in before and _feeds(each, stage)]
    before[stage.name] = {*feeding, *(name for each in feeding for name in before[each])}
  return before


def _feeds(first: Stage, then: Stage) -> bool:
  """Returns whether a stage writes what another reads: folders of the workdir, or folders within them."""
  written = [name for name in first.writes if name.endswith("/") and " " not in name]
  read = ["raw/" if name == "raw tables" else name for name in then.reads if not name.startswith("-")]
  return any(a.startswith(b) or b.startswith(a) for a, b in itertools.product(written, read))


def _jobs_of(stage: Stage, settings: spec.StudySpec, before: tuple[str, ...]) -> Iterator[Job]:
  for part in _parts(stage.name, settings):
    config = f"{part.config or stage.config}{_after_colon([part.config_argument, *_config_arguments(stage, settings)])}"
    arguments = (f"--config={config}", *part.arguments, *_arguments(stage, settings))
    more = settings.arguments.get(part.model, ()) if part.model else ()
    yield Job(
      name=f"{stage.name}/{part.name}",
      stage=stage.name,
      arguments=(*arguments, *more),
      after=(*before, *(f"{stage.name}/{name}" for name in part.after)),
      resources=settings.resources.get(stage.name, resources.DEFAULTS[stage.name]),
      counts=part.counts,
    )


@dataclasses.dataclass(frozen=True)
class _Part:
  """What distinguishes a job from the others of its stage."""

  name: str
  config: str = ""
  config_argument: str = ""
  arguments: tuple[str, ...] = ()
  model: str = ""
  after: tuple[str, ...] = ()
  counts: dict[str, int] = dataclasses.field(default_factory=dict)


def _parts(stage: str, settings: spec.StudySpec) -> list[_Part]:
  models = settings.chosen_models()
  images = [name for name in models if not name.startswith(f"{_SCALARS}/")]
  tables = [name for name in models if name.startswith(f"{_SCALARS}/")]
  if stage == "train":
    return [part for name in images for part in _trainings(name, settings)]
  if stage == _SCALARS:
    return _scalar_models(tables, settings) if tables else []
  if stage == "attention":
    return [_Part(_dotted(view), "", f"view={view}", counts={"views": 1}) for view in _views(images)]
  if stage == "prepare" and settings.data == "phantom":
    return [_Part(_ALL, _PHANTOM_PREPARED_BY)]
  if stage == "prepare":
    return [_Part(_ALL)]
  if stage == "gwas":
    traits = _TRAITS_OF_EVERYTHING + len({name.partition("/")[0] for name in models})
    return [_Part(_ALL, counts={"GWAS": 2 * traits, "pairs": traits * (traits - 1) // 2})]
  return [_Part(_ALL)]


def _trainings(model: str, settings: spec.StudySpec) -> list[_Part]:
  view, _, backbone = model.rpartition("/")
  dimension, _, image = view.partition("/")
  config = f"configs/{dimension}.py"
  network = ",".join(part for part in (f"view={image}" if image else "", f"backbone={backbone}") if part)
  if settings.folds_per_job == spec.ALL_FOLDS:
    folds = ",".join(map(str, range(settings.num_folds)))
    counts = {"trainings": settings.num_folds}
    return [_Part(_dotted(model), config, network, (f"--folds={folds}",), model, counts=counts)]
  return [
    _Part(f"{_dotted(model)}.fold_{k}", config, f"{network},fold={k}", (), model, counts={"trainings": 1})
    for k in range(settings.num_folds)
  ]


def _scalar_models(models: Sequence[str], settings: spec.StudySpec) -> list[_Part]:
  """One job for each model, or for all; the last one compares importances, which needs all models of a set."""
  sets = list(dict.fromkeys(name.split("/")[1] for name in models))
  algorithms = list(dict.fromkeys(name.split("/")[2] for name in models))
  together = _scalar_arguments(sets, algorithms)
  if settings.folds_per_job == spec.ALL_FOLDS:
    return [_Part(_ALL, arguments=together, counts={"splits": len(models) * settings.num_folds})]
  parts = []
  for name in models:
    _, of_set, algorithm = name.split("/")
    arguments = _scalar_arguments([of_set], [algorithm])
    parts.append(_Part(_dotted(name), "", "", arguments, name, counts={"splits": settings.num_folds}))
  return [*parts, _Part("importances", arguments=together, after=tuple(part.name for part in parts))]


def _scalar_arguments(sets: Sequence[str], algorithms: Sequence[str]) -> tuple[str, ...]:
  return (f"--config.scalars.sets={_listed(sets)}", f"--config.scalars.algorithms={_listed(algorithms)}")


def _listed(names: Sequence[str]) -> str:
  """Returns a tuple as a config takes it, with double quotes: in a shell's single quotes they stay readable."""
  quoted = "".join(f'"{name}",' for name in names)
  return f"({quoted})"


def _views(models: Sequence[str]) -> list[str]:
  return list(dict.fromkeys(name.rpartition("/")[0] for name in models))


def _config_arguments(stage: Stage, settings: spec.StudySpec) -> list[str]:
  preset = f"preset={settings.data}" if _has_preset(stage, settings) else ""
  return [preset, settings.config_arguments.get(stage.name, "")]


def _has_preset(stage: Stage, settings: spec.StudySpec) -> bool:
  """`prepare` takes configs/ukb.py for real data, which has no other preset."""
  return "data" in stage.sections and (stage.name != "prepare" or settings.data == "phantom")


def _arguments(stage: Stage, settings: spec.StudySpec) -> tuple[str, ...]:
  data = (*_data_arguments(settings), *settings.arguments.get(spec.DATA, ())) if "data" in stage.sections else ()
  genotypes = (f"--genotypes={settings.genotypes}",) if settings.genotypes and stage.name in _WITH_GENOTYPES else ()
  return (*data, *genotypes, *settings.arguments.get(stage.name, ()))


def _data_arguments(settings: spec.StudySpec) -> list[str]:
  """Returns what makes the section `data` of all stages the same."""
  arguments = [f"--config.data.num_folds={settings.num_folds}"]
  if settings.data == "phantom":
    arguments += [
      f"--config.data.phantom.num_participants={settings.num_participants}",
      "--config.data.phantom.has_images=true",
      f"--config.data.phantom.has_genotypes={'gwas' in settings.stages}",
      f"--config.data.phantom.has_exposures={'xwas' in settings.stages}",
      "--config.data.scalars_only=false",
    ]
  return arguments


def _after_colon(parts: Sequence[str]) -> str:
  text = ",".join(part for part in parts if part)
  return f":{text}" if text else ""


def _dotted(name: str) -> str:
  return name.replace("/", ".")
