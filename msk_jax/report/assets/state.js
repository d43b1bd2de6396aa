// The address says what is shown: #/<page>?<key>=<value>&...; what a key's default is is not in it.
"use strict";
(() => {
  /** Returns {page, values} of an address. */
  msk.parseHash = (hash) => {
    const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
    return { page: decodeURIComponent(path) || "start", values: new Map(new URLSearchParams(query)) };
  };

  /** Returns the address of a page with these values. */
  msk.route = (page, values = {}) => {
    const entries = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
    const query = new URLSearchParams(entries).toString();
    return `#/${page}${query ? `?${query}` : ""}`;
  };

  /** What a page shows, kept in the address. */
  msk.State = class {
    constructor(page, values) {
      this.page = page;
      this.values = values;
      this.listeners = [];
    }

    get(key, byDefault = "") {
      return this.values.get(key) ?? byDefault;
    }

    /** Sets values; one that equals its default leaves the address. */
    set(changes, defaults = {}) {
      for (const [key, value] of Object.entries(changes)) {
        if (value === "" || value === null || value === (defaults[key] ?? "")) this.values.delete(key);
        else this.values.set(key, String(value));
      }
      msk.shownHash = msk.route(this.page, Object.fromEntries(this.values));
      location.replace(msk.shownHash);
      for (const listener of this.listeners) listener(Object.keys(changes));
    }

    /** Calls a function whenever one of these keys changes; any key without a list. */
    onChange(keys, call) {
      this.listeners.push((changed) => {
        if (!keys || changed.some((key) => keys.includes(key))) call();
      });
    }
  };
})();
