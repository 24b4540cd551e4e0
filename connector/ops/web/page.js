// Brings the status page up to date in place. The server makes all markup and escapes
// what is in it; this moves parsed nodes into the page and never writes markup.
'use strict'

const every = 2000 // ms between looks, counted from the end of the one before
const $ = id => document.getElementById(id)
const still = new Map() // what was said of Attention
let paused = false
let timer = 0
let failed = false
let asked = 0 // looks so far: what an earlier one brings is old
let wanted = '' // address of the page in the dialog

// key tells nodes of one list apart.
const key = n => n.nodeType === 1 ? n.nodeName + '\n' + (n.dataset?.key ?? n.id ?? '') : n.nodeType
const own = new Set(['aria-sort', 'data-sort', 'open']) // attributes that the page sets

// morph makes a look like b and keeps its nodes, and so focus, selection and place.
function morph (a, b) {
  if (a.nodeType !== 1) {
    if (a.data !== b.data) a.data = b.data
    return
  }
  if (a.hasAttribute('data-still')) return
  for (const { name } of [...a.attributes]) if (!b.hasAttribute(name) && !own.has(name)) a.removeAttribute(name)
  for (const { name, value } of b.attributes) if (a.getAttribute(name) !== value && !own.has(name)) a.setAttribute(name, value)
  if (a.nodeName === 'TBODY') rows(a, b)
  else children(a, b)
}

function children (a, b) {
  let at = a.firstChild
  for (const want of [...b.childNodes]) {
    let have = at
    while (have && key(have) !== key(want)) have = have.nextSibling
    if (have) {
      while (at !== have) { const next = at.nextSibling; at.remove(); at = next }
      at = have.nextSibling
      morph(have, want)
    } else {
      a.insertBefore(document.importNode(want, true), at)
    }
  }
  while (at) { const next = at.nextSibling; at.remove(); at = next }
}

// held tells whether somebody is about to use a table: then its rows stay where they are.
const held = table => table.matches(':hover') || table.contains(document.activeElement)

// rows brings a table's rows up to date; those that have no key are told apart by their
// place. In a table that is held, new ones come last and those that are gone stay, marked.
function rows (a, b) {
  const name = (row, place) => row.dataset.key ?? place
  const have = new Map([...a.rows].map((r, i) => [name(r, i), r]))
  const list = []
  for (const [i, want] of [...b.rows].entries()) {
    const row = have.get(name(want, i))
    have.delete(name(want, i))
    if (row) morph(row, want)
    list.push(row ?? document.importNode(want, true))
  }
  const table = a.closest('table')
  const keep = held(table)
  for (const row of have.values()) keep ? row.classList.add('gone') : row.remove()
  if (keep) {
    for (const row of list) if (row.parentNode !== a) a.append(row)
  } else {
    place(a, order(table, list))
  }
}

// place puts rows in order and moves no more than it must.
function place (body, list) {
  list.forEach((row, i) => { if (body.rows[i] !== row) body.insertBefore(row, body.rows[i] ?? null) })
}

// order sorts rows as the table's heads say; else as the server did.
function order (table, list) {
  if (!table.dataset.sort) return list
  const [column, direction] = table.dataset.sort.split(' ').map(Number)
  const value = row => {
    const cell = row.cells[column]
    const text = cell.dataset.v ?? cell.textContent.trim()
    return text !== '' && !isNaN(text) ? Number(text) : text.toLowerCase()
  }
  const compare = (x, y) => typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y))
  return [...list].sort((x, y) => direction * compare(value(x), value(y)))
}

// sortable makes the heads of tables buttons.
function sortable (root) {
  for (const table of root.querySelectorAll('table[data-sortable]:not([data-ready])')) {
    table.dataset.ready = ''
    own.add('data-ready')
    const heads = [...table.tHead.rows[0].cells]
    heads.forEach((head, i) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.append(...head.childNodes)
      head.append(button)
      button.addEventListener('click', () => {
        const down = head.getAttribute('aria-sort') ? head.getAttribute('aria-sort') === 'ascending' : i > 0
        for (const h of heads) h.removeAttribute('aria-sort')
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending')
        table.dataset.sort = i + ' ' + (down ? -1 : 1)
        place(table.tBodies[0], order(table, [...table.tBodies[0].rows]))
      })
    })
  }
}

