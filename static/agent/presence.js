/* The presence switch: sends what was chosen and shows what the server holds. */
import { toast } from "/static/core/toast.js";
import { getHtml, parse } from "./net.js";
import { ask } from "./socket.js";

const place = () => document.querySelector("[data-presence-place]");

export async function setPresence(state) {
  try {
    await ask("presence.set", { state });
    await refreshPresence();
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

export async function refreshPresence() {
  const { status, html } = await getHtml("/desk/presence");
  if (status !== 200) return;
  const had = place().contains(document.activeElement);
  place().replaceChildren(parse(html));
  if (had) place().querySelector("summary, button")?.focus();
}

document.addEventListener("submit", (event) => {
  if (!("presenceForm" in event.target.dataset)) return;
  event.preventDefault();
  event.target.closest("details")?.removeAttribute("open");
  setPresence(event.submitter.value);
});
