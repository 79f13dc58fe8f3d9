// Embedded images: a picture of the library, with its alternative text and caption in this story.
// The editor stores the picture's key; the server knows the file's address.
import { Node, Plugin } from "django-prose-editor/editor";

const NO_PICTURE = "00000000-0000-0000-0000-000000000000";
const words = () => document.getElementById("picture-picker")?.dataset ?? {};

// Opens the dialog for a new image, or for the one at `position`.
async function edit(editor, options, node, position, files) {
  if (!window.picturePicker) return;
  const current = node && {
    uuid: node.attrs.picture,
    shown: options.file.replace(NO_PICTURE, node.attrs.picture),
    alt: node.attrs.alt,
    caption: node.attrs.caption,
  };
  const result = await window.picturePicker({ withWords: true, current, files });
  editor.commands.focus();
  if (!result) return;
  const attrs = { picture: result.picture.uuid, alt: result.alt, caption: result.caption };
  if (node) {
    editor.view.dispatch(editor.state.tr.setNodeMarkup(position, null, attrs));
  } else {
    editor.chain().focus().insertContent({ type: "picture", attrs }).run();
    // Before a text the cursor is in that text now. Elsewhere the image itself is chosen, and the
    // next keystroke would take its place.
    const { selection } = editor.state;
    if (selection.node) {
      editor.commands.insertContentAt(selection.to, { type: "paragraph" });
      editor.commands.focus(selection.to + 1);
    }
  }
}

export const Picture = Node.create({
  name: "picture",
  group: "block",
  atom: true,
  draggable: true,

  addOptions: () => ({ file: "" }),

  addAttributes: () => ({
    picture: {
      default: null,
      parseHTML: (element) => element.dataset.picture,
      renderHTML: ({ picture }) => ({ "data-picture": picture }),
    },
    alt: {
      default: null, // "": decorative; null: still to be written
      parseHTML: (element) => element.getAttribute("alt"),
      renderHTML: ({ alt }) => (alt === null ? {} : { alt }),
    },
    caption: {
      default: "",
      parseHTML: (element) => element.dataset.caption ?? "",
      renderHTML: ({ caption }) => (caption ? { "data-caption": caption } : {}),
    },
  }),

  parseHTML: () => [{ tag: "img[data-picture]" }],
  renderHTML: ({ HTMLAttributes }) => ["img", HTMLAttributes],

  addNodeView() {
    const { options } = this;
    return ({ node, editor, getPos }) => {
      const { picture, alt, caption } = node.attrs;
      const dom = Object.assign(document.createElement("figure"), { className: "prose-picture", contentEditable: "false" });
      const image = Object.assign(document.createElement("img"), {
        src: options.file.replace(NO_PICTURE, picture),
        alt: alt ?? "",
        draggable: false,
      });
      const figcaption = document.createElement("figcaption");
      const undescribed = alt === null;
      figcaption.append(Object.assign(document.createElement("span"), { textContent: caption, dir: "auto" }));
      figcaption.append(
        Object.assign(document.createElement("small"), {
          textContent: undescribed ? words().undescribed : alt || words().decorative,
          className: undescribed ? "is-undescribed" : "",
          dir: "auto",
        }),
      );
      dom.append(image, figcaption);
      if (editor.isEditable && window.picturePicker) {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: words().change });
        button.addEventListener("click", () => edit(editor, options, node, getPos()));
        dom.append(button);
      }
      return {
        dom,
        stopEvent: (event) => Boolean(event.target.closest?.("button")) && event.type !== "dragstart",
        ignoreMutation: () => true,
      };
    };
  },

  addKeyboardShortcuts() {
    return {
      Enter: () => {
        const { selection } = this.editor.state;
        if (selection.node?.type.name !== this.name) return false;
        edit(this.editor, this.options, selection.node, selection.from);
        return true;
      },
    };
  },

  // Files that are dropped or pasted go through the dialog: into the library, then into the story.
  addProseMirrorPlugins() {
    const { editor, options } = this;
    const isPicture = (file) => file.type.startsWith("image/");
    const take = (event, transfer) => {
      const files = [...(transfer?.files ?? [])].filter(isPicture);
      if (!files.length || !editor.isEditable || !window.picturePicker) return false;
      event.preventDefault();
      edit(editor, options, null, null, files);
      return true;
    };
    return [
      new Plugin({
        props: {
          handleDOMEvents: {
            drop(view, event) {
              if (!event.dataTransfer?.files.length) return false;
              event.preventDefault(); // whatever it is, the page stays
              const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
              if (at) editor.commands.setTextSelection(at.pos);
              take(event, event.dataTransfer);
              return true;
            },
          },
          // Word's clipboard holds a picture of the text besides the text.
          handlePaste: (_view, event) =>
            !event.clipboardData?.types.includes("text/html") && take(event, event.clipboardData),
        },
      }),
    ];
  },

  addMenuItems({ menu, buttons }) {
    const { options } = this;
    menu.defineItem({
      name: "picture",
      groups: "pictures",
      button: buttons.material("image", words().button ?? "picture"),
      hidden: () => !document.getElementById("picture-picker"),
      active: (editor) => editor.isActive("picture"),
      command(editor) {
        const { selection } = editor.state;
        const node = selection.node?.type.name === "picture" ? selection.node : null;
        edit(editor, options, node, selection.from);
      },
    });
  },
});
