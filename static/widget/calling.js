// A call from the page: microphone, place in line, the bar with mute and hang up. Loaded when it is needed.
import { ON_HOLD, openMicrophone, RINGING, tones, Voice } from '/static/core/voice.js'
import { makeBooked } from './booked.js'
import { el, randomId } from './dom.js'
import { makeRecorder, sendVoice } from './recorder.js'
import { usual, visible, when } from './text.js'

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

export function makeCall(node, line, { kept, say, changed, details, whose }) {
  let call = null // as the helpdesk said last
  let voice = null
  let tone = null
  let toned = ''
  let starting = false
  let over = ''
  let told = ''
  let early = [] // signals that were quicker than the answer which makes the voice

  const words = el('p', { class: 'call-words', role: 'status' })
  const time = el('span', { class: 'call-time' })
  const mute = el('button', { type: 'button', class: 'plain', 'aria-pressed': 'false', onclick: toggleMute }, 'Mute')
  const hang = el('button', { type: 'button', class: 'plain call-end', onclick: hangUp }, 'Hang up')
  const later = el('button', { type: 'button', class: 'plain', onclick: () => ask(true) }, 'Call me back instead')
  const message = el('button', { type: 'button', class: 'plain', onclick: () => recorder.start() }, 'Leave a message instead')
  const recorder = makeRecorder({
    microphone: async () => voice?.stream?.clone() ?? openMicrophone(),
    send: (form) => sendVoice(form, whose(), line.token),
    done: (reference, problem) => (problem && call ? say(problem) : finish(problem || `Thank you, we have your message. Your reference is ${reference}.`)),
    changed: () => (draw(), changed()),
    hint: () => (call ? 'You keep your place in line until you send it.' : ''),
  })
  const form = makeBack()
  const booked = makeBooked(line, { kept, finish })
  const close = el('button', { type: 'button', class: 'plain', onclick: () => ((over = ''), draw(), changed()) }, 'Close')
  node.replaceChildren(el('div', {}, words, time), el('div', {}, mute, hang, later, message, close), recorder.node, booked.node, form)

  const api = {
    get running() {
      return starting || Boolean(call)
    },
    get shown() {
      return starting || Boolean(call) || Boolean(over) || !form.hidden || recorder.active
    },
    get voice() {
      return voice
    },
    start,
    back,
    ask,
    record: () => ((over = ''), recorder.start()),
    expected,
  }

  line.socket ? listen() : (line.whenOpen = listen)
  function listen() {
    line.socket.on('call.state', take)
    line.socket.on('call.place', (place) => call && place.conversation_id === call.conversation_id && take({ ...call, ...place }))
    line.socket.on('call.signal', (signal) => (voice ? voice.receive(signal) : early.push(signal)))
  }

  async function start(details) {
    if (api.running) return
    starting = true
    over = ''
    told = 'Opening the microphone…'
    draw()
    let stream
    try {
      stream = await openMicrophone()
      told = 'Connecting…'
      draw()
      await line.ready()
      const answer = await line.ask('call.start', { ...details, client_msg_id: randomId() })
      if (answer.token) kept.set('token', (line.token = answer.token))
      await speak(answer, stream)
    } catch (error) {
      for (const track of stream?.getTracks() ?? []) track.stop()
      over = error.message
    }
    starting = false
    draw()
    changed()
  }

  // We ring them: in the place they have in line, or when it is their turn.
  function makeBack() {
    const error = el('p', { class: 'error', id: 'back-error', hidden: true })
    const field = el('input', { id: 'back-number', type: 'tel', autocomplete: 'tel', inputmode: 'tel', 'aria-describedby': 'back-error', placeholder: '+49 30 1234567' })
    const send = el('button', { class: 'primary' }, 'Call me back')
    const no = el('button', { type: 'button', class: 'plain', onclick: () => ask(false) }, 'Cancel')
    const made = el('form', { id: 'call-back', novalidate: true, hidden: true }, el('label', { for: 'back-number' }, 'Your telephone number'), error, field, el('div', {}, send, no))
    made.addEventListener('submit', async (event) => {
      event.preventDefault()
      send.disabled = true
      error.hidden = true
      try {
        await line.ready()
        const answer = await line.ask('call.call_back', { ...details(), number: field.value })
        if (answer.token) kept.set('token', (line.token = answer.token))
        made.hidden = true
        finish(said(answer))
        booked.show(answer)
      } catch (problem) {
        error.textContent = problem.fields?.number || problem.message
        error.hidden = false
        field.focus()
      }
      send.disabled = false
      draw()
    })
    return made
  }

  // After a reload: what was asked for is still to come, or it is not.
  async function expected() {
    if (!kept.get('callback')) return
    const { callback } = await line.ask('call.callback', {})
    if (callback) finish(said(callback))
    booked.show(callback)
  }

  function said({ number_shown: shown, at, position, here, wait_p50_s: p50, wait_p90_s: p90 }) {
    const number = shown.replaceAll(' ', '\u00a0') // never broken over two lines
    if (here === 'nobody' && !at) return `Nobody is here right now. We call ${number} as soon as somebody is.`
    if (here === 'away' && !at) return `Everybody is on a break right now. We call ${number} as soon as somebody is back.`
    if (at) return `We call ${number} ${when(new Date(at)).replace(',', ' at').toLowerCase()}.`
    const wait = usual(p50, p90)
    return `We call ${number} when it is your turn${position > 1 ? `; you are number ${position}` : ''}.${wait ? ` Usually ${wait}.` : ''}`
  }

  function ask(on) {
    form.hidden = !on
    over = ''
    draw()
    changed()
    if (on) form.querySelector('input').focus()
  }

  async function speak(answer, stream) {
    voice?.close()
    voice = new Voice(answer, (to, data) => line.socket.emit('call.signal', { to, data }, () => {}), draw)
    for (const signal of early.splice(0)) voice.receive(signal)
    await voice.use(stream)
    kept.set('call', answer.call.conversation_id)
    call = null
    take(answer.call)
  }

  // The line is there again: after a break the sound has gone on, after a reload it begins anew.
  async function back() {
    if (starting || !kept.get('call')) return
    let stream
    try {
      stream = voice ? null : await openMicrophone()
    } catch (error) {
      finish(error.message)
      return line.ask('call.hang_up', {}).catch(() => {})
    }
    const answer = await line.ask('call.return', voice && call ? { session: call.session } : {})
    if (answer.call && voice) return take(answer.call)
    if (answer.call) return speak(answer, stream)
    for (const track of stream?.getTracks() ?? []) track.stop()
    finish('The call has ended.')
  }

  function take(fresh) {
    if (!voice || (call && call.version > fresh.version)) return
    if (fresh.state === 'ended') return finish(recorder.active ? '' : call?.state === 'waiting' ? 'Nobody could answer. Try again, or write to us.' : 'The call has ended.')
    call = fresh
    if (call.state !== 'waiting' && recorder.active) {
      recorder.cancel()
      say('Somebody is there for you now. Your message was not sent.')
    }
    voice.update(call.leg, call.session, call.peers)
    draw()
    changed()
  }

  function finish(text) {
    voice?.close()
    voice = call = null
    kept.set('call', null)
    over = text
    draw()
    changed()
  }

  async function hangUp() {
    try {
      await line.ask('call.hang_up', {})
      finish('You hung up.')
    } catch {
      say('The call could not be ended. Try again when you are connected.')
    }
  }

  function toggleMute() {
    voice?.mute(!voice.muted)
    draw()
  }

  function sentence() {
    if (!call) return starting ? told : over
    if (recorder.active) return ''
    const name = call.agent ? visible(call.agent.name) : 'Support'
    if (call.agent_lost) return `${name} lost the connection. Please stay on the line.`
    if (call.state === 'connecting') return `${name} is coming to the phone…`
    if (call.state === 'hold') return `${name} has put you on hold`
    if (call.state === 'talk') return voice.state === 'connected' ? `You are talking with ${name}` : `Connecting with ${name}…`
    const doing = call.answered_at ? 'You are being connected to someone else.' : 'Calling…'
    if (call.here === 'nobody') return doing + ' Nobody is here right now. Stay on the line' + (call.instead?.includes('callback') ? ', or have us call you back.' : '.')
    if (call.here === 'away') return doing + ' Everybody is on a break right now. We answer as soon as somebody is back.'
    const wait = usual(call.wait_p50_s, call.wait_p90_s)
    return `${doing} ${call.position > 1 ? `You are number ${call.position}. ` : ''}${wait ? `Usually ${wait}.` : ''}`
  }

  function sounding() {
    if (!call || recorder.active) return ''
    if (call.state === 'hold' || call.agent_lost) return 'hold'
    return call.state === 'waiting' || call.state === 'connecting' ? 'ring' : ''
  }

  function draw() {
    node.hidden = !api.shown
    if (words.textContent !== sentence()) words.textContent = sentence()
    node.dataset.state = call?.state ?? (starting ? 'starting' : 'none')
    node.dataset.sound = voice?.state ?? 'none'
    mute.hidden = hang.hidden = !call || recorder.active
    const may = (way) => call?.state === 'waiting' && form.hidden && !recorder.active && call.instead?.includes(way)
    later.hidden = !may('callback')
    message.hidden = !may('message')
    close.hidden = api.running || !form.hidden || recorder.active
    mute.textContent = voice?.muted ? 'Muted. Speak' : 'Mute'
    mute.setAttribute('aria-pressed', Boolean(voice?.muted))
    const now = sounding()
    if (now === toned) return
    tone?.()
    toned = now
    tone = now ? tones(now === 'hold' ? ON_HOLD : RINGING) : null
  }

  setInterval(() => {
    const talking = call && (call.state === 'talk' || call.state === 'hold')
    time.textContent = talking && call.answered_at ? clock((Date.now() - Date.parse(call.answered_at)) / 1000) : ''
  }, 1000)
  draw()
  return api
}
