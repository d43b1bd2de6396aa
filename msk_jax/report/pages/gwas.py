"""Associations along the genome: Manhattan, Q-Q and volcano plots of each trait, and the hits."""

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.report.genetic import cells, streams, variants
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source
from msk_jax.schemas import genetics_tables, loci_tables, report_genetics_tables

_MOST_HITS = 2_000  # of a trait and source
_STRETCH_BP = 1_000_000
_PICTURE = "The cells of the Manhattan and the volcano plot: how many variants below 5e-8 are in each."
_QUANTILES = "The points of a Q-Q plot, thinned to what can be seen, and the band of independent values."


def _make(data: Data) -> Content:
  abouts = [(path, streams.read_about(path)) for path in data.files["statistics"]]
  order = {trait: place for place, trait in enumerate(data["traits"]["trait"])}
  abouts.sort(key=lambda each: (order.get(each[1].trait, len(order)), each[1].source))
  hits, listed = _list_hits(data.tables["hits"])
  rows, tables = [], []
  for number, (path, about) in enumerate(abouts, 1):
    seen, made = _draw(number, path, about)
    rows.append(_describe(number, about, seen, data, listed))
    tables += made
  schema = report_genetics_tables.RESULTS
  results = pd.DataFrame(rows, columns=list(schema.columns)).astype(schema.dtypes)
  tables.insert(
    0,
    SiteTable(
      "gwas_results",
      "Genome-wide associations by trait",
      "A row per trait and kind of variants: how many were tested, and the inflation of the test.",
      results,
      schema,
    ),
  )
  if hits is not None:
    tables.append(
      SiteTable(
        "gwas_hits",
        "Variants associated with accelerated ageing",
        "A row per variant with p < 5e-8, without those of rare alleles; at most 2,000 of a trait and kind of "
        "variants, "
        "the strongest of each Mb first.",
        hits,
        report_genetics_tables.HITS,
      )
    )
  return Content(tables=tables, facts={"genomes": _genomes(abouts), "hit": round(streams.HIT, 3)})


def _draw(number: int, path: pathlib.Path, about: streams.About) -> tuple[streams.Seen, list[SiteTable]]:
  """Returns what a file looks like, and its tables."""
  seen = streams.see(path, streams.make_genome(about.build))
  picture = pd.concat([seen.along.to_table("manhattan"), seen.effects.to_table("volcano")], ignore_index=True)
  points = streams.make_quantiles(seen.quantiles)
  name = f"{about.trait}, {about.source} variants"
  return seen, [
    SiteTable(
      f"gwas_picture_{number}", f"Picture of {name}", _PICTURE, picture, report_genetics_tables.PICTURE, has_csv=False
    ),
    SiteTable(
      f"gwas_quantiles_{number}",
      f"Q-Q plot of {name}",
      _QUANTILES,
      points,
      report_genetics_tables.QUANTILES,
      has_csv=False,
    ),
  ]


def _describe(
  number: int, about: streams.About, seen: streams.Seen, data: Data, listed: dict[tuple[str, str], dict[str, int]]
) -> dict[str, Any]:
  """Returns a row of schema report_gwas_results."""
  traits = data["traits"]
  [trait] = traits[traits["trait"] == about.trait].to_dict("records")
  row = {
    "trait": about.trait,
    "source": about.source,
    "dimension": trait["dimension"],
    "stratum": trait["stratum"],
    "unit": trait["unit"],
    "build": about.build,
    "engine": about.engine,
    "number": number,
    "n": int(trait["n"]) - int(trait["n"]) % 5,
    "num_variants": seen.num_variants,
    "lambda_gc": np.nan,
    "reach": seen.reach,
    "num_beyond": seen.num_beyond,
  }
  inflation = data.tables["inflation"]
  if inflation is not None:
    chosen = inflation[(inflation["trait"] == about.trait) & (inflation["source"] == about.source)]
    names = ["num_hits", "num_loci", "lambda_gc", "mean_chi2", "ldsc_intercept", "ldsc_intercept_se"]
    row |= {name: chosen[name].iloc[0] for name in names} if len(chosen) else {}
    row |= listed.get((about.trait, about.source), {"num_rare": 0, "num_listed": 0})
  return row


def _list_hits(hits: pd.DataFrame | None) -> tuple[pd.DataFrame | None, dict[tuple[str, str], dict[str, int]]]:
  """Returns the hits to show (schema report_gwas_hits), and how many of each trait and source are and are not."""
  if hits is None:
    return None, {}
  schema = report_genetics_tables.HITS
  lead = hits.groupby(["trait", "source", "locus"], observed=True)["neg_log10_p"].transform("max")
  hits = hits.assign(is_lead=np.where(hits["neg_log10_p"] == lead, "yes", "no"))
  parts, counts = [], {}
  for (trait, source), rows in hits.groupby(["trait", "source"], sort=False, observed=True):
    shared = variants.make_shareable(rows)
    chosen = variants.choose_hits(shared, _MOST_HITS, _STRETCH_BP)
    counts[str(trait), str(source)] = {"num_rare": len(rows) - len(shared), "num_listed": len(chosen)}
    parts.append(chosen)
  table = pd.concat(parts, ignore_index=True) if parts else hits.reindex(columns=list(schema.columns))
  return table[list(schema.columns)].astype(schema.dtypes), counts


def _genomes(abouts: Sequence[tuple[pathlib.Path, streams.About]]) -> dict[str, Any]:
  """Returns the axis of each build in Mb: where chromosomes begin and end, and the width of a picture's cell."""
  axes = {}
  for build in sorted({about.build for _, about in abouts}):
    genome = streams.make_genome(build)
    axes[build] = {
      "end": round(genome.end / 1e6, 3),
      "columns": cells.COLUMNS,
      "rows": cells.ROWS,
      "chromosomes": [
        {"name": name, "from": round(offset / 1e6, 3), "length": round(length / 1e6, 3)}
        for name, offset, length in zip(genome.names, genome.offsets, genome.lengths, strict=True)
      ],
    }
  return axes


PAGE = Page(
  name="gwas",
  title="Associations along the genome",
  menu="Associations",
  group=Group.GENETICS,
  order=0,
  about=(
    "Which places of the genome go with fast ageing? At millions of places people differ by a letter. Each such "
    "variant "
    "was tested: do people with more copies of one letter look older or younger than they are?",
    "Manhattan plot: each variant by its place on the genome; the higher, the less likely by chance. The line is at "
    "p = 5e-8, below which chance alone would hardly ever lead with a million tests. What is below the line is a "
    "picture of counts, darker where there are more variants; what is above it are points to hover over.",
    "Q-Q plot: the p values against those of chance alone. Points far above the line at its end are "
    "associations; a line "
    "that leaves early hints at a test that is too optimistic. Lambda is 1 if the typical variant is as chance has it.",
    "Volcano plot: the size of the effect against its strength. Effects above zero: people with more copies age "
    "faster.",
    "Array variants were measured, imputed ones were filled in from people whose whole genome is known. Variants of "
    "which fewer than ten copies are known are not listed.",
  ),
  make=_make,
  sources={
    "traits": Source("gwas", "gwas", "traits", genetics_tables.TRAITS),
    "hits": Source("loci", "loci", "hits", loci_tables.HITS, is_optional=True),
    "inflation": Source("loci", "loci", "inflation", loci_tables.INFLATION, is_optional=True),
    "statistics": Source("gwas", "gwas", "summary_statistics/*/*.parquet", genetics_tables.SUMMARY_STATISTICS),
  },
)
