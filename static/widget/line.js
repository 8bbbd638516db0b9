// The line to the helpdesk: connects, asks what it missed, and sends what is written exactly once.
// What was written is kept in this browser until the helpdesk has said it has it.
import { randomId } from './dom.js'

const LOST = new Set(['bad_token', 'token_expired', 'unknown_visitor', 'not_signed_in'])
const OVERLAP = 20 // messages asked again after a break: one may have overtaken another

export class Refused extends Error {
  constructor({ code, message, retry_after_s: wait, fields }) {
    super(message || 'Something went wrong. Try again.')
    Object.assign(this, { code, wait, fields })
  }
}

export class Line {
  constructor(site, kept, on) {
    Object.assign(this, { site, kept, on, live: false, socket: null, sending: false, began: false })
    this.identity = null
    this.forget(false)
    this.token = kept.get('token')
    this.start = kept.get('start')
    this.out = kept.get('out', [])
    kept.watch('token', () => this.otherTab())
  }

  forget(everywhere = true) {
    this.messages = new Map()
    this.state = { state: 'none' }
    this.known = false
    this.conversation = null
    this.readByAgent = 0
    this.out = []
    this.start = null
    this.token = null
    if (everywhere) for (const name of ['token', 'start', 'out', 'who', 'read']) this.kept.set(name, null)
  }

  get last() {
    return Math.max(0, ...this.messages.keys())
  }

  async connect() {
    if (this.began) return
    this.began = true
    const { io } = await import('/static/vendor/socket.io-client/socket.io.esm.min.js')
    const socket = io('/visitor', {
      transports: ['websocket'],
      query: this.token ? { watch: 'close' } : {}, // who is in a chat wants to know early that the line is dead
      auth: (give) => give(this.token ? { site: this.site, token: this.token } : { site: this.site }),
      reconnectionDelay: 500,
      reconnectionDelayMax: 8000,
    })
    this.socket = socket
    this.whenOpen?.()
    socket.on('connect', () => this.connected())
    socket.on('disconnect', () => this.broken())
    socket.on('connect_error', (error) => {
      if (LOST.has(error.message)) this.lost()
      this.broken()
    })
    socket.on('message', (message) => this.take([message]))
    socket.on('chat.state', (state) => this.become(state))
    socket.on('typing', (typing) => this.on.typing(typing))
    socket.on('read', ({ seq }) => {
      this.readByAgent = Math.max(this.readByAgent, seq)
      this.on.changed()
    })
    socket.on('resync', () => this.catchUp().catch(() => {}))
    addEventListener('online', () => socket.connect())
  }

  // Resolves when questions can be asked.
  async ready() {
    await this.connect()
    if (this.live) return
    await new Promise((done, failed) => {
      const stop = setTimeout(() => failed(new Error('There is no connection. Try again in a moment.')), 10000)
      this.socket.once('connect', () => (clearTimeout(stop), setTimeout(done)))
      if (this.socket.connected) (clearTimeout(stop), done())
    })
  }

  disconnect() {
    this.socket?.off().disconnect()
    this.live = this.began = false
  }

  broken() {
    this.live = false
    this.on.changed()
    // A refusal or an orderly goodbye ends the client's own attempts.
    if (!this.socket.active) setTimeout(() => this.socket.connect(), 1000 + Math.random() * 4000)
  }

  async connected() {
    try {
      if (this.identity?.hash) await this.identify()
      if (this.token) await this.catchUp()
      if (this.start) await this.begin()
      await this.on.back?.()
      this.live = true
      this.on.changed()
      this.flush()
    } catch (error) {
      if (LOST.has(error.code)) this.lost()
      else if (!(error instanceof Refused)) this.socket.disconnect().connect()
      this.live = this.socket.connected
      this.on.changed()
    }
  }

  // The helpdesk no longer knows this browser's token: what was said is over, a new chat is not.
  lost() {
    const { start } = this
    this.forget()
    if (start) this.kept.set('start', (this.start = start))
    this.on.changed()
  }

  otherTab() {
    const token = this.kept.get('token')
    if (token === this.token) return
    if (!token) this.forget(false)
    this.token = token
    if (this.began) this.socket?.disconnect().connect()
    else if (token) this.connect()
    this.on.changed()
  }

  async ask(name, data) {
    const answer = await this.socket.timeout(8000).emitWithAck(name, data)
    if (answer && answer.error) throw new Refused(answer.error)
    return answer || {}
  }

