"""The published ImageNet weights: file names, addresses and hashes, as Keras' own source gives them.

They are from `keras/src/applications/*.py` of keras 3.15.1, which checks its downloads against the same hashes. Nothing
is downloaded here: `third_party/README.md` says how to get a file.
"""

import dataclasses
import hashlib
import pathlib

from absl import logging

GUIDE = "third_party/README.md"
_STORE = "https://storage.googleapis.com/tensorflow/keras-applications"


@dataclasses.dataclass(frozen=True)
class KnownFile:
  """A published file of weights without top.

  Attributes:
    name: of the file.
    url: where Keras gets it.
    algorithm: of the published hash, `md5` or `sha256`.
    digits: the published hash, hex, in groups of eight: a whole one may hold seven digits that look like an id.
  """

  name: str
  url: str
  algorithm: str
  digits: str

  @property
  def digest(self) -> str:
    """The published hash, hex, without spaces."""
    return self.digits.replace(" ", "")


KNOWN_FILES: dict[str, KnownFile] = {
  "inception_v3": KnownFile(
    "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
    f"{_STORE}/inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "md5",
    "bcbd6486 424b2319 ff4ef7d5 26e38f63",
  ),
  "inception_resnet_v2": KnownFile(
    "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    f"{_STORE}/inception_resnet_v2/inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "md5",
    "d19885ff 4a710c12 2648d3b5 c3b684e4",
  ),
  "convnext_tiny": KnownFile(
    "convnext_tiny_notop.h5",
    f"{_STORE}/convnext/convnext_tiny_notop.h5",
    "sha256",
    "d547c096 cabd0332 9d7be556 2c5e1479 8aa39ed2 4b474157 cef5e85a b9e49ef1",
  ),
  "efficientnet_v2_s": KnownFile(
    "efficientnetv2-s_notop.h5",
    f"{_STORE}/efficientnet_v2/efficientnetv2-s_notop.h5",
    "md5",
    "af0682fb 74e8c549 10f2d439 3339c070",
  ),
}


def hint(backbone_name: str) -> str:
  """Returns where weights of a backbone come from, for the message about an absent file."""
  known = KNOWN_FILES.get(backbone_name)
  if known is None:
    return f"Nothing is downloaded by this program: {GUIDE} says where weights come from."
  return f"Nothing is downloaded by this program: get {known.name} by hand from {known.url} ({GUIDE})."


def is_published(path: pathlib.Path) -> bool:
  """Returns whether a file is one of the published ones, by name and hash.

  A file with such a name but another hash gives a warning. It is not refused: it may be somebody's own.
  """
  known = next((known for known in KNOWN_FILES.values() if known.name == path.name), None)
  if known is None:
    return False
  with path.open("rb") as file:
    digest = hashlib.file_digest(file, lambda: hashlib.new(known.algorithm, usedforsecurity=False)).hexdigest()
  if digest != known.digest:
    logging.warning(
      "%s has the name of published weights, but its %s is %s instead of %s: it is another file, or damaged (%s).",
      path.name,
      known.algorithm,
      digest,
      known.digest,
      GUIDE,
    )
  return digest == known.digest
