// Ctrl+S saves, Ctrl+Enter does what the form is there for; and the focus goes where the work is: to
// what is wrong, or back to where one was typing when one saved.
"use strict";

window.addEventListener("load", () => {
  const HERE = `focus:${location.pathname}`;
  const form = document.querySelector("#content-main form:has(.submit-row [name=_continue], .submit-row [name=_save])");
  const row = form?.querySelector(".submit-row");
  const save = row?.querySelector("[name=_continue], [name=_save]");
  const primary = row?.querySelector("[data-primary]");
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  // A field by its id; the story's editor, which has none, by that of the field behind it.
  const editorOf = (id) => document.getElementById(id)?.closest(".form-row")?.querySelector(".ProseMirror");

  // Where one is, so that the page after the save opens there.
  const placeOf = (element) => {
    const editor = element.closest?.(".ProseMirror");
    const field = editor?.closest(".form-row")?.querySelector("textarea") ?? element.closest?.("input, select, textarea");
    if (!field?.id || !form.contains(field)) return null;
    const place = { at: field.id, scroll: scrollY };
    const { anchorNode, anchorOffset } = getSelection();
    if (editor?.contains(anchorNode)) {
      place.path = [anchorOffset];
      for (let node = anchorNode; node !== editor; node = node.parentNode) {
        place.path.unshift([...node.parentNode.childNodes].indexOf(node));
      }
    } else if (field.matches("textarea, input[type=text]")) {
      place.caret = field.selectionStart;
    }
    return place;
  };

  const press = (button) => {
    const place = placeOf(document.activeElement);
    try {
      if (place) sessionStorage.setItem(HERE, JSON.stringify(place));
    } catch {
      // A browser that keeps nothing begins at the head of the page.
    }
    form.requestSubmit(button);
  };

  if (save) {
    window.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || document.querySelector("dialog[open]")) return;
      const button = { s: save, Enter: primary }[event.key === "S" ? "s" : event.key];
      // A comment is another form: its keys are no word about the article.
      const other = document.activeElement.form ?? document.activeElement.closest("form");
      if (!button || (other && other !== form)) return;
      // Before the story's editor makes a line break of it.
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) press(button);
    }, { capture: true });

    const note = document.createElement("p");
    note.className = "keys";
    const key = (name) => Object.assign(document.createElement("kbd"), { textContent: isMac ? `⌘${name === "Enter" ? "↵" : name}` : `Ctrl+${name}` });
    note.append(key("S"), ` ${save.value}`);
    save.setAttribute("aria-keyshortcuts", isMac ? "Meta+S" : "Control+S");
    if (primary) {
      note.append(" · ", key("Enter"), ` ${primary.value}`);
      primary.setAttribute("aria-keyshortcuts", isMac ? "Meta+Enter" : "Control+Enter");
    }
    row.append(note);
  }

  const focusField = (field) => {
    const row = field.closest(".form-row, td");
    const target = field.matches("textarea") ? row?.querySelector(".ProseMirror") ?? field : field;
    const shown = target.matches(".select2-hidden-accessible")
      ? target.nextElementSibling?.querySelector("[tabindex='0'], input") ?? target
      : target;
    shown.focus();
    shown.scrollIntoView({ block: "center" });
  };

  // What is wrong, each with the way to its field.
  const summary = document.querySelector("#content .errornote, #content .errorlist");
  if (summary) {
    if (form && summary.matches(".errornote")) {
      const list = document.createElement("ul");
      for (const errors of form.querySelectorAll(".errors .errorlist, td .errorlist, .fieldBox.errors .errorlist")) {
        const row = errors.closest(".fieldBox.errors, .form-row, td");
        const field = row?.querySelector("input:not([type=hidden]), select, textarea");
        if (!field || list.querySelector(`[data-for="${CSS.escape(field.id)}"]`)) continue;
        const link = document.createElement("a");
        link.href = `#${field.id}`;
        link.dataset.for = field.id;
        link.textContent = [field.labels?.[0]?.textContent.replace(/[:\s]+$/, ""), errors.textContent.trim()].filter(Boolean).join(": ");
        link.addEventListener("click", (event) => {
          event.preventDefault();
          focusField(field);
        });
        const item = document.createElement("li");
        item.append(link);
        list.append(item);
      }
      if (list.children.length) summary.append(list);
    }
    summary.tabIndex = -1;
    summary.focus();
    return;
  }

  let place = null;
  try {
    place = JSON.parse(sessionStorage.getItem(HERE));
    sessionStorage.removeItem(HERE);
  } catch {
    // Nothing was kept.
  }
  if (!place || !form || location.hash) return;
  const goBack = () => {
    const field = place.path ? editorOf(place.at) : document.getElementById(place.at);
    if (!field) return false;
    scrollTo(0, place.scroll);
    field.focus({ preventScroll: true });
    if (place.caret != null && field.setSelectionRange) field.setSelectionRange(place.caret, place.caret);
    if (place.path) {
      const path = [...place.path];
      const offset = path.pop();
      const node = path.reduce((at, number) => at?.childNodes[number], field);
      const most = node?.nodeType === Node.TEXT_NODE ? node.length : node?.childNodes.length;
      if (node) getSelection().collapse(node, Math.min(offset, most));
    }
    return true;
  };
  // The editor may be made after this.
  if (!goBack()) document.addEventListener("prose-editor:ready", () => setTimeout(goBack), { once: true });
  // The message at the head of the page is out of sight now: it is spoken.
  const message = [...document.querySelectorAll(".messagelist li")].map((item) => item.textContent.trim()).join(" ");
  if (message) {
    const live = Object.assign(document.createElement("p"), { className: "saved-note" });
    live.setAttribute("role", "status");
    row.prepend(live);
    setTimeout(() => { live.textContent = message; }, 100);
  }
});
