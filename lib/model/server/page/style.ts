export const style = `
:root {
  color-scheme: light dark;
  --back: light-dark(#f6f7f9, #101317);
  --card: light-dark(#fff, #181c22);
  --field: light-dark(#fbfbfc, #0f1216);
  --line: light-dark(#d9dde3, #2c333c);
  --text: light-dark(#1c2026, #e4e8ee);
  --faint: light-dark(#59626e, #98a3b0);
  --accent: light-dark(#1558c0, #7cb1ff);
  --on-accent: light-dark(#fff, #0b1320);
  --good: light-dark(#116b35, #5fd38d);
  --warn: light-dark(#8a5200, #f0b458);
  --bad: light-dark(#b3261e, #ff8f85);
  font: 16px/1.5 system-ui, sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 4rem; background: var(--back); color: var(--text); }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; }
h1 { margin: 0; font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { margin: 0; font: 600 1.1rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.version, .facts, .hint { color: var(--faint); font-size: .875rem; }
.version { overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .5rem 0 1.5rem; font-size: .9375rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem 1.25rem; margin-bottom: 1.25rem; }
.facts { margin: .125rem 0 .75rem; }
.method { color: var(--accent); margin-right: .5ch; }
.sides { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.25rem; align-items: start; }
@media (max-width: 48rem) { .sides { grid-template-columns: minmax(0, 1fr); } }
.row { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; margin-bottom: .5rem; }
label { max-width: 100%; font-size: .875rem; color: var(--faint); display: inline-flex; align-items: center; gap: .5rem; }
select, textarea, input, button { font: inherit; color: inherit; border: 1px solid var(--line); border-radius: .5rem; background: var(--field); }
select, input { color: var(--text); padding: .375rem .5rem; max-width: 100%; min-width: 0; }
textarea { display: block; width: 100%; min-height: 11rem; padding: .625rem .75rem; resize: vertical; margin-bottom: .75rem; }
textarea, pre { font: .875rem/1.5 ui-monospace, monospace; tab-size: 2; }
button { padding: .4375rem .875rem; min-height: 2.5rem; cursor: pointer; }
button.send { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
button:disabled { opacity: .6; cursor: progress; }
.answer { min-height: 3rem; border: 1px dashed var(--line); border-radius: .5rem; padding: .75rem; }
.answer.there { border-style: solid; background: var(--field); }
.summary { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; font-size: .875rem; color: var(--faint); }
.status { font-weight: 700; }
.status.good { color: var(--good); } .status.warn { color: var(--warn); } .status.bad { color: var(--bad); }
pre { margin: .5rem 0 0; overflow: auto; max-height: 28rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.answer img, .chosen img { max-width: 100%; max-height: 20rem; margin-top: .5rem; border-radius: .25rem; display: block; }
.told { margin: .5rem 0 0; font-size: .9375rem; overflow-wrap: anywhere; }
.issues { margin: .5rem 0 0; padding-left: 1.25rem; font-size: .9375rem; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
details { margin-top: .75rem; font-size: .9375rem; }
summary { cursor: pointer; color: var(--faint); }
details pre { background: var(--field); border: 1px solid var(--line); border-radius: .5rem; padding: .625rem .75rem; }
@media (pointer: coarse) { .keys { display: none; } }
[hidden] { display: none !important; }
`;
