"""The colours of all figures. Each colour has one meaning, and those of one group differ for colour-blind readers too.

Sources: Okabe and Ito, Color Universal Design (2008), for dimensions; Paul Tol, Colour Schemes (SRON/EPS/TN/09-002,
2021), for the others but linkage; van der Walt and Smith's plasma (matplotlib 2.0, 2017) for that.
"""

from matplotlib import colors

INK, GRID = "#333333", "#e6e6e6"

DIMENSIONS = {
  "general": "#000000",
  "full_body": "#0072b2",
  "spine": "#cc79a7",
  "hip": "#d55e00",
  "knee": "#e69f00",
  "scalars": "#009e73",
}
ALGORITHMS = {"elastic_net": "#332288", "lightgbm": "#999933", "mlp": "#882255", "univariate": "#bbbbbb"}
PARTS = {"validation": "#88ccee", "test": "#aa4499"}
SEXES = {"female": "#ee8866", "male": "#77aadd"}
RATES = {"decelerated": "#4477aa", "accelerated": "#ee6677"}  # ageing
LINKAGE = {  # lower bound of r2 with a lead variant
  "0": "#0d0887",
  "0.2": "#9511a1",
  "0.4": "#d04d73",
  "0.6": "#f58b47",
  "0.8": "#fcce25",
}
CATEGORIES = {  # of variables
  "biomarkers": "#0077bb",
  "clinical_phenotypes": "#ee7733",
  "diseases": "#cc3311",
  "family_history": "#33bbee",
  "environmental": "#009988",
  "socioeconomics": "#ee3377",
}
YOUNGER, OLDER = "#2b8cff", "#ff3b2f"  # over grey pictures, where what is there makes the predicted age so
UNSIGNED = "#ddcc44"  # maps that have sizes, but no older and younger
BEHIND_MAPS = "#595959"  # a map's colour scale is drawn over a grey, as the map is
MAPS = {"younger": YOUNGER, "older": OLDER, "unsigned": UNSIGNED, "behind": BEHIND_MAPS}
GROUPS = {
  "dimensions": DIMENSIONS,
  "algorithms": ALGORITHMS,
  "parts": PARTS,
  "sexes": SEXES,
  "rates": RATES,
  "linkage": LINKAGE,
  "categories": CATEGORIES,
  "maps": MAPS,
}

OTHER = "#7f8c99"  # a dimension or algorithm that is not the paper's
COUNTS = colors.LinearSegmentedColormap.from_list("counts", ["#ecd9ee", PARTS["test"], "#35123a"])
SIGNED = "RdBu_r"  # matplotlib's name of the map for values around zero

_PALE = 0.5


def dimension(name: str) -> str:
  """Returns a dimension's colour."""
  return DIMENSIONS.get(name, OTHER)


def category(name: str) -> str:
  """Returns a main category's colour."""
  return CATEGORIES.get(name, INK)


def algorithm(name: str) -> str:
  """Returns an algorithm's colour."""
  return ALGORITHMS.get(name, OTHER)


def pale(colour: str) -> str:
  """Returns a colour halfway to white, for what is part of something else."""
  red, green, blue = (_PALE * channel + 1 - _PALE for channel in colors.to_rgb(colour))
  return colors.to_hex((red, green, blue))
