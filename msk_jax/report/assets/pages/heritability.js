// Heritability as bars with the published values beside, and the paper's Table 1.
"use strict";
msk.page("heritability", async (view) => {
  msk.loadPlotly();
  const [table, table1] = await Promise.all([view.table("heritability"), view.table("table_1")]);
  const hasLdsc = table.filledColumns().includes("ldsc_h2");
  const METHODS = {
    h2: { label: "mixed model", value: "h2", error: "h2_se" },
    ldsc: { label: "LD-score regression", value: "ldsc_h2", error: "ldsc_h2_se" },
  };
  const method = view.select({
    key: "method", label: "Estimate", options: Object.entries(METHODS).filter(([name]) => name === "h2" || hasLdsc).map(([name, { label }]) => [name, label]),
  });
  const strata = table.levels("stratum");
  const stratum = strata.length > 1 ? view.select({
    key: "people", label: "People",
    options: [["all", "all"], ["sexes", "women and men side by side"], ["every", "every trait"]],
  }) : () => "every";
  const rows = () => table.where().filter((row) => (
    { all: table.value(row, "stratum") === "all", sexes: table.value(row, "stratum") !== "all", every: true }[stratum()]));

  const plot = view.plot(view.root, {
    title: "Heritability of accelerated ageing", file: "heritability", method: "heritability",
    describe: () => {
      const { value, error } = METHODS[method()];
      const known = rows().filter((row) => table.value(row, value) !== null);
      if (!known.length) return "No trait has such an estimate.";
      const best = known.reduce((a, b) => (table.value(b, value) > table.value(a, value) ? b : a));
      return `The highest is that of ${msk.traitLabel(table.value(best, "trait"))}: ${msk.withSd(table.value(best, value), table.value(best, error), 3)}. `
        + `Bars: one standard error.${beyondWords(known, value, error)}${rows().some((row) => table.value(row, "published_h2") !== null) ? " Diamonds: published, by a mixed model." : ""}`;
    },
    make: () => draw(rows(), METHODS[method()]),
  });
  const numbers = view.dataTable(view.section("Table"), table, {
    rows: rows(), columns: ["trait", "n", "h2", "h2_se", "published_h2", "published_h2_se", "ldsc_h2", "ldsc_h2_se", "reason"],
  });
  view.state.onChange(["method", "people"], () => {
    plot.update();
    numbers.setRows(rows());
  });
  if (table1) {
    const section = view.section("The paper's Table 1");
    view.text(section, "SNPs are variants with p < 5e-8. The paper counts array variants; imputed ones are here beside.");
    view.dataTable(section, table1, {
      key: "table1_",
      columns: ["dimension", "n", "published_n", "num_snps_array", "published_num_snps", "num_genes_array", "published_num_genes", "num_loci_array", "num_snps_imputed", "num_loci_imputed", "h2", "published_h2", "r2", "published_r2", "gaps"],
    });
  }

  /** Returns the ends of the axis: LD scores of few people may give less than 0 or more than 1, with errors that would hide all others. */
  function endsOf(chosen, value, error) {
    const ends = (side) => chosen.map((row) => (table.value(row, value) ?? 0) + side * (table.value(row, error) ?? 0));
    return [Math.max(-0.6, 1.05 * Math.min(0, ...ends(-1))), Math.min(1.3, 1.05 * Math.max(0.4, ...ends(1), ...chosen.map((row) => table.value(row, "published_h2") ?? 0)))];
  }

  /** Returns whose estimates lie beyond the axis; an empty text if none does. */
  function beyondWords(known, value, error) {
    const [least, most] = endsOf(rows(), value, error);
    const beyond = known.filter((row) => table.value(row, value) < least || table.value(row, value) > most);
    return beyond.length ? ` Beyond the axis, and in the table alone: ${beyond.map((row) => `${msk.traitLabel(table.value(row, "trait"))} ${msk.fixed(table.value(row, value), 2)}`).join("; ")}.` : "";
  }

  function draw(chosen, { value, error }) {
    const names = chosen.map((row) => msk.traitLabel(table.value(row, "trait")));
    const of = (name) => chosen.map((row) => table.value(row, name));
    const [least, most] = endsOf(chosen, value, error);
    return {
      data: [
        {
          type: "bar", orientation: "h", y: names, x: of(value), error_x: { type: "data", array: of(error).map((each) => each ?? 0), color: msk.themeColour("ink"), thickness: 1.5 },
          marker: { color: of("dimension").map((name) => msk.colour("dimensions", name)), opacity: of("stratum").map((name) => (name === "male" ? 0.55 : 1)) },
          customdata: chosen.map((row) => [msk.withSd(table.value(row, value), table.value(row, error), 3), table.value(row, "n").toLocaleString("en")]),
          hovertemplate: "%{y}: %{customdata[0]}<br>people ≥ %{customdata[1]}<extra></extra>",
        },
        {
          type: "scatter", mode: "markers", y: names, x: of("published_h2"), marker: { symbol: "diamond-open", size: 11, color: msk.themeColour("ink"), line: { width: 2 } },
          error_x: { type: "data", array: of("published_h2_se").map((each) => each ?? 0), color: msk.themeColour("soft"), thickness: 1 },
          hovertemplate: "%{y}, published: %{x:.3f}<extra></extra>",
        },
      ],
      layout: { xaxis: { title: { text: "heritability (share of 1)" }, range: [least, most], zeroline: true, zerolinecolor: msk.themeColour("soft") }, yaxis: { autorange: "reversed", type: "category" }, bargap: 0.3 },
      height: 110 + 38 * chosen.length, width: 900,
    };
  }
});
