// Starts a new article's topics from its visit, and shows a chosen picture before it is sent.
"use strict";

window.addEventListener("load", () => {
  const visit = document.getElementById("id_engagement");
  const topics = document.getElementById("id_topics");
  // The stock autocomplete speaks through jQuery's events only.
  if (visit && topics && window.django) {
    django.jQuery(visit).on("change", async () => {
      if (!visit.value || topics.selectedOptions.length) return;
      const url = new URL(visit.dataset.topicsUrl, location.href);
      url.searchParams.set("visit", visit.value);
      const response = await fetch(url, { headers: { Accept: "application/json" } });
      if (!response.ok) return;
      for (const topic of (await response.json()).topics) {
        topics.add(new Option(topic.name, topic.id, true, true));
      }
      django.jQuery(topics).trigger("change");
    });
  }

  // The field of the story is hidden behind its editor.
  document.querySelector(".readiness")?.addEventListener("click", (event) => {
    if (event.target.closest("a")?.hash !== "#id_body") return;
    const editor = document.querySelector(".field-body .ProseMirror");
    if (!editor) return;
    event.preventDefault();
    editor.focus();
    editor.scrollIntoView({ block: "center" });
  });

  const upload = document.getElementById("id_picture_upload");
  upload?.addEventListener("change", () => {
    const shown = document.querySelector(".field-picture_shown .readonly");
    const file = upload.files[0];
    if (!shown || !file) return;
    const image = document.createElement("img");
    image.className = "picture-preview";
    image.alt = "";
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    image.src = URL.createObjectURL(file);
    shown.replaceChildren(image);
  });
});
