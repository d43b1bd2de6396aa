"""A stand-in for BOLT-LMM: tables of made-up numbers for all array variants, in no time."""

import pathlib
import stat
import sys

_SCRIPT = """#!{python}
import gzip, re, sys
options = dict(part.split("=", 1) for part in sys.argv[1:] if "=" in part)
print("BOLT-LMM, v{version}")
if "-h" in sys.argv:
  sys.exit()
with open("{log}", "a") as file:
  file.write(" ".join(sys.argv[1:]) + chr(10))
names = re.findall(r"--phenoCol=(\\S+)", " ".join(sys.argv))
if "--reml" in sys.argv and {fails}:
  sys.exit("out of order: 9000001")
for name in names:
  print("--phenoCol=" + name)
print("Number of individuals used in analysis: Nused = 500")
if "--reml" in sys.argv:
  print("  h2g (1,1): 0.300000 (0.050000)")
else:
  rows = [line.split() for line in open(options["--bim"])]
  columns = "SNP CHR BP GENPOS ALLELE1 ALLELE0 A1FREQ F_MISS BETA SE CHISQ_BOLT_LMM_INF P_BOLT_LMM_INF"
  with gzip.open(options["--statsFile"], "wt") as file:
    print(*columns.split(), sep=chr(9), file=file)
    for chromosome, name, _, position, first, second in rows:
      print(name, chromosome, position, 0, first, second, .3, 0, .1, .1, 1.0, .3, sep=chr(9), file=file)
  print("Total post-QC SNPs: M =", len(rows))
print("Total elapsed time for analysis = 1 sec")
"""


def write(folder: pathlib.Path, *, fails: bool = False, version: str = "2.4") -> tuple[pathlib.Path, pathlib.Path]:
  """Writes the program and returns its path, and that of a file that gets a line per run.

  Args:
    folder: where.
    fails: whether `--reml` ends with an error.
    version: that it prints.
  """
  program, log = folder / "bolt", folder / "runs.txt"
  program.write_text(_SCRIPT.format(python=sys.executable, log=log, fails=fails, version=version))
  program.chmod(program.stat().st_mode | stat.S_IXUSR)
  log.touch()
  return program, log
