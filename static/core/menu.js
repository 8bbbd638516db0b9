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
