// The chat inside its frame: decides what is shown and ties the parts together.
import { dropHint, makeComposer, uploader } from './composer.js'
import { keep } from './dom.js'
import { fetcher } from './files.js'
import { ADDRESS, EMAIL, makeForm, MESSAGE, NAME } from './forms.js'
import { meet } from './host.js'
import { Line } from './line.js'
import { makeLog } from './log.js'
import { makeMenu } from './menu.js'
import { makeSurvey } from './survey.js'
import { initials, usual, visible, when } from './text.js'

const $ = (id) => document.getElementById(id)
const site = JSON.parse($('site').textContent)
const kept = keep(site.key)
const fine = matchMedia('(pointer: fine)').matches
const RECENT = 24 * 3600000

site.at = performance.now()
let view = '' // start, closed, sent, chat
let asked = null // the form on the screen
let open = false
let page = null
let identity = null
let unread = 0
let typingUntil = 0
let lostSince = 0
let leaving = false
let stuck = true // the log follows its end until the reader scrolls up
let lastTop = 0

for (const [name, colour] of Object.entries(site.brand)) {
  document.documentElement.style.setProperty(`--brand-${name.replace('_', '-')}`, colour)
}

const line = new Line(site.key, kept, {
  changed: draw,
  took,
  refused: startRefused,
  typing,
  back: async () => {
    if (kept.get('call')) await (await phone()).back()
    if (kept.get('callback')) await (await phone()).expected()
  },
})
const menu = makeMenu({ line, kept, site, say: notice, address: () => identity?.email })
const log = makeLog($('log'), line, fetcher(line, notice))
const composer = makeComposer($('composer'), {
  kept,
  limits: site.limits,
  upload: uploader(() => line.token, site.limits),
  say: notice,
  send(text, files) {
    stuck = true
    line.say(text, files)
  },
  typing: (on) => line.hint('chat.typing', { on }),
})
const survey = makeSurvey($('survey'), {
  ask: (name, data) => line.ask(name, data),
  say: notice,
  done: () => $('again').focus(),
})
document.body.append(dropHint())

// A call needs more than most visitors ever load: it comes when somebody rings, or rang before a reload.
let call = null
async function phone() {
  if (call) return call
  const { makeCall } = await import('./calling.js')
  call ??= makeCall($('call'), line, { kept, say: notice, changed: draw, details, whose })
  return call
}
function details() {
  const { name, email, text } = saved()
  const found = { name, email, about: text?.slice(0, 120), page_url: page }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value))
}
// What goes with a voice message: who they are, as it stands in the form on the screen or was said before.
const whose = () => ({ site: site.key, ...details(), ...asked?.read() })
// Whom nobody knows must say first where they are answered.
async function record() {
  if (!line.token && !ADDRESS.test(asked?.read().email ?? '')) return asked?.show({ email: 'Enter an e-mail address like name@example.com, so that we can answer' })
  asked?.show({})
  ;(await phone()).record()
}
async function ring() {
  menu.show(false)
  ;(await phone()).start(details())
}

// Articles that may answer come with the first words; without them everything goes on as it is.
let articles = null
const offering = () => (articles ??= import('./articles.js').then(({ makeArticles }) => makeArticles({
  site: site.key, kept, token: () => line.token, proof: () => identity,
  answered: (yes) => {
    if (!asked) return
    asked.form.hidden = yes
    if (yes) keepWho(saved())
    else keepForm(asked.read())
  },
})))
function offer(text, place, waiting = false) {
  if (site.articles) offering().then((found) => found.offer(text, place, waiting)).catch(() => (articles = null))
}

const host = meet(site.origins, {
  hello(data) {
    page = data.page
    $('close').hidden = host.alone
    document.body.classList.toggle('alone', host.alone)
    know(data.identity)
    $('app').hidden = false
    if (line.token || line.start) line.connect()
    if (kept.get('call')) phone()
    choose()
    if (data.open) opened()
  },
  open(where) {
    page = where
    opened()
  },
  closed() {
    open = false
    draw()
  },
  identify: know,
  reset() {
    line.forget()
    line.disconnect()
    for (const one of ['draft', 'form']) kept.set(one, null)
    identity = line.identity = null
    choose(true)
  },
  refused() {
    $('app').remove()
    $('refused').hidden = false
  },
})

