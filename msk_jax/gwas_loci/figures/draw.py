"""All figures of the stage `loci`, from its tables and those of `gwas`."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import pandas as pd
from absl import logging
from matplotlib import figure as mpl_figure

from msk_jax.figures import frame, manhattan
from msk_jax.figures.tall_axis import Line
from msk_jax.genome.genes import Genes
from msk_jax.gwas_loci import statistics
from msk_jax.gwas_loci.figures import locus as locus_figure
from msk_jax.gwas_loci.figures import overview, streams, variants, wording
from msk_jax.io import progress

_MOST_PANELS = 8  # of a figure of several traits
_MOST_REGIONS = 100  # of a trait and source; more are hardly looked at
_REGIONS_AT_ONCE = 50  # in memory


@dataclasses.dataclass(frozen=True)
class Tables:
  """What is drawn, besides summary statistics.

  Attributes:
    traits: schema gwas_traits, and `doubt`: whether the trait is accelerated ageing without age signal.
    heritability: schema gwas_heritability.
    genetic_correlations: schema gwas_genetic_correlations.
    phenotypic_correlations: schema acceleration_correlations, of the product that the traits are from.
    inflation: schema loci_inflation.
    loci: schema loci.
    lead_ld: schema loci_lead_ld.
    credible_sets: schema loci_credible_sets.
  """

  traits: pd.DataFrame
  heritability: pd.DataFrame
  genetic_correlations: pd.DataFrame
  phenotypic_correlations: pd.DataFrame
  inflation: pd.DataFrame
  loci: pd.DataFrame
  lead_ld: pd.DataFrame
  credible_sets: pd.DataFrame


@dataclasses.dataclass(frozen=True)
class Settings:
  """How it is drawn.

  Attributes:
    num_dimensions: over which 5e-8 is divided for the second level of significance.
    region_bp: on both sides of a lead variant, of regional plots.
  """

  num_dimensions: int
  region_bp: int


def draw_all(
  folder: pathlib.Path,
  paths: Mapping[tuple[str, str], pathlib.Path],
  tables: Tables,
  genes: Genes | None,
  settings: Settings,
) -> list[str]:
  """Draws all figures; memory stays bounded whatever the number of variants.

  Args:
    folder: where the figures go; it is there.
    paths: trait and source to the file of summary statistics.
    tables: the results.
    genes: of the build; None where they are not known.
    settings: levels and windows.

  Returns:
    The names of the figures, without ending; each is a PNG and an SVG.
  """
  album = _Album(folder, [])
  lines = wording.levels(settings.num_dimensions)
  surveys = {key: streams.survey(path) for key, path in paths.items()}
  if not surveys:
    return []
  genome = streams.make_genome(surveys.values(), str(tables.inflation["build"].iloc[0]))
  panels: dict[tuple[str, str], list[manhattan.Panel]] = {}
  with progress.track("figures", len(paths), "tables") as advance:
    for (name, source), path in paths.items():
      trait = tables.traits[tables.traits["trait"] == name].iloc[0]
      about = tables.inflation[_is(tables.inflation, name, source)].iloc[0]
      streamed = streams.read(path, genome, surveys[name, source].betas)
      panel = _draw_trait(album, streamed, trait, about, tables, lines)
      panels.setdefault((str(trait["stratum"]), source), []).append(panel)
      _draw_loci(album, path, trait, about, tables, genes, (lines, settings.region_bp))
      advance()
  for (stratum, source), group in panels.items():
    _draw_together(album, group, lines, tables.inflation, (stratum, source))
  _draw_overview(album, tables)
  return album.names


@dataclasses.dataclass(frozen=True)
class _Album:
  """Where figures go, and which there are."""

  folder: pathlib.Path
  names: list[str]

  def add(self, name: str, figure: mpl_figure.Figure) -> None:
    """Writes a figure."""
    frame.save(figure, self.folder / f"{name}.png")
    self.names.append(name)


def _draw_trait(
  album: _Album, streamed: streams.Streamed, trait: pd.Series, about: pd.Series, tables: Tables, lines: Sequence[Line]
) -> manhattan.Panel:
  """Draws the figures of all variants of a trait; returns its panel for the figure of several traits."""
  name, source, dimension = str(trait["trait"]), str(about["source"]), str(trait["dimension"])
  loci = tables.loci[_is(tables.loci, name, source)]
  title = _title(trait, about)
  panel = variants.make_panel(title, streamed, loci, dimension)
  album.add(f"{name}_{source}_manhattan", manhattan.draw("", [panel], lines, str(about["build"])))
  broken = title.replace(": ", "\n", 1)
  album.add(f"{name}_{source}_qq", variants.draw_quantiles(broken, streamed, dimension, float(about["lambda_gc"])))
  album.add(f"{name}_{source}_volcano", variants.draw_volcano(broken, streamed, loci, lines, trait))
  return panel


def _draw_loci(
  album: _Album,
  path: pathlib.Path,
  trait: pd.Series,
  about: pd.Series,
  tables: Tables,
  genes: Genes | None,
  view: tuple[Sequence[Line], int],
) -> None:
  """Draws the regional plots of a trait and source."""
  name, source, (lines, region_bp) = str(trait["trait"]), str(about["source"]), view
  loci = tables.loci[_is(tables.loci, name, source)]
  if loci.empty:
    return
  if len(loci) > _MOST_REGIONS:
    logging.warning(
      "regional plots of the %d strongest of %d loci of %s (%s) are drawn", _MOST_REGIONS, len(loci), name, source
    )
    loci = loci.nlargest(_MOST_REGIONS, "neg_log10_p").sort_values("locus")
  linked, sets = (table[_is(table, name, source)] for table in (tables.lead_ld, tables.credible_sets))
  for start in range(0, len(loci), _REGIONS_AT_ONCE):
    chosen = loci.iloc[start : start + _REGIONS_AT_ONCE]
    rows = statistics.read_regions(path, statistics.surround(chosen, region_bp))
    for _, locus in chosen.iterrows():
      number = int(locus["locus"])
      r2 = linked[linked["locus"] == number][["variant", "r2"]]
      here = rows[rows["chromosome"] == locus["chromosome"]].merge(r2, on="variant", how="left")
      figure = locus_figure.draw(
        _title(trait, about), locus, here, sets[sets["locus"] == number], genes, lines, region_bp
      )
      album.add(f"{name}_{source}_locus_{number}", figure)


def _draw_together(
  album: _Album,
  panels: Sequence[manhattan.Panel],
  lines: Sequence[Line],
  inflation: pd.DataFrame,
  group: tuple[str, str],
) -> None:
  """Draws traits of one stratum and source above each other, several figures where there are many."""
  stratum, source = group
  build = str(inflation["build"].iloc[0])
  for start in range(0, len(panels), _MOST_PANELS):
    chosen = panels[start : start + _MOST_PANELS]
    suffix = "" if len(panels) <= _MOST_PANELS else f"_{start // _MOST_PANELS + 1}"
    album.add(f"manhattan_{stratum}_{source}{suffix}", manhattan.draw("", chosen, lines, build))


def _draw_overview(album: _Album, tables: Tables) -> None:
  """Draws heritability, and Figure 6 of the traits of men and women together, if there is something to be drawn."""
  if len(tables.heritability):
    album.add("heritability", overview.draw_heritability(tables.traits, tables.heritability))
  traits = tables.traits[tables.traits["stratum"] == "all"]
  if len(traits) > 1 and len(tables.genetic_correlations):
    figure = overview.draw_figure_6(traits, tables.genetic_correlations, tables.phenotypic_correlations)
    album.add("figure_6", figure)


def _title(trait: pd.Series, about: pd.Series) -> str:
  counted = wording.variants(int(about["num_variants"]), str(about["source"]))
  return f"{wording.subject(trait)}: {counted}, {wording.p_value(str(about['engine_p']))}"


def _is(table: pd.DataFrame, trait: str, source: str) -> pd.Series:
  return (table["trait"] == trait) & (table["source"] == source)
