// Where the visitor writes: draft kept, files by button, paste or drag, Enter sends.
import { el } from './dom.js'
import { chip } from './log.js'

const LONGEST = 10000

export function makeComposer(form, { kept, limits, upload, send, typing, say }) {
  const [box, chips, input] = ['textarea', '.chips', 'input[type=file]'].map((s) => form.querySelector(s))
  const [attach, submit] = ['.attach', '.send'].map((s) => form.querySelector(s))
  const touch = matchMedia('(pointer: coarse)').matches
  let files = []
  let stop = 0
  let told = 0

  function grow() {
    box.style.height = 'auto'
    if (box.scrollHeight) box.style.height = `${Math.min(box.scrollHeight, 132)}px`
    const busy = files.some((file) => file.busy)
    const ready = files.some((file) => file.id)
    submit.setAttribute('aria-disabled', busy || !(box.value.trim() || ready))
    chips.hidden = !files.length
  }

  function settle() {
    clearTimeout(stop)
    if (told) typing(false)
    told = 0
  }

  function add(chosen) {
    for (const file of chosen) {
      if (files.length >= limits.files) {
        say(`A message takes at most ${limits.files} files.`)
        break
      }
      const entry = { file, busy: true }
      entry.chip = chip(file, () => {
        entry.abort?.()
        files = files.filter((one) => one !== entry)
        entry.chip.node.remove()
        grow()
        box.focus()
      })
      files.push(entry)
      chips.append(entry.chip.node)
      start(entry)
    }
    input.value = ''
    grow()
  }

  function start(entry) {
    const failed = (why) => {
      entry.chip.failed(why)
      say(`${entry.file.name}: ${why}`)
    }
    if (entry.file.size > limits.bytes) {
      entry.busy = false
      return failed(`Larger than ${Math.floor(limits.bytes / 1048576)} MB.`)
    }
    const request = upload(entry.file, entry.chip.progress)
    entry.abort = request.abort
    request.done
      .then((stored) => {
        Object.assign(entry, stored)
        entry.chip.done()
      }, (error) => failed(error.message))
      .finally(() => {
        entry.busy = false
        grow()
      })
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const text = box.value.trim()
    if (files.some((file) => file.busy)) return say('Wait until the files are uploaded.')
    const ready = files.filter((file) => file.id)
    if (!text && !ready.length) return
    if (text.length > LONGEST) return say(`A message holds at most ${LONGEST} characters.`)
    settle()
    send(text, ready)
    files = []
    chips.replaceChildren()
    box.value = ''
    kept.set('draft', null)
    grow()
    box.focus()
  })
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || touch) return
    event.preventDefault()
    form.requestSubmit()
  })
  box.addEventListener('input', () => {
    kept.set('draft', box.value || null)
    grow()
    if (!box.value) return settle()
    if (Date.now() - told > 3000) {
      told = Date.now()
      typing(true)
    }
    clearTimeout(stop)
    stop = setTimeout(settle, 5000)
  })
  box.addEventListener('paste', (event) => {
    if (!event.clipboardData.files.length || attach.hidden) return
    event.preventDefault()
    add(event.clipboardData.files)
  })
  attach.addEventListener('click', () => input.click())
  input.addEventListener('change', () => add(input.files))
  for (const kind of ['dragover', 'dragleave', 'drop']) {
    document.addEventListener(kind, (event) => {
      if (form.hidden || attach.hidden || !event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      document.body.classList.toggle('dropping', kind === 'dragover')
      if (kind === 'drop') add(event.dataTransfer.files)
    })
  }
  box.value = kept.get('draft', '')
  queueMicrotask(grow)
  return { focus: () => box.focus(), grow, attachable: (yes) => (attach.hidden = !yes) }
}

// Uploads tell how far they are, which fetch cannot.
export function uploader(token, limits) {
  return (file, progress) => {
    const request = new XMLHttpRequest()
    const done = new Promise((resolve, reject) => {
      const body = new FormData()
      body.append('file', file)
      request.open('POST', '/widget/upload')
      request.setRequestHeader('Authorization', `Bearer ${token()}`)
      request.setRequestHeader('Accept', 'application/json')
      request.upload.onprogress = ({ loaded, total }) => progress(loaded / total)
      request.onerror = () => reject(new Error('Not uploaded. Check your connection and add it again.'))
      request.onload = () => {
        let answer = {}
        try {
          answer = JSON.parse(request.responseText)
        } catch {
          /* a proxy's own page */
        }
        if (request.status === 201) resolve(answer)
        else if (request.status === 413) reject(new Error(`Larger than ${Math.floor(limits.bytes / 1048576)} MB.`))
        else reject(new Error(answer.detail || 'Not uploaded. Add it again.'))
      }
      request.send(body)
    })
    return { done, abort: () => request.abort() }
  }
}

export const dropHint = () => el('div', { class: 'drop', 'aria-hidden': 'true' }, 'Drop files to add them')
