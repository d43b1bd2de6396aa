"""Programs of others that run in the browser: `third_party/browser.json` says what, of which version and hash."""

import dataclasses
import gzip
import hashlib
import json
import pathlib
from collections.abc import Iterable

import msk_jax
from msk_jax.io import errors

_FOLDER = pathlib.Path(msk_jax.__file__).resolve().parents[1] / "third_party"
_LIST = "browser.json"


@dataclasses.dataclass(frozen=True)
class Library:
  """A library in one file.

  Attributes:
    name: its folder in `third_party`.
    package: the registry's package with its version, and the file in it.
    licence: SPDX name.
    sha256: of the file, hex; the list has it in groups of four letters, which can't look like a participant's id.
    file: the compressed file, in `third_party`.
  """

  name: str
  package: str
  licence: str
  sha256: str
  file: str

  def read(self) -> bytes:
    """Returns the file as its authors published it.

    Raises:
      InputError: it is not there, or has another hash.
    """
    path = _FOLDER / self.file
    try:
      content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
      raise errors.InputError(
        f"{path} can't be read ({type(error).__name__}): run the program from its repository, with third_party/ whole."
      ) from None
    if hashlib.sha256(content).hexdigest() != self.sha256:
      raise errors.InputError(f"{path} is not the file of {self.package}: restore it from the repository.")
    return content

  def read_licence(self) -> str:
    """Returns the text of its licence."""
    return (_FOLDER / self.name / "LICENSE").read_text(encoding="utf-8")


def list_files(names: Iterable[str]) -> list[pathlib.Path]:
  """Returns the list of libraries, and the files and licences of some of them."""
  listed = read_list()
  return [
    _FOLDER / _LIST,
    *(path for name in names for path in (_FOLDER / listed[name].file, _FOLDER / name / "LICENSE")),
  ]


def read_list() -> dict[str, Library]:
  """Returns all libraries by name."""
  listed = json.loads((_FOLDER / _LIST).read_text(encoding="utf-8"))
  return {
    name: Library(name, **{**values, "sha256": values["sha256"].replace(" ", "")}) for name, values in listed.items()
  }
