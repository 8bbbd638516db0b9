/* A field to sign in, with a finger, a pen or a mouse. What is kept are the strokes, in hundredths of its width, so
   that they can be drawn at any size. */
import { h } from "./draw.js";

const MOST_POINTS = 4000;

export function pad(words) {
  const canvas = h("canvas", { class: "pad", role: "img", "aria-label": words, tabindex: "0" });
  const paper = canvas.getContext("2d");
  let strokes = [];
  let current = null;
  let points = 0;

  const fit = () => {
    const box = canvas.getBoundingClientRect();
    const fine = devicePixelRatio || 1;
    canvas.width = Math.round(box.width * fine);
    canvas.height = Math.round(box.height * fine);
    paper.lineWidth = 2.2 * fine;
    paper.lineCap = paper.lineJoin = "round";
    paper.strokeStyle = getComputedStyle(canvas).color;
    for (const stroke of strokes) draw(stroke);
  };
  const draw = (stroke) => {
    const scale = canvas.width / 10000;
    paper.beginPath();
    stroke.forEach(([x, y], at) => (at ? paper.lineTo(x * scale, y * scale) : paper.moveTo(x * scale, y * scale)));
    if (stroke.length === 1) paper.lineTo(stroke[0][0] * scale + 0.1, stroke[0][1] * scale);
    paper.stroke();
  };
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const share = 10000 / box.width;
    return [Math.round((event.clientX - box.left) * share), Math.round((event.clientY - box.top) * share)];
  };

  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    current = [point(event)];
    strokes.push(current);
    points += 1;
    draw(current);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current || points >= MOST_POINTS) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      current.push(point(each));
      points += 1;
    }
    draw(current.slice(-12));
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (current = null));
  new ResizeObserver(fit).observe(canvas);

  return {
    element: h("div", { class: "pad-frame" }, canvas, h("span", { class: "pad-words", "aria-hidden": "true" }, words)),
    strokes: () => strokes.map((stroke) => stroke.flat()),
    is_empty: () => points < 5,
    clear: () => {
      strokes = [];
      points = 0;
      paper.clearRect(0, 0, canvas.width, canvas.height);
    },
  };
}
