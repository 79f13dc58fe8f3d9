// The dialog in which a picture is chosen: above the story, where it takes the place of the list of
// recent ones, and in it (prose-picture.js). Closed, it gives the focus back.
"use strict";

(() => {
  const PAUSE = 250; // ms without a keystroke

  function makePicker(dialog) {
    const part = (name) => dialog.querySelector(`[data-picker-${name}]`);
    const words = dialog.dataset;
    const title = dialog.querySelector("h2");
    const search = dialog.querySelector("#picker-q");
    const results = dialog.querySelector(".picker-results");
    const [choose, use, more, message] = ["choose", "use", "more", "message"].map(part);
    const alt = dialog.querySelector("#picker-alt");
    const decorative = dialog.querySelector("#picker-decorative");
    const caption = dialog.querySelector("#picker-caption");
    let settle = null;
    let asked = {};
    let chosen = null;
    let running = null;
    let timer = null;

    async function find(before = "") {
      running?.abort();
      running = new AbortController();
      const url = new URL(words.url, location.href);
      url.searchParams.set("q", search.value.trim());
      if (before) url.searchParams.set("before", before);
      let answer;
      try {
        const response = await fetch(url, { signal: running.signal, headers: { Accept: "application/json" } });
        answer = await response.json();
      } catch (error) {
        if (error.name !== "AbortError") {
          message.classList.remove("visually-hidden");
          message.textContent = words.lost;
        }
        return;
      }
      const buttons = answer.pictures.map(makeChoice);
      if (!before) results.replaceChildren();
      results.append(...buttons);
      more.hidden = !answer.has_more;
      more.dataset.before = answer.pictures.at(-1)?.id ?? "";
      const count = results.childElementCount;
      message.classList.toggle("visually-hidden", count > 0);
      message.textContent = count ? words.found.replace("{count}", count) : words.none;
      if (before) buttons[0]?.firstElementChild.focus();
    }

    function makeChoice(picture) {
      const item = document.createElement("li");
      const button = Object.assign(document.createElement("button"), { type: "button", className: "picker-choice" });
      const name = Object.assign(document.createElement("span"), { textContent: picture.name, dir: "auto" });
      const credit = Object.assign(document.createElement("span"), { textContent: picture.credit, dir: "auto", className: "quiet" });
      const image = Object.assign(document.createElement("img"), { src: picture.thumbnail, alt: "", loading: "lazy" });
      button.append(image, name, credit);
      button.addEventListener("click", () => take(picture));
      item.append(button);
      return item;
    }

    function take(picture) {
      chosen = picture;
      if (asked.withWords) describe({ alt: picture.alt || null, caption: picture.caption });
      else finish({ picture });
    }

    function describe(said) {
      choose.hidden = true;
      use.hidden = false;
      title.textContent = words.describe;
      part("shown").src = chosen.preview;
      alt.value = said.alt ?? "";
      decorative.checked = said.alt === "";
      caption.value = said.caption ?? "";
      alt.disabled = decorative.checked;
      (alt.disabled ? decorative : alt).focus();
    }

    function showChoices() {
      choose.hidden = false;
      use.hidden = true;
      title.textContent = words.choose;
      find();
      search.focus();
    }

    function finish(result) {
      const answer = settle;
      settle = null;
      if (dialog.open) dialog.close();
      answer?.(result);
    }

    decorative.addEventListener("change", () => { alt.disabled = decorative.checked; });
    use.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = alt.value.trim();
      finish({ picture: chosen, alt: decorative.checked ? "" : text || null, caption: caption.value.trim() });
    });
    part("back").addEventListener("click", showChoices);
    part("close").addEventListener("click", () => finish(null));
    dialog.addEventListener("close", () => finish(null));
    dialog.addEventListener("picture:stored", (event) => {
      if (use.hidden) take(event.detail); // of several, the first
    });
    more.addEventListener("click", () => find(more.dataset.before));
    search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(find, PAUSE, "");
    });
    // From the box into the pictures and among them, in the order in which they are read.
    dialog.addEventListener("keydown", (event) => {
      const all = [...results.querySelectorAll("button")];
      const at = all.indexOf(document.activeElement);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step || (at < 0 && !(document.activeElement === search && event.key === "ArrowDown"))) return;
      event.preventDefault();
      const next = all[at + (getComputedStyle(dialog).direction === "rtl" && /Left|Right/.test(event.key) ? -step : step)];
      (next ?? (at <= 0 && step < 0 ? search : null))?.focus();
    });

    // Returns what was chosen and, if it is to be said, the words for it; `null`: nothing was.
    return function open(options = {}) {
      asked = options;
      dialog.showModal();
      if (options.current) {
        chosen = options.current;
        describe(options.current);
      } else {
        showChoices();
        if (options.files) dialog.querySelector("[data-picture-upload]")?.takeFiles(options.files);
      }
      return new Promise((resolve) => { settle = resolve; });
    };
  }

  function replaceSelect(dialog, select) {
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "button picker-open",
      textContent: dialog.dataset.open,
    });
    const shown = document.querySelector(".field-picture_shown .readonly");
    const field = (name) => document.getElementById(`id_picture_${name}`);
    select.classList.add("visually-hidden");
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    select.after(button);
    button.addEventListener("click", () => choose());

    // A file that is dropped beside the story would take the place of the page, and of the form.
    const isLoose = (event) =>
      [...(event.dataTransfer?.types ?? [])].includes("Files") &&
      !event.defaultPrevented &&
      !event.target.closest?.("dialog, .ProseMirror, input[type=file]");
    document.addEventListener("dragover", (event) => {
      if (isLoose(event)) event.preventDefault();
    });
    document.addEventListener("drop", (event) => {
      if (!isLoose(event)) return;
      event.preventDefault();
      if (event.target.closest("fieldset")?.contains(select)) choose(event.dataTransfer.files);
    });

    async function choose(files) {
      const result = await window.picturePicker({ files });
      button.focus();
      if (!result) return;
      const { picture } = result;
      const isAnother = Boolean(select.value) && select.value !== String(picture.id);
      const option = [...select.options].find((known) => known.value === String(picture.id));
      if (option) option.selected = true;
      else select.add(new Option(picture.name, picture.id, true, true));
      select.dispatchEvent(new Event("change", { bubbles: true }));
      if (field("upload")) field("upload").value = "";
      if (field("remove")) field("remove").checked = false;
      // Alternative text and caption say what one picture shows, so they go with it; what was typed
      // before any was chosen stays. Credit and licence are the picture's own.
      for (const name of ["alt", "caption", "credit", "licence"]) {
        const input = field(name);
        if (!input || (input.value && !isAnother && ["alt", "caption"].includes(name))) continue;
        input.value = picture[name] ?? "";
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }
      if (isAnother && field("is_decorative")) field("is_decorative").checked = false;
      if (!shown) return;
      const image = Object.assign(document.createElement("img"), { src: picture.preview, alt: "", className: "picture-preview" });
      const link = Object.assign(document.createElement("a"), { href: picture.page, target: "_blank", textContent: dialog.dataset.page });
      shown.replaceChildren(image, link);
    }
  }

  window.addEventListener("load", () => {
    const dialog = document.getElementById("picture-picker");
    if (!dialog) return;
    window.picturePicker = makePicker(dialog);
    const select = document.querySelector("select#id_picture");
    if (select) replaceSelect(dialog, select);
  });
})();
