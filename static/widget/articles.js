// Articles that may answer what a visitor types, read here and now. What they did with them is told to
// the helpdesk, so that it can be honest about what articles are good for. Whatever fails here is left.
import { el, iconButton, randomId } from './dom.js'
import { visible } from './text.js'

const AFTER = 500
const LEAST = 4
const TAGS = { h: 'h3', p: 'p', li: 'p', pre: 'pre' }

export function makeArticles({ site, kept, token, proof, answered }) {
  const said = el('p', { role: 'status' })
  const list = el('ul')
  const still = el('button', { type: 'button', class: 'plain', hidden: true, onclick: () => finish(false) }, 'I still need help')
  const node = el('section', { class: 'articles', 'aria-label': 'Articles', hidden: true }, said, list, still)
  const title = el('h2', { id: 'article-title', tabindex: -1 })
  const body = el('div', { class: 'article', tabindex: 0, role: 'group', 'aria-labelledby': 'article-title' })
  const whole = el('a', { target: '_blank', rel: 'noopener' }, 'Open the page')
  const solved = el('button', { type: 'button', class: 'primary', onclick: () => finish(true) }, 'This answered it')
  const sheet = el('dialog', { 'aria-labelledby': 'article-title' },
    el('div', { class: 'top' }, title, iconButton('x', 'Close', () => sheet.close())), body, el('div', { class: 'end' }, whole, solved))
  document.body.append(sheet)
  const seen = new Set()
  let asked = ''
  let timer = 0
  let shown = ''
  let offerId = ''
  let article = ''
  let from = null

  async function post(path, more) {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
    if (token()) headers.Authorization = `Bearer ${token()}`
    const { external_id, hash } = proof() ?? {}
    const who = { ...(kept.get('mark') && { mark: kept.get('mark') }), ...(hash && { external_id, hash }) }
    const body = JSON.stringify({ site, offer: offerId, ...who, ...more })
    const answer = await fetch(`/widget/articles${path}`, { method: 'POST', headers, body })
    if (!answer.ok) throw new Error(answer.status)
    return answer.json()
  }

  function offer(text, place, waiting) {
    if (node.parentNode !== place.parentNode) {
      place.after(node)
      shown = asked = ''
      list.hidden = false
      node.hidden = still.hidden = true
    }
    const words = (text ?? '').trim().slice(0, 600)
    known()
    if (words === asked || words.length < LEAST) return
    asked = words
    clearTimeout(timer)
    timer = setTimeout(() => ask(words, waiting), waiting ? 0 : AFTER)
  }

  async function ask(words, waiting) {
    if (!token() && !kept.get('mark')) kept.set('mark', randomId())
    try {
      const found = await post('', { text: words, seen: [...seen] })
      if (words !== asked) return
      put(found, waiting)
    } catch {
      /* nothing is offered */
    }
  }

  function put({ offer: id, articles }, waiting) {
    const ids = articles.map((one) => one.id).join()
    solved.hidden = waiting
    // Nothing moves under the hands of whoever stands in it.
    if (ids === shown || !still.hidden || node.contains(document.activeElement)) return
    shown = ids
    offerId = articles.length ? id : offerId
    for (const one of articles) seen.add(one.id)
    said.textContent = !articles.length ? '' : waiting ? 'While you wait, this may help' : 'This may answer it'
    list.replaceChildren(...articles.map((one) =>
      el('li', {}, el('button', { type: 'button', class: 'link', lang: one.lang, dir: 'auto', onclick: (event) => read(one, event.target) }, visible(one.title)))))
    node.hidden = !articles.length
  }

  async function read(one, button) {
    article = one.id
    from = button
    title.textContent = visible(one.title)
    title.lang = body.lang = one.lang
    whole.hidden = true
    body.replaceChildren()
    sheet.showModal()
    title.focus()
    try {
      const found = await post('/read', { article })
      body.replaceChildren(...found.parts.map(([kind, text]) => el(TAGS[kind] ?? 'p', { class: kind, dir: 'auto' }, visible(text))))
      whole.hidden = !found.url
      if (found.url) whole.href = `${found.url}?offer=${offerId}`
    } catch {
      body.textContent = 'This can’t be shown just now. Try again in a moment.'
    }
  }
  sheet.addEventListener('close', () => from?.isConnected && from.focus())

  function finish(yes) {
    sheet.close()
    answered(yes)
    list.hidden = yes
    still.hidden = !yes
    said.textContent = yes ? 'Good that it is answered. Nothing was sent.' : 'This may answer it'
    if (yes) still.focus()
    else node.parentNode.querySelector('textarea')?.focus()
    post('/answered', { article, ...(yes ? {} : { undo: true }) }).catch(() => {})
  }

  // Who chats now is no longer nobody: what they did before is theirs.
  function known() {
    const mark = kept.get('mark')
    if (!mark || !token() || known.busy) return
    known.busy = true
    post('/mine').then(() => kept.set('mark', null), () => {}).finally(() => (known.busy = false))
  }

  function forget() {
    clearTimeout(timer)
    node.hidden = true
    shown = asked = ''
    known()
  }

  // A message left for later says nothing of who it was; that it was written counts.
  const wrote = () => offerId && post('/mine', { wrote: true }).catch(() => {})

  return { offer, forget, wrote }
}
