// The page around this frame: who it is, whether it may be, and the few words exchanged with it.
// Alone in a tab (a link to the chat) there is no host, and the chat simply is open.

function listed(origin, allowed) {
  return allowed.some((one) => {
    if (!one.includes('://*.')) return one === origin
    const [scheme, tail] = one.split('://*')
    return origin.startsWith(`${scheme}://`) && origin.endsWith(tail) && origin.length > one.length - 1
  })
}

function identityIn(data) {
  const who = data.identity
  if (!who || typeof who !== 'object') return null
  const text = (name) => (typeof who[name] === 'string' ? who[name].slice(0, 254) : '')
  return { external_id: text('external_id'), email: text('email'), name: text('name'), hash: text('hash') }
}

export function meet(allowed, on) {
  const alone = window.parent === window
  let origin = null
  const page = (data) => (typeof data.page === 'string' && /^https?:/.test(data.page) ? data.page.slice(0, 500) : null)
  const hears = {
    hello(data) {
      on.hello({ page: page(data), identity: identityIn(data), open: data.open === true })
    },
    open: (data) => on.open(page(data)),
    closed: () => on.closed(),
    identify: (data) => on.identify(identityIn(data)),
    reset: () => on.reset(),
  }
  addEventListener('message', (event) => {
    const { data } = event
    if (alone || event.source !== window.parent || !data || data.helpdesk !== 1) return
    if (!listed(event.origin, allowed)) {
      if (origin === null) on.refused()
      return
    }
    if (data.type === 'hello') origin = event.origin
    if (origin === event.origin && Object.hasOwn(hears, data.type)) hears[data.type](data)
  })
  const post = (type, more) => origin && window.parent.postMessage({ helpdesk: 1, type, ...more }, origin)
  // Says nothing but "I am here": the host's origin is not known yet.
  if (alone) queueMicrotask(() => on.hello({ page: null, identity: null, open: true }))
  else window.parent.postMessage({ helpdesk: 1, type: 'ready' }, '*')
  return { alone, post }
}