  hint(name, data) {
    if (this.live) this.socket.volatile.emit(name, data, () => {})
  }

  async identify() {
    const { external_id, email, name, hash } = this.identity
    try {
      const { token } = await this.ask('chat.identify', { external_id, email, name, hash })
      if (token) this.kept.set('token', (this.token = token))
      this.kept.set('who', external_id)
    } catch (error) {
      if (!(error instanceof Refused)) throw error // unproved: the chat goes on without it
    }
  }

  async catchUp() {
    const seq = Math.max(0, this.last - OVERLAP)
    const found = await this.ask('chat.since', { seq })
    const state = found.state || { state: 'none' }
    if (this.another(state) && seq) return this.catchUp()
    this.take(found.messages || [])
    this.known = true
    this.become(state)
  }

  // Another tab has begun a new chat: its numbers start again.
  another({ conversation_id: id }) {
    if (!id || id === this.conversation) return false
    this.conversation = id
    this.messages = new Map()
    this.readByAgent = 0
    return true
  }

  open(details, text) {
    this.messages = new Map()
    this.start = { ...details, text, client_msg_id: randomId(), at: new Date().toISOString() }
    this.kept.set('start', this.start)
    this.become({ state: 'waiting' })
    if (this.live) return this.begin()
    return this.connect()
  }

  async begin() {
    const { at, ...asked } = this.start
    try {
      const { conversation_id: conversation, token } = await this.ask('chat.start', asked)
      this.kept.set('start', (this.start = null))
      if (token) this.kept.set('token', (this.token = token))
      this.conversation = conversation
      this.kept.set('read', 0)
      await this.catchUp()
      this.flush()
    } catch (error) {
      if (!(error instanceof Refused)) {
        this.socket.disconnect().connect() // asked again on the next connection, with the same id
        return
      }
      if (error.wait) {
        setTimeout(() => this.start && this.begin(), error.wait * 1000)
        return
      }
      const given = this.start
      this.kept.set('start', (this.start = null))
      this.state = { state: 'none' }
      this.on.refused(error, given)
    }
  }

  say(text, attachments) {
    const files = attachments.map(({ id, name, type, size, url }) => ({ id, name, type, size, url }))
    this.out.push({ id: randomId(), text, files, at: new Date().toISOString() })
    this.saved()
    this.flush()
  }

  again(id) {
    for (const one of this.out) if (one.id === id) delete one.why
    this.saved()
    this.flush()
  }

  drop(id) {
    this.out = this.out.filter((one) => one.id !== id)
    this.saved()
  }

  saved() {
    this.kept.set('out', this.out)
    this.on.changed()
  }

  async flush() {
    if (this.sending) return
    this.sending = true
    let one
    while (this.live && !this.start && (one = this.out.find((each) => !each.why))) {
      try {
        const ids = one.files.map((file) => file.id)
        const more = ids.length ? { attachments: ids } : {}
        const { seq } = await this.ask('chat.message', { client_msg_id: one.id, text: one.text, ...more })
        this.take([{ seq, client_msg_id: one.id, from: 'visitor', text: one.text, at: one.at, attachments: one.files }])
      } catch (error) {
        if (error.wait) await new Promise((done) => setTimeout(done, error.wait * 1000))
        else if (error instanceof Refused) one.why = error.message
        else if (this.socket.connected) this.socket.disconnect().connect()
        else break
        this.saved()
      }
    }
    this.sending = false
  }

  take(messages) {
    const fresh = []
    for (const message of messages) {
      if (!message || !Number.isInteger(message.seq) || typeof message.text !== 'string') continue
      if (!this.messages.has(message.seq)) fresh.push(message)
      this.messages.set(message.seq, { ...this.messages.get(message.seq), ...message })
      const mine = message.client_msg_id
      if (mine && this.out.some((one) => one.id === mine)) {
        this.out = this.out.filter((one) => one.id !== mine)
        this.kept.set('out', this.out)
      }
    }
    this.on.took(fresh)
    this.on.changed()
  }

  become(state) {
    if (!state || !['none', 'waiting', 'active', 'ended'].includes(state.state)) return
    if (this.another(state) && !this.start) this.catchUp().catch(() => {})
    if (state.read_seq) this.readByAgent = Math.max(this.readByAgent, state.read_seq)
    this.state = state
    if (state.state === 'ended') {
      for (const one of this.out) one.why ||= 'This chat has ended.'
      this.kept.set('out', this.out)
    }
    this.on.changed()
  }
}
