/* Files for the next message: by button, paste or drop. Each is uploaded at once, under our own rules;
   the message then names them by id. */
import { element, icon } from "/static/core/icons.js";
import { csrf } from "./net.js";
import { size, visible } from "./words.js";

const MOST = 10;

/** `changed(ready)` hears of every file that arrived or was taken away. */
export function makeFiles(form, talk, changed = () => {}) {
  const shelf = form.querySelector("[data-files]");
  const input = form.querySelector("[data-file-input]");
  let chosen = [];

  function add(files) {
    for (const file of [...files].slice(0, MOST - chosen.length)) {
      const entry = { file, stored: null, failed: "" };
      entry.node = chip(entry);
      chosen.push(entry);
      shelf.append(entry.node);
      upload(entry);
    }
    input.value = "";
    show();
  }

  function chip(entry) {
    const remove = element("button", "btn btn-icon btn-quiet btn-small", icon("x"));
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${visible(entry.file.name)}`);
    remove.addEventListener("click", () => {
      entry.request?.abort();
      chosen = chosen.filter((one) => one !== entry);
      entry.node.remove();
      show();
      changed(ready());
    });
    entry.bar = element("progress");
    entry.bar.max = 1;
    entry.bar.value = 0;
    entry.bar.setAttribute("aria-label", `Uploading ${visible(entry.file.name)}`);
    entry.note = element("span", "muted small", size(entry.file.size));
    return element("li", "file-chip", icon("file"), element("span", "clip", visible(entry.file.name)), entry.note, entry.bar, remove);
  }

  function upload(entry) {
    const request = (entry.request = new XMLHttpRequest());
    const body = new FormData();
    body.append("file", entry.file);
    request.open("POST", talk.uploads ?? `/desk/conversations/${talk.id}/files`);
    request.setRequestHeader("X-CSRF-Token", csrf());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = ({ loaded, total }) => (entry.bar.value = loaded / total);
    request.onload = () => {
      let told = {};
      try {
        told = JSON.parse(request.responseText);
      } catch {
        // Not ours; said in our words below.
      }
      if (request.status === 201) entry.stored = told;
      else entry.failed = request.status === 413 ? "Too large." : (told.detail ?? "Not uploaded.");
      settle(entry);
    };
    request.onerror = () => {
      entry.failed = "Not uploaded. Add it again.";
      settle(entry);
    };
    request.send(body);
  }

  function settle(entry) {
    entry.request = null;
    entry.bar.remove();
    entry.node.classList.toggle("file-failed", Boolean(entry.failed));
    if (entry.failed) entry.note.textContent = entry.failed;
    else if (chosen.includes(entry)) changed(ready());
  }

  const ready = () => chosen.filter((entry) => entry.stored).map((entry) => entry.stored);

  function show() {
    shelf.hidden = chosen.length === 0;
  }

  form.querySelector("[data-attach]").addEventListener("click", () => input.click());
  input.addEventListener("change", () => add(input.files));
  form.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });
  const area = talk.node;
  for (const kind of ["dragover", "dragleave", "drop"]) {
    area.addEventListener(kind, (event) => {
      if (!form.isConnected || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.toggle("composer-drop", kind === "dragover");
      if (kind === "drop") add(event.dataTransfer.files);
    });
  }

  return {
    busy: () => chosen.some((entry) => entry.request),
    ready,
    /** Files that are here already, in the place of those that are shown. */
    put(stored) {
      chosen = stored.map((file) => {
        const entry = { file, stored: file, failed: "" };
        entry.node = chip(entry);
        entry.bar.remove();
        return entry;
      });
      shelf.replaceChildren(...chosen.map((entry) => entry.node));
      show();
    },
    clear() {
      chosen = [];
      shelf.replaceChildren();
      show();
    },
  };
}
