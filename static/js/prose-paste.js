// The editor's clean-up of what is pasted from Word, Google Docs and web pages.
//
// Meaning that the source writes as style (bold, italics, Word's lists) becomes elements; then
// every attribute goes but a link's address and a cell's extent. The editor's own schema drops
// the elements that a story may not hold.
//
// The Content-Security-Policy blocks styles in what is parsed here, too, and reports each one. So
// they are taken aside as `data-style` and read as text.
import { Extension } from "django-prose-editor/editor";

const BLOCK = "p, h1, h2, h3, h4, h5, h6, ul, ol, table, blockquote, div";
const KEPT = { a: ["href"], ol: ["start"], td: ["colspan", "rowspan"], th: ["colspan", "rowspan"] };
const NOT_CONTENT = [
  "script, title, template, xml, img, del", // "del": Word's tracked deletions
  ".msocomanchor, [data-style*='mso-element:comment-list'], .Apple-interchange-newline",
].join();

const style = (element, property) =>
  new RegExp(`(?:^|;)\\s*${property}\\s*:\\s*([^;]*)`, "i")
    .exec(element.getAttribute("data-style") ?? "")?.[1].trim().toLowerCase();

const unwrap = (element) => element.replaceWith(...element.childNodes);

const rename = (element, name) => {
  const renamed = element.ownerDocument.createElement(name);
  renamed.append(...element.childNodes);
  element.replaceWith(renamed);
};

const wrapContent = (element, name) => {
  const wrapper = element.ownerDocument.createElement(name);
  wrapper.append(...element.childNodes);
  element.append(wrapper);
};

// Google Docs wraps everything in <b style="font-weight:normal"> and writes bold as a style.
function convertMark(body, tags, name, property, isSet) {
  for (const element of body.querySelectorAll(`${tags}, span`)) {
    const value = style(element, property);
    if (element.matches("span")) {
      if (value && isSet(value)) wrapContent(element, name);
    } else if (value && !isSet(value)) {
      unwrap(element);
    }
  }
}

// Word writes a list as paragraphs: "mso-list:l0 level2 lfo1" and, marked as to be ignored, the
// bullet or number as text.
function convertWordLists(body) {
  let open = []; // The lists of the current run: { level, id, list }, outermost first.
  for (const paragraph of [...body.querySelectorAll("[data-style*='mso-list']")]) {
    const [, id, level] = /^(l\d+)\s+level(\d+)/.exec(style(paragraph, "mso-list") ?? "") ?? [];
    if (!id) continue;
    const marker = [...paragraph.querySelectorAll("[data-style*='mso-list']")].find(
      (element) => style(element, "mso-list") === "ignore",
    );
    const text = marker?.textContent.trim() ?? "";
    marker?.remove();
    if (!paragraph.matches("p")) continue; // A numbered heading stays a heading.

    const kind = /[.)]$|^\d/.test(text) ? "OL" : "UL";
    if (open[0]?.list.nextElementSibling !== paragraph) open = [];
    while (open.length && open.at(-1).level > level) open.pop();
    const current = open.at(-1);
    const isSame = current?.level === level && current.list.tagName === kind;
    if (current?.level === level && !(isSame && (level > 1 || current.id === id))) open.pop();
    if (open.at(-1)?.level !== level) {
      const list = body.ownerDocument.createElement(kind);
      if (kind === "OL" && parseInt(text) > 1) list.setAttribute("start", parseInt(text));
      if (open.length) open.at(-1).list.lastElementChild.append(list);
      else paragraph.before(list);
      open.push({ level, id, list });
    }
    const item = body.ownerDocument.createElement("li");
    open.at(-1).list.append(item);
    item.append(paragraph);
  }
}

// A title as plain text: a line break parts words, and the number of a footnote is none of them.
function wordsOf(title) {
  const copy = title.cloneNode(true);
  copy.querySelectorAll("br").forEach((lineBreak) => lineBreak.replaceWith(" "));
  for (const mark of copy.querySelectorAll("sup, .MsoFootnoteReference, .MsoEndnoteReference")) {
    if (!/\p{L}/u.test(mark.textContent)) mark.remove(); // "20th" keeps its letters.
  }
  return copy.textContent.replace(/\s+/g, " ").trim();
}

