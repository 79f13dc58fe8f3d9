// One search over everything, on every page of the desk: Ctrl+K or ⌘K. Without this script the link
// leads to a page that finds the same.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const link = document.getElementById("desk-search-link");
  const dialog = document.getElementById("desk-search");
  if (!link || !dialog || !dialog.showModal) return;
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const status = dialog.querySelector("[role=status]");
  const PAUSE = 150; // ms without a keystroke
  let timer = null;
  let running = null;
  let shown = null; // what was asked for last

  const options = () => [...list.querySelectorAll("[role=option]")];
  const active = () => list.querySelector("[aria-selected=true]");

  const choose = (option) => {
    active()?.setAttribute("aria-selected", "false");
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };

  const element = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  const show = ({ groups, summary }) => {
    let number = 0;
    list.replaceChildren(
      ...groups.map((group) => {
        const title = element("div", { id: `desk-search-${group.name}`, class: "desk-search-group" }, group.title);
        const items = group.items.map((item) => {
          const option = element("div", {
            role: "option", id: `desk-search-option-${++number}`, "aria-selected": "false", "data-url": item.url,
          }, element("span", { class: "what" }, item.title));
          if (item.note) option.append(" ", element("span", { class: "meta" }, item.note));
          return option;
        });
        return element("div", { role: "group", "aria-labelledby": title.id }, title, ...items);
      }),
    );
    input.setAttribute("aria-expanded", String(number > 0));
    status.textContent = summary;
    choose(options()[0]);
  };

  const ask = async () => {
    const text = input.value;
    if (text === shown) return;
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    try {
      const url = `${dialog.dataset.url}?${new URLSearchParams({ q: text })}`;
      const response = await fetch(url, { signal, headers: { Accept: "application/json" }, redirect: "error" });
      if (!response.ok) throw new Error(response.statusText);
      show(await response.json());
      shown = text;
    } catch {
      if (!signal.aborted) status.textContent = dialog.dataset.trouble;
    }
  };

  const open = () => {
    if (dialog.open) return input.select();
    dialog.showModal();
    input.select();
    shown = null;
    ask();
  };

  const go = (option) => {
    if (option) location.assign(option.dataset.url);
  };

  // In the story the same keys make a link of what is marked.
  const belongsToStory = () =>
    document.activeElement?.closest(".ProseMirror") && !getSelection().isCollapsed;

  window.addEventListener("keydown", (event) => {
    const isSearch = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!isSearch || belongsToStory()) return;
    event.preventDefault();
    event.stopPropagation();
    open();
  }, { capture: true });
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("keydown", async (event) => {
    if (event.isComposing) return;
    const all = options();
    const at = all.indexOf(active());
    if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all[(at - 1 + all.length) % all.length]);
    else if (event.key === "Enter") {
      event.preventDefault();
      // Whoever types and presses at once gets what they typed, not what stood there before.
      clearTimeout(timer);
      await ask();
      return go(active());
    } else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => go(event.target.closest("[role=option]")));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    for (const keys of document.querySelectorAll("kbd.mod-k")) keys.textContent = "⌘K";
  }
});
