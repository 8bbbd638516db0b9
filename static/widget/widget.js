// The chat's loader: one launcher button and one iframe on somebody else's page, nothing more.
// docs/widget.md tells a host how to embed it and what window.HelpdeskChat can do.
(() => {
  'use strict'
  const script =
    document.currentScript || document.querySelector('script[data-site][src*="/widget.js"]')
  const given = window.HelpdeskChat || {}
  if (!script || given.open) return
  const { dataset } = script
  const home = new URL(script.src).origin
  const site = dataset.site || ''
  const kept = `helpdesk-chat:${site}`
  const listeners = {}
  let identity = given.identity || fromAttributes()
  let root, button, badge, frame, config
  let opened = false
  let ready = false
  let wanted = false
  let unread = 0

  const STYLE = `
:host{all:initial}
.root{--in:20px;position:fixed;z-index:2147483000;inset:auto var(--in) var(--in) auto;
font:16px/1.25 system-ui,sans-serif}
.root[data-side=left]{inset:auto auto var(--in) var(--in)}
button{all:unset;box-sizing:border-box;position:relative;display:grid;place-items:center;
width:56px;height:56px;border-radius:50%;cursor:pointer;background:var(--fill);
color:var(--on);box-shadow:0 0 0 2px #fff,0 4px 16px rgb(0 0 0/.28)}
button:hover{filter:brightness(1.08)}
button:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px #14171c}
svg{width:26px;height:26px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;
stroke-linejoin:round}
[aria-expanded=true] .talk,[aria-expanded=false] .down{display:none}
.badge{position:absolute;top:-5px;right:-5px;min-width:22px;height:22px;padding:0 6px;
box-sizing:border-box;border:2px solid #fff;border-radius:11px;background:#b3242f;color:#fff;
font:600 12px/18px system-ui,sans-serif;text-align:center}
iframe{position:absolute;right:0;bottom:72px;width:384px;height:min(640px,calc(100vh - 112px));
border:0;border-radius:14px;background:#fff;box-shadow:0 0 0 1px rgb(0 0 0/.08),
0 16px 48px rgb(0 0 0/.28);color-scheme:light dark;animation:rise .14s ease-out}
[data-side=left] iframe{right:auto;left:0}
[hidden]{display:none!important}
@keyframes rise{from{opacity:0;transform:translateY(8px)}}
@media (prefers-color-scheme:dark){iframe{background:#1b1e24}}
@media (prefers-reduced-motion:reduce){iframe{animation:none}}
@media (max-width:479px),(max-height:479px){
.root{--in:16px}.root.open{inset:0}.root.open button{display:none}
.root.open iframe{position:static;width:100%;height:100%;border-radius:0;box-shadow:none}}
@media print{.root{display:none}}`

  function fromAttributes() {
    const { identityExternalId: id, identityEmail: email, identityName: name } = dataset
    return id || email || name ? { external_id: id, email, name, hash: dataset.identityHash } : null
  }

  // Only these four, and only text, ever reach the frame.
  function plain(who) {
    const fields = ['external_id', 'email', 'name', 'hash']
    if (!who) return null
    return Object.fromEntries(fields.filter((f) => who[f]).map((f) => [f, String(who[f])]))
  }

  function tell(name, value) {
    for (const listener of listeners[name] || []) {
      try {
        listener(value)
      } catch (error) {
        console.error(error)
      }
    }
  }

  function remember(change) {
    try {
      if (!change) return JSON.parse(localStorage.getItem(kept)) || {}
      localStorage.setItem(kept, JSON.stringify({ ...remember(), ...change }))
    } catch {
      return {} // a browser that keeps nothing: the chat works, it only starts anew
    }
  }

  const post = (type, more) => {
    if (ready) frame.contentWindow.postMessage({ helpdesk: 1, type, ...more }, home)
  }

  // Without query and fragment: those hold other people's tokens often enough.
  const page = () => location.origin + location.pathname

  function heard({ source, origin, data }) {
    if (!frame || source !== frame.contentWindow || origin !== home) return
    if (!data || data.helpdesk !== 1) return
    if (data.type === 'ready') {
      ready = true
      post('hello', { page: page(), identity: plain(identity), open: opened })
      tell('ready')
    } else if (data.type === 'close') {
      close()
    } else if (data.type === 'unread' && Number.isInteger(data.count)) {
      if (data.count === unread) return
      unread = data.count
      label()
      tell('unread', unread)
    } else if (data.type === 'state' && ['none', 'waiting', 'active', 'ended'].includes(data.state)) {
      remember({ live: data.state === 'waiting' || data.state === 'active' })
      tell('state', data.state)
    }
  }

  function label() {
    const count = unread > 99 ? '99+' : `${unread}`
    const name = opened ? 'Close chat' : config.label
    const news = unread ? `, ${count} unread ${unread === 1 ? 'message' : 'messages'}` : ''
    button.setAttribute('aria-expanded', opened)
    button.setAttribute('aria-label', name + (opened ? '' : news))
    badge.textContent = count
    badge.hidden = opened || !unread
  }

  function load() {
    if (frame) return
    frame = document.createElement('iframe')
    frame.title = `Chat with ${config.name}`
    if (config.calls) frame.allow = 'microphone; autoplay; speaker-selection'
    frame.hidden = !opened
    frame.src = `${home}/widget/frame?site=${encodeURIComponent(site)}`
    root.append(frame)
  }

  function open() {
    wanted = true
    if (!config || opened) return
    opened = true
    load()
    frame.hidden = false
    root.classList.add('open')
    label()
    frame.focus()
    post('open', { page: page() })
    remember({ open: true })
    tell('open')
  }

  function close() {
    wanted = false
    if (!opened) return
    const inside = root.getRootNode().activeElement
    opened = false
    frame.hidden = true
    root.classList.remove('open')
    label()
    if (inside) button.focus()
    post('closed')
    remember({ open: false })
    tell('close')
  }

  // What has the focus must not lie under the chat: step to the other side, or out of the way.
  function stepAside({ target }) {
    if (target === root.getRootNode().host || !target.getBoundingClientRect) return
    const [a, b] = [target, opened ? frame : button].map((node) => node.getBoundingClientRect())
    if (a.right <= b.left || a.left >= b.right || a.bottom <= b.top || a.top >= b.bottom) return
    if (opened && b.width >= innerWidth - 1) return close()
    // A wide thing lies under both sides; moving would only flicker.
    if (a.width > innerWidth / 2) return
    root.dataset.side = root.dataset.side === 'left' ? 'right' : 'left'
  }

  function icon(name, path) {
    const names = 'http://www.w3.org/2000/svg'
    const svg = document.createElementNS(names, 'svg')
    const line = svg.appendChild(document.createElementNS(names, 'path'))
    svg.setAttribute('class', name)
    svg.setAttribute('viewBox', '0 0 24 24')
    svg.setAttribute('aria-hidden', 'true')
    line.setAttribute('d', path)
    return svg
  }

  function draw() {
    const host = document.createElement('div')
    const shadow = host.attachShadow({ mode: 'open' })
    // A constructed sheet works under any Content-Security-Policy of the host.
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    shadow.adoptedStyleSheets = [sheet]
    root = shadow.appendChild(document.createElement('div'))
    root.className = 'root'
    root.dataset.side = (given.side || dataset.side) === 'left' ? 'left' : 'right'
    root.style.setProperty('--fill', config.brand.fill)
    root.style.setProperty('--on', config.brand.on_fill)
    button = root.appendChild(document.createElement('button'))
    button.type = 'button'
    button.append(
      icon('talk', 'M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v8a2.5 2.5 0 0 1-2.5 2.5H10l-5 4v-4.4A2.5 2.5 0 0 1 4 14.500z'),
      icon('down', 'M6 9.500l6 6 6-6'),
    )
    badge = button.appendChild(document.createElement('span'))
    badge.className = 'badge'
    badge.setAttribute('aria-hidden', 'true')
    button.hidden = given.launcher === false
    button.addEventListener('click', () => (opened ? close() : open()))
    // By the time the finger is down the frame is on its way.
    for (const sign of ['pointerenter', 'focus', 'touchstart']) {
      button.addEventListener(sign, load, { once: true, passive: true })
    }
    root.addEventListener('keydown', (event) => event.key === 'Escape' && close())
    addEventListener('message', heard)
    document.addEventListener('focusin', stepAside)
    document.body.append(host)
    label()
    const before = remember()
    if (before.live) load()
    if (wanted || (before.live && before.open && innerWidth > 479)) open()
  }

  window.HelpdeskChat = {
    open,
    close,
    identify(who) {
      identity = who
      post('identify', { identity: plain(who) })
    },
    // For a host whose user signs out: this browser forgets the chat.
    reset() {
      identity = null
      remember({ live: false })
      if (ready) post('reset')
      else if (config) (load(), (wanted = false), addEventListener('message', () => post('reset'), { once: true }))
    },
    on(name, listener) {
      ;(listeners[name] ||= []).push(listener)
      return () => (listeners[name] = listeners[name].filter((one) => one !== listener))
    },
  }
  for (const [name, listener] of Object.entries(given.on || {})) window.HelpdeskChat.on(name, listener)

  fetch(`${home}/widget/config?site=${encodeURIComponent(site)}`, { credentials: 'omit' })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
    .then((found) => {
      config = found
      if (document.body) draw()
      else addEventListener('DOMContentLoaded', draw)
    })
    .catch(() => console.warn('Helpdesk chat: not reachable, or this origin is not listed for the site.'))
})()
