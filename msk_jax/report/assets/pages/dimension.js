// One dimension: what each other page knows of it, in short, with the way there.
"use strict";
msk.page("dimension", async (view) => {
  msk.loadPlotly();
  const el = msk.element;
  const MOST_VARIABLES = 5; // of a category
  const KINDS = { phenotypic: ["circle", "Circles: in people."], genetic: ["square", "Squares: in genes."], xwas: ["diamond", "Diamonds: over the variables that go with both."] };
  const kindOf = (correlation) => KINDS[correlation.split("_")[0]];
  const names = msk.inMenuOrder(new Set(msk.site.models.map((model) => model.dimension)));
  const [scores, ages, people, kinds, heritability, results, loci, associations] = await Promise.all([
    view.table("performance"), view.table("ages"), view.table("accelerations"), msk.pairCorrelations(view), view.table("heritability"),
    view.table("gwas_results"), view.table("gwas_loci"), view.table("xwas_associations"),
  ]);
  const name = view.select({ key: "name", label: "Dimension", options: names.map((each) => [each, msk.dimensionLabel(each)]) });
  const products = scores ? msk.productOptions(scores) : [["sample", "per visit (sample)"]];
  const product = view.select({ key: "product", label: "Sample definition", options: products });
  const place = el("div");
  view.root.append(place);
  const update = async () => {
    place.replaceChildren();
    const plots = [drawFacts(), drawModels(), drawAges(), drawCorrelations(), drawGenes(), await drawVariables(), await drawPictures()];
    await Promise.all(plots.map((plot) => plot?.ready));
  };
  view.state.onChange(["name", "product"], update);
  await update();

  function notRun(section, what, command) {
    section.append(el("p", {}, `${what} in this study: `, el("code", {}, `python -m msk_jax.${command} --workdir=…`), " does it."));
    return null;
  }

  function more(section, page, values, words) {
    if (msk.pageNamed(page)) section.append(el("p", { class: "more" }, el("a", { href: msk.route(page, values) }, words)));
  }

  /** Returns what is known of the dimension under a name, for the chosen sample definition. */
  function factOf(key) {
    return view.page.facts[key]?.[name()]?.find((each) => each.product === product());
  }

  /** Returns the row of the model that stands for the dimension; undefined if none does. */
  function standsFor() {
    if (!scores) return undefined;
    return scores.where({ product: product(), model: factOf("stands_for")?.model })[0];
  }

  function bins() {
    return people?.where({ product: product(), dimension: name() }) ?? [];
  }

  /** Returns the SD of people's accelerated ageing in years, their visits averaged; undefined where there are no bins. */
  function spread() {
    return factOf("sd_years")?.years;
  }

  /** Returns how many people age faster (or slower) than the mean by more than one SD; null where bins do not say. */
  function beyond(isFast) {
    const own = bins().filter((row) => (isFast ? people.value(row, "low_sd") >= 1 : people.value(row, "high_sd") <= -1));
    const hasEdge = bins().some((row) => people.value(row, isFast ? "low_sd" : "high_sd") === (isFast ? 1 : -1));
    return hasEdge ? own.reduce((sum, row) => sum + people.value(row, "num_people"), 0) : null;
  }

  /** Returns the rows of `gwas_results` of this dimension: one for each kind of variants that were analysed. */
  function analysed() {
    return results?.where({ trait: name() }) ?? [];
  }

  function drawFacts() {
    const row = standsFor();
    const cards = [];
    if (row !== undefined) {
      cards.push(["people", scores.value(row, "num_people").toLocaleString("en")], ["R² of the age prediction", msk.fixed(scores.value(row, "r2"), 3)],
        ["years, root mean squared error", msk.fixed(scores.value(row, "rmse"), 2)]);
    }
    for (const [isFast, words] of [[true, "people age faster than the mean by 1 SD or more"], [false, "people age slower than the mean by 1 SD or more"]]) {
      const count = beyond(isFast);
      if (count !== null) cards.push([words, count.toLocaleString("en")]);
    }
    const own = heritability?.where({ trait: name() })[0];
    if (own !== undefined && heritability.value(own, "h2") !== null) cards.push(["heritability", msk.withSd(heritability.value(own, "h2"), heritability.value(own, "h2_se"), 2)]);
    for (const each of analysed()) {
      const count = results.value(each, "num_loci");
      if (count !== null) cards.push([`loci, ${results.value(each, "source")} variants`, count.toLocaleString("en")]);
    }
    if (cards.length) place.append(msk.cards(cards));
    return null;
  }

  function drawModels() {
    const section = view.section("How well age is predicted", place);
    if (!scores) return notRun(section, "Nothing was scored", "evaluate");
    const rows = scores.where({ product: product(), dimension: name() });
    if (!rows.length) {
      view.text(section, "This study has no model of this dimension.");
      return null;
    }
    const isEnsemble = rows.some((row) => msk.modelsByName?.get(scores.value(row, "model"))?.is_ensemble);
    const alone = isEnsemble ? "One model, an ensemble of the dimensions." : "One model; there is no ensemble of several.";
    view.text(section, rows.length === 1 ? alone : `${rows.length} models${isEnsemble ? ", ensembles among them" : ""}.`);
    view.dataTable(section, scores, {
      key: "models_", rows, sort: "r2.down",
      columns: ["model", "num_people", "r2", "r2_sd_bootstrap", "rmse", "rmse_sd_bootstrap", "c_index", "published_r2"],
    });
    more(section, "performance", { dimension: name(), product: product() === "sample" ? "" : product() }, "All scores as a plot");
    const own = standsFor();
    if (own === undefined) view.text(section, "No model stands for this dimension: it has no ensemble, and none was chosen on validation folds.");
    more(section, "performance_groups", { model: scores.value(own ?? rows[0], "model") }, "By fold, sex, age, ethnicity and centre");
    return null;
  }

  function drawAges() {
    const section = view.section("Biological age and accelerated ageing", place);
    if (!ages) return notRun(section, "Ages were not computed", "ages");
    const row = ages.where({ product: product(), stands_for: name() })[0];
    if (row === undefined) {
      view.text(section, "No model of this dimension has ages for this sample definition.");
      return null;
    }
    const value = (column) => ages.value(row, column);
    if (value("refused")) {
      view.text(section, `${msk.modelLabel(value("model"))} has no ages: ${value("refused").replaceAll("_", " ")}.`);
      return null;
    }
    view.text(section, `The age of this dimension is the prediction of ${msk.modelLabel(value("model"))} after the line of its errors over age was taken out `
      + `(slope ${msk.fixed(value("bias_slope"), 3)} years per year; at 60 years ${msk.signed(value("bias_at_60_years"), 2)} years). `
      + `What is left is accelerated ageing${spread() === undefined ? "." : `: its SD is ${msk.fixed(spread(), 2)} years over people, whose visits are averaged.`}${value("warning") ? ` Note: ${value("warning").replaceAll("_", " ")}.` : ""}`);
    const shown = bins();
    if (!shown.length) {
      view.text(section, "There are too few people to show how they differ, or they do not differ.");
      return null;
    }
    if (shown.length === 1) {
      view.text(section, `${people.value(shown[0], "num_people").toLocaleString("en")} people are in one bin: smaller bins would be of fewer than five people.`);
      return null;
    }
    return view.plot(section, {
      title: "People by accelerated ageing", file: `accelerations_${name()}`, method: "acceleration",
      describe: () => {
        const [fast, slow] = [beyond(true), beyond(false)];
        return "Right of zero: people whose body looks older than they are. A person's visits are averaged; bins of fewer than five people are joined, the outer ones are open."
          + (fast === null || slow === null ? "" : ` ${fast.toLocaleString("en")} people age faster than the mean by one SD or more, ${slow.toLocaleString("en")} slower.`);
      },
      behind: { table: people, rows: () => bins(), columns: ["low_years", "high_years", "low_sd", "high_sd", "num_people"] },
      make: () => histogram(shown),
    });
  }

  function histogram(shown) {
    const years = (column, row) => people.value(row, column);
    const width = spread() / 2;
    const fixed = (value) => msk.fixed(value, msk.decimalsOf(width));
    const edges = shown.map((row) => {
      const [low, high] = [years("low_years", row), years("high_years", row)];
      return [Number.isFinite(low) ? low : high - width, Number.isFinite(high) ? high : low + width];
    });
    const text = (row) => {
      const [low, high] = [years("low_years", row), years("high_years", row)];
      if (!Number.isFinite(low)) return `less than ${fixed(high)} years`;
      return Number.isFinite(high) ? `${fixed(low)} to ${fixed(high)} years` : `${fixed(low)} years or more`;
    };
    return {
      data: [{
        type: "bar", x: edges.map(([low, high]) => (low + high) / 2), width: edges.map(([low, high]) => high - low),
        y: shown.map((row, place) => years("num_people", row) * width / (edges[place][1] - edges[place][0])),
        marker: { color: msk.colour("dimensions", name()), opacity: shown.map((row) => (years("low_sd", row) >= 1 || years("high_sd", row) <= -1 ? 1 : 0.5)), line: { width: 1, color: msk.themeColour("paper") } },
        customdata: shown.map((row) => [text(row), years("num_people", row).toLocaleString("en")]), hovertemplate: "%{customdata[0]}: %{customdata[1]} people<extra></extra>",
      }],
      layout: {
        xaxis: { title: { text: "accelerated ageing (years)" }, zeroline: true, zerolinecolor: msk.themeColour("ink") },
        yaxis: { title: { text: "people per half SD" } }, bargap: 0,
      },
      height: 320, width: 800,
    };
  }

  function drawCorrelations() {
    const others = names.filter((each) => each !== name());
    const known = kinds.filter(({ name: kind, pairs }) => (kind === `phenotypic_${product()}` || kind === "genetic" || kind === "xwas_")
      && others.some((other) => pairs.has(msk.inMenuOrder([name(), other]).join(" "))));
    if (!others.length) return null;
    const section = view.section("What it has in common with the others", place);
    if (!known.length) {
      if (!msk.site.tables.correlations) return notRun(section, "Correlations with other dimensions were not computed", "ages");
      view.text(section, "No correlation with another dimension may be shown: too few people have both, or no model stands for one of them.");
      return null;
    }
    const rows = known.flatMap(({ label, name: kind, pairs }) => others.map((other) => ({ label, kind, other, ...pairs.get(msk.inMenuOrder([name(), other]).join(" ")) })).filter((each) => each.value !== undefined));
    const table = msk.makeTable("correlations_of_one", [
      { name: "dimension", title: "With", values: rows.map(({ other }) => other) }, { name: "correlation", title: "Correlation", values: rows.map(({ label }) => label) },
      { name: "value", title: "Value", values: rows.map(({ value }) => value) }, { name: "error", title: "SE or SD", values: rows.map(({ error }) => error ?? null) },
    ]);
    const plot = view.plot(section, {
      title: `Correlations of ${msk.dimensionLabel(name())} with the others`, file: `correlations_${name()}`, method: "correlation",
      describe: `${known.map((each) => kindOf(each.name)[1]).join(" ")} ${msk.errorWords(known)}`,
      behind: { table, title: "Correlations" },
      make: () => ({
        data: known.map(({ label, name: kind }) => {
          const own = rows.filter((each) => each.kind === kind);
          return {
            type: "scatter", mode: "markers", name: label, x: own.map(({ value }) => value), y: own.map(({ other }) => msk.dimensionLabel(other)),
            error_x: { type: "data", array: own.map(({ error }) => error ?? 0), color: msk.themeColour("soft"), thickness: 1.2 },
            marker: { size: 11, symbol: kindOf(kind)[0], color: own.map(({ other }) => msk.colour("dimensions", other)), line: { width: 1, color: msk.themeColour("ink") } },
            hovertemplate: "%{y}, %{fullData.name}: %{x:.3f}<extra></extra>",
          };
        }),
        layout: {
          xaxis: { title: { text: "correlation" }, range: [Math.min(-0.1, ...rows.map(({ value }) => value - 0.1)), Math.max(1.05, ...rows.map(({ value }) => value + 0.05))], zeroline: true, zerolinecolor: msk.themeColour("soft") },
          yaxis: { autorange: "reversed", type: "category" }, showlegend: known.length > 1,
          legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { color: msk.themeColour("ink") } },
        },
        height: 130 + 38 * others.length, width: 900,
      }),
    });
    more(section, "two_dimensions", { first: name(), second: others[0] }, `Compare with one of them, e.g. ${msk.dimensionLabel(others[0])}`);
    return plot;
  }

  function drawGenes() {
    const section = view.section("Genes", place);
    if (!loci && !heritability && !results) return notRun(section, "Genotypes were not analysed", "gwas");
    const own = heritability?.where({ trait: name() })[0];
    if (own !== undefined) {
      const value = (column) => heritability.value(own, column);
      section.append(el("p", {}, `Heritability ${msk.withSd(value("h2"), value("h2_se"), 3)}`
        + `${value("published_h2") === null ? "" : `, published ${msk.withSd(value("published_h2"), value("published_h2_se"), 3)}`}. `, el("a", { href: msk.route("heritability") }, "All dimensions")));
    }
    const rows = loci?.where({ dimension: name(), stratum: "all" }) ?? [];
    view.text(section, ...msk.hitWords(results, name()));
    if (rows.length) {
      view.dataTable(section, loci, {
        key: "loci_", rows, sort: "neg_log10_p.down", columns: ["genes", "rsid", "source", "chromosome", "position_mb", "beta", "se", "neg_log10_p", "direction"],
        link: { genes: (_, row) => msk.route("loci", { trait: loci.value(row, "trait"), source: loci.value(row, "source"), locus: loci.value(row, "locus") }) },
      });
    }
    const [trait] = analysed().length ? [name()] : results ? msk.traitsOf(results, name()) : [];
    if (trait) more(section, "gwas", { trait }, "Manhattan, Q-Q and volcano plots");
    return null;
  }

  async function drawVariables() {
    const section = view.section("What else goes with it", place);
    if (!associations) return notRun(section, "Variables were not tested", "xwas");
    const value = (row, column) => associations.value(row, column);
    const tested = associations.where({ dimension: name() }).filter((row) => value(row, "r") !== null && !value(row, "circular"));
    if (!tested.length) {
      view.text(section, "No variable has a result for this dimension.");
      return null;
    }
    const isStrong = (row) => msk.isSignificant(associations, row);
    const mains = associations.levels("main_category");
    const strongest = mains.flatMap((main) => tested.filter((row) => value(row, "main_category") === main)
      .sort((a, b) => (value(b, "neg_log10_p") ?? 0) - (value(a, "neg_log10_p") ?? 0)).slice(0, MOST_VARIABLES));
    view.text(section, `${tested.length.toLocaleString("en")} variables were tested, ${tested.filter(isStrong).length.toLocaleString("en")} are significant after Bonferroni's correction (p < ${msk.site.xwas_level}). `
      + `The ${MOST_VARIABLES} strongest of each category:`);
    view.dataTable(section, associations, {
      key: "variables_", rows: strongest, columns: ["main_category", "label", "r", "effect_per_sd_years", "neg_log10_p", "neg_log10_p_bonferroni", "num_people"],
      link: { label: (_, row) => msk.route("xwas", { variable: value(row, "variable") }) },
    });
    more(section, "xwas", { dimension: name() }, "All variables");
    if (msk.site.tables.xwas_prediction_scores) more(section, "prediction", { dimension: name() }, "How well they predict accelerated ageing together");
    return null;
  }

  async function drawPictures() {
    if (name() === "scalars") {
      const section = view.section("What the models look at", place);
      if (!msk.site.tables.importances) return notRun(section, "Importances were not computed", "scalars");
      more(section, "importances", {}, "Importances of the measurements");
      more(section, "scalar_sets", {}, "The measurements themselves");
      return null;
    }
    if (name() === "general") return null;
    const section = view.section("Where the networks look", place);
    const [maps, registration] = await Promise.all([view.table("attention"), view.table("attention_registration")]);
    const rows = maps?.where({ sex: "all", age_group: "all", rate: "all" }).filter((row) => msk.dimensionOfModel(maps.value(row, "model")) === name()) ?? [];
    const networks = registration?.where().filter((row) => msk.dimensionOfModel(registration.value(row, "model")) === name()) ?? [];
    if (!rows.length && !networks.length) return notRun(section, "Maps of this dimension were not made", "attention");
    for (const row of networks) {
      const model = registration.value(row, "model");
      if (!rows.some((each) => maps.value(each, "model") === model)) view.text(section, msk.noMapsWords(registration, model));
    }
    if (!rows.length) return null;
    const shown = el("div", { class: "maps" });
    section.append(shown);
    for (const model of new Set(rows.map((row) => maps.value(row, "model")))) {
      const lack = msk.mapsLack(registration, model);
      if (lack) shown.before(lack);
    }
    for (const row of rows) shown.append(await msk.attentionMap(maps, row, { hasScale: true }));
    more(section, "attention", { model: maps.value(rows[0], "model") }, "By sex, age and rate of ageing");
    return null;
  }
});
