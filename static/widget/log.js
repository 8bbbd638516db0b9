// The conversation as it is read: who said what, when, and whether it has arrived.
import { el, icon, iconButton } from './dom.js'
import { exact, initials, size, visible, when, words } from './text.js'

const PAUSE = 10 * 60000 // after this much silence the time is said again
const PREVIEWED = 4 * 1024 * 1024

export function makeLog(list, line, fetchFile) {
  const nodes = new Map()

  function items() {
    const said = [...line.messages.values()].sort((a, b) => a.seq - b.seq)
    if (line.start && !said.some((one) => one.client_msg_id === line.start.client_msg_id)) {
      said.push({ ...line.start, id: line.start.client_msg_id, from: 'visitor' })
    }
    for (const one of line.out) said.push({ ...one, from: 'visitor', attachments: one.files })
    const out = []
    let before = null
    const lastMine = said.findLast((one) => one.from === 'visitor' && one.seq)
    for (const one of said) {
      const at = new Date(one.at)
      if (!before || at - before.at > PAUSE || at.getDate() !== before.at.getDate()) {
        out.push({ key: `t${out.length}-${when(at)}`, kind: 'when', text: when(at) })
        before = null
      }
      const name = one.agent?.name || 'Support'
      const key = one.client_msg_id || one.id || `s${one.seq}`
      const follows = before && before.from === one.from && before.name === name
      out.push({ ...one, key, kind: one.from, at, name, follows, mark: markOf(one, one === lastMine) })
      before = { at, from: one.from, name }
    }
    return out
  }

  function markOf(one, last) {
    if (one.from !== 'visitor') return ''
    if (one.why) return 'failed'
    if (!one.seq) return 'pending'
    if (!last) return ''
    return line.readByAgent >= one.seq ? 'read' : 'sent'
  }

  function attachment(file) {
    const name = visible(file.name)
    const save = el(
      'button',
      { type: 'button', class: 'file', onclick: () => fetchFile(file, true) },
      icon('file'),
      el('span', {}, el('b', {}, name), el('small', {}, size(file.size))),
    )
    save.setAttribute('aria-label', `Save ${name}, ${size(file.size)}`)
    if (/^image\/(png|jpeg|gif|webp)$/.test(file.type) && file.size < PREVIEWED && file.url) {
      fetchFile(file, false).then((src) => {
        if (!src) return
        const picture = el('img', { alt: name, onload: () => list.dispatchEvent(new Event('grown')) })
        picture.src = src
        save.classList.add('picture')
        save.prepend(picture)
      })
    }
    return save
  }

  function make(item) {
    if (item.kind === 'when') return el('li', { class: 'when' }, item.text)
    if (item.kind === 'system') return el('li', { class: 'system', title: exact(item.at) }, words(item.text))
    const mine = item.kind === 'visitor'
    const bubble = el('div', { class: 'bubble', dir: 'auto', title: exact(item.at) }, words(item.text))
    const files = el('div', { class: 'files' }, (item.attachments || []).map(attachment))
    const node = el(
      'li',
      { class: mine ? 'mine' : 'theirs' },
      el('span', { class: 'hidden' }, mine ? 'You: ' : `${visible(item.name)}: `),
      !mine && el('span', { class: 'avatar', 'aria-hidden': 'true' }, initials(item.name)),
      !mine && el('span', { class: 'name', 'aria-hidden': 'true' }, visible(item.name)),
      item.text && bubble,
      files.children.length > 0 && files,
      mine && el('div', { class: 'mark' }),
    )
    return node
  }

  function update(node, item) {
    node.classList.toggle('follows', !!item.follows)
    if (item.kind !== 'visitor' || node.dataset.mark === item.mark) return
    node.dataset.mark = item.mark
    const mark = node.lastChild
    const texts = { pending: 'Sending…', sent: 'Sent', read: 'Read' }
    mark.replaceChildren(texts[item.mark] || '')
    if (item.mark !== 'failed') return
    mark.append(
      el('span', {}, icon('alert'), `Not sent. ${item.why}`),
      el('button', { type: 'button', onclick: () => line.again(item.id) }, 'Try again'),
      el('button', { type: 'button', onclick: () => line.drop(item.id) }, 'Remove'),
    )
  }

  function draw() {
    const wanted = items()
    const keys = new Set(wanted.map((item) => item.key))
    for (const [key, node] of nodes) {
      if (keys.has(key)) continue
      node.remove()
      nodes.delete(key)
    }
    let at = list.firstChild
    for (const item of wanted) {
      let node = nodes.get(item.key)
      if (!node) nodes.set(item.key, (node = make(item)))
      update(node, item)
      if (node === at) at = at.nextSibling
      else list.insertBefore(node, at)
    }
  }

  return { draw, clear: () => (nodes.clear(), list.replaceChildren()) }
}

// Files chosen for the next message, each with how far it is.
export function chip(file, remove) {
  const bar = el('progress', { max: 1, value: 0, 'aria-label': `Uploading ${visible(file.name)}` })
  const note = el('small', {}, size(file.size))
  const node = el(
    'li',
    {},
    icon('file'),
    el('span', {}, el('b', {}, visible(file.name)), note, bar),
    iconButton('x', `Remove ${visible(file.name)}`, remove),
  )
  return {
    node,
    progress: (share) => (bar.value = share),
    done: () => bar.remove(),
    failed(why) {
      bar.remove()
      node.classList.add('failed')
      note.textContent = why
    },
  }
}
