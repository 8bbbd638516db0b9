// Other people's words, shown safely: text nodes, links that say where they lead, nothing hidden.
import { el } from './dom.js'

const LINK = /\bhttps?:\/\/[^\s<>"'`]+/gi
// Overrides, embeddings and isolates turn the reading order; nobody types them by accident.
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g

export const visible = (text) =>
  text.replace(TURNING, (c) => `⟨U+${c.charCodeAt(0).toString(16).toUpperCase()}⟩`)

// The link as a browser will follow it, or null where it is better left as plain text.
function target(text) {
  let url
  try {
    url = new URL(text)
  } catch {
    return null
  }
  // https://bank.example@evil.example reads like one host and leads to the other.
  if (url.username || url.password || !/^https?:$/.test(url.protocol)) return null
  return url
}

export function words(text) {
  const out = document.createDocumentFragment()
  let last = 0
  for (const match of text.matchAll(LINK)) {
    const raw = match[0].replace(/[.,;:!?)\]}]+$/, '')
    const url = target(raw)
    if (!url) continue
    out.append(visible(text.slice(last, match.index)))
    // A look-alike host is shown as what it is: xn--…
    const host = raw.slice(raw.indexOf('//') + 2).split(/[/?#]/)[0]
    const shown = host.toLowerCase() === url.host ? visible(raw) : url.href
    out.append(
      el('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, shown),
    )
    last = match.index + raw.length
  }
  out.append(visible(text.slice(last)))
  return out
}

export function initials(name) {
  const parts = name.split(/\s+/).filter((part) => /[\p{L}\p{N}]/u.test(part))
  const picked = parts.length > 1 ? [parts[0], parts.at(-1)] : parts
  return picked.map((part) => [...part.replace(/^[^\p{L}\p{N}]+/u, '')][0].toUpperCase()).join('') || '?'
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`
  const [unit, of] = bytes < 1048576 ? ['kB', 1024] : ['MB', 1048576]
  return `${(bytes / of).toFixed(bytes / of < 10 ? 1 : 0)} ${unit}`
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' })

export function when(at) {
  const midnight = new Date().setHours(0, 0, 0, 0)
  const days = Math.round((midnight - new Date(at).setHours(0, 0, 0, 0)) / 86400000)
  const name = days === 0 ? 'Today' : days === 1 ? 'Yesterday' : day.format(at)
  return `${name}, ${clock.format(at)}`
}

export const exact = (at) => at.toLocaleString('en-GB', { dateStyle: 'full', timeStyle: 'medium' })

// "1–4 minutes": half are answered within p50, nine of ten within p90.
export function usual(p50, p90) {
  if (p50 == null) return ''
  const [low, high] = [Math.max(1, Math.round(p50 / 60)), Math.ceil((p90 ?? p50) / 60)]
  if (high <= 1) return 'less than a minute'
  return low >= high ? `about ${high} minutes` : `${low}–${high} minutes`
}
