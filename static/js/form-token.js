// Back, after a save, draws a form anew: with a token of its own, on what was saved last, and with
// what the browser brings back of what was typed then. It is the same form still. What it was
// opened on, and its token once it was sent, are remembered with the page in the history; a new
// form that made something leads on to it.
"use strict";

{
  const { url } = document.currentScript.dataset;
  document.addEventListener("DOMContentLoaded", async () => {
    const token = document.querySelector("input[type=hidden][name=form_token]");
    if (!token) return;
    const form = token.form;
    const opened = [...form.querySelectorAll('[name="based_on"], [name="opened"]')];
    const [navigation] = performance.getEntriesByType("navigation");
    const left = navigation?.type === "back_forward" ? history.state?.left : null;
    for (const input of left ? [token, ...opened] : []) {
      if (input.name in left) input.value = left[input.name];
    }
    const remember = (inputs) => {
      const values = Object.fromEntries(inputs.map((input) => [input.name, input.value]));
      history.replaceState({ ...history.state, left: values }, "");
    };
    if (!left) remember(opened);
    form.addEventListener("submit", (event) => {
      if (event.submitter?.formTarget !== "_blank") remember([token, ...opened]);
    });
    if (!left?.form_token) return;
    try {
      const response = await fetch(`${url}?sent=${left.form_token}`, { headers: { Accept: "application/json" } });
      const made = response.ok ? (await response.json()).made[left.form_token] : null;
      if (made && made !== location.pathname) location.replace(made);
    } catch {
      // No connection: sent again, the server knows the token.
    }
  });
}
