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
    toolbar.setAttribute("role", "group");
    if (label) toolbar.setAttribute("aria-labelledby", label.id);
    // Its pictures are letters of a font, which are nobody's words: the style sheet draws them.
    for (const button of toolbar.querySelectorAll("button.material-icons")) {
      button.dataset.icon = button.textContent;
      button.setAttribute("aria-label", button.title || button.dataset.name);
      button.replaceChildren();
    }
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
