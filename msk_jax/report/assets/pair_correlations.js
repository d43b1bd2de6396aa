// All kinds of correlations between two dimensions, from the tables of several pages.
"use strict";
(() => {
  /**
   * Returns the kinds of correlations that the site has: [{name, label, pairs}], where pairs is a map of
   * "<dimension> <dimension>" in the order of the menu to {value, error, n}.
   */
  msk.pairCorrelations = async (view, { measure = "pearson", selection = "all" } = {}) => {
    const [phenotypic, orders, genetic, similarity, predicted] = await Promise.all([
      "correlations", "model_orders", "genetic_correlations", "xwas_similarity", "xwas_prediction_similarity",
    ].map((name) => view.table(name)));
    const kinds = [];
    const add = (name, label, table, rows, of, value, error, n) => {
      const pairs = new Map();
      for (const row of rows) {
        const [first, second] = of.map((column) => column(row));
        const number = table.value(row, value);
        if (!first || !second || first === second || number === null) continue;
        pairs.set(msk.inMenuOrder([first, second]).join(" "), { value: number, error: error && table.value(row, error), n: n && table.value(row, n) });
      }
      if (pairs.size) kinds.push({ name, label, pairs });
    };
    if (phenotypic && orders) {
      for (const product of phenotypic.levels("product")) {
        // Another model may stand for a dimension per participant than per visit.
        const dimensionOf = new Map(orders.where({ product, is_dimension: "yes" }).map((row) => [orders.value(row, "model"), orders.value(row, "dimension")]));
        const of = ["model_1", "model_2"].map((name) => (row) => dimensionOf.get(phenotypic.value(row, name)));
        add(`phenotypic_${product}`, product === "sample" ? "phenotypic, per visit" : "phenotypic, per participant", phenotypic, phenotypic.where({ product }), of, "r", "sd", "num_samples");
      }
    }
    if (genetic) {
      const of = ["trait_1", "trait_2"].map((name) => (row) => (genetic.value(row, name).includes(".") ? null : genetic.value(row, name)));
      add("genetic", "genetic, mixed model", genetic, genetic.where(), of, "rg", "rg_se", "n");
      add("genetic_ldsc", "genetic, LD-score regression", genetic, genetic.where(), of, "ldsc_rg", "ldsc_rg_se", "n");
      add("residual", "residual (environment and errors)", genetic, genetic.where(), of, "residual_correlation", "residual_correlation_se", "n");
    }
    if (similarity) {
      const of = ["dimension_1", "dimension_2"].map((name) => (row) => similarity.value(row, name));
      const mains = similarity.levels("main_category");
      for (const main of ["", ...mains.filter(Boolean)]) {
        add(`xwas_${main}`, `by associations, ${main ? main.replaceAll("_", " ") : "all variables"}`, similarity,
          similarity.where({ selection, main_category: main, category: "" }), of, measure, null, "num_variables");
      }
    }
    if (predicted) {
      const of = ["dimension_1", "dimension_2"].map((name) => (row) => predicted.value(row, name));
      for (const main of predicted.levels("main_category")) {
        for (const algorithm of predicted.levels("algorithm")) {
          add(`importances_${main}_${algorithm}`, `by importances, ${main.replaceAll("_", " ")}, ${algorithm.replaceAll("_", " ")}`, predicted,
            predicted.where({ main_category: main, category: "", algorithm }), of, measure, null, "num_variables");
        }
      }
    }
    return kinds;
  };

  /** Returns what the bars of kinds of correlations are, and which kinds have none. */
  msk.errorWords = (kinds) => {
    const without = kinds.filter(({ pairs }) => ![...pairs.values()].some(({ error }) => Number.isFinite(error)));
    if (without.length === kinds.length) return "No standard error is known.";
    return "Bars: one standard error or SD." + (without.length ? ` None is known of correlations ${without.length > 3 ? "over variables" : without.map(({ label }) => label).join("; ")}.` : "");
  };

  /** Returns `Hip – knee` of a pair's key. */
  msk.pairLabel = (key) => key.split(" ").map((name, place) => (place ? name.replaceAll("_", " ") : msk.dimensionLabel(name))).join(" – ");
})();
