// One file a panel: a notebook loads a widget's code as text, so nothing can be fetched later.
import { build } from 'esbuild';

await build({
  entryPoints: ['src/catalog.tsx', 'src/lineage.tsx', { in: 'style.css', out: 'panels' }],
  outdir: '../../workbench/panels/static',
  bundle: true,
  format: 'esm',
  minify: true,
  target: 'es2022',
  jsx: 'automatic',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning'
});
