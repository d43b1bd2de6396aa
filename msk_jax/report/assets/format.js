// Numbers as text: short for the eye, and as the CSV files of tables/ have them.
"use strict";
(() => {
  const MINUS = "−";

  /** Returns a number with so many significant digits, as Python's %.<digits>g writes it. */
  function general(value, digits) {
    if (!Number.isFinite(value)) return value > 0 ? "inf" : value < 0 ? "-inf" : "";
    if (value === 0) return Object.is(value, -0) ? "-0" : "0";
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    const power = Number(exponent);
    if (power < -4 || power >= digits) {
      const sign = power < 0 ? "-" : "+";
      return `${trim(mantissa)}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
    }
    return trim(Number(value.toExponential(digits - 1)).toFixed(Math.max(digits - 1 - power, 0)));
  }

  function trim(text) {
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  }

  const isWhole = (column) => /^u?int/i.test(column.dtype);

  /** Returns a value of a table's column as its cell shows it. */
  msk.show = (value, column) => {
    if (value === null || value === undefined) return "–";
    if (column.isText) return value === "" ? "" : msk.words ? msk.words(value, column) : value;
    if (isWhole(column)) return value.toLocaleString("en");
    const decimals = decimalsOf(column);
    const isTiny = value !== 0 && Math.abs(value) < 10 ** -decimals;
    const text = isTiny || !Number.isFinite(value) ? general(value, 2) : value.toFixed(decimals);
    return text.replace(/^-/, MINUS);
  };

  const SHARES = /(^|_)(r2|pearson_r|c_index|pearson|spearman)(_|$)/; // at most 1, though one far below 0 may be the largest

  /** Returns how many decimals the numbers of a column have: the largest has four digits that count. */
  function decimalsOf(column) {
    if (column.decimals === undefined) {
      const largest = column.values.reduce((most, value) => (
        Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
      const least = SHARES.test(column.name) ? 3 : 0;
      column.decimals = largest > 0 ? Math.min(Math.max(3 - Math.floor(Math.log10(largest)), least), 4) : 0;
    }
    return column.decimals;
  }

  /** Returns a number with so many decimals; a dash for what is missing. */
  msk.fixed = (value, decimals) => (
    value === null || value === undefined ? "–" : value.toFixed(decimals).replace(/^-/, MINUS));

  /** Returns how many decimals tell numbers apart that differ by `step`: two significant digits of it. */
  msk.decimalsOf = (step) => (Number.isFinite(step) && step !== 0 ? Math.min(Math.max(1 - Math.floor(Math.log10(Math.abs(step))), 0), 12) : 2);

  /** Returns `value ± sd`. */
  msk.withSd = (value, sd, decimals, sdDecimals = decimals) => (
    msk.fixed(value, decimals) + (value === null || sd === null ? "" : ` ± ${msk.fixed(sd, sdDecimals)}`));

  /** Returns rows of a table as CSV, the same bytes as the file in tables/ has for them. */
  msk.toCsv = (table, rows) => {
    const lines = [table.columns.map((column) => quoted(column.name)).join(",")];
    for (const row of rows) {
      lines.push(table.columns.map((column) => cell(column.values[row], column)).join(","));
    }
    return `${lines.join("\n")}\n`;
  };

  function cell(value, column) {
    if (value === null) return "";
    if (column.isText) return quoted(value);
    if (column.kind === "locus") return value.toFixed(6).replace(/\.?0+$/, "");
    return isWhole(column) ? String(value) : general(value, 6);
  }

  /** Returns a text as a cell: one that a spreadsheet would take for a formula begins with an apostrophe, as in tables/. */
  function quoted(given) {
    const text = /^[=+\-@\t\r]/.test(given) ? `'${given}` : given;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  msk.download = (name, text, type) => {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };
})();
