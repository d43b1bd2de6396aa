// What two dimensions have in common: correlations, loci, variables.
"use strict";
msk.page("two_dimensions", async (view) => {
  msk.loadPlotly();
  const el = msk.element;
  const MOST = 1200; // variables drawn
  const names = msk.inMenuOrder(new Set(msk.site.models.map((model) => model.dimension)));
  const options = names.map((name) => [name, msk.dimensionLabel(name)]);
  const byDefault = ["hip", "knee"].every((name) => names.includes(name)) ? ["hip", "knee"] : [names[0], names[1] ?? names[0]];
  const chosen = [
    view.select({ key: "first", label: "One dimension", options, byDefault: byDefault[0] }),
    view.select({ key: "second", label: "The other", options, byDefault: byDefault[1] }),
  ];
  const [kinds, loci, associations, heritability, results] = await Promise.all([
    msk.pairCorrelations(view), view.table("gwas_loci"), view.table("xwas_associations"), view.table("heritability"), view.table("gwas_results"),
  ]);
  const place = el("div");
  view.root.append(place);
  const update = async () => {
    const pair = chosen.map((each) => each());
    place.replaceChildren();
    if (pair[0] === pair[1]) {
      view.text(place, "Choose two different dimensions.");
      return;
    }
    const plots = [drawCorrelations(pair), drawVariables(pair)];
    drawLoci(pair);
    await Promise.all(plots.map((plot) => plot?.ready));
  };
  view.state.onChange(["first", "second"], update);
  await update();

  function drawCorrelations(pair) {
    const key = msk.inMenuOrder(pair).join(" ");
    const known = kinds.filter(({ pairs }) => pairs.has(key));
    const section = view.section("How they go together", place);
    if (!known.length) {
      view.text(section, "This study has no correlation of these two.");
      return null;
    }
    const of = (name) => known.map(({ pairs }) => pairs.get(key)[name] ?? null);
    const narrow = view.root.clientWidth < 560;
    const table = msk.makeTable("correlations_of_two", [
      { name: "kind", title: "Correlation", values: known.map(({ label }) => label) }, { name: "value", title: "Value", values: of("value") },
      { name: "error", title: "SE or SD", values: of("error") },
    ]);
    const own = heritability?.where({ stratum: "all" }).filter((row) => pair.includes(heritability.value(row, "trait"))) ?? [];
    return view.plot(section, {
      title: `Correlations of ${msk.pairLabel(key)}`, file: `correlations_${key.replace(" ", "_")}`, method: "comparison",
      describe: `${msk.errorWords(known)} By associations: over variables; by importances: of predictions.`
        + (own.length === 2 ? ` Heritability: ${own.map((row) => `${msk.dimensionLabel(heritability.value(row, "trait"))} ${msk.withSd(heritability.value(row, "h2"), heritability.value(row, "h2_se"), 2)}`).join(", ")}.` : ""),
      behind: { table, title: "Correlations" },
      make: () => ({
        data: [{
          type: "bar", orientation: "h", y: known.map((_, number) => number), x: of("value"), error_x: { type: "data", array: of("error").map((each) => each ?? 0), color: msk.themeColour("ink"), thickness: 1.5 },
          marker: { color: known.map(({ name }) => ({ p: msk.colour("dimensions", pair[0]), g: msk.themeColour("accent"), r: msk.themeColour("soft") }[name[0]] ?? msk.colour("categories", name.replace(/^(xwas|importances)_/, "")))) },
          text: known.map(({ label }) => label), textposition: "none", hovertemplate: "%{text}: %{x:.3f}<extra></extra>",
        }],
        layout: {
          xaxis: { title: { text: "correlation" }, range: [Math.min(-0.1, ...of("value").map((each) => each - 0.1)), Math.max(1, ...of("value").map((each) => each + 0.1))], zeroline: true, zerolinecolor: msk.themeColour("soft") },
          yaxis: { autorange: "reversed", tickvals: known.map((_, number) => number), ticktext: known.map(({ label }) => (narrow && label.length > 22 ? `${label.slice(0, 21)}…` : label)) },
        },
        height: 100 + 28 * known.length, width: 900,
      }),
    });
  }

  function drawVariables(pair) {
    const section = view.section("Variables that go with them", place);
    if (!associations) {
      section.append(el("p", {}, "Variables were not tested in this study: ", el("code", {}, "python -m msk_jax.xwas --workdir=…"), " does it."));
      return null;
    }
    const [first, second] = pair.map((dimension) => new Map(associations.where({ dimension }).filter((row) => associations.value(row, "r") !== null && !associations.value(row, "circular"))
      .map((row) => [associations.value(row, "variable"), row])));
    const both = [...first.keys()].filter((variable) => second.has(variable));
    const strength = (variable) => Math.max(...[first, second].map((map) => associations.value(map.get(variable), "neg_log10_p") ?? 0));
    const isStrong = (row) => msk.isSignificant(associations, row);
    const kindOf = (variable) => ["neither", "one", "both"][[first, second].filter((map) => isStrong(map.get(variable))).length];
    const ordered = both.sort((a, b) => strength(b) - strength(a));
    const counts = Object.fromEntries(["both", "one", "neither"].map((kind) => [kind, ordered.filter((variable) => kindOf(variable) === kind).length]));
    if (!ordered.length) {
      view.text(section, "No variable was tested in both.");
      return null;
    }
    const r = (map, variable) => associations.value(map.get(variable), "r");
    const label = (variable) => associations.value(first.get(variable), "label") || variable;
    const colours = { both: msk.colour("rates", "accelerated"), one: msk.colour("dimensions", "full_body"), neither: msk.themeColour("soft") };
    const drawn = ordered.slice(0, MOST);
    const reach = 1.1 * Math.max(0.02, ...drawn.flatMap((variable) => [first, second].map((map) => Math.abs(r(map, variable)))));
    const plot = view.plot(section, {
      title: "Correlation of each variable with the two", file: `variables_${pair.join("_")}`, method: "xwas",
      describe: `${ordered.length.toLocaleString("en")} variables: ${counts.both} significant in both, ${counts.one} in one (Bonferroni, p < ${msk.site.xwas_level}).`
        + (drawn.length < ordered.length ? ` The ${MOST.toLocaleString("en")} strongest are drawn.` : ""),
      make: () => ({
        data: ["neither", "one", "both"].map((kind) => {
          const own = drawn.filter((variable) => kindOf(variable) === kind);
          return {
            type: "scatter", mode: "markers", name: { neither: "significant in neither", one: "in one", both: "in both" }[kind], x: own.map((variable) => r(first, variable)), y: own.map((variable) => r(second, variable)),
            marker: { color: colours[kind], size: kind === "neither" ? 4 : 7, symbol: kind === "both" ? "diamond" : "circle", opacity: kind === "neither" ? 0.5 : 0.9 },
            text: own.map(label), hovertemplate: "<b>%{text}</b><br>%{x:.3f}, %{y:.3f}<extra></extra>",
          };
        }),
        layout: {
          xaxis: { title: { text: `r with ${msk.dimensionLabel(pair[0])}` }, range: [-reach, reach], zeroline: true, zerolinecolor: msk.themeColour("soft") },
          yaxis: { title: { text: `r with ${msk.dimensionLabel(pair[1])}` }, range: [-reach, reach], zeroline: true, zerolinecolor: msk.themeColour("soft") },
          showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
        },
        height: 500, width: 720,
      }),
    });
    const table = msk.makeTable("variables_of_two", [
      { name: "variable", title: "Variable", values: ordered.map(label) },
      { name: "main_category", title: "Main category", values: ordered.map((variable) => associations.value(first.get(variable), "main_category")) },
      { name: "significant", title: "Significant in", values: ordered.map(kindOf) },
      { name: "r_first", title: `r, ${msk.dimensionLabel(pair[0])}`, values: ordered.map((variable) => r(first, variable)) },
      { name: "r_second", title: `r, ${msk.dimensionLabel(pair[1])}`, values: ordered.map((variable) => r(second, variable)) },
    ]);
    view.dataTable(section, table, { key: "v_", title: "Variables", link: { variable: (_, row) => msk.route("xwas", { variable: ordered[row] }) } });
    return plot;
  }

  function drawLoci(pair) {
    const section = view.section("Loci of both", place);
    if (!loci) {
      section.append(el("p", {}, "Loci were not looked for in this study: ", el("code", {}, "python -m msk_jax.loci --workdir=…"), " does it."));
      return;
    }
    const of = (dimension) => loci.where({ trait: dimension });
    const genesOf = (row) => loci.value(row, "genes").split(/,\s*/).filter(Boolean);
    const overlap = (a, b) => loci.value(a, "chromosome") === loci.value(b, "chromosome")
      && loci.value(a, "start_mb") <= loci.value(b, "end_mb") && loci.value(b, "start_mb") <= loci.value(a, "end_mb");
    const [first, second] = pair.map(of);
    const shared = first.flatMap((a) => second.filter((b) => loci.value(a, "source") === loci.value(b, "source") && (overlap(a, b) || genesOf(a).some((gene) => genesOf(b).includes(gene)))).map((b) => [a, b]));
    view.text(section, `Shown are ${first.length} loci of ${msk.dimensionLabel(pair[0])} and ${second.length} of ${msk.dimensionLabel(pair[1])}; ${shared.length} pairs of them overlap or have a gene in common.`,
      ...pair.filter((_, number) => ![first, second][number].length).map((name) => `${msk.dimensionLabel(name)}: ${msk.hitWords(results, name).join(" ")}`));
    if (!shared.length) return;
    const column = (name, title, place_) => ({ name: `${name}_${place_ + 1}`, title: `${title}, ${msk.dimensionLabel(pair[place_])}`, values: shared.map((rows) => loci.value(rows[place_], name)) });
    view.dataTable(section, msk.makeTable("loci_of_two", [
      { name: "genes", title: "Genes", values: shared.map(([a, b]) => [...new Set([...genesOf(a), ...genesOf(b)])].join(", ")) },
      { name: "source", title: "Variants", values: shared.map(([a]) => loci.value(a, "source")) },
      ...[0, 1].flatMap((number) => [column("rsid", "Variant", number), column("beta", "Effect", number), column("neg_log10_p", "−log₁₀ p", number)]).map((each) => ({ ...each, values: each.values.map((value) => value ?? (each.name.startsWith("rsid") ? "" : null)) })),
    ]), { key: "l_", title: "Loci of both", link: { genes: (text) => msk.route("loci", { find: text.split(",")[0] }) } });
  }
});
