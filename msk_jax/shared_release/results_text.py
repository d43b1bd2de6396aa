"""The results in words: Table 1 as Markdown, a paragraph per dimension, the paper's genes and its numbers."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pandas as pd

from msk_jax.cohort import source as source_file
from msk_jax.genetics import spec as gwas_spec
from msk_jax.genetics import written_results
from msk_jax.shared_release import named_loci, table_1, words
from msk_jax.shared_release.inputs import Inputs

_NOT_LOOKED_UP = (
  "No variant is in or around a gene that the paper names. Their places are known in GRCh37 alone: in results of "
  "another build they are not looked up."
)
_OTHERS = "These people are not like the paper's, so no published numbers stand beside."


@dataclasses.dataclass(frozen=True)
class Tables:
  """What the texts are made of.

  Attributes:
    table_1: schema release_table_1.
    others: likewise, of traits that do not stand for a dimension.
    prose: schema release_prose_numbers.
    named: schema release_named_loci.
    leads: schema release_lead_variants; None without the stage `loci`.
    shared: int64 of the index of `leads`: which locus of all traits each is.
    num_rare_leads: lead variants that were left out.
  """

  table_1: pd.DataFrame
  others: pd.DataFrame
  prose: pd.DataFrame
  named: pd.DataFrame
  leads: pd.DataFrame | None
  shared: pd.Series | None
  num_rare_leads: int


def make_table_1(made: Tables, read: Inputs) -> str:
  """Returns Table 1 as Markdown, the published numbers in brackets."""
  header = ["dimension", "people", "SNPs (array)", "genes (array)", "SNPs (imputed)", "genes (imputed)"]
  header += ["heritability", "R² of predicted age"]
  rows = [
    [
      words.dimension(row["dimension"]),
      _beside(words.count(row["n"]), words.count(row["published_n"])),
      _beside(words.count(row["num_snps_array"]), words.count(row["published_num_snps"])),
      _beside(words.count(row["num_genes_array"]), words.count(row["published_num_genes"])),
      words.count(row["num_snps_imputed"]),
      words.count(row["num_genes_imputed"]),
      _beside(words.percent(row["h2"], row["h2_se"]), words.percent(row["published_h2"], row["published_h2_se"])),
      _beside(words.percent(row["r2"], row["r2_sd"]), words.percent(row["published_r2"], row["published_r2_sd"])),
    ]
    for row in made.table_1.to_dict("records")
  ]
  gaps = _list_gaps(made.table_1)
  return "\n".join(
    [
      "# Table 1: the GWASs of accelerated ageing",
      "",
      *_preface(read),
      f"{_describe_p(made.table_1)} SNPs: variants with p < 5e-8. Genes: different genes in or nearest to them. The "
      "published SNPs and genes are of array variants. ±: standard error of heritability, bootstrap SD of R². R² is "
      "per sample, before bias correction." + (" In brackets: published." if read.is_comparable else ""),
      "",
      words.table(header, rows),
      *(["Missing or in doubt:", "", *gaps, ""] if gaps else []),
    ]
  )


def _list_gaps(table: pd.DataFrame) -> list[str]:
  """Returns a line for each gap of Table 1, with the dimensions that have it."""
  dimensions: dict[str, list[str]] = {}
  for row in table.to_dict("records"):
    for gap in filter(None, row["gaps"].split(table_1.BETWEEN_GAPS)):
      dimensions.setdefault(gap, []).append(words.dimension(row["dimension"]))
  return [f"- {'all' if len(names) == len(table) else ', '.join(names)}: {gap}." for gap, names in dimensions.items()]


def make_results(made: Tables, read: Inputs, num_top_loci: int) -> str:
  """Returns the results in words as Markdown.

  Args:
    made: the tables.
    read: the inputs.
    num_top_loci: loci of a dimension that are named.
  """
  lines = ["# Results", "", *_preface(read)]
  lines += [
    f"{_describe_p(made.table_1)} "
    "Effects are per copy of the allele named; on X a man's single copy counts as two. A gene beside a "
    "variant is the one that it lies in or the nearest: a label, not a claim on what it acts.",
    "",
  ]
  if read.gaps:
    lines += ["Missing inputs:", "", *(f"- {gap}" for gap in read.gaps), ""]
  if made.num_rare_leads:
    left_out = words.counted(made.num_rare_leads, "lead variant")
    lines += [f"Left out, with fewer than ten of the rarer allele: {left_out}.", ""]
  for row in made.table_1.to_dict("records"):
    lines += [f"## {words.dimension(row['dimension'])}", "", _describe_gwas(row), ""]
    lines += _describe_loci(row, made, num_top_loci)
    lines += _describe_named(made.named[made.named["dimension"] == row["dimension"]])
  for row in made.others.to_dict("records"):
    lines += [f"## Trait {row['trait']}", "", _describe_gwas(row), "", *_describe_loci(row, made, num_top_loci)]
  if made.named["num_variants"].eq(0).all():
    lines += [_NOT_LOOKED_UP, ""]
  lines += ["## Genes that the paper names without a dimension", ""]
  lines += _describe_named(made.named[made.named["dimension"] == ""])
  lines += ["## Numbers of the paper's text", "", _make_prose_table(made.prose, read.is_comparable)]
  return "\n".join(lines)


def _preface(read: Inputs) -> list[str]:
  lines = [source_file.DRAWN_NOTE, ""] if read.is_drawn else [] if read.is_comparable else [_OTHERS, ""]
  return [*lines, *_list_differences(read)]


def _list_differences(read: Inputs) -> list[str]:
  """Returns a line on how the analysis differs from the paper's; none where it does not."""
  settings = read.gwas.spec
  differences = []
  if set(settings.ethnicities) != set(gwas_spec.WHITE):
    differences.append("the paper's people are White (field 21000), these are others")
  if settings.transformation != "none":
    differences.append(f"the traits are transformed ({settings.transformation}), the paper's are in years")
  return [f"The analysis is not the paper's: {'; '.join(differences)}.", ""] if differences else []