const say = text => { $('say').textContent = text }

async function get (url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5000), cache: 'no-store' })
  if (!answer.headers.get('Content-Type')?.startsWith('text/html')) throw new Error('the daemon answers ' + answer.status)
  return new DOMParser().parseFromString(await answer.text(), 'text/html')
}

async function refresh () {
  clearTimeout(timer)
  if (paused || document.hidden) return
  const mine = ++asked
  try {
    const page = await get('./')
    if (paused || mine !== asked) return // pressed meanwhile
    const first = !still.size
    document.title = page.title
    for (const id of ['live', 'asof', 'readiness']) morph($(id), page.getElementById(id))
    sortable(document)
    attention(first)
    if ($('detail').open) await show(wanted)
    if (failed) say('Up to date again.')
    failed = false
    $('stale').hidden = true
  } catch (err) {
    if (mine !== asked) return
    if (!failed) { // told once
      failed = true
      $('stale').hidden = false
      $('stale').textContent = 'Not up to date. ' + $('asof').textContent + '. The daemon does not answer; trying again.'
    }
  }
  timer = setTimeout(refresh, every)
}

// attention says what is new in Attention, once.
function attention (first) {
  const fresh = []
  const seen = new Set()
  for (const item of document.querySelectorAll('#attention li')) {
    seen.add(item.dataset.key)
    if (!still.has(item.dataset.key) && !first) fresh.push(item.querySelector('.what').textContent)
    still.set(item.dataset.key, true)
  }
  for (const k of [...still.keys()]) if (!seen.has(k) && k !== '') still.delete(k)
  still.set('', true) // looked at once
  if (fresh.length) say('Attention: ' + fresh.slice(0, 3).join('. ') + (fresh.length > 3 ? '. And ' + (fresh.length - 3) + ' more.' : ''))
}

// show puts the page at url into the dialog, unless another is wanted there by then.
async function show (url) {
  const page = await get(url)
  if (url !== wanted) return
  const main = page.querySelector('main')
  const body = $('detail-body')
  if (body.firstChild && $('detail').dataset.url === url) morph(body.firstChild, main)
  else body.replaceChildren(document.importNode(main, true))
  $('detail').dataset.url = url
  $('own').href = url
}

const trail = [] // addresses behind the one that is open

async function open (url, back) {
  const dialog = $('detail')
  const was = wanted
  wanted = url
  try {
    await show(url)
  } catch (err) {
    if (wanted !== url) return
    wanted = was
    if (back) trail.push(url)
    say('It cannot be shown: ' + err.message)
    return
  }
  if (wanted !== url) return // another was chosen meanwhile
  if (dialog.open && !back && was && was !== url) trail.push(was)
  if (!dialog.open) dialog.showModal()
  $('back').hidden = trail.length === 0
  dialog.scrollTop = 0
  $('detail-title').focus()
}

document.addEventListener('click', e => {
  const link = e.target.closest?.('a[data-open]')
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return
  e.preventDefault()
  open(link.getAttribute('href'))
})
$('back').addEventListener('click', () => open(trail.pop(), true))
// A click beside the dialog closes it; one on its edge, where text is selected, does not.
$('detail').addEventListener('click', e => {
  const at = $('detail').getBoundingClientRect()
  const beside = e.clientX < at.left || e.clientX > at.right || e.clientY < at.top || e.clientY > at.bottom
  if (e.target === $('detail') && beside) $('detail').close()
})
$('detail').addEventListener('close', () => { trail.length = 0; wanted = ''; $('detail-body').replaceChildren() })

$('pause').hidden = false
$('pause').addEventListener('click', () => {
  paused = !paused
  $('pause').setAttribute('aria-pressed', paused)
  say(paused ? 'Paused. ' + $('asof').textContent : 'Going on.')
  if (!paused) refresh()
})
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh() })
sortable(document)
attention(true)
timer = setTimeout(refresh, every)
