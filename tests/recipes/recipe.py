"""Follows the recipes of WORKSPACE.md, step by step, in a copy of the project.

A recipe is a section `### ...` below `## Recipes`. Its numbered lines are the steps, one of three kinds:

- "New file `path`:", with the file in the code block that follows;
- "In `path`, below `text`:", with the new lines in the code block that follows;
- "In `path`, `old` becomes `new`.".

Code blocks of steps are indented by four spaces more than their code.

The section's block of `sh` commands shows that it worked.
"""

import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "WORKSPACE.md"
_BLOCK = r"\n*```\w*\n(?P<code>.*?)\n?```"
_NEW = re.compile(r"New file `(?P<path>[^`]+)`:" + _BLOCK, re.DOTALL)
_BELOW = re.compile(r"In `(?P<path>[^`]+)`, below `(?P<anchor>[^`]+)`:" + _BLOCK, re.DOTALL)
_BECOMES = re.compile(r"In `(?P<path>[^`]+)`, `(?P<old>[^`]+)` becomes `(?P<new>[^`]+)`\.")
_STEP = re.compile(r"^\d+\. ", re.MULTILINE)
_COMMANDS = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Recipe:
  """A recipe: its title, its steps in words, and the commands that show the result."""

  title: str
  steps: tuple[str, ...]
  commands: tuple[str, ...]


def read() -> dict[str, Recipe]:
  """Returns the recipes of WORKSPACE.md by title."""
  page = PAGE.read_text(encoding="utf-8").split("\n## Recipes\n")[1].split("\n## ")[0]
  return {recipe.title: recipe for recipe in map(_parse, page.split("\n### ")[1:])}


def copy_project(folder: pathlib.Path) -> None:
  """Copies every file of the project that git knows, or would, into `folder`."""
  command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
  names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
  for name in filter(None, names):
    if (ROOT / name).is_file():
      (folder / name).parent.mkdir(parents=True, exist_ok=True)
      shutil.copy(ROOT / name, folder / name)


def follow(recipe: Recipe, folder: pathlib.Path) -> None:
  """Does a recipe's steps in a copy of the project.

  Raises:
    AssertionError: a step is of no known kind, or names a text that is not in its file exactly once.
  """
  for step in recipe.steps:
    if match := _NEW.search(step):
      path = folder / match["path"]
      assert not path.exists(), f"{recipe.title}: {match['path']} exists already"
      path.write_text(match["code"] + "\n", encoding="utf-8")
    elif match := _BELOW.search(step):
      lines = _lines_with(folder / match["path"], match["anchor"])
      _replace(folder / match["path"], lines, f"{lines}\n{match['code']}")
    elif match := _BECOMES.search(step):
      _replace(folder / match["path"], match["old"], match["new"])
    else:
      raise AssertionError(f"{recipe.title}: not a step that can be followed: {step}")


def run(command: str, folder: pathlib.Path, variables: dict[str, str]) -> str:
  """Runs one command line in the copy and returns what it prints.

  Raises:
    AssertionError: its exit status is not 0.
  """
  line = re.sub(r"^python ", f"{sys.executable} ", command)
  done = subprocess.run(line, shell=True, cwd=folder, env=variables, capture_output=True, text=True, timeout=900)
  assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
  return done.stdout + done.stderr


def _parse(section: str) -> Recipe:
  title, _, body = section.partition("\n")
  commands = [line for block in _COMMANDS.findall(body) for line in block.splitlines() if line]
  steps = [step.strip() for step in _STEP.split(_COMMANDS.sub("", body))[1:]]
  steps = [re.sub(r"^ {4}", "", step, flags=re.MULTILINE) if "```" in step else step for step in steps]
  return Recipe(title.strip(), tuple(steps), tuple(commands))


def _lines_with(path: pathlib.Path, anchor: str) -> str:
  """Returns the one line of a file that holds the text."""
  lines = [line for line in path.read_text(encoding="utf-8").splitlines() if anchor in line]
  assert len(lines) == 1, f"{path.name}: {anchor!r} is in {len(lines)} lines"
  return lines[0]


def _replace(path: pathlib.Path, old: str, new: str) -> None:
  text = path.read_text(encoding="utf-8")
  assert text.count(old) == 1, f"{path.name}: {old!r} is there {text.count(old)} times"
  path.write_text(text.replace(old, new), encoding="utf-8")
