/* What the editor of articles gains by script: tools for Markdown, a preview beside it, pictures that are
   dropped or pasted, and words that are kept on the server while they are not saved. Works without. */
import { shortcut } from "/static/core/shortcuts.js";
import { toast } from "/static/core/toast.js";

const form = document.querySelector("form[data-words]");
const KEEP_AFTER = 1500;
const DRAW_AFTER = 250;
const csrf = document.body.dataset.csrf;

for (const select of document.querySelectorAll("form[data-filters] select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

if (form) edit(form, form.querySelector("[name=body]"));

function edit(form, text) {
  const desk = form.querySelector("[data-view]");
  const preview = form.querySelector("[data-preview]");
  const kept = form.querySelector("[data-kept]");
  let keeping = null;
  let drawing = null;
  let asked = 0;

  form.addEventListener("input", (event) => {
    if (!["title", "summary", "body"].includes(event.target.name)) return;
    kept && (kept.textContent = "Not saved yet");
    clearTimeout(keeping);
    keeping = setTimeout(keep, KEEP_AFTER);
    later();
  });

  async function keep() {
    const words = Object.fromEntries(["title", "summary", "body"].map((name) => [name, form.elements[name].value]));
    try {
      const answer = await fetch(form.dataset.keep, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf },
        body: JSON.stringify({ ...words, upon: Number(form.elements.upon.value) }),
      });
      if (answer.ok && kept) kept.textContent = "Kept for you, not a version yet";
      if (!answer.ok) throw new Error();
    } catch {
      if (kept) kept.textContent = "Not kept on the server. Stay on this page.";
    }
  }

  function later() {
    clearTimeout(drawing);
    if (!preview.hidden) drawing = setTimeout(draw, DRAW_AFTER);
  }

  async function draw() {
    const mine = ++asked;
    const body = new URLSearchParams({ body: text.value });
    try {
      const answer = await fetch("/knowledge/preview", { method: "POST", headers: { "X-CSRF-Token": csrf }, body });
      if (!answer.ok || mine !== asked) return;
      const read = new DOMParser().parseFromString(await answer.text(), "text/html");
      preview.replaceChildren(...document.importNode(read.body, true).childNodes);
    } catch {
      // The words are what counts; the preview comes with the next key.
    }
  }

  function view(mode) {
    desk.dataset.view = mode;
    preview.hidden = mode === "write";
    if (mode !== "write") draw();
    for (const one of form.ownerDocument.querySelectorAll("[data-mode]")) one.checked = one.value === mode;
  }
  for (const one of form.querySelectorAll("[data-mode]")) one.addEventListener("change", () => view(one.value));
  if (!preview.hidden) view("both");

  // Tools
  for (const button of form.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => {
      use(button.dataset.tool, button.dataset.box);
      button.closest("details")?.removeAttribute("open");
    });
  }
  const writing = () => document.activeElement === text;
  shortcut("ctrl+b", () => use("bold"), { label: "Bold", group: "Article", when: writing, inFields: true });
  shortcut("ctrl+i", () => use("italic"), { label: "Italic", group: "Article", when: writing, inFields: true });
  shortcut("alt+p", () => view(desk.dataset.view === "write" ? "both" : "write"), { label: "Preview beside the text", group: "Article", inFields: true });

  function use(tool, box) {
    const { selectionStart: from, selectionEnd: to, value } = text;
    const picked = value.slice(from, to);
    const around = { bold: ["**", "**", "words"], italic: ["*", "*", "words"], code: picked.includes("\n") ? ["```\n", "\n```", ""] : ["`", "`", "code"], link: ["[", "](https://)", "words"] }[tool];
    if (around) return put(`${around[0]}${picked || around[2]}${around[1]}`, from, to, around[0].length, (picked || around[2]).length);
    const start = value.lastIndexOf("\n", from - 1) + 1;
    const end = value.indexOf("\n", to) < 0 ? value.length : value.indexOf("\n", to);
    const lines = value.slice(start, end);
    const each = { heading: () => "## ", list: () => "- ", numbers: (at) => `${at + 1}. ` }[tool];
    if (each) return put(lines.split("\n").map((line, at) => each(at) + line).join("\n"), start, end);
    if (tool === "table") return put(`${lines}${lines ? "\n\n" : ""}| One | Two |\n| --- | --- |\n|  |  |\n`, start, end);
    if (tool === "box") return put(`::: ${box}\n${lines || ""}\n:::\n`, start, end, `::: ${box}\n`.length, lines.length);
  }

  /** Through the browser's own editing, so that Ctrl Z takes it back. */
  function put(words, from, to, at = 0, length = words.length) {
    text.focus();
    text.setSelectionRange(from, to);
    if (!document.execCommand("insertText", false, words)) text.setRangeText(words, from, to, "end");
    text.setSelectionRange(from + at, from + at + length);
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Pictures and files
  const picker = form.querySelector("[data-upload]");
  picker?.addEventListener("change", async () => {
    await send(picker.files);
    picker.value = "";
  });
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    send(event.clipboardData.files);
  });
  text.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    text.classList.add("kb-drop");
  });
  for (const over of ["dragleave", "drop"]) text.addEventListener(over, () => text.classList.remove("kb-drop"));
  text.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    send(event.dataTransfer.files);
  });

  async function send(given) {
    for (const file of given) {
      const body = new FormData();
      body.append("file", file);
      try {
        const answer = await fetch(form.dataset.files, { method: "POST", headers: { Accept: "application/json", "X-CSRF-Token": csrf }, body });
        const told = await answer.json().catch(() => ({}));
        if (!answer.ok) throw new Error(told.detail || "");
        const at = text.selectionEnd;
        // On a line of its own it is a paragraph, not one more row of the table or list above.
        const words = /[^\n]\n$/.test(text.value.slice(0, at)) ? `\n${told.markdown}` : told.markdown;
        put(words, at, at, words.length, 0);
      } catch (error) {
        toast(error.message || `“${file.name}” did not reach the server. Try again.`, { tone: "danger" });
      }
    }
  }
}