function know(who) {
  if (!who || !(who.external_id || who.email || who.name)) return
  // Another person at the same browser must not see this one's chat.
  const before = kept.get('who')
  if (before && who.external_id && before !== who.external_id) {
    line.forget()
    kept.set('form', null)
  }
  identity = line.identity = who
  if (line.live && who.hash) line.identify()
  if (view === 'start' || view === 'closed') choose(true)
}

async function opened() {
  open = true
  if (view === 'start' || view === 'closed') await refresh()
  draw()
  focus()
}

function focus() {
  if (view === 'chat' && fine && !$('composer').hidden) return composer.focus()
  const first = fine && asked?.form.querySelector('input,select,textarea')
  ;(first || $('title')).focus()
}

// The page may have stood open for hours: ask again whether anybody is there.
async function refresh() {
  if (performance.now() - site.at < 60000) return
  try {
    const answer = await fetch(`/widget/config?site=${encodeURIComponent(site.key)}`)
    if (!answer.ok) return
    const { status } = await answer.json()
    const turned = status.open !== site.status.open
    Object.assign(site, { status, at: performance.now() })
    if (turned) choose(true)
  } catch {
    /* offline: what was known stays */
  }
}

function choose(again = false) {
  const { state } = line.state
  const running = state === 'waiting' || state === 'active' || line.start
  const last = [...line.messages.values()].at(-1)
  const fresh = last && Date.now() - new Date(last.at) < RECENT
  const wanted = running || (state === 'ended' && fresh) || (state === 'none' && line.token && !line.known && !again)
    ? 'chat'
    : site.status.open ? 'start' : 'closed'
  if (wanted === view && !again) return
  show(wanted)
}

function show(wanted) {
  view = wanted
  if (!line.token && !line.start) log.clear()
  asked = null
  leaving = false
  if (wanted === 'start') {
    // Who is vouched for is on record with their address.
    const known = ({ key, kind, required }) => identity?.[key] || (identity?.hash && kind === 'email' && !required)
    const open = site.fields.filter((field) => !known(field))
    asked = makeForm({ fields: [...open, MESSAGE], values: saved(), button: 'Start chat', submit: start, changed: keepForm })
  }
  if (wanted === 'closed') {
    const own = site.fields.filter(({ key, kind }) => !['name', 'email'].includes(key) && kind !== 'email')
    asked = makeForm({ fields: [NAME, EMAIL, ...own, MESSAGE], values: saved(), button: 'Send message', submit: leaveMessage, changed: keepForm })
  }
  $('ask').replaceChildren(...(asked ? [asked.form] : []))
  if (asked) offer(saved().text, $('ask'))
  else articles?.then((found) => found.forget()).catch(() => {})
  draw()
  composer.grow()
  if (open) focus()
}

const keepForm = (given) => {
  kept.set('form', given)
  offer(given.text, $('ask'))
}
// What was asked is said; who asks need not say so again.
const keepWho = ({ name, email, phone }) => kept.set('form', { name, email, phone })
const saved = () => ({ name: identity?.name, email: identity?.email, ...kept.get('form', {}) })

async function start(given) {
  const { text, ...own } = given
  const answers = { ...(identity?.name && { name: identity.name }), ...(identity?.email && { email: identity.email }), ...own }
  const details = { name: answers.name, email: answers.email, answers, page_url: page }
  for (const key of Object.keys(details)) if (!details[key]) delete details[key]
  log.clear()
  stuck = true
  line.open(details, text)
  show('chat')
}

function startRefused(error, given) {
  kept.set('form', { ...given.answers, text: given.text })
  if (error.code === 'closed') site.status.open = false
  choose(true)
  if (view === 'chat') show('start')
  asked.show(error.fields || {}, error.fields ? '' : error.message)
}

