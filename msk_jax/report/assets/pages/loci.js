// Loci as a table, the region around one of them, its effect in women and men, and the genes.
"use strict";
msk.page("loci", async (view) => {
  msk.loadPlotly();
  const el = msk.element;
  const [loci, genes, near, results] = await Promise.all(["gwas_loci", "gwas_genes", "gwas_region_genes", "gwas_results"].map((name) => view.table(name)));
  const HIT = view.page.facts.hit;
  const REGION_MB = 0.5;
  if (!loci.length) {
    view.text(view.root, "There is no locus that may be shown.");
    for (const name of results?.levels("trait") ?? []) view.text(view.root, `${msk.traitLabel(name)}: ${msk.hitWords(results, name).join(" ")}`);
    return;
  }
  const trait = view.select({
    key: "trait", label: "Trait", options: [["", "all"], ...loci.levels("trait").map((name) => [name, msk.traitLabel(name)])],
  });
  const source = view.select({ key: "source", label: "Variants", options: [["", "all"], ...loci.levels("source").map((name) => [name, name])] });
  const rows = () => loci.where(Object.fromEntries([["trait", trait()], ["source", source()]].filter(([, value]) => value)));
  const addressOf = (row) => msk.route("loci", { ...Object.fromEntries(["find", "sort"].map((key) => [key, view.state.get(key)])), trait: loci.value(row, "trait"), source: loci.value(row, "source"), locus: loci.value(row, "locus") });

  /** Returns the row of the chosen locus: the address', else the strongest. */
  const chosen = () => {
    const number = Number(view.state.get("locus"));
    const own = rows();
    return own.find((row) => loci.value(row, "locus") === number) ?? own.reduce((a, b) => (a === undefined || loci.value(b, "neg_log10_p") > loci.value(a, "neg_log10_p") ? b : a), undefined);
  };

  const numbers = view.dataTable(view.root, loci, {
    rows: rows(), sort: "neg_log10_p.down",
    columns: ["rsid", "trait", "source", "chromosome", "position_mb", "genes", "effect_allele", "effect_allele_percent", "beta", "se", "neg_log10_p", "num_variants", "num_candidates", "direction", "doubt"],
    link: { rsid: (_, row) => addressOf(row), genes: (_, row) => addressOf(row) },
  });
  const region = view.section("");
  const sexes = view.section("");
  let newest = 0;
  const update = async () => {
    const number = ++newest;
    const row = chosen();
    const which = row === undefined ? null : loci.value(row, "number");
    const points = which === null || !msk.site.tables[`gwas_region_${which}`] ? null : await msk.table(`gwas_region_${which}`);
    if (number !== newest) return;
    await drawRegion(row, points);
    await drawSexes();
  };
  view.state.onChange(["trait", "source", "locus"], update);
  view.state.onChange(["trait", "source"], () => numbers.setRows(rows()));
  await update();
  const list = view.section("Genes");
  view.text(list, "A gene stands here if a lead variant lies in it or if it is the nearest: a label, no proof.");
  view.dataTable(list, genes, { key: "genes_", sort: "num_loci.down", link: { gene: (name) => msk.route("loci", { find: name }) } });

  async function drawRegion(row, points) {
    region.replaceChildren();
    if (row === undefined) return;
    const value = (name) => loci.value(row, name);
    const name = `${value("genes") || "no gene near"}, ${value("rsid") ?? "a variant without an rs number"}`;
    region.append(el("h2", {}, `Region of ${name}`), el("p", {}, `${msk.traitLabel(value("trait"))}, ${value("source")} variants, chromosome ${value("chromosome")}: `
      + `${value("direction")} (p ${msk.pValue(value("neg_log10_p"))}).`
      + (value("num_sets") ? ` ${msk.countOf(value("num_candidates"), "variant")} in ${msk.countOf(value("num_sets"), "credible set")}.` : "")
      + (value("doubt") ? ` Fine-mapping: ${value("doubt").replaceAll("_", " ")}.` : "")
      + (value("also_in") ? ` The same locus: ${value("also_in")}.` : "")));
    if (!points) {
      region.append(el("p", {}, "This locus has no picture of its region: the strongest 40 of each trait have one."));
      return;
    }
    const own = points.where({ locus: value("locus") });
    const plot = view.plot(region, {
      title: "Variants around the leading one", method: "loci", file: `region_${value("trait")}_${value("locus")}`,
      describe: `${own.length} variants, thinned where they cover each other. Colours: r² with the leading variant. Diamonds: credible sets. Places: ${value("build")}.`,
      make: () => drawVariants(row, points, own),
      behind: { table: points, rows: own, title: "Region" },
    });
    await plot.ready;
  }

  function drawVariants(row, points, own) {
    const value = (name) => loci.value(row, name);
    const bounds = Object.keys(msk.site.palette.linkage).map(Number).sort((a, b) => a - b);
    const visible = (colour) => (msk.theme.get() === "dark" ? msk.mix(colour, msk.themeColour("ink"), 0.62) : colour); // the darkest are nearly black
    const colourOf = (r2) => (r2 === null ? msk.themeColour("soft") : visible(msk.colour("linkage", String(bounds.filter((bound) => r2 >= bound).at(-1) ?? 0))));
    const centre = value("position_mb");
    const top = 1.12 * Math.max(HIT + 0.5, value("neg_log10_p") === Infinity ? 320 : value("neg_log10_p"), ...own.map((each) => points.value(each, "neg_log10_p")));
    const isLead = (each) => (value("rsid") ? points.value(each, "rsid") === value("rsid") : Math.abs(points.value(each, "position_mb") - centre) < 5e-4 && points.value(each, "neg_log10_p") === value("neg_log10_p"));
    const groups = [
      ["no r²", own.filter((each) => points.value(each, "r2") === null && !isLead(each))],
      ...bounds.map((bound, place) => [`r² from ${bound}`, own.filter((each) => {
        const r2 = points.value(each, "r2");
        return r2 !== null && !isLead(each) && r2 >= bound && (place + 1 === bounds.length || r2 < bounds[place + 1]);
      })]),
      ["leading variant", own.filter(isLead)],
    ].filter(([, each]) => each.length);
    const at = (each, name) => points.value(each, name);
    const lines = genesOf(value("chromosome"), centre);
    const band = Math.max(1, ...lines.map((gene) => gene.line + 1));
    const narrow = view.root.clientWidth < 560;
    return {
      data: [
        ...groups.map(([name, each]) => ({
          type: "scatter", mode: "markers", name, x: each.map((one) => at(one, "position_mb")), y: each.map((one) => Math.min(at(one, "neg_log10_p"), top)),
          marker: {
            opacity: 1, color: name === "leading variant" ? msk.themeColour("ink") : colourOf(at(each[0], "r2")), size: each.map((one) => (name === "leading variant" ? 12 : at(one, "credible_set") ? 10 : 6)),
            symbol: each.map((one) => (at(one, "credible_set") ? "diamond" : "circle")), line: { width: each.map((one) => (at(one, "credible_set") ? 1 : 0)), color: msk.themeColour("ink") },
          },
          text: each.map((one) => `<b>${at(one, "rsid") ?? "variant without an rs number"}</b><br>${msk.fixed(at(one, "position_mb"), 3)} Mb<br>p ${msk.pValue(at(one, "neg_log10_p"))}<br>r² ${msk.fixed(at(one, "r2"), 2)}`
            + (at(one, "credible_set") ? `<br>credible set ${at(one, "credible_set")}, probability ${msk.fixed(at(one, "pip"), 2)}` : "")),
          hovertemplate: "%{text}<extra></extra>",
        })),
        ...(lines.length ? [{
          type: "scatter", mode: "lines", yaxis: "y2", showlegend: false, hoverinfo: "skip", line: { color: msk.themeColour("ink"), width: 3 },
          x: lines.flatMap((gene) => [gene.start, gene.end, null]), y: lines.flatMap((gene) => [-gene.line, -gene.line, null]),
        }] : []),
      ],
      layout: {
        xaxis: { title: { text: `chromosome ${value("chromosome")} (Mb)` }, range: [centre - REGION_MB, centre + REGION_MB], anchor: lines.length ? "y2" : "y" },
        yaxis: { title: { text: "−log₁₀ p" }, range: [0, top], domain: lines.length ? [Math.min(0.1 + 0.06 * band, 0.45), 1] : [0, 1] },
        yaxis2: { visible: false, range: [-band + 0.3, 0.8], domain: [0, Math.min(0.06 * band + 0.04, 0.4)], fixedrange: true },
        shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: HIT, y1: HIT, line: { color: msk.themeColour("soft"), width: 1, dash: "dash" } }],
        annotations: lines.filter((gene) => gene.isNamed).map((gene) => ({
          x: (Math.max(gene.start, centre - REGION_MB) + Math.min(gene.end, centre + REGION_MB)) / 2, y: -gene.line, yref: "y2", yshift: 9, text: `<i>${gene.name}</i>`, showarrow: false, font: { size: 11 },
        })),
        showlegend: true, legend: narrow ? { orientation: "h", y: -0.25 } : { x: 1.02, y: 1 },
      },
      height: 420 + 24 * band, width: 1100,
    };
  }

  /** Returns the genes of a region in lines that leave room for their names; in a crowded one only as many as fit. */
  function genesOf(chromosome, centre) {
    if (!near) return [];
    const scale = 2 * REGION_MB / Math.min(view.root.clientWidth, 1100);
    const ends = [];
    const lines = [];
    for (const row of near.where({ chromosome })) {
      const [name, start, end] = ["gene", "start_mb", "end_mb"].map((column) => near.value(row, column));
      if (end < centre - REGION_MB || start > centre + REGION_MB) continue;
      const half = name.length * 7.5 * scale / 2;
      const middle = (Math.max(start, centre - REGION_MB) + Math.min(end, centre + REGION_MB)) / 2;
      const [left, right] = [Math.min(start, middle - half), Math.max(end, middle + half)];
      let line = ends.findIndex((last) => last < left);
      if (line < 0) line = ends.length;
      if (line > 5) continue;
      ends[line] = right + 8 * scale;
      lines.push({ name, start, end, line, isNamed: middle > centre - REGION_MB && middle < centre + REGION_MB });
    }
    return lines;
  }

  async function drawSexes() {
    sexes.replaceChildren();
    const own = rows().filter((row) => loci.value(row, "beta_female") !== null && loci.value(row, "beta_male") !== null)
      .sort((a, b) => loci.value(b, "neg_log10_p") - loci.value(a, "neg_log10_p")).slice(0, 40);
    if (!own.length) return;
    sexes.append(el("h2", {}, "Effects in women and in men"));
    const place = el("div", { class: "pair" });
    sexes.append(place);
    const narrow = view.root.clientWidth < 560;
    const label = (row) => `${(loci.value(row, "genes") || loci.value(row, "rsid") || "").split(",")[0]}, ${msk.traitLabel(loci.value(row, "trait"))}`;
    const of = (name) => own.map((row) => loci.value(row, name));
    const texts = own.map((row) => `<b>${label(row)}</b><br>women ${msk.withSd(loci.value(row, "beta_female"), loci.value(row, "se_female"), 3)}`
      + `<br>men ${msk.withSd(loci.value(row, "beta_male"), loci.value(row, "se_male"), 3)}<br>difference: p ${msk.pValue(loci.value(row, "difference_neg_log10_p"))}`);
    const units = [...new Set(own.map((row) => loci.value(row, "unit")))].join(", ");
    const side = (sex, offset) => ({
      type: "scatter", mode: "markers", name: { female: "women", male: "men" }[sex], x: of(`beta_${sex}`), y: own.map((_, number) => number + offset),
      error_x: { type: "data", array: of(`se_${sex}`).map((value) => 1.96 * value), color: msk.colour("sexes", sex), thickness: 2, width: 0 },
      marker: { size: 9, color: msk.colour("sexes", sex), symbol: sex === "female" ? "circle" : "square", line: { width: 1, color: msk.themeColour("ink") } },
      text: texts, hovertemplate: "%{text}<extra></extra>",
    });
    const bars = view.plot(place, {
      title: "Effect per allele with its 95% interval", file: "effects_by_sex", method: "loci",
      describe: `${msk.countOf(own.length, "locus").replace("locuss", "loci")} of those chosen above, the strongest first. Above zero: ages faster.`,
      make: () => ({
        data: [side("female", -0.15), side("male", 0.15)],
        layout: {
          xaxis: { title: { text: `effect (${units})` }, zeroline: true, zerolinecolor: msk.themeColour("soft") },
          yaxis: { tickvals: own.map((_, number) => number), ticktext: own.map((row) => (narrow ? label(row).slice(0, 20) : label(row))), range: [own.length - 0.5, -0.5], zeroline: false },
          showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
        },
        height: 150 + 30 * own.length,
      }),
    });
    view.plot(place, {
      title: "Women against men", file: "women_against_men", method: "loci",
      describe: "On the line: the same effect in both. Bars: one standard error.",
      make: () => {
        const reach = 1.15 * Math.max(...own.flatMap((row) => ["female", "male"].map((sex) => Math.abs(loci.value(row, `beta_${sex}`)) + loci.value(row, `se_${sex}`))));
        const bar = (name) => ({ type: "data", array: of(name), color: msk.themeColour("soft"), thickness: 1, width: 0 });
        return {
          data: [
            { type: "scatter", mode: "lines", x: [-reach, reach], y: [-reach, reach], line: { color: msk.themeColour("soft"), width: 1 }, hoverinfo: "skip" },
            { type: "scatter", mode: "markers", x: of("beta_male"), y: of("beta_female"), error_x: bar("se_male"), error_y: bar("se_female"), marker: { size: 9, color: of("dimension").map((name) => msk.colour("dimensions", name)) }, text: texts, hovertemplate: "%{text}<extra></extra>" },
          ],
          layout: { xaxis: { title: { text: "men" }, range: [-reach, reach] }, yaxis: { title: { text: "women" }, range: [-reach, reach] } },
          height: 420,
        };
      },
    });
    await bars.ready;
  }
});
