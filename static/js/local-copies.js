// What an article's form could not send is kept in this browser, for the person who typed it alone:
// until it is saved, until they sign out, for seven days at most.
"use strict";

const localCopies = (() => {
  const PREFIX = "kept:";
  const DAYS = 7;
  const { person, url } = document.currentScript.dataset;

  const all = () => {
    const entries = [];
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(PREFIX)) continue;
      let copy = null;
      try {
        copy = JSON.parse(localStorage.getItem(key));
      } catch {
        // Not ours to read: it goes as what is too old does.
      }
      entries.push({ key, person: key.split(":")[1], form: key.split(":")[2], copy });
    }
    return entries;
  };

  const put = (form, copy) => {
    try {
      localStorage.setItem(`${PREFIX}${person}:${form}`, JSON.stringify({ ...copy, at: Date.now() }));
      return true;
    } catch {
      return false; // full, or forbidden
    }
  };
  const drop = (form) => localStorage.removeItem(`${PREFIX}${person}:${form}`);
  const own = () => all().filter((entry) => entry.person === person);

  try {
    for (const { key, copy } of all()) {
      if (!copy || !(Date.now() - copy.at < DAYS * 24 * 3600 * 1000)) localStorage.removeItem(key);
    }
    document.addEventListener("submit", (event) => {
      // A field that is called "action" would answer to `form.action`.
      if (event.target.getAttribute("action")?.includes("/logout/")) own().forEach(({ key }) => localStorage.removeItem(key));
    });
  } catch {
    // A browser that forbids storage keeps nothing, and the form says so.
  }

  // Once a form was saved, its copy goes.
  const ready = (async () => {
    try {
      const waiting = person ? own().map(({ form }) => form) : [];
      if (!waiting.length) return;
      const response = await fetch(`${url}?sent=${waiting.join(",")}`, { headers: { Accept: "application/json" } });
      if (response.ok) (await response.json()).sent.forEach(drop);
    } catch {
      // No connection: the next page asks again.
    }
  })();

  return { put, drop, own, ready };
})();
