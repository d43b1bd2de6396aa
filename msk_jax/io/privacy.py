"""Participant ids kept out of logs, exceptions and figures.

UK Biobank's rules forbid ids in anything that may leave the data's home. So a refused file is named by a *pseudonym*, a
keyed hash. Within a workdir the same file has the same pseudonym. Nobody without the workdir's key can turn it back.
"""

import hashlib
import hmac
import logging
import pathlib
import re
import secrets

from msk_jax.io import atomic, errors

# A hash, which stays, or seven digits, maybe after zeros: UK Biobank's and the phantom's ids alike.
_HASH_OR_EID = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[a-f])(?P<hash>[0-9a-f]{12,})(?![0-9A-Za-z])|(?<!\d)0*\d{7}(?!\d)")
KEY_FILE = ".pseudonym_key"
_KEY_BYTES = 32
_PSEUDONYM_LETTERS = 10


def redact(text: str) -> str:
  """Returns `text` with every free-standing seven-digit integer replaced by `<id>`.

  Words of twelve or more hex digits stay: they are hashes, and seven digits in a row mean nothing there.
  """
  return _HASH_OR_EID.sub(lambda match: match["hash"] or "<id>", text)


class RedactingFilter(logging.Filter):
  """A logging filter that removes what looks like a participant id from messages and tracebacks."""

  def filter(self, record: logging.LogRecord) -> bool:
    """Rewrites the record in place; always lets it pass."""
    record.msg, record.args = redact(record.getMessage()), None
    if record.exc_info and not record.exc_text:
      record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
    return True


def pseudonym(text: str, key: bytes) -> str:
  """Returns a keyed hash of `text`: ten letters a-p, so that it can never look like an id."""
  digest = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
  return digest[:_PSEUDONYM_LETTERS].translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop"))


def load_key(workdir: pathlib.Path) -> bytes:
  """Returns the workdir's secret key, made on first use and readable by its owner only.

  Raises:
    InputError: it is damaged.
  """
  path = pathlib.Path(workdir) / KEY_FILE
  if not path.exists():
    atomic.write_secret_once(path, secrets.token_bytes(_KEY_BYTES))
  key = path.read_bytes() if path.is_file() else b""
  if len(key) != _KEY_BYTES:
    raise errors.InputError(
      f"{path}, the secret key of the workdir's pseudonyms, has {len(key)} bytes and not {_KEY_BYTES}: it is damaged. "
      "Copy it again from where the workdir comes from. Without a copy remove it, and cohort/withdrawn.json with it: "
      "then give all lists of withdrawals again with --withdrawn."
    )
  return key
