// Puts what was said of a draft beside the fields that it is about, quotes what is selected in the
// story, and sends comments without leaving the form.
"use strict";

window.addEventListener("load", () => {
  const section = document.getElementById("comments");
  const form = document.getElementById("comment-form");
  if (!section || !form) return;

  const rowOf = (field) => {
    const row = document.querySelector(`#article_form .form-row.field-${field}`);
    // The picture's own field is hidden: its heading is what everybody sees.
    return field === "picture" ? (row?.closest("fieldset") ?? null) : row;
  };
  const placed = (place) => {
    const row = place.dataset.field && rowOf(place.dataset.field);
    if (row) {
      place.classList.add("is-beside");
      row.append(place);
    }
    return place;
  };
  section.querySelectorAll(".comment-place").forEach(placed);

  // What is selected in the story when somebody goes over to comment on it

  let selected = "";
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    const node = selection.anchorNode;
    if (!node || !(node.parentElement ?? node).closest?.(".ProseMirror, .to-read")) return;
    selected = selection.toString().replace(/\s+/g, " ").trim();
  });
  document.addEventListener(
    "toggle",
    (event) => {
      if (!event.target.matches?.(".comment-new") || !event.target.open) return;
      const quote = event.target.querySelector("[name=quote]");
      if (quote && !quote.value) quote.value = selected.slice(0, quote.maxLength);
      event.target.querySelector('[name^="text-"]').focus();
    },
    true,
  );

  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    const place = button?.closest(".comment-place");
    if (!place) return;
    event.preventDefault();
    const message = place.querySelector(".comment-message");
    const body = new URLSearchParams(new FormData(form));
    body.set("do", button.value);
    // A new sign-in gives the form beside this one a new token.
    const token = document.querySelector("#article_form [name=csrfmiddlewaretoken]") ?? form.elements.csrfmiddlewaretoken;
    button.disabled = true;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body,
        redirect: "error",
        headers: { Accept: "application/json", "X-CSRFToken": token.value },
      });
      const answer = await response.json();
      if (!response.ok) {
        message.textContent = answer.sentence;
        return;
      }
      const fresh = new DOMParser().parseFromString(answer.html, "text/html");
      const next = document.adoptNode(fresh.querySelector(`.comment-place[data-field="${place.dataset.field}"]`));
      next.classList.toggle("is-beside", place.classList.contains("is-beside"));
      place.replaceWith(next);
      next.querySelector(".comment-message").textContent = answer.sentence;
      next.querySelector(".comment-new summary").focus();
    } catch {
      message.textContent = section.dataset.lost;
    } finally {
      button.disabled = false;
    }
  });
});
