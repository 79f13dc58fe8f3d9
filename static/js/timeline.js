// The timeline by keyboard: j and k go to the next and the previous entry. They work only while an
// entry has the focus, so that they are in nobody's way. And a button that copies a citation.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || !["j", "k"].includes(event.key)) return;
  const entry = event.target.closest?.(".entry");
  if (!entry) return;
  const entries = [...document.querySelectorAll(".timeline .entry")];
  const next = entries[entries.indexOf(entry) + (event.key === "j" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.querySelector(".title a").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
});

// Opened once, a citation gets its button: without a script the text is there to be marked.
document.addEventListener("toggle", (event) => {
  const cite = event.target;
  const label = document.querySelector("[data-copy]")?.dataset;
  if (!cite.matches?.(".cite[open]") || cite.querySelector("button") || !label) return;
  if (!navigator.clipboard) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(cite.querySelector("p").textContent.trim());
    button.textContent = label.copied;
  });
  cite.append(button);
}, true);

// A choice of filters that was swapped in has feeds of its own: what a feed reader finds follows.
// What cannot be answered is answered by a page of its own, in words.
document.addEventListener("htmx:responseError", ({ detail }) => {
  location.assign(detail.pathInfo.finalRequestPath);
});

document.addEventListener("htmx:afterSwap", () => {
  const follow = document.querySelector(".view .follow");
  for (const link of follow?.querySelectorAll("a[type]") ?? []) {
    const known = [...document.querySelectorAll(`head link[rel="alternate"][type="${link.type}"]`)];
    if (known.length) Object.assign(known.at(-1), { href: link.href, title: follow.dataset.title });
  }
});
