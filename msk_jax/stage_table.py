"""The table of stages: what each reads and writes, its config and its flags. `stages.py` is the frame around them."""

import dataclasses

EVERYTHING = "everything in the workdir"
_PREPARED = ("cohort", "images", "qc")  # of a stage that prepares its data where they are not


@dataclasses.dataclass(frozen=True)
class Stage:
  """A stage: a binary of its own.

  Attributes:
    name: the binary, `python -m msk_jax.<name>`.
    summary: what it does, one line.
    package: the package of `msk_jax` that does it.
    reads: folders of the workdir, or what else is read.
    writes: folders of the workdir, or what else is written.
    config: the default config file; empty for a stage without a config.
    config_help: what the config says.
    settings: what checks its settings without doing anything, below `msk_jax`: the dataclass of the section with its
      name, or a function of all sections and of the names of those settings that the command line overrides.
    sections: keys that its config has. The stage's settings are in the section with its name.
    optional_sections: further keys that it reads.
    workdir: the default workdir; empty for a stage without one.
    is_about_people: whether it writes about people: then it has --withdrawn and --confirm_withdrawals.
    overwrite: help of its flag --overwrite; empty for a stage without one.
  """

  name: str
  summary: str
  package: str
  reads: tuple[str, ...]
  writes: tuple[str, ...]
  config: str = ""
  config_help: str = ""
  settings: str = ""
  sections: tuple[str, ...] = ()
  optional_sections: tuple[str, ...] = ()
  workdir: str = "workspace"
  is_about_people: bool = False
  overwrite: str = ""

  def folders(self) -> tuple[str, ...]:
    """Returns the folders of the workdir that it works with, but for raw data; such as `cohort` or `models/scalars`."""
    names = [name.rpartition(" ")[2].rstrip("/") for name in (*self.reads, *self.writes) if name.endswith("/")]
    names += _PREPARED if "data" in self.sections else ()
    return tuple(name for name in dict.fromkeys(names) if name.partition("/")[0] != "raw")


@dataclasses.dataclass(frozen=True)
class Tool:
  """A binary that is not a stage: it has no place in the data flow."""

  name: str
  summary: str
  arguments: str = ""


