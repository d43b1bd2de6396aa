// Models: names as people read them, and where they lead.
"use strict";
(() => {
  const MODEL_COLUMNS = ["model", "model_1", "model_2"];

  const known = (name) => msk.modelsByName?.get(name);

  /** Returns a model's label: `spine / sagittal`. */
  msk.modelLabel = (name) => known(name)?.label ?? name;

  /** Returns a dimension's name for people. */
  msk.dimensionLabel = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

  /** Returns the address of what is known of a dimension. */
  msk.dimensionRoute = (dimension) => (
    msk.pageNamed("dimension") ? msk.route("dimension", { name: dimension }) : msk.route("performance", { dimension }));

  /** Returns a text of a table for people: models by their label, codes without underscores. */
  msk.words = (value, column) => {
    if (MODEL_COLUMNS.includes(column.name)) {
      const model = known(value);
      return model && model.is_ensemble ? `${model.label} (ensemble)` : msk.modelLabel(value);
    }
    if (/^(dimension|trait|stratum|relation|engine|doubt|status|sex_method|algorithm|reason|verdict|array$|imputed$|main_category|category|product|kind|level|direction|selection|method$|group$|feature$|first$|second$|set$)/.test(column.name)) return value.replaceAll("_", " ");
    return value;
  };

  /**
   * Returns which models were tested on some folds alone; an empty text if none was.
   *
   * scores: `performance`; rows: those that are shown.
   */
  msk.partialWords = (scores, rows) => {
    const all = Math.max(msk.site.num_folds, ...scores.values("num_folds"));
    const partial = rows.filter((row) => scores.value(row, "num_folds") < all);
    if (!partial.length) return "";
    const named = partial.slice(0, 6).map((row) => `${msk.words(scores.value(row, "model"), { name: "model" })} (${scores.value(row, "num_folds")})`);
    const more = partial.length > named.length ? ` and ${partial.length - named.length} more` : "";
    return ` Tested on some of the ${all} folds alone, so on fewer people: ${named.join(", ")}${more}.`;
  };

  /** Returns the two sample definitions that a table has, as options of a control. */
  msk.productOptions = (table) => table.levels("product").map((product) => [
    product, { sample: "per visit (sample)", participant: "per participant" }[product] ?? product,
  ]);
})();