def _describe_p(table: pd.DataFrame) -> str:
  builds = sorted({str(build) for build in table["build"]} - {""})
  columns = sorted({str(name) for name in table["engine_p"]} - {""})
  return f"Build: {', '.join(builds) or words.MISSING}. p values: {', '.join(columns) or words.MISSING}."


def _beside(ours: str, published: str) -> str:
  return ours if published == words.MISSING else f"{ours} [{published}]"


def _published(text: str) -> str:
  return f" (published: {text})" if words.MISSING not in text else ""


def _describe_gwas(row: Mapping[Any, Any]) -> str:
  """Returns the sentences on a trait's GWAS."""
  if pd.isna(row["n"]):
    return f"There is no GWAS: {row['gaps']}."
  sentences = [f"The GWAS analysed {words.count(row['n'])} people{_published(words.count(row['published_n']))}."]
  for source in written_results.SOURCES:
    if not pd.isna(row[f"num_snps_{source}"]):
      num_snps = row[f"num_snps_{source}"]
      text = f"Of the {source} variants, {words.count(num_snps) if num_snps else 'none'} had p < 5e-8"
      if num_snps and not pd.isna(row[f"num_loci_{source}"]):
        text += f", in {words.counted(row[f'num_loci_{source}'], 'locus')}"
      if num_snps and not pd.isna(row[f"num_genes_{source}"]):
        text += f", in or nearest to {words.counted(row[f'num_genes_{source}'], 'gene')}"
      if source == "array" and not pd.isna(row["published_num_snps"]):
        text += f" (published: {words.count(row['published_num_snps'])} in {words.count(row['published_num_genes'])} "
        text += "genes)"
      sentences.append(f"{text}.")
  if not pd.isna(row["h2"]):
    published = words.percent(row["published_h2"], row["published_h2_se"])
    sentences.append(f"Heritability was {words.percent(row['h2'], row['h2_se'])}{_published(published)}.")
  if not pd.isna(row["r2"]):
    published = words.percent(row["published_r2"], row["published_r2_sd"])
    sentences.append(
      f"Age itself was predicted with an R² of {words.percent(row['r2'], row['r2_sd'])}{_published(published)}."
    )
  if gaps := [gap for gap in row["gaps"].split(table_1.BETWEEN_GAPS) if gap and table_1.NOT_THERE not in gap]:
    sentences.append(f"Missing or in doubt: {table_1.BETWEEN_GAPS.join(gaps)}.")
  return " ".join(sentences)


