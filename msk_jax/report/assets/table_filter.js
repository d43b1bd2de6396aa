// Which rows of a table are shown, and in which order.
"use strict";
(() => {
  /** Returns a test of a column's values for what was typed above it, or null if nothing was. */
  function columnTest(typed, column) {
    const text = typed.trim();
    if (!text) return null;
    if (column.isText) {
      const wanted = text.toLowerCase();
      return (value) => value !== null && msk.show(value, column).toLowerCase().includes(wanted);
    }
    const match = text.replace("−", "-").match(/^(<=|>=|<|>|=)?\s*(-?[\d.]+(?:e-?\d+)?)$/i);
    const range = text.replaceAll("−", "-").match(/^(-?[\d.]+)\s*(?:\.\.|to)\s*(-?[\d.]+)$/);
    if (range) return (value) => value !== null && value >= Number(range[1]) && value <= Number(range[2]);
    if (!match) return () => false;
    const limit = Number(match[2]);
    const compare = {
      "<": (value) => value < limit, ">": (value) => value > limit, "<=": (value) => value <= limit,
      ">=": (value) => value >= limit, "=": (value) => value === limit,
    }[match[1] ?? ">="];
    return (value) => value !== null && compare(value);
  }

  /** Returns those of `rows` in which some text holds every word of `words`, and each column passes its own filter. */
  msk.filterRows = (table, rows, words, byColumn) => {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const texts = table.columns.filter((column) => column.isText);
    const tests = Object.entries(byColumn)
      .map(([name, typed]) => [table.column(name), typed])
      .filter(([column]) => column)
      .map(([column, typed]) => [column.values, columnTest(typed, column)])
      .filter(([, test]) => test);
    const known = new Map(); // texts repeat
    const lower = (column, value) => {
      if (value === null) return "";
      const key = `${column.name}\u0000${value}`;
      if (!known.has(key)) known.set(key, `${value} ${msk.show(value, column)}`.toLowerCase());
      return known.get(key);
    };
    return rows.filter((row) => (
      tests.every(([values, test]) => test(values[row]))
      && wanted.every((word) => texts.some((column) => lower(column, column.values[row]).includes(word)))));
  };

  /** Returns rows ordered by a column; what is missing comes last either way. */
  msk.sortRows = (table, rows, name, isDescending) => {
    const column = table.column(name);
    if (!column) return rows;
    const { values, isText } = column;
    const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
    const sign = isDescending ? -1 : 1;
    const rank = new Map();
    if (isText) {
      table.levels(name).sort((a, b) => order.compare(msk.show(a, column), msk.show(b, column)))
        .forEach((value, place) => rank.set(value, place));
    }
    const number = isText ? (row) => rank.get(values[row]) : (row) => values[row];
    const isMissing = (row) => values[row] === null || values[row] === "";
    return [...rows].sort((a, b) => {
      if (isMissing(a) || isMissing(b)) return isMissing(a) - isMissing(b) || a - b;
      return sign * (number(a) - number(b)) || a - b;
    });
  };
})();
