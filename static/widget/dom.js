// Building nodes, icons, and keeping things in this browser. Text only ever becomes text nodes.
const SVG = 'http://www.w3.org/2000/svg'
const PATHS = {
  down: 'M6 9.500l6 6 6-6',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  send: 'M4 12l16-8-5 16-4-7z M11 13l4-4',
  clip: 'M20 11.500l-8 8a5 5 0 0 1-7-7l8.500-8.500a3.300 3.300 0 0 1 4.700 4.700L9.700 17.200a1.700 1.700 0 0 1-2.400-2.400L15 7',
  file: 'M7 3h7l4 4v14H7z M14 3v4h4',
  x: 'M6 6l12 12M18 6L6 18',
  alert: 'M12 4l9 16H3z M12 10v4 M12 17h.01',
  check: 'M5 12.500l4.500 4.500L19 7',
}

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value)
    else if (value === true) node.setAttribute(name, '')
    else if (value !== false && value != null) node.setAttribute(name, value)
  }
  node.append(...children.flat().filter((child) => child != null && child !== false))
  return node
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  svg.append(document.createElementNS(SVG, 'path'))
  svg.firstChild.setAttribute('d', PATHS[name])
  return svg
}

export function iconButton(name, label, onclick, more = {}) {
  return el('button', { type: 'button', class: 'icon', 'aria-label': label, title: label, onclick, ...more }, icon(name))
}

// localStorage may be forbidden in a frame; then things last as long as the page.
const memory = new Map()

export function keep(site) {
  const full = (name) => `helpdesk:${site}:${name}`
  return {
    get(name, fallback = null) {
      try {
        const text = localStorage.getItem(full(name))
        return text === null ? fallback : JSON.parse(text)
      } catch {
        return memory.get(full(name)) ?? fallback
      }
    },
    set(name, value) {
      memory.set(full(name), value)
      try {
        if (value === null) localStorage.removeItem(full(name))
        else localStorage.setItem(full(name), JSON.stringify(value))
      } catch {
        /* kept in memory */
      }
    },
    watch: (name, changed) =>
      addEventListener('storage', (event) => event.key === full(name) && changed()),
  }
}

export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(24))
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_')
}
