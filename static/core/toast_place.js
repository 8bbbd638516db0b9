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
  const feet = [...document.querySelectorAll(FEET)].map((foot) => (watch.observe(foot), foot.getBoundingClientRect()));
  let lift = 0;
  // The lowest first: over one of them a toast may reach the next, as the strip over a composer.
  for (const { top, bottom, height } of feet.sort((a, b) => b.bottom - a.bottom)) {
    const reach = Math.max(REACH, lift + region.offsetHeight);
    if (height && bottom > innerHeight - reach) lift = Math.max(lift, innerHeight - top + GAP);
  }
  region.style.setProperty("--lift", `${Math.min(lift, innerHeight * HIGHEST)}px`);
}
