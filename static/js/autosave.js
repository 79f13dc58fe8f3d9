// Keeps what is typed into an article's form, a second after the last keystroke, one request at a
// time; says in words how it stands; and asks who else has the form open.
"use strict";

window.addEventListener("load", () => {
  const box = document.getElementById("autosave");
  const form = document.getElementById("article_form");
  if (!box || !form) return;
  const data = box.dataset;
  const status = box.querySelector("[role=status]");
  const time = box.querySelector(".autosave-time");
  const PAUSE = 1000; // ms without a keystroke
  const RETRY = 5000;
  const LATE = 11000; // the server keeps nothing of a form that it saved a moment ago
  const PATIENCE = 20000;
  const HEARTBEAT = 40000;
  const token = form.elements.form_token.value;

  const fields = () =>
    [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
  const serialised = () => JSON.stringify(fields());

  const post = (url, values, signal) =>
    fetch(url, {
      method: "POST",
      body: new URLSearchParams(values),
      signal,
      redirect: "error",
      headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, Accept: "application/json" },
    });
  const autosave = (values, signal) =>
    post(data.url, [...values, ["article", data.article], ["person", data.person]], signal);

  // Spoken once for each state, not at each pause.
  let state = "untouched";
  const say = (next, ...parts) => {
    if (next === state && next !== "message") return;
    state = next;
    status.replaceChildren(...parts);
    box.classList.toggle("is-trouble", !["autosaved", "untouched"].includes(next));
  };
  box.hidden = false;
  status.textContent = data.untouched;

  let last = serialised();
  let timer = null;
  let running = null;
  let isLeaving = false;
  let sent = null; // what was typed when the form was sent

  const keepHere = (as = token) => {
    const headline = form.elements.headline?.value ?? "";
    const typed = fields().map(([name, value]) => [name, name === "form_token" ? as : value]);
    return localCopies.put(as, { article: data.article, headline, fields: typed });
  };
  const later = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(save, ms);
  };
  const touched = () => {
    if (!isLeaving) later(PAUSE);
    // Typed while the page is being saved: no part of that, so the next page offers it.
    else if (serialised() !== sent) keepHere(data.laterToken);
  };
  // The page may be gone before the pause is over, or before the answer has come.
  const hidden = () => {
    if (!isLeaving && serialised() !== last) keepHere();
  };
  const withoutServer = (next, ...parts) => {
    const here = keepHere();
    say(next, ...(here ? parts : [data.notEvenHere]));
    later(RETRY);
  };
  const signedOut = () => {
    const link = document.createElement("a");
    link.href = data.loginUrl;
    link.target = "_blank";
    link.rel = "opener";
    link.textContent = data.signIn;
    withoutServer("signed-out", `${data.signedOut} `, link, `. ${data.then}`);
  };

  // A new sign-in gives the form's own token against forgery a new value.
  const renew = async () => {
    const response = await fetch(data.url, { headers: { Accept: "application/json" }, redirect: "error" });
    if (response.status === 401) return false;
    const { csrf } = await response.json();
    for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = csrf;
    return true;
  };

  // What is still missing follows what is typed; whoever stands in that list is left there.
  const follow = (html) => {
    const shown = form.querySelector(".readiness");
    const now = new DOMParser().parseFromString(html, "text/html").querySelector(".readiness");
    if (!shown || !now || shown.isEqualNode(now) || shown.contains(document.activeElement)) return;
    shown.className = now.className;
    shown.replaceChildren(...now.childNodes);
  };

  async function save() {
    if (isLeaving || running) return;
    let isWaiting = false;
    const now = serialised();
    if (now === last && ["autosaved", "untouched"].includes(state)) return;
    running = new AbortController();
    const patience = setTimeout(() => running.abort(), PATIENCE);
    try {
      if (state === "signed-out" && !(await renew())) return signedOut();
      let response = await autosave(fields(), running.signal);
      const isJson = () => response.headers.get("Content-Type")?.startsWith("application/json");
      if (response.status === 403 && !isJson()) {
        if (!(await renew())) return signedOut();
        response = await autosave(fields(), running.signal);
      }
      if (response.status === 401) return signedOut();
      if (!isJson()) return withoutServer("offline", data.offline);
      const answer = await response.json();
      if (answer.late) {
        isWaiting = true;
        return later(LATE);
      }
      last = now;
      if (!response.ok) {
        keepHere();
        return say("message", answer.sentence);
      }
      if (serialised() === now) [token, data.laterToken].forEach(localCopies.drop);
      say("autosaved", data.autosaved);
      time.textContent = `${data.last} ${answer.at}`;
      follow(answer.readiness);
    } catch {
      if (!isLeaving) withoutServer("offline", data.offline);
    } finally {
      clearTimeout(patience);
      running = null;
      if (!isLeaving && !isWaiting && serialised() !== last && ["autosaved", "untouched", "message"].includes(state)) later(PAUSE);
    }
  }

  for (const type of ["input", "change"]) form.addEventListener(type, touched);
  // The stock autocompletes speak through jQuery's events only.
  if (window.django) django.jQuery(form).on("change", touched);
  window.addEventListener("online", () => later(0));
  window.addEventListener("pagehide", hidden);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") hidden();
  });

  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget === "_blank") return; // a look at the page: the form stays
    if (["offline", "signed-out"].includes(state)) {
      event.preventDefault();
      time.textContent = data.notSaved;
      box.scrollIntoView({ block: "nearest" });
      return later(0);
    }
    isLeaving = true;
    sent = serialised();
    clearTimeout(timer);
    // Stopped, or refused on its way: the form is still here, and goes on.
    setTimeout(() => {
      isLeaving = false;
      later(0);
    }, PATIENCE);
    running?.abort();
    // Until the next page hears that it was saved.
    keepHere();
  });
  // Back to this page as it was left, or a submission that came to nothing.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) isLeaving = false;
  });

  // Who else has it open

  const presence = document.getElementById("presence");
  const stillHere = async () => {
    if (document.hidden || isLeaving) return;
    try {
      const values = { article: data.article, based_on: form.elements.based_on?.value ?? "" };
      const response = await post(data.presenceUrl, values);
      if (!response.ok) return;
      const { sentences } = await response.json();
      if (sentences.join() === [...presence.children].map((item) => item.textContent).join()) return;
      presence.replaceChildren(
        ...sentences.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence })),
      );
    } catch {
      // The line above tells of a lost connection.
    }
  };
  if (data.article) {
    setInterval(stillHere, HEARTBEAT);
    // The same form in the tab's page before may have taken its leave after this one had come.
    setTimeout(stillHere, RETRY);
    document.addEventListener("visibilitychange", stillHere);
    window.addEventListener("pagehide", () => {
      if (isLeaving) return;
      const body = new FormData();
      body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      body.set("article", data.article);
      body.set("leave", "1");
      navigator.sendBeacon(data.presenceUrl, body);
    });
  }

  // What this browser kept of the same article, or of new ones, is offered back.
  localCopies.ready.then(() => {
    const template = document.getElementById("offer-from-browser");
    const isMerged = form.querySelector(".merged-changes"); // the form has what was sent
    let copies = [];
    try {
      copies = localCopies.own();
    } catch {
      // Storage is forbidden: nothing is there.
    }
    for (const { form: other, copy } of copies) {
      if (copy.article !== data.article) continue;
      if (other === token && (isMerged || JSON.stringify(copy.fields) === last)) continue;
      const offer = template.content.firstElementChild.cloneNode(true);
      offer.querySelector(".what").textContent = copy.headline || "–";
      offer.querySelector(".when").textContent = new Date(copy.at).toLocaleString(document.documentElement.lang, {
        dateStyle: "long", timeStyle: "short",
      });
      offer.querySelector(".discard").addEventListener("click", () => {
        localCopies.drop(other);
        offer.remove();
      });
      offer.querySelector(".take-up").addEventListener("click", async () => {
        try {
          const answer = await (await autosave(copy.fields)).json();
          if (!answer.take_up) return say("message", answer.sentence ?? data.offline);
          localCopies.drop(other);
          isLeaving = true;
          location.assign(answer.take_up);
        } catch {
          say("message", data.offline);
        }
      });
      template.before(offer);
    }
  });
});
