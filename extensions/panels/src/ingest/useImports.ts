import { useSyncExternalStore } from 'react';
import { type Host } from '../host.js';
import { type Imports, importsOf, type State } from './imports.js';

/** What is being taken in, and what can be done with it. */
export function useImports(host: Host): [State, Imports] {
  const imports = importsOf(host);
  return [useSyncExternalStore(imports.subscribe, imports.snapshot), imports];
}
