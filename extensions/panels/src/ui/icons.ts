/**
 * Icons as SVG text, so that a host may make its own kind of icon of them. Shapes named like JupyterLab's are its own
 * (BSD-3-Clause, Jupyter Development Team); the others are drawn to stand beside them.
 */
const svg = (box: string, body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="${box}"><g class="jp-icon3" fill="#616161">${body}</g></svg>`;

export const ICONS = {
  refresh: svg(
    '0 0 18 18',
    '<path d="M9 13.5c-2.49 0-4.5-2.01-4.5-4.5S6.51 4.5 9 4.5c1.24 0 2.36.52 3.17 1.33L10 8h5V3l-1.76 1.76A6 6 0 0 0 9 3C5.69 3 3.01 5.69 3.01 9S5.69 15 9 15a5.98 5.98 0 0 0 5.9-5h-1.52c-.46 2-2.24 3.5-4.38 3.5"/>'
  ),
  caretRight: svg('0 0 18 18', '<path d="M7.2 5.2 10.9 9l-3.8 3.8V5.2z"/>'),
  search: svg(
    '0 0 18 18',
    '<path d="M12.1 10.9h-.7l-.2-.2c.8-.9 1.3-2.2 1.3-3.5 0-3-2.4-5.4-5.4-5.4S1.8 4.2 1.8 7.1s2.4 5.4 5.4 5.4c1.3 0 2.5-.5 3.5-1.3l.2.2v.7l4.1 4.1 1.2-1.2zm-5 0c-2.1 0-3.7-1.7-3.7-3.7s1.7-3.7 3.7-3.7 3.7 1.7 3.7 3.7-1.6 3.7-3.7 3.7"/>'
  ),
  copy: svg(
    '0 0 18 18',
    '<path d="M11.9 1H3.2c-.8 0-1.5.7-1.5 1.5v10.2h1.5V2.5h8.7zm2.2 2.9h-8c-.8 0-1.5.7-1.5 1.5v10.2c0 .8.7 1.5 1.5 1.5h8c.8 0 1.5-.7 1.5-1.5V5.4c-.1-.8-.7-1.5-1.5-1.5m0 11.6h-8V5.4h8z"/>'
  ),
  back: svg('0 0 24 24', '<path d="M20 11H7.83l5.59-5.59L12 4l-8 8 8 8 1.41-1.41L7.83 13H20z"/>'),
  undo: svg('0 0 24 24', '<path d="M12.5 8c-2.65 0-5.05.99-6.9 2.6L2 7v9h9l-3.62-3.62A8 8 0 0 1 20.1 16l2.37-.78A10.5 10.5 0 0 0 12.5 8"/>'),
  close: svg('0 0 24 24', '<path d="M19 6.41 17.59 5 12 10.59 6.41 5 5 6.41 10.59 12 5 17.59 6.41 19 12 13.41 17.59 19 19 17.59 13.41 12z"/>'),
  upload: svg('0 0 24 24', '<path d="M9 16h6v-6h4l-7-7-7 7h4zm-4 2h14v2H5z"/>'),
  ellipses: svg('0 0 24 24', '<circle cx="5" cy="12" r="2"/><circle cx="12" cy="12" r="2"/><circle cx="19" cy="12" r="2"/>'),
  check: svg('0 0 24 24', '<path d="M9 16.17 4.83 12l-1.42 1.41L9 19 21 7l-1.41-1.41z"/>'),
  warning: svg('0 0 24 24', '<path d="M1 21h22L12 2zm12-3h-2v-2h2zm0-4h-2v-4h2z"/>'),
  history: svg(
    '0 0 24 24',
    '<path d="M13.5 8H12v5l4.28 2.54.72-1.21-3.5-2.08zM13 3a9 9 0 0 0-9 9H1l3.96 4.03L9 12H6a7 7 0 0 1 7-7 7 7 0 0 1 7 7 7 7 0 0 1-7 7c-1.93 0-3.68-.79-4.94-2.06l-1.42 1.42A8.9 8.9 0 0 0 13 21a9 9 0 0 0 9-9 9 9 0 0 0-9-9"/>'
  ),
  code: svg('0 0 28 28', '<path d="M11.4 18.6 6.8 14l4.6-4.6L10 8l-6 6 6 6zm5.2 0 4.6-4.6-4.6-4.6L18 8l6 6-6 6z"/>'),
  folder: svg('0 0 24 24', '<path d="M10 4H4c-1.1 0-2 .9-2 2v12c0 1.1.9 2 2 2h16c1.1 0 2-.9 2-2V8c0-1.1-.9-2-2-2h-8zm10 14H4V6h5.2l2 2H20z"/>'),
  table: svg('0 0 24 24', '<path d="M3 4v16h18V4zm6 14H5v-3h4zm0-5H5v-3h4zm10 5h-8v-3h8zm0-5h-8v-3h8z"/>'),
  dataset: svg('0 0 24 24', '<path d="M4 3h16v4H4zm0 6h9v2H4zm0 4h9v2H4zm0 4h9v2H4zm11-8h5v10h-5zm2 2v6h1v-6z"/>'),
  lock: svg('0 0 24 24', '<path d="M12 2a5 5 0 0 0-5 5v3H5v12h14V10h-2V7a5 5 0 0 0-5-5m-3 8V7a3 3 0 0 1 6 0v3zm3 4a2 2 0 0 1 1 3.7V20h-2v-2.3a2 2 0 0 1 1-3.7"/>'),
  sql: svg('0 0 24 24', '<path d="M3 4h18v16H3zm2 4v10h14V8zm1.5 2.4 1.1-1.1L11.3 13l-3.7 3.7-1.1-1.1L9.1 13zM12 15h5v1.6h-5z"/>'),
  run: svg('0 0 24 24', '<path d="M8 5v14l11-7z"/>'),
  stop: svg('0 0 24 24', '<path d="M6 6h12v12H6z"/>'),
  add: svg('0 0 24 24', '<path d="M19 13h-6v6h-2v-6H5v-2h6V5h2v6h6z"/>'),
  fit: svg('0 0 24 24', '<path d="M5 15H3v6h6v-2H5zm0-10h4V3H3v6h2zm14 14h-4v2h6v-6h-2zM15 3v2h4v4h2V3zM8 8h8v8H8z"/>'),
  notebook: svg(
    '0 0 22 22',
    '<path d="M18.7 3.3v15.4H3.3V3.3zm1.5-1.5H1.8v18.3h18.3z"/><path d="m16.5 16.5-5.4-4.3-5.6 4.3v-11h11z"/>'
  ),
  file: svg('0 0 22 22', '<path d="m19.3 8.2-5.5-5.5c-.3-.3-.7-.5-1.2-.5H3.9c-.8.1-1.6.9-1.6 1.8v14.1c0 .9.7 1.6 1.6 1.6h14.2c.9 0 1.6-.7 1.6-1.6V9.4c.1-.5-.1-.9-.4-1.2m-5.8-3.3 3.4 3.6h-3.4zm3.9 12.7H4.7V4.7h7.6v4.4c0 .4.4.8.8.8h4.3z"/>'),
  catalog: svg(
    '0 0 24 24',
    '<path d="M12 2.5c-4.4 0-8 1.5-8 3.5v12c0 2 3.6 3.5 8 3.5s8-1.5 8-3.5V6c0-2-3.6-3.5-8-3.5m0 2c3.8 0 6 1.1 6 1.5s-2.2 1.5-6 1.5S6 6.4 6 6s2.2-1.5 6-1.5m0 15c-3.8 0-6-1.1-6-1.5v-2.5c1.5.7 3.6 1.1 6 1.1s4.5-.4 6-1.1V18c0 .4-2.2 1.5-6 1.5m0-5c-3.8 0-6-1.1-6-1.5v-4.4c1.5.7 3.6 1.1 6 1.1s4.5-.4 6-1.1V13c0 .4-2.2 1.5-6 1.5"/>'
  ),
  runs: svg('0 0 24 24', '<path d="M3 4h2v2H3zm4 0h14v2H7zM3 9h2v2H3zm4 0h7v2H7zm-4 5h2v2H3zm4 0h5v2H7zm-4 5h2v2H3zm4 0h5v2H7zm8-7v10l7-5z"/>'),
  lineage: svg(
    '0 0 24 24',
    '<path d="M2 9h6v6H2zm14-6h6v6h-6zm0 12h6v6h-6z"/><path d="M8 11.2h3.2V5.2H16v1.6h-3.2v10.4H16v1.6h-4.8v-6H8z"/>'
  ),
  workbench: svg(
    '0 0 24 24',
    '<path d="M3 6.5 12 2l9 4.5L12 11zm2.2 4.1L12 14l6.8-3.4L21 11.7 12 16.2l-9-4.5zm0 5.2L12 19.2l6.8-3.4 2.2 1.1L12 21.4l-9-4.5z"/>'
  ),
  experiments: svg(
    '0 0 24 24',
    '<path d="M9 2v2h1v5.2L4.4 18.9A2 2 0 0 0 6.1 22h11.8a2 2 0 0 0 1.7-3.1L14 9.2V4h1V2zm3 2v5.8L13.9 13H10.1L12 9.8zM6.1 20l2.9-5h6l2.9 5z"/>'
  ),
  tutorial: svg('0 0 24 24', '<path d="M12 3 1 9l11 6 9-4.91V17h2V9zM5 13.18v4L12 21l7-3.82v-4L12 17z"/>'),
  typeNumber: svg('0 0 24 24', '<path d="M20 10V8h-4V4h-2v4h-4V4H8v4H4v2h4v4H4v2h4v4h2v-4h4v4h2v-4h4v-2h-4v-4zm-6 4h-4v-4h4z"/>'),
  typeText: svg('0 0 24 24', '<path d="M5 4v3h5.5v12h3V7H19V4z"/>'),
  typeTime: svg('0 0 24 24', '<path d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18m0 16a7 7 0 1 1 0-14 7 7 0 0 1 0 14m.5-12H11v6l4.5 2.7.75-1.23-3.75-2.22z"/>'),
  typeBoolean: svg('0 0 24 24', '<path d="M17 7H7a5 5 0 0 0 0 10h10a5 5 0 0 0 0-10m0 8a3 3 0 1 1 0-6 3 3 0 0 1 0 6"/>'),
  typeNested: svg('0 0 24 24', '<path d="M4 4h7v2H6v12h5v2H4zm16 0h-7v2h5v12h-5v2h7zM9 11h6v2H9z"/>'),
  typeBinary: svg('0 0 24 24', '<path d="M5 5h5v14H5zm2 2v10h1V7zm9-2h2v14h-2V8h-2V6z"/>'),
  typeOther: svg('0 0 24 24', '<circle cx="12" cy="12" r="4"/>')
} as const;

export type IconName = keyof typeof ICONS;
