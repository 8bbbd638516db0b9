/* A part of the page that looks again by itself: the technician on the way, times that are still being
   found. Without script a link does the same. */
const MOST = 200;

for (const part of document.querySelectorAll("[data-again]")) watch(part);
for (const word of document.querySelectorAll("[data-with-script]")) word.hidden = false;
for (const link of document.querySelectorAll("[data-without-script]")) link.hidden = true;

function watch(part) {
  let looks = 0;
  let was = "";
  const state = () => part.querySelector("[data-visit-state]")?.dataset.visitState;
  const wanted = () => part.dataset.while !== "looking" || part.querySelector("[data-looking]")?.dataset.looking === "yes";
  const look = async () => {
    if (looks++ > MOST || !wanted()) return;
    if (!document.hidden) {
      const before = state();
      const html = await fetched(part.dataset.again);
      if (html !== null && html !== was) put(part, (was = html));
      // What may be done with it changes with its state: the whole page is drawn anew.
      if (before && state() !== before) return location.reload();
    }
    setTimeout(look, Number(part.dataset.every) * 1000);
  };
  setTimeout(look, Number(part.dataset.every) * 1000);
}

async function fetched(path) {
  try {
    const answer = await fetch(path, { headers: { Accept: "text/html" } });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null; // the next look may succeed
  }
}

/* Whoever stands on a button with the keyboard stays there. */
function put(part, html) {
  const slot = document.activeElement?.closest?.("[data-again]") === part ? document.activeElement.dataset.slot : null;
  part.innerHTML = html;
  if (slot) part.querySelector(`[data-slot="${CSS.escape(slot)}"]`)?.focus();
}