async function leaveMessage(given) {
  const { text, name, email, phone, ...answers } = given
  const form = (leaveMessage.id ||= crypto.randomUUID())
  const body = { site: site.key, form_id: form, text, name, email, phone: phone || '', answers, page_url: page || '' }
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
  if (line.token) headers.Authorization = `Bearer ${line.token}`
  try {
    const answer = await fetch('/widget/offline', { method: 'POST', headers, body: JSON.stringify(body) })
    const found = await answer.json()
    if (!answer.ok) return asked.show(found.fields || {}, found.fields ? '' : found.detail)
    leaveMessage.id = null
    keepWho(given)
    articles?.then((found) => found.wrote()).catch(() => {})
    $('reference').textContent = found.reference
    $('reply-to').textContent = visible(email)
    show('sent')
    $('sent').focus()
  } catch {
    asked.show({}, 'Not sent: there is no connection. What you wrote is kept; try again soon.')
  }
}

function took(messages) {
  if (messages.length) keepWho(kept.get('form', {}))
  if (messages.some((one) => one.from === 'agent')) typingUntil = 0
  const fresh = messages.filter((one) => one.from === 'agent' && one.seq > kept.get('read', 0))
  if (fresh.length && line.live) menu.beep()
}

function typing({ from, on }) {
  if (from === 'visitor') return
  typingUntil = on ? Date.now() + 6000 : 0
  draw()
  if (on) setTimeout(draw, 6100)
}

function markRead() {
  const { last } = line
  const before = kept.get('read', 0)
  const seen = open && view === 'chat' && document.visibilityState === 'visible'
  if (seen && last > before) {
    kept.set('read', last)
    clearTimeout(markRead.timer)
    markRead.timer = setTimeout(() => line.hint('chat.read', { seq: line.last }), 300)
  }
  const from = kept.get('read', 0)
  unread = [...line.messages.values()].filter((one) => one.from === 'agent' && one.seq > from).length
}

function subtitle() {
  const { state, agent, position, wait_p50_s: p50, wait_p90_s: p90 } = line.state
  if (view !== 'chat' && call?.running) return 'Your call'
  if (view === 'closed') {
    const opens = site.status.opens_at
    return opens ? `Closed now. Open again ${when(new Date(opens)).replace(',', ' at').replace('Today', 'today')}.` : 'Closed now.'
  }
  if (view === 'sent') return 'Your message is with us.'
  if (view === 'start') {
    const wait = usual(site.status.wait_p50_s, site.status.wait_p90_s)
    return wait ? `Usual wait: ${wait}` : 'We are here for you'
  }
  if (line.start && !line.live) return 'Connecting…'
  if (state === 'active') return agent?.name ? `${visible(agent.name)} is here for you` : 'You are connected'
  if (state === 'ended') return 'This chat has ended'
  if (state !== 'waiting') return 'Connecting…'
  const place = position ? `You are number ${position}.` : 'You are in line.'
  const wait = usual(p50, p90)
  return wait ? `${place} Usually ${wait}.` : place
}

