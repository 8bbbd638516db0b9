/* What every page of ours runs, in one tag. Other modules import from here's neighbours by their plain
   path ("/static/core/toast.js"), never by a tag of their own: two addresses would be two copies. */
import "./dialog.js";
import "./drafts.js";
import "./menu.js";
import "./palette.js";
import "./panes.js";
import "./shortcuts.js";
import "./theme.js";
import "./time.js";

document.querySelector("[data-focus]")?.focus();

for (const part of document.querySelectorAll("[data-share]")) {
  part.style.setProperty("--share", part.dataset.share);
}
