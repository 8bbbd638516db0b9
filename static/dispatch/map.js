/* The map beside the timeline: routes by technician, places, live positions. Loaded only when it is opened.
   Without a tile server it lies on a plain grid of degrees, drawn here. */
import { element, icon } from "/static/core/icons.js";
import { ago } from "/static/core/time.js";
import { onDay, stopsOf } from "./day.js";
import { onFilters, technicians } from "./filters.js";
import { span } from "./scale.js";
import { choose, chosenStop, onChosen } from "./timeline.js";
import { numberOf, typeOf } from "./words.js";

const LIBRARY = "/static/vendor/leaflet/leaflet";
const place = document.querySelector("[data-map-place]");
const page = document.querySelector("[data-board]");
let map = null;
let lines = null;
let marks = null;
let isFitted = false;

export async function openMap() {
  if (!map) await begin();
  map.invalidateSize();
  draw();
}

async function begin() {
  await Promise.all([script(`${LIBRARY}.js`), sheet(`${LIBRARY}.css`)]);
  const L = window.L;
  map = L.map(place, { preferCanvas: true, zoomControl: true, attributionControl: Boolean(page.dataset.tiles), center: [51, 10], zoom: 6 });
  map.attributionControl?.setPrefix(false);
  (page.dataset.tiles ? await tiles(L) : grid(L)).addTo(map);
  lines = L.layerGroup().addTo(map);
  marks = L.layerGroup().addTo(map);
  new ResizeObserver(() => map.invalidateSize()).observe(place);
}

async function tiles(L) {
  const { tiles: address, tilesBy: by } = page.dataset;
  if (/\.pmtiles($|\?)/.test(address)) return (await import("./pmtiles.js")).layer(L, address, by);
  return L.tileLayer(address, { attribution: asText(by), maxZoom: 19 });
}

export function asText(words = "") {
  const made = document.createElement("span");
  made.textContent = words;
  return made.innerHTML;
}

/* Lines of even degrees with their numbers: enough to see who is near to whom. */
function grid(L) {
  const Grid = L.GridLayer.extend({
    createTile(at) {
      const size = this.getTileSize();
      const made = L.DomUtil.create("canvas");
      [made.width, made.height] = [size.x, size.y];
      const pen = made.getContext("2d");
      const style = getComputedStyle(document.documentElement);
      pen.strokeStyle = style.getPropertyValue("--border-strong");
      pen.fillStyle = style.getPropertyValue("--text-faint");
      pen.font = `10px ${getComputedStyle(document.body).fontFamily}`;
      pen.strokeRect(0.5, 0.5, size.x, size.y);
      const corner = map.unproject([at.x * size.x, at.y * size.y], at.z);
      pen.fillText(`${corner.lat.toFixed(2)}, ${corner.lng.toFixed(2)}`, 5, 13);
      return made;
    },
  });
  return new Grid({ maxZoom: 18 });
}

function draw() {
  if (!map || !page.hasAttribute("data-map")) return;
  const L = window.L;
  lines.clearLayers();
  marks.clearLayers();
  const chosen = chosenStop();
  for (const one of technicians()) route(L, one, chosen);
  if (!isFitted) fit(L);
}

function route(L, technician, chosen) {
  const stops = stopsOf(technician.id).filter(({ visit }) => visit.lat !== null);
  const isChosen = chosen?.technician === technician.id;
  const colour = getComputedStyle(document.documentElement).getPropertyValue(`--hue-${technician.hue}`).trim();
  const way = [technician.start, ...stops.map(({ visit }) => [visit.lat, visit.lon]), technician.end ?? technician.start];
  if (stops.length) {
    const line = L.polyline(way, { color: colour, weight: isChosen ? 4 : 2, opacity: chosen && !isChosen ? 0.3 : 0.8 });
    line.on("click", () => choose(stops[0], { focus: false }));
    line.bindTooltip(`${technician.number} ${technician.name}`, { sticky: true });
    lines.addLayer(line);
  }
  stops.forEach((stop, at) => marks.addLayer(isChosen ? numbered(L, stop, at + 1, technician, chosen) : dot(L, stop, colour)));
  if (isChosen) marks.addLayer(pin(L, technician.start, `dp-pin dp-pin-depot hue-${technician.hue}`, icon("house"), technician.start_name || "Start"));
  if (technician.position) marks.addLayer(truck(L, technician));
}

function dot(L, stop, colour) {
  const made = L.circleMarker([stop.visit.lat, stop.visit.lon], { radius: 5, color: colour, weight: 2, fillOpacity: 0.9, fillColor: colour });
  return about(made, stop);
}

function numbered(L, stop, number, technician, chosen) {
  const made = pin(L, [stop.visit.lat, stop.visit.lon], `dp-pin hue-${technician.hue}`, String(number), "");
  made.options.zIndexOffset = 500;
  if (stop.visit.id === chosen.visit.id) made.options.icon.options.html.dataset.chosen = "";
  return about(made, stop);
}

function about(made, stop) {
  const { visit } = stop;
  made.bindTooltip(asText(`${numberOf(visit)} ${typeOf(visit)}, ${visit.customer}, ${span(stop.starts, stop.ends)}`));
  made.on("click", () => choose(stop, { focus: false }));
  return made;
}

/* Coarse on purpose, and it says how old it is. */
function truck(L, technician) {
  const [at, lat, lon] = technician.position;
  const made = pin(L, [lat, lon], `dp-pin hue-${technician.hue}`, icon("truck"), "");
  made.bindTooltip(asText(`${technician.name}, ${ago(at * 1000)}`));
  return made;
}

function pin(L, at, className, inside, title) {
  const html = element("span", className, inside);
  html.style.width = html.style.height = "24px";
  return L.marker(at, { icon: L.divIcon({ className: "", html, iconSize: [24, 24] }), title, keyboard: false });
}

function fit(L) {
  const points = technicians().flatMap((one) => [one.start, ...stopsOf(one.id).map(({ visit }) => [visit.lat, visit.lon])]).filter(([lat]) => lat !== null);
  if (!points.length) return;
  isFitted = true;
  map.fitBounds(L.latLngBounds(points), { padding: [24, 24], maxZoom: 14 });
}

function script(address) {
  return new Promise((done, failed) => {
    const made = document.createElement("script");
    made.src = address;
    made.onload = done;
    made.onerror = () => failed(new Error("The map could not be loaded."));
    document.head.append(made);
  });
}

function sheet(address) {
  return new Promise((done) => {
    const made = document.createElement("link");
    made.rel = "stylesheet";
    made.href = address;
    made.onload = made.onerror = done;
    document.head.prepend(made);
  });
}

onDay(draw);
onFilters(draw);
onChosen((stop) => {
  draw();
  if (stop && map && stop.visit.lat !== null && !map.getBounds().contains([stop.visit.lat, stop.visit.lon])) map.panTo([stop.visit.lat, stop.visit.lon]);
});
