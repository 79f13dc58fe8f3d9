// Sends pictures one by one as they are dropped or chosen, with a line and its progress for each.
// Without it the form sends them together, and the next page says what was refused.
"use strict";

(() => {
  const AT_ONCE = 2;
  const make = (name, text = "", attributes = {}) => {
    const element = Object.assign(document.createElement(name), attributes);
    element.textContent = text;
    return element;
  };
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

  function enhance(form) {
    if (form.dataset.isLive) return;
    form.dataset.isLive = "true";
    const words = form.dataset;
    const input = form.querySelector("input[type=file]");
    const list = form.querySelector(".uploads");
    const message = form.querySelector(".uploads-message");
    const waiting = [];
    const stored = [];
    let running = 0;
    let refused = 0;

    form.classList.add("is-live");
    form.querySelector("button[type=submit]").hidden = true;

    function add(files) {
      list.hidden = false;
      for (const file of files) {
        const line = make("li");
        const bar = make("progress", "", { max: 100, value: 0 });
        const state = make("span", words.waiting, { className: "upload-state" });
        bar.setAttribute("aria-label", file.name);
        line.append(make("span", file.name, { className: "upload-name", dir: "auto" }), bar, state);
        list.append(line);
        waiting.push({ file, line, bar, state });
      }
      start();
    }

    function start() {
      while (running < AT_ONCE && waiting.length) {
        running += 1;
        send(waiting.shift());
      }
    }

    function refuse(job, text, extra) {
      refused += 1;
      job.bar.hidden = true;
      job.line.classList.add("is-refused");
      job.state.textContent = text;
      if (extra) job.line.append(extra);
    }

    function again(job) {
      const button = make("button", words.again, { type: "button" });
      button.addEventListener("click", () => {
        refused -= 1;
        button.remove();
        job.bar.hidden = false;
        job.line.classList.remove("is-refused");
        job.state.textContent = words.waiting;
        waiting.push(job);
        start();
      });
      return button;
    }

    function existing(picture) {
      if (!form.closest("dialog")) return make("a", words.existing, { href: picture.page });
      const button = make("button", words.use, { type: "button" });
      button.addEventListener("click", () => announce(picture));
      return button;
    }

    function announce(picture) {
      form.dispatchEvent(new CustomEvent("picture:stored", { bubbles: true, detail: picture }));
    }

    function send(job) {
      const done = () => {
        running -= 1;
        start();
        if (!running) summarise();
      };
      if (job.file.size > Number(words.maxBytes)) {
        refuse(job, words.tooLarge);
        done();
        return;
      }
      const data = new FormData();
      data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      data.append("files", job.file, job.file.name);
      const request = new XMLHttpRequest(); // fetch tells nothing of what was sent
      request.open("POST", form.getAttribute("action"));
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        job.bar.value = (event.loaded / event.total) * 100;
        job.state.textContent = event.loaded < event.total ? `${Math.round(job.bar.value)} %` : words.reading;
      });
      request.addEventListener("error", () => { refuse(job, words.broken, again(job)); done(); });
      request.addEventListener("load", () => {
        const answer = request.response;
        if (!answer?.added) {
          const isLost = request.status < 500;
          refuse(job, isLost ? words.signedOut : words.failed, again(job));
        } else if (answer.added.length) {
          const [picture] = answer.added;
          stored.push(picture);
          job.bar.value = 100;
          job.state.textContent = words.stored;
          job.line.classList.add("is-stored");
          if (picture.thumbnail) job.line.prepend(make("img", "", { src: picture.thumbnail, alt: "" }));
          announce(picture);
        } else {
          const [{ text, existing: same }] = answer.refused;
          refuse(job, text, same && existing(same));
        }
        done();
      });
      request.send(data);
    }

    function summarise() {
      const sentence = words.summary.replace("{stored}", stored.length).replace("{refused}", refused);
      message.replaceChildren(sentence);
      if (!stored.length || form.closest("dialog")) return;
      const ids = stored.map((picture) => picture.id).join(",");
      message.append(" ", make("a", words.next, { className: "button", href: `${words.describe}?ids=${ids}` }));
    }

    input.addEventListener("change", () => {
      add(input.files);
      input.value = "";
    });
    form.addEventListener("submit", (event) => event.preventDefault());

    form.takeFiles = add; // for what was dropped elsewhere
    // The whole page takes what is dropped: a file that misses its mark would replace the page.
    const target = form.closest("dialog") ?? document;
    target.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      form.classList.add("is-over");
    });
    target.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) form.classList.remove("is-over");
    });
    target.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      form.classList.remove("is-over");
      add(event.dataTransfer.files);
    });
  }

  window.pictureUpload = enhance;
  window.addEventListener("load", () => document.querySelectorAll("[data-picture-upload]").forEach(enhance));
})();
