/* Ways between visits in words: how far, how long, and when one is there. Each figure says who says so. */
import { clock, distance, minutes } from "./words.js";
import { state } from "./state.js";

const EARTH_M = 6_371_000;

export function metres(from, to) {
  if (from?.lat == null || to?.lat == null) return null;
  const turn = Math.PI / 180;
  const [a, b] = [from.lat * turn, to.lat * turn];
  const half = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(((to.lon - from.lon) * turn) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(half));
}

/** The drive to each visit of a day; null where nothing is known of it. */
export function legs(visits) {
  return visits.map((one, at) => {
    const from = at ? visits[at - 1].place : state.day.start;
    const far = metres(from, one.place);
    const parts = [one.travel_s ? `${minutes(one.travel_s)} drive` : null, far === null || far < 50 ? null : `${distance(far)} as the crow flies`];
    return parts.filter(Boolean).join(", ") || null;
  });
}

export function arrival(one) {
  if (one.state === "travelling" && one.travel_s) {
    return `There about ${clock(Date.parse(one.departed_at) + one.travel_s * 1000)} (${source(one)})`;
  }
  if (one.state !== "booked" || !one.planned_at) return null;
  const drive = one.travel_s ? `, ${minutes(one.travel_s)} drive (${source(one)})` : "";
  return `Work begins ${clock(one.planned_at)}${drive}`;
}

function source(one) {
  return { osrm: "by roads", distance: "estimated by distance", calibrated: "estimated from past drives" }[one.travel_source] ?? "estimated";
}

/** Opens whatever map the phone has; no maker's own address. */
export function way_to(place) {
  const words = encodeURIComponent(place.address);
  return place.lat == null ? `geo:0,0?q=${words}` : `geo:${place.lat},${place.lon}?q=${place.lat},${place.lon}(${words})`;
}

export function map_of(place) {
  if (place.lat == null) return `https://www.openstreetmap.org/search?query=${encodeURIComponent(place.address)}`;
  return `https://www.openstreetmap.org/directions?to=${place.lat},${place.lon}`;
}
