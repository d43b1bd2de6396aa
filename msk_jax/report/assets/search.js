// The search box of all pages: variables, genes and pages, by MiniSearch; loaded when it is first used.
"use strict";
(() => {
  const el = msk.element;
  const LIBRARY = "assets/libraries/minisearch.js";
  const SHOWN = 12;
  let index = null;

  function load() {
    index ??= (async () => {
      await msk.script(LIBRARY);
      const table = await msk.table("search");
      const search = new window.MiniSearch({
        fields: ["label", "detail"], storeFields: ["kind", "label", "detail", "route"],
        searchOptions: { prefix: true, fuzzy: (term) => (term.length > 4 ? 0.2 : false), combineWith: "AND", boost: { label: 2 } },
      });
      const rows = table.where().map((row) => ({
        id: row, ...Object.fromEntries(table.columns.map((column) => [column.name, column.values[row]])),
      }));
      const pages = msk.site.pages.map((page) => ({
        id: `page ${page.name}`, kind: "page", label: page.title, detail: page.group, route: msk.route(page.name),
      }));
      const dimensions = [...new Set(msk.site.models.map((model) => model.dimension))].map((name) => ({
        id: `dimension ${name}`, kind: "dimension", label: msk.dimensionLabel(name), detail: "one dimension of ageing", route: msk.dimensionRoute(name),
      }));
      search.addAll([...pages, ...dimensions, ...rows]);
      return search;
    })();
    return index;
  }

  msk.buildSearch = (parent) => {
    const list = el("ul", { id: "search_results", role: "listbox", "aria-label": "Search results", hidden: true });
    const field = el("input", {
      type: "search", role: "combobox", "aria-label": "Search variables, genes and pages", placeholder: "Search",
      "aria-expanded": "false", "aria-controls": "search_results", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
    });
    const status = el("span", { class: "hidden", role: "status" });
    let chosen = -1;
    let shown = ""; // the words whose results are in the list

    const close = () => {
      shown = "";
      list.hidden = true;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
      chosen = -1;
    };
    const choose = (place) => {
      const items = [...list.children].filter((item) => item.role === "option");
      if (!items.length) return;
      chosen = (place + items.length) % items.length;
      items.forEach((item, number) => item.setAttribute("aria-selected", String(number === chosen)));
      items[chosen].scrollIntoView({ block: "nearest" });
      field.setAttribute("aria-activedescendant", items[chosen].id);
    };
    const go = (route) => {
      close();
      field.value = "";
      location.hash = route;
    };
    const find = async () => {
      const words = field.value.trim();
      if (!words) return close();
      const results = (await load()).search(words).slice(0, SHOWN);
      if (field.value.trim() !== words || words === shown) return;
      shown = words;
      list.replaceChildren(...results.map((result, place) => el("li", {
        id: `search_result_${place}`, role: "option", "aria-selected": "false", "data-route": result.route,
        onpointerdown: (event) => { event.preventDefault(); go(result.route); },
      }, el("span", { class: "result-label" }, result.label), el("span", { class: "result-detail" }, `${result.kind} · ${result.detail}`))));
      if (!results.length) list.append(el("li", { class: "none", role: "presentation" }, "Nothing is called so."));
      list.hidden = false;
      field.setAttribute("aria-expanded", "true");
      status.textContent = `${results.length} results`;
      chosen = -1;
    };

    field.addEventListener("focus", load, { once: true });
    field.addEventListener("input", msk.debounce(find, 100));
    field.addEventListener("blur", close);
    field.addEventListener("keydown", async (event) => {
      if (!["ArrowDown", "ArrowUp", "Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      if (event.key === "Escape") return close();
      await find(); // whoever types fast means the results of the last letter
      if (list.hidden) return;
      if (event.key !== "Enter") return choose(event.key === "ArrowDown" ? chosen + 1 : Math.max(chosen, 0) - 1);
      const item = [...list.querySelectorAll("[role=option]")][Math.max(chosen, 0)];
      if (item) go(item.dataset.route);
    });
    parent.append(field, list, status);
  };
})();
