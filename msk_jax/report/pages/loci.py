"""Loci: lead variants with their genes, candidates and effects in women and men, and the region around each."""

import pandas as pd

from msk_jax.genome import genes as genome_genes
from msk_jax.report import study_words
from msk_jax.report.genetic import regions, streams, variants
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source
from msk_jax.schemas import genetics_tables, loci_tables, report_genetics_tables, report_tables

_KEYS = ["trait", "source", "locus"]


def _make(data: Data) -> Content:
  loci = describe(data)
  tables = [
    SiteTable(
      "gwas_loci",
      "Loci of accelerated ageing",
      "A row per lead variant, without those of rare alleles: its gene, how many variants may be the cause "
      f"(credible sets of {study_words.credible_coverage(data.records)}), and its effect in women and in men.",
      loci,
      report_genetics_tables.LOCI,
    ),
    SiteTable(
      "gwas_genes",
      "Genes of the loci",
      "A row per gene in which, or nearest to which, a lead variant lies; nearest is a label and no claim of a cause.",
      count_genes(loci),
      report_genetics_tables.GENES,
    ),
  ]
  tables += _draw_regions(data, loci)
  return Content(tables=tables, search=_search(loci), facts={"hit": round(streams.HIT, 3)})


def describe(data: Data) -> pd.DataFrame:
  """Returns the loci with what is known of each: schema report_gwas_loci."""
  schema = report_genetics_tables.LOCI
  loci = variants.make_shareable(data["loci"])
  loci = loci.assign(start_mb=loci["start_bp"] / 1e6, end_mb=loci["end_bp"] / 1e6)
  keep = [name for name in schema.columns if name in loci]
  fine = data["fine_mapping"].rename(columns={"reason": "doubt"})[[*_KEYS, "num_sets", "doubt"]]
  sets = data["credible_sets"].groupby(_KEYS, as_index=False).size().rename(columns={"size": "num_candidates"})
  sexes = data["sex_differences"].rename(columns={"method": "sex_method"})
  sexes = sexes[[*_KEYS, *(name for name in sexes if name in schema.columns and name not in keep)]]
  table = loci[keep]
  for other in (fine, sets, sexes):
    table = table.merge(other, on=_KEYS, how="left", validate="one_to_one")
  table["also_in"] = table["also_in"].fillna("")
  table["number"] = regions.number_loci(table)
  text = [name for name, column in schema.columns.items() if column.dtype == "string" and name != "rsid"]
  return table.assign(**{name: table[name].astype("string").fillna("") for name in text})[list(schema.columns)].astype(
    schema.dtypes
  )


def count_genes(loci: pd.DataFrame) -> pd.DataFrame:
  """Returns the loci's genes, those of most loci first: schema report_gwas_genes.

  Args:
    loci: schema report_gwas_loci.
  """
  schema = report_genetics_tables.GENES
  single = loci.assign(gene=loci["genes"].str.split(r",\s*")).explode("gene")
  single = single[single["gene"].fillna("") != ""].sort_values("neg_log10_p", ascending=False, kind="stable")
  rows = [
    {
      "gene": gene,
      "traits": ", ".join(sorted(set(part["trait"]))),
      "num_loci": len(part),
      "best_trait": part["trait"].iloc[0],
      **{name: part[name].iloc[0] for name in ("rsid", "neg_log10_p", "beta")},
    }
    for gene, part in single.groupby("gene", sort=False)
  ]
  return pd.DataFrame(rows, columns=list(schema.columns)).astype(schema.dtypes)


def _draw_regions(data: Data, loci: pd.DataFrame) -> list[SiteTable]:
  """Returns the tables of the variants and genes around lead variants."""
  if not data.files["statistics"]:
    return []
  about = "Variants around lead variants; those that cover each other are thinned, rare alleles are left out."
  tables = []
  for path in data.files["statistics"]:
    of = streams.read_about(path)
    own = loci[(loci["trait"] == of.trait) & (loci["source"] == of.source) & loci["number"].notna()]
    if own.empty:
      continue
    ld = data["lead_ld"]
    known = regions.Known(
      data["loci"], ld[(ld["trait"] == of.trait) & (ld["source"] == of.source)], data["credible_sets"]
    )
    table = regions.make(path, own, known)
    name = f"gwas_region_{int(own['number'].iloc[0])}"
    title = f"Regions of {of.trait}, {of.source} variants"
    tables.append(SiteTable(name, title, about, table, report_genetics_tables.REGION, has_csv=False))
  schema = report_genetics_tables.REGION_GENES
  near = regions.find_genes(loci[loci["number"].notna()], genome_genes.read_embedded())
  return [*tables, SiteTable("gwas_region_genes", "Genes near lead variants", about, near, schema, has_csv=False)]


def _search(loci: pd.DataFrame) -> pd.DataFrame:
  """Returns genes and lead variants with the address that shows them: schema report_search."""
  genes = count_genes(loci)
  parts = [
    pd.DataFrame(
      {
        "kind": "gene",
        "label": genes["gene"],
        "detail": "locus of " + genes["traits"].str.replace("_", " "),
        "route": "#/loci?find=" + genes["gene"],
      }
    ),
    _search_variants(loci[loci["rsid"].notna()]),
  ]
  return pd.concat(parts, ignore_index=True)[list(report_tables.SEARCH.columns)]


def _search_variants(loci: pd.DataFrame) -> pd.DataFrame:
  first = loci.drop_duplicates("rsid")
  traits = loci.groupby("rsid")["trait"].agg(lambda names: ", ".join(dict.fromkeys(names)))
  return pd.DataFrame(
    {
      "kind": "variant",
      "label": first["rsid"],
      "detail": first["genes"] + ", lead variant of " + first["rsid"].map(traits).str.replace("_", " "),
      "route": "#/loci?find=" + first["rsid"],
    }
  )


PAGE = Page(
  name="loci",
  title="Loci, genes and regions",
  menu="Loci and genes",
  group=Group.GENETICS,
  order=1,
  about=(
    "Variants that lie side by side are inherited together, so an association is one of a stretch: a locus. Its "
    "strongest variant leads it. The gene is the one that the variant lies in, or the nearest: a label, no proof.",
    "In a region each point is a variant; its colour says how closely it is linked with the leading one. Diamonds are "
    "a credible set: one of them is the cause, if the model is right, with the probability that the methods say.",
    "Each locus' effect is also estimated within women and within men. Effects above zero: ages faster.",
    "Numbers of people are rounded down to a multiple of five, frequencies to whole percent.",
  ),
  make=_make,
  sources={
    "loci": Source("loci", "loci", "loci", loci_tables.LOCI),
    "lead_ld": Source("loci", "loci", "lead_ld", loci_tables.LEAD_LD),
    "fine_mapping": Source("loci", "loci", "fine_mapping", loci_tables.FINE_MAPPING),
    "credible_sets": Source("loci", "loci", "credible_sets", loci_tables.CREDIBLE_SETS),
    "sex_differences": Source("loci", "loci", "sex_differences", loci_tables.SEX_DIFFERENCES),
    "statistics": Source(
      "gwas", "gwas", "summary_statistics/*/*.parquet", genetics_tables.SUMMARY_STATISTICS, is_optional=True
    ),
  },
  uses=("gwas_results",),
)
