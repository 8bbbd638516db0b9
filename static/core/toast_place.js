/* Where toasts stand: at the foot of the page, but above what somebody types in or presses there (a composer,
   the bar that saves, the switch between panes), also while that grows. */
const FEET = ".talk-foot, .ticket-strips, .save-bar, .pane-switch, .tickets-bulk";
const REACH = 160; // px from the lower edge: what begins higher and ends higher is out of the way
const GAP = 8;
const HIGHEST = 0.75;

const watch = new ResizeObserver(() => place());
addEventListener("resize", () => place());

/** Lifts the region over what stands at the foot now; call it whenever a toast is added. */
export function place() {
  const region = document.getElementById("toasts");
  if (!region?.children.length) return watch.disconnect();
  let lift = 0;
  for (const foot of document.querySelectorAll(FEET)) {
    const { top, bottom, height } = foot.getBoundingClientRect();
    watch.observe(foot);
    if (height && bottom > innerHeight - REACH) lift = Math.max(lift, innerHeight - top + GAP);
  }
  region.style.setProperty("--lift", `${Math.min(lift, innerHeight * HIGHEST)}px`);
}
