/* Menus are <details data-menu>: they open without script; this closes them, one at a time, and lets
   the arrow keys walk. */

function closeAll(except = null) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

export function closeMenus() {
  closeAll();
}

// A list that would hang over the edge of a narrow screen is moved back onto it.
document.addEventListener(
  "toggle",
  (event) => {
    const list = event.target.matches?.("details[data-menu][open]") && event.target.querySelector(".menu-list");
    if (!list) return;
    list.style.setProperty("--shift", "0px");
    const box = list.getBoundingClientRect();
    const over = box.right + 8 - document.documentElement.clientWidth;
    const shift = over > 0 ? -over : box.left < 8 ? 8 - box.left : 0;
    list.style.setProperty("--shift", `${shift}px`);
  },
  true,
);

document.addEventListener("click", (event) => {
  const menu = event.target.closest("details[data-menu]");
  closeAll(menu);
  if (menu && event.target.closest(".menu-item")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu]");
  if (!menu) return;
  const items = [...menu.querySelectorAll(".menu-item:not(:disabled)")];
  if (event.key === "Escape" && menu.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !items.length) return;
  event.preventDefault();
  menu.open = true;
  const at = items.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length;
  items[next].focus();
});
