// An hour that has not come is dragged to another day. The same is done by the small form of each.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("calendar-move");
  if (!form) return;
  let dragged = null;

  const dayOf = (event) => event.target.closest?.(".calendar-day");
  const unmark = () => document.querySelectorAll(".is-target").forEach((day) => day.classList.remove("is-target"));

  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".calendar-entry[draggable=true]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.querySelector("a").textContent);
  });
  document.addEventListener("dragover", (event) => {
    const day = dragged && dayOf(event);
    unmark();
    if (!day) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    day.classList.add("is-target");
  });
  document.addEventListener("dragend", () => {
    dragged = null;
    unmark();
  });
  document.addEventListener("drop", (event) => {
    const day = dragged && dayOf(event);
    if (!day) return;
    event.preventDefault();
    if (day === dragged.closest(".calendar-day")) return;
    for (const name of ["kind", "pk", "was"]) form.elements[name].value = dragged.dataset[name];
    form.elements.date.value = day.dataset.date;
    form.submit();
  });
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && event.target.closest?.(".calendar-entry details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
});
