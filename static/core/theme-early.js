/* Sets the theme and the folded panes before the first paint, so that nothing flashes or jumps. A classic script in the
   head on purpose: modules run too late. Everything else about themes is in theme.js. */
(() => {
  const root = document.documentElement;
  let wanted = null;
  try {
    wanted = localStorage.getItem("theme");
    if (localStorage.getItem("pane:work") === "closed") root.dataset.paneWork = "closed";
    if (localStorage.getItem("pane:customer") === "closed") root.dataset.paneCustomer = "closed";
  } catch {
    // Storage may be shut off; the device decides then.
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = wanted === "light" || wanted === "dark" ? wanted : dark ? "dark" : "light";
  root.dataset.theme = theme;
})();
