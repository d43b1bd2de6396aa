"""What a person sees of the inputs before an engine starts: counts of people and of variants."""

import pandas as pd
from rich import table

from msk_jax.genetics import variant_quality
from msk_jax.genetics.inputs import Inputs
from msk_jax.io import printing

_LEAST_WIDTH = 100


def show(inputs: Inputs) -> None:
  """Prints who and what is analysed, and what is left out."""
  output = printing.printer(_LEAST_WIDTH)
  output.print(people_table(inputs.overlap))
  if len(inputs.quality):
    output.print(variant_table(inputs.quality))
  output.print(trait_table(inputs))


def people_table(steps: pd.DataFrame) -> table.Table:
  """Returns schema gwas_overlap as a table."""
  shown = printing.make_table("people", ["step"], ["before", "dropped", "left"])
  for row in steps.to_dict("records"):
    shown.add_row(row["step"], *(printing.count(row[name]) for name in ("n_before", "n_dropped", "n")))
  return shown


def variant_table(quality: pd.DataFrame) -> table.Table:
  """Returns schema gwas_variant_quality as a table, all chromosomes together."""
  shown = printing.make_table("array variants left out", ["reason"], ["variants"], ["meaning"])
  for reason, num in quality.groupby("reason", sort=False)["n"].sum().items():
    shown.add_row(str(reason), printing.count(num), variant_quality.REASONS[str(reason)])
  return shown


def trait_table(inputs: Inputs) -> table.Table:
  """Returns the traits as a table, also those that can't be analysed."""
  shown = printing.make_table("traits", ["trait", "model", "unit"], ["people"], ["not analysed because"])
  for trait in inputs.analysis.traits:
    shown.add_row(trait.name, trait.model, trait.unit, printing.count(trait.num_people), "")
  for refused in inputs.refused:
    trait = refused.trait
    shown.add_row(trait.name, trait.model, trait.unit, printing.count(trait.num_people), refused.detail)
  return shown
