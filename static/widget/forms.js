// Questions before a chat, and the form for when nobody is there: plain labels, errors in words.
import { el } from './dom.js'

const TYPES = { email: 'email', phone: 'tel', text: 'text' }
const FILLS = { name: 'name', email: 'email', phone: 'tel' }
export const ADDRESS = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/

export const MESSAGE = { key: 'text', label: 'How can we help?', kind: 'long', required: true }
export const NAME = { key: 'name', label: 'Your name', kind: 'text', required: false }
export const EMAIL = { key: 'email', label: 'Your e-mail address', kind: 'email', required: true }

const lower = (label) => (/^\p{Lu}{2}/u.test(label) ? label : label[0].toLowerCase() + label.slice(1))

function problem(field, value) {
  if (!value) {
    if (!field.required) return ''
    if (field.key === 'text') return 'Write what we can help with'
    if (field.label.endsWith('?')) return `Answer “${field.label}”`
    return `${field.kind === 'choice' ? 'Choose' : 'Enter'} ${lower(field.label)}`
  }
  if (field.kind === 'email' && !ADDRESS.test(value)) return 'Enter an e-mail address like name@example.com'
  if (field.kind === 'phone' && !/^\+?[\d ()/.-]{5,24}$/.test(value)) return 'Enter a phone number, like 030 123456 or +49 30 123456'
  if (value.length > (field.key === 'text' ? 10000 : 300)) return 'Use fewer characters'
  return ''
}

function row(field, value) {
  const id = `f-${field.key}`
  const common = { id, name: field.key, 'aria-required': field.required ? 'true' : null }
  let control
  if (field.kind === 'choice') {
    control = el('select', common, el('option', { value: '' }, 'Choose…'), field.choices.map((c) => el('option', { value: c }, c)))
  } else if (field.kind === 'long') {
    control = el('textarea', { ...common, rows: 3 })
  } else {
    control = el('input', { ...common, type: TYPES[field.kind], autocomplete: FILLS[field.key] || 'on' })
  }
  control.value = value || ''
  const label = field.required ? field.label : `${field.label} (optional)`
  return el('div', { class: 'row' }, el('label', { for: id }, label), el('p', { class: 'error', id: `${id}-error`, hidden: true }), control)
}

export function makeForm({ fields, values, button, submit, changed }) {
  const summary = el('div', { class: 'summary', role: 'alert', tabindex: -1, hidden: true })
  const rows = fields.map((field) => row(field, values[field.key]))
  const go = el('button', { class: 'primary' }, button)
  const form = el('form', { class: 'ask', novalidate: true }, summary, rows, go)
  const control = (key) => form.elements.namedItem(key)
  const read = () => Object.fromEntries(fields.map(({ key }) => [key, control(key).value.trim()]))

  function show(errors, general = '') {
    const listed = []
    for (const { key } of fields) {
      const node = control(key)
      const text = errors[key]
      const place = form.querySelector(`#f-${key}-error`)
      place.hidden = !text
      place.textContent = text || ''
      place.parentNode.classList.toggle('wrong', !!text)
      if (text) {
        node.setAttribute('aria-invalid', 'true')
        node.setAttribute('aria-describedby', place.id)
        const jump = (event) => (event.preventDefault(), node.focus())
        listed.push(el('li', {}, el('a', { href: `#f-${key}`, onclick: jump }, text)))
      } else {
        node.removeAttribute('aria-invalid')
        node.removeAttribute('aria-describedby')
      }
    }
    summary.hidden = !listed.length && !general
    summary.replaceChildren(el('b', {}, general || 'There is a problem'), el('ul', {}, listed))
    if (!summary.hidden) summary.focus()
  }

  form.addEventListener('input', () => changed?.(read()))
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (go.disabled) return
    const given = read()
    const errors = {}
    for (const field of fields) {
      const text = problem(field, given[field.key])
      if (text) errors[field.key] = text
    }
    show(errors)
    if (Object.keys(errors).length) return
    go.disabled = true
    await submit(given)
    go.disabled = false
  })
  return { form, show, read }
}
