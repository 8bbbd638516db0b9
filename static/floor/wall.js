/* The wallboard: fetches its figures every few seconds, draws the graph, and says when it has no news. */
import { exact, serverNow, setServerNow } from "/static/core/time.js";

const EVERY = 3000;
const OLD = 15000;
const board = document.querySelector("[data-wall]");
const graphPlace = board.querySelector("[data-graph]");
let lastAt = Date.now();
let graph = null;

async function look() {
  try {
    const answer = await fetch("/floor/wall/now", { headers: { Accept: "application/json" } });
    if (answer.status === 401) return location.assign("/sign-in?next=/floor/wall");
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    lastAt = Date.now();
  } catch {
    // The stale mark says it.
  }
  board.toggleAttribute("data-stale", Date.now() - lastAt > OLD);
}

function show({ at, figures, queues, arrivals }) {
  setServerNow(at);
  for (const [key, { value, note, state }] of Object.entries(figures)) {
    const tile = board.querySelector(`[data-tile="${key}"]`);
    tile.querySelector("[data-value]").textContent = value;
    tile.querySelector("[data-note]").textContent = note;
    if (state) tile.dataset.state = state;
    else delete tile.dataset.state;
  }
  board.querySelector("[data-queues]").replaceChildren(...queues.map(row));
  draw(arrivals);
}

function row(queue) {
  const made = document.createElement("tr");
  made.toggleAttribute("data-late", queue.late);
  [queue.name, queue.waiting, queue.longest, queue.free].forEach((text, at) => {
    const cell = document.createElement("td");
    cell.className = at ? "number" : "clip";
    cell.textContent = text;
    made.append(cell);
  });
  return made;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function size() {
  const box = graphPlace.getBoundingClientRect();
  return { width: Math.max(200, box.width), height: Math.max(120, box.height) };
}

const clockText = (seconds) => exact(seconds * 1000).replace(/^.*, (\d\d:\d\d):.*$/, "$1");

function draw(arrivals) {
  const data = [arrivals.at, arrivals.came, arrivals.left];
  if (graph) return graph.setData(data);
  if (!window.uPlot) return;
  const font = `${Math.max(12, innerWidth * 0.011)}px system-ui, sans-serif`;
  const axis = { stroke: colour("--text-muted"), font, grid: { stroke: colour("--border"), width: 1 }, ticks: { show: false } };
  const bars = uPlot.paths.bars({ size: [0.7, 60] });
  graph = new uPlot(
    {
      ...size(),
      padding: [8, 36, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: { y: { range: (_, low, high) => [0, Math.max(4, high)] } },
      axes: [{ ...axis, space: 110, size: 40, values: (_, times) => times.map(clockText) }, { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], size: 50 }],
      series: [
        {},
        { label: "Came in", paths: bars, points: { show: false }, fill: colour("--accent"), stroke: colour("--accent"), width: 0 },
        { label: "Left", paths: bars, points: { show: false }, fill: colour("--danger"), stroke: colour("--danger"), width: 0 },
      ],
    },
    data,
    graphPlace,
  );
}

addEventListener("resize", () => graph?.setSize(size()));
setInterval(look, EVERY);
setInterval(() => {
  const clock = board.querySelector("[data-clock]");
  clock.textContent = clockText(serverNow() / 1000);
}, 1000);
draw(JSON.parse(board.querySelector("[data-arrivals]").textContent));
look();
