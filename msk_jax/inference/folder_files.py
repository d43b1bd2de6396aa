"""The image files and archives of a folder, each a sample of its own."""

import os
import pathlib
import re
from collections import Counter

from absl import logging

from msk_jax.imaging import dicom, dxa_zips, picture_files, quality
from msk_jax.inference.sample import File, Sample, parse_archive_name, printable

_UNREAD_ENDINGS = frozenset(
  {".gif", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".jpx", ".psd", ".pdf", ".nii", ".mha", ".mhd", ".nrrd"}
)
_SHOWN_ENDING = re.compile(r"(\.[a-z0-9]{1,5})?", re.ASCII)


def scan(root: pathlib.Path) -> tuple[list[Sample], list[quality.Note]]:
  """Returns one sample for each image file or archive; hidden files are skipped, files of other kinds counted.

  Returns:
    samples: by name.
    notes: of files that look like images but can't be read, and of folders that can't be opened.
  """
  skipped: Counter[str] = Counter()
  samples: dict[pathlib.Path, Sample] = {}
  visits: list[tuple[dxa_zips.ZipName, pathlib.Path]] = []
  files, notes = _walk(root)
  for path in files:
    relative = path.relative_to(root)
    if any(part.startswith(".") for part in relative.parts) or not path.is_file():
      continue
    file = File(path, printable(relative.as_posix()))
    if path.suffix.lower() == picture_files.ARCHIVE_ENDING:
      parsed = parse_archive_name(path.name)
      if parsed is None:
        notes.append(quality.Note(file.name, "", "bad_name"))
      else:
        visits.append((parsed, path))
        samples[path] = Sample(parsed.eid, parsed.instance, (file,))
    elif _is_image(path):
      samples[path] = Sample(file.name, 0, (file,))
    elif path.suffix.lower() in _UNREAD_ENDINGS:
      notes.append(quality.Note(file.name, "", "unsupported", "a format that is not read"))
    else:
      skipped[path.suffix.lower()] += 1
  _warn_of_skipped(skipped)
  for path, reason, detail in dxa_zips.one_per_visit(visits)[1]:
    notes.append(quality.Note(samples.pop(path).files[0].name, "", reason, detail))
  return list(samples.values()), notes


def _walk(root: pathlib.Path) -> tuple[list[pathlib.Path], list[quality.Note]]:
  """Returns all files under a folder, in order, and a note for each folder that can't be opened."""
  refused: list[OSError] = []
  files = [pathlib.Path(folder, name) for folder, _, names in os.walk(root, onerror=refused.append) for name in names]
  names = [printable(pathlib.Path(error.filename or root).relative_to(root).as_posix()) for error in refused]
  return sorted(files), [
    quality.Note(name, "", "unreadable_file", f"a folder, {type(error).__name__}")
    for name, error in zip(names, refused, strict=True)
  ]


def _is_image(path: pathlib.Path) -> bool:
  """Returns whether ending or content is that of a picture; DICOM files often end in nothing, or in a number."""
  ending = path.suffix.lower()
  if ending in picture_files.PICTURE_ENDINGS or (ending and ending in picture_files.DICOM_ENDINGS):
    return True
  head = picture_files.read_head(path)
  return dicom.has_preamble(head) or picture_files.kind_of(head) is picture_files.Kind.PICTURE


def _warn_of_skipped(endings: Counter[str]) -> None:
  """Warns of files that are not images, by ending; long or odd endings are not shown, as they may be anything."""
  if endings:
    shown = Counter({name: count for name, count in endings.items() if _SHOWN_ENDING.fullmatch(name)})
    num_others = endings.total() - shown.total()
    listed = [f"{name} {count}" for name, count in sorted(shown.items())]
    listed += [f"others {num_others}"] if num_others else []
    logging.warning("%d files are not images and are skipped: %s", endings.total(), ", ".join(listed))
