// One question after the chat: a number, a word if one likes, or not now.
import { el } from './dom.js'

// `ask(name, data)` speaks to the helpdesk, `say(text)` tells what went wrong, `done()` moves the focus on.
export function makeSurvey(place, { ask, say, done }) {
  let asked = '' // the conversation that was asked about, so that each is asked about once
  let busy = false

  async function look(conversation) {
    if (busy || !conversation || asked === conversation) return
    busy = true
    try {
      const { survey } = await ask('chat.survey', {})
      asked = conversation
      if (survey) draw(survey)
      else clear()
    } catch (error) {
      if (error.code) asked = conversation // refused: there is nothing to ask
    }
    busy = false
  }

  function clear() {
    place.hidden = true
    place.replaceChildren()
  }

  function draw(survey) {
    const numbers = []
    for (let n = survey.lowest; n <= survey.highest; n++) {
      numbers.push(el('label', {}, el('input', { type: 'radio', name: 'score', value: n, onchange: () => (more.hidden = give.hidden = false) }), el('span', {}, String(n))))
    }
    const comment = el('textarea', { rows: 2, maxlength: 5000, id: 'survey-comment' })
    const more = el('div', { class: 'more', hidden: true }, el('label', { for: 'survey-comment' }, survey.comment), comment)
    const give = el('button', { class: 'primary', hidden: true }, survey.send)
    const ends = el('p', { class: 'ends', id: 'survey-ends' }, el('span', {}, `${survey.lowest} – ${survey.low}`), el('span', {}, `${survey.highest} – ${survey.high}`))
    const form = el(
      'form',
      { lang: survey.language, onsubmit: (event) => send(event, survey) },
      el('fieldset', { 'aria-describedby': 'survey-ends' }, el('legend', {}, survey.question), el('div', { class: 'numbers' }, numbers), ends),
      more,
      el('div', { class: 'steps' }, give, el('button', { type: 'button', class: 'skip', onclick: skip }, survey.skip)),
    )
    const told = el('p', { class: 'hidden', role: 'status', lang: survey.language })
    place.replaceChildren(told, form)
    place.hidden = false
    // Only the question is read out, and only once it stands in the page.
    setTimeout(() => (told.textContent = survey.question), 100)
  }

  async function send(event, survey) {
    event.preventDefault()
    const form = event.target
    const score = Number(form.elements.score.value)
    const button = form.querySelector('.primary')
    if (button.disabled) return
    button.disabled = true
    try {
      await ask('chat.rate', { score, comment: form.querySelector('textarea').value.trim() })
      place.replaceChildren(el('p', { role: 'status', lang: survey.language }, survey.thanks))
      done()
    } catch (error) {
      if (error.code === 'not_found') {
        clear()
        done()
      } else say(error.code ? error.message : 'Not sent. Try again when you are connected.')
      button.disabled = false
    }
  }

  async function skip() {
    clear()
    done()
    await ask('chat.skip_survey', {}).catch(() => {})
  }

  return { look, forget: () => ((asked = ''), clear()) }
}