function draw() {
  if (!view) return
  const { state, agent } = line.state
  if ((view === 'start' || view === 'closed') && (state === 'waiting' || state === 'active')) return show('chat')
  if (view === 'chat' && state === 'none' && !line.start && (line.known || !line.token)) return choose(true)
  markRead()
  const ended = state === 'ended' && !line.start
  const chatting = view === 'chat'
  const name = state === 'active' && agent?.name
  $('title').textContent = site.name
  if ($('subtitle').textContent !== subtitle()) $('subtitle').textContent = subtitle()
  $('face').textContent = initials(name || site.name)
  if (site.icon) $('logo').hidden = !($('face').hidden = !name)
  $('greeting').textContent = view === 'closed' ? site.status.closed_text || site.offline_text || 'Nobody is here right now. Write to us, and we answer by e-mail.' : site.greeting
  $('greeting').hidden = !asked || !$('greeting').textContent
  $('ask').hidden = !asked
  const mayCall = site.calls && site.status.open && !call?.running
  $('or-call').hidden = !site.calls || call?.shown || (view !== 'start' && view !== 'closed')
  $('call-us').hidden = !mayCall
  $('record').hidden = site.status.open
  $('call-mic').textContent = site.status.open ? 'Your microphone is used only during the call.' : 'Your microphone is used only while you record.'
  $('call-instead').hidden = $('call-again').hidden = !mayCall
  $('sent').hidden = view !== 'sent'
  $('intro').hidden = chatting || Boolean(call?.running)
  document.body.classList.toggle('calling', !chatting && Boolean(call?.running))
  $('talk').hidden = !chatting
  $('more').hidden = !chatting || !line.token
  if ($('more').hidden) menu.show(false)
  $('composer').hidden = !chatting || ended || leaving
  $('leaving').hidden = !chatting || ended || !leaving
  $('over').hidden = !chatting || !ended
  if (!ended) survey.forget()
  else if (chatting && open && line.live) survey.look(line.conversation)
  $('end').hidden = ended
  composer.attachable(!!line.token && !line.start)
  if (chatting) log.draw()
  $('waiting').hidden = state !== 'waiting'
  if (state === 'waiting' && chatting) offer(line.start?.text ?? line.messages.values().next().value?.text, $('waiting'), true)
  else if (chatting) articles?.then((found) => found.forget()).catch(() => {})
  $('typing').hidden = !chatting || Date.now() > typingUntil
  $('typing-name').textContent = `${visible(name || 'Support')} is typing`
  connection()
  follow()
  host.post('unread', { count: open ? 0 : unread })
  host.post('state', { state: call?.running ? 'active' : line.start ? 'waiting' : state })
}

function connection() {
  const lost = line.began && !line.live && (line.token || line.start)
  if (!lost) lostSince = 0
  else if (!lostSince) {
    lostSince = Date.now()
    setTimeout(draw, 1600)
  }
  $('lost').hidden = !lost || Date.now() - lostSince < 1500
}

function follow() {
  if (stuck) $('talk').scrollTop = $('talk').scrollHeight
}

function notice(text) {
  $('notice').textContent = text
  $('notice').hidden = false
  clearTimeout(notice.timer)
  notice.timer = setTimeout(() => ($('notice').hidden = true), 8000)
}

async function end() {
  try {
    await line.ask('chat.end', {})
    leaving = false
    line.become({ ...line.state, state: 'ended' })
    $('bye').focus()
  } catch {
    notice('The chat could not be ended. Try again when you are connected.')
  }
}

function leave(yes) {
  leaving = yes
  menu.show(false)
  draw()
  if (yes) $('stay').focus()
  else composer.focus()
}

$('close').addEventListener('click', () => host.post('close'))
for (const button of document.querySelectorAll('[data-ring]')) button.addEventListener('click', ring)
$('record').addEventListener('click', record)
$('ring-me').addEventListener('click', async () => (await phone()).ask(true))
$('end').addEventListener('click', () => leave(true))
$('stay').addEventListener('click', () => leave(false))
$('leave').addEventListener('click', end)
$('again').addEventListener('click', () => {
  line.state = { state: 'none' }
  choose(true)
})
for (const another of document.querySelectorAll('.another')) {
  another.addEventListener('click', () => show(site.status.open ? 'start' : 'closed'))
}
$('talk').addEventListener('scroll', () => {
  const { scrollTop, scrollHeight, clientHeight } = $('talk')
  if (scrollHeight - scrollTop - clientHeight < 40) stuck = true
  else if (scrollTop < lastTop) stuck = false
  lastTop = scrollTop
})
$('log').addEventListener('grown', follow)
new ResizeObserver(follow).observe($('talk'))
document.addEventListener('visibilitychange', draw)
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.isComposing || document.querySelector('dialog[open]')) return
  if (menu.shown()) menu.close()
  else if (leaving) leave(false)
  else host.post('close')
})
