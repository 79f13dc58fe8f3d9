// Names the rich text editor for assistive technology, from the field that it stands for.
const TOGGLES = /^(heading|bold|italic|link|orderedList|blockquote)/;

document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
  const content = editor.view.dom;
  const [label] = textarea.labels ?? [];
  content.setAttribute("role", "textbox");
  content.setAttribute("aria-multiline", "true");
  if (label) {
    label.id ||= `${textarea.id}_label`;
    content.setAttribute("aria-labelledby", label.id);
    // The field itself is hidden, so its label would lead nowhere.
    label.addEventListener("click", () => editor.commands.focus());
  } else {
    content.setAttribute("aria-label", textarea.name);
  }
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (textarea.hasAttribute(name)) content.setAttribute(name, textarea.getAttribute(name));
  }

  editor.on("create", () => {
    const toolbar = editor.options.element.querySelector(".prose-menubar");
    if (!toolbar) return; // a field that can only be read
    toolbar.setAttribute("role", "toolbar");
    if (label) toolbar.setAttribute("aria-labelledby", label.id);
    // Its pictures are letters of a font, which are nobody's words: the style sheet draws them.
    for (const button of toolbar.querySelectorAll("button.material-icons")) {
      button.dataset.icon = button.textContent;
      button.setAttribute("aria-label", button.title || button.dataset.name);
      button.replaceChildren();
    }
    // One stop on the way to the story, its first button; the arrow keys move among the others.
    const buttons = [...toolbar.querySelectorAll("button")];
    const stopAt = (chosen) => {
      for (const button of buttons) button.tabIndex = button === chosen ? 0 : -1;
    };
    stopAt(buttons[0]);
    toolbar.addEventListener("focusin", ({ target }) => stopAt(target));
    toolbar.addEventListener("focusout", () => stopAt(buttons[0]));
    toolbar.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const shown = buttons.filter((button) => button.offsetParent);
      const at = shown.indexOf(event.target);
      const step = getComputedStyle(toolbar).direction === "rtl" ? -1 : 1;
      const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: -1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      shown.at(to % shown.length).focus();
    });
    const showState = () => {
      for (const button of toolbar.querySelectorAll("button")) {
        button.setAttribute("aria-disabled", String(button.classList.contains("disabled")));
        if (TOGGLES.test(button.dataset.name)) {
          button.setAttribute("aria-pressed", String(button.classList.contains("active")));
        }
      }
    };
    editor.on("transaction", showState);
    showState();
  });
});
