"""This study beside the paper: each published number, the number here, and how many standard errors lie between."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from msk_jax.predictions import model_names
from msk_jax.schemas import report_comparison_tables

AGREES_WITHIN = 2.0  # standard errors
_SCHEMA = report_comparison_tables.REPRODUCTION
_Tables = Mapping[str, pd.DataFrame | None]


def compare(tables: _Tables) -> pd.DataFrame:
  """Returns all published numbers with those of this study: schema report_reproduction.

  Args:
    tables: name to a stage's table, None where it did not run; the names are the keys of `TOPICS`.
  """
  parts = []
  for name, make in TOPICS.items():
    if (table := tables.get(name)) is not None and len(rows := make(table)):
      parts.append(rows)
  if not parts:
    return pd.DataFrame(columns=list(_SCHEMA.columns)).astype(_SCHEMA.dtypes)
  table = pd.concat(parts, ignore_index=True).reindex(columns=list(_SCHEMA.columns))
  table = _judge(table[table["published_value"].notna()].reset_index(drop=True))
  return table.assign(source=table["source"].astype("string").fillna("")).astype(_SCHEMA.dtypes)


def list_genes(named: pd.DataFrame) -> pd.DataFrame:
  """Returns the genes that the paper names, array and imputed variants side by side: report_reproduction_genes.

  Args:
    named: schema release_named_loci.
  """
  schema = report_comparison_tables.REPRODUCTION_GENES
  keys = ["dimension", "gene"]
  table = named.drop_duplicates(keys)[[*keys, "linked_to", "trait", "named_in"]]
  for source in ("array", "imputed"):
    own = named[named["source"] == source].drop_duplicates(keys)
    own = own[[*keys, "status", "neg_log10_p"]].rename(
      columns={"status": source, "neg_log10_p": f"{source}_neg_log10_p"}
    )
    table = table.merge(own, on=keys, how="left")
  texts = {name: table[name].astype("string").fillna("") for name in ("array", "imputed")}
  return table.assign(**texts)[list(schema.columns)].astype(schema.dtypes)


def _judge(table: pd.DataFrame) -> pd.DataFrame:
  """Returns the table with the differences and what they mean."""
  difference = table["here"] - table["published_value"]
  squares = table[["here_se", "published_se"]].astype(float).pow(2)
  error = squares.sum(axis=1).pow(0.5).where(table["here_se"].notna() & (table["here_se"] > 0))
  in_se = difference / error
  verdict = np.select(
    [table["here"].isna(), in_se.isna(), in_se.abs() <= AGREES_WITHIN], ["no_number", "no_error", "agrees"], "differs"
  )
  return table.assign(difference=difference, difference_in_se=in_se, verdict=verdict)


def _performance(table: pd.DataFrame) -> pd.DataFrame:
  parts = []
  for topic, score, sd in (("R2 of age", "r2", "r2_sd_bootstrap"), ("RMSE of age", "rmse", "rmse_sd_bootstrap")):
    what = table["model"].map(model_names.label) + table["product"].map({"sample": ", per visit"}).fillna(
      ", per participant"
    )
    parts.append(
      pd.DataFrame(
        {
          "topic": topic,
          "what": what,
          "dimension": table["model"].map(model_names.dimension),
          "published_value": table[f"published_{score}"],
          "published_se": table.get(f"published_{score}_sd"),
          "here": table[score],
          "here_se": table[sd],
        }
      )
    )
  return pd.concat(parts, ignore_index=True)


def _heritability(table: pd.DataFrame) -> pd.DataFrame:
  return _rows(
    "heritability", table, table["trait"], ("published_h2", "published_h2_se", "h2", "h2_se"), table["trait"]
  )


def _genetic(table: pd.DataFrame) -> pd.DataFrame:
  names = ("published_rg", "published_rg_se", "rg", "rg_se")
  return _rows("genetic correlation", table, table["trait_1"] + " – " + table["trait_2"], names)


def _phenotypic(table: pd.DataFrame) -> pd.DataFrame:
  own = table[table["product"] == "sample"]
  what = own["model_1"].map(model_names.label) + " – " + own["model_2"].map(model_names.label)
  return _rows("phenotypic correlation", own, what, ("published_r", "published_r_sd", "r", "sd"))


def _table_1(table: pd.DataFrame) -> pd.DataFrame:
  parts = [
    _rows(topic, table, table["trait"], (published, "", here, ""), table["dimension"])
    for topic, published, here in (
      ("associated variants (Table 1)", "published_num_snps", "num_snps_array"),
      ("associated genes (Table 1)", "published_num_genes", "num_genes_array"),
    )
  ]
  return pd.concat(parts, ignore_index=True)


def _prose(table: pd.DataFrame) -> pd.DataFrame:
  """Means over pairs; the other numbers of the text are those of the tables. Their SDs are between pairs, no errors."""
  own = table[table["statistic"].str.startswith("mean_")]
  rows = _rows("mean correlation", own, own["name"], ("published_value", "", "value", ""))
  return rows.assign(source=own["source"].to_numpy())


def _shares(table: pd.DataFrame) -> pd.DataFrame:
  parts = []
  for direction in ("accelerating", "decelerating"):
    what = _category(table) + f", {direction}"
    names = (f"published_share_{direction}", "", f"share_{direction}", "")
    parts.append(_rows("share of variables associated", table, what, names, table["dimension"]))
  return pd.concat(parts, ignore_index=True)


def _leading(table: pd.DataFrame) -> pd.DataFrame:
  own = table[table["published_r"].notna()]
  label = own["label"].astype("string").fillna("")
  rank = _category(own) + ", " + own["direction"] + " " + own["rank"].astype(str)
  what = rank + ": published " + own["papers_label"] + ", here " + label.where(label != "", "none")
  return _rows("strongest associations (by rank)", own, what, ("published_r", "", "r", ""), own["dimension"])


def _similarity(table: pd.DataFrame) -> pd.DataFrame:
  what = table["main_category"].str.replace("_", " ") + ", " + table["selection"]
  return _rows("mean correlation by associations", table, what, ("published_mean", "", "mean", ""))


def _prediction(table: pd.DataFrame) -> pd.DataFrame:
  what = _category(table) + ", " + table["algorithm"].str.replace("_", " ")
  names = ("published_r2", "", "r2", "r2_sd_folds")
  rows = _rows("prediction of accelerated ageing", table, what, names, table["dimension"])
  return rows.assign(here_se=np.nan)  # the SD over folds is not a standard error


def _rows(
  topic: str, table: pd.DataFrame, what: pd.Series, names: tuple[str, str, str, str], dimension: Iterable[str] = ""
) -> pd.DataFrame:
  """Returns rows of the schema from a table's columns: published, its error, here, its error; `` for none."""
  values = {
    target: table[name].astype(float).to_numpy() if name else np.nan
    for target, name in zip(("published_value", "published_se", "here", "here_se"), names, strict=True)
  }
  words = what.str.replace("_", " ").to_numpy()
  return pd.DataFrame(
    {"topic": topic, "what": words, "dimension": np.asarray(dimension), **values}, index=range(len(table))
  )


def _category(table: pd.DataFrame) -> pd.Series:
  return table["category"].where(table["category"] != "", table["main_category"]).str.replace("_", " ")


TOPICS: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
  "performance": _performance,
  "phenotypic": _phenotypic,
  "heritability": _heritability,
  "genetic": _genetic,
  "prose": _prose,
  "table_1": _table_1,
  "shares": _shares,
  "leading": _leading,
  "similarity": _similarity,
  "prediction": _prediction,
}