STAGES = (
  Stage(
    name="phantom",
    summary="draws a phantom cohort in UK Biobank's formats, with a known truth",
    package="simulation",
    reads=(),
    writes=("raw/",),
    config="configs/phantom.py",
    config_help="The cohort's size, seed and flaws.",
    settings="simulation.spec.PhantomSpec",
    sections=("phantom",),
    overwrite="Replace a phantom of other settings.",
  ),
  Stage(
    name="prepare",
    summary="turns tables and images into a cohort, scalar sets, ten folds, image stores and a QC report",
    package="preparation",
    reads=("the data root", "raw/"),
    writes=("cohort/", "images/", "qc/"),
    config="configs/ukb.py",
    config_help="Says in its section `data` what to prepare.",
    sections=("data",),
    is_about_people=True,
    overwrite="Throw away what the workdir holds of another data root.",
  ),
  Stage(
    name="train",
    summary="trains one image model on one split",
    package="training",
    reads=("cohort/", "images/"),
    writes=("models/",),
    config="configs/knee.py",
    config_help="What to train, e.g. configs/knee.py:backbone=simple_cnn,fold=3.",
    settings="training.planned.check",
    sections=("data", "view", "train"),
    optional_sections=("fold", "seed", "model", "input"),
    is_about_people=True,
    overwrite="Throw away data and model of other settings in the workdir, and a model that can't be trained on.",
  ),
  Stage(
    name="tune",
    summary="searches an image model's settings on split 0: the published lists, chosen by validation",
    package="tuning",
    reads=("cohort/", "images/"),
    writes=("tuning/",),
    config="configs/tune.py",
    config_help="Which model and which lists, e.g. configs/tune.py:view=hip,backbone=simple_cnn.",
    settings="tuning.spec.TuneSpec",
    sections=("data", "view", "train", "tune"),
    optional_sections=("fold", "seed", "model", "input"),
    is_about_people=True,
    overwrite="Throw away data of other settings in the workdir, and trials of other data; try again what diverged.",
  ),
  Stage(
    name="scalars",
    summary="predicts age from each scalar set by three algorithms, with importances",
    package="scalar_models",
    reads=("cohort/",),
    writes=("models/scalars/",),
    config="configs/scalars.py",
    config_help="Which data, which sets and algorithms, how they are searched.",
    settings="scalar_models.spec.ScalarsSpec",
    sections=("data", "scalars"),
    is_about_people=True,
    overwrite="Throw away prepared data of another source in the workdir, and images that this config leaves out; no "
    "effect on UK Biobank's, which `prepare` makes. Models need no flag: those of other settings or data are made "
    "again.",
  ),
  Stage(
    name="ensemble",
    summary="pools the predictions of all finished models and combines them at three levels",
    package="ensembling",
    reads=("cohort/", "models/"),
    writes=("predictions/", "ensembles/"),
    config="configs/ensemble.py",
    config_help="How models are combined, e.g. configs/ensemble.py:cases=available.",
    settings="ensembling.spec.EnsembleSpec",
    sections=("ensemble",),
    is_about_people=True,
  ),
  Stage(
    name="evaluate",
    summary="scores all models, by group and beside the published numbers, with figures",
    package="evaluation",
    reads=("cohort/", "predictions/"),
    writes=("performance/",),
    config="configs/evaluate.py",
    config_help="Number and kind of bootstraps, whether figures are drawn.",
    settings="evaluation.spec.EvaluateSpec",
    sections=("evaluate",),
    is_about_people=True,
  ),
  Stage(
    name="ages",
    summary="corrects the bias; biological age and accelerated ageing, with their correlations",
    package="biological_age",
    reads=("cohort/", "predictions/"),
    writes=("ages/", "bias_correction.json in models/"),
    config="configs/ages.py",
    config_help="How the bias is fitted; number and kind of bootstraps.",
    settings="biological_age.spec.AgesSpec",
    sections=("ages",),
    is_about_people=True,
  ),
  Stage(
    name="attention",
    summary="maps where the best network of a view looks, in years, with overlays",
    package="attribution",
    reads=("cohort/", "images/", "models/", "predictions/", "ages/"),
    writes=("attention/",),
    config="configs/attention.py",
    config_help="Which view and network, which maps, e.g. configs/attention.py:view=full_body/figure.",
    settings="attribution.spec.AttentionSpec",
    sections=("attention",),
    is_about_people=True,
  ),
  Stage(
    name="gwas",
    summary="finds variants that go with accelerated ageing; heritability and genetic correlations",
    package="genetics",
    reads=("cohort/", "ages/", "--genotypes"),
    writes=("gwas/",),
    config="configs/gwas.py",
    config_help="Which traits, people, covariates and engine, e.g. configs/gwas.py:engine=plan.",
    settings="genetics.spec.GwasSpec",
    sections=("gwas",),
    is_about_people=True,
  ),
  Stage(
    name="loci",
    summary="finds the loci of each trait in its summary statistics: lead variants, genes, fine-mapping",
    package="gwas_loci",
    reads=("cohort/", "ages/", "gwas/", "--genotypes"),
    writes=("loci/",),
    config="configs/loci.py",
    config_help="How hits become loci; whether genotypes are read and figures drawn.",
    settings="gwas_loci.spec.LociSpec",
    sections=("loci",),
    is_about_people=True,
  ),
  Stage(
    name="release",
    summary="puts the results of the GWASs into a folder that may leave, beside the paper's",
    package="shared_release",
    reads=("cohort/", "gwas/", "loci/", "ages/", "performance/"),
    writes=("release/",),
    config="configs/release.py",
    config_help="Licence, citation, and what metadata say.",
    settings="shared_release.spec.ReleaseSpec",
    sections=("release",),
    is_about_people=True,
  ),
  Stage(
    name="xwas",
    summary="finds what else goes with accelerated ageing: thousands of variables, by category",
    package="associations",
    reads=("cohort/", "ages/", "raw tables"),
    writes=("xwas/",),
    config="configs/xwas.py",
    config_help="Which variables and dimensions, how missing values are dealt with, e.g. configs/xwas.py:paper=true.",
    settings="associations.spec.XwasSpec",
    sections=("xwas",),
    is_about_people=True,
  ),
  Stage(
    name="site",
    summary="puts all results on a site that a browser opens from a folder",
    package="report",
    reads=(
      "cohort/",
      "models/",
      "performance/",
      "ages/",
      "attention/",
      "gwas/",
      "loci/",
      "release/",
      "xwas/",
    ),
    writes=("site/",),
    config="configs/site.py",
    config_help="Title, citation and contact.",
    settings="report.spec.SiteSpec",
    sections=("site",),
    is_about_people=True,
  ),
  Stage(
    name="study",
    summary="plans the whole study, says what is done and what is next, and runs it",
    package="planning",
    reads=(),
    writes=("study/",),
    config="configs/study.py",
    config_help="Which models and stages, e.g. configs/study.py:dimensions=knee+hip.",
    settings="planning.spec.StudySpec",
    sections=("study",),
  ),
  Stage(
    name="predict",
    summary="predicts the ages of new images by trained folds",
    package="inference",
    reads=("--model", "--images", "--table"),
    writes=("--output", "a list of refused files beside it"),
    workdir="",
    is_about_people=True,
  ),
  Stage(
    name="simulate_predictions",
    summary="makes a workdir as if the paper's 31 models had been trained, with a known truth",
    package="simulated_predictions",
    reads=(),
    writes=("cohort/", "models/", "raw/truth/"),
    config="configs/simulated.py",
    config_help="How many people, which seed, with or without scalar models.",
    settings="simulated_predictions.spec.SimulatedPredictionsSpec",
    sections=("simulate_predictions",),
    workdir="simulated",
    overwrite="Replace simulated predictions of other settings.",
  ),
  Stage(
    name="check",
    summary="says what is wrong in a workdir, and which command mends it",
    package="upkeep",
    reads=(EVERYTHING,),
    writes=(),
    is_about_people=True,
  ),
  Stage(
    name="purge",
    summary="takes withdrawn people out of everything in a workdir, and lists the models trained with them",
    package="upkeep",
    reads=("--withdrawals",),
    writes=(EVERYTHING,),
    is_about_people=True,
  ),
)

TOOLS = (
  Tool("pod", "trains one model on several hosts", "--hosts=A,B -- ARGUMENTS"),
  Tool("convert_weights", "turns weights of Keras, safetensors or a trained fold into one another"),
  Tool("audit", "looks for integers that could be participant ids in a repository", "."),
)
