// Light or dark before anything is drawn: what the reader chose here, else what the system says.
"use strict";
(() => {
  const key = "msk_theme";
  let chosen = null;
  try {
    chosen = localStorage.getItem(key);
  } catch { /* storage may be forbidden: then the system's choice stays */ }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  window.msk = {
    theme: {
      get: () => document.documentElement.dataset.theme,
      set(name) {
        document.documentElement.dataset.theme = name;
        try {
          localStorage.setItem(key, name);
        } catch { /* not remembered */ }
        document.dispatchEvent(new Event("msk-theme"));
      },
    },
  };
})();
