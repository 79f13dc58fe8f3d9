// Adds rows to the actions nested in an outcome. Without this script one empty row is there.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest(".nested-actions-add");
  if (!button) return;
  const nested = button.closest(".nested-actions");
  const total = nested.querySelector("input[name$='-TOTAL_FORMS']");
  // The admin's own script renumbers outcomes, so the prefix is read anew each time.
  const prefix = total.name.slice(0, -"-TOTAL_FORMS".length);
  const row = nested.querySelector("template").content.firstElementChild.cloneNode(true);
  const number = total.value;
  for (const element of row.querySelectorAll("[name], [id], [for], [aria-describedby]")) {
    for (const attribute of ["name", "id", "for", "aria-describedby"]) {
      const value = element.getAttribute(attribute);
      if (value) {
        const renamed = value.replace(/(id_)?outcomes-.+-actions-__prefix__/, `$1${prefix}-${number}`);
        element.setAttribute(attribute, renamed);
      }
    }
  }
  total.value = Number(number) + 1;
  nested.querySelector(".nested-actions-rows").append(row);
  // The stock autocomplete starts on new rows by this event.
  row.dispatchEvent(
    new CustomEvent("formset:added", { bubbles: true, detail: { formsetName: prefix } }),
  );
  row.querySelector("input:not([type=hidden])").focus();
});
