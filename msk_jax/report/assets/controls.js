// Controls whose state is in the address.
"use strict";
(() => {
  const el = msk.element;

  /**
   * Adds a choice of one of several: {key, label, options: [[value, text], ...], byDefault}.
   * Returns a function that gives the chosen value; one that is not among the options counts as the default.
   */
  msk.select = (parent, state, { key, label, options, byDefault = options[0]?.[0] ?? "" }) => {
    const id = msk.newId("select");
    const values = options.map(([value]) => value);
    const chosen = () => {
      const value = state.get(key, byDefault);
      return values.includes(value) ? value : byDefault;
    };
    const select = el("select", { id, onchange: () => state.set({ [key]: select.value }, { [key]: byDefault }) },
      options.map(([value, text]) => el("option", { value }, text)));
    select.value = chosen();
    parent.append(el("div", { class: "control" }, el("label", { for: id }, label), select));
    return chosen;
  };

  /** Adds a box to tick: {key, label, byDefault: false}; returns a function that gives true or false. */
  msk.checkbox = (parent, state, { key, label, byDefault = false }) => {
    const id = msk.newId("box");
    const isOn = () => state.get(key, byDefault ? "yes" : "no") === "yes";
    const box = el("input", {
      id, type: "checkbox",
      onchange: () => state.set({ [key]: box.checked ? "yes" : "no" }, { [key]: byDefault ? "yes" : "no" }),
    });
    box.checked = isOn();
    parent.append(el("div", { class: "control control-box" }, box, el("label", { for: id }, label)));
    return isOn;
  };

  /** Adds a field for text: {key, label, placeholder}; returns a function that gives the text. */
  msk.textField = (parent, state, { key, label, placeholder = "" }) => {
    const id = msk.newId("text");
    const field = el("input", {
      id, type: "search", placeholder, autocomplete: "off", spellcheck: "false",
      oninput: msk.debounce(() => state.set({ [key]: field.value }), 120),
    });
    field.value = state.get(key);
    parent.append(el("div", { class: "control" }, el("label", { for: id }, label), field));
    return () => state.get(key);
  };
})();
