/* A merge that has just been done: the ticket that stays says so, with the way back. Its banner and its list of
   what came in stay on the page; this is the short word at the foot. */
import { toast } from "/static/core/toast.js";
import { forget, go, standsAt, textOf } from "./navigation.js";
import { getHtml } from "./net.js";
import { refreshWork } from "./work.js";

async function undo(path) {
  try {
    const { status, html, path: led } = await getHtml(path, { part: true, form: new URLSearchParams() });
    if (status >= 400) return toast(textOf(html), { tone: "danger" });
    forget(location.pathname);
    await go(led);
    refreshWork().catch(() => {});
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

document.addEventListener("ticket-opened", ({ detail: ticket }) => {
  const done = ticket.node.querySelector("[data-just-merged]");
  if (!done) return;
  done.remove();
  standsAt(location.pathname);
  toast(done.dataset.justMerged, { tone: "success", undo: () => undo(done.dataset.undoAt) });
});
