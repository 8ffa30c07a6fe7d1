"""How the app looks and moves."""

from csgresnet_mm.programs.app.answers import MOST


def _chosen(number: int) -> str:
    """Which panel and box go with a chosen face."""
    on = f'.fer:has(#fer-face-{number}:checked)'
    return (
        f'{on} .fer-panel-{number}{{display:flex}}'
        f'{on} .fer-box-{number}{{outline:4px solid #ffd60a;z-index:2}}'
        f'{on} .fer-box-{number}>span{{background:#ffd60a;color:#000}}'
    )


CSS = """
.gradio-container { max-width: 1120px !important; width: 100%;
  margin: 0 auto !important }
.gradio-container .html-container { padding: 0 }
#message:has(.fer-none) { position: absolute }
#open-camera, #again, #stop { width: fit-content; flex-grow: 0;
  font-size: 1rem; min-height: 2.5rem; padding: .4rem 1rem }
:root { --fer-accent: #4338ca; --fer-soft: #e0e7ff; --fer-line: #cbd5e1;
  --fer-text: #0f172a; --fer-dim: #475569; --fer-card: #fff;
  --fer-bad: #b91c1c }
.dark { --fer-accent: #a5b4fc; --fer-soft: #2a3358; --fer-line: #475569;
  --fer-text: #f1f5f9; --fer-dim: #cbd5e1; --fer-card: #0f172a;
  --fer-bad: #fca5a5 }
.fer { color: var(--fer-text); font-size: 1rem; line-height: 1.5 }
.fer h1 { font-size: 1.75rem; font-weight: 700; line-height: 1.2;
  margin: 0 0 .35rem }
.fer h2 { font-size: 1.15rem; font-weight: 600; margin: 0 0 .5rem }
.fer p, .fer ul, .fer figure { margin: 0; padding: 0; list-style: none }
.fer img { display: block; max-width: 100% }
.fer-below, .fer figcaption { color: var(--fer-dim); font-size: .875rem }
.fer-title:first-letter { text-transform: uppercase }
.fer h2.fer-title { font-size: 1.75rem; line-height: 1.2; margin: 0 }
.fer-title small { color: var(--fer-dim); font-weight: 400;
  font-size: .6em; margin-left: .15em; display: inline-block }
.fer-title:focus { outline: none }
.fer-error { color: var(--fer-bad); font-weight: 600 }
.fer-answer, .fer-clip { display: flex; flex-direction: column; gap: 1rem }
.fer-columns { display: grid; gap: 1.5rem;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) }
.fer-one { grid-template-columns: minmax(0, 36rem) }
.fer-photo > div { position: relative; width: fit-content; max-width: 100%;
  overflow: hidden; border-radius: 8px }
.fer-photo img { height: auto; width: auto; max-height: 32rem }
.fer-box { position: absolute; outline: 2px solid #fff; border-radius: 2px;
  box-shadow: 0 0 0 3px #000a, inset 0 0 0 1px #000a }
label.fer-box { cursor: pointer }
.fer-box > span { position: absolute; left: 0; top: 0; background: #000;
  color: #fff; font: 600 .8125rem/1.4 sans-serif; padding: 0 .4em;
  min-width: 1.4em; text-align: center }
.fer-faces { border: 0; margin: 0; padding: 0; min-width: 0 }
.fer-faces legend { font-weight: 600; padding: 0; margin: 0 0 .5rem }
.fer-faces > div { display: grid; gap: .5rem;
  grid-template-columns: repeat(auto-fill, minmax(5.25rem, 1fr));
  max-height: 24rem; overflow-y: auto; padding: 4px }
.fer-faces label { display: block; position: relative; cursor: pointer;
  border: 2px solid var(--fer-line); border-radius: 8px; overflow: hidden;
  font-size: .8125rem; line-height: 1.3; text-align: center }
.fer-faces input { position: absolute; opacity: 0; inset: 0;
  width: 100%; height: 100%; margin: 0; cursor: pointer }
.fer-faces img { width: 100%; aspect-ratio: 1; object-fit: cover }
.fer-faces span { display: block; padding: .25rem }
.fer-faces label:has(:checked) { border-color: var(--fer-accent);
  background: var(--fer-soft) }
.fer-faces label:has(:focus-visible), .fer-switch:has(:focus-visible),
.fer-example:focus-visible, .fer-save:focus-visible {
  outline: 3px solid var(--fer-accent); outline-offset: 2px }
.fer-side { display: flex; flex-direction: column; gap: 1rem; min-width: 0 }
.fer-panel { display: none; gap: 1rem; align-items: flex-start }
.fer:not(:has([name=fer-face])) .fer-first { display: flex }
.fer-pictures { flex: 0 0 8.5rem }
.fer-pictures img { width: 100%; border-radius: 8px }
.fer-chances { flex: 1; min-width: 0 }
.fer-map, .fer-legend, .fer-wait { display: none }
.fer:has(#fer-cam:checked):has(.fer-map) .fer-map { display: block }
.fer:has(#fer-cam:checked):has(.fer-map) .fer-seen { display: none }
.fer:has(#fer-cam:checked):has(.fer-map) .fer-legend { display: flex }
.fer:has(#fer-cam:checked):not(:has(.fer-map)) .fer-wait { display: block }
.fer-bars li, .fer-curves li, .fer-head { display: grid; gap: .75rem;
  align-items: center; grid-template-columns: 6.5rem minmax(0, 1fr) 3.2rem }
.fer-bars li { padding: .2rem 0 }
.fer-name { overflow-wrap: anywhere }
.fer-value { text-align: right; font-variant-numeric: tabular-nums }
.fer-bar { background: var(--fer-soft); border-radius: 4px; height: .75rem;
  overflow: hidden }
.fer-bar i { display: block; height: 100%; background: var(--fer-accent) }
.fer-most { font-weight: 600 }
.fer-explain { border-top: 1px solid var(--fer-line); padding-top: .75rem }
.fer-switch { display: inline-flex; gap: .6rem; align-items: center;
  cursor: pointer; border-radius: 999px; position: relative }
.fer-switch input { position: absolute; opacity: 0; inset: 0;
  width: 100%; height: 100%; margin: 0; cursor: pointer }
.fer-switch i { flex: none; width: 2.75rem; height: 1.5rem;
  border-radius: 999px; background: var(--fer-dim); position: relative }
.fer-switch i::after { content: ''; position: absolute; top: .1875rem;
  left: .1875rem; width: 1.125rem; height: 1.125rem; border-radius: 50%;
  background: var(--fer-card); transition: left .15s }
.fer-switch :checked + i { background: var(--fer-accent) }
.fer-switch :checked + i::after { left: 1.4375rem }
.fer-switch small { color: var(--fer-dim); margin-left: .25em }
.fer-legend { align-items: center; gap: .5rem; margin-top: .5rem !important;
  font-size: .875rem }
.fer-legend img { flex: 1; height: .75rem; min-width: 0; border-radius: 4px }
.fer-wait { color: var(--fer-dim); font-size: .875rem }
.fer-downloads { display: flex; flex-wrap: wrap; gap: .5rem;
  align-items: center }
.fer-downloads span { font-weight: 600; margin-right: .25rem }
a.fer-save, .fer-example { border: 1px solid var(--fer-line);
  border-radius: 8px; color: var(--fer-text); background: var(--fer-card);
  text-decoration: none; cursor: pointer }
a.fer-save { padding: .4rem .9rem; min-height: 2.25rem }
a.fer-save:hover, .fer-example:hover { border-color: var(--fer-accent) }
.fer-examples > div { display: grid; gap: .75rem; margin-bottom: .5rem;
  grid-template-columns: repeat(6, minmax(0, 1fr)) }
.fer-example { padding: 0; overflow: hidden; font-size: .875rem }
.fer-example img { width: 100%; aspect-ratio: 1; object-fit: cover }
.fer-example span { display: block; padding: .35rem }
.fer-time { flex: 1; min-width: 0 }
.fer-curves li + li { border-top: 1px solid var(--fer-line) }
.fer-curves svg { display: block; width: 100%; height: 2.5rem;
  overflow: visible }
.fer-line { fill: none; stroke: var(--fer-accent); stroke-width: 2;
  stroke-linecap: round; stroke-linejoin: round;
  vector-effect: non-scaling-stroke }
.fer-area { fill: var(--fer-soft); stroke: none }
.fer-strip { display: flex; gap: 2px; margin: 0 3.95rem .25rem 7.25rem }
.fer-strip > * { flex: 1; min-width: 0; height: 3.5rem; object-fit: cover }
.fer-strip > i { background: var(--fer-soft) }
.fer-head { color: var(--fer-dim); font-size: .8125rem }
.fer-axis { border-top: 1px solid var(--fer-dim); height: 1.5rem;
  margin: 0 3.95rem 0 7.25rem; position: relative;
  color: var(--fer-dim); font-size: .8125rem }
.fer-axis span { position: absolute; transform: translateX(-50%);
  top: .2rem; white-space: nowrap }
.fer-axis span::before { content: ''; position: absolute; left: 50%;
  top: -.2rem; height: .25rem; border-left: 1px solid var(--fer-dim) }
.fer-status progress { display: block; width: 100%; height: .5rem;
  margin-top: .35rem; appearance: none; border: 0 }
.fer-status progress::-webkit-progress-bar { background: var(--fer-soft);
  border-radius: 4px }
.fer-status progress::-webkit-progress-value { background: var(--fer-accent);
  border-radius: 4px }
.fer-status progress::-moz-progress-bar { background: var(--fer-accent) }
.fer-card summary { cursor: pointer; font-size: .9375rem }
.fer-card > * { font-size: .9375rem }
.fer-card table { width: 100%; table-layout: fixed }
.fer-card thead { display: none }
.fer-card :is(td, th) { overflow-wrap: anywhere; vertical-align: top;
  padding: .4rem .6rem }
.fer-card code { white-space: normal; overflow-wrap: anywhere }
.fer-card :is(th, td:first-child) { word-break: normal; width: 6.5rem;
  text-align: left }
.fer-note { border-left: 4px solid #d97706; padding-left: .75rem !important }
@media (max-width: 700px) {
  .fer-columns { grid-template-columns: minmax(0, 1fr) }
  .fer-examples > div { grid-template-columns: repeat(3, minmax(0, 1fr)) }
  .fer-bars li, .fer-curves li, .fer-head {
    grid-template-columns: 5.25rem minmax(0, 1fr) 2.8rem; gap: .5rem }
  .fer-strip, .fer-axis { margin-left: 5.75rem; margin-right: 3.3rem }
  .fer-strip > :nth-child(even) { display: none }
  .fer-answer .fer-panel { flex-direction: column }
  .fer-answer .fer-panel > * { width: 100%; flex: none }
  .fer-answer .fer-chances { order: -1 }
  .fer-pictures img { width: 8.5rem }
}
@media (prefers-reduced-motion: reduce) {
  .fer-switch i::after { transition: none }
}
""" + ''.join(map(_chosen, range(MOST)))

ON_ANSWER = """
let seen = ''
const look = () => {
  const title = element.querySelector('[data-answer]')
  if (title && title.dataset.answer !== seen) {
    seen = title.dataset.answer
    title.focus()
  }
}
watch('value', look)
look()
element.addEventListener('change', event => {
  if (event.target.id === 'fer-cam' && event.target.checked
      && !element.querySelector('.fer-map')) trigger('input')
})
"""
"""The focus goes to a new answer; the first turn of the switch asks for the
maps, and later turns need nobody."""

ON_EXAMPLE = """
element.addEventListener('click', event => {
  const button = event.target.closest('[data-example]')
  if (button) trigger('click', {number: Number(button.dataset.example)})
})
"""

TO_UPLOAD = "() => { document.querySelector('#upload button')?.focus() }"
"""Where the focus goes when one starts again."""
