// Sets a picture's focal point by a click, a drag or the arrow keys; every crop follows at once.
// The two number fields are what is sent, and work by themselves.
"use strict";

window.addEventListener("load", () => {
  const whole = document.querySelector("[data-focal]");
  const fields = ["x", "y"].map((axis) => document.getElementById(`id_focal_${axis}`));
  if (!whole || !fields.every(Boolean)) return; // a page that may only be read
  const image = whole.querySelector("img");
  const marker = whole.querySelector(".focal-marker");
  const message = document.querySelector("[data-focal-message]");
  const crops = document.querySelectorAll(".focal-crops img");
  const bounded = (value) => Math.min(100, Math.max(0, Math.round(value)));
  const point = () => fields.map((field) => bounded(Number(field.value.replace(",", ".")) || 0));

  function show() {
    const [x, y] = point();
    // Left and top, not start: a picture is not mirrored in a script that runs from the right.
    marker.style.left = `${x}%`;
    marker.style.top = `${y}%`;
    for (const crop of crops) crop.style.objectPosition = `${x}% ${y}%`;
    return [x, y];
  }

  function move(x, y) {
    [fields[0].value, fields[1].value] = [bounded(x), bounded(y)];
    for (const field of fields) field.dispatchEvent(new Event("input", { bubbles: true }));
    const [left, top] = show();
    message.textContent = message.dataset.words.replace("{x}", left).replace("{y}", top);
  }

  function moveTo(event) {
    const box = image.getBoundingClientRect();
    move(((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100);
  }

  whole.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    whole.setPointerCapture(event.pointerId);
    moveTo(event);
    marker.focus();
  });
  whole.addEventListener("pointermove", (event) => {
    if (whole.hasPointerCapture(event.pointerId)) moveTo(event);
  });
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  marker.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const [x, y] = point();
    const far = event.shiftKey ? 10 : 1;
    move(x + step[0] * far, y + step[1] * far);
  });
  for (const field of fields) field.addEventListener("input", show);
  whole.classList.add("is-live");
  marker.hidden = false;
  show();
});
