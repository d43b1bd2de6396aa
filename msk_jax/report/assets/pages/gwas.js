// Manhattan, Q-Q and volcano plots of a trait: counts as a picture, hits as points, and the hits as a table.
"use strict";
msk.page("gwas", async (view) => {
  msk.loadPlotly();
  const el = msk.element;
  const [results, hits] = await Promise.all([view.table("gwas_results"), view.table("gwas_hits")]);
  const HIT = view.page.facts.hit;
  const PICTURE_PX = { sparse: 3, dense: 1 }; // least width of a cell
  const SPARSE = 50000; // variants
  const colourOf = (row) => msk.colour("dimensions", results.value(row, "dimension"));
  const line = (on) => ({ type: "line", ...on, line: { color: msk.themeColour("soft"), width: 1, dash: "dash" } });
  const trait = view.select({
    key: "trait", label: "Trait", options: results.levels("trait").map((name) => [name, msk.traitLabel(name)]),
  });
  const source = view.select({
    key: "source", label: "Variants", options: results.levels("source").map((name) => [name, name]),
  });
  const place = el("div");
  view.root.append(place);
  const table = hits ? view.section("Hits") : null;
  const hitRows = () => (hits ? hits.where({ trait: trait(), source: source() }) : []);
  const numbers = hits ? view.dataTable(table, hits, {
    rows: hitRows(), sort: "neg_log10_p.down",
    columns: ["rsid", "chromosome", "position_mb", "genes", "effect_allele", "other_allele", "effect_allele_percent", "beta", "se", "neg_log10_p", "locus", "is_lead"],
    link: { genes: (genes) => msk.route("loci", { find: genes.split(",")[0] }), locus: (number) => msk.route("loci", { trait: trait(), source: source(), locus: number }) },
  }) : null;
  let newest = 0;
  const update = async () => {
    numbers?.setRows(hitRows());
    const number = ++newest;
    const [row] = results.where({ trait: trait(), source: source() });
    if (row === undefined) {
      place.replaceChildren(el("p", { class: "notice" }, "This trait has no results of such variants."));
      return;
    }
    const which = results.value(row, "number");
    const [picture, quantiles] = await Promise.all([msk.table(`gwas_picture_${which}`), msk.table(`gwas_quantiles_${which}`)]);
    if (number !== newest) return;
    place.replaceChildren();
    drawAll(row, picture, quantiles);
  };
  view.state.onChange(["trait", "source"], update);
  await update();

  function drawAll(row, picture, quantiles) {
    const value = (name) => results.value(row, name);
    const whole = (name) => (value(name) === null ? "–" : value(name).toLocaleString("en"));
    place.append(msk.cards([
      ["people", `≥ ${whole("n")}`], ["variants tested", whole("num_variants")],
      ["variants below 5e-8", whole("num_hits")], ["loci", whole("num_loci")],
      ["lambda (1: no inflation)", msk.fixed(value("lambda_gc"), 3)],
      ["intercept of LD scores", msk.withSd(value("ldsc_intercept"), value("ldsc_intercept_se"), 3)],
    ].filter(([, text]) => text !== "–")));
    const shown = hitRows();
    const omitted = value("num_hits") === null ? "The stage loci did not run, so hits are not listed."
      : [value("num_rare") ? `${msk.countOf(value("num_rare"), "hit")} of rare alleles left out. ` : "",
        value("num_hits") - value("num_rare") > shown.length ? `Of ${whole("num_hits")} hits the ${shown.length.toLocaleString("en")} strongest of each Mb are shown.` : ""].join("");
    view.plot(place, {
      title: `Manhattan plot, ${msk.traitLabel(trait())}`, method: "gwas",
      file: `manhattan_${trait()}_${source()}`,
      describe: `${whole("num_variants")} ${source()} variants; ${shown.length ? `${shown.length.toLocaleString("en")} of them above the line at 5e-8` : Math.max(0, ...quantiles.values("observed")) > HIT ? "some are above the line at 5e-8" : "none above the line at 5e-8"}. Places: ${value("build")}. ${omitted}`,
      make: () => manhattan(row, picture, shown),
    });
    const pair = el("div", { class: "pair" });
    place.append(pair);
    view.plot(pair, {
      title: "Q-Q plot", method: "qq", file: `qq_${trait()}_${source()}`,
      describe: "Each variant's p value against what chance alone would give it; the band holds 95% of independent ones.",
      make: () => qq(quantiles), behind: { table: quantiles, title: "Q-Q plot" },
    });
    view.plot(pair, {
      title: "Volcano plot", method: "gwas", file: `volcano_${trait()}_${source()}`,
      describe: "Right: people with more copies of the allele age faster."
        + (value("num_beyond") ? ` ${whole("num_beyond")} larger effects, of rare variants most often, are drawn at the edge.` : ""),
      make: () => volcano(row, picture, shown),
    });
  }

  /** Returns a heat map of the cells of a plane; `shade` says which of two shades a column has. */
  function heat(row, picture, plane, [left, right], shade) {
    const lines = picture.where({ plane }).map((line) => picture.value(line, "cells"));
    const columns = lines[0].length;
    const width = Math.max(view.root.clientWidth * (plane === "volcano" && view.root.clientWidth > 760 ? 0.5 : 1), 240);
    const least = results.value(row, "num_variants") < SPARSE ? PICTURE_PX.sparse : PICTURE_PX.dense;
    const merged = Math.max(1, Math.round(least * columns / width));
    const top = Math.log2(Math.max(2, ...lines.map((line) => Math.max(...[...line].map(levelOf))))) || 1;
    const step = (right - left) / columns * merged;
    const z = lines.map((line) => Array.from({ length: Math.ceil(columns / merged) }, (_, place) => {
      let level = 0;
      for (const letter of line.slice(place * merged, (place + 1) * merged)) level = Math.max(level, levelOf(letter));
      if (!level) return null;
      return shade(left + (place + 0.5) * step) * 2 + Math.min(Math.log2(level + 1) / (top + 1), 1);
    }));
    const colour = colourOf(row);
    const paper = msk.themeColour("paper");
    const shades = [[colour, 0.55, 1], [colour, 0.3, 0.6]].map(([of, ...shares]) => shares.map((share) => msk.mix(of, paper, share)));
    return {
      type: "heatmap", z, x0: left + step / 2, dx: step, y0: HIT / lines.length / 2, dy: HIT / lines.length,
      zmin: 0, zmax: 3, showscale: false, hoverinfo: "skip",
      colorscale: [[0, shades[0][0]], [1 / 3, shades[0][1]], [2 / 3, shades[1][0]], [1, shades[1][1]]],
    };
  }

  function levelOf(letter) {
    return letter === "." ? 0 : letter.charCodeAt(0) - 96;
  }

  /** Returns the hits as points. */
  function points(row, rows, x, shade) {
    const unit = results.value(row, "unit");
    const infinite = Math.max(HIT, ...rows.map((each) => hits.value(each, "neg_log10_p")).filter(Number.isFinite)) * 1.05;
    const pale = msk.mix(colourOf(row), msk.themeColour("paper"), 0.6);
    return {
      type: "scatter", mode: "markers", x: rows.map(x),
      y: rows.map((each) => Math.min(hits.value(each, "neg_log10_p"), infinite)),
      marker: {
        size: rows.map((each) => (hits.value(each, "is_lead") === "yes" ? 9 : 5)),
        color: rows.map((each) => (shade(x(each)) ? pale : colourOf(row))),
        line: { width: rows.map((each) => (hits.value(each, "is_lead") === "yes" ? 1.5 : 0)), color: msk.themeColour("ink") },
      },
      text: rows.map((each) => {
        const value = (name) => hits.value(each, name);
        return `<b>${value("rsid") ?? "variant without an rs number"}</b>, ${value("genes") || "no gene near"}`
          + `<br>chromosome ${value("chromosome")}, ${msk.fixed(value("position_mb"), 3)} Mb`
          + `<br>p ${msk.pValue(value("neg_log10_p"))}`
          + `<br>${msk.signed(value("beta"), 3)} ± ${msk.fixed(value("se"), 3)} ${unit} per ${value("effect_allele")} (${value("effect_allele_percent")}%)`;
      }),
      hovertemplate: "%{text}<extra></extra>",
    };
  }

  function topOf(rows) {
    return 1.08 * Math.max(HIT + 0.7, ...rows.map((each) => hits.value(each, "neg_log10_p")).filter(Number.isFinite));
  }

  function manhattan(row, picture, rows) {
    const { chromosomes, end } = view.page.facts.genomes[results.value(row, "build")];
    const starts = new Map(chromosomes.map((each, place) => [each.name, { ...each, place }]));
    const parity = (x) => {
      let last = 0;
      chromosomes.forEach((each, number) => { if (each.from <= x) last = number; });
      return last % 2;
    };
    const x = (each) => starts.get(hits.value(each, "chromosome")).from + hits.value(each, "position_mb");
    const narrow = view.root.clientWidth < 560;
    const named = chromosomes.filter((each, number) => (narrow ? number % 4 === 0 : number < 12 || number % 2 === 0));
    const leads = [...rows].filter((each) => hits.value(each, "is_lead") === "yes")
      .sort((a, b) => hits.value(b, "neg_log10_p") - hits.value(a, "neg_log10_p"));
    return {
      data: [heat(row, picture, "manhattan", [0, end], parity), points(row, rows, x, parity)],
      layout: {
        xaxis: {
          range: [-0.01 * end, 1.01 * end], tickvals: named.map((each) => each.from + each.length / 2), ticktext: named.map((each) => each.name),
          showgrid: false, zeroline: false, title: { text: "chromosome" }, tickangle: 0,
        },
        yaxis: { title: { text: "−log₁₀ p" }, range: [0, topOf(rows)], zeroline: false },
        shapes: [line({ x0: 0, x1: 1, xref: "paper", y0: HIT, y1: HIT })],
        annotations: geneNames(leads, x, narrow ? 3 : 12, end),
      },
      height: 380,
    };
  }

  /** Returns the names of the strongest loci's genes, as far as there is room beside stronger ones. */
  function geneNames(leads, x, most, width) {
    const taken = [];
    const names = [];
    for (const each of leads) {
      const name = (hits.value(each, "genes") || "").split(",")[0];
      if (!name || names.length >= most || taken.some((other) => Math.abs(other - x(each)) < width / 14)) continue;
      taken.push(x(each));
      names.push({
        x: x(each), y: Math.min(hits.value(each, "neg_log10_p"), topOf(leads) / 1.08), text: `<i>${name}</i>`, showarrow: false,
        yshift: 13, font: { size: 12 },
      });
    }
    return names;
  }

  function qq(quantiles) {
    const band = quantiles.where({ part: "band" });
    const seen = quantiles.where({ part: "variants" });
    const of = (rows, name) => rows.map((each) => quantiles.value(each, name));
    const largest = Math.max(1, ...of(seen, "expected"));
    const soft = msk.themeColour("soft");
    return {
      data: [
        { type: "scatter", mode: "lines", x: of(band, "expected"), y: of(band, "low"), line: { width: 0 }, hoverinfo: "skip" },
        { type: "scatter", mode: "lines", x: of(band, "expected"), y: of(band, "high"), fill: "tonexty", fillcolor: msk.mix(soft, msk.themeColour("paper"), 0.25), line: { width: 0 }, hoverinfo: "skip" },
        { type: "scatter", mode: "lines", x: [0, largest], y: [0, largest], line: { color: soft, width: 1 }, hoverinfo: "skip" },
        {
          type: "scatter", mode: "markers", x: of(seen, "expected"), y: of(seen, "observed"),
          marker: { size: 4, color: colourOf(results.where({ trait: trait(), source: source() })[0]) },
          hovertemplate: "expected %{x:.2f}<br>observed %{y:.2f}<extra></extra>",
        },
      ],
      layout: { xaxis: { title: { text: "expected −log₁₀ p" } }, yaxis: { title: { text: "observed −log₁₀ p" } } },
      height: 400,
    };
  }

  function volcano(row, picture, rows) {
    const reach = results.value(row, "reach");
    const x = (each) => Math.max(-reach, Math.min(reach, hits.value(each, "beta")));
    return {
      data: [heat(row, picture, "volcano", [-reach, reach], () => 0), points(row, rows, x, () => 0)],
      layout: {
        xaxis: { title: { text: `effect per allele (${results.value(row, "unit")})` }, range: [-reach, reach], zeroline: true, zerolinecolor: msk.themeColour("soft") },
        yaxis: { title: { text: "−log₁₀ p" }, range: [0, topOf(rows)], zeroline: false },
        shapes: [line({ x0: 0, x1: 1, xref: "paper", y0: HIT, y1: HIT })],
        annotations: geneNames([...rows].filter((each) => hits.value(each, "is_lead") === "yes").slice(0, 6), x, 6, 2 * reach),
      },
      height: 400,
    };
  }
});
