// Files of the log: bytes come by fetch with the visitor's token, so that no link opens anything by itself.
import { el } from './dom.js'

/** Answers a function: the address of a file's bytes to show, or with `save` a download begun. */
export const fetcher = (line, say) => async (file, save) => {
  try {
    const answer = await fetch(file.url, { headers: { Authorization: `Bearer ${line.token}` } })
    if (!answer.ok) throw new Error(answer.status)
    const kind = save ? 'application/octet-stream' : file.type
    const url = URL.createObjectURL(new Blob([await answer.arrayBuffer()], { type: kind }))
    if (!save) return url
    const link = el('a', { href: url, download: file.name })
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 60000)
  } catch {
    if (save) say('This file could not be fetched. Try again.')
  }
  return null
}