def _describe_loci(row: Mapping[Any, Any], made: Tables, num_top_loci: int) -> list[str]:
  """Returns lines on the strongest loci of a trait; a locus of array and imputed variants is named once."""
  if made.leads is None or made.shared is None:
    return []
  leads = made.leads.assign(shared_locus=made.shared)
  leads = leads[leads["trait"] == row["trait"]]
  leads = leads.sort_values("neg_log10_p", ascending=False, kind="stable").drop_duplicates("shared_locus")
  if leads.empty:
    return []
  shown = f"The {num_top_loci} strongest of {len(leads)} loci" if len(leads) > num_top_loci else "Loci"
  lines = [f"{shown}, array and imputed variants together:", ""]
  for lead in leads.head(num_top_loci).to_dict("records"):
    where = words.place(lead["chromosome"], lead["position_mb"])
    gene = {"overlapping": f"in {lead['genes']}", "nearest": f"nearest to {lead['genes']}"}.get(lead["relation"], "")
    name = lead["rsid"] if not pd.isna(lead["rsid"]) else "a variant without an rs number"
    also = f"; also in {lead['also_in']}" if lead["also_in"] else ""
    lines.append(
      f"- {' '.join(filter(None, (name, gene)))} ({where}; {lead['source']}; p = "
      f"{words.p_value(lead['neg_log10_p'])}): {lead['direction']}{also}"
    )
  return [*lines, ""]


def _describe_named(named: pd.DataFrame) -> list[str]:
  """Returns a table of genes that the paper names, with the least p in and around each."""
  if named.empty:
    return []
  rows = []
  for gene, both in named.groupby("gene", sort=False):
    best = both.sort_values("neg_log10_p", ascending=False, kind="stable", na_position="last").iloc[0]
    later = f" (now {best['later_name']})" if best["later_name"] else ""
    verdicts = {
      named_loci.SIGNIFICANT: "yes",
      named_loci.NOT_SIGNIFICANT: "no",
      named_loci.NO_VARIANT: "no variant there",
      named_loci.NO_RESULT: "no result",
    }
    has_p = best["status"] in (named_loci.SIGNIFICANT, named_loci.NOT_SIGNIFICANT)
    place = words.place(best["chromosome"], best["position_mb"]) if has_p else ""
    name = "" if pd.isna(best["rsid"]) else f"{best['rsid']}, "
    rows.append(
      [
        f"{gene}{later}",
        best["linked_to"],
        verdicts[best["status"]],
        f"{words.p_value(best['neg_log10_p'])} ({name}{place}; {best['trait']}, {best['source']})" if has_p else "",
      ]
    )
  header = ["gene that the paper names", "linked to, as the paper has it", "p < 5e-8 here", "least p in or around it"]
  return [words.table(header, rows, num_texts=len(header))]


def _make_prose_table(prose: pd.DataFrame, is_comparable: bool) -> str:
  rows = []
  for row in prose.to_dict("records"):
    digits = 2 if row["statistic"] == "rmse" else 3
    ours = words.number(row["value"], row["sd"], digits)
    if not pd.isna(row["num_pairs"]) and row["num_pairs"]:
      ours += f" ({words.counted(row['num_pairs'], 'pair')})"
    published = words.number(row["published_value"], row["published_sd"], digits)
    rows.append([row["name"], ours, *([published] if is_comparable else []), row["sd_kind"], row["gap"]])
  header = ["number", "here", *(["published"] if is_comparable else []), "±", "gap"]
  return words.table(header, rows)
