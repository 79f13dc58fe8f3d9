// Shows the public page beside an article's form, and draws it anew a moment after each keystroke.
"use strict";

window.addEventListener("load", () => {
  const panel = document.getElementById("preview");
  if (!panel) return;
  const said = panel.dataset;
  const form = document.getElementById("article_form");
  const toggle = document.getElementById("preview-toggle") ?? document.getElementById("preview-open");
  const status = panel.querySelector("[role=status]");
  const space = panel.querySelector(".preview-space");
  const frame = panel.querySelector("iframe");
  const PAUSE = 300; // ms without a keystroke
  const PATIENCE = 20000;
  const WIDE = window.matchMedia("(min-width: 64rem)");
  const ROOMY = window.matchMedia("(min-width: 90rem)");
  const OPEN = "preview:open";
  const WIDTH = "preview:width";
  // A form that may not be changed is only read.
  const isFollowing = Boolean(form?.elements.form_token);

  const remembered = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const remember = (name, value) => {
    try {
      localStorage.setItem(name, value);
    } catch {
      // Forbidden: it is asked again next time.
    }
  };

  const say = (sentence) => {
    if (status.textContent !== sentence) status.textContent = sentence;
  };

  // How wide the page is drawn, and how small, so that it fits

  const fit = () => {
    const width = Number(panel.querySelector("[name=preview-width]:checked").value);
    const scale = Math.min(1, space.clientWidth / width);
    space.style.setProperty("--preview-width", `${width}px`);
    space.style.setProperty("--preview-scale", scale);
  };
  new ResizeObserver(fit).observe(space);
  for (const radio of panel.querySelectorAll("[name=preview-width]")) {
    radio.checked = radio.value === (remembered(WIDTH) ?? "390");
    radio.addEventListener("change", () => {
      remember(WIDTH, radio.value);
      fit();
    });
  }

  // What is drawn

  let timer = null;
  let running = null;
  let last = null;
  let isLoaded = false;

  const data = () => {
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (typeof value !== "string") body.delete(name);
    return new URLSearchParams(body);
  };

  // Pictures that stay are not loaded again.
  const keepPictures = (from, to) => {
    const old = [...from.querySelectorAll("picture")];
    for (const picture of to.querySelectorAll("picture")) {
      const same = old.find((one) => one.isConnected && one.outerHTML === picture.outerHTML);
      if (same) picture.replaceWith(to.ownerDocument.adoptNode(same));
    }
  };

  // A file that was chosen and not sent yet is shown from this browser.
  let chosen = { file: null, url: "" };
  const showChosen = (body) => {
    const file = form.elements.picture_upload?.files?.[0] ?? null;
    if (file !== chosen.file) {
      if (chosen.url) URL.revokeObjectURL(chosen.url);
      chosen = { file, url: file ? URL.createObjectURL(file) : "" };
    }
    if (!file || form.elements.picture_remove?.checked) return;
    const make = (name, properties, ...children) => {
      const element = Object.assign(body.ownerDocument.createElement(name), properties);
      element.append(...children);
      return element;
    };
    const text = (name) => form.elements[name]?.value.trim() ?? "";
    const figure = make("figure", { className: "lead-picture" });
    figure.append(make("img", { src: chosen.url, alt: text("picture_alt") }));
    const credit = [text("picture_credit"), text("picture_licence")].filter(Boolean).join(", ");
    if (text("picture_caption") || credit) {
      const mark = credit ? make("span", { className: "credit" }, credit) : "";
      figure.append(make("figcaption", {}, `${text("picture_caption")} `, mark));
    }
    const shown = body.querySelector(".article > figure");
    if (shown) shown.replaceWith(figure);
    else body.querySelector(".article > header").after(figure);
  };

  const show = (html) => {
    const page = frame.contentDocument;
    const next = new DOMParser().parseFromString(html, "text/html");
    const { scrollX, scrollY } = frame.contentWindow;
    const body = page.adoptNode(next.body);
    for (const link of body.querySelectorAll('a[href^="#"]')) link.target = "_self";
    if (isFollowing) showChosen(body);
    keepPictures(page.body, body);
    page.body.replaceWith(body);
    page.title = next.title;
    frame.contentWindow.scrollTo({ left: scrollX, top: scrollY, behavior: "instant" });
  };

  const later = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(draw, ms);
  };

  const key = () => `${data()}|${form.elements.picture_upload?.value ?? ""}`;

  async function draw() {
    if (panel.hidden || !isLoaded || !isFollowing || running) return;
    const now = key();
    if (now === last) return;
    const body = data();
    running = new AbortController();
    const patience = setTimeout(() => running.abort(), PATIENCE);
    try {
      const response = await fetch(`${said.url}?framed`, {
        method: "POST",
        body,
        signal: running.signal,
        redirect: "error",
        headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      });
      if (response.status === 422) {
        const { sentences } = await response.json();
        say(`${sentences.join(" ")} ${said.behind}`);
      } else if (response.ok) {
        show(await response.text());
        say(said.follows);
      } else {
        say(said.lost);
      }
      last = now;
    } catch {
      say(said.lost);
    } finally {
      clearTimeout(patience);
      running = null;
    }
    // What was typed meanwhile; a lost connection is tried again with the next keystroke.
    if (status.textContent !== said.lost && key() !== last) later(0);
  }

  if (isFollowing) {
    for (const type of ["input", "change"]) form.addEventListener(type, () => later(PAUSE));
    // The stock autocompletes speak through jQuery's events only.
    if (window.django) django.jQuery(form).on("change", () => later(PAUSE));
  }

  frame.addEventListener("load", () => {
    if (!frame.getAttribute("src")) return;
    isLoaded = true;
    for (const link of frame.contentDocument.querySelectorAll('a[href^="#"]')) link.target = "_self";
    if (!isFollowing) say(said.saved);
    draw();
  });

  // Open and closed

  // Over the form, nothing beneath it is to be reached.
  const BENEATH = ".preview-form, #header, .breadcrumbs, #nav-sidebar, #toggle-nav-sidebar";
  const cover = () => {
    for (const part of document.querySelectorAll(BENEATH)) part.inert = !panel.hidden && !WIDE.matches;
  };
  WIDE.addEventListener("change", cover);
  const open = (isOpen) => {
    panel.hidden = !isOpen;
    cover();
    document.body.classList.toggle("has-preview", isOpen);
    toggle?.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return;
    fit();
    if (frame.getAttribute("src")) draw();
    else frame.src = `${said.url}?framed`;
  };
  const close = () => {
    open(false);
    remember(OPEN, "no");
    toggle?.focus();
  };
  if (toggle) {
    toggle.removeAttribute("formtarget");
    toggle.setAttribute("aria-controls", panel.id);
    toggle.addEventListener("click", (event) => {
      event.preventDefault();
      if (!panel.hidden) return close();
      open(true);
      remember(OPEN, "yes");
      if (!WIDE.matches) panel.querySelector(".preview-close").focus();
    });
  }
  panel.querySelector(".preview-close").addEventListener("click", close);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  const wanted = remembered(OPEN);
  open(wanted === "yes" ? WIDE.matches : wanted !== "no" && ROOMY.matches);
});
