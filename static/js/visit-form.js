// Begins a new visit with what is known already: the headline of the article in whose form it is
// made, and that a visit whose day has passed most likely took place. Both can be changed, and a page
// that comes back with errors leaves them as they were sent.
"use strict";

window.addEventListener("load", () => {
  const [title, start, end, status] = ["title", "start", "end", "status"].map((name) =>
    document.getElementById(`id_${name}`),
  );
  const passed = status?.dataset.passed; // only where a visit is new
  if (!passed || !start || !end || document.querySelector(".errornote")) return;

  let headline;
  try {
    headline = window.opener?.document.getElementById("id_headline")?.value.trim();
  } catch {
    // Opened from another site.
  }
  if (title && !title.value && headline) {
    title.value = headline.slice(0, title.maxLength);
    title.dispatchEvent(new Event("change", { bubbles: true })); // the address follows
  }

  const hint = document.createElement("div");
  hint.className = "help";
  hint.textContent = passed;
  status.closest(".field-status, .fieldBox, .form-row").append(hint);
  // It keeps its room: come while a button is pressed, it would push the button away.
  hint.style.minBlockSize = `${hint.offsetHeight}px`;
  hint.textContent = "";
  hint.setAttribute("role", "status");
  const likely = { planned: "took_place", took_place: "planned" };
  let isOwn = status.value !== "planned";
  status.addEventListener("change", () => {
    isOwn = true;
    hint.textContent = "";
  });
  const judge = () => {
    const day = lastDay(end.value) ?? lastDay(start.value);
    if (isOwn || day === null) return;
    const hasPassed = day < new Date().setHours(0, 0, 0, 0);
    if (hasPassed === (status.value === "took_place")) return;
    status.value = likely[status.value];
    hint.textContent = hasPassed ? passed : "";
  };
  // Not while it is typed: "2026-12" begins as "2026-1".
  start.addEventListener("change", judge);
  end.addEventListener("change", judge);
});

// The last moment of a date as it is typed, "28 January 2025", "January 2025", "2025-01" or "2025";
// `null` if this browser does not understand it.
function lastDay(typed) {
  const text = typed.trim();
  if (/^\d{4}$/.test(text)) return new Date(text, 11, 31);
  const [, year, month] = /^(\d{4})-(\d\d?)$/.exec(text) ?? [];
  if (month) return new Date(year, month, 0);
  const [, y, m, d] = /^(\d{4})-(\d\d?)-(\d\d?)$/.exec(text) ?? [];
  const day = d ? new Date(y, m - 1, d) : new Date(text);
  if (!/\d{4}/.test(text) || isNaN(day)) return null;
  return /^\D+\d{4}$/.test(text) ? new Date(day.getFullYear(), day.getMonth() + 1, 0) : day;
}
