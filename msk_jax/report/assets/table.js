// A table that sorts, filters and downloads; of many rows only those in sight are in the page.
"use strict";
(() => {
  const el = msk.element;
  const ROW_PX = 34;
  const BEYOND = 12; // rows drawn above and below what is in sight
  const WIDEST_PX = 440;
  const WIDEST_SHARE = 0.45; // of what is in sight, so that a narrow page shows more than one column
  const PADDING_PX = 22;
  const MEASURED = 12; // the longest cells of a column whose width is looked at

  /**
   * Adds a table to `parent`.
   *
   * options: title; columns: names shown at first (all that hold anything); rows: numbers of rows (all); sort: the
   * order to begin with, e.g. "neg_log10_p.down";
   * state and key: where its order and filters are kept ("" if it is the page's only one); link: column name to a
   * function of (value, row) that returns an address; file: name of the CSV.
   * Returns {setRows(rows)}.
   */
  msk.dataTable = (parent, table, options = {}) => new DataTable(parent, table, options);

  const canvas = document.createElement("canvas").getContext("2d");

  /** Returns the width in pixels of the widest of some texts, in the letters of an element. */
  function measure(texts, element, weight) {
    const { fontSize, fontFamily } = getComputedStyle(element);
    canvas.font = `${weight} ${fontSize} ${fontFamily}`;
    return Math.max(0, ...texts.map((text) => canvas.measureText(text).width));
  }

  class DataTable {
    constructor(parent, table, { title, columns, rows, state, sort = "", key = "", link = {}, file }) {
      Object.assign(this, { table, title, key, link, order: sort, file: file ?? table.name });
      this.state = state ?? new msk.State("", new Map());
      if (!state) this.state.set = (changes) => { // kept here alone
        for (const [name, value] of Object.entries(changes)) this.state.values.set(name, value);
        for (const listener of this.state.listeners) listener(Object.keys(changes));
      };
      this.filled = table.filledColumns();
      this.usual = (columns ?? this.filled).filter((name) => this.filled.includes(name));
      this.base = rows ?? table.where();
      this.keys = Object.fromEntries(["sort", "find", "filters", "columns"].map((name) => [name, key + name]));
      this.build(parent);
      this.state.onChange(Object.values(this.keys), () => this.refresh());
      this.refresh();
    }

    setRows(rows) {
      this.base = rows;
      this.refresh();
    }

    get shownColumns() {
      const chosen = this.state.get(this.keys.columns);
      const names = chosen ? chosen.split(".").filter((name) => this.filled.includes(name)) : this.usual;
      return names.map((name) => this.table.column(name));
    }

    get filters() {
      return Object.fromEntries(new URLSearchParams(this.state.get(this.keys.filters)));
    }

    build(parent) {
      const tools = el("div", { class: "table-tools" });
      msk.textField(tools, this.state, { key: this.keys.find, label: "Find in the table", placeholder: "words" });
      this.count = el("p", { class: "table-count", role: "status" });
      tools.append(this.columnChooser(), el("button", { type: "button", onclick: () => this.save() }, "CSV"), this.count);
      this.head = el("thead");
      this.body = el("tbody");
      this.widths = el("colgroup");
      this.grid = el("table", { class: "data" }, el("caption", { class: "hidden" }, this.title), this.widths, this.head, this.body);
      this.scroller = el("div", {
        class: "table-scroll", tabindex: "0", role: "region", "aria-label": `${this.title}, table`,
        onscroll: () => this.drawRows(),
      }, this.grid);
      parent.append(el("div", { class: "table-box" }, tools, this.scroller));
      new ResizeObserver(() => this.drawRows()).observe(this.scroller);
    }

    columnChooser() {
      const boxes = el("div", { class: "chooser" });
      const chooser = el("details", { class: "columns-chooser" }, el("summary", {}, "Columns and filters"), boxes);
      chooser.addEventListener("toggle", () => {
        if (!chooser.open || boxes.childElementCount) return;
        boxes.append(el("p", { class: "hint" }, "Texts: a part of the word. Numbers: >0.5, <=3, 0.1..0.5."));
        for (const name of this.filled) boxes.append(this.columnControl(name));
      });
      return chooser;
    }

    columnControl(name) {
      const column = this.table.column(name);
      const id = msk.newId("column");
      const box = el("input", { type: "checkbox", id, onchange: () => this.toggleColumn(name, box.checked) });
      box.checked = this.shownColumns.includes(column);
      const field = el("input", {
        type: "search", "aria-label": `Filter by ${column.title}`, placeholder: column.isText ? "part of it" : "> < ..",
        oninput: msk.debounce(() => this.setFilter(name, field.value), 150),
      });
      field.value = this.filters[name] ?? "";
      return el("div", { class: "chooser-row" }, box, el("label", { for: id }, column.title), field);
    }

    toggleColumn(name, isShown) {
      const now = this.shownColumns.map((column) => column.name);
      const names = this.filled.filter((each) => (each === name ? isShown : now.includes(each)));
      const chosen = names.join(".");
      this.state.set({ [this.keys.columns]: chosen }, { [this.keys.columns]: this.usual.join(".") });
    }

    setFilter(name, typed) {
      const filters = new URLSearchParams(this.state.get(this.keys.filters));
      if (typed.trim()) filters.set(name, typed.trim());
      else filters.delete(name);
      this.state.set({ [this.keys.filters]: filters.toString() });
    }

    /** Takes what the address says: filters, order, columns. */
    refresh() {
      const [name, direction] = this.state.get(this.keys.sort, this.order).split(".");
      const filtered = msk.filterRows(this.table, this.base, this.state.get(this.keys.find), this.filters);
      this.rows = name ? msk.sortRows(this.table, filtered, name, direction === "down") : filtered;
      this.sorted = { name, direction };
      const all = this.base.length;
      const shown = this.rows.length;
      this.count.textContent = shown === all
        ? `${all.toLocaleString("en")} rows` : `${shown.toLocaleString("en")} of ${all.toLocaleString("en")} rows`;
      this.drawHead();
      this.scroller.scrollTop = 0;
      this.drawRows(true);
    }

    drawHead() {
      const columns = this.shownColumns;
      this.grid.setAttribute("aria-rowcount", this.rows.length + 1);
      const widths = columns.map((column) => this.widthOf(column));
      this.widths.replaceChildren(...widths.map((width) => el("col", { style: `width:${width}px` })));
      this.grid.style.width = `${widths.reduce((sum, width) => sum + width, 0)}px`;
      const focused = this.head.contains(document.activeElement) ? document.activeElement.dataset.column : null;
      this.head.replaceChildren(el("tr", { "aria-rowindex": 1 }, columns.map((column) => this.headerOf(column))));
      if (focused) this.head.querySelector(`[data-column="${focused}"]`)?.focus();
    }

    headerOf(column) {
      const isSorted = this.sorted.name === column.name;
      const isDown = this.sorted.direction === "down";
      const sort = () => {
        // Numbers: the largest first; texts: from A. A third press gives the first order back.
        const first = column.isText ? "up" : "down";
        const second = column.isText ? "down" : "up";
        const next = !isSorted ? first : this.sorted.direction === first ? second : "";
        this.state.set({ [this.keys.sort]: next ? `${column.name}.${next}` : "none" }, { [this.keys.sort]: this.order || "none" });
      };
      return el("th", {
        scope: "col", class: column.isText ? null : "number", title: column.title,
        "aria-sort": isSorted ? (isDown ? "descending" : "ascending") : null,
      }, el("button", { type: "button", "data-column": column.name, onclick: sort },
        el("span", { class: "header-text" }, column.title),
        el("span", { class: "arrow", "aria-hidden": "true" }, isSorted ? (isDown ? "▼" : "▲") : "")));
    }

    /** Returns how many pixels wide a column is: as its longest cell or the longest word of its header, within limits. */
    widthOf(column) {
      this.widthsOf ??= new Map();
      if (!this.widthsOf.has(column)) {
        const step = Math.max(1, Math.floor(this.table.length / 2000));
        const texts = new Set();
        for (let row = 0; row < this.table.length; row += step) texts.add(msk.show(column.values[row], column));
        const longest = [...texts].sort((a, b) => b.length - a.length).slice(0, MEASURED);
        const header = column.title.length > 24 ? column.title.length / 2 : Math.min(column.title.length, 12);
        const words = [...column.title.split(" "), column.title.slice(0, Math.ceil(header))];
        const width = Math.max(measure(longest, this.grid, 400), measure(words, this.grid, 650) + 14);
        const limit = Math.min(WIDEST_PX, (this.scroller.clientWidth || WIDEST_PX / WIDEST_SHARE) * WIDEST_SHARE);
        this.widthsOf.set(column, Math.min(Math.ceil(width) + PADDING_PX, Math.max(limit, 150)));
      }
      return this.widthsOf.get(column);
    }

    drawRows(isNew = false) {
      const height = this.scroller.clientHeight || 400;
      const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW_PX) - BEYOND);
      const last = Math.min(this.rows.length, first + Math.ceil(height / ROW_PX) + 2 * BEYOND);
      if (!isNew && this.drawn && this.drawn.first === first && this.drawn.last === last) return;
      this.drawn = { first, last };
      const columns = this.shownColumns;
      const lines = [];
      if (first > 0) lines.push(this.spacer(first, columns.length));
      for (let place = first; place < last; place++) lines.push(this.line(place, columns));
      if (last < this.rows.length) lines.push(this.spacer(this.rows.length - last, columns.length));
      if (!this.rows.length) lines.push(el("tr", {}, el("td", { colspan: columns.length, class: "none" }, "No rows.")));
      this.body.replaceChildren(...lines);
    }

    spacer(rows, columns) {
      return el("tr", { "aria-hidden": "true", class: "spacer", style: `height:${rows * ROW_PX}px` }, el("td", { colspan: columns }));
    }

    line(place, columns) {
      const row = this.rows[place];
      return el("tr", { "aria-rowindex": place + 2, class: place % 2 ? "odd" : null }, columns.map((column) => {
        const value = column.values[row];
        const text = msk.show(value, column);
        const address = value !== null && text !== "" && this.link[column.name]?.(value, row);
        return el("td", { class: column.isText ? null : "number", title: text.length > 20 ? text : null },
          address ? el("a", { href: address }, text) : text);
      }));
    }

    save() {
      msk.download(`${this.file}.csv`, msk.toCsv(this.table, this.rows), "text/csv;charset=utf-8");
    }
  }
})();
