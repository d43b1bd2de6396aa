"""The client of the decoder process: if a native decoder dies or hangs, no more than one image is lost."""

import json
import os
import pathlib
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import msk_jax
from msk_jax.imaging import decoder_process, quality

_TIMEOUT_SECONDS = 60.0
_COMMAND = (sys.executable, "-m", "msk_jax.imaging.decoder_process")


class IsolatedDecoder:
  """Sends files to a decoder process. The process is started when it is first needed and after each crash.

  Not for use by several threads at once.
  """

  def __init__(self, command: Sequence[str] | None = None, timeout_seconds: float = _TIMEOUT_SECONDS):
    self._command = tuple(command or _COMMAND)
    self._timeout_seconds = timeout_seconds
    self._process: subprocess.Popen[bytes] | None = None

  def __enter__(self) -> "IsolatedDecoder":
    return self

  def __exit__(self, *_: object) -> None:
    self.close()

  def close(self) -> None:
    """Ends the decoder process, if there is one."""
    if self._process is not None:
      self._process.kill()
      self._process.communicate()
      self._process = None

  def decode(
    self, kind: str, data: bytes, named_bits: int = 0
  ) -> tuple[Mapping[str, Any], np.ndarray | quality.Refusal]:
    """Decodes a file.

    Args:
      kind: `dicom`, `picture` (PNG, JPEG, TIFF, BMP, WebP) or `colour` (the same, three channels).
      data: the file's bytes.
      named_bits: see `bit_depth.value_range`.

    Returns:
      facts: of the header (DICOM: `protocol`, `instance_number`), and `doubts`, pairs of reason code and detail.
      pixels: uint8 [h, w] (`colour`: [h, w, 3]), or the reason why there are none; `decoder_crashed` if the process
        died or hung.
    """
    process = self._running()
    timer = threading.Timer(self._timeout_seconds, process.kill)
    timer.start()
    try:
      facts, pixels = _converse(process, kind, named_bits, data)
    except (OSError, EOFError):
      self.close()
      return {}, quality.Refusal("decoder_crashed")
    finally:
      timer.cancel()
    if "reason" in facts:
      return facts, quality.Refusal(facts["reason"], facts.get("detail", ""))
    return facts, np.frombuffer(pixels, np.uint8).reshape(facts["shape"])

  def _running(self) -> subprocess.Popen[bytes]:
    if self._process is None or self._process.poll() is not None:
      self.close()
      folder = str(pathlib.Path(msk_jax.__file__).parents[1])
      path = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))
      self._process = subprocess.Popen(
        self._command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
      )
    return self._process


def _converse(
  process: subprocess.Popen[bytes], kind: str, named_bits: int, data: bytes
) -> tuple[dict[str, Any], bytes]:
  assert process.stdin is not None and process.stdout is not None
  process.stdin.write(decoder_process.REQUEST.pack(kind.encode(), named_bits, len(data)))
  process.stdin.write(data)
  process.stdin.flush()
  head = process.stdout.read(decoder_process.REPLY.size)
  if len(head) < decoder_process.REPLY.size:
    raise EOFError
  text_length, pixel_length = decoder_process.REPLY.unpack(head)
  text, pixels = process.stdout.read(text_length), process.stdout.read(pixel_length)
  if len(text) < text_length or len(pixels) < pixel_length:
    raise EOFError
  return json.loads(text), pixels
