"""What is looked at before a document of the site is written."""

import base64

import pytest

from msk_jax.io import errors
from msk_jax.report import files

_ID = "9" + "123456"  # as a participant's id


def test_digits_in_an_encoded_picture_are_no_id(tmp_path):
  """Of fifty pictures of ten kilobytes about every second set would be refused."""
  content = base64.b64encode(b"picture of") + b"/" + _ID.encode() + b"/" + base64.b64encode(b"the end")
  files.write_document(tmp_path, "attention", {"pictures": {"p0": f"data:image/png;base64,{content.decode()}"}})
  assert list(tmp_path.rglob("attention.js"))


@pytest.mark.parametrize("value", [{"title": f"of {_ID}"}, {_ID: 1}, {"a": [f"data:image/png;base64,QUJD {_ID}"]}])
def test_an_id_beside_pictures_is_refused(value, tmp_path):
  with pytest.raises(errors.InputError, match="looks like a participant's id"):
    files.write_document(tmp_path, "attention", value)
  assert not list(tmp_path.rglob("*.js"))
