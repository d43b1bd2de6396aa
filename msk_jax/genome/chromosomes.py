"""Chromosomes: their names, the codes that files use for them, and their lengths.

Lengths: Genome Reference Consortium, GRCh37 and GRCh38 (primary assembly).
"""

AUTOSOMES = tuple(str(number) for number in range(1, 23))
X = "X"
NAMES = (*AUTOSOMES, X)  # what is analysed, in the order of tables

BUILDS = ("GRCh37", "GRCh38")

PSEUDO_AUTOSOMAL, Y, MITOCHONDRIAL, UNPLACED = "XY", "Y", "MT", "0"
LEFT_OUT = (PSEUDO_AUTOSOMAL, Y, MITOCHONDRIAL, UNPLACED)  # known, but not analysed

_CODES = {
  **{name: name for name in NAMES},
  "23": X,
  "24": Y,
  "25": PSEUDO_AUTOSOMAL,
  "26": MITOCHONDRIAL,
  "XY": PSEUDO_AUTOSOMAL,
  "PAR": PSEUDO_AUTOSOMAL,
  "PAR1": PSEUDO_AUTOSOMAL,
  "PAR2": PSEUDO_AUTOSOMAL,
  "Y": Y,
  "M": MITOCHONDRIAL,
  "MT": MITOCHONDRIAL,
  "0": UNPLACED,
}

LENGTHS_BP = {
  "GRCh37": dict(
    zip(
      NAMES,
      (
        249_250_621,
        243_199_373,
        198_022_430,
        191_154_276,
        180_915_260,
        171_115_067,
        159_138_663,
        146_364_022,
        141_213_431,
        135_534_747,
        135_006_516,
        133_851_895,
        115_169_878,
        107_349_540,
        102_531_392,
        90_354_753,
        81_195_210,
        78_077_248,
        59_128_983,
        63_025_520,
        48_129_895,
        51_304_566,
        155_270_560,
      ),
      strict=True,
    )
  ),
  "GRCh38": dict(
    zip(
      NAMES,
      (
        248_956_422,
        242_193_529,
        198_295_559,
        190_214_555,
        181_538_259,
        170_805_979,
        159_345_973,
        145_138_636,
        138_394_717,
        133_797_422,
        135_086_622,
        133_275_309,
        114_364_328,
        107_043_718,
        101_991_189,
        90_338_345,
        83_257_441,
        80_373_285,
        58_617_616,
        64_444_167,
        46_709_983,
        50_818_468,
        156_040_895,
      ),
      strict=True,
    )
  ),
}


def parse(text: str) -> str | None:
  """Returns the name of a chromosome from its code in a file (`1`, `01`, `chr1`, `23`, `chrX`, `25`, ...).

  Returns:
    One of `NAMES` or `LEFT_OUT`; None for a code that no program uses.
  """
  code = text.strip()
  if code[:3].lower() == "chr":
    code = code[3:]
  code = code.upper()
  return _CODES.get(code.lstrip("0") or "0" if code.isdigit() else code)


def number(name: str) -> int:
  """Returns 1-22 for autosomes, 23 for X, as most programs count.

  Raises:
    ValueError: it is not one of `NAMES`.
  """
  return NAMES.index(name) + 1
