"""People and variants of PLINK 1 files (.fam, .bim, .bed), and the people of imputed files (.sample).

Sources: PLINK 1.9's formats; the Oxford sample file format.
"""

import dataclasses
import pathlib

import numpy as np
import pandas as pd

from msk_jax.genome import chromosomes, text_columns
from msk_jax.io import errors, plain_files
from msk_jax.schemas import cohort_tables

UNKNOWN_CHROMOSOME = "?"

_FAM = ("FID", "IID", "father", "mother", "sex", "phenotype")
_BIM = ("chromosome", "id", "centimorgans", "position", "allele 1", "allele 2")
_HEADERS = frozenset({"fid", "#fid", "iid", "#iid", "id_1", "eid", "id"})
_SEXES = {"1": cohort_tables.MALE, "2": cohort_tables.FEMALE}
_UNKNOWN_SEX = frozenset({"0", "-9", "NA", "na", "."})
_MOST_BP = 2**31 - 1

_BED_MAGIC, _BY_PERSON, _BY_VARIANT = b"\x6c\x1b", 0, 1
_MAGIC_BYTES = 3


@dataclasses.dataclass(frozen=True)
class PeopleFile:
  """The people of a .fam or .sample file, in its order.

  Attributes:
    path: the file.
    fid: str [n].
    iid: str [n].
    sex: int8 [n], `cohort_tables.FEMALE`, `MALE` or `SEX_MISSING`.
    is_redacted: bool [n], people whom UK Biobank has removed: it gives them negative ids.
  """

  path: pathlib.Path
  fid: np.ndarray
  iid: np.ndarray
  sex: np.ndarray
  is_redacted: np.ndarray

  def __len__(self) -> int:
    return len(self.iid)


def read_fam(path: pathlib.Path) -> PeopleFile:
  """Reads a .fam file; its phenotypes are ignored.

  Raises:
    InputError: the file can't be read, has a header, other than six columns, unknown codes of sex, or a person twice.
  """
  first = text_columns.first_lines(path, 1)
  if first and first[0][0].lower() in _HEADERS:
    raise errors.InputError(
      f"{path.name} begins with a header. A .fam file has none: each of its lines is a person, so a header moves all "
      "genotypes by one person. Remove the line."
    )
  table = text_columns.read(path, _FAM, ("FID", "IID", "sex"))
  return _people(path, table, 0)


def read_sample(path: pathlib.Path) -> PeopleFile:
  """Reads a .sample file; sexes are missing where it has no column `sex`.

  Raises:
    InputError: the file can't be read, lacks one of its two header lines, has unknown codes of sex, or a person twice.
  """
  head = text_columns.first_lines(path, 2)
  if len(head) < 2 or [name.upper() for name in head[0][:2]] != ["ID_1", "ID_2"]:
    raise errors.InputError(
      f"{path.name} does not begin with the line `ID_1 ID_2 missing sex`: it is not a sample file, or its header is "
      "gone. Use the one that was made with the .bgen file."
    )
  if head[1][0] != "0":
    raise errors.InputError(
      f"{path.name} lacks its second line, `0 0 0 D`, which gives the columns' types: the first person would be taken "
      "for it. Use the file that was made with the .bgen file."
    )
  names = [name.lower() for name in head[0]]
  sex = ["sex"] if "sex" in names else []
  names[:2] = ["FID", "IID"]
  if len(set(names)) < len(names):
    raise errors.InputError(f"{path.name} has two columns of one name: {', '.join(names)}.")
  table = text_columns.read(path, names, ("FID", "IID", *sex), num_header=2)
  return _people(path, table if sex else table.assign(sex="0"), 2)


