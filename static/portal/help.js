/* What the search of the help centre gains by script: a few titles while somebody types. */
const AFTER = 120;
const LEAST = 2;

for (const form of document.querySelectorAll("[data-help-search]")) {
  const box = form.querySelector("[type=search]");
  const place = form.querySelector("[data-help-while]");
  let waiting = null;
  let asked = 0;

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    if (box.value.trim().length < LEAST) return hide();
    waiting = setTimeout(ask, AFTER);
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) hide();
  });
  form.addEventListener("keydown", (event) => {
    const lines = [...place.querySelectorAll("a")];
    if (event.key === "Escape" && !place.hidden) {
      hide();
      box.focus();
    } else if (["ArrowDown", "ArrowUp"].includes(event.key) && lines.length && !place.hidden) {
      event.preventDefault();
      const at = lines.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      (at < 0 ? box : lines[Math.min(at, lines.length - 1)]).focus();
    }
  });

  async function ask() {
    const mine = ++asked;
    try {
      const answer = await fetch(`/help/suggest?${new URLSearchParams({ q: box.value })}`);
      if (!answer.ok || mine !== asked) return;
      const read = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...document.importNode(read.body, true).childNodes);
      place.hidden = false;
    } catch {
      hide(); // the form still opens the page of results
    }
  }

  function hide() {
    asked += 1;
    place.hidden = true;
  }
}
