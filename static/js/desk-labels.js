// Gives names to what the stock forms leave without: the autocompletes' own fields, and the cells of
// tables of rows, whose words stand in the table's head.
"use strict";

window.addEventListener("load", () => {
  const textOf = (label) => label.textContent.replace(/[:*\s]+$/, "").trim();

  const nameOf = (field) => {
    const label = field.labels?.[0];
    if (label) return textOf(label);
    const cell = field.closest("td");
    const name = [...(cell?.classList ?? [])].find((each) => each.startsWith("field-"));
    const table = cell?.closest("table");
    const head = name
      ? table.querySelector(`th.column-${CSS.escape(name.slice(6))}`)
      : table?.tHead?.rows[0].cells[cell.cellIndex];
    return head ? textOf(head) : "";
  };

  const nameSelect2 = (container) => {
    const select = container.previousElementSibling;
    const name = select?.matches("select") ? nameOf(select) : "";
    if (!name) return;
    for (const search of container.querySelectorAll(".select2-search__field")) search.setAttribute("aria-label", name);
    for (const single of container.querySelectorAll(".select2-selection--single[role=combobox]")) {
      const chosen = container.querySelector(".select2-selection__rendered")?.textContent.replace("×", "").trim();
      single.removeAttribute("aria-labelledby");
      for (const part of [single, ...single.querySelectorAll("[role=textbox]")]) {
        part.setAttribute("aria-label", chosen ? `${name}: ${chosen}` : name);
      }
    }
    // A list that also holds a field and a button is none.
    for (const list of container.querySelectorAll("ul.select2-selection__rendered")) {
      list.setAttribute("role", "presentation");
      for (const item of list.querySelectorAll("li")) item.setAttribute("role", "presentation");
    }
  };

  const nameAll = (root) => {
    for (const container of root.querySelectorAll(".select2-container")) nameSelect2(container);
    for (const field of root.querySelectorAll(".tabular td :is(input, select, textarea):not([type=hidden])")) {
      if (!field.labels?.length && !field.hasAttribute("aria-label")) {
        const name = nameOf(field);
        if (name) field.setAttribute("aria-label", name);
      }
    }
    for (const cell of root.querySelectorAll(".tabular thead th")) {
      if (!cell.textContent.trim()) cell.setAttribute("role", "presentation");
    }
    // The words beside the two fields of a moment are no labels.
    for (const field of root.querySelectorAll(".datetime input:not([aria-label])")) {
      const row = field.closest("fieldset, .form-row");
      const moment = row?.querySelector("legend, label");
      const part = field.previousSibling?.textContent ?? "";
      field.setAttribute("aria-label", [moment && textOf(moment), part.replace(/[:\s]+$/, "").trim()].filter(Boolean).join(", "));
    }
  };

  nameAll(document);
  // The stock script makes and remakes its fields when it likes: rows are added, choices taken off.
  let isDue = false;
  new MutationObserver((changes) => {
    const isOurs = changes.some(({ addedNodes }) =>
      [...addedNodes].some((node) => node.matches?.("[class*=select2], .form-row, .inline-related, tr")));
    if (!isOurs || isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      nameAll(document);
    });
  }).observe(document.getElementById("content") ?? document.body, { childList: true, subtree: true });
  // The stock autocompletes speak through jQuery's events only.
  if (window.django) {
    django.jQuery(document).on("change select2:select select2:unselect select2:clear", "select", (event) => {
      const container = event.target.nextElementSibling;
      if (container?.matches(".select2-container")) setTimeout(() => nameSelect2(container));
    });
    django.jQuery(document).on("select2:open", (event) => {
      const name = nameOf(event.target);
      for (const field of document.querySelectorAll(".select2-container--open .select2-search__field, .select2-container--open [role=listbox]")) {
        field.setAttribute("aria-label", name);
      }
    });
  }
});
