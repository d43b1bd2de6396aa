// Heat maps with the numbers written into them where there is room, and tables made in the browser.
"use strict";
(() => {
  /**
   * Returns where the colours of a heat map end: at the largest size, or at three times that of the upper quarter where a
   * few numbers are far larger and would take the colour from all others.
   */
  msk.robustLimit = (values, least) => {
    const sizes = values.filter(Number.isFinite).map(Math.abs).sort((a, b) => a - b);
    if (!sizes.length) return least;
    return Math.max(least, Math.min(sizes.at(-1), 3 * sizes[Math.floor(0.75 * (sizes.length - 1))]));
  };

  /**
   * Returns a plot of a matrix, as `make` of `msk.plot` gives it.
   *
   * rows, columns: labels; value(i, j): a number or null; text(i, j): what hovering says; limit: the colours go from
   * -limit to limit (stronger numbers have the last colour, and the legend says so); decimals: of the numbers in the cells; width: pixels there are; isSquare: equal rows and columns;
   * mark(i, j): a sign behind the number of a cell.
   */
  msk.heatMap = ({ rows, columns, value, text, limit = 1, decimals = 2, width, isSquare = false, unit = "", mark = () => "" }) => {
    const z = rows.map((_, i) => columns.map((_, j) => value(i, j)));
    const words = rows.map((_, i) => columns.map((_, j) => text(i, j)));
    const isCut = z.flat().some((number) => Math.abs(number ?? 0) > limit);
    const narrow = width < 560;
    const longest = Math.max(...rows.map((label) => label.length));
    const labelPx = Math.min(longest * 7.2, narrow ? 130 : 260);
    const side = Math.min(Math.max((width - labelPx - 20) / columns.length, 14), isSquare ? 110 : 150);
    const isWritten = side >= (narrow ? 26 : 38) && columns.length <= 20;
    const cut = (label) => (narrow && label.length > 20 ? `${label.slice(0, 19)}…` : label);
    const height = isSquare ? Math.max(rows.length * side * 0.8, rows.length * 30) : rows.length * (isWritten ? 27 : 20);
    const ink = msk.themeColour("ink");
    const onColour = msk.theme.get() === "dark" ? "#10151b" : "#ffffff";
    const axis = { showgrid: false, zeroline: false, ticks: "" };
    return {
      data: [{
        type: "heatmap", z, text: words, hovertemplate: "%{text}<extra></extra>", hoverongaps: false,
        colorscale: msk.signedScale(), zmin: -limit, zmax: limit, xgap: 2, ygap: 2, showscale: isCut || (!isWritten && !narrow),
        colorbar: { title: { text: isCut ? `${unit}<br>±${msk.fixed(limit, 2)} and beyond` : unit }, thickness: 12, len: 0.6, outlinewidth: 0 },
      }],
      layout: {
        xaxis: { ...axis, tickvals: columns.map((_, j) => j), ticktext: columns.map(cut), side: "top", tickangle: narrow || side < 80 ? -60 : 0 },
        yaxis: { ...axis, tickvals: rows.map((_, i) => i), ticktext: rows.map(cut), range: [rows.length - 0.5, -0.5] },
        annotations: !isWritten ? [] : z.flatMap((line, i) => line.map((number, j) => ({
          x: j, y: i, text: number === null ? "" : msk.fixed(number, side < 34 ? Math.min(decimals, 1) : decimals) + mark(i, j), showarrow: false,
          font: { size: side < 45 ? 10 : 12, color: Math.abs(number) > (msk.theme.get() === "dark" ? 0.55 : 0.75) * limit ? onColour : ink },
        }))),
      },
      height: height + (narrow || side < 80 ? 130 : 70),
      width: columns.length * side + labelPx + 60,
    };
  };

  /** Returns a table of values made in the browser: columns [{name, title, values}], texts or numbers. */
  msk.makeTable = (name, columns) => new msk.Table(name, {
    rows: columns[0].values.length,
    columns: columns.map(({ values, ...rest }) => {
      if (!values.some((value) => typeof value === "string")) return { dtype: "float64", unit: "", kind: "estimate", ...rest, values };
      const levels = [...new Set(values)];
      return { dtype: "string", unit: "", kind: "label", ...rest, levels, codes: values.map((value) => levels.indexOf(value)) };
    }),
  });

  /** Returns options of a control for the values of a column, in order. */
  msk.optionsOf = (values) => values.map((value) => [value, value.replaceAll("_", " ")]);

  /** Returns dimensions in the order of the menu; unknown ones last. */
  msk.inMenuOrder = (names) => {
    const known = Object.keys(msk.site.palette.dimensions);
    const rank = (name) => (known.includes(name) ? known.indexOf(name) : known.length);
    return [...names].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  };
})();
