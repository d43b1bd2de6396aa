"""Which package may import which, as `test_architecture.py` checks it and WORKSPACE.md shows it.

`python -m tests.architecture` prints the table for WORKSPACE.md.
"""

import ast
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "msk_jax"

# What each package may import of msk_jax besides itself, from the lowest up. Stages may import everything but stages.
_IMPORTS = {
  "io": "",
  "durable": "io",
  "published": "",
  "schemas": "io",
  "cohort": "io schemas",
  "labels": "io",
  "imaging": "io schemas labels",
  "genome": "io schemas",
  "figures": "io",
  "disclosure": "io schemas figures",
  "scores": "",
  "predictions": "io published schemas cohort disclosure scores",
  "simulation": "io published schemas cohort imaging genome",
  "preparation": "io schemas cohort labels imaging simulation",
  "simulated_predictions": "io published schemas cohort predictions simulation preparation",
  "input": "io cohort imaging",
  "models": "",
  "weights": "io models",
  "regression": "scores",
  "tabular": "io schemas cohort scores models regression",
  "scalar_models": "io published schemas cohort figures scores predictions tabular",
  "ensembling": "io schemas cohort scores predictions regression",
  "evaluation": "io schemas cohort figures disclosure scores predictions",
  "biological_age": "io schemas cohort figures scores predictions evaluation",
  "mixed_models": "scores",
  "genetics": "io published schemas cohort genome biological_age mixed_models",
  "gwas_loci": "io schemas cohort figures genome predictions mixed_models genetics",
  "shared_release": "io published schemas cohort genome disclosure predictions genetics gwas_loci",
  "associations": "io published schemas cohort figures disclosure scores predictions preparation tabular ensembling "
  "biological_age",
  "trained": "io imaging predictions input models weights",
  "training": "io schemas cohort imaging figures scores predictions input models weights trained",
  "tuning": "io published schemas cohort predictions models scores training",
  "inference": "io cohort labels imaging predictions input trained",
  "attribution": "io schemas cohort imaging figures disclosure scores predictions simulation evaluation biological_age "
  "input models trained",
  "planning": "io durable",
  "launching": "io planning",
  "report": "io published schemas cohort genome figures disclosure predictions",
  "upkeep": "io schemas cohort imaging durable predictions preparation training",
}
ALLOWED = {name: imports.split() for name, imports in _IMPORTS.items()}


def make_table() -> str:
  """Returns the packages as a Markdown table: subject, and what each imports."""
  lines = ["| package | subject | imports |", "| --- | --- | --- |"]
  for name, allowed in ALLOWED.items():
    text = ast.get_docstring(ast.parse((PACKAGE / name / "__init__.py").read_text(encoding="utf-8"))) or ""
    subject = " ".join(text.split("\n\n")[0].split()).rstrip(".")
    lines.append(f"| `{name}` | {subject} | {', '.join(allowed)} |")
  return "\n".join(lines)


if __name__ == "__main__":
  sys.stdout.write(make_table() + "\n")