const headlineField = () => document.getElementById("id_headline");

function setHeadline(words) {
  const headline = headlineField();
  headline.value = words;
  for (const type of ["input", "change"]) {
    headline.dispatchEvent(new Event(type, { bubbles: true }));
  }
}

// A whole document begins with its title: that is the headline, where there is none yet. Returns
// what it took.
function takeTitle(body) {
  const headline = headlineField();
  const title = body.querySelector("p, h1, h2, h3, h4, h5, h6, ul, ol, table, blockquote");
  if (!headline || headline.value.trim() || !title?.matches("h1, p.MsoTitle")) return "";
  // One h1 of several is a section's heading, as all of them are beneath Word's own title.
  if (title.matches("h1") && body.querySelectorAll("h1").length > 1) return "";
  if (body.textContent.trim() === title.textContent.trim()) return "";
  const words = wordsOf(title);
  if (!words || words.length > headline.maxLength) return "";
  setHeadline(words);
  title.remove();
  return words;
}

function clean(html, onParsed) {
  // A copy from an editor of this kind needs nothing, and its first element says how it was cut.
  if (html.includes("data-pm-slice")) return html;
  const source = html
    .replace(/<style\b[^]*?<\/style>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="));
  const { body } = new DOMParser().parseFromString(source, "text/html");
  body.querySelectorAll(NOT_CONTENT).forEach((element) => element.remove());
  convertWordLists(body);
  convertMark(body, "b, strong", "strong", "font-weight", (value) => /^(bold|[6-9]00)/.test(value));
  convertMark(body, "i, em", "em", "font-style", (value) => /^(italic|oblique)/.test(value));
  onParsed(body);
  // The headline is the page's h1.
  const shift = body.querySelector("h1") ? 1 : 0;
  for (const heading of body.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    rename(heading, `h${Math.min(Number(heading.tagName[1]) + shift, 4)}`);
  }
  body.querySelectorAll("thead td").forEach((cell) => rename(cell, "th"));
  for (const link of body.querySelectorAll("a")) {
    if (!/^(https?:|mailto:|\/(?![/\\]))/i.test(link.getAttribute("href") ?? "")) unwrap(link);
  }
  for (const element of body.querySelectorAll("*")) {
    for (const { name } of [...element.attributes]) {
      if (!KEPT[element.localName]?.includes(name)) element.removeAttribute(name);
    }
  }
  // Google Docs writes an empty line between two blocks as a line break.
  for (const lineBreak of body.querySelectorAll("br")) {
    const { previousElementSibling, nextElementSibling } = lineBreak;
    if (previousElementSibling?.matches(BLOCK) || nextElementSibling?.matches(BLOCK)) {
      lineBreak.remove();
    }
  }
  for (const block of body.querySelectorAll("p, h2, h3, h4")) {
    if (!block.textContent.trim()) block.remove();
  }
  return body.innerHTML;
}

export const CleanPaste = Extension.create({
  name: "cleanPaste",
  onBeforeCreate() {
    // Its rules are in prose-admin.css: the policy blocks an injected <style>.
    this.editor.options.injectCSS = false;
  },
  addStorage: () => ({ title: "", isTakenBack: false }),
  transformPastedHTML(html) {
    return clean(html, (body) => {
      const title = this.editor.isEmpty && takeTitle(body);
      if (title) Object.assign(this.storage, { title, isTakenBack: false });
    });
  },
  // The headline goes with a paste that is undone, and comes again with it, unless it was changed.
  onUpdate({ editor, transaction }) {
    const { title, isTakenBack } = this.storage;
    if (!title) return;
    const history = transaction.getMeta("history$"); // set by undo and redo
    const now = headlineField().value.trim();
    if (!history) {
      if (isTakenBack) this.storage.title = ""; // The paste cannot come again.
    } else if (!history.redo && editor.isEmpty && now === title) {
      this.storage.isTakenBack = true;
      setHeadline("");
    } else if (history.redo && isTakenBack && !now) {
      this.storage.isTakenBack = false;
      setHeadline(title);
    }
  },
});
