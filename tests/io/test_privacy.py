"""Participant ids never leave through logs, exceptions or pseudonyms."""

import logging
import stat

from msk_jax.io import privacy


def test_redact_hides_ids_and_nothing_else():
  text = "9000001_20158_2_0.zip of 9123456; 20158 and 123456789 stay"
  assert privacy.redact(text) == "<id>_20158_2_0.zip of <id>; 20158 and 123456789 stay"


def test_hashes_stay_whole():
  digest = "bcbd64861234567b" + "0" * 8 + "9000001f"
  for text in (f"its md5 is {digest} instead of {digest[:12]}...", digest):
    assert privacy.redact(text) == text
  assert privacy.redact("9000001abcde 9000001-abc f9000001") == "9000001abcde <id>-abc f<id>"


def test_filter_hides_ids_in_arguments_and_tracebacks(caplog):
  logger = logging.getLogger("test_privacy")
  handler = logging.StreamHandler(stream := _Sink())
  handler.addFilter(privacy.RedactingFilter())
  logger.addHandler(handler)
  try:
    raise ValueError("9000002 is missing")
  except ValueError:
    logger.exception("cannot read %s", "9000001_20158_2_0.zip")
  assert "900000" not in stream.text
  assert "cannot read <id>_20158" in stream.text and "ValueError: <id> is missing" in stream.text


def test_pseudonyms_are_stable_keyed_and_not_digits():
  first, second = b"a" * 32, b"b" * 32
  name = privacy.pseudonym("9000001_20158_2_0.zip", first)
  assert name == privacy.pseudonym("9000001_20158_2_0.zip", first)
  assert name != privacy.pseudonym("9000001_20158_2_0.zip", second)
  assert name != privacy.pseudonym("9000002_20158_2_0.zip", first)
  assert len(name) == 10 and set(name) <= set("abcdefghijklmnop")


def test_key_is_made_once_and_private(tmp_path):
  key = privacy.load_key(tmp_path / "work")
  assert privacy.load_key(tmp_path / "work") == key and len(key) == 32
  files = list((tmp_path / "work").iterdir())
  assert len(files) == 1 and stat.S_IMODE(files[0].stat().st_mode) == 0o600


class _Sink:
  def __init__(self):
    self.text = ""

  def write(self, text: str) -> None:
    self.text += text

  def flush(self) -> None:
    pass
