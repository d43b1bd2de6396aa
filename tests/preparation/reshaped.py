"""One cohort's raw table in the shapes that real exports have: each must give the plain shape's cohort, or be refused.

A shape writes tables under a data root. `EQUAL` give the same cohort as `plain`; `REFUSED` name what the message says.
"""

import datetime
import pathlib
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

NUM_PEOPLE = 60
EIDS = [str(9_000_001 + i) for i in range(NUM_PEOPLE)]
WITHDRAWN = EIDS[7]
DATES = ["53-0.0", "53-2.0"]

Shape = Callable[[pathlib.Path], None]


def table() -> pd.DataFrame:
  """Returns the plain table: text cells, empty where missing."""
  days = [datetime.date(2007, 4, 1) + datetime.timedelta(9 * i) for i in range(NUM_PEOPLE)]
  return pd.DataFrame(
    {
      "eid": EIDS,
      "20002-0.0": ["pain" if i % 3 else "" for i in range(NUM_PEOPLE)],
      "31-0.0": [str(i % 2) for i in range(NUM_PEOPLE)],
      "34-0.0": [str(1938 + i % 25) for i in range(NUM_PEOPLE)],
      "52-0.0": [str(1 + i % 12) for i in range(NUM_PEOPLE)],
      "53-0.0": [day.isoformat() for day in days],
      "53-2.0": [day.replace(year=day.year + 8).isoformat() if i % 4 else "" for i, day in enumerate(days)],
      "54-0.0": ["11010"] * NUM_PEOPLE,
      "21000-0.0": [("1001", "3001", "-1")[i % 3] for i in range(NUM_PEOPLE)],
      "46-0.0": [str(20 + i % 30) for i in range(NUM_PEOPLE)],
      "47-0.0": [str(21 + i % 30) for i in range(NUM_PEOPLE)],
    }
  )


def write_text(path: pathlib.Path, cells: pd.DataFrame, delimiter: str = ",", end: str = "\n") -> pathlib.Path:
  """Writes cells as they are: nothing is quoted."""
  path.parent.mkdir(parents=True, exist_ok=True)
  lines = [cells.columns.tolist(), *cells.values.tolist()]
  path.write_bytes((end.join(delimiter.join(line) for line in lines) + end).encode())
  return path


def with_dates(spelled: Callable[[datetime.date, int], str], rows: range = range(NUM_PEOPLE)) -> pd.DataFrame:
  """Returns the table with the dates of some rows spelled in another form."""
  cells = table()
  for name in DATES:
    for i in rows:
      if cells.loc[i, name]:
        cells.loc[i, name] = spelled(datetime.date.fromisoformat(cells.loc[i, name]), i)
  return cells


def plain(root: pathlib.Path) -> None:
  write_text(root / "tables/a.csv", table())