def read_bim(path: pathlib.Path) -> pd.DataFrame:
  """Reads a .bim file.

  Returns:
    A row per variant, in the file's order: `chromosome` (a name of `chromosomes`, or `UNKNOWN_CHROMOSOME`), `code` (as
    in the file), `rsid` (the id, of whatever kind), `position_bp` int64, `allele_1` (BOLT's effect allele), `allele_2`.

  Raises:
    InputError: the file can't be read, has other than six columns, or positions that are not whole numbers.
  """
  wanted = ("chromosome", "id", "position", "allele 1", "allele 2")
  table = text_columns.read(path, _BIM, wanted)
  position = pd.to_numeric(table["position"], errors="coerce").to_numpy(np.float64)
  is_bad = ~(np.isfinite(position) & (position == np.round(position)) & (np.abs(position) <= _MOST_BP))
  if is_bad.any():
    raise errors.InputError(
      f"{path.name}: {is_bad.sum():,} positions are not whole numbers ({text_columns.lines(is_bad)}). A .bim file has "
      "no header, and the position in its fourth column."
    )
  codes, inverse = np.unique(table["chromosome"].to_numpy(object).astype(str), return_inverse=True)
  names = np.array([chromosomes.parse(code) or UNKNOWN_CHROMOSOME for code in codes], object)
  return pd.DataFrame(
    {
      "chromosome": names[inverse],
      "code": codes.astype(object)[inverse],
      "rsid": table["id"],
      "position_bp": position.astype(np.int64),
      "allele_1": table["allele 1"],
      "allele_2": table["allele 2"],
    }
  )


def check_bed(path: pathlib.Path, num_people: int, num_variants: int) -> None:
  """Makes sure that a .bed file is one, and has as many people and variants as the files beside it.

  Raises:
    InputError: it is not, or is of another size.
  """
  try:
    with plain_files.open_binary(path) as file:
      start = file.read(_MAGIC_BYTES)
    size = path.stat().st_size
  except OSError as error:
    raise text_columns.open_error(path, error) from None
  if start[:2] == b"\x1f\x8b":
    raise errors.InputError(f"{path.name} is compressed: unpack it (gunzip).")
  if start[:2] != _BED_MAGIC or len(start) < _MAGIC_BYTES:
    raise errors.InputError(
      f"{path.name} does not begin as a PLINK 1 .bed file does: is the name right? Copy it again."
    )
  if start[2] == _BY_PERSON:
    raise errors.InputError(
      f"{path.name} is in the old order, person by person, which no engine reads: write it again with `plink1.9 "
      f"--bfile {path.stem} --make-bed --out new`."
    )
  if start[2] != _BY_VARIANT:
    raise errors.InputError(
      f"{path.name} is a PLINK 2 file: write it as .bed, .bim and .fam with `plink2 --pfile {path.stem} --make-bed "
      "--out new`."
    )
  expected = bed_bytes(num_people, num_variants)
  if size != expected:
    row = (num_people + 3) // 4
    raise errors.InputError(
      f"{path.name} has {size:,} bytes; {num_people:,} people and {num_variants:,} variants take {expected:,}. It "
      f"would hold {(size - _MAGIC_BYTES) / row:,.2f} variants of so many people: the .fam or .bim file is another "
      "file's, or a copy was cut off."
    )


def bed_bytes(num_people: int, num_variants: int) -> int:
  """Returns the size of a .bed file."""
  return _MAGIC_BYTES + num_variants * ((num_people + 3) // 4)


def _people(path: pathlib.Path, table: pd.DataFrame, num_header: int) -> PeopleFile:
  fid, iid = (table[name].to_numpy(object).astype(str) for name in ("FID", "IID"))
  texts = table["sex"]
  is_known = texts.isin(list(_SEXES)).to_numpy(bool)
  is_bad = ~is_known & ~texts.isin(list(_UNKNOWN_SEX)).to_numpy(bool)
  if is_bad.any():
    raise errors.InputError(
      f"{path.name}: {is_bad.sum():,} people have a sex other than 1 (male), 2 (female) or 0 (unknown) "
      f"({text_columns.lines(is_bad, num_header)}). Are the columns in order?"
    )
  repeated = pd.Series(iid).duplicated().to_numpy(bool)
  if repeated.any():
    raise errors.InputError(
      f"{path.name}: {repeated.sum():,} lines repeat the IID of a line above "
      f"({text_columns.lines(repeated, num_header)}). People are known by their IID: make it unique."
    )
  sex = np.full(len(table), cohort_tables.SEX_MISSING, np.int8)
  for code, value in _SEXES.items():
    sex[(texts == code).to_numpy(bool)] = value
  is_redacted = table["IID"].str.fullmatch(r"-[0-9]+").to_numpy(bool)
  return PeopleFile(path, fid, iid, sex, is_redacted)
