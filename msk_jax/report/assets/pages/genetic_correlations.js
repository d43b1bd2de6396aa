// Heat map of genetic correlations, with standard errors and published values.
"use strict";
msk.page("genetic_correlations", async (view) => {
  msk.loadPlotly();
  const table = await view.table("genetic_correlations");
  const hasLdsc = table.filledColumns().includes("ldsc_rg");
  const MEASURES = {
    rg: ["genetic, mixed model", "rg", "rg_se"],
    ldsc: ["genetic, LD-score regression", "ldsc_rg", "ldsc_rg_se"],
    residual: ["residual (environment and errors)", "residual_correlation", "residual_correlation_se"],
    published: ["published, genetic", "published_rg", "published_rg_se"],
  };
  const filled = table.filledColumns();
  const measure = view.select({
    key: "measure", label: "Correlation",
    options: Object.entries(MEASURES).filter(([, [, name]]) => filled.includes(name)).map(([name, [label]]) => [name, label]),
  });
  const all = msk.inMenuOrder(new Set([...table.levels("trait_1"), ...table.levels("trait_2")]));
  const isDimension = (name) => !name.includes(".");
  const traits = all.some((name) => !isDimension(name)) ? view.select({
    key: "traits", label: "Traits", options: [["dimensions", "dimensions"], ["all", "all, women and men too"]],
  }) : () => "all";
  const names = () => (traits() === "all" ? all : all.filter(isDimension));
  const rows = () => table.where().filter((row) => names().includes(table.value(row, "trait_1")) && names().includes(table.value(row, "trait_2")));

  const plot = view.plot(view.root, {
    title: "Genetic correlations", file: "genetic_correlations", method: "genetic_correlation",
    describe: () => {
      const [, value] = MEASURES[measure()] ?? MEASURES.rg;
      const known = rows().map((row) => table.value(row, value)).filter((each) => each !== null);
      if (!known.length) return "No pair of traits has such a correlation.";
      const own = filled.includes("rg") ? "" : "This study has no genetic correlations of its own (see the table for the reason). ";
      return `${own}${msk.countOf(known.length, "pair")}, from ${msk.fixed(Math.min(...known), 2)} to ${msk.fixed(Math.max(...known), 2)}. Hover for standard errors${hasLdsc ? " and the other estimate" : ""}.`;
    },
    make: () => draw(names(), MEASURES[measure()] ?? MEASURES.rg),
  });
  const numbers = view.dataTable(view.section("Table"), table, {
    rows: rows(), columns: ["trait_1", "trait_2", "n", "rg", "rg_se", "published_rg", "ldsc_rg", "ldsc_rg_se", "residual_correlation", "reason"],
  });
  view.state.onChange(["measure", "traits"], () => {
    plot.update();
    numbers.setRows(rows());
  });

  function draw(shown, [label, value, error]) {
    const rowOf = new Map();
    for (const row of rows()) {
      const [a, b] = [table.value(row, "trait_1"), table.value(row, "trait_2")];
      rowOf.set(`${a} ${b}`, row);
      rowOf.set(`${b} ${a}`, row);
    }
    const at = (i, j) => rowOf.get(`${shown[i]} ${shown[j]}`);
    const labels = shown.map(msk.traitLabel);
    return msk.heatMap({
      rows: labels, columns: labels, isSquare: true, width: view.root.clientWidth,
      value: (i, j) => (i === j || at(i, j) === undefined ? null : table.value(at(i, j), value)),
      text: (i, j) => {
        const row = at(i, j);
        if (i === j || row === undefined) return `<b>${labels[i]}</b>`;
        const number = (name, se) => msk.withSd(table.value(row, name), table.value(row, se), 3);
        const reason = table.value(row, "reason");
        return `<b>${labels[i]}</b><br>${labels[j]}<br>${label}: ${number(value, error)}<br>published ${number("published_rg", "published_rg_se")}`
          + `${table.value(row, "n") === null ? "" : `<br>people ≥ ${table.value(row, "n").toLocaleString("en")}`}${reason ? `<br>${reason.replaceAll("_", " ")}` : ""}`;
      },
    });
  }
});
