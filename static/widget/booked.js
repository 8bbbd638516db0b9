// A callback that is still to come, with the way out of it: asked once more, then called off. Loaded with the first call.
import { el } from './dom.js'

export function makeBooked(line, { kept, finish }) {
  let booked = null
  const no = el('button', { type: 'button', class: 'plain', onclick: () => sure(true) }, 'Don’t call me')
  const yes = el('button', { type: 'button', class: 'plain call-end', onclick: callOff }, 'Yes, call it off')
  const keep = el('button', { type: 'button', class: 'plain', onclick: () => sure(false) }, 'Keep it')
  const question = el('p', { class: 'call-words' }, 'Call the callback off?')
  const error = el('p', { class: 'error', role: 'alert', hidden: true })
  const asks = el('div', { hidden: true, role: 'group', 'aria-label': 'Call the callback off?' }, question, error, el('div', {}, yes, keep))
  const node = el('div', { id: 'booked', hidden: true }, no, asks)

  function show(answer) {
    booked = answer?.yours ? answer.conversation_id : null
    kept.set('callback', booked)
    node.hidden = !booked
    sure(false, false)
  }

  function sure(on, moves = true) {
    asks.hidden = !on
    no.hidden = on
    error.hidden = true
    if (moves) (on ? yes : no).focus()
  }

  async function callOff() {
    yes.disabled = true
    try {
      await line.ready()
      await line.ask('call.call_off', { conversation_id: booked })
      show(null)
      finish('The callback is called off. We won’t ring you.')
    } catch (problem) {
      error.textContent = problem.message
      error.hidden = false
    }
    yes.disabled = false
  }

  return { node, show }
}
