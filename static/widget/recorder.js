// A voice message instead of a person: recorded here, heard once more if wished, sent as one file. Loaded with the first call.
import { el, randomId } from './dom.js'

const LONGEST_S = 180
const KINDS = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus']
const RATE = 32000 // bits a second: plenty for a voice

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

export async function sendVoice(form, given, token) {
  for (const name of ['site', 'name', 'email', 'phone', 'about', 'page_url']) if (given[name]) form.set(name, given[name])
  const headers = { Accept: 'application/json', ...(token && { Authorization: `Bearer ${token}` }) }
  let answer
  try {
    answer = await fetch('/widget/voice', { method: 'POST', body: form, headers })
  } catch {
    throw new Error('Not sent: there is no connection. Your message is kept; try again soon.')
  }
  const found = await answer.json()
  if (!answer.ok) throw new Error(Object.values(found.fields ?? {})[0] || found.detail)
  return found.reference
}

// `hint()` is what else there is to know; `microphone()` gives a stream that is ours to end; `send(form)` resolves with the reference; `changed()`: draw anew.
export function makeRecorder({ microphone, send, done, changed, hint }) {
  let recorder = null
  let stream = null
  let pieces = []
  let began = 0
  let lasted = 0
  let id = ''
  let state = 'none' // none, opening, recording, kept, sending
  let ticking = 0

  const words = el('p', { class: 'call-words', role: 'status' })
  const time = el('span', { class: 'call-time' })
  const more = el('p', { class: 'hint' })
  const error = el('p', { class: 'error', role: 'alert', hidden: true })
  const go = el('button', { type: 'button', class: 'primary', onclick: () => (state === 'recording' ? stop(true) : post()) }, 'Send')
  const no = el('button', { type: 'button', class: 'plain', onclick: cancel }, 'Cancel')
  const node = el('div', { id: 'recorder', role: 'group', 'aria-label': 'Voice message', hidden: true }, el('div', {}, words, time), more, error, el('div', {}, go, no))

  async function start() {
    if (state !== 'none') return
    state = 'opening'
    id = randomId()
    fail('')
    draw()
    try {
      const kind = KINDS.find((one) => globalThis.MediaRecorder?.isTypeSupported(one))
      if (!kind) throw new Error('This browser can’t record. Write to us instead.')
      stream = await microphone()
      if (state !== 'opening') return release()
      for (const track of stream.getTracks()) track.enabled = true // they may have been muted in the call
      pieces = []
      recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: RATE })
      recorder.ondataavailable = ({ data }) => data.size && pieces.push(data)
      recorder.start(1000)
      began = performance.now()
      state = 'recording'
      ticking = setInterval(tick, 250)
      go.focus()
    } catch (problem) {
      release()
      state = 'none'
      done('', problem.message)
    }
    draw()
  }

  function tick() {
    lasted = (performance.now() - began) / 1000
    time.textContent = `${clock(lasted)} of ${clock(LONGEST_S)}`
    if (lasted >= LONGEST_S) stop(false)
  }

  // The last piece comes after the stop, so what follows waits for it.
  function stop(sends) {
    if (state !== 'recording') return
    clearInterval(ticking)
    state = sends ? 'sending' : 'kept'
    lasted = Math.min(LONGEST_S, (performance.now() - began) / 1000)
    recorder.onstop = () => {
      release()
      if (sends) post()
      else draw()
    }
    recorder.stop()
    draw()
  }

  async function post() {
    state = 'sending'
    fail('')
    draw()
    const form = new FormData()
    form.set('file', new Blob(pieces, { type: pieces[0]?.type }), 'message')
    form.set('form_id', id)
    form.set('seconds', Math.round(lasted))
    try {
      const reference = await send(form)
      if (state !== 'sending') return // somebody has answered meanwhile
      state = 'none'
      draw()
      done(reference, '')
    } catch (problem) {
      if (state !== 'sending') return
      state = 'kept'
      fail(problem.message)
      draw()
      go.focus()
    }
  }

  function release() {
    for (const track of stream?.getTracks() ?? []) track.stop()
    stream = recorder = null
    clearInterval(ticking)
  }

  // By the caller, or because somebody has answered: nothing is sent.
  function cancel() {
    if (state === 'none') return
    if (recorder) recorder.onstop = null
    if (recorder?.state === 'recording') recorder.stop()
    release()
    state = 'none'
    draw()
    changed()
  }

  function fail(text) {
    error.textContent = text
    error.hidden = !text
  }

  function draw() {
    node.hidden = state === 'none'
    node.dataset.state = state
    const told = { opening: 'Opening the microphone…', recording: 'Recording. Say what it is about.', kept: 'Your message is recorded.', sending: 'Sending…' }[state] ?? ''
    if (words.textContent !== told) words.textContent = told
    more.textContent = hint()
    more.hidden = !more.textContent
    time.hidden = state !== 'recording' && state !== 'kept'
    go.disabled = state === 'sending' || state === 'opening'
    go.textContent = state === 'kept' && !error.hidden ? 'Try again' : 'Send'
    no.textContent = state === 'kept' ? 'Discard' : 'Cancel'
    no.disabled = state === 'sending'
    changed()
  }

  return {
    node,
    start,
    cancel,
    get active() {
      return state !== 'none'
    },
  }
}
