"""The people of all genotype files: one order for array genotypes, and who is in the imputed files too."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from msk_jax.genetics import person_ids
from msk_jax.genome import bgen_header, chromosomes, plink_tables
from msk_jax.genome.genotype_files import GenotypeFiles, ImputedFile
from msk_jax.genome.plink_tables import PeopleFile
from msk_jax.io import errors, run_record

_LEAST_SHARED = 0.5  # of the people of the .fam file, in each sample file
MOST_OTHER_SEX = 0.05  # share of people whose sex differs between two files; rows in another order give about a half
FEWEST_OTHER_SEX = 10


@dataclasses.dataclass(frozen=True)
class GenotypedPeople:
  """The people of the .fam files, in their order.

  Attributes:
    fam: the first .fam file, which all others are like.
    key: str [n], ids as the cohort spells them.
    is_imputed: bool [n], whether all sample files of autosomes have them.
    is_imputed_on_x: bool [n], whether that of chromosome X has them.
    headers: of the .bgen files.
    counts: people of special kinds: `redacted`, and `ids_of_two_halves` (see `person_ids.plain`).
  """

  fam: PeopleFile
  key: np.ndarray
  is_imputed: np.ndarray
  is_imputed_on_x: np.ndarray
  headers: tuple[bgen_header.Header, ...]
  counts: Mapping[str, int]

  def __len__(self) -> int:
    return len(self.key)


def read(files: GenotypeFiles) -> GenotypedPeople:
  """Reads the people of all files, and makes sure that files belong together.

  Raises:
    InputError: files can't be read, .fam files differ, or sample files are of other people, in another order, or not of
      their .bgen file.
  """
  fam = _read_same([file.fam for file in files.array])
  if fam.is_redacted.all():
    raise errors.InputError(f"{fam.path.name} holds nobody but people whom UK Biobank has removed (negative ids).")
  key, num_doubled = person_ids.plain(fam.iid)
  _refuse_repeats(fam, key)
  samples, headers = {}, []
  for file in files.imputed:
    if file.sample not in samples:
      samples[file.sample] = _read_sample(file.sample, fam, key)
    headers.append(_check_bgen(file, samples[file.sample]))
  of_autosomes = [file.sample for file in files.imputed if file.chromosome != chromosomes.X]
  of_x = [file.sample for file in files.imputed if file.chromosome in ("", chromosomes.X)]
  counts = {"redacted": int(fam.is_redacted.sum()), "ids_of_two_halves": num_doubled}
  return GenotypedPeople(
    fam, key, _are_in_all(key, of_autosomes, samples), _are_in_all(key, of_x, samples), tuple(headers), counts
  )


def refuse_other_sexes(sex: np.ndarray, others: np.ndarray, first: str, second: str) -> None:
  """Refuses two sources of which too many people differ in sex: their rows are in different orders.

  Args:
    sex: int [n], negative where not known.
    others: int [n], of the same people.
    first: name of the first source.
    second: name of the second.

  Raises:
    InputError: over `MOST_OTHER_SEX` of those of known sex differ, and `FEWEST_OTHER_SEX` or more.
  """
  is_known = (sex >= 0) & (others >= 0)
  num, num_other = int(is_known.sum()), int((sex != others)[is_known].sum())
  if num_other >= FEWEST_OTHER_SEX and num_other > MOST_OTHER_SEX * num:
    raise errors.InputError(
      f"{num_other:,} of {num:,} people have another sex in {first} than in {second}; of files that belong together it "
      "is one in a thousand. The rows of one are in another order, or its ids are another application's: use the files "
      "that were made together."
    )


def _read_same(paths: Sequence[pathlib.Path]) -> PeopleFile:
  """Reads the first of the .fam files, and makes sure that the others have the same people in the same order."""
  first = plink_tables.read_fam(paths[0])
  seen = {run_record.hash_file(paths[0])}
  for path in dict.fromkeys(paths[1:]):
    if (digest := run_record.hash_file(path)) in seen:
      continue
    seen.add(digest)
    other = plink_tables.read_fam(path)
    if len(other) != len(first):
      problem = f"{len(other):,} people, and {paths[0].name} {len(first):,}"
    elif num := int((other.iid != first.iid).sum()):
      problem = f"other people than {paths[0].name} in {num:,} of {len(first):,} lines"
    elif num := int((other.sex != first.sex).sum()):
      problem = f"{num:,} sexes other than {paths[0].name}"
    else:
      continue
    raise errors.InputError(
      f"{path.name} has {problem}. All .fam files must have the same people in the same order: a line moved gives a "
      "person another's genotypes. Use the files that were made together."
    )
  return first


def _refuse_repeats(people: PeopleFile, key: np.ndarray) -> None:
  num = len(key) - len(np.unique(key))
  if num:
    raise errors.InputError(
      f"{people.path.name}: {num:,} people have the id of another once zeros in front are dropped: who is who can't be "
      "told. Write all ids in one way."
    )


def _read_sample(path: pathlib.Path, fam: PeopleFile, fam_key: np.ndarray) -> tuple[PeopleFile, np.ndarray]:
  """Returns a sample file and its keys, once it is of the people of the .fam file."""
  people = plink_tables.read_sample(path)
  key, _ = person_ids.plain(people.iid)
  _refuse_repeats(people, key)
  wanted = fam_key[~fam.is_redacted]
  shared = int(np.isin(wanted, key[~people.is_redacted]).sum())
  if shared < _LEAST_SHARED * len(wanted):
    forms = person_ids.compare_forms(people.path.name, key[~people.is_redacted], fam.path.name, wanted)
    raise errors.InputError(
      f"{path.name} has {shared:,} of the {len(wanted):,} people of {fam.path.name}. {forms} Use the sample file of "
      "the same application."
    )
  _, rows, fam_rows = np.intersect1d(key, fam_key, return_indices=True)
  refuse_other_sexes(people.sex[rows], fam.sex[fam_rows], path.name, fam.path.name)
  return people, key


def _check_bgen(file: ImputedFile, sample: tuple[PeopleFile, np.ndarray]) -> bgen_header.Header:
  header = bgen_header.read(file.bgen)
  people, key = sample
  if header.num_people != len(people):
    raise errors.InputError(
      f"{file.bgen.name} holds {header.num_people:,} people, and {people.path.name} {len(people):,}. Use the sample "
      "file that was made with the .bgen file."
    )
  if header.iid is not None and (num := int((person_ids.plain(header.iid)[0] != key).sum())):
    raise errors.InputError(
      f"{file.bgen.name} holds ids of its own, and {num:,} of {len(key):,} differ from {people.path.name}. "
      f"{person_ids.compare_forms(file.bgen.name, header.iid, people.path.name, people.iid)} Use the sample file that "
      "was made with the .bgen file."
    )
  for coding in header.first:
    if file.chromosome and coding.chromosome != file.chromosome:
      raise errors.InputError(
        f"{file.bgen.name} is named as that of chromosome {file.chromosome}, and holds variants of chromosome "
        f"{coding.code}. Correct its name."
      )
    if coding.chromosome not in chromosomes.NAMES:
      raise errors.InputError(
        f"{file.bgen.name} holds variants of chromosome {coding.code!r}, which is not analysed: leave them out."
      )
  return header


def _are_in_all(
  key: np.ndarray, paths: Sequence[pathlib.Path], samples: Mapping[pathlib.Path, tuple[PeopleFile, np.ndarray]]
) -> np.ndarray:
  if not paths:
    return np.zeros(len(key), bool)
  is_in = np.ones(len(key), bool)
  for path in dict.fromkeys(paths):
    people, sample_key = samples[path]
    is_in &= np.isin(key, sample_key[~people.is_redacted])
  return is_in