def _tab_with_quote_characters(root):
  cells = table().assign(**{"20002-0.0": ['"pain on exertion', "", 'query angina"'] * (NUM_PEOPLE // 3)})
  names = {name: f"f.{name.replace('-', '.')}" for name in cells.columns}
  write_text(root / "tables/a.tab", cells.rename(columns=names), "\t")


def _unclosed_quote(root):
  write_text(root / "tables/a.csv", table().assign(**{"20002-0.0": ['"pain'] + [""] * (NUM_PEOPLE - 1)}))


def _quoted_csv(root):
  cells = table().assign(**{"20002-0.0": ["pain, at\nnight"] + ["none"] * (NUM_PEOPLE - 1)})
  (root / "tables").mkdir(parents=True)
  cells.to_csv(root / "tables/a.csv", index=False, quoting=1)


def _old_mac_lines(root):
  write_text(root / "tables/a.csv", table(), end="\r")


def _blank_lines(root):
  path = write_text(root / "tables/a.csv", table(), end="\r\n   \r\n\r\n")
  path.write_bytes(b"\n \n" + path.read_bytes())


def _latin_1_neighbours(root):
  plain(root)
  (root / "tables/ukb_codings.csv").write_bytes("Größe,Wert\nä,1\n".encode("latin-1"))
  (root / "tables/b.csv").write_bytes(f"eid,größe,46-0.0\n{EIDS[0]},ä,20\n".encode("latin-1"))


def _long_neighbours(root):
  plain(root)
  (root / "tables/note.txt").write_text("x" * 200_000 + "\ny\n")
  others = [f"{field}-0.0" for field in range(30_000, 50_000)]
  wide = pd.DataFrame([[EIDS[0], *["1"] * len(others), "20"]], columns=["eid", *others, "46-0.0"])
  write_text(root / "tables/wide.tab", wide, "\t")


def _placeholders(root):
  marks = ["\\N", ".", "N/A", "#N/A", "-", "null", "NaT"]
  holes = table()
  for column in holes.columns.drop("eid"):
    holes.loc[::2, column] = [marks[i % len(marks)] for i in range(len(holes[::2]))]
  write_text(root / "tables/a.csv", holes)
  write_text(root / "tables/b.csv", table())


def _two_places(root):
  cells = table()
  write_text(root / "tables/a.csv", cells[["eid", "31-0.0", "34-0.0", "52-0.0"]])
  (root / "tables/ukb_codings.csv").write_text("coding,meaning\n1,x\n")
  write_text(root / "phenotypes/A.CSV", cells[["eid", *DATES, "54-0.0", "21000-0.0"]])
  write_text(root / "hands.tsv", cells[["eid", "46-0.0", "47-0.0"]], "\t")


def _twice(root):
  plain(root)
  cells = table().replace({"46-0.0": {"30": "30.0"}, "31-0.0": {"0": "Female"}, "52-0.0": {"1": "January"}})
  write_text(root / "copy.csv", cells)


def _two_equal_ids(root):
  cells = table()
  cells.insert(1, "f.eid", cells["eid"] + ".0")
  write_text(root / "tables/a.csv", cells)


def _parquet(root):
  cells = table().drop(columns="20002-0.0").replace("", None)
  made = {name: pd.to_numeric(cells[name]).to_numpy(float) for name in cells if name not in DATES}
  made["eid"] = made["eid"].astype("uint32")
  made["54-0.0"] = pa.array(cells["54-0.0"]).dictionary_encode()
  for name in DATES:  # midnight in London's summer is the day before in Greenwich
    made[name] = pa.array(pd.to_datetime(cells[name]).dt.tz_localize("Europe/London"))
  _write_parquet(root, made)


def _write_parquet(root: pathlib.Path, made: dict) -> None:
  (root / "tables").mkdir(parents=True)
  pq.write_table(pa.table(made), root / "tables/a.parquet")


def _shape(cells: pd.DataFrame) -> Shape:
  return lambda root: write_text(root / "tables/a.csv", cells) and None


def _mixed(day: datetime.date, i: int) -> str:
  forms = ("%Y-%m-%d", "%d/%m/%Y", "%d %b %Y", "%B %d %Y", "%d-%b-%Y", "%Y-%m-%dT00:00:00", "%d%b%Y", "%Y/%m/%d")
  return day.strftime(forms[i % len(forms)])


EQUAL: dict[str, Shape] = {
  "tab with quote characters": _tab_with_quote_characters,
  "unclosed quote": _unclosed_quote,
  "quoted csv with a line in a cell": _quoted_csv,
  "old mac lines": _old_mac_lines,
  "blank lines": _blank_lines,
  "latin-1 neighbours": _latin_1_neighbours,
  "neighbours with long lines": _long_neighbours,
  "placeholders before values": _placeholders,
  "two places": _two_places,
  "everything twice": _twice,
  "two equal columns of ids": _two_equal_ids,
  "parquet": _parquet,
  "dates day first": _shape(with_dates(lambda day, _: day.strftime("%d/%m/%Y"))),
  "dates month first": _shape(with_dates(lambda day, _: day.strftime("%m/%d/%Y 0:00"))),
  "dates in many forms": _shape(with_dates(_mixed)),
}


def _ambiguous_dates() -> pd.DataFrame:
  cells = table()
  cells.loc[3:5, "53-0.0"] = ["01/02/2008", "11/04/2007", "12/12/2007"]
  return cells


def _two_different_ids(root):
  cells = table()
  cells.insert(1, "f.eid", [EIDS[1], *EIDS[1:]])
  write_text(root / "tables/a.csv", cells)


def _comma_with_quote_characters(root):
  write_text(root / "tables/a.csv", table().assign(**{"20002-0.0": ['"pain', "", 'angina"'] * (NUM_PEOPLE // 3)}))


def _utf_16(root):
  plain(root)
  path = root / "tables/a.csv"
  path.write_text(path.read_text(), encoding="utf-16")


def _latin_1_where_it_matters(root):
  plain(root)
  path = root / "tables/a.csv"
  path.write_bytes(path.read_bytes().replace(b",11010,", b",L\xe9eds,"))


def _hole(root):
  plain(root)
  path = root / "tables/a.csv"
  path.write_bytes(path.read_bytes()[:-200] + b"\0" * 200)


def _parquet_booleans(root):
  cells = table().drop(columns="20002-0.0")
  _write_parquet(root, {**cells, "31-0.0": [sex == "1" for sex in cells["31-0.0"]]})


def _parquet_structs(root):
  cells = table().drop(columns="20002-0.0")
  _write_parquet(root, {**cells, "31-0.0": [{"sex": int(sex)} for sex in cells["31-0.0"]]})


def _scalars_of_others(root):
  cells = table()
  write_text(root / "tables/a.csv", cells.drop(columns=["46-0.0", "47-0.0"]))
  others = cells[["eid", "46-0.0", "47-0.0"]].assign(eid=[str(9_500_001 + i) for i in range(NUM_PEOPLE)])
  write_text(root / "tables/b.csv", others)


REFUSED: dict[str, tuple[Shape, str]] = {
  "comma with quote characters": (_comma_with_quote_characters, "a.csv: its quotes can be read in two ways"),
  "ambiguous dates": (
    _shape(_ambiguous_dates()),
    r"column 53-0\.0: 2 dates of the form `99/99/9999` \(rows 4, 5\) .* no date of this column tells",
  ),
  "dates of both orders": (
    _shape(with_dates(lambda day, i: day.strftime(("%d/%m/%Y", "%m/%d/%Y")[i % 2]))),
    r"column 53-0\.0: some dates have the day first .* and others the month",
  ),
  "years of two digits": (
    _shape(with_dates(lambda day, _: day.strftime("%d/%m/%y"), range(10, 12))),
    r"column 53-0\.0: 2 cells \(3\.3%.*\(rows 11, 12\).*`99/99/99`.*YYYY-MM-DD",
  ),
  "sexes F and M": (
    _shape(table().replace({"31-0.0": {"0": "F", "1": "M"}})),
    r"column 31-0\.0: 60 cells \(100\.0%.*`a`.*0 or Female, 1 or Male",
  ),
  "months not understood": (_shape(table().assign(**{"52-0.0": "Q1"})), r"column 52-0\.0: 60 cells"),
  "years not understood": (_shape(table().assign(**{"34-0.0": "50"})), r"column 34-0\.0: 60 cells"),
  "ethnicity not understood": (_shape(table().replace({"21000-0.0": {"1001": "WB"}})), r"column 21000-0\.0: 20 cells"),
  "grip not understood": (_shape(table().assign(**{"46-0.0": "30 kg"})), r"column 46-0\.0: 60 cells"),
  "scalars of other people": (_scalars_of_others, "scalar set hand_grip: 0 of 60 people with values"),
  "two different columns of ids": (_two_different_ids, "columns eid and f.eid, and 1 rows have different ids"),
  "utf-16": (_utf_16, "a.csv can't be read: it is UTF-16"),
  "latin-1 where it matters": (_latin_1_where_it_matters, "not UTF-8 .*WINDOWS-1252"),
  "a hole": (_hole, "200 NUL bytes"),
  "parquet booleans": (_parquet_booleans, r"a\.parquet, column 31-0\.0: 60 cells .*0 or Female, 1 or Male"),
  "parquet structs": (_parquet_structs, r"column 31-0\.0: values of type struct"),
}


def contradicting_tables(root: pathlib.Path) -> None:
  """Person 0 has another grip and centre in a second table; person 1 has two rows that contradict each other there."""
  plain(root)
  first, second = table().loc[[0]], table().loc[[1, 1]].reset_index(drop=True)
  first[["46-0.0", "54-0.0"]], second.loc[1, "46-0.0"] = ["35", "11011"], "24"
  write_text(root / "tables/b.csv", pd.concat([first, second])[["eid", "46-0.0", "47-0.0", "54-0.0"]])


def visit_to_come(root: pathlib.Path) -> None:
  """Person 2's imaging visit is far in the future."""
  cells = table()
  cells.loc[2, "53-2.0"] = "2037-07-07"
  write_text(root / "tables/a.csv", cells)
