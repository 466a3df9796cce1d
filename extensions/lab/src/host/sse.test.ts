import { describe, expect, it } from 'vitest';
import { phrase } from './phrase';
import { SseParser } from './sse';

describe('server-sent events', () => {
  it('are put together from pieces, comments left out', () => {
    const parser = new SseParser();
    expect(parser.push('retry: 1000\n: connected\n\nid: 7\nda')).toEqual([]);
    expect(parser.push('ta: {"a":1}\n')).toEqual([]);
    expect(parser.push('\nid: 8\r\ndata: x\r\ndata: y\r\n\r\n: beat\n\n')).toEqual([
      { id: '7', event: 'message', data: '{"a":1}' },
      { id: '8', event: 'message', data: 'x\ny' }
    ]);
  });
});

describe('code for a notebook', () => {
  const snippet = { python: 'flights = 1', sql: 'select 1' };
  it('speaks the kernel\'s language', () => {
    expect(phrase(snippet, 'lake-sql', [])).toBe('select 1');
    expect(phrase(snippet, 'lake-python', [])).toBe('flights = 1');
    expect(phrase(snippet, 'lake-python', [], 'sql')).toBe('%%sql\nselect 1');
  });
  it('opens the workspace first, once, where the kernel has not', () => {
    expect(phrase(snippet, 'python3', [])).toBe('import workbench\n\nws = workbench.open()\nflights = 1');
    expect(phrase(snippet, 'python3', ['ws = workbench.open()'])).toBe('flights = 1');
  });
});
