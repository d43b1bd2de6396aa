"""What a call of a stage does with its durable folder: copies back at its start, mirrors while it runs and at its end.

A durable folder that fails while the stage runs is logged, and the stage continues; if it fails at the end too, the
call ends with status 1.
"""

import contextlib
import pathlib
import threading
from collections.abc import Callable, Iterator, Sequence

from absl import logging

from msk_jax.durable import copying, known, parts, store
from msk_jax.io import errors, locks

_EVERY_SECONDS = 600.0
_SHOWN = 5
_NOT_MIRRORED = "NOT MIRRORED to --durable_dir=%s, which does not protect this work now: %s"


class Link:
  """A call's workdir and its durable folder; all methods do nothing before `open`."""

  def __init__(self) -> None:
    self._workdir = self._folder = pathlib.Path()
    self._scope: parts.Scope | None = None
    self._turn = threading.Lock()
    self._ended = threading.Event()
    self._thread: threading.Thread | None = None
    self._written: set[str] = set()  # parts of which this call wrote a version
    self._may_empty = False

  def open(self, workdir: pathlib.Path, folder: pathlib.Path, scope: parts.Scope) -> None:
    """Copies back what the workdir lacks of the scope.

    Raises:
      InputError: the durable folder can't be read or written, or holds other work than the workdir.
    """
    if folder.resolve().is_relative_to(workdir.resolve()) or workdir.resolve().is_relative_to(folder.resolve()):
      raise errors.InputError(
        f"--durable_dir={folder} and the workdir {workdir} lie in each other: give another folder."
      )
    self._workdir, self._folder = workdir, folder
    try:
      folder.mkdir(parents=True, exist_ok=True)
      with locks.in_turn(workdir / known.FOLDER / ".identity.lock", "looks at the durable folder"):
        known.settle_identity(workdir, folder, is_used=parts.is_used(workdir))
      store.check_writable(folder)
      names = [name for name in store.list_parts(folder) if scope.holds(name)]
      copied = [self._copy_back(name, scope) for name in names]
    except OSError as error:
      raise errors.InputError(
        f"--durable_dir={folder} can't be read and written: {error.strerror or error}. Run the same command again once "
        "it can, or leave the flag out."
      ) from error
    self._scope = scope
    damaged = [path for _, of_part in copied for path in of_part]
    logging.info("copied %d files back from %s", sum(number for number, _ in copied), folder)
    if damaged:
      logging.warning(
        "%d files in %s are damaged and are not used: %s%s",
        len(damaged),
        folder,
        ", ".join(damaged[:_SHOWN]),
        " ..." if len(damaged) > _SHOWN else "",
      )

  def mirror_regularly(self) -> None:
    """Mirrors from now on every ten minutes: for stages that do not say when they have done a piece of work."""
    if self._scope is not None and self._thread is None:
      self._thread = threading.Thread(target=self._mirror_until_ended, daemon=True)
      self._thread.start()

  def follow_removals(self) -> None:
    """Lets also parts leave the durable folder of which the call leaves nothing in the workdir."""
    self._may_empty = True

  def mirror(self, *folders: str) -> None:
    """Mirrors what has changed in these folders of the workdir, by default in all that the call works with.

    What fails is logged, and tried again at the next call.
    """
    self._mirror(parts.Scope(folders) if folders else self._scope)

  def close(self, status: int | None, *, may_remove: bool = True) -> int | None:
    """Mirrors for the last time; returns the call's exit status, 1 if the durable folder lacks something."""
    self._ended.set()
    if self._thread is not None:
      self._thread.join()
    if self._mirror(self._scope, may_remove=may_remove, is_last=True):
      return status
    logging.error(
      "%s holds this call's work, but --durable_dir=%s does not. Run the same command again before the work folder is "
      "lost: it copies what is missing.",
      self._workdir,
      self._folder,
    )
    return 1

  def _mirror(self, scope: parts.Scope | None, *, may_remove: bool = True, is_last: bool = False) -> bool:
    if scope is None or self._scope is None:
      return True
    is_done = True
    with self._turn:
      names = {*parts.list_files(self._workdir, scope), *filter(scope.holds, known.list_parts(self._workdir))}
      for name in sorted(names, key=lambda name: (-name.count("/"), name)):  # a model before what is told of models
        try:
          with self._alone(name) as place:
            if copying.copy_in(place, may_remove=may_remove, may_empty=self._may_empty):
              self._written.add(name)
            if is_last and may_remove:
              place.stored.remove_older(is_ours=name in self._written)
        except store.ChangedError:
          logging.warning("files of %s changed while they were copied; they are copied at the next occasion", name)
          is_done = False
        except errors.InputError as error:
          logging.error(_NOT_MIRRORED, self._folder, error)
          is_done = False
        except OSError as error:  # the other parts would fail as well
          logging.error(_NOT_MIRRORED, self._folder, error.strerror or error)
          return False
    return is_done

  def _copy_back(self, name: str, scope: parts.Scope) -> tuple[int, Sequence[str]]:
    with self._alone(name) as place:
      return copying.copy_out(place, scope)

  @contextlib.contextmanager
  def _alone(self, name: str) -> Iterator[copying.Place]:
    """Keeps other calls of this workdir from copying the same part."""
    with locks.in_turn(known.lock_of(self._workdir, name), f"copies {name}"):
      yield copying.Place(self._workdir, self._folder, name)

  def _mirror_until_ended(self) -> None:
    while not self._ended.wait(_EVERY_SECONDS):
      self.mirror()


def closing(link: Link, call: Callable[[], int | None]) -> int | None:
  """Runs a call and mirrors what it leaves, also if it fails; then nothing leaves the durable folder.

  Returns:
    The call's exit status, 1 if the durable folder lacks something.
  """
  try:
    status = call()
  except BaseException:
    link.close(None, may_remove=False)
    raise
  return link.close(status)
