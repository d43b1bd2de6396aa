"""What the associations say in words, as the paper's Results and supplement do."""

from collections.abc import Collection, Sequence

import pandas as pd

from msk_jax.associations.summaries import tables

_VERBS = {"accelerating": "accelerated", "decelerating": "decelerated"}
_NUM_CATEGORIES = 3
_NOISE = (
  "**Its model has no age signal: predictions do not rise with age. This accelerated ageing is noise, and so is "
  "whatever goes with it.**"
)


def write(
  summaries: pd.DataFrame,
  leading: pd.DataFrame,
  dimensions: Sequence[str],
  level: float,
  *,
  has_published: bool,
  note: str = "",
  doubted: Collection[str] = (),
) -> str:
  """Returns Markdown: a section per dimension, a paragraph per main category and direction.

  Args:
    summaries: schema xwas_summaries.
    leading: schema xwas_leading.
    dimensions: in the order shown.
    level: of significance.
    has_published: whether the people are like the paper's, so that its numbers may stand beside.
    note: on whose results they are, below the title; empty for none.
    doubted: dimensions whose accelerated ageing is noise.
  """
  lines = [
    "# Variables associated with accelerated ageing",
    "",
    *([note, ""] if note else []),
    f"Partial correlations with age, sex and ethnicity held constant; p < {level:g}, by Bonferroni. The first sentence "
    "of a main category corrects for all its variables, the others for those of the category they name: so the former "
    "may count fewer. A category of few variables says little by its share. Variables that fed a dimension's own model "
    "do not count; what is derived from such, as a ratio of two, is not recognised and does.",
  ]
  for dimension in dimensions:
    lines += ["", f"## {_plain(dimension).capitalize()}", *(["", _NOISE] if dimension in doubted else [])]
    own = summaries[(summaries["dimension"] == dimension) & (summaries["level"] == "category")]
    for main in own["main_category"].unique():
      lines += ["", f"### {_plain(main).capitalize()}", ""]
      rows = own[own["main_category"] == main]
      lines.append(_overview(summaries, dimension, main))
      for direction in tables.DIRECTIONS:
        lines += ["", _paragraph(rows, leading, dimension, main, direction, has_published=has_published)]
  return "\n".join(lines) + "\n"


def _overview(summaries: pd.DataFrame, dimension: str, main: str) -> str:
  row = summaries[
    (summaries["dimension"] == dimension)
    & (summaries["level"] == "main_category")
    & (summaries["main_category"] == main)
  ].iloc[0]
  circular = f", {row['num_circular']:,} of them circular" if row["num_circular"] else ""
  if not row["num_tested"]:
    return f"None of the {row['num_variables']:,} {_plain(main)} variables could be tested{circular}."
  verb = "is" if row["num_significant"] == 1 else "are"
  return (
    f"Of {row['num_variables']:,} {_plain(main)} variables{circular}, {row['num_tested']:,} could be tested and "
    f"{row['num_significant']:,} ({row['share_significant']:.1%}) {verb} associated with {_plain(dimension)} ageing: "
    f"{row['num_accelerating']:,} with accelerated, {row['num_decelerating']:,} with decelerated ageing."
  )


def _paragraph(
  rows: pd.DataFrame, leading: pd.DataFrame, dimension: str, main: str, direction: str, *, has_published: bool
) -> str:
  share = f"share_{direction}"
  ranked = rows[rows[share] > 0].sort_values(share, ascending=False, kind="stable").head(_NUM_CATEGORIES)
  if ranked.empty:
    return f"No {_plain(main)} variable is associated with {_VERBS[direction]} {_plain(dimension)} ageing."
  names = _join([_plain(name) for name in ranked["category"]])
  some = "categories" if len(ranked) > 1 else "category"
  sentences = [
    f"The {_plain(main)} {some} most associated with {_VERBS[direction]} {_plain(dimension)} ageing: {names}."
  ]
  for row in ranked.to_dict("records"):
    own = leading[
      (leading["dimension"] == dimension)
      & (leading["level"] == "category")
      & (leading["main_category"] == main)
      & (leading["category"] == row["category"])
      & (leading["direction"] == direction)
    ]
    sentences.append(_sentence(row, own, share, direction, has_published=has_published))
  return " ".join(sentences)


def _sentence(row: dict, own: pd.DataFrame, share: str, direction: str, *, has_published: bool) -> str:
  listed = _join([f"{each.label or each.variable} ({each.r:+.3f})" for each in own.itertuples() if pd.notna(each.r)])
  count = row[f"num_{direction}"]
  text = (
    f"{_plain(row['category']).capitalize()}: {row[share]:.1%} ({count:,} of {row['num_tested']:,}), first {listed}"
  )
  published = row[f"published_{share}"]
  theirs = [f"{each.papers_label} ({each.published_r:+.3f})" for each in own.itertuples() if each.papers_label]
  if has_published and (pd.notna(published) or theirs):
    number = f"{published:.1%}" if pd.notna(published) else ""
    text += f" [published: {', '.join(part for part in (number, _join(theirs)) if part)}]"
  return text + "."


def _plain(name: str) -> str:
  return name.replace("_", " ")


def _join(parts: Sequence[str]) -> str:
  return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else "".join(parts)
