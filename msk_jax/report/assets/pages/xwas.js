// All variables and dimensions of the XWAS: search, filter, sort, download.
"use strict";
msk.page("xwas", async (view) => {
  const table = await view.table("xwas_associations");
  const variable = () => view.state.get("variable");
  const dimension = view.select({
    key: "dimension", label: "Dimension",
    options: [["", "all"], ...table.levels("dimension").map((name) => [name, msk.dimensionLabel(name)])],
  });
  const category = view.select({
    key: "category", label: "Category",
    options: [["", "all"], ...table.levels("main_category").map((name) => [name, name.replaceAll("_", " ")])],
  });
  const counted = view.select({
    key: "counted", label: "Shown",
    options: [["", "all"], ["significant", `significant (Bonferroni, p < ${msk.site.xwas_level})`], ["counts", "tested and not circular"]],
  });
  const isCounted = (row) => {
    if (counted() === "significant") return msk.isSignificant(table, row);
    return counted() !== "counts" || table.value(row, "neg_log10_q") !== null;
  };
  const wanted = () => Object.fromEntries(Object.entries({
    variable: variable(), dimension: dimension(), main_category: category(),
  }).filter(([, value]) => value));
  const rows = () => table.where(wanted()).filter(isCounted);

  const chosen = view.section("");
  view.follow(["variable"], () => drawChosen());
  const numbers = view.dataTable(view.root, table, {
    rows: rows(),
    sort: "neg_log10_p.down",
    columns: ["label", "dimension", "main_category", "num_people", "r", "effect_per_sd_years", "neg_log10_p", "neg_log10_p_bonferroni", "circular", "reason"],
    link: { label: (_, row) => msk.route("xwas", { variable: table.value(row, "variable") }) },
  });
  view.state.onChange(["variable", "dimension", "category", "counted"], () => numbers.setRows(rows()));

  /** Draws the effects of the chosen variable in all dimensions. */
  function drawChosen() {
    chosen.replaceChildren();
    if (!variable()) return;
    const own = table.where({ variable: variable() });
    if (!own.length) {
      chosen.append(msk.element("p", { class: "notice" }, "This study has no such variable."));
      return;
    }
    const label = table.value(own[0], "label") || variable();
    chosen.append(msk.element("h2", {}, label, " ", msk.element("a", { class: "back", href: msk.route("xwas") }, "all variables")));
    view.plot(chosen, {
      title: "Effect per SD of the variable (years), with 95% interval",
      file: `variable_${variable()}`, method: "xwas",
      describe: "Above zero: people with more of it look older than they are. Pale: not counted, as the model had it as input."
        + (own.some((row) => table.value(row, "effect_per_sd_years") !== null && table.value(row, "effect_per_sd_se_years") === null)
          ? " Without a bar: the error is not shown, as it would tell of few people." : ""),
      make: () => draw(own),
    });
  }

  function draw(own) {
    const names = own.map((row) => table.value(row, "dimension"));
    const effects = own.map((row) => table.value(row, "effect_per_sd_years"));
    return {
      data: [{
        type: "scatter", mode: "markers", y: names.map(msk.dimensionLabel), x: effects,
        error_x: { type: "data", array: own.map((row) => 1.96 * (table.value(row, "effect_per_sd_se_years") ?? 0)), color: msk.themeColour("soft") },
        marker: {
          size: 11, color: names.map((name) => msk.colour("dimensions", name)),
          opacity: own.map((row) => (table.value(row, "circular") ? 0.4 : 1)),
        },
        customdata: own.map((row) => [msk.fixed(table.value(row, "r"), 3), msk.fixed(table.value(row, "neg_log10_p"), 1)]),
        hovertemplate: "%{y}: %{x:.3f} years<br>r %{customdata[0]}, −log₁₀ p %{customdata[1]}<extra></extra>",
      }],
      layout: {
        xaxis: { title: { text: "years per SD" }, zeroline: true, zerolinecolor: msk.themeColour("soft") },
        yaxis: { autorange: "reversed", type: "category" },
      },
      height: 110 + 32 * names.length,
    };
  }
});
