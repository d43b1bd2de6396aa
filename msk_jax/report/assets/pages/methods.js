// All methods in one place.
"use strict";
msk.page("methods", async (view) => {
  for (const method of Object.values(msk.site.methods)) {
    view.section(method.title).append(...msk.methodText(method).filter(Boolean));
  }
});
