"""The decoder process: reads requests on standard input, writes pictures to standard output.

`decoder_client.IsolatedDecoder` starts it as `python -m msk_jax.imaging.decoder_process`. DICOM files are decoded by
`dicom_decoding`, pictures by `picture_decoding`.
"""

import json
import logging
import os
import struct
import sys
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from msk_jax.imaging import dicom_decoding, picture_decoding, quality

REQUEST = struct.Struct("<8sBQ")  # kind, `named_bits` (see `bit_depth.value_range`), number of bytes that follow
REPLY = struct.Struct("<QQ")  # bytes of JSON facts, bytes of pixels
_MEMORY_BYTES = 6 * 2**30  # limit on the process

_KINDS = {
  "dicom": dicom_decoding.decode,
  "picture": picture_decoding.decode_grey,
  "colour": picture_decoding.decode_colour,
}


Answer = Callable[[str, bytes, int], tuple[dict[str, Any], memoryview]]


def answer(kind: str, data: bytes, named_bits: int) -> tuple[dict[str, Any], memoryview]:
  """Decodes one file: facts of the header, shape and doubts, and the pixels; or the reason why there are none."""
  facts: dict[str, Any] = {}
  try:
    facts, pixels = _KINDS[kind](data, named_bits)
  except quality.Refusal as refusal:
    pixels = refusal
  except Exception as error:
    pixels = quality.Refusal("decode_failed", type(error).__name__)
  if isinstance(pixels, quality.Refusal):
    return {**facts, "reason": pixels.reason, "detail": pixels.detail}, memoryview(b"")
  return {**facts, "shape": list(pixels.shape)}, np.ascontiguousarray(pixels).reshape(-1).data


def _serve(requests: BinaryIO, replies: BinaryIO, answer: Answer) -> None:
  while len(head := requests.read(REQUEST.size)) == REQUEST.size:
    kind, named_bits, length = REQUEST.unpack(head)
    facts, pixels = answer(kind.rstrip(b"\0").decode(), requests.read(length), named_bits)
    text = json.dumps(facts).encode()
    replies.write(REPLY.pack(len(text), len(pixels)) + text)
    replies.write(pixels)
    replies.flush()


def main(answer: Answer = answer) -> None:
  """Answers requests until standard input ends.

  Args:
    answer: what decodes one file.
  """
  try:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
  except (ImportError, OSError, ValueError):
    pass  # not a Unix system, or there is a lower limit
  warnings.simplefilter("ignore")
  logging.disable(logging.CRITICAL)
  replies = os.fdopen(os.dup(1), "wb")
  silence = os.open(os.devnull, os.O_WRONLY)
  os.dup2(silence, 1)  # what native libraries print must not get into the replies or a log
  os.dup2(silence, 2)
  _serve(sys.stdin.buffer, replies, answer)


if __name__ == "__main__":
  main()
