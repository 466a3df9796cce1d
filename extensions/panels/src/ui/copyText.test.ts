import { afterEach, expect, it, vi } from 'vitest';
import { copyText } from './copyText.js';

afterEach(() => vi.unstubAllGlobals());

/** A page on which a command copies out of a field, or does not. */
function page(copies: boolean) {
  const field = { value: '', style: {}, select: vi.fn(), remove: vi.fn() };
  vi.stubGlobal('HTMLElement', Object);
  vi.stubGlobal('document', { activeElement: null, body: { append: vi.fn() }, createElement: () => field, execCommand: () => copies });
  return field;
}

it('copies where a page without HTTPS has no clipboard, and says where it cannot', async () => {
  vi.stubGlobal('navigator', {});
  const field = page(true);
  expect(await copyText('an id')).toBe(true);
  expect(field.value).toBe('an id');
  expect(field.remove).toHaveBeenCalled();
  page(false);
  expect(await copyText('an id')).toBe(false);
});

it('asks the browser first', async () => {
  const writeText = vi.fn(() => Promise.resolve());
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  expect(await copyText('an id')).toBe(true);
  expect(writeText).toHaveBeenCalledWith('an id');
});
