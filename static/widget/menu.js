// What stands behind "More": the next visit of who is proved, the copy by e-mail, the sound of a message.
import { ADDRESS } from './forms.js'
import { visible } from './text.js'

const $ = (id) => document.getElementById(id)

/** `address` answers the e-mail address that is known of the visitor already, if any. */
export function makeMenu({ line, kept, site, say, address }) {
  const shown = () => !$('menu').hidden
  function show(on) {
    $('menu').hidden = !on
    $('more').setAttribute('aria-expanded', on)
  }
  function close() {
    show(false)
    $('more').focus()
  }

  // Where the technician is: the server tells it only to a visitor whom the page has vouched for.
  async function visit() {
    if (!line.token) return
    const answer = await fetch('/widget/visit', { headers: { Authorization: `Bearer ${line.token}` } }).catch(() => null)
    const told = answer?.ok ? await answer.json() : {}
    $('visit').textContent = told.text ? visible(`${told.title}: ${told.text}`) : ''
    $('visit').hidden = !told.text
  }

  async function transcript(event) {
    event.preventDefault()
    const email = $('transcript').checked ? $('address').value.trim() : ''
    const wrong = $('transcript').checked && !ADDRESS.test(email)
    $('address-error').hidden = !wrong
    $('address').setAttribute('aria-invalid', wrong)
    if (wrong) return $('address').focus()
    try {
      await line.ask('chat.transcript', { email })
      say(email ? `We send the transcript to ${visible(email)}.` : 'No transcript is sent.')
      close()
    } catch (error) {
      say(error.code ? error.message : 'Not saved. Try again when you are connected.')
    }
  }

  $('more').addEventListener('click', () => {
    show(!shown())
    if (shown()) {
      $('sound').focus()
      visit()
    }
  })
  $('transcript').disabled = !site.mail
  $('no-mail').hidden = site.mail
  $('sound').checked = kept.get('sound', false)
  $('sound').addEventListener('change', () => {
    kept.set('sound', $('sound').checked)
    if ($('sound').checked) beep()
  })
  $('transcript').addEventListener('change', () => {
    $('where').hidden = !$('transcript').checked
    if ($('transcript').checked) {
      $('address').value ||= address() || ''
      $('address').focus()
    }
  })
  $('menu').addEventListener('submit', transcript)
  return { show, shown, close, beep: () => kept.get('sound', false) && beep() }
}

let context = null
function beep() {
  context ||= new AudioContext()
  const [tone, volume] = [context.createOscillator(), context.createGain()]
  tone.frequency.value = 660
  volume.gain.setValueAtTime(0.08, context.currentTime)
  volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.25)
  tone.connect(volume).connect(context.destination)
  tone.start()
  tone.stop(context.currentTime + 0.25)
}
