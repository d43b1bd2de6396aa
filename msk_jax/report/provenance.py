"""Where the numbers of a site come from: what each stage's run record says, for people."""

import re
from collections.abc import Mapping
from typing import Any

from msk_jax.io import run_record
from msk_jax.report import inputs
from msk_jax.report.sections import Page

_SHOWN_LETTERS = 12  # of a hash
_GROUP = 4  # letters; so no hash ever holds seven digits in a row


def of_inputs(read: inputs.Inputs) -> dict[str, dict[str, str]]:
  """Returns what is known of each stage's folder: folder to stage, date, revision, version and hash of settings."""
  return {
    folder: {
      "stage": str(record["stage"]),
      "written": str(record["written"])[:10],
      "revision": _grouped(str(record["git_revision"])),
      "version": str(record["msk_jax"]),
      "settings": _grouped(run_record.fingerprint(record["settings"])),
    }
    for folder, record in read.records.items()
  }


def of_page(page: Page, owners: Mapping[str, Page], read: inputs.Inputs) -> list[dict[str, str]]:
  """Returns the files that a page was made from: path, hash and folder of the run record.

  Args:
    page: the page.
    owners: name of a table of the site to the page that makes it.
    read: what was read.
  """
  makers = [page, *(owners[name] for name in page.uses if name in owners)]
  held = [each for maker in makers for declared in maker.inputs for each in declared.in_folders(read.records)]
  sources = {each.path: each for each in held if each.path in read.hashes}
  return [{"path": path, "hash": _grouped(read.hashes[path]), "folder": each.folder} for path, each in sources.items()]


def missing_of_page(page: Page, read: inputs.Inputs) -> dict[str, list[Mapping[str, Any]]]:
  """Returns the sources of a page that are not there, with the command that makes each."""
  return {
    kind: [
      {"path": each.path, "command": f"python -m msk_jax.{each.stage}"}
      for each in read.missing(page, optional=kind == "optional")
      if each.is_announced
    ]
    for kind in ("needed", "optional")
  }


def _grouped(text: str) -> str:
  """Returns the first letters of a hash, or of a revision with its suffix, in groups of four."""
  head, dash, rest = text.partition("-")
  if not re.fullmatch(r"[0-9a-f]{7,}", head):
    return text
  head = head[:_SHOWN_LETTERS]
  return " ".join(head[start : start + _GROUP] for start in range(0, len(head), _GROUP)) + dash + rest
