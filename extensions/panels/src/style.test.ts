import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const FOLDER = new URL('../style/', import.meta.url);

describe('the style', () => {
  it('draws words in colours that can be read: the faintest of JupyterLab’s has a contrast of less than 3 to 1', () => {
    const faint = readdirSync(FOLDER).flatMap(file =>
      [...readFileSync(new URL(file, FOLDER), 'utf8').matchAll(/([^{}]+)\{[^}]*[\s;]color: var\(--wb-font3\)/g)].map(([, rule]) => `${file}: ${rule!.trim()}`)
    );
    expect(faint).toEqual([]);
  });
});
